import { type Secret } from '../lib/secret.ts'
import { type FinalResponse, type ZendeskClient } from './client.ts'
import { NetworkError } from './network-error.ts'
import { currentToken, factsAbout, type TokenFacts } from './tokens.ts'
import { isJson, isRejection, stopReason, unexpectedResponse, ZendeskError } from './zendesk-error.ts'

/** Milliseconds for the whole check. */
const CHECK_TIMEOUT = 10_000
/** Milliseconds to wait after each rejection: some servers may not know a new token yet. */
const PAUSES = [500, 1000, 2000]

/** What the check of a new token found. */
export interface Verification {
  /** Whether Zendesk accepted the token. */
  works: boolean
  facts?: TokenFacts
  /** Why the token was not checked: an error, or a response that says nothing about it. */
  unchecked?: Error
}

/**
 * Uses a new token once, to see that it works and to learn what the response to the mint does not report.
 *
 * @throws {ZendeskError} if Zendesk still rejects the token after four requests, or the job is cancelled
 */
export async function verifyToken(client: ZendeskClient, token: Secret): Promise<Verification> {
  const { clock } = client.deadline
  const end = clock.elapsed() + CHECK_TIMEOUT
  const request = currentToken(token, 'use the new token')
  const send = (): Promise<FinalResponse> =>
    client.send(request, { attempts: 1, timeout: Math.max(1, end - clock.elapsed()) })
  // A connection that the server has closed meanwhile says nothing: ask again at once, on a new one.
  const ask = (): Promise<FinalResponse> =>
    send().catch((error: unknown) => {
      if (isStaleConnection(error)) return send()
      throw error
    })

  let rejection: FinalResponse | undefined
  try {
    let response = await ask()
    for (const pause of PAUSES) {
      if (!isRejection(response) || clock.elapsed() + pause >= end) break
      rejection = response
      await client.pause(pause)
      response = await ask()
    }
    if (isRejection(response)) throw unexpectedResponse(request, response, 'newTokenRejected')
    if (isJson(response, 403)) return { works: true }
    if (isJson(response, 404)) return { works: false }
    const facts = response.status === 200 ? factsAbout(token, response.json) : undefined
    if (facts !== undefined) return { works: true, facts }
    const kind = response.status === 200 && !response.html ? 'unusableResponse' : undefined
    return { works: false, unchecked: unexpectedResponse(request, response, kind) }
  } catch (error) {
    const isNetwork = error instanceof ZendeskError && error.kind !== 'newTokenRejected'
    const reason = stopReason(error)
    if (reason === 'cancelled' || !(isNetwork || reason === 'deadline')) throw error
    // A token that was rejected a moment ago does not count as a working one.
    if (rejection !== undefined) throw unexpectedResponse(request, rejection, 'newTokenRejected')
    return { works: false, unchecked: error as Error }
  }
}

function isStaleConnection(error: unknown): boolean {
  return error instanceof ZendeskError && error.cause instanceof NetworkError && error.cause.staleConnection
}
