import { describe, expect, it } from '@jest/globals'
import { play } from '../../support/fake-client.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { numericClientId } from '../../../src/zendesk/clients.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'

const BY_ADMIN = new Secret('Bearer the-admin-token')

/** Looks for ci_bot in a page with these clients, which is not the last one if `isMore`. */
function find(clients: unknown[], clientId = 'ci_bot', isMore = false): Promise<unknown> {
  const meta = { has_more: isMore, after_cursor: 'a' }
  const work = (client: ZendeskClient): Promise<unknown> =>
    numericClientId(client, clientId, BY_ADMIN).catch((error: unknown) => error)
  return play('GET clients by admin: 200 list', work, { bodies: { '200 list': { clients, meta } } })
}

describe('numericClientId', () => {
  it('takes 007 as the id 7, without a request', async () => {
    expect(await play('', (client) => numericClientId(client, '007', BY_ADMIN))).toBe(7)
  })

  it.each(['ci_bot', '1st_bot', 'bot1'])('finds the id of %s in the list of clients', async (clientId) => {
    const clients = [{ id: 1, identifier: 'other' }, null, 'x', { id: 2, identifier: clientId }]
    expect(await find(clients, clientId)).toBe(2)
  })

  it('reads no further than the page with the client', async () => {
    expect(await find([{ id: 2, identifier: 'ci_bot' }], 'ci_bot', true)).toBe(2)
  })

  it.each([
    { id: 1, identifier: 'ci_bot2' },
    { id: 2, identifier: 'CI_BOT' },
    { id: 3, identifier: ' ci_bot' },
    { id: 4, name: 'ci_bot' },
    { id: 5, identifier: ['ci_bot'] },
    ...[undefined, null, '2', 0].map((id) => ({ id, identifier: 'ci_bot' }))
  ])('does not take %j for the client ci_bot', async (client) => {
    const error = { kind: 'clientUnknown', request: { operation: 'listClients' } }
    expect(await find([client])).toMatchObject(error)
  })
})
