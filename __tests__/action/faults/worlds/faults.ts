/* What can go wrong with one request of a world, by names that can be printed and read. */
import { type Fault as MockFault } from '../../../../mock/zendesk.ts'
import { changed } from '../../../support/zendesk.ts'
import { CUT, each, failed, response, UNREADABLE, type Faults } from '../faults.ts'

/** What a request of the action is for. */
export type Purpose = keyof typeof OWN

/** A fault of a world. */
export interface Fault {
  what: string
  /** Whether Zendesk carries the request out all the same. */
  after: boolean
  /** Milliseconds until the response; below 1 a share of the step's timeout. */
  delay: number
}

const page = (status: number): MockFault => ({ kind: 'gateway', status })
const NO_HELP_DESK = { title: 'No help desk at acme.zendesk.com', message: 'There is no help desk here' }
const MISSING = 'You are missing the following required scopes: users:read, read'
const CLOSED = 'https://www.zendesk.com/app/help-center-closed/?utm_content=acme.zendesk.com'

/** Responses that any request can get. None of them is Zendesk's own 401. */
const ANSWERS: Faults = {
  ...each([200, 400, 401, 403, 404, 502, 503, 522], ' page', page),
  ...each([401, 403, 404], ' empty', (status) => ({ kind: 'empty', status })),
  ...each([400, 403, 408, 409, 422, 429, 500, 503, 504], '', (status) => response(status)),
  '403 text': { kind: 'response', status: 403, text: 'error code: 1020' },
  '401 without a word': response(401, { error: { title: 'No' } }),
  '200 list': response(200, [1, null]),
  '403 missing scope': response(403, { error: 'Forbidden', description: MISSING }),
  '404': response(404, { error: 'RecordNotFound', description: 'Not found' }),
  '404 no help desk': response(404, { error: NO_HELP_DESK }),
  'help center closed': { kind: 'redirect', status: 301, location: CLOSED },
  redirect: { kind: 'redirect', location: 'https://elsewhere.example/' },
  '429 for 2 s': failed(429, 'Retry-After', '2'),
  '429 for 12.5 s': failed(429, 'Retry-After', '12.5'),
  '429 for 1 h': failed(429, 'Retry-After', '3600'),
  '429, reset in 7 s': failed(429, 'ratelimit-reset', '7'),
  '503 for 3 s': failed(503, 'Retry-After', '3')
}

/** No complete response, or one that Node's parser refuses. */
const BREAKS: Faults = {
  ...CUT,
  ...UNREADABLE,
  '80 kB of headers': { kind: 'response', status: 200, headers: { 'x-flood': 'a'.repeat(80_000) } }
}

/** Refusals of a credential; to a token they would be Zendesk's own 401. */
const REFUSALS: Faults = {
  'own 401': response(401, { error: 'invalid_client', error_description: 'The client is unknown' }),
  invalid_scope: response(400, { error: 'invalid_scope', error_description: 'The scope is invalid' }),
  invalid_grant: response(400, { error: 'invalid_grant', error_description: 'The grant is invalid' })
}

/** A DELETE that Zendesk accepts without revoking anything. */
const FALSE_ACCEPTS: Faults = {
  '204 for nothing': { kind: 'empty', status: 204 },
  '200 for nothing': response(200, {})
}

type Body = Record<string, unknown>

/** Changes the body of a response, if this is the right one. */
const edited = (change: (body: Body) => Body): MockFault =>
  changed(({ status, body }) => ({
    body: status < 300 ? JSON.stringify(change(JSON.parse(body) as Body)) : body
  }))
const withFacts = (facts: Body): MockFault =>
  edited((body) =>
    'token' in body ? { token: { ...(body['token'] as Body), ...facts } } : { ...body, ...facts }
  )

const MINT_EDITS: Faults = {
  'no token': withFacts({ access_token: undefined, full_token: undefined }),
  'a short token': withFacts({ access_token: 'abc', full_token: 'abc' }),
  'no expiry': withFacts({ expires_in: undefined, expires_at: undefined }),
  'wrong types': withFacts({ scope: 7, scopes: {}, expires_in: '1', expires_at: [], id: '9', client_id: {} })
}

const CURRENT_EDITS: Faults = {
  'no facts': edited(() => ({ token: {} })),
  'wrong facts': withFacts({ id: 'x', client_id: -1, expires_at: 5, scopes: 3, created_at: 'now' }),
  'not an object': edited(() => ({ token: [] }))
}

let cursors = 0
const more = (after_cursor: string | null): Body => ({ meta: { has_more: true, after_cursor } })

/** Pages that would never end. */
const PAGE_EDITS: Faults = {
  'no items, more to come': edited(() => ({ clients: [], tokens: [], ...more(String(++cursors)) })),
  'the same cursor': edited((body) => ({ ...body, ...more('x') })),
  'no cursor': edited((body) => ({ ...body, ...more(null) }))
}

/** `…/current` describes the token of another job. */
export const ANOTHER_TOKEN = 'another token'
/** The response repeats everything secret that the request holds, or most of each word in it. */
const ECHO = 'echo'
const PARTIAL_ECHO = 'partial echo'

const FAULTS: Faults = {
  pass: { kind: 'pass' },
  [ANOTHER_TOKEN]: { kind: 'pass' },
  ...ANSWERS,
  ...BREAKS,
  ...REFUSALS,
  ...FALSE_ACCEPTS,
  ...MINT_EDITS,
  ...CURRENT_EDITS,
  ...PAGE_EDITS
}

/** The fault of the mock; `secrets` is everything secret in the request. */
export function faultOf({ what, after }: Fault, secrets: string): MockFault {
  const isEcho = what === ECHO || what === PARTIAL_ECHO
  const said = what === ECHO ? secrets : secrets.replace(/[\w-]{14,}/g, (word) => word.slice(1, -1))
  const echo = { error: said, error_description: `::error::${said} ##[error]${said}` }
  return { ...(isEcho ? response(400, echo) : FAULTS[what]!), after }
}

export const isRefusal = (what: string): boolean => what in REFUSALS

const LOST = ['408', '500', '502 page', '504', '522 page', '200 list', ...Object.keys(BREAKS)]

/** Whether a client has to suppose that a request which got this may have been carried out. */
export const isLost = (what: string): boolean => LOST.includes(what)

const identity = [...Object.keys(CURRENT_EDITS), ANOTHER_TOKEN]
const minting = [...Object.keys(MINT_EDITS), ...Object.keys(REFUSALS), '408', '504', '522 page']
const pages = Object.keys(PAGE_EDITS)

/** What a request can meet besides any answer and break, by what it is for. */
const OWN = {
  lookup: [...pages, 'own 401'],
  mint: minting,
  check: identity,
  delete: [...Object.keys(FALSE_ACCEPTS), 'own 401'],
  verify: identity,
  'cleanup mint': minting,
  'cleanup look-up': identity,
  'cleanup delete': ['404'],
  list: pages
}

/** The names of the faults that a request of this purpose can meet, in groups that are equally frequent. */
export const faultsOf = (purpose: Purpose): (readonly string[])[] => [
  ['pass'],
  [...Object.keys(ANSWERS), ECHO, PARTIAL_ECHO],
  Object.keys(BREAKS),
  OWN[purpose]
]
