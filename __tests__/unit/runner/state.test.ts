import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { type MintedToken } from '../../../src/zendesk/minted-token.ts'
import {
  fingerprintOf,
  loadState as load,
  saveForPost as save,
  type MintContext,
  type State
} from '../../../src/runner/state.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()

const place = { origin: 'https://acme.zendesk.com', clientId: 'ci_bot' }
const credential = (secret: string): Credential => ({
  kind: 'client_credentials',
  clientSecret: new Secret(secret),
  authMethod: 'client_secret_basic'
})

const minted: MintedToken = {
  token: new Secret('the-minted-token'),
  id: 7,
  clientId: 8,
  userId: 9,
  scopes: ['read', 'write'],
  scopesReported: true,
  expiresAt: '2026-11-21T13:00:00Z',
  expiry: 'reported',
  expiredAfter: 1_795_003_600_000,
  lifetime: 3600,
  mintedAt: 1_795_000_000_000,
  seenWorking: true
}
const context: MintContext = {
  origin: 'https://acme.zendesk.com',
  timeoutSeconds: 300,
  jobSummary: true,
  credential: 'client_credentials',
  clientId: 'ci_bot',
  fingerprint: fingerprintOf(credential('the-secret'), place)
}

function reload(state: State): State | undefined {
  save(state)
  runner.passState()
  return load()
}

/** What post makes of a state in which `path` has another value. */
function loadWith(path: string, value: unknown): State | undefined {
  const state = { minted: { ...minted, token: 'the-minted-token' }, context: structuredClone(context) }
  const keys = path.split('.')
  const last = keys.pop()!
  const parent = keys.reduce<Record<string, unknown>>(
    (object, key) => object[key] as Record<string, unknown>,
    state as unknown as Record<string, unknown>
  )
  parent[last] = value
  process.env['STATE_zendesk'] = JSON.stringify(state)
  return load()
}

describe('the state', () => {
  it('is given back as it was', () => {
    expect(reload({ minted, context })).toEqual({ minted, context })
  })

  it('is given back with what is not known', () => {
    const unknown = {
      id: undefined,
      clientId: undefined,
      userId: undefined,
      lifetime: undefined,
      expiredAfter: undefined
    }
    const not = { scopesReported: false, seenWorking: false, expiry: 'unknown' } as const
    const bare = { ...minted, ...unknown, ...not, scopes: [], expiresAt: '' }
    const quiet = { ...context, jobSummary: false }
    expect(reload({ minted: bare, context: quiet })).toEqual({ minted: bare, context: quiet })
  })

  it.each(['true', 'auto'] as const)(
    'is no more than the word where post has nothing to do: %s',
    (skipped) => {
      expect(reload({ skipped })).toEqual({ skipped })
      expect(runner.state()).toEqual({ skipped })
    }
  )

  it('is one key, in place of what was saved before', () => {
    save({ minted, context })
    save({ minted: { ...minted, id: 10 }, context })
    expect(new Set(runner.written('GITHUB_STATE').map(([name]) => name)).size).toBe(1)
    runner.passState()
    expect(load()).toMatchObject({ minted: { id: 10 } })
  })

  it('holds the token in words, and its fingerprint in place of the credential', () => {
    save({ minted, context })
    expect(runner.text('GITHUB_STATE')).toContain('the-minted-token')
    expect(runner.text('GITHUB_STATE')).not.toContain('the-secret')
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
    'context.credential',
    'context.clientId',
    'context.fingerprint',
    'context.fingerprint.salt',
    'context.fingerprint.hash'
  ])('is none without %s, or with another type of it', (path) => {
    for (const value of [undefined, null, true, {}]) expect(loadWith(path, value)).toBeUndefined()
  })

  it.each([
    ['context.origin', 'acme'],
    ['context.origin', 'mailto:ada@acme.example'],
    ['context.credential', 'password'],
    ['minted.token', 'line\nbreak']
  ])('is none where %s is %j', (path, value) => {
    expect(loadWith(path, value)).toBeUndefined()
  })

  it.each(['id', 'clientId', 'userId', 'lifetime', 'expiredAfter'] as const)('may lack %s', (key) => {
    expect(loadWith(`minted.${key}`, 'seven')).toMatchObject({ minted: { [key]: undefined } })
  })

  it('does not know an expiry of another kind, nor more than 4 kB of scopes', () => {
    expect(loadWith('minted.expiry', 'soon')).toMatchObject({ minted: { expiry: 'unknown' } })
    expect(loadWith('minted.scopes', Array(2049).fill('a'))).toMatchObject({ minted: { scopes: [] } })
  })

  it('writes no summary unless main said so', () => {
    expect(loadWith('context.jobSummary', 'yes')).toMatchObject({ context: { jobSummary: false } })
  })
})

describe('the fingerprint', () => {
  it('is a salted SHA-256, and another each time', () => {
    const { salt, hash } = fingerprintOf(credential('the-secret'), place)
    expect(salt).toMatch(/^[0-9a-f]{32}$/)
    const content = JSON.stringify([salt, place.origin, place.clientId, 'the-secret'])
    expect(hash).toBe(createHash('sha256').update(content).digest('hex'))
    expect(fingerprintOf(credential('the-secret'), place).salt).not.toBe(salt)
    expect(fingerprintOf(credential('the-secret'), place, salt).hash).toBe(hash)
  })

  it('differs with the secret, the origin and the client', () => {
    const { salt, hash } = fingerprintOf(credential('the-secret'), place)
    const others = [
      fingerprintOf(credential('another-secret'), place, salt),
      fingerprintOf(credential('the-secret'), { ...place, origin: 'https://other.zendesk.com' }, salt),
      fingerprintOf(credential('the-secret'), { ...place, clientId: 'other' }, salt)
    ]
    for (const other of others) expect(other.hash).not.toBe(hash)
  })

  it('is of what post needs of each credential', () => {
    const secret = (name: string): Secret => new Secret(name)
    const authMethod = 'client_secret_post'
    const clientSecret = secret('c')
    const more = { redirectUri: 'https://x.io', codeVerifier: secret('v'), clientSecret, authMethod } as const
    const hashOf = (used: Credential): string => fingerprintOf(used, place, 'salt').hash
    const hashed = (text: string): string =>
      createHash('sha256')
        .update(JSON.stringify(['salt', place.origin, place.clientId, text]))
        .digest('hex')
    expect(hashOf({ kind: 'api_token', email: 'a@b', apiToken: secret('t') })).toBe(
      hashed(`Basic ${Buffer.from('a@b/token:t').toString('base64')}`)
    )
    expect(hashOf({ kind: 'access_token', accessToken: secret('t') })).toBe(hashed('Bearer t'))
    expect(hashOf({ kind: 'client_credentials', clientSecret, authMethod })).toBe(hashed('c'))
    expect(hashOf({ kind: 'authorization_code', code: secret('d'), ...more })).toBe(hashed(''))
    expect(hashOf({ kind: 'refresh_token', refreshToken: secret('r'), clientSecret, authMethod })).toBe(
      hashed('')
    )
  })
})
