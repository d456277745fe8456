import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { BudgetSpent } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { ZendeskError, type About } from '../../../src/messages.ts'
import { pages } from '../../../src/zendesk/pages.ts'
import { ORIGIN, talk, thrownBy } from '../clock.ts'

const PATH = '/api/v2/oauth/things'
const ABOUT: About & { purpose: string } = {
  origin: ORIGIN,
  credential: 'api-token',
  clientId: 'ci_bot',
  purpose: 'list things'
}

useNock()

/** Lets the server answer one page: `after` is the cursor that it has to be asked with. */
function page(after: string | undefined, body: unknown, status = 200): void {
  const query = { 'page[size]': '100', ...(after === undefined ? {} : { 'page[after]': after }) }
  nock(ORIGIN, { reqheaders: { authorization: 'Bearer abc' } })
    .get(PATH)
    .query(query)
    .reply(status, body as nock.Body)
}

async function read(path = PATH, session = talk().session): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const each of pages(session, path, 'things', new Secret('Bearer abc'), ABOUT)) {
    items.push(...each.items)
    expect(each.answer.status).toBe(200)
  }
  return items
}

async function refusal(): Promise<ZendeskError> {
  const error = await thrownBy(read())
  if (!(error instanceof ZendeskError)) throw error
  return error
}

describe('pages', () => {
  it.each([
    ['says so', { things: [1, 2], meta: { has_more: false, after_cursor: 'x' } }],
    ['says nothing', { things: [1, 2] }],
    ['says nonsense', { things: [1, 2], meta: 'x' }]
  ])('reads one page where there is no more, and it %s', async (_how, body) => {
    page(undefined, body)
    expect(await read()).toEqual([1, 2])
  })

  it('reads page after page by the cursor, encoded, and follows no URL', async () => {
    page(undefined, {
      things: [1],
      meta: { has_more: true, after_cursor: 'a+b/=&?' },
      links: { next: 'https://evil.example/' }
    })
    page('a+b/=&?', { things: [], meta: { has_more: true, after_cursor: '../../evil' } })
    page('../../evil', { things: [2, 3], meta: { has_more: false } })
    expect(await read()).toEqual([1, 2, 3])
  })

  it('adds its size to a query that is there', async () => {
    nock(ORIGIN)
      .get(PATH)
      .query({ client_id: '41', 'page[size]': '100' })
      .reply(200, { things: [7] })
    expect(await read(`${PATH}?client_id=41`)).toEqual([7])
  })

  it('asks for no further page than is wanted', async () => {
    page(undefined, { things: [1], meta: { has_more: true, after_cursor: 'x' } })
    for await (const { items } of pages(talk().session, PATH, 'things', new Secret('Bearer abc'), ABOUT)) {
      expect(items).toEqual([1])
      break
    }
  })

  it.each([undefined, null, '', 17, {}, 'half a letter: \ud800'])(
    'fails where there is more, but the cursor is %j',
    async (after_cursor) => {
      page(undefined, { things: [1], meta: { has_more: true, after_cursor } })
      expect(await refusal()).toMatchObject({ kind: 'unusableReply' })
    }
  )

  it('fails where a cursor comes again, be it later', async () => {
    page(undefined, { things: [1], meta: { has_more: true, after_cursor: 'a' } })
    page('a', { things: [1], meta: { has_more: true, after_cursor: 'b' } })
    page('b', { things: [1], meta: { has_more: true, after_cursor: 'a' } })
    expect(await refusal()).toMatchObject({ kind: 'unusableReply' })
  })

  it.each([
    [200, { other: [] }, 'unusableReply'],
    [200, { things: { 0: 1 } }, 'unusableReply'],
    [200, '[]', 'unusableReply'],
    [200, 'plain words', 'unusableReply'],
    [200, '<html>Sign in</html>', 'subdomainUnknown'],
    [206, { things: [] }, 'unusableReply'],
    [204, '', 'unusableReply'],
    [302, '', 'redirect'],
    [401, { error: "Couldn't authenticate you" }, 'credentialsRefused'],
    [403, { error: { title: 'Forbidden', message: 'No' } }, 'forbidden'],
    [404, '<html>', 'subdomainUnknown'],
    [404, { error: { title: 'No help desk at acme.zendesk.com' } }, 'subdomainUnknown']
  ])('fails at %d %j as %s', async (status, body, kind) => {
    page(undefined, body, status)
    const error = await refusal()
    expect(error.kind).toBe(kind)
    expect(error.message).toMatch(
      /^Could not list things: .*GET \/api\/v2\/oauth\/things at acme\.zendesk\.com /
    )
  })

  it('tells of a page that is refused in the middle', async () => {
    page(undefined, { things: [1], meta: { has_more: true, after_cursor: 'x' } })
    page('x', {}, 403)
    expect(await refusal()).toMatchObject({ kind: 'forbidden' })
  })

  it('explains why there was no reply at all', async () => {
    nock(ORIGIN)
      .get(PATH)
      .query(true)
      .times(5)
      .replyWithError(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
    expect(await refusal()).toMatchObject({ kind: 'dns' })
  })

  it('explains that the time is over', async () => {
    const { session, world } = talk()
    world.pass(300_000)
    expect(() => {
      session.budget.check()
    }).toThrow(BudgetSpent)
    expect(await thrownBy(read(PATH, session))).toMatchObject({ kind: 'budget' })
  })
})
