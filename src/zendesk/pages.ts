import { list, object, text } from '../lib/json.ts'
import { type Secret } from '../lib/secret.ts'
import { type ZendeskClient } from './client.ts'
import { type ZendeskRequest, type ZendeskResponse } from './connection.ts'
import { unexpectedResponse } from './zendesk-error.ts'

/** A list that is read page by page. */
export interface ListRequest {
  /** What it is for, as the end of `Could not …`. */
  purpose: string
  /** The path of the list, with its query if it has one. */
  path: string
  /** The key under which a page has its items. */
  key: string
  authorization: Secret
}

/** One page of a list, and the response that it came in. */
export interface Page {
  items: unknown[]
  response: ZendeskResponse
}

/**
 * Reads a list page by page (cursor pagination, 100 a page). Only the cursor of a response is used, never a URL of
 * it, so that no server can have the credential sent elsewhere.
 *
 * @throws {ZendeskError} if a page is refused or is not a page, or its cursor is missing or was seen before
 */
export async function* pages(
  client: ZendeskClient,
  { purpose, path, key, authorization }: ListRequest
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<string>()
  const first = `${path}${path.includes('?') ? '&' : '?'}page[size]=100`
  for (let after = ''; ;) {
    const request: ZendeskRequest = { purpose, method: 'GET', path: first + after, authorization }
    const response = await client.send(request)
    const page = object(response.json)
    if (response.status !== 200) throw unexpectedResponse(request, response)
    if (!Array.isArray(page[key]))
      throw unexpectedResponse(request, response, response.html ? undefined : 'unusableResponse')
    yield { items: list(page[key]), response }

    const meta = object(page['meta'])
    const more = meta['has_more'] ?? false
    if (more === false) return
    const cursor = text(meta['after_cursor'])
    if (more !== true || cursor === undefined || /\p{Cs}/u.test(cursor) || seen.has(cursor))
      throw unexpectedResponse(request, response, 'unusableResponse')
    seen.add(cursor)
    after = `&page[after]=${encodeURIComponent(cursor)}`
  }
}
