import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type AdminCredential } from '../../../src/zendesk/credential.ts'
import { identify, type Identity } from '../../../src/zendesk/identify.ts'
import { rejectionOf } from '../../support/client.ts'
import { transcribed, type Reply } from '../../support/fake-client.ts'
import { PAGE, response } from './responses.ts'

const ACCESS_TOKEN: AdminCredential = { kind: 'access_token', accessToken: new Secret('the-admin-token') }
const API_TOKEN: AdminCredential = {
  kind: 'api_token',
  email: 'ada@acme.example',
  apiToken: new Secret('the-api-token')
}

async function identified(credential: AdminCredential, reply: Reply): Promise<Identity> {
  const what = credential === API_TOKEN ? '/api/v2/users/me by another' : 'current by the credential'
  const { client, transcript } = transcribed([`GET ${what}: it`], { replies: { it: reply } })
  const identity = await identify(client.real, credential)
  expect(transcript.left).toEqual([])
  return identity
}

describe('identify, of an access token,', () => {
  it('returns its id and its user', async () => {
    const reply = response(200, { token: { id: 5, user_id: 6, token: 'the-admin-' } })
    expect(await identified(ACCESS_TOKEN, reply)).toEqual({ id: 5, userId: 6 })
  })

  it.each<[string, unknown]>([
    ['about another token', { token: { id: 5, user_id: 6, token: 'klmnopqrst' } }],
    ['without a token', {}],
    ['that is a web page', PAGE]
  ])('returns nothing from a response %s', async (_what, body) => {
    expect(await identified(ACCESS_TOKEN, response(200, body))).toEqual({ id: undefined, userId: undefined })
  })

  it.each([403, 401, 404])('fails if it is refused: %d', async (status) => {
    const error = await rejectionOf(identified(ACCESS_TOKEN, response(status, { error: 'no' })))
    expect(error).toMatchObject({ request: { operation: 'identifyToken' }, response: { status } })
  })
})

describe('identify, of an API token,', () => {
  it('returns its user', async () => {
    const reply = response(200, { user: { id: 6 } })
    expect(await identified(API_TOKEN, reply)).toEqual({ id: undefined, userId: 6 })
  })

  it.each<[string, unknown, string]>([
    [
      'an anonymous user, as whom Zendesk answers rejected credentials',
      { user: { id: null } },
      'credentialsRejected'
    ],
    ['no user', {}, 'credentialsRejected']
  ])('takes %s for a rejection', async (_what, body, kind) => {
    expect(await rejectionOf(identified(API_TOKEN, response(200, body)))).toMatchObject({ kind })
  })

  it('takes a web page for none', async () => {
    const { kind } = (await rejectionOf(identified(API_TOKEN, response(200, PAGE)))) as unknown as {
      kind: string
    }
    expect(kind).not.toBe('credentialsRejected')
  })

  it('fails if it is refused', async () => {
    const error = await rejectionOf(identified(API_TOKEN, response(403, {})))
    expect(error).toMatchObject({ request: { operation: 'whoAmI' }, response: { status: 403 } })
  })
})
