import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  fingerprintOf,
  loadState as load,
  saveForPost as save,
  type MintContext,
  type State
} from '../../../src/runner/state.ts'
import { MINTED } from '../../support/minted.ts'
import { setUpRunner } from '../../support/runner-env.ts'

const runner = setUpRunner()
const place = { origin: 'https://acme.zendesk.com', clientId: 'ci_bot' }
const minted = MINTED
const context: MintContext = {
  ...place,
  timeoutSeconds: 300,
  jobSummary: true,
  kind: 'client_credentials',
  authMethod: 'client_secret_basic',
  ...fingerprintOf('the-secret', place)
}
const unknown = {
  ...minted,
  ...{ id: undefined, clientId: undefined, userId: undefined, lifetime: undefined },
  ...{ expiredAfter: undefined, date: undefined, scopes: [], scopesReported: false },
  ...{ expiresAt: '', expiry: 'unknown' as const, seenWorking: false }
}

function reload(state: State): State | undefined {
  save(state)
  runner.passState()
  return load()
}

/** What post makes of a state in which `path` has another value. */
function loadWith(path: string, value: unknown): State | undefined {
  const state = { minted: { ...minted, token: 'the-minted-token' }, context: { ...context } }
  const [part = '', key] = path.split('.')
  const target: Record<string, unknown> = key === undefined ? state : state[part as keyof typeof state]
  target[key ?? part] = value
  process.env['STATE_zendesk'] = JSON.stringify(state)
  return load()
}

describe('the state', () => {
  it.each<[string, State]>([
    ['all is known', { minted, context }],
    ['nothing is known', { minted: unknown, context: { ...context, jobSummary: false } }],
    ['the token is not revoked', { skipped: 'true' }],
    ['that would revoke a refresh token', { skipped: 'auto' }]
  ])('is loaded as it was saved if %s', (_what, state) => {
    const loaded = reload(state)
    expect(loaded).toEqual(state)
    if (loaded !== undefined && 'minted' in loaded)
      expect(loaded.minted.token.reveal()).toBe(minted.token.reveal())
  })

  it('is one key, which replaces what was saved before', () => {
    save({ minted, context })
    save({ minted: { ...minted, id: 10 }, context })
    expect(new Set(runner.written('GITHUB_STATE').map(([name]) => name)).size).toBe(1)
    runner.passState()
    expect(load()).toMatchObject({ minted: { id: 10 } })
  })

  it('contains the token, but neither its refresh token nor the credential', () => {
    save({ minted: { ...minted, refreshToken: new Secret('the-refresh-token') }, context })
    expect(runner.state()).toMatchObject({ minted: { token: minted.token.reveal() } })
    expect(runner.text('GITHUB_STATE')).not.toMatch(/refresh|the-secret/)
  })
})

describe('an unreadable or incomplete state', () => {
  it.each([undefined, '', 'no JSON', 'null', '[]', '1', '{}', '{"skipped":"false"}', '{"skipped":true}'])(
    'is none: %s',
    (text) => {
      if (text !== undefined) process.env['STATE_zendesk'] = text
      expect(load()).toBeUndefined()
    }
  )

  it.each([
    'minted',
    'minted.token',
    'minted.scopes',
    'minted.mintedAt',
    'minted.expiresAt',
    'context',
    'context.origin',
    'context.timeoutSeconds',
    'context.kind',
    'context.clientId',
    'context.authMethod',
    'context.salt',
    'context.hash'
  ])('is none without %s, or with another type of it', (path) => {
    for (const value of [undefined, null, true, {}]) expect(loadWith(path, value)).toBeUndefined()
  })

  it.each([
    ['context.origin', 'acme'],
    ['context.origin', 'mailto:ada@acme.example'],
    ['context.kind', 'password'],
    ['context.salt', ''],
    ['minted.expiredAfter', null],
    ['minted.token', 'line\nbreak']
  ])('is none if %s is %j', (path, value) => {
    expect(loadWith(path, value)).toBeUndefined()
  })

  it.each(['id', 'clientId', 'userId'])('has no %s that is not a positive integer', (key) => {
    for (const value of [null, -1, '1/../../clients/5'])
      expect(loadWith(`minted.${key}`, value)).toMatchObject({ minted: { [key]: undefined } })
  })
})

describe('the fingerprint', () => {
  it('is a SHA-256 with a new salt each time, or that of another to compare with', () => {
    const { salt, hash } = fingerprintOf('the-secret', place)
    expect(salt).toMatch(/^[0-9a-f]{32}$/)
    const content = JSON.stringify([salt, place.origin, place.clientId, 'the-secret'])
    expect(hash).toBe(createHash('sha256').update(content).digest('hex'))
    expect(fingerprintOf('the-secret', place).salt).not.toBe(salt)
    expect(fingerprintOf('the-secret', place, salt)).toEqual({ salt, hash })
  })

  it('differs with the secret, the origin and the client', () => {
    const hashes = [
      fingerprintOf('the-secret', place, 'salt'),
      fingerprintOf('another-secret', place, 'salt'),
      fingerprintOf('the-secret', { ...place, origin: 'https://other.zendesk.com' }, 'salt'),
      fingerprintOf('the-secret', { ...place, clientId: 'other' }, 'salt')
    ].map(({ hash }) => hash)
    expect(new Set(hashes).size).toBe(4)
  })
})
