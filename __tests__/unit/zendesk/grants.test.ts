import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type Grant } from '../../../src/zendesk/credential.ts'
import { exchangeGrant, type GrantRequest } from '../../../src/zendesk/grants.ts'

const REQUEST: GrantRequest = { clientId: 'ci_bot', scopes: ['read', 'hc:write'], expiresIn: 3600 }
const CLIENT = { clientSecret: new Secret('the client secret'), authMethod: 'client_secret_post' } as const

const CLIENT_CREDENTIALS: Grant = { kind: 'client_credentials', ...CLIENT }
const CODE: Grant = {
  kind: 'authorization_code',
  code: new Secret('the code'),
  redirectUri: 'https://acme.example/back',
  codeVerifier: new Secret('the verifier'),
  ...CLIENT
}
const REFRESH: Grant = { kind: 'refresh_token', refreshToken: new Secret('the refresh token'), ...CLIENT }

const code = {
  grant_type: 'authorization_code',
  code: 'the code',
  redirect_uri: 'https://acme.example/back'
}
const verifier = { code_verifier: 'the verifier' }
const refresh = { grant_type: 'refresh_token', refresh_token: 'the refresh token' }
const client = { client_id: 'ci_bot', client_secret: 'the client secret' }
const request = { scope: 'read hc:write', expires_in: 3600 }

function bodyOf(grant: Grant, terms = REQUEST): unknown {
  return JSON.parse(exchangeGrant(grant, terms).body?.reveal() ?? '')
}

describe('exchangeGrant', () => {
  it('is a POST to /oauth/tokens, which is not below /api/v2', () => {
    const common = {
      purpose: 'mint a token',
      method: 'POST',
      path: '/oauth/tokens',
      authorization: undefined
    }
    expect(exchangeGrant(CLIENT_CREDENTIALS, REQUEST)).toMatchObject(common)
  })

  it.each<[string, Grant, object]>([
    ['client credentials', CLIENT_CREDENTIALS, { grant_type: 'client_credentials', ...client }],
    ['an authorization code and its verifier', CODE, { ...code, ...verifier, ...client }],
    ['a code without a verifier', { ...CODE, codeVerifier: undefined }, { ...code, ...client }],
    ['a refresh token', REFRESH, { ...refresh, ...client }],
    [
      'a refresh token without a secret',
      { ...REFRESH, clientSecret: undefined },
      { ...refresh, client_id: 'ci_bot' }
    ]
  ])('sends %s, with the scopes as one string, and the lifetime', (_what, grant, parameters) => {
    expect(bodyOf(grant)).toEqual({ ...parameters, ...request })
  })

  it('sends no scope, lifetime and secret if there is none', () => {
    const grant = { ...CODE, clientSecret: undefined }
    const parameters = { ...code, ...verifier, client_id: 'ci_bot' }
    expect(bodyOf(grant, { ...REQUEST, scopes: [], expiresIn: undefined })).toEqual(parameters)
  })

  it.each([
    ['client credentials', CLIENT_CREDENTIALS, { grant_type: 'client_credentials' }],
    ['an authorization code', CODE, { ...code, ...verifier }],
    ['a refresh token', REFRESH, refresh]
  ])('sends the secret with %s only in the Basic header if that is wanted', (_name, grant, parameters) => {
    const basic: Grant = { ...grant, authMethod: 'client_secret_basic' }
    const header = exchangeGrant(basic, REQUEST).authorization?.reveal()
    expect(header).toBe(`Basic ${Buffer.from('ci_bot:the+client+secret').toString('base64')}`)
    expect(bodyOf(basic)).toEqual({ ...parameters, client_id: 'ci_bot', ...request })
  })

  it('sends no Basic header for a public client, which has no secret', () => {
    const grant: Grant = { ...REFRESH, clientSecret: undefined, authMethod: 'client_secret_basic' }
    expect(exchangeGrant(grant, REQUEST).authorization).toBeUndefined()
  })

  it('sends a numeric client id as a string, as it was given', () => {
    expect(bodyOf(REFRESH, { ...REQUEST, clientId: '0123' })).toMatchObject({ client_id: '0123' })
  })
})
