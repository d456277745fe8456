import type { Account } from './account.ts'
import { createClient, generateSecret, listClients, listOwnClients } from './clients.ts'
import { askUser, grantToken } from './grants.ts'
import {
  createTicket,
  fixed,
  listTickets,
  search,
  showMe,
  showTicket,
  updateTicket,
  uploadBundle
} from './product.ts'
import { type MockRequest, Refusal, refusals, type MockResponse } from './responses.ts'
import { createToken, deleteCurrent, deleteToken, listTokens, showCurrent, showToken } from './tokens.ts'

type Handler = (request: MockRequest, account: Account) => MockResponse

/** Every endpoint. The first that fits is taken. */
const routes: readonly [method: string, path: string, handler: Handler][] = [
  ['POST', '/oauth/tokens', grantToken],
  ['GET', '/oauth/authorizations/new', askUser],
  ['POST', '/api/v2/oauth/tokens', createToken],
  ['GET', '/api/v2/oauth/tokens', listTokens],
  ['GET', '/api/v2/oauth/tokens/current', showCurrent],
  ['DELETE', '/api/v2/oauth/tokens/current', deleteCurrent],
  ['GET', '/api/v2/oauth/tokens/{id}', showToken],
  ['DELETE', '/api/v2/oauth/tokens/{id}', deleteToken],
  ['GET', '/api/v2/oauth/clients', listClients],
  ['POST', '/api/v2/oauth/clients', createClient],
  ['PUT', '/api/v2/oauth/clients/{id}/generate_secret', generateSecret],
  ['GET', '/api/v2/users/me/oauth/clients', listOwnClients],
  // What curl, node-zendesk, zenpy and the zendesk_api gem ask for
  ['GET', '/api/v2/tickets', listTickets],
  ['POST', '/api/v2/tickets', createTicket],
  ['GET', '/api/v2/tickets/{id}', showTicket],
  ['PUT', '/api/v2/tickets/{id}', updateTicket],
  ['GET', '/api/v2/search', search],
  ['GET', '/api/v2/users/me', showMe],
  // Help-centre sync
  ['GET', '/api/v2/help_center/articles', fixed('hc:read', 200, { articles: [{ id: 1, title: 'Welcome' }] })],
  ['POST', '/api/v2/help_center/sections/{id}/articles', fixed('hc:write', 201, { article: { id: 2 } })],
  ['PUT', '/api/v2/help_center/articles/{id}', fixed('hc:write', 200, { article: { id: 1 } })],
  // zcli
  ['GET', '/api/v2/apps/owned', fixed('apps:read', 200, { apps: [] })],
  ['POST', '/api/v2/apps/validate', fixed('apps:write', 200, {})],
  ['GET', '/api/v2/brands', fixed('brands:read', 200, { brands: [{ id: 1, name: 'Acme', default: true }] })],
  ['GET', '/api/v2/guide/theming/themes', fixed('themes:read', 200, { themes: [] })],
  // Zendesk Integration Services
  ['POST', '/api/services/zis/registry/{integration}/bundles', uploadBundle],
  ['GET', '/api/services/zis/integrations/{integration}/configs', fixed('zis:read', 200, { configs: [] })]
]

const compiled = routes.map(([method, path, handler]) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
  handler
}))

/** What Zendesk does with a request, and says to it. */
export function route(account: Account, request: Omit<MockRequest, 'params'>): MockResponse {
  try {
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
