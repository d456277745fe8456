import type { Account } from './account.ts'
import { authenticate, authorized } from './authentication.ts'
import { type Call, isObject, json, parsed, Refusal, refusals, type Reply } from './replies.ts'

/** `GET /api/v2/tickets` */
export function listTickets(call: Call, account: Account): Reply {
  authorized(account, call, 'tickets:read')
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
export function showTicket(call: Call, account: Account): Reply {
  authorized(account, call, 'tickets:read')
  const ticket = ticketById(account, call)
  return json(200, { ticket })
}

/** `POST /api/v2/tickets` */
export function createTicket(call: Call, account: Account): Reply {
  const { user } = authorized(account, call, 'tickets:write')
  const wanted = givenTicket(call)
  const ticket = { status: 'new', requester_id: user.id, ...wanted, id: account.tickets.length + 1 }
  account.tickets.push(ticket)
  return json(201, { ticket })
}

/** `PUT /api/v2/tickets/{id}` */
export function updateTicket(call: Call, account: Account): Reply {
  authorized(account, call, 'tickets:write')
  const ticket = ticketById(account, call)
  const wanted = givenTicket(call)
  return json(200, { ticket: Object.assign(ticket, wanted) })
}

/** `GET /api/v2/search` wants the broad `read`. */
export function search(call: Call, account: Account): Reply {
  authorized(account, call, 'read')
  // Only words of the subject are searched for; terms such as `status:open` or `created<2026-01-01` all fit.
  const words = (call.query.get('query') ?? '').toLowerCase().split(' ')
  const plain = words.filter((word) => !/[:<>]/.test(word))
  const results = account.tickets
    .filter(({ subject }) => plain.every((word) => String(subject).toLowerCase().includes(word)))
    .map((ticket) => ({ ...ticket, result_type: 'ticket' }))
  return json(200, { results, count: results.length, next_page: null, previous_page: null, facets: null })
}

/** `GET /api/v2/users/me`: bad credentials are no error here, which makes it useless as a check. */
export function showMe(call: Call, account: Account): Reply {
  try {
    const { user } = authorized(account, call, 'users:read')
    const { id, name, email, role } = user
    return json(200, { user: { id, name, email, role, active: true } })
  } catch (error) {
    if (!(error instanceof Refusal) || error.reply.status !== 401) throw error
    const user = { id: null, name: 'Anonymous user', email: 'invalid@example.com', role: 'end-user' }
    return json(200, { user })
  }
}

/** A handler that only wants `scope`, and always says the same. */
export function fixed(scope: string, status: number, body: object) {
  return (call: Call, account: Account): Reply => {
    authorized(account, call, scope)
    return json(status, body)
  }
}

/** `POST /api/services/zis/registry/{integration}/bundles` takes an API token, and no OAuth token whatsoever. */
export function uploadBundle(call: Call, account: Account): Reply {
  if (!authenticate(account, call).token) return json(200, {})
  const detail = 'OAuth being disabled for this API request'
  return json(403, { errors: [{ status: '403', code: '4030', title: 'Forbidden', detail }] })
}

function ticketById({ tickets }: Account, call: Call): Record<string, unknown> {
  const ticket = tickets.find(({ id }) => id === Number(call.params[0]))
  if (!ticket) throw refusals.noRecord()
  return ticket
}

function givenTicket(call: Call): Record<string, unknown> {
  const body = parsed(call.body)
  const ticket = isObject(body) ? body['ticket'] : undefined
  if (!isObject(ticket)) throw refusals.malformed('ticket is missing')
  return ticket
}
