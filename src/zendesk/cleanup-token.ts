import { type Secret } from '../lib/secret.ts'
import { duration } from '../lib/time.ts'
import { type ZendeskClient } from './http/client.ts'
import { bearer, type ClientCredentials } from './credential.ts'
import { LostResponses } from './lost-response.ts'
import { sendMint } from './token-response.ts'
import { currentTokenRequest, deleteTokenRequest, grantRequest, TOKENS_PATH } from './requests.ts'
import { factsAbout, type TokenFacts } from './token-facts.ts'
import { isStop, unexpectedResponse, ZendeskError } from './http/zendesk-error.ts'
import { isAccepted, isFromAccount, isRejection } from './http/response.ts'

/** A token that may read and write everything its user may, minted for one task and revoked after it. */
export interface CleanupToken {
  authorization: Secret
  /** What Zendesk reports about it; `undefined` if that is not known. */
  facts: TokenFacts | undefined
}

/** How a cleanup token is minted. */
export interface CleanupTerms {
  credential: ClientCredentials
  /** The `client-id` input. */
  clientId: string
  /** Seconds until it expires. */
  lifetime: number
  /** Called once it is minted. */
  onMint?: () => void
  /** Called with a sentence for the log if it may remain active. */
  onRemaining: (sentence: string) => void
}

/** Milliseconds to revoke the cleanup token in if the job is cancelled or the deadline is reached. */
const CLEANUP_TIMEOUT = 4000
/** Milliseconds to wait before a rejected DELETE is sent once more. */
const REJECTION_PAUSE = 1000

/**
 * Mints a cleanup token by the client credentials grant, works with it, and revokes it, even if the work fails.
 *
 * @throws {ZendeskError} if Zendesk gives no cleanup token, and what `work` throws
 */
export async function withCleanupToken<Result>(
  client: ZendeskClient,
  terms: CleanupTerms,
  work: (token: CleanupToken) => Promise<Result>
): Promise<Result> {
  const token = await mintCleanupToken(client, terms)
  const authorization = bearer(token)
  let facts: TokenFacts | undefined
  try {
    terms.onMint?.()
    const response = await client.trySend(currentTokenRequest(token, 'identifyToken'))
    if (isStop(response)) throw response
    if (!(response instanceof ZendeskError) && response.status === 200)
      facts = factsAbout(token, response.json)
    return await work({ authorization, facts })
  } finally {
    await revokeCleanupToken(client, authorization, facts?.id, terms)
  }
}

async function mintCleanupToken(
  client: ZendeskClient,
  { credential, clientId, lifetime, onRemaining }: CleanupTerms
): Promise<Secret> {
  const grant = { clientId, scopes: ['read', 'write'], expiresIn: lifetime }
  const request = grantRequest(credential, grant, 'grantCleanupToken')
  const lost = new LostResponses()
  try {
    const options = { credential, lost, grace: CLEANUP_TIMEOUT }
    const { response, reported } = await sendMint(client, request, options)
    if (isAccepted(response) && reported.token !== undefined) return reported.token
    if (isAccepted(response)) lost.add(client.deadline.clock.now())
    throw unexpectedResponse(request, response)
  } finally {
    if (lost.count > 0)
      onRemaining(`The response to the mint of a cleanup token was lost. ${lost.note(clientId, lifetime)}`)
  }
}

async function revokeCleanupToken(
  client: ZendeskClient,
  authorization: Secret,
  id: number | undefined,
  { lifetime, onRemaining }: CleanupTerms
): Promise<void> {
  const request = deleteTokenRequest(id ?? 'current', authorization)
  const { deadline } = client
  let response = await client.trySend(request)
  if (!(response instanceof ZendeskError) && isRejection(response)) {
    // The token is seconds old, so a server may not know it yet, or the 401 may be stray.
    await client.pause(REJECTION_PAUSE)
    response = await client.trySend(request)
  }
  // The time may have ended while a request was under way.
  if (response instanceof ZendeskError && (deadline.signal.aborted || deadline.remaining() <= 0))
    response = await client.fork(deadline.forCleanup(CLEANUP_TIMEOUT)).trySend(request)

  if (!(response instanceof ZendeskError)) {
    const isGone = id !== undefined && (isRejection(response) || isFromAccount(response, 404))
    if (isAccepted(response) || isGone) return
    response = unexpectedResponse(request, response)
  }
  const path = `${client.origin}${TOKENS_PATH}/${id ?? '{id}'}`
  onRemaining(
    `Could not revoke the cleanup token ${id ?? '(id unknown)'}: ${response.summary()}. It expires within ${duration(lifetime)}. To revoke it sooner, send DELETE ${path} as an admin.`
  )
}
