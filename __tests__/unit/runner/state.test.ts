import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  fingerprintOf,
  loadState,
  saveForPost,
  type LoadedState,
  type MintContext,
  type State
} from '../../../src/runner/state.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()
const PLACE = { origin: 'https://acme.zendesk.com', clientId: 'ci_bot' }
const STEP = { timeoutSeconds: 300, jobSummary: true, authMethod: 'client_secret_basic' } as const
const FINGERPRINT = fingerprintOf('the-secret', PLACE)
const CONTEXT: MintContext = { ...PLACE, ...STEP, kind: 'client_credentials', ...FINGERPRINT }
const STATE: State = { kind: 'minted', minted: MINTED, context: CONTEXT }
const skipped = (why: 'true' | 'auto'): State => ({ kind: 'skipped', why })

/** What post finds if `path` has another value in what main saved. */
function loadWith(path: string, value: unknown): LoadedState {
  saveForPost(STATE)
  const state = runner.state()
  const names = path.split('.')
  const last = String(names.pop())
  const target = names.reduce((part, name) => part[name] as Record<string, unknown>, state)
  target[last] = value
  process.env['STATE_zendesk'] = JSON.stringify(state)
  return loadState()
}

describe('saveForPost and loadState', () => {
  const unknown: State = { ...STATE, minted: UNKNOWN, context: { ...CONTEXT, kind: 'access_token' } }
  const endless: State = { ...STATE, minted: { ...MINTED, expiry: { kind: 'never' } } }

  it.each<[string, State]>([
    ['all is known', STATE],
    ['nothing is known', unknown],
    ['the token never expires', endless],
    ['the token is not revoked', skipped('true')],
    ['that would revoke a refresh token', skipped('auto')]
  ])('give post the state as main has it if %s', (_what, state) => {
    saveForPost(state)
    runner.passState()
    const loaded = loadState()
    expect(loaded).toEqual(state)
    if (loaded.kind === 'minted') expect(loaded.minted.token.reveal()).toBe(MINTED.token.reveal())
  })

  it('use one key, which replaces what was saved before', () => {
    saveForPost(STATE)
    saveForPost({ ...STATE, minted: { ...MINTED, id: 10 } })
    expect(new Set(runner.written('GITHUB_STATE').map(([name]) => name)).size).toBe(1)
    runner.passState()
    expect(loadState()).toMatchObject({ minted: { id: 10 } })
  })

  it('save the token, but neither its refresh token nor the credential', () => {
    saveForPost({ ...STATE, minted: { ...MINTED, refreshToken: new Secret('the-refresh-token') } })
    expect(runner.state()).toMatchObject({ minted: { token: MINTED.token.reveal() } })
    expect(runner.text('GITHUB_STATE')).not.toMatch(/refresh|the-secret/)
  })

  it('name the file if it cannot be written', () => {
    runner.breakFile('GITHUB_STATE')
    expect(() => saveForPost(skipped('true'))).toThrow(/GITHUB_STATE/)
  })
})

describe('loadState', () => {
  it.each([undefined, ''])('finds none: %s', (text) => {
    if (text !== undefined) process.env['STATE_zendesk'] = text
    expect(loadState()).toEqual({ kind: 'none' })
  })

  it.each([
    ...['no JSON', 'null', '[]', '1', '{}', '{"kind":"skipped","why":"false"}'],
    ...['other', 'constructor', 'minted', 'skipped'].map((kind) => JSON.stringify({ kind }))
  ])('cannot read %s', (text) => {
    process.env['STATE_zendesk'] = text
    expect(loadState()).toEqual({ kind: 'unreadable' })
  })

  const ofMinted =
    'token scopes scopes.names scopes.isReported expiry expiry.kind expiry.time expiry.isReported'
  const ofContext = 'origin timeoutSeconds jobSummary kind clientId authMethod salt hash'

  it.each([
    ...['minted', 'minted.mintedAt', 'minted.seenWorking', 'context'],
    ...ofMinted.split(' ').map((name) => `minted.${name}`),
    ...ofContext.split(' ').map((name) => `context.${name}`)
  ])('cannot read a state without %s, or with another type of it', (path) => {
    const isText = /clientId|salt|hash/.test(path)
    const wrong = [undefined, null, {}, ...(isText ? [] : ['x']), ...(path.endsWith('names') ? [] : [[]])]
    for (const value of wrong) expect(loadWith(path, value)).toEqual({ kind: 'unreadable' })
  })

  it.each([
    ['context.origin', 'mailto:ada@acme.example'],
    ['context.origin', 'https://acme.zendesk.com/path'],
    ['context.clientId', ''],
    ['minted.scopes.names', [1]],
    ['minted.expiry.expiredAfter', null],
    ['minted.date', 'noon'],
    ['minted.token', 'line\nbreak'],
    ['minted.id', '1/../../clients/5'],
    ['minted.clientId', -1],
    ['minted.userId', null]
  ])('cannot read a state in which %s is %j', (path, value) => {
    expect(loadWith(path, value)).toEqual({ kind: 'unreadable' })
  })
})

describe('fingerprintOf', () => {
  it('returns a SHA-256 with a new salt each time, or that of another to compare with', () => {
    const { salt, hash } = fingerprintOf('the-secret', PLACE)
    expect(salt).toMatch(/^[\da-f]{32}$/)
    const content = JSON.stringify([salt, PLACE.origin, PLACE.clientId, 'the-secret'])
    expect(hash).toBe(createHash('sha256').update(content).digest('hex'))
    expect(fingerprintOf('the-secret', PLACE).salt).not.toBe(salt)
    expect(fingerprintOf('the-secret', PLACE, salt)).toEqual({ salt, hash })
  })

  it('differs with the secret, the origin and the client', () => {
    const hashes = [
      fingerprintOf('the-secret', PLACE, 'salt'),
      fingerprintOf('another-secret', PLACE, 'salt'),
      fingerprintOf('the-secret', { ...PLACE, origin: 'https://other.zendesk.com' }, 'salt'),
      fingerprintOf('the-secret', { ...PLACE, clientId: 'other' }, 'salt')
    ]
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(4)
  })
})
