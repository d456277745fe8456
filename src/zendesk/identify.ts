import { asObject } from '../lib/json.ts'
import { adminAuthorization, type AdminCredential } from './credential.ts'
import { type ZendeskClient } from './http/client.ts'
import { unexpectedResponse } from './http/zendesk-error.ts'
import { currentTokenRequest, whoAmIRequest } from './requests.ts'
import { positiveInteger } from './token-facts.ts'
import { tokenStatus } from './token-status.ts'

/** What is known of the credential that a sweep works with. */
export interface Identity {
  /** The id of the token that it is, if it is one. */
  id: number | undefined
  userId: number | undefined
}

/**
 * Asks Zendesk for the user of an admin's credential and, if that is an access token, for its id.
 *
 * @returns `undefined` for what Zendesk does not report about this very credential
 * @throws {ZendeskError} if there is no response, or it refuses the request
 */
export async function identify(client: ZendeskClient, credential: AdminCredential): Promise<Identity> {
  if (credential.kind === 'access_token') {
    const token = credential.accessToken
    const request = currentTokenRequest(token, 'identifyToken')
    const response = await client.send(request)
    if (response.status !== 200) throw unexpectedResponse(request, response)
    const status = tokenStatus({ token, date: undefined }, response)
    const facts = status.is === 'active' ? status.facts : undefined
    return { id: facts?.id, userId: facts?.userId }
  }
  const request = whoAmIRequest(adminAuthorization(credential))
  const response = await client.send(request)
  if (response.status !== 200) throw unexpectedResponse(request, response)
  // Zendesk responds to rejected credentials with 200 and an anonymous user, whose id is null.
  const userId = positiveInteger(asObject(asObject(response.json)['user'])['id'])
  const kind = response.html ? undefined : 'credentialsRejected'
  if (userId === undefined) throw unexpectedResponse(request, response, kind)
  return { id: undefined, userId }
}
