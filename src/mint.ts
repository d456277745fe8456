import { type MainInputs } from './inputs/inputs.ts'
import { setOutputs } from './runner/outputs.ts'
import { type ZendeskClient } from './zendesk/http/client.ts'
import { numericClientId } from './zendesk/clients.ts'
import { isAccepted, oauthError, type ZendeskResponse } from './zendesk/http/response.ts'
import { type ZendeskRequest } from './zendesk/http/request.ts'
import { adminAuthorization, isAdmin, type Credential } from './zendesk/credential.ts'
import { LostResponses } from './zendesk/lost-response.ts'
import { sendMint } from './zendesk/token-response.ts'
import { mintedToken, type MintedToken } from './zendesk/token.ts'
import { createTokenRequest, deleteTokenRequest, grantRequest } from './zendesk/requests.ts'
import { unexpectedResponse, ZendeskError } from './zendesk/http/zendesk-error.ts'

/** Milliseconds that a mint which was sent may still take after the job was cancelled. */
const MINT_GRACE = 6000

/**
 * Requests the token, after looking up the client if that is needed, and masks what comes back. A mint whose response
 * was lost is retried, with a warning that the lost one may have left a token behind.
 *
 * @param notes receives sentences that belong to the error, if there is one
 * @throws {ZendeskError} if no response has a usable token
 */
export async function requestToken(
  client: ZendeskClient,
  inputs: MainInputs,
  notes: string[]
): Promise<MintedToken> {
  const { credential, clientId, expiresIn } = inputs
  const { clock } = client.deadline
  const request = await mintRequest(client, inputs)
  const lost = new LostResponses()
  try {
    const { response, reported } = await sendMint(client, request, { credential, lost, grace: MINT_GRACE })
    const { token, refreshToken, facts } = reported
    if (!isAccepted(response) || token === undefined) {
      if (refreshToken !== undefined) setOutputs({ 'refresh-token': refreshToken.reveal() })
      if (await mayHaveMinted(client, credential, response, facts.id)) lost.add(clock.now())
      throw unexpectedResponse(request, response)
    }
    if (lost.count > 0) client.log.warning(lost.note(clientId, expiresIn))
    return mintedToken({ ...reported, token }, inputs, clock.now())
  } catch (error) {
    if (error instanceof ZendeskError && lost.count > 0) {
      if (error.kind === 'invalid_grant')
        notes.push('The first attempt got no response and was probably carried out.')
      if (lost.isRetried) client.log.warning(lost.note(clientId, expiresIn))
      else notes.push(lost.note(clientId, expiresIn))
    }
    throw error
  }
}

async function mintRequest(client: ZendeskClient, inputs: MainInputs): Promise<ZendeskRequest> {
  const { credential, clientId, scopes } = inputs
  if (!isAdmin(credential)) return grantRequest(credential, inputs)
  const authorization = adminAuthorization(credential)
  const id = await numericClientId(client, clientId, authorization)
  return createTokenRequest(authorization, id, scopes)
}

/**
 * Whether a response without a usable token may have minted one all the same. If the response names its id, the
 * token is revoked at once.
 */
async function mayHaveMinted(
  client: ZendeskClient,
  credential: Credential,
  { status, json }: ZendeskResponse,
  id: number | undefined
): Promise<boolean> {
  if (status >= 300 || oauthError(json) !== undefined) return false
  if (id === undefined || !isAdmin(credential)) return true
  const revoked = await client
    .send(deleteTokenRequest(id, adminAuthorization(credential)))
    .catch(() => undefined)
  if (revoked === undefined || !isAccepted(revoked)) return true
  client.log.info(`Zendesk created token ${id}, but its response had no usable token, so it was revoked.`)
  return false
}
