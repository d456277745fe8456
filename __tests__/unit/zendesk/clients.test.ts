import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { numericClientId } from '../../../src/zendesk/clients.ts'
import { ORIGIN, talk, thrownBy } from '../clock.ts'

const PATH = '/api/v2/oauth/clients'

useNock()

function clients(list: unknown[], meta: unknown = {}): void {
  nock(ORIGIN, { reqheaders: { authorization: 'Bearer abc' } })
    .get(PATH)
    .query(true)
    .reply(200, { clients: list, meta } as nock.Body)
}

function find(clientId: string): Promise<number> {
  const about = { origin: ORIGIN, credential: 'access-token', clientId } as const
  return numericClientId(talk().session, new Secret('Bearer abc'), about)
}

describe('numericClientId', () => {
  it.each([
    ['41', 41],
    ['360000000000', 360000000000],
    ['007', 7]
  ])('takes %s for the number that it is, without a request', async (clientId, id) => {
    expect(await find(clientId)).toBe(id)
  })

  it('finds an identifier in the list', async () => {
    clients([{ id: 1, identifier: 'other' }, null, 'x', { id: 2, identifier: 'ci_bot' }])
    expect(await find('ci_bot')).toBe(2)
  })

  it('finds it on a later page, and reads no further', async () => {
    clients([{ id: 1, identifier: 'other' }], { has_more: true, after_cursor: 'a' })
    clients([{ id: 2, identifier: 'ci_bot' }], { has_more: true, after_cursor: 'b' })
    expect(await find('ci_bot')).toBe(2)
  })

  it('takes the whole identifier and nothing that is like it', async () => {
    clients([
      { id: 1, identifier: 'ci_bot2' },
      { id: 2, identifier: 'CI_BOT' },
      { id: 3, identifier: ' ci_bot' },
      { id: 4, name: 'ci_bot' },
      { id: 5, identifier: ['ci_bot'] }
    ])
    expect(await thrownBy(find('ci_bot'))).toMatchObject({ kind: 'clientUnknown' })
  })

  it('names the client that is not there, and where to look', async () => {
    clients([])
    const { message } = await thrownBy(find('ci_bot'))
    expect(message).toMatch(/^Could not look up the client: Zendesk knows no such OAuth client: /)
    expect(message).toContain('GET /api/v2/oauth/clients at acme.zendesk.com')
    expect(message).toMatch(/ci_bot.*Admin Center.*`client-id`/)
  })

  it.each([undefined, null, '2', 0, -2, 2.5, 2 ** 53])('does not take %j for an id', async (id) => {
    clients([{ id, identifier: 'ci_bot' }])
    expect(await thrownBy(find('ci_bot'))).toMatchObject({ kind: 'clientUnknown' })
  })

  it('passes on why the list cannot be read', async () => {
    nock(ORIGIN).get(PATH).query(true).reply(403)
    const error = await thrownBy(find('ci_bot'))
    expect(error).toMatchObject({ kind: 'forbidden' })
    expect(error.message).toMatch(/^Could not look up the client: .*not an admin/)
  })
})
