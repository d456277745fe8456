import { type MainInputs } from './inputs/inputs.ts'
import { setSecretOutput } from './runner/outputs.ts'
import { type FinalResponse, type ZendeskClient } from './zendesk/client.ts'
import { numericClientId } from './zendesk/clients.ts'
import { type ZendeskRequest } from './zendesk/connection.ts'
import { adminAuthorization, isAdmin, type Credential } from './zendesk/credential.ts'
import { exchangeGrant } from './zendesk/grants.ts'
import { LostResponses } from './zendesk/lost-response.ts'
import { type Mint } from './zendesk/minted-token.ts'
import { readTokenResponse, secretsIn, type TokenResponse } from './zendesk/token-response.ts'
import { createToken, revokeToken } from './zendesk/tokens.ts'
import { isAccepted, oauthError, unexpectedResponse, ZendeskError } from './zendesk/zendesk-error.ts'

/** Milliseconds that a mint which was sent may still take after the job was cancelled. */
const MINT_GRACE = 6000

/**
 * Requests the token, after looking up the client if that is needed, and masks what comes back. A mint whose response
 * was lost is retried, with a warning that the lost one may have left a token behind.
 *
 * @returns a response with a usable token
 * @throws {ZendeskError} if there was none
 */
export async function requestToken(client: ZendeskClient, inputs: MainInputs): Promise<Mint> {
  const { credential, clientId, expiresIn } = inputs
  const request = await mintRequest(client, inputs)
  const lost = new LostResponses()
  try {
    const response = await client.send(request, {
      grace: MINT_GRACE,
      onResponse: ({ json }) => {
        for (const secret of secretsIn(json, credential)) client.log.mask(secret.reveal())
      },
      onLostResponse: (sentAt) => {
        lost.add(sentAt)
      },
      beforeRetry: () => {
        lost.retry()
      }
    })
    const reported = readTokenResponse(response.json, credential)
    if (!isAccepted(response) || reported.token === undefined) {
      if (await mayHaveMinted(client, credential, response, reported)) lost.add(client.deadline.clock.now())
      throw unexpectedResponse(request, response)
    }
    if (lost.count > 0) client.log.warning(lost.note(clientId, expiresIn))
    return { response: reported, token: reported.token, date: response.date }
  } catch (error) {
    if (error instanceof ZendeskError && lost.count > 0) {
      if (error.kind === 'invalidGrant')
        error.notes.push('The first attempt got no response and was probably carried out.')
      if (lost.isRetried) client.log.warning(lost.note(clientId, expiresIn))
      else error.notes.push(lost.note(clientId, expiresIn))
    }
    throw error
  }
}

async function mintRequest(client: ZendeskClient, inputs: MainInputs): Promise<ZendeskRequest> {
  const { credential, clientId, scopes } = inputs
  if (!isAdmin(credential)) return exchangeGrant(credential, inputs)
  const id = await numericClientId(client, clientId, adminAuthorization(credential))
  return createToken(credential, id, scopes)
}

/**
 * Whether a response without a usable token may have minted one all the same. If the response names its id, the
 * token is revoked at once; a new refresh token, which replaces the one that was sent, is published.
 */
async function mayHaveMinted(
  client: ZendeskClient,
  credential: Credential,
  response: FinalResponse,
  { refreshToken, facts: { id } }: TokenResponse
): Promise<boolean> {
  if (refreshToken !== undefined) setSecretOutput('refresh-token', refreshToken)
  if (response.status >= 300 || oauthError(response.json) !== undefined) return false
  if (id === undefined || !isAdmin(credential)) return true
  try {
    if (!isAccepted(await client.send(revokeToken(id, adminAuthorization(credential))))) return true
    client.log.info(`Zendesk created token ${id}, but its response had no usable token, so it was revoked.`)
    return false
  } catch {
    return true
  }
}
