import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { type MintedToken } from '../../../src/zendesk/minted-token.ts'
import {
  credentialText,
  fingerprintOf,
  load,
  save,
  type MintContext,
  type State
} from '../../../src/runner/state.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()

const minted: MintedToken = {
  token: new Secret('the-minted-token'),
  id: 7,
  clientId: 8,
  userId: 9,
  granted: undefined,
  scopes: ['read', 'write'],
  mintedAt: 1_795_000_000_000,
  serverTime: 1_795_000_000_500,
  lifetime: 3600,
  expiresAt: '2026-11-21T13:00:00Z'
}
const context: MintContext = {
  origin: 'https://acme.zendesk.com',
  timeoutSeconds: 300,
  jobSummary: true,
  credential: 'client_credentials',
  client: { id: 'ci_bot', authMethod: 'client_secret_basic' },
  fingerprint: fingerprintOf('the-secret')
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
    const unknown = { id: undefined, clientId: undefined, userId: undefined, lifetime: undefined }
    const bare = { ...minted, ...unknown, scopes: [], expiresAt: '' }
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
    'minted.serverTime',
    'minted.expiresAt',
    'context',
    'context.origin',
    'context.timeoutSeconds',
    'context.credential',
    'context.client',
    'context.client.id',
    'context.client.authMethod',
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

  it.each(['id', 'clientId', 'userId', 'lifetime'] as const)('may lack %s', (key) => {
    expect(loadWith(`minted.${key}`, 'seven')).toMatchObject({ minted: { [key]: undefined } })
  })

  it('writes no summary without being told to', () => {
    expect(loadWith('context.jobSummary', 'yes')).toMatchObject({ context: { jobSummary: false } })
  })
})

describe('the fingerprint', () => {
  it('is a salted SHA-256, and another each time', () => {
    const { salt, hash } = fingerprintOf('the-secret')
    expect(salt).toMatch(/^[0-9a-f]{32}$/)
    expect(hash).toBe(createHash('sha256').update(`${salt}:the-secret`).digest('hex'))
    expect(fingerprintOf('the-secret').salt).not.toBe(salt)
    expect(fingerprintOf('the-secret', salt).hash).toBe(hash)
    expect(fingerprintOf('another-secret', salt).hash).not.toBe(hash)
  })

  it('is of what post needs of each credential', () => {
    const secret = (name: string): Secret => new Secret(name)
    const authMethod = 'client_secret_post'
    const clientSecret = secret('c')
    const more = { redirectUri: 'https://x.io', codeVerifier: secret('v'), clientSecret, authMethod } as const
    expect(credentialText({ kind: 'api_token', email: 'a@b', apiToken: secret('t') })).toBe('a@b:t')
    expect(credentialText({ kind: 'access_token', accessToken: secret('t') })).toBe('t')
    expect(credentialText({ kind: 'client_credentials', clientSecret, authMethod })).toBe('c')
    expect(credentialText({ kind: 'authorization_code', code: secret('d'), ...more })).toBe('')
    expect(
      credentialText({ kind: 'refresh_token', refreshToken: secret('r'), clientSecret, authMethod })
    ).toBe('')
  })
})
