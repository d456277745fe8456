import { describe, expect, it } from '@jest/globals'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { readTokenResponse, secretsIn } from '../../../src/zendesk/token-response.ts'

const apiToken = { kind: 'api_token' } as Credential
const clientCredentials = { kind: 'client_credentials' } as Credential
const refreshToken = { kind: 'refresh_token' } as Credential
const both = { access_token: 'access-1', refresh_token: 'refresh-1' }

describe('the response to a mint by an admin', () => {
  it('has the full token, its facts and no refresh token', () => {
    const reported = { id: 5, client_id: 6, user_id: 7, scopes: ['read'], expires_at: null }
    const tokens = { token: 'fulltoken-', full_token: 'fulltoken-and-more', refresh_token: 'refresh-1' }
    const response = readTokenResponse({ token: { ...reported, ...tokens } }, apiToken)
    expect(response.token?.reveal()).toBe('fulltoken-and-more')
    expect(response.facts).toMatchObject({ id: 5, clientId: 6, userId: 7, scopes: ['read'], expiresAt: null })
    expect(response).toMatchObject({ refreshToken: undefined, expiresIn: undefined })
  })

  it.each([undefined, 'text', [], {}, { token: 'abcdefgh' }, { token: { full_token: 'short' } }, both])(
    'has no token in %j',
    (json) => {
      expect(readTokenResponse(json, apiToken)).toMatchObject({ token: undefined, refreshToken: undefined })
    }
  )
})

describe('the response to a grant', () => {
  it('has the tokens, the scopes and the lifetime', () => {
    const json = { ...both, token_type: 'bearer', scope: 'read write', expires_in: 1800 }
    const response = readTokenResponse(json, refreshToken)
    expect(response.token?.reveal()).toBe('access-1')
    expect(response.refreshToken?.reveal()).toBe('refresh-1')
    expect(response.facts).toMatchObject({ id: undefined, scopes: ['read', 'write'] })
    expect(response.expiresIn).toBe(1800)
  })

  it('has no token in the form that an admin gets', () => {
    expect(readTokenResponse({ token: { full_token: 'abcdefgh' } }, refreshToken).token).toBeUndefined()
  })

  it('has a refresh token even without a usable access token, however short it is', () => {
    const response = readTokenResponse({ access_token: 17, refresh_token: 'r' }, refreshToken)
    expect(response.token).toBeUndefined()
    expect(response.refreshToken?.reveal()).toBe('r')
  })

  it.each([
    ['client credentials, whose refresh token nobody uses', clientCredentials, ['access-1']],
    ['a refresh token', refreshToken, ['access-1', 'refresh-1']]
  ])('has secrets to mask, with %s', (_what, credential, secrets) => {
    expect(secretsIn(both, credential).map((secret) => secret.reveal())).toEqual(secrets)
  })

  it.each([undefined, null, 5, '', 'two words', 'line\nbreak', 'x'.repeat(8193)])(
    'has no refresh token if that is %.20j',
    (refresh_token) => {
      expect(readTokenResponse({ ...both, refresh_token }, refreshToken).refreshToken).toBeUndefined()
    }
  )

  it.each([undefined, null, '3600', 0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER])(
    'has no lifetime if that is %j',
    (expires_in) => {
      expect(readTokenResponse({ ...both, expires_in }, refreshToken).expiresIn).toBeUndefined()
    }
  )

  it('reports no scopes if it has none, and an empty list if it says that there are none', () => {
    expect(readTokenResponse(both, clientCredentials).facts.scopes).toBeUndefined()
    expect(readTokenResponse({ ...both, scope: '' }, clientCredentials).facts.scopes).toEqual([])
  })
})
