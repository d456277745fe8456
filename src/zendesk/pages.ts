import { type Secret } from '../lib/secret.ts'
import { explain, type About } from '../messages.ts'
import { type Call } from './connection.ts'
import { type Answer, type Session } from './client.ts'
import { list, object, text } from './error-response.ts'

/** One page of a list, and the reply that it came in. */
export interface Page {
  items: unknown[]
  answer: Answer
}

/**
 * Reads a list page by page (cursor pagination, 100 a page). Only the cursor of a reply is used, never a URL of it,
 * so that no server can send the credential elsewhere.
 *
 * @param path the path of the list, with its query if it has one
 * @param key under which a page holds its items
 * @throws {ZendeskError} where a page is refused, is no page, or its cursor is missing or was seen before
 */
export async function* pages(
  session: Session,
  path: string,
  key: string,
  authorization: Secret,
  about: About & { purpose: string }
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<string>()
  const first = `${path}${path.includes('?') ? '&' : '?'}page[size]=100`
  for (let after = ''; ;) {
    const call: Call = { method: 'GET', path: first + after, authorization }
    const circumstances = { ...about, call }
    let answer: Answer
    try {
      answer = await session.send(call)
    } catch (error) {
      throw explain(error, circumstances)
    }
    const page = object(answer.json)
    if (answer.status !== 200) throw explain(answer, circumstances)
    if (!Array.isArray(page[key]))
      throw explain(answer, circumstances, answer.html ? undefined : 'unusableReply')
    yield { items: list(page[key]), answer }

    const meta = object(page['meta'])
    const more = meta['has_more'] ?? false
    if (more === false) return
    const cursor = text(meta['after_cursor'])
    if (more !== true || cursor === undefined || /\p{Cs}/u.test(cursor) || seen.has(cursor))
      throw explain(answer, circumstances, 'unusableReply')
    seen.add(cursor)
    after = `&page[after]=${encodeURIComponent(cursor)}`
  }
}
