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
  kind: 'authorization-code',
  code: new Secret('the code'),
  redirectUri: 'https://acme.example/back',
  codeVerifier: new Secret('the verifier'),
  clientSecret,
  authMethod
}
const REFRESH: Grant = {
  kind: 'refresh-token',
  refreshToken: new Secret('the old one'),
  clientSecret,
  authMethod
}

describe('exchangeGrant', () => {
  it('is a POST of JSON to /oauth/tokens, which is not below /api/v2', () => {
    const call = exchangeGrant({ kind: 'client-secret', clientSecret, authMethod }, REQUEST)
    expect(call).toMatchObject({ method: 'POST', path: '/oauth/tokens', authorization: undefined })
  })

  it('asks with client credentials, and its scopes as one text', () => {
    expect(bodyOf({ kind: 'client-secret', clientSecret, authMethod })).toEqual({
      grant_type: 'client_credentials',
      client_id: 'ci_bot',
      client_secret: 'the client secret',
      scope: 'read hc:write',
      expires_in: 3600
    })
  })

  it('asks with a code, its verifier, and the secret of a confidential client', () => {
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

  it('leaves out what a code goes without', () => {
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

  it('asks with a refresh token, of a confidential client or of a public one', () => {
    expect(bodyOf(REFRESH)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'the old one',
      client_id: 'ci_bot',
      client_secret: 'the client secret',
      scope: 'read hc:write',
      expires_in: 3600
    })
    expect(bodyOf({ ...REFRESH, clientSecret: undefined })).not.toHaveProperty('client_secret')
  })

  it.each<[string, Grant]>([
    ['client credentials', { kind: 'client-secret', clientSecret, authMethod: 'client_secret_basic' }],
    ['a code', { ...CODE, authMethod: 'client_secret_basic' }],
    ['a refresh token', { ...REFRESH, authMethod: 'client_secret_basic' }]
  ])('sends the secret with %s by Basic only, and the client id in both places', (_name, grant) => {
    const call = exchangeGrant(grant, REQUEST)
    const header = call.authorization?.reveal() ?? ''
    expect(header).toMatch(/^Basic /)
    expect(Buffer.from(header.slice(6), 'base64').toString()).toBe('ci_bot:the+client+secret')
    expect(bodyOf(grant)).toMatchObject({ client_id: 'ci_bot' })
    expect(call.body?.reveal()).not.toContain('client secret')
    expect(bodyOf(grant)).not.toHaveProperty('client_secret')
  })

  it('sends no Basic header where a public client has no secret to send', () => {
    const call = exchangeGrant(
      { ...REFRESH, clientSecret: undefined, authMethod: 'client_secret_basic' },
      REQUEST
    )
    expect(call.authorization).toBeUndefined()
  })

  it('sends a client id of digits as a text, as it was given', () => {
    expect(bodyOf(REFRESH, { ...REQUEST, clientId: '0123' })).toMatchObject({ client_id: '0123' })
  })
})
