import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type AdminCredential } from '../../../src/zendesk/credential.ts'
import { identify } from '../../../src/zendesk/identify.ts'
import { rejectionOf } from '../../support/client.ts'
import { play } from '../../support/fake-client.ts'

const CREDENTIALS: Record<string, AdminCredential> = {
  'GET by admin': { kind: 'access_token', accessToken: new Secret('the-admin-token') },
  'GET me by another': { kind: 'api_token', email: 'ada@acme.example', apiToken: new Secret('the-api-token') }
}
const NOBODY = { id: undefined, userId: undefined }
const shown = (token: string): object => ({ token: { id: 5, user_id: 6, token } })

describe('identify', () => {
  it.each<[string, string, string, object, object]>([
    ['id and user of an access token', 'GET by admin', '200 it', shown('the-admin-'), { id: 5, userId: 6 }],
    ['nothing about another', 'GET by admin', '200 it', shown('klmnopqrst'), NOBODY],
    ['nothing from a response without a token', 'GET by admin', '200 it', {}, NOBODY],
    ['nothing from a web page', 'GET by admin', '200 page', {}, NOBODY],
    ['the user of an API token', 'GET me by another', '200 it', { user: { id: 6 } }, { ...NOBODY, userId: 6 }]
  ])('returns %s', async (_what, request, reply, body, identity) => {
    const work = (client: Parameters<typeof identify>[0]) => identify(client, CREDENTIALS[request]!)
    expect(await play(`${request}: ${reply}`, work, { bodies: { '200 it': body } })).toEqual(identity)
  })

  it.each<[string, string, object, object?]>([
    ['GET by admin', '403', { request: { operation: 'identifyToken' }, response: { status: 403 } }],
    ['GET by admin', '401', { response: { status: 401 } }],
    ['GET me by another', '403', { request: { operation: 'whoAmI' }, response: { status: 403 } }],
    ['GET me by another', '200 it', { kind: 'credentialsRejected' }, { user: { id: null } }],
    ['GET me by another', '200', { kind: 'credentialsRejected' }],
    ['GET me by another', '200 page', { kind: 'subdomainUnknown' }]
  ])('fails if refused, also by an anonymous user: %s: %s', async (request, reply, error, body = {}) => {
    const work = (client: Parameters<typeof identify>[0]) =>
      rejectionOf(identify(client, CREDENTIALS[request]!))
    expect(await play(`${request}: ${reply}`, work, { bodies: { '200 it': body } })).toMatchObject(error)
  })
})
