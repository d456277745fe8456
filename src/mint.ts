import { type MainInputs } from './inputs/inputs.ts'
import { explain } from './report/errors.ts'
import { lostSentence, unusableSentence } from './report/mint.ts'
import { setOutputs } from './runner/outputs.ts'
import { numericClientId } from './zendesk/clients.ts'
import { adminAuthorization, isAdmin } from './zendesk/credential.ts'
import { type ZendeskClient } from './zendesk/http/client.ts'
import { type ZendeskRequest } from './zendesk/http/request.ts'
import { isAccepted, oauthError } from './zendesk/http/response.ts'
import { unexpectedResponse, ZendeskError } from './zendesk/http/zendesk-error.ts'
import { LostResponses } from './zendesk/lost-responses.ts'
import { createTokenRequest, grantRequest } from './zendesk/requests.ts'
import { sendMint } from './zendesk/token-response.ts'
import { mintedToken, reportedExpiry, type MintedToken } from './zendesk/token.ts'

/** Milliseconds that a mint which was sent may still take after the job was cancelled. */
const MINT_GRACE = 6000

/**
 * Mints the token, after looking up the client if that is needed, and masks what comes back. A mint whose response was
 * lost is retried, with a warning that the lost one may have left a token behind.
 *
 * @throws {Error} if no response has a usable token; the error names every token that may be active all the same
 */
export async function mint(client: ZendeskClient, inputs: MainInputs): Promise<MintedToken> {
  const { credential, clientId, expiresIn, origin } = inputs
  const { clock } = client.deadline
  const request = await mintRequest(client, inputs)
  const lost = new LostResponses()
  const notes: string[] = []
  try {
    const { response, reported } = await sendMint(client, request, { credential, lost, grace: MINT_GRACE })
    const { token, refreshToken, facts } = reported
    if (isAccepted(response) && token !== undefined)
      return mintedToken({ ...reported, token }, inputs, clock.now())

    if (refreshToken !== undefined) setOutputs({ 'refresh-token': refreshToken.reveal() })
    const mayHaveMinted = response.status < 300 && oauthError(response.json) === undefined
    if (mayHaveMinted && facts.id !== undefined)
      notes.push(unusableSentence({ id: facts.id, expiry: reportedExpiry(facts) }, origin))
    else if (mayHaveMinted) lost.add(clock.now())
    throw unexpectedResponse(request, response)
  } catch (error) {
    if (lost.count > 0) {
      if (error instanceof ZendeskError && error.kind === 'invalid_grant')
        notes.push('The first attempt got no usable response and was probably carried out.')
      if (!lost.isRetried) notes.push(lostSentence(lost, clientId, expiresIn))
    }
    throw explain(error, inputs, notes)
  } finally {
    if (lost.isRetried) client.log.warning(lostSentence(lost, clientId, expiresIn))
  }
}

async function mintRequest(client: ZendeskClient, inputs: MainInputs): Promise<ZendeskRequest> {
  const { credential, clientId, scopes } = inputs
  if (!isAdmin(credential)) return grantRequest(credential, inputs)
  const authorization = adminAuthorization(credential)
  const id = await numericClientId(client, clientId, authorization)
  return createTokenRequest(authorization, id, scopes)
}
