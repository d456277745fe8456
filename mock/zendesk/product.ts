import type { Account } from './account.ts'
import { authenticate, authorized } from './authentication.ts'
import {
  type MockRequest,
  isObject,
  json,
  parsed,
  Refusal,
  refusals,
  type MockResponse
} from './responses.ts'

/** `GET /api/v2/tickets` */
export function listTickets(request: MockRequest, account: Account): MockResponse {
  authorized(account, request, 'tickets:read')
  const { tickets } = account
  return json(200, {
    tickets,
    count: tickets.length,
    next_page: null,
    previous_page: null,
    meta: { has_more: false, after_cursor: null, before_cursor: null },
    links: { next: null, prev: null }
  })
}

/** `GET /api/v2/tickets/{id}` */
export function showTicket(request: MockRequest, account: Account): MockResponse {
  authorized(account, request, 'tickets:read')
  const ticket = ticketById(account, request)
  return json(200, { ticket })
}

/** `POST /api/v2/tickets` */
export function createTicket(request: MockRequest, account: Account): MockResponse {
  const { user } = authorized(account, request, 'tickets:write')
  const wanted = givenTicket(request)
  const ticket = { status: 'new', requester_id: user.id, ...wanted, id: account.tickets.length + 1 }
  account.tickets.push(ticket)
  return json(201, { ticket })
}

/** `PUT /api/v2/tickets/{id}` */
export function updateTicket(request: MockRequest, account: Account): MockResponse {
  authorized(account, request, 'tickets:write')
  const ticket = ticketById(account, request)
  const wanted = givenTicket(request)
  return json(200, { ticket: Object.assign(ticket, wanted) })
}

/** `GET /api/v2/search` wants the broad `read`. */
export function search(request: MockRequest, account: Account): MockResponse {
  authorized(account, request, 'read')
  // Only words of the subject are searched for; terms such as `status:open` or `created<2026-01-01` all fit.
  const words = (request.query.get('query') ?? '').toLowerCase().split(' ')
  const plain = words.filter((word) => !/[:<>]/.test(word))
  const results = account.tickets
    .filter(({ subject }) => plain.every((word) => String(subject).toLowerCase().includes(word)))
    .map((ticket) => ({ ...ticket, result_type: 'ticket' }))
  return json(200, { results, count: results.length, next_page: null, previous_page: null, facets: null })
}

/** `GET /api/v2/users/me`: bad credentials are no error here, which makes it useless as a check. */
export function showMe(request: MockRequest, account: Account): MockResponse {
  try {
    const { user } = authorized(account, request, 'users:read')
    const { id, name, email, role } = user
    return json(200, { user: { id, name, email, role, active: true } })
  } catch (error) {
    if (!(error instanceof Refusal) || error.response.status !== 401) throw error
    const user = { id: null, name: 'Anonymous user', email: 'invalid@example.com', role: 'end-user' }
    return json(200, { user })
  }
}

/** A handler that only wants `scope`, and always says the same. */
export function fixed(scope: string, status: number, body: object) {
  return (request: MockRequest, account: Account): MockResponse => {
    authorized(account, request, scope)
    return json(status, body)
  }
}

/** `POST /api/services/zis/registry/{integration}/bundles` takes an API token, and no OAuth token whatsoever. */
export function uploadBundle(request: MockRequest, account: Account): MockResponse {
  if (!authenticate(account, request).token) return json(200, {})
  const detail = 'OAuth being disabled for this API request'
  return json(403, { errors: [{ status: '403', code: '4030', title: 'Forbidden', detail }] })
}

function ticketById({ tickets }: Account, request: MockRequest): Record<string, unknown> {
  const ticket = tickets.find(({ id }) => id === Number(request.params[0]))
  if (!ticket) throw refusals.noRecord()
  return ticket
}

function givenTicket(request: MockRequest): Record<string, unknown> {
  const body = parsed(request.body)
  const ticket = isObject(body) ? body['ticket'] : undefined
  if (!isObject(ticket)) throw refusals.malformed('ticket is missing')
  return ticket
}
