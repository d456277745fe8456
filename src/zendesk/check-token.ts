import { type ZendeskClient } from './http/client.ts'
import { isFromAccount, isRejection, type ZendeskResponse } from './http/response.ts'
import { addFacts, type MintedToken } from './token.ts'
import { currentTokenRequest } from './requests.ts'
import { factsAbout } from './token-facts.ts'
import { unexpectedResponse, ZendeskError } from './http/zendesk-error.ts'

/** Milliseconds for the whole check. */
const CHECK_TIMEOUT = 10_000
/** Milliseconds to wait before each request: some servers may not know a new token yet. */
const PAUSES = [0, 500, 1000, 2000]

/**
 * Uses a new token once, to see that it works and to learn what the response to the mint does not report.
 *
 * @returns why the token was not checked: an error, or a response that says nothing about it
 * @throws {ZendeskError} if Zendesk still rejects the token after four requests, or the job is cancelled
 */
export async function verifyToken(
  client: ZendeskClient,
  minted: MintedToken
): Promise<ZendeskError | undefined> {
  const { clock } = client.deadline
  const end = clock.elapsed() + CHECK_TIMEOUT
  const request = currentTokenRequest(minted.token, 'checkToken')
  let rejection: ZendeskResponse | undefined
  for (const pause of PAUSES) {
    if (clock.elapsed() + pause >= end) break
    if (pause > 0) await client.pause(pause)
    const response = await client.trySend(request, { single: true, until: end })
    if (response instanceof ZendeskError) {
      if (response.kind === 'cancelled') throw response
      // A token that was rejected a moment ago does not count as a working one.
      if (rejection !== undefined) break
      return response
    }
    if (isRejection(response)) {
      rejection = response
      continue
    }
    const facts = response.status === 200 ? factsAbout(minted.token, response.json) : undefined
    minted.seenWorking = isFromAccount(response, 403) || facts !== undefined
    if (facts !== undefined) addFacts(minted, facts)
    // A narrow token may not ask about itself.
    if (minted.seenWorking || isFromAccount(response, 404)) return undefined
    const kind = response.status === 200 && !response.html ? 'unusableResponse' : undefined
    return unexpectedResponse(request, response, kind)
  }
  throw new ZendeskError('newTokenRejected', request, { response: rejection })
}
