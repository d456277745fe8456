import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { numericClientId } from '../../../src/zendesk/clients.ts'
import { ORIGIN, rejectionOf, testClient } from '../clock.ts'

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
  it.each([
    ['41', 41],
    ['360000000000', 360000000000],
    ['007', 7]
  ])('takes %s as the id itself, without a request', async (clientId, id) => {
    expect(await find(clientId)).toBe(id)
  })

  it.each(['ci_bot', '1st_bot', 'bot1'])(
    'finds the identifier %s in the list of clients',
    async (clientId) => {
      page([{ id: 1, identifier: 'other' }, null, 'x', { id: 2, identifier: clientId }])
      expect(await find(clientId)).toBe(2)
    }
  )

  it('finds an identifier on a later page, and reads no further', async () => {
    page([{ id: 1, identifier: 'other' }], { has_more: true, after_cursor: 'a' })
    page([{ id: 2, identifier: 'ci_bot' }], { has_more: true, after_cursor: 'b' })
    expect(await find('ci_bot')).toBe(2)
  })

  it('accepts only exactly the same identifier', async () => {
    page([
      { id: 1, identifier: 'ci_bot2' },
      { id: 2, identifier: 'CI_BOT' },
      { id: 3, identifier: ' ci_bot' },
      { id: 4, name: 'ci_bot' },
      { id: 5, identifier: ['ci_bot'] }
    ])
    expect(await rejectionOf(find('ci_bot'))).toMatchObject({
      kind: 'clientUnknown',
      request: { purpose: 'look up the client', method: 'GET', path: PATH }
    })
  })

  it.each([undefined, null, '2', 0, -2, 2.5, 2 ** 53])('does not accept the id %j', async (id) => {
    page([{ id, identifier: 'ci_bot' }])
    expect(await rejectionOf(find('ci_bot'))).toMatchObject({ kind: 'clientUnknown' })
  })

  it('throws the error of a list that cannot be read', async () => {
    nock(ORIGIN).get(PATH).query(true).reply(403)
    expect(await rejectionOf(find('ci_bot'))).toMatchObject({
      kind: 'forbidden',
      request: { purpose: 'look up the client' }
    })
  })
})
