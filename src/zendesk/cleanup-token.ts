import { type ClientCredentials } from './credential.ts'
import { type ZendeskClient } from './http/client.ts'
import { isAccepted } from './http/response.ts'
import { isStop, unexpectedResponse, ZendeskError } from './http/zendesk-error.ts'
import { LostResponses } from './lost-responses.ts'
import { currentTokenRequest, grantRequest } from './requests.ts'
import { GRACE_PERIOD, insist, ownWays, Revocation, type Remains } from './revocation.ts'
import { sendMint } from './token-response.ts'
import { tokenStatus } from './token-status.ts'
import { mintedToken, seenWorking, type MintedToken } from './token.ts'

/** A cleanup token that may remain active, or responses to its mint that were lost. */
export type Remaining = { token: MintedToken; outcome: Remains } | { lost: LostResponses; lifetime: number }

/** How a cleanup token is minted. */
export interface CleanupTerms {
  credential: ClientCredentials
  /** The `client-id` input. */
  clientId: string
  /** Seconds until it expires. */
  lifetime: number
  /** Called once it is minted. */
  onMint?: () => void
  /** Takes what may remain active. */
  remaining: Remaining[]
}

/**
 * Mints a cleanup token by the client credentials grant (it may read and write everything its user may), works with it,
 * and revokes it, even if the work fails. `work` is also told why Zendesk does not report what token it is.
 *
 * @throws {ZendeskError} if Zendesk gives no cleanup token, and what `work` throws
 */
export async function withCleanupToken<Result>(
  client: ZendeskClient,
  terms: CleanupTerms,
  work: (token: MintedToken, unidentified: ZendeskError | undefined) => Promise<Result>
): Promise<Result> {
  let token = await mintCleanupToken(client, terms)
  try {
    terms.onMint?.()
    const identified = await lookUp(client, token)
    token = identified.token
    return await work(token, identified.error)
  } finally {
    const revocation = new Revocation(token, true)
    const end = await insist(client, (within) => revocation.try(within, ownWays(token)))
    const outcome = revocation.outcome(end)
    if ('obstacle' in outcome) terms.remaining.push({ token, outcome })
  }
}

async function mintCleanupToken(
  client: ZendeskClient,
  { credential, clientId, lifetime, remaining }: CleanupTerms
): Promise<MintedToken> {
  const grant = { clientId, scopes: ['read', 'write'], expiresIn: lifetime }
  const request = grantRequest(credential, grant, 'grantCleanupToken')
  const { clock } = client.deadline
  const lost = new LostResponses()
  try {
    const { response, reported } = await sendMint(client, request, { credential, lost, grace: GRACE_PERIOD })
    const { token } = reported
    if (isAccepted(response) && token !== undefined)
      return mintedToken({ ...reported, token }, grant, clock.now())
    if (isAccepted(response)) lost.add(clock.now())
    throw unexpectedResponse(request, response)
  } finally {
    if (lost.count > 0) remaining.push({ lost, lifetime })
  }
}

/**
 * Asks Zendesk for the token's id and user, since only a revocation by id is known to work.
 *
 * @returns the token, with what Zendesk reports; and why it reports nothing, unless it responds about another token
 */
async function lookUp(
  client: ZendeskClient,
  token: MintedToken
): Promise<{ token: MintedToken; error?: ZendeskError }> {
  const request = currentTokenRequest(token.token, 'identifyToken')
  const response = await client.trySend(request)
  if (isStop(response)) throw response
  if (response instanceof ZendeskError) return { token, error: response }
  const status = tokenStatus(token, response)
  const known = status.is === 'active' ? seenWorking(token, status.facts) : token
  if (response.status === 200) return { token: known }
  const kind = status.is === 'rejected' ? 'newTokenRejected' : undefined
  return { token: known, error: unexpectedResponse(request, response, kind) }
}
