import { type Account, type Token } from './account.ts'
import { type MockRequest, type Refusal, refusals } from './responses.ts'
import { covers } from './scopes.ts'
import { USERS, type UserSeed } from './seeds.ts'

/** Who sent a request. Without a token it was an API token, which may do all that its user may. */
export interface Caller {
  user: UserSeed
  token?: Token
}

/** Finds out who sent a request, or throws the 401. */
export function authenticate(account: Account, request: MockRequest): Caller {
  const header = request.headers.authorization ?? ''
  const [, scheme, value] = /^(basic|bearer) +(\S+)$/i.exec(header) ?? []
  if (scheme === undefined || value === undefined) throw refusals.notAuthenticated()
  return scheme.toLowerCase() === 'basic' ? byApiToken(value) : byAccessToken(account, value)
}

/** The same, with a 403 for a caller who lacks `scope`, such as `read` or `tickets:read`. */
export function authorized(account: Account, request: MockRequest, scope: string): Caller {
  const caller = authenticate(account, request)
  if (caller.token && !covers(caller.token.scopes, scope)) {
    throw missingScope(scope)
  }
  return caller
}

/** The 403 that names the scopes, of which one is enough: `read`, or `tickets:read, read`. */
export function missingScope(scope: string): Refusal {
  const [, broad] = scope.split(':')
  return refusals.missingScopes(broad === undefined ? [scope] : [scope, broad])
}

/** The same, with a 403 for a caller who is no admin. */
export function authorizedAdmin(account: Account, request: MockRequest, scope: string): Caller {
  const caller = authorized(account, request, scope)
  if (caller.user.role !== 'admin') throw refusals.forbidden()
  return caller
}

function byApiToken(base64: string): Caller {
  const [, email, apiToken] = /^(.*)\/token:(.*)$/.exec(Buffer.from(base64, 'base64').toString()) ?? []
  const user = USERS.find((candidate) => candidate.email === email && candidate.apiToken === apiToken)
  if (!user) throw refusals.notAuthenticated()
  return { user }
}

function byAccessToken(account: Account, value: string): Caller {
  const token = account.activeToken(value)
  const user = USERS.find((candidate) => candidate.id === token?.userId)
  if (!token || !user || !account.isKnown(token)) throw refusals.invalidToken()
  token.usedAt = account.now()
  // As seen in 2026: Zendesk reads the acting user first, so a token with `write` alone is refused everywhere.
  if (token.scopes.includes('write') && !covers(token.scopes, 'users:read')) throw missingScope('users:read')
  return { user, token }
}
