import { describe, expect, it } from '@jest/globals'
import { ORIGIN, rejectionOf, testClient } from '../../support/client.ts'
import { nock, useNock } from '../../support/nock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { numericClientId } from '../../../src/zendesk/clients.ts'

const PATH = '/api/v2/oauth/clients'

useNock()

function page(clients: unknown[], meta: unknown = {}): void {
  nock(ORIGIN, { reqheaders: { authorization: 'Bearer abc' } })
    .get(PATH)
    .query(true)
    .reply(200, { clients, meta } as nock.Body)
}

function find(clientId: string): Promise<number> {
  return numericClientId(testClient().client, clientId, new Secret('Bearer abc'))
}

describe('numericClientId', () => {
  it('takes 007 as the id 7, without a request', async () => {
    expect(await find('007')).toBe(7)
  })

  it.each(['ci_bot', '1st_bot', 'bot1'])('finds the id of %s in the list of clients', async (clientId) => {
    page([{ id: 1, identifier: 'other' }, null, 'x', { id: 2, identifier: clientId }])
    expect(await find(clientId)).toBe(2)
  })

  it('reads no further than the page with the client', async () => {
    page([{ id: 2, identifier: 'ci_bot' }], { has_more: true, after_cursor: 'a' })
    expect(await find('ci_bot')).toBe(2)
  })

  it.each([
    { id: 1, identifier: 'ci_bot2' },
    { id: 2, identifier: 'CI_BOT' },
    { id: 3, identifier: ' ci_bot' },
    { id: 4, name: 'ci_bot' },
    { id: 5, identifier: ['ci_bot'] },
    ...[undefined, null, '2', 0, -2, 2.5, 2 ** 53].map((id) => ({ id, identifier: 'ci_bot' }))
  ])('does not take %j for the client ci_bot', async (client) => {
    page([client])
    expect(await rejectionOf(find('ci_bot'))).toMatchObject({
      kind: 'clientUnknown',
      request: { operation: 'listClients', method: 'GET', path: PATH }
    })
  })
})
