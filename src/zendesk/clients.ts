import { type Secret } from '../lib/secret.ts'
import { explain, type About } from '../messages.ts'
import { pages } from './pages.ts'
import { type Answer, type Session } from './client.ts'
import { usableId } from './tokens.ts'
import { object } from './error-response.ts'

const CLIENTS = '/api/v2/oauth/clients'

/**
 * The numeric id of the client that `clientId` names: itself where it is all digits, else from the list of clients,
 * since Zendesk has no look-up by identifier (https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_clients/).
 *
 * @throws {ZendeskError} where no client has that identifier, or the list cannot be read
 */
export async function numericClientId(
  session: Session,
  authorization: Secret,
  about: About
): Promise<number> {
  if (/^\d+$/.test(about.clientId)) return Number(about.clientId)
  const circumstances = { ...about, purpose: 'look up the client' }
  let last: Answer | undefined
  for await (const { items, answer } of pages(session, CLIENTS, 'clients', authorization, circumstances)) {
    const client = items.map(object).find(({ identifier }) => identifier === about.clientId)
    const id = usableId(client?.['id'])
    if (id !== undefined) return id
    last = answer
  }
  throw explain(last, { ...circumstances, call: { method: 'GET', path: CLIENTS } }, 'clientUnknown')
}
