import { asObject } from '../lib/json.ts'
import { type Secret } from '../lib/secret.ts'
import { type ZendeskClient } from './http/client.ts'
import { isNumeric } from './credential.ts'
import { pages } from './http/pages.ts'
import { listClientsRequest } from './requests.ts'
import { positiveInteger } from './token-facts.ts'
import { ZendeskError } from './http/zendesk-error.ts'

/**
 * The numeric id of an OAuth client: `clientId` itself if it is all digits, else from the list of clients, since
 * Zendesk has no look-up by identifier (https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_clients/).
 *
 * @throws {ZendeskError} if no client has that identifier, or the list cannot be read
 */
export async function numericClientId(
  client: ZendeskClient,
  clientId: string,
  authorization: Secret
): Promise<number> {
  if (isNumeric(clientId)) return Number(clientId)
  const request = listClientsRequest(authorization)
  for await (const { items } of pages(client, request, 'clients')) {
    const found = items.map(asObject).find(({ identifier }) => identifier === clientId)
    const id = positiveInteger(found?.['id'])
    if (id !== undefined) return id
  }
  throw new ZendeskError('clientUnknown', request)
}
