import { type MockRequest, json, refusals, type MockResponse } from './responses.ts'

/** The most records that a page has, whatever `page[size]` says. */
const LARGEST_PAGE = 100

/** One page of `records`, which are in the order of their ids, as cursor pagination has it. */
export function page<T extends { id: number }>(
  request: MockRequest,
  name: string,
  records: readonly T[],
  show: (record: T) => object
): MockResponse {
  const size = Math.min(Number(request.query.get('page[size]') ?? LARGEST_PAGE) || LARGEST_PAGE, LARGEST_PAGE)
  const after = readCursor(request.query.get('page[after]'))
  const rest = records.filter(({ id }) => id > after)
  const shown = rest.slice(0, size)
  const more = rest.length > shown.length
  const cursor = shown.length > 0 ? writeCursor(shown.at(-1)!.id) : null
  return json(200, {
    [name]: shown.map(show),
    meta: { has_more: more, after_cursor: cursor, before_cursor: null },
    links: { next: more && cursor ? nextLink(request, cursor) : null, prev: null }
  })
}

function nextLink(request: MockRequest, cursor: string): string {
  const query = new URLSearchParams(request.query)
  query.set('page[after]', cursor)
  return `https://${request.headers.host ?? 'acme.zendesk.com'}${request.path}?${query.toString()}`
}

// Opaque to the caller, and with a character that a careless client forgets to encode.
function writeCursor(id: number): string {
  return `${Buffer.from(`id:${id}`).toString('base64')}+=`
}

function readCursor(cursor: string | null): number {
  if (cursor === null || cursor === '') return 0
  const [, id] = /^id:(\d+)$/.exec(Buffer.from(cursor.slice(0, -2), 'base64').toString()) ?? []
  if (id === undefined || !cursor.endsWith('+='))
    throw refusals.malformed('page[after] is not a valid cursor')
  return Number(id)
}
