import { asObject, asText } from '../../lib/json.ts'
import { type ZendeskClient } from './client.ts'
import { type ZendeskResponse } from './response.ts'
import { type ZendeskRequest } from './request.ts'
import { unexpectedResponse } from './zendesk-error.ts'

/**
 * Reads a list page by page (cursor pagination, 100 a page). Only the cursor of a response is used, never a URL of
 * it, so that no server can have the credential sent elsewhere.
 *
 * @param key under which a page has its items
 * @throws {ZendeskError} if a page is refused or is not a page, or promises another one without items or a new cursor
 */
export async function* pages(
  client: ZendeskClient,
  list: ZendeskRequest,
  key: 'clients' | 'tokens'
): AsyncGenerator<{ items: unknown[]; response: ZendeskResponse }, void, undefined> {
  const seen = new Set<string>()
  const first = `${list.path}${list.path.includes('?') ? '&' : '?'}page[size]=100`
  for (let path = first; ;) {
    const request = { ...list, path }
    const response = await client.send(request)
    const page = asObject(response.json)
    if (response.status !== 200) throw unexpectedResponse(request, response)
    if (!Array.isArray(page[key]))
      throw unexpectedResponse(request, response, response.html ? undefined : 'unusableResponse')
    yield { items: page[key], response }

    const { has_more: more = false, after_cursor } = asObject(page['meta'])
    if (more === false || more === null) return
    const cursor = asText(after_cursor)
    const isEmpty = page[key].length === 0
    if (more !== true || isEmpty || cursor === undefined || /\p{Cs}/u.test(cursor) || seen.has(cursor))
      throw unexpectedResponse(request, response, 'unusableResponse')
    seen.add(cursor)
    path = `${first}&page[after]=${encodeURIComponent(cursor)}`
  }
}
