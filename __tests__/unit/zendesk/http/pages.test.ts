import { describe, expect, it } from '@jest/globals'
import { ORIGIN, rejectionOf, testClient } from '../../../support/client.ts'
import { nock, useNock } from '../../../support/nock.ts'
import { Secret } from '../../../../src/lib/secret.ts'
import { pages } from '../../../../src/zendesk/http/pages.ts'

const PATH = '/api/v2/oauth/tokens'

useNock()

/** Lets the server respond with a page to a request with the cursor `after`. */
function page(after: string | undefined, body: unknown, status = 200): void {
  nock(ORIGIN, { reqheaders: { authorization: 'Bearer abc' } })
    .get(PATH)
    .query({ 'page[size]': '100', ...(after !== undefined && { 'page[after]': after }) })
    .reply(status, body as nock.Body)
}

async function read(): Promise<unknown[]> {
  const items: unknown[] = []
  const authorization = new Secret('Bearer abc')
  const list = { operation: 'listTokens', method: 'GET', path: PATH, authorization } as const
  for await (const each of pages(testClient().client, list, 'tokens')) {
    items.push(...each.items)
    expect(each.response.status).toBe(200)
  }
  return items
}

describe('pages', () => {
  it('reads one page if `meta` promises no other', async () => {
    for (const meta of [{ has_more: false, after_cursor: 'x' }, { has_more: null }, 'text', undefined]) {
      page(undefined, { tokens: [1, 2], meta })
      expect(await read()).toEqual([1, 2])
    }
  })

  it('reads page after page by the cursor, encoded, and follows no URL', async () => {
    const meta = { has_more: true, after_cursor: 'a+b/=&?' }
    page(undefined, { tokens: [1], meta, links: { next: 'https://evil.example/' } })
    page('a+b/=&?', { tokens: [2], meta: { has_more: true, after_cursor: '../../evil' } })
    page('../../evil', { tokens: [], meta: { has_more: false } })
    expect(await read()).toEqual([1, 2])
  })

  it.each([
    ['has no items but promises another: the list might never end', [], 'b'],
    ['has a cursor that came before', [1], 'a']
  ])('throws if a page %s', async (_what, tokens, after_cursor) => {
    page(undefined, { tokens: [1], meta: { has_more: true, after_cursor: 'a' } })
    page('a', { tokens: [1], meta: { has_more: true, after_cursor: 'c' } })
    page('c', { tokens, meta: { has_more: true, after_cursor } })
    expect(await rejectionOf(read())).toMatchObject({ kind: 'unusableResponse' })
  })

  it.each([
    ...[undefined, null, '', 17, {}, 'half a character: \ud800'].map((after_cursor) => [true, after_cursor]),
    ...['yes', 'true', 1, 0, '', {}].map((has_more) => [has_more, 'x'])
  ])('throws if `has_more` is %j and the cursor is %j', async (has_more, after_cursor) => {
    page(undefined, { tokens: [1], meta: { has_more, after_cursor } })
    expect(await rejectionOf(read())).toMatchObject({ kind: 'unusableResponse' })
  })

  it.each([
    [200, { tokens: { 0: 1 } }, 'unusableResponse'],
    [200, 'plain words', 'unusableResponse'],
    [200, '<html>Sign in</html>', 'subdomainUnknown'],
    [206, { tokens: [] }, 'unusableResponse'],
    [403, { error: 'Forbidden' }, 'forbidden']
  ])('throws after %d %j: %s', async (status, body, kind) => {
    page(undefined, body, status)
    const request = { operation: 'listTokens', method: 'GET' }
    expect(await rejectionOf(read())).toMatchObject({ kind, request, response: { status } })
  })
})
