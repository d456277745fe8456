import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type Grant } from '../../../src/zendesk/credential.ts'
import { exchangeGrant, type GrantRequest } from '../../../src/zendesk/grants.ts'

const REQUEST: GrantRequest = { clientId: 'ci_bot', scopes: ['read', 'hc:write'], expiresIn: 3600 }
const clientSecret = new Secret('the client secret')
const authMethod = 'client_secret_post'

function bodyOf(grant: Grant, request = REQUEST): unknown {
  return JSON.parse(exchangeGrant(grant, request).body?.reveal() ?? '')
}

const CODE: Grant = {
  kind: 'authorization_code',
  code: new Secret('the code'),
  redirectUri: 'https://acme.example/back',
  codeVerifier: new Secret('the verifier'),
  clientSecret,
  authMethod
}
const REFRESH: Grant = {
  kind: 'refresh_token',
  refreshToken: new Secret('the refresh token'),
  clientSecret,
  authMethod
}

describe('exchangeGrant', () => {
  it('is a POST to /oauth/tokens, which is not below /api/v2', () => {
    const request = exchangeGrant({ kind: 'client_credentials', clientSecret, authMethod }, REQUEST)
    expect(request).toMatchObject({
      purpose: 'mint a token',
      method: 'POST',
      path: '/oauth/tokens',
      authorization: undefined
    })
  })

  it('sends client credentials, and the scopes as one string', () => {
    expect(bodyOf({ kind: 'client_credentials', clientSecret, authMethod })).toEqual({
      grant_type: 'client_credentials',
      client_id: 'ci_bot',
      client_secret: 'the client secret',
      scope: 'read hc:write',
      expires_in: 3600
    })
  })

  it('sends an authorization code, its verifier, and the secret of a confidential client', () => {
    expect(bodyOf(CODE)).toEqual({
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: 'https://acme.example/back',
      code_verifier: 'the verifier',
      client_id: 'ci_bot',
      client_secret: 'the client secret',
      scope: 'read hc:write',
      expires_in: 3600
    })
  })

  it('sends no scope, lifetime, secret or verifier if there is none', () => {
    const grant: Grant = { ...CODE, clientSecret: undefined }
    expect(bodyOf(grant, { ...REQUEST, scopes: [], expiresIn: undefined })).toEqual({
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: 'https://acme.example/back',
      code_verifier: 'the verifier',
      client_id: 'ci_bot'
    })
    expect(bodyOf({ ...CODE, codeVerifier: undefined })).not.toHaveProperty('code_verifier')
  })

  it('sends a refresh token, with the secret of a confidential client', () => {
    expect(bodyOf(REFRESH)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'the refresh token',
      client_id: 'ci_bot',
      client_secret: 'the client secret',
      scope: 'read hc:write',
      expires_in: 3600
    })
    expect(bodyOf({ ...REFRESH, clientSecret: undefined })).not.toHaveProperty('client_secret')
  })

  it.each<[string, Grant]>([
    ['client credentials', { kind: 'client_credentials', clientSecret, authMethod: 'client_secret_basic' }],
    ['an authorization code', { ...CODE, authMethod: 'client_secret_basic' }],
    ['a refresh token', { ...REFRESH, authMethod: 'client_secret_basic' }]
  ])('sends the secret of %s only in the Basic header, and the client id in both places', (_name, grant) => {
    const request = exchangeGrant(grant, REQUEST)
    const header = request.authorization?.reveal() ?? ''
    expect(header).toMatch(/^Basic /)
    expect(Buffer.from(header.slice(6), 'base64').toString()).toBe('ci_bot:the+client+secret')
    expect(bodyOf(grant)).toMatchObject({ client_id: 'ci_bot' })
    expect(request.body?.reveal()).not.toContain('client secret')
    expect(bodyOf(grant)).not.toHaveProperty('client_secret')
  })

  it('sends no Basic header for a public client, which has no secret', () => {
    const request = exchangeGrant(
      { ...REFRESH, clientSecret: undefined, authMethod: 'client_secret_basic' },
      REQUEST
    )
    expect(request.authorization).toBeUndefined()
  })

  it('sends a numeric client id as a string, as it was given', () => {
    expect(bodyOf(REFRESH, { ...REQUEST, clientId: '0123' })).toMatchObject({ client_id: '0123' })
  })
})
