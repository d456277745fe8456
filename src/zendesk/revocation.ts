import { type Cancelled, type DeadlineExceeded } from '../lib/deadline.ts'
import { type Secret } from '../lib/secret.ts'
import { withCleanupToken, type CleanupToken, type RemainingToken } from './cleanup-token.ts'
import { type FinalResponse, type ZendeskClient } from './client.ts'
import { type ZendeskRequest, type ZendeskResponse } from './connection.ts'
import { adminAuthorization, bearer, isAdmin, type ClientCredentials, type Credential } from './credential.ts'
import { type MintedToken } from './minted-token.ts'
import { pages } from './pages.ts'
import { mayRevoke } from './scopes.ts'
import { currentToken, factsAbout, prefixOf, revokeToken, tokenFacts, tokensPath } from './tokens.ts'
import {
  isAccepted,
  isJson,
  isRejection,
  missingScopes,
  stopReason,
  unexpectedResponse,
  ZendeskError
} from './zendesk-error.ts'

/** What a revocation may use besides the token itself. */
export interface RevocationTerms {
  /** The credential that minted the token; `undefined` if it is used up, or not available. */
  credential: Credential | undefined
  /** The `client-id` input. */
  clientId: string
  /** Called once a cleanup token is minted, with the obstacle that made it necessary. */
  onCleanupToken: (why: Why) => void
  /** Called if a cleanup token may remain active. */
  onRemaining: (problem: RemainingToken) => void
}

/** Why a token could not be revoked, or its revocation not be verified. */
export type Why =
  | ZendeskError
  | Cancelled
  | DeadlineExceeded
  /** Zendesk accepted the DELETE, and the token still works. */
  | 'stillWorks'
  /** Its id is not known, and no token in the list is certainly this one. */
  | 'idUnknown'

/** How a revocation ended. */
export type Outcome =
  | { result: 'verified' }
  /** Zendesk rejects the token, and its expiry is past by Zendesk's own clock. */
  | { result: 'expired' }
  /** Zendesk accepted the DELETE, but was not seen to reject the token. */
  | { result: 'unverified'; why: Why }
  /** The token may still be active; `scopeOnly` if nothing but missing scopes prevented the revocation. */
  | { result: 'active'; why: Why; scopeOnly: boolean; deleteSent: boolean }

interface Obstacle {
  why: Why
  isScope: boolean
}

/** One way to revoke the token. */
interface Way {
  id: number | 'current'
  authorization: Secret
  by: 'credential' | 'token itself' | 'cleanup token'
}

const CLEANUP_LIFETIME = 600
/** Milliseconds that a DELETE may still take after the job was cancelled. */
const DELETE_GRACE = 2000
/** Milliseconds to wait before asking again with the token. */
const PAUSES = [1000, 3000]
/** Milliseconds that a wait leaves for the request after it. */
const LEFT_FOR_REQUEST = 500
/** Milliseconds between the mint and the creation of a token in the list that can be the minted one. */
const SAME_MOMENT = 60_000

/**
 * Revokes a token and verifies that Zendesk rejects it, one way after the other: with the credential by id, with the
 * token itself by id and as the current one, and with a cleanup token. Zendesk has answered 204 to a `DELETE` of the
 * current token without revoking it, so only its own 401 to the token counts as proof.
 */
export async function revokeAndVerify(
  client: ZendeskClient,
  minted: MintedToken,
  terms: RevocationTerms
): Promise<Outcome> {
  return new Revocation(client, minted, terms).run()
}

class Revocation {
  readonly #obstacles: Obstacle[] = []
  /** Whether Zendesk has accepted a DELETE. */
  #accepted = false
  /** Whether a DELETE was sent without an answer. */
  #unanswered = false
  /** Whether {@link #recheck} was made: once in a post step is enough. */
  #rechecked = false

  constructor(
    readonly client: ZendeskClient,
    readonly minted: MintedToken,
    readonly terms: RevocationTerms
  ) {}

  async run(): Promise<Outcome> {
    try {
      for (const way of this.#ways()) {
        const outcome = await way()
        if ('result' in outcome) return outcome
        this.#obstacles.push(outcome)
      }
    } catch (error) {
      const reason = stopReason(error)
      if (reason === undefined) throw error
      // That the time is over says less than what it was spent on.
      const why = reason === 'deadline' ? this.#obstacles.at(-1)?.why : undefined
      this.#obstacles.push({ why: why ?? (error as Why), isScope: false })
    }
    const scopeOnly = this.#obstacles.every(({ isScope }) => isScope)
    return { result: 'active', why: this.#lastObstacle(), scopeOnly, deleteSent: this.#unanswered }
  }

  #lastObstacle(): Why {
    const [last] = this.#obstacles.slice(-1) as [Obstacle]
    return last.why
  }

  *#ways(): Generator<() => Promise<Outcome | Obstacle>> {
    const { credential } = this.terms
    const { id, token } = this.minted
    const itself = { authorization: bearer(token), by: 'token itself' } as const
    if (id !== undefined) {
      if (credential !== undefined && isAdmin(credential)) {
        const authorization = adminAuthorization(credential)
        yield () => this.#delete({ id, authorization, by: 'credential' })
      }
      yield () => this.#delete({ id, ...itself })
    }
    yield () => this.#delete({ id: 'current', ...itself })
    if (credential?.kind === 'client_credentials') yield () => this.#deleteWithCleanupToken(credential)
  }

  /** Sends the DELETE of one way, and verifies what came of it. */
  async #delete(way: Way): Promise<Outcome | Obstacle> {
    const request = revokeToken(way.id, way.authorization)
    for (let isRepeated = false; ; isRepeated = true) {
      let response: FinalResponse
      try {
        response = await this.#send(request)
      } catch (error) {
        if (!(error instanceof ZendeskError) || stopReason(error) !== undefined) throw error
        return { why: error, isScope: false }
      }
      if (isAccepted(response)) this.#accepted = true
      const isNotFound = way.id !== 'current' && isJson(response, 404)
      const isRejected = way.by === 'token itself' && isRejection(response)
      const why = unexpectedResponse(request, response, isRejected ? 'newTokenRejected' : undefined)
      if (this.#accepted && (isAccepted(response) || isNotFound || isRejected)) return this.#verify()
      if (isRejected && this.#isExpired(response)) return { result: 'expired' }
      if (!isNotFound && !isRejected) {
        // If Zendesk asks to wait longer than there is time, the other ways would have to wait as well.
        if (response.unfittingWait !== undefined)
          return { result: 'active', why, scopeOnly: false, deleteSent: false }
        return { why, isScope: this.#isMissingScope(way, response) }
      }
      if (isRepeated || this.#rechecked) return { why, isScope: false }

      const state = await this.#recheck(isNotFound)
      if (state === 'expired') return { result: 'expired' }
      const isProof = this.minted.seenWorking || (isNotFound && way.by === 'credential')
      if (state === 'rejected' && isProof) return { result: 'verified' }
      if (state !== 'active') return { why, isScope: false }
    }
  }

  async #send(request: ZendeskRequest): Promise<FinalResponse> {
    this.#unanswered = false
    const response = await this.client.send(request, {
      grace: DELETE_GRACE,
      onLostResponse: () => {
        this.#unanswered = true
      }
    })
    this.#unanswered = false
    return response
  }

  /** After an accepted DELETE: asks with the token until Zendesk rejects it. One rejection is the proof. */
  async #verify(): Promise<Outcome | Obstacle> {
    const request = currentToken(this.minted.token, 'verify that Zendesk rejects the token')
    for (const pause of [...PAUSES, undefined]) {
      let response: FinalResponse
      try {
        response = await this.client.send(request)
      } catch (error) {
        if (!(error instanceof ZendeskError)) throw error
        return { result: 'unverified', why: error }
      }
      if (isRejection(response)) return { result: 'verified' }
      if (!this.#isActive(response)) {
        return { result: 'unverified', why: unexpectedResponse(request, response) }
      }
      this.#obstacles.push({ why: 'stillWorks', isScope: false })
      if (pause !== undefined) await this.#pause(pause)
    }
    return { why: 'stillWorks', isScope: false }
  }

  /**
   * After a rejected DELETE, or one of a token that Zendesk does not find: neither is a proof by itself, since some
   * servers may not know the token yet, and one 401 may be stray. Asks with the token a few times.
   */
  async #recheck(atOnce: boolean): Promise<'rejected' | 'expired' | 'active' | 'unknown'> {
    this.#rechecked = true
    const request = currentToken(this.minted.token, 'verify that Zendesk rejects the token')
    for (const pause of atOnce ? [0, ...PAUSES] : PAUSES) {
      if (pause > 0) await this.#pause(pause)
      let response: FinalResponse
      try {
        response = await this.client.send(request)
      } catch (error) {
        if (!(error instanceof ZendeskError) || stopReason(error) !== undefined) throw error
        return 'unknown'
      }
      if (this.#isActive(response)) return 'active'
      if (!isRejection(response)) return 'unknown'
      if (this.#isExpired(response)) return 'expired'
    }
    return 'rejected'
  }

  /** Whether a response to the token itself shows that it works; a 403 is given only to a token that is known. */
  #isActive(response: ZendeskResponse): boolean {
    const isAboutIt = response.status === 200 && factsAbout(this.minted.token, response.json) !== undefined
    return isAboutIt || isJson(response, 403)
  }

  /** Whether the expiry that Zendesk reported is past by the clock of this very response. */
  #isExpired({ date = 0 }: ZendeskResponse): boolean {
    return date > (this.minted.expiredAfter ?? Infinity)
  }

  #isMissingScope({ by }: Way, response: ZendeskResponse): boolean {
    if (missingScopes(response) !== undefined) return true
    const { scopes, scopesReported } = this.minted
    return by === 'token itself' && isJson(response, 403) && scopesReported && !mayRevoke(scopes)
  }

  /** Waits, but leaves time for the next request. */
  async #pause(ms: number): Promise<void> {
    const longest = Math.max(0, this.client.deadline.remaining() - LEFT_FOR_REQUEST)
    await this.client.pause(Math.min(ms, longest))
  }

  async #deleteWithCleanupToken(credential: ClientCredentials): Promise<Outcome | Obstacle> {
    const { clientId, onCleanupToken, onRemaining } = this.terms
    const terms = {
      credential,
      clientId,
      lifetime: CLEANUP_LIFETIME,
      onMint: () => {
        onCleanupToken(this.#lastObstacle())
      },
      onRemaining
    }
    try {
      return await withCleanupToken(this.client, terms, async (cleanup) => {
        const id = this.minted.id ?? (await findId(this.client, this.minted, cleanup))
        if (id === undefined) return { why: 'idUnknown', isScope: false }
        return this.#delete({ id, authorization: cleanup.authorization, by: 'cleanup token' })
      })
    } catch (error) {
      if (!(error instanceof ZendeskError) || stopReason(error) !== undefined) throw error
      return { why: error, isScope: error.kind === 'invalidScope' || error.kind === 'missingScope' }
    }
  }
}

/**
 * The id of the minted token, from the list of its user's tokens: the only one of the same client, user, scopes and
 * first ten characters that was created within a minute of the mint.
 */
async function findId(
  client: ZendeskClient,
  minted: MintedToken,
  { authorization, facts }: CleanupToken
): Promise<number | undefined> {
  const prefix = prefixOf(minted.token)
  if (prefix === undefined || facts?.clientId === undefined || facts.userId === undefined) return undefined
  const wanted = [...minted.scopes].sort().join(' ')
  const matches: (number | undefined)[] = []
  const path = tokensPath(facts.clientId, false)
  for await (const { items } of pages(client, {
    purpose: 'find the token',
    path,
    key: 'tokens',
    authorization
  })) {
    for (const item of items.map(tokenFacts)) {
      const isMatch =
        item.prefix === prefix &&
        item.clientId === facts.clientId &&
        item.userId === facts.userId &&
        item.scopes !== undefined &&
        [...item.scopes].sort().join(' ') === wanted &&
        typeof item.createdAt === 'number' &&
        Math.abs(item.createdAt - minted.mintedAt) <= SAME_MOMENT
      if (isMatch) matches.push(item.id)
    }
  }
  return matches.length === 1 ? matches[0] : undefined
}
