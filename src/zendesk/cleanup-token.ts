import { type Secret } from '../lib/secret.ts'
import { type FinalResponse, type ZendeskClient } from './client.ts'
import { bearer, type ClientCredentials } from './credential.ts'
import { exchangeGrant } from './grants.ts'
import { LostResponses } from './lost-response.ts'
import { readTokenResponse, secretsIn } from './token-response.ts'
import { currentToken, factsAbout, revokeToken, type TokenFacts } from './tokens.ts'
import {
  isAccepted,
  isJson,
  isRejection,
  stopReason,
  unexpectedResponse,
  ZendeskError
} from './zendesk-error.ts'

/** A token that may read and write everything its user may, minted for a moment and revoked after it. */
export interface CleanupToken {
  authorization: Secret
  /** What Zendesk reports about it; `undefined` if that is not known. */
  facts: TokenFacts | undefined
}

/** Why a cleanup token is minted, and for how long. */
export interface CleanupTerms {
  credential: ClientCredentials
  /** The `client-id` input. */
  clientId: string
  /** Seconds until it expires. */
  lifetime: number
  /** Called once it is minted. */
  onMint?: () => void
  /** Called if it may remain active: with the error, and its id if that is known. */
  onRemaining: (problem: RemainingToken) => void
}

/** A cleanup token that may remain active. */
export interface RemainingToken {
  id: number | undefined
  lifetime: number
  /** Why it could not be revoked, or why nobody knows whether it was minted. */
  error?: ZendeskError
  /** The sentence about lost responses to its mint, if there were any. */
  lost?: string
}

/** Milliseconds to revoke the cleanup token in if the job is cancelled or the deadline is reached. */
const CLEANUP_TIMEOUT = 4000
/** Milliseconds to wait before a rejected DELETE is sent once more. */
const REJECTION_PAUSE = 1000

/**
 * Mints a cleanup token by the client credentials grant, works with it, and revokes it, whatever the work came to.
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
  let id: number | undefined
  try {
    terms.onMint?.()
    const facts = await factsOf(client, token)
    id = facts?.id
    return await work({ authorization, facts })
  } finally {
    await revokeCleanupToken(client, authorization, id, terms)
  }
}

async function mintCleanupToken(
  client: ZendeskClient,
  { credential, clientId, lifetime, onRemaining }: CleanupTerms
): Promise<Secret> {
  const terms = { clientId, scopes: ['read', 'write'], expiresIn: lifetime }
  const request = exchangeGrant(credential, terms, 'mint a cleanup token')
  const lost = new LostResponses()
  try {
    const response = await client.send(request, {
      grace: CLEANUP_TIMEOUT,
      onResponse: ({ json }) => {
        for (const secret of secretsIn(json, credential)) client.log.mask(secret.reveal())
      },
      onLostResponse: (sentAt) => {
        lost.add(sentAt)
      }
    })
    const { token } = readTokenResponse(response.json, credential)
    if (token !== undefined && isAccepted(response)) return token
    if (isAccepted(response)) lost.add(client.deadline.clock.now())
    throw unexpectedResponse(request, response)
  } finally {
    if (lost.count > 0) onRemaining({ id: undefined, lifetime, lost: lost.note(clientId, lifetime) })
  }
}

/** What Zendesk reports about the cleanup token; `undefined` if it does not, but not if there is no time left to ask. */
async function factsOf(client: ZendeskClient, token: Secret): Promise<TokenFacts | undefined> {
  try {
    const response = await client.send(currentToken(token, 'look up the cleanup token'))
    return response.status === 200 ? factsAbout(token, response.json) : undefined
  } catch (error) {
    if (!(error instanceof ZendeskError) || stopReason(error) !== undefined) throw error
    return undefined
  }
}

async function revokeCleanupToken(
  client: ZendeskClient,
  authorization: Secret,
  id: number | undefined,
  { lifetime, onRemaining }: CleanupTerms
): Promise<void> {
  const request = { ...revokeToken(id ?? 'current', authorization), purpose: 'revoke the cleanup token' }
  const revoke = async (): Promise<FinalResponse> => {
    const response = await client.send(request)
    if (!isRejection(response)) return response
    // The token is seconds old, so a server may not know it yet, or the 401 may be stray.
    await client.pause(REJECTION_PAUSE)
    return client.send(request)
  }
  const onceMore = (error: unknown): Promise<FinalResponse> => {
    // Any error counts here: the time may have ended while a request was under way.
    const isOver = client.deadline.signal.aborted || client.deadline.remaining() <= 0
    if (!isOver) throw error
    return client.fork(client.deadline.forCleanup(CLEANUP_TIMEOUT)).send(request)
  }
  try {
    const response = await revoke().catch(onceMore)
    const isGone = id !== undefined && (isRejection(response) || isJson(response, 404))
    if (!isAccepted(response) && !isGone) throw unexpectedResponse(request, response)
  } catch (error) {
    if (!(error instanceof ZendeskError)) throw error
    onRemaining({ id, lifetime, error })
  }
}
