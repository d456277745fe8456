import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { grantRequest } from '../../../src/zendesk/requests.ts'

const clientSecret = new Secret('the client secret')
const HEADER = `Basic ${Buffer.from('0123:the+client+secret').toString('base64')}`

describe('grantRequest', () => {
  it.each([
    ['in the body', 'client_secret_post', clientSecret, undefined, { client_secret: 'the client secret' }],
    ['in the header only', 'client_secret_basic', clientSecret, HEADER, {}],
    ['nowhere for a public client', 'client_secret_basic', undefined, undefined, {}]
  ] as const)(
    'sends the secret %s, and the client id as given',
    (_where, authMethod, secret, header, sent) => {
      const refreshToken = new Secret('the refresh token')
      const grant = { kind: 'refresh_token', refreshToken, clientSecret: secret, authMethod } as const
      const request = grantRequest(grant, { clientId: '0123', scopes: ['read', 'hc:write'], expiresIn: 3600 })
      expect(request.authorization?.reveal()).toBe(header)
      expect(JSON.parse(request.body?.reveal() ?? '')).toEqual({
        grant_type: 'refresh_token',
        refresh_token: 'the refresh token',
        client_id: '0123',
        scope: 'read hc:write',
        expires_in: 3600,
        ...sent
      })
    }
  )
})
