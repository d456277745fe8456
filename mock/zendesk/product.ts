import { type Account } from './account.ts'
import { authorized } from './authentication.ts'
import { json, member, Refusal, type MockRequest, type MockResponse } from './responses.ts'

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

/** `POST /api/v2/tickets` */
export function createTicket(request: MockRequest, account: Account): MockResponse {
  const { user } = authorized(account, request, 'tickets:write')
  const wanted = member(request, 'ticket')
  const ticket = { status: 'new', requester_id: user.id, ...wanted, id: account.tickets.length + 1 }
  account.tickets.push(ticket)
  return json(201, { ticket })
}

/** `GET /api/v2/search` needs `read`. */
export function search(request: MockRequest, account: Account): MockResponse {
  authorized(account, request, 'read')
  // Searches the subject for words; every ticket matches terms like `status:open` or `created<2026-01-01`.
  const words = (request.query.get('query') ?? '').toLowerCase().split(' ')
  const plain = words.filter((word) => !/[:<>]/.test(word))
  const results = account.tickets
    .filter(({ subject }) => plain.every((word) => String(subject).toLowerCase().includes(word)))
    .map((ticket) => ({ ...ticket, result_type: 'ticket' }))
  return json(200, { results, count: results.length, next_page: null, previous_page: null, facets: null })
}

/** `GET /api/v2/users/me`: bad credentials are no error here. */
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

/** A handler that needs `scope`, and always has the same response. */
export function fixed(scope: string, status: number, body: object) {
  return (request: MockRequest, account: Account): MockResponse => {
    authorized(account, request, scope)
    return json(status, body)
  }
}
