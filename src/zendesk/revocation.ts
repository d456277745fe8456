import { type Secret } from '../lib/secret.ts'
import { withCleanupToken, type CleanupToken } from './cleanup-token.ts'
import { type ZendeskClient } from './http/client.ts'
import {
  isAccepted,
  isFromAccount,
  isRejection,
  missingScopes,
  type ZendeskResponse
} from './http/response.ts'
import { adminAuthorization, bearer, isAdmin, type ClientCredentials, type Credential } from './credential.ts'
import { type MintedToken } from './token.ts'
import { pages } from './http/pages.ts'
import { mayRevoke } from './scopes.ts'
import { currentTokenRequest, deleteTokenRequest, listTokensRequest } from './requests.ts'
import { factsAbout, prefixOf, tokenFacts } from './token-facts.ts'
import { isFinal, isStop, unexpectedResponse, ZendeskError } from './http/zendesk-error.ts'

/** What a revocation may use besides the token itself. */
export interface RevocationTerms {
  /** The credential that minted the token; `undefined` if it is used up, or not available. */
  credential: Credential | undefined
  /** The `client-id` input. */
  clientId: string
  /** Called once a cleanup token is minted, with the obstacle that made it necessary. */
  onCleanupToken?: (why: Error) => void
  /** Called with a sentence for the log if a cleanup token may remain active. */
  onRemaining: (sentence: string) => void
}

/** What Zendesk accepts a DELETE from. */
export type Revoker = 'credential' | 'the token itself' | 'a cleanup token'

/** How a revocation ended. */
export type Outcome =
  /** Zendesk rejects the token; `by` is what it accepted a DELETE from, if it did. */
  | { result: 'verified'; by: Revoker | undefined }
  /** Zendesk rejects the token, and its expiry is past by Zendesk's own clock. */
  | { result: 'expired' }
  /** Zendesk accepted the DELETE, but was not seen to reject the token. */
  | { result: 'unverified'; why: Error }
  /** The token may still be active; `scopeOnly` if nothing but missing scopes prevented the revocation. */
  | { result: 'active'; why: Error; scopeOnly: boolean; deleteSent: boolean }

/** Why one way to revoke the token failed. */
interface Obstacle {
  why: Error
  isScope?: boolean
}

/** What a response to the token itself shows. */
type TokenState = 'active' | 'rejected' | 'expired' | 'unknown'

/** One way to revoke the token. */
interface Way {
  id: number | 'current'
  authorization: Secret
  by: Revoker
}

const STILL_WORKS = new Error('Zendesk accepted the DELETE, but the token still works')
const ID_UNKNOWN = new Error('its id is not known, and no token in the list is certainly this one')

/** Seconds. */
const CLEANUP_LIFETIME = 600
/** Milliseconds that a DELETE may still take after the job was cancelled. */
const DELETE_GRACE = 2000
/** Milliseconds to wait before asking again with the token. */
const PAUSES = [1000, 3000]
/** Milliseconds that a wait leaves for the request after it. */
const REQUEST_RESERVE = 500
/** Milliseconds between the mint and the creation of a token in the list that can be the minted one. */
const CREATION_TOLERANCE = 60_000

/**
 * Revokes a token and verifies that Zendesk rejects it, one way after the other: with the credential by id, with the
 * token itself by id and as the current one, and with a cleanup token. Zendesk has responded 204 to a `DELETE` of the
 * current token without revoking it, so only its own 401 to the token counts as proof.
 */
export class Revocation {
  readonly #obstacles: Obstacle[] = []
  /** What Zendesk has accepted a DELETE from. */
  #acceptedFrom: Revoker | undefined
  /** Whether a DELETE was sent, and its response lost. */
  #responseLost = false
  /** Whether a rejected DELETE was rechecked: once in a post step is enough. */
  #rechecked = false

  constructor(
    readonly client: ZendeskClient,
    readonly minted: MintedToken,
    readonly terms: RevocationTerms
  ) {}

  async run(): Promise<Outcome> {
    for (const way of this.#ways()) {
      const outcome = await way
      if ('result' in outcome) return outcome
      this.#obstacles.push(outcome)
      if (isFinal(outcome.why)) break
    }
    const scopeOnly = this.#obstacles.every(({ isScope }) => isScope)
    return { result: 'active', why: this.#lastObstacle(), scopeOnly, deleteSent: this.#responseLost }
  }

  #lastObstacle(): Error {
    const whys = this.#obstacles.map(({ why }) => why) as [Error]
    // Why the step ended says less than that Zendesk accepted a DELETE, and a timeout less than what it was spent on.
    if (isStop(whys.at(-1)) && whys.includes(STILL_WORKS)) return STILL_WORKS
    return whys.findLast((why) => !(isStop(why) && why.kind === 'deadline')) ?? whys[0]
  }

  *#ways(): Generator<Promise<Outcome | Obstacle>> {
    const { credential } = this.terms
    const { id, token } = this.minted
    const itself = { authorization: bearer(token), by: 'the token itself' } as const
    if (id !== undefined) {
      if (credential !== undefined && isAdmin(credential)) {
        const authorization = adminAuthorization(credential)
        yield this.#delete({ id, authorization, by: 'credential' })
      }
      yield this.#delete({ id, ...itself })
    }
    yield this.#delete({ id: 'current', ...itself })
    if (credential?.kind === 'client_credentials') yield this.#deleteWithCleanupToken(credential)
  }

  /** Sends the DELETE of one way, and verifies what came of it. */
  async #delete(way: Way): Promise<Outcome | Obstacle> {
    const request = deleteTokenRequest(way.id, way.authorization)
    for (;;) {
      const observer = { lost: (): void => void (this.#responseLost = true) }
      const response = await this.client.trySend(request, { grace: DELETE_GRACE, observer })
      if (response instanceof ZendeskError) return { why: response }
      this.#responseLost = false

      if (isAccepted(response)) this.#acceptedFrom = way.by
      const isNotFound = way.id !== 'current' && isFromAccount(response, 404)
      const isRejected = way.by === 'the token itself' && isRejection(response)
      const why = unexpectedResponse(request, response, isRejected ? 'newTokenRejected' : undefined)
      if (this.#acceptedFrom && (isAccepted(response) || isNotFound || isRejected)) return this.#verify()
      if (isRejected && this.#stateIn(response) === 'expired') return { result: 'expired' }
      if (!isNotFound && !isRejected) return { why, isScope: this.#isMissingScope(way, response) }
      if (this.#rechecked) return { why }

      // Neither is a proof by itself: some servers may not know the token yet, and one 401 may be stray.
      this.#rechecked = true
      const { state, why: last } = await this.#ask(isNotFound ? [0, ...PAUSES] : PAUSES, 'rejected')
      if (state === 'expired') return { result: 'expired' }
      const isProof = this.minted.seenWorking || (isNotFound && way.by === 'credential')
      if (state === 'rejected' && isProof) return { result: 'verified', by: undefined }
      if (state !== 'active') return { why: isStop(last) ? last : why }
    }
  }

  /** After an accepted DELETE: asks with the token until Zendesk rejects it. One rejection is the proof. */
  async #verify(): Promise<Outcome | Obstacle> {
    const { state, why } = await this.#ask([0, ...PAUSES], 'active')
    if (state === 'rejected' || state === 'expired') return { result: 'verified', by: this.#acceptedFrom }
    if (state === 'active') return { why: isStop(why) ? why : STILL_WORKS }
    return { result: 'unverified', why }
  }

  /** Asks with the token after each pause, as long as its state is `expected`. */
  async #ask(pauses: number[], expected: 'active' | 'rejected'): Promise<{ state: TokenState; why: Error }> {
    const request = currentTokenRequest(this.minted.token, 'verifyToken')
    let last: { state: TokenState; why: Error } = { state: 'unknown', why: STILL_WORKS }
    for (const pause of pauses) {
      if (pause > 0) await this.#pause(pause)
      const response = await this.client.trySend(request)
      if (response instanceof ZendeskError) {
        // If the step ends before another response, the token counts as active.
        const isActive = last.state === 'active' && isStop(response)
        return { state: isActive ? 'active' : 'unknown', why: response }
      }
      last = { state: this.#stateIn(response), why: unexpectedResponse(request, response) }
      if (last.state !== expected) break
      if (expected === 'active') this.#obstacles.push({ why: STILL_WORKS })
    }
    return last
  }

  #stateIn(response: ZendeskResponse): TokenState {
    const { token, expiredAfter = Infinity } = this.minted
    // By the clock of this very response.
    if (isRejection(response)) return (response.date ?? 0) > expiredAfter ? 'expired' : 'rejected'
    const isAboutIt = response.status === 200 && factsAbout(token, response.json) !== undefined
    // A 403 is given only to a token that is known.
    return isAboutIt || isFromAccount(response, 403) ? 'active' : 'unknown'
  }

  #isMissingScope({ by }: Way, response: ZendeskResponse): boolean {
    if (missingScopes(response) !== undefined) return true
    const { scopes, scopesReported } = this.minted
    return by === 'the token itself' && isFromAccount(response, 403) && scopesReported && !mayRevoke(scopes)
  }

  /** Waits, but leaves time for the next request. */
  async #pause(ms: number): Promise<void> {
    const longest = Math.max(0, this.client.deadline.remaining() - REQUEST_RESERVE)
    await this.client.pause(Math.min(ms, longest))
  }

  async #deleteWithCleanupToken(credential: ClientCredentials): Promise<Outcome | Obstacle> {
    const { clientId, onCleanupToken, onRemaining } = this.terms
    const onMint = (): void => onCleanupToken?.(this.#lastObstacle())
    const terms = { credential, clientId, lifetime: CLEANUP_LIFETIME, onMint, onRemaining }
    try {
      return await withCleanupToken(this.client, terms, async (cleanup) => {
        const id = this.minted.id ?? (await findId(this.client, this.minted, cleanup))
        if (id === undefined) return { why: ID_UNKNOWN }
        return this.#delete({ id, authorization: cleanup.authorization, by: 'a cleanup token' })
      })
    } catch (error) {
      if (!(error instanceof ZendeskError)) throw error
      return { why: error, isScope: error.kind === 'invalid_scope' || error.kind === 'missingScope' }
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
  const sorted = (scopes: string[]): string => [...scopes].sort().join(' ')
  const request = listTokensRequest(facts.clientId, authorization)
  const matches: (number | undefined)[] = []
  for await (const { items } of pages(client, request, 'tokens')) {
    for (const item of items.map(tokenFacts)) {
      const isMatch =
        item.prefix === prefix &&
        item.clientId === facts.clientId &&
        item.userId === facts.userId &&
        item.scopes !== undefined &&
        sorted(item.scopes) === sorted(minted.scopes) &&
        Math.abs((item.createdAt ?? NaN) - minted.mintedAt) <= CREATION_TOLERANCE
      if (isMatch) matches.push(item.id)
    }
  }
  const [match, ...others] = matches
  return others.length === 0 ? match : undefined
}
