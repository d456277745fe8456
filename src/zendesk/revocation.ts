import { type Secret } from '../lib/secret.ts'
import { bearer } from './credential.ts'
import { type ZendeskClient } from './http/client.ts'
import {
  isAccepted,
  isFromAccount,
  isRejection,
  missingScopes,
  type ZendeskResponse
} from './http/response.ts'
import { isFinal, unexpectedResponse, ZendeskError } from './http/zendesk-error.ts'
import { currentTokenRequest, deleteTokenRequest } from './requests.ts'
import {
  AFTER_DELETE,
  RECHECK,
  RECHECK_QUESTIONS,
  REQUEST_RESERVE,
  SECOND_REJECTION,
  VERIFICATION,
  VERIFICATION_QUESTIONS,
  type AfterRecheck,
  type DeleteHistory,
  type DeleteResult,
  type End,
  type Question,
  type Status,
  type VerificationHistory
} from './revocation-rules.ts'
import { lacksWrite } from './scopes.ts'
import { tokenStatus } from './token-status.ts'
import { type MintedToken } from './token.ts'

/** What Zendesk accepts a DELETE from. */
export type Revoker = 'credential' | 'the token itself' | 'a cleanup token'

/** One way to revoke a token. */
export interface Way {
  id: number | 'current'
  authorization: Secret
  by: Revoker
}

/** Why one way to revoke a token failed, or why the revocation stopped. */
export type Obstacle =
  /** The credential or the token lacks a scope. */
  | { kind: 'scope'; error: ZendeskError }
  /** Zendesk accepted the DELETE, but the token still works. */
  | { kind: 'still works' }
  /** Zendesk rejected the token, but the waits that would prove it do not fit into the time left. */
  | { kind: 'no time' }
  /** The id is not known, and no token in the list is certainly this one. */
  | { kind: 'id unknown' }
  /** The job was cancelled, the deadline was reached, or Zendesk asks to wait longer. */
  | { kind: 'stopped'; error: ZendeskError }
  | { kind: 'other'; error: ZendeskError }

/** How a revocation ended. */
export type Outcome =
  /** `by` is what Zendesk accepted a DELETE from, if it did. */
  | { end: 'verified'; by: Revoker | undefined }
  | { end: 'expired' | 'gone' }
  | { end: 'unverified'; obstacle: Obstacle }
  | {
      end: 'active'
      obstacle: Obstacle
      /** Whether nothing but missing scopes prevented the revocation. */
      isScopeOnly: boolean
      /** Whether the last DELETE was sent and not answered. */
      isUnanswered: boolean
    }

/** How a revocation ended, if the token may be active. */
export type Remains = Extract<Outcome, { obstacle: Obstacle }>

/** Milliseconds that a DELETE may still take after the job was cancelled. */
export const DELETE_GRACE = 2000
/** Milliseconds for a revocation that cannot be left to later, after the job was cancelled or the time was over. */
export const GRACE_PERIOD = 4000

/** Which of two obstacles to name: that the token still works, else the later one, unless that is the end of the time. */
function tellingMore(first: Obstacle, second: Obstacle): Obstacle {
  const isTimeout = second.kind === 'stopped' && second.error.kind === 'deadline'
  return first.kind === 'still works' || isTimeout ? first : second
}

/** The ways to revoke a token with itself. */
export function ownWays({ token, id }: MintedToken): Way[] {
  const itself = { authorization: bearer(token), by: 'the token itself' } as const
  return [...(id === undefined ? [] : [{ id, ...itself }]), { id: 'current', ...itself }]
}

/** Revokes a token that nobody will revoke later: once more, in 4 s, if the job was cancelled or the time was over. */
export async function insist(
  client: ZendeskClient,
  revoke: (client: ZendeskClient) => Promise<End | 'next way'>
): Promise<End | 'next way'> {
  const end = await revoke(client)
  const isDone = end === 'verified' || end === 'expired' || end === 'gone'
  if (isDone || !client.deadline.isOver()) return end
  return revoke(client.fork(client.deadline.forCleanup(GRACE_PERIOD)))
}

/**
 * The revocation of one token: it sends, waits, and looks up in the tables of `revocation-rules.ts` what comes next.
 * Zendesk has responded 204 to a `DELETE` of the current token without revoking it, so each way is verified.
 */
export class Revocation {
  readonly #obstacles: Obstacle[] = []
  /** What Zendesk has accepted a DELETE from. */
  #acceptedFrom: Revoker | undefined
  #isSeenActive = false
  #isRechecked = false
  #isUnanswered = false

  /** @param isCleanup whether the token is a cleanup token, which is gone if its DELETE by id is accepted */
  constructor(
    readonly token: MintedToken,
    readonly isCleanup = false
  ) {}

  /** The obstacle that says most; there is one unless the token is revoked. */
  get obstacle(): Obstacle {
    return this.#obstacles.reduce(tellingMore)
  }

  /** Notes why a way failed, or could not be tried. */
  note(obstacle: Obstacle): void {
    this.#obstacles.push(obstacle)
  }

  /** Tries one way after the other; `next way` if none of them ended the revocation. */
  async try(client: ZendeskClient, ways: readonly Way[]): Promise<End | 'next way'> {
    // The job was cancelled before an accepted DELETE was verified.
    if (this.#acceptedFrom !== undefined && !this.#isSeenActive) {
      const end = await this.#verify(client)
      if (end !== 'next way') return end
    }
    for (const way of ways) {
      const end = await this.#delete(client, way)
      if (end !== 'next way') return end
    }
    return 'next way'
  }

  /** What became of the token. */
  outcome(end: End | 'next way'): Outcome {
    switch (end) {
      case 'verified':
        return { end, by: this.#acceptedFrom }
      case 'expired':
      case 'gone':
        return { end }
      case 'unverified':
        return { end, obstacle: this.obstacle }
      case 'warn':
      case 'next way': {
        const isScopeOnly = this.#obstacles.every(({ kind }) => kind === 'scope')
        return { end: 'active', obstacle: this.obstacle, isScopeOnly, isUnanswered: this.#isUnanswered }
      }
    }
  }

  async #delete(client: ZendeskClient, way: Way): Promise<End | 'next way'> {
    for (;;) {
      const result = await this.#sendDelete(client, way)
      const next = AFTER_DELETE[result][this.#deleteHistory()]
      if (next === 'verify') return this.#verify(client)
      if (next !== 'recheck' && next !== 'recheck at once') return next
      const after = await this.#recheck(client, next, way.by)
      if (after !== 'same DELETE') return after
    }
  }

  #deleteHistory(): DeleteHistory {
    if (this.#isSeenActive) return 'seen active'
    return this.#isRechecked ? 'rechecked' : 'nothing accepted'
  }

  async #sendDelete(client: ZendeskClient, { id, authorization, by }: Way): Promise<DeleteResult> {
    const request = deleteTokenRequest(id, authorization)
    const observer = { lost: () => (this.#isUnanswered = true) }
    const response = await client.trySend(request, { grace: DELETE_GRACE, observer })
    if (response instanceof ZendeskError)
      return this.#noResponse(response) === 'stopped' ? 'stopped' : 'anything else'

    this.#isUnanswered = false
    if (isAccepted(response)) {
      this.#acceptedFrom = by
      return this.isCleanup && id !== 'current' ? 'accepted by id' : 'accepted'
    }
    if (by === 'the token itself' && isRejection(response)) {
      this.note({ kind: 'other', error: unexpectedResponse(request, response, 'newTokenRejected') })
      return this.#isExpired(response) ? 'expired' : 'rejected'
    }
    const kind = this.#isMissingScope(by, response) ? 'scope' : 'other'
    this.note({ kind, error: unexpectedResponse(request, response) })
    return id !== 'current' && isFromAccount(response, 404) ? 'not found' : 'anything else'
  }

  /** After an accepted DELETE: asks with the token until Zendesk rejects it. */
  async #verify(client: ZendeskClient): Promise<End | 'next way'> {
    const questions = [...VERIFICATION_QUESTIONS]
    let question = questions.shift()
    let history: VerificationHistory = this.#isSeenActive ? 'seen active' : 'not seen active'
    while (question !== undefined) {
      const status = await this.#ask(client, question)
      const next = VERIFICATION[status][history]
      if (status === 'active') {
        this.#isSeenActive = true
        this.note({ kind: 'still works' })
        history = 'seen active'
      }
      if (next === 'ask again') question = questions.shift()
      else if (next !== 'ask again after 1 s') return next
      else [question, history] = [SECOND_REJECTION, 'seen active, then rejected']
    }
    return 'next way'
  }

  /** Without an accepted DELETE: some servers may not know the token yet, and one 401 may be stray. */
  async #recheck(
    client: ZendeskClient,
    questions: keyof typeof RECHECK_QUESTIONS,
    by: Revoker
  ): Promise<Exclude<AfterRecheck, 'ask again'>> {
    this.#isRechecked = true
    const { early, last } = RECHECK_QUESTIONS[questions]
    for (const question of early) {
      const next = RECHECK[await this.#ask(client, question)]['waits left']
      if (next !== 'ask again') return next
    }
    const isKnown = this.token.seenWorking || (questions === 'recheck at once' && by === 'credential')
    return RECHECK[await this.#ask(client, last)][isKnown ? 'last, token known' : 'last, token not known']
  }

  /** Asks with the token, after a wait. */
  async #ask(client: ZendeskClient, { wait, needs }: Question): Promise<Status> {
    const left = client.deadline.remaining()
    if (needs > left) {
      this.note({ kind: 'no time' })
      return 'stopped'
    }
    const pause = needs > 0 ? wait : Math.min(wait, left - REQUEST_RESERVE)
    if (pause > 0) await client.pause(pause)
    const request = currentTokenRequest(this.token.token, 'verifyToken')
    const response = await client.trySend(request)
    if (response instanceof ZendeskError) return this.#noResponse(response)
    const { is } = tokenStatus(this.token, response)
    if (is === 'unknown') this.note({ kind: 'other', error: unexpectedResponse(request, response) })
    return is === 'rejected' && this.#isExpired(response) ? 'expired' : is
  }

  #noResponse(error: ZendeskError): 'stopped' | 'unknown' {
    const isStopped = isFinal(error)
    this.note({ kind: isStopped ? 'stopped' : 'other', error })
    return isStopped ? 'stopped' : 'unknown'
  }

  /** Whether a rejection is past the expiry that Zendesk reported, by the clock of this very response. */
  #isExpired({ date }: ZendeskResponse): boolean {
    const { expiry } = this.token
    const after = expiry.kind === 'at' ? expiry.expiredAfter : undefined
    return date !== undefined && after !== undefined && date > after
  }

  #isMissingScope(by: Revoker, response: ZendeskResponse): boolean {
    if (missingScopes(response) !== undefined) return true
    const { names, isReported } = this.token.scopes
    return by === 'the token itself' && isFromAccount(response, 403) && isReported && lacksWrite(names)
  }
}
