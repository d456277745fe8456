import { type Account } from './account.ts'
import { createClient, generateSecret, listClients } from './clients.ts'
import { grantToken } from './grants.ts'
import { createTicket, fixed, listTickets, search, showMe } from './product.ts'
import { Refusal, refusals, type MockRequest, type MockResponse } from './responses.ts'
import { createToken, deleteCurrent, deleteToken, listTokens, showCurrent } from './tokens.ts'

type Handler = (request: MockRequest, account: Account) => MockResponse

/** Every endpoint. The first that matches is taken. */
const routes: readonly [method: string, path: string, handler: Handler][] = [
  ['POST', '/oauth/tokens', grantToken],
  ['POST', '/api/v2/oauth/tokens', createToken],
  ['GET', '/api/v2/oauth/tokens', listTokens],
  ['GET', '/api/v2/oauth/tokens/current', showCurrent],
  ['DELETE', '/api/v2/oauth/tokens/current', deleteCurrent],
  ['DELETE', '/api/v2/oauth/tokens/{id}', deleteToken],
  ['GET', '/api/v2/oauth/clients', listClients],
  ['POST', '/api/v2/oauth/clients', createClient],
  ['PUT', '/api/v2/oauth/clients/{id}/generate_secret', generateSecret],
  // The API that later steps use
  ['GET', '/api/v2/tickets', listTickets],
  ['POST', '/api/v2/tickets', createTicket],
  ['GET', '/api/v2/search', search],
  ['GET', '/api/v2/users/me', showMe],
  ['POST', '/api/v2/apps/validate', fixed('apps:write', 200, {})],
  ['GET', '/api/services/zis/integrations/{integration}/configs', fixed('zis:read', 200, { configs: [] })]
]

const compiled = routes.map(([method, path, handler]) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
  handler
}))

/** Carries a request out, and returns Zendesk's response. */
export function route(account: Account, request: Omit<MockRequest, 'params'>): MockResponse {
  try {
    refuseByAddress(account, request.path)
    for (const { method, pattern, handler } of compiled) {
      const found = method === request.method ? pattern.exec(request.path) : null
      if (found) return handler({ ...request, params: found.slice(1) }, account)
    }
    throw refusals.noEndpoint()
  } catch (error) {
    if (error instanceof Refusal) return error.response
    throw error
  }
}

/** Refuses a request because of the address to which it goes (no account is there), or from which it comes. */
function refuseByAddress({ behaviour: { helpDesk, outsideIpRules } }: Account, path: string): void {
  const isGrant = path === '/oauth/tokens'
  if (helpDesk !== 'exists') {
    const hasJson = path.startsWith('/api/') || (isGrant && helpDesk === 'missing-404')
    throw hasJson ? refusals.noHelpDesk() : refusals.helpCenterClosed()
  }
  if (outsideIpRules && !isGrant) throw refusals.forbidden()
}
