import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type Grant } from '../../../src/zendesk/credential.ts'
import { grantRequest } from '../../../src/zendesk/requests.ts'

const REFRESH = { kind: 'refresh_token', refreshToken: new Secret('the refresh token') } as const
const clientSecret = new Secret('the client secret')

/** The body without the secret. */
const BODY = {
  grant_type: 'refresh_token',
  refresh_token: 'the refresh token',
  client_id: '0123',
  scope: 'read hc:write',
  expires_in: 3600
}
const basic = `Basic ${Buffer.from('0123:the+client+secret').toString('base64')}`

describe('grantRequest', () => {
  it.each<[string, Grant, string | undefined, object]>([
    [
      'a secret in the body',
      { ...REFRESH, clientSecret, authMethod: 'client_secret_post' },
      undefined,
      { ...BODY, client_secret: 'the client secret' }
    ],
    [
      'a secret in the header only',
      { ...REFRESH, clientSecret, authMethod: 'client_secret_basic' },
      basic,
      BODY
    ],
    [
      'no secret of a public client',
      { ...REFRESH, clientSecret: undefined, authMethod: 'client_secret_basic' },
      undefined,
      BODY
    ]
  ])(
    'sends a refresh token with %s, and with the client id as it was given',
    (_what, grant, header, sent) => {
      const request = grantRequest(grant, { clientId: '0123', scopes: ['read', 'hc:write'], expiresIn: 3600 })
      expect(request.authorization?.reveal()).toBe(header)
      expect(JSON.parse(request.body?.reveal() ?? '')).toEqual(sent)
    }
  )
})
