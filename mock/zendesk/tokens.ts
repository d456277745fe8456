import { type Account, type Token } from './account.ts'
import { authenticate, authorized, authorizedAdmin, type Caller, missingScope } from './authentication.ts'
import { ACCESS_LIFETIME, reportedScopes } from './grants.ts'
import { page } from './pages.ts'
import { json, member, NO_CONTENT, refusals, type MockRequest, type MockResponse } from './responses.ts'
import { covers } from './scopes.ts'

/** `POST /api/v2/oauth/tokens`: deprecated since 2026-08-26 */
export function createToken(request: MockRequest, account: Account): MockResponse {
  switch (account.behaviour.mintEndpoint) {
    case 'gone-410':
      return json(410, { error: 'Gone', description: 'This endpoint has been removed' })
    case 'gone-404':
      throw refusals.noEndpoint()
    case 'forbidden-403':
      throw refusals.forbidden()
    case 'works':
  }
  const { user } = authorizedAdmin(account, request, 'write')
  const wanted = member(request, 'token')
  const client = account.clients.find(({ id }) => id === wanted['client_id'])
  if (!client) throw refusals.invalid('client', 'Client: is invalid')
  const { scopes } = wanted
  if (!Array.isArray(scopes) || scopes.length === 0)
    throw refusals.invalid('scopes', 'Scopes: cannot be blank')
  const lifetime =
    client.tokenLifetime ?? (account.behaviour.apiTokensExpire ? ACCESS_LIFETIME.usual : undefined)
  const now = account.now()
  const token = account.mint({
    clientId: client.id,
    userId: user.id,
    scopes: account.grantable(client, scopes.map(String)),
    createdAt: now,
    expiresAt: lifetime === undefined ? null : now + lifetime * 1000,
    origin: 'minted'
  })
  const resource = { ...shown(token), ...reportedScopes(account, 'scopes', token), full_token: token.value }
  return json(201, { token: resource })
}

/** `GET /api/v2/oauth/tokens`: lists expired tokens, too, but no revoked ones. */
export function listTokens(request: MockRequest, account: Account): MockResponse {
  const { user } = authorized(account, request, 'read')
  const all = request.query.get('all') === 'true'
  if (all && user.role !== 'admin') throw refusals.forbidden()
  const client = account.behaviour.filterByClient ? request.query.get('client_id') : null
  const records = [...account.tokens.values()].filter(
    (token) =>
      !token.revoked &&
      (all || token.userId === user.id) &&
      (client === null || String(token.clientId) === client)
  )
  return page(request, 'tokens', records, shown)
}

/** `GET /api/v2/oauth/tokens/current` */
export function showCurrent(request: MockRequest, account: Account): MockResponse {
  const own = ownToken(request, account, 'read')
  const { currentIsAbout } = account.behaviour
  return json(200, { token: shown(account.tokens.get(currentIsAbout ?? own.id) ?? own) })
}

/** `DELETE /api/v2/oauth/tokens/current` */
export function deleteCurrent(request: MockRequest, account: Account): MockResponse {
  const token = ownToken(request, account, 'write')
  if (account.behaviour.deleteCurrentWorks) token.revoked = true
  return NO_CONTENT
}

/** `DELETE /api/v2/oauth/tokens/{id}` */
export function deleteToken(request: MockRequest, account: Account): MockResponse {
  const caller = authenticate(account, request)
  const token = account.tokens.get(Number(request.params[0]))
  demand(account, caller, token, 'write')
  const visible = caller.user.role === 'admin' || token?.userId === caller.user.id
  if (!token || token.revoked || !visible) throw refusals.noRecord()
  token.revoked = true
  return NO_CONTENT
}

function ownToken(request: MockRequest, account: Account, scope: string): Token {
  const caller = authenticate(account, request)
  // An API token has no current access token.
  if (!caller.token) throw refusals.noRecord()
  demand(account, caller, caller.token, scope)
  return caller.token
}

/** Refuses a caller without `scope`. */
function demand(account: Account, caller: Caller, token: Token | undefined, scope: string): void {
  if (!caller.token || covers(caller.token.scopes, scope)) return
  if (account.behaviour.narrowTokensManageThemselves && caller.token === token) return
  throw missingScope(scope)
}

function shown(token: Token): object {
  return {
    id: token.id,
    client_id: token.clientId,
    user_id: token.userId,
    url: `https://acme.zendesk.com/api/v2/oauth/tokens/${token.id}.json`,
    scopes: token.scopes,
    token: token.value.slice(0, 10),
    created_at: timestamp(token.createdAt),
    expires_at: timestamp(token.expiresAt),
    used_at: timestamp(token.usedAt),
    refresh_token: token.refreshToken?.slice(0, 10) ?? null,
    refresh_token_expires_at: timestamp(token.refreshExpiresAt)
  }
}

/** ISO 8601 in whole seconds, as Zendesk writes it. */
function timestamp(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
