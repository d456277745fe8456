import { type ZendeskClient } from './http/client.ts'
import { isFromAccount, type ZendeskResponse } from './http/response.ts'
import { unexpectedResponse, ZendeskError } from './http/zendesk-error.ts'
import { currentTokenRequest } from './requests.ts'
import { CHECK, CHECK_TIMEOUT, CHECK_WAITS, type CheckHistory } from './revocation-rules.ts'
import { tokenStatus, type TokenStatus } from './token-status.ts'
import { seenWorking, type MintedToken } from './token.ts'

/** A token after the check. */
export interface CheckedToken {
  token: MintedToken
  /** Why it was not checked: a network error, or a response that says nothing about it. */
  unchecked?: ZendeskError
}

/**
 * Uses a new token once, to see that it works and to learn what the response to the mint does not report. After a
 * rejection it asks again, since some servers may not know a new token yet.
 *
 * @returns the token, with what Zendesk reports about it
 * @throws {ZendeskError} if nothing but rejections was heard of the token, or the job is cancelled
 */
export async function checkToken(client: ZendeskClient, token: MintedToken): Promise<CheckedToken> {
  const { clock } = client.deadline
  const end = clock.elapsed() + Math.min(CHECK_TIMEOUT, client.deadline.remaining())
  const request = currentTokenRequest(token.token, 'checkToken')
  let history: CheckHistory = 'first'
  let rejected = new ZendeskError('newTokenRejected', request)
  for (const wait of CHECK_WAITS) {
    if (wait > 0 && clock.elapsed() + wait >= end) break
    if (wait > 0) await client.pause(wait)
    const outcome = await client.trySend(request, { single: true, until: end })
    const isError = outcome instanceof ZendeskError
    if (isError && outcome.kind === 'cancelled') throw outcome

    const status = isError ? UNKNOWN : statusFor(token, outcome)
    const next = CHECK[status.is][history]
    if (next === 'checked')
      return { token: status.is === 'active' ? seenWorking(token, status.facts) : token }
    if (next === 'not checked')
      return { token, unchecked: isError ? outcome : unexpectedResponse(request, outcome) }
    if (status.is !== 'rejected' || isError) continue
    history = 'after a rejection'
    rejected = unexpectedResponse(request, outcome, 'newTokenRejected')
  }
  throw rejected
}

const UNKNOWN = { is: 'unknown' } as const

/** As {@link tokenStatus}, but a narrow token may not ask about itself. */
function statusFor(token: MintedToken, response: ZendeskResponse): TokenStatus | { is: 'not found' } {
  return isFromAccount(response, 404) ? { is: 'not found' } : tokenStatus(token, response)
}
