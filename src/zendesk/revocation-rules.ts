/*
 * What proves that a token is revoked, as tables: docs/how-it-works.md prints them under "What a 401 proves". They
 * hold for the token of the main step and for a cleanup token. Nothing here sends, waits or logs: `revocation.ts` and
 * `check-token.ts` do, and look up what comes next. `next way` without a way left ends as `warn`.
 *
 * A response to a request that was made with the token:
 * - rejected: Zendesk's own 401
 * - expired: a rejection whose `Date` header is past the reported expiry
 * - active: 200 about this token, or a JSON 403, which only a token that is known gets
 * - unknown: any other response, or none
 * - stopped: the job was cancelled, the time is over, or a wait does not fit into it
 */

/** How a revocation ends. */
export type End =
  /** Zendesk rejects the token. */
  | 'verified'
  /** Zendesk rejects the token, and its expiry is past by Zendesk's own clock. */
  | 'expired'
  /** Zendesk accepted the DELETE of a cleanup token by its id. */
  | 'gone'
  /** Zendesk accepted a DELETE, and did not show that it rejects the token. */
  | 'unverified'
  /** The token may be active. */
  | 'warn'

/** What a DELETE leads to. */
export type DeleteResult =
  /** A 2xx that is no web page. */
  | 'accepted'
  /** The same, for a cleanup token by its id. */
  | 'accepted by id'
  /** As below, of a DELETE made with the token itself: the 401 of another credential says nothing about the token. */
  | 'rejected'
  | 'expired'
  /** A JSON 404 to a DELETE by id. */
  | 'not found'
  | 'anything else'
  | 'stopped'
/**
 * What this step has seen before the DELETE. There is no column for "accepted, and not seen active": then no further
 * DELETE is sent.
 */
export type DeleteHistory = 'nothing accepted' | 'rechecked' | 'seen active'
export type AfterDelete =
  'verify' | 'recheck' | 'recheck at once' | 'next way' | Exclude<End, 'unverified' | 'verified'>

/** After a DELETE. `seen active` means: after an accepted one, in this step. */
export const AFTER_DELETE = {
  accepted: { 'nothing accepted': 'verify', rechecked: 'verify', 'seen active': 'verify' },
  'accepted by id': { 'nothing accepted': 'gone', rechecked: 'gone', 'seen active': 'gone' },
  rejected: { 'nothing accepted': 'recheck', rechecked: 'next way', 'seen active': 'verify' },
  'not found': { 'nothing accepted': 'recheck at once', rechecked: 'next way', 'seen active': 'verify' },
  expired: { 'nothing accepted': 'expired', rechecked: 'expired', 'seen active': 'expired' },
  'anything else': { 'nothing accepted': 'next way', rechecked: 'next way', 'seen active': 'next way' },
  stopped: { 'nothing accepted': 'warn', rechecked: 'warn', 'seen active': 'warn' }
} as const satisfies Record<DeleteResult, Record<DeleteHistory, AfterDelete>>

/** What a request made with the token shows about it. */
export type Status = 'rejected' | 'expired' | 'active' | 'unknown' | 'stopped'

export type VerificationHistory = 'not seen active' | 'seen active' | 'seen active, then rejected'
export type AfterVerification = 'ask again' | 'ask again after 1 s' | 'next way' | Exclude<End, 'gone'>

/**
 * Verification, after an accepted DELETE. `seen active` means: after any accepted DELETE of this step; it is the column
 * as well after `active`. `ask again` without a question left is `next way`; the one after 1 s is not one of the three.
 */
export const VERIFICATION = {
  rejected: {
    'not seen active': 'verified',
    'seen active': 'ask again after 1 s',
    'seen active, then rejected': 'verified'
  },
  expired: {
    'not seen active': 'verified',
    'seen active': 'expired',
    'seen active, then rejected': 'expired'
  },
  active: {
    'not seen active': 'ask again',
    'seen active': 'ask again',
    'seen active, then rejected': 'ask again'
  },
  unknown: {
    'not seen active': 'unverified',
    'seen active': 'next way',
    'seen active, then rejected': 'next way'
  },
  stopped: { 'not seen active': 'unverified', 'seen active': 'warn', 'seen active, then rejected': 'warn' }
} as const satisfies Record<Status, Record<VerificationHistory, AfterVerification>>

/** `token known`: the check had seen it work, or the JSON 404 came from the credential. */
export type RecheckHistory = 'waits left' | 'last, token known' | 'last, token not known'
export type AfterRecheck = 'ask again' | 'same DELETE' | 'next way' | Exclude<End, 'gone' | 'unverified'>

/** Recheck, after a rejected or not found DELETE with none accepted; once in a step. */
export const RECHECK = {
  rejected: {
    'waits left': 'ask again',
    'last, token known': 'verified',
    'last, token not known': 'next way'
  },
  expired: { 'waits left': 'expired', 'last, token known': 'expired', 'last, token not known': 'expired' },
  active: {
    'waits left': 'same DELETE',
    'last, token known': 'same DELETE',
    'last, token not known': 'same DELETE'
  },
  unknown: { 'waits left': 'next way', 'last, token known': 'next way', 'last, token not known': 'next way' },
  stopped: { 'waits left': 'warn', 'last, token known': 'warn', 'last, token not known': 'warn' }
} as const satisfies Record<Status, Record<RecheckHistory, AfterRecheck>>

export type CheckHistory = 'first' | 'after a rejection'
export type AfterCheck = 'checked' | 'not checked' | 'ask again'

/**
 * The check of main. A JSON 404 is what a narrow token may get. `ask again` without a request left, or after
 * {@link CHECK_TIMEOUT}, is an error.
 */
export const CHECK = {
  active: { first: 'checked', 'after a rejection': 'checked' },
  'not found': { first: 'checked', 'after a rejection': 'checked' },
  rejected: { first: 'ask again', 'after a rejection': 'ask again' },
  unknown: { first: 'not checked', 'after a rejection': 'ask again' }
} as const satisfies Record<'active' | 'not found' | 'rejected' | 'unknown', Record<CheckHistory, AfterCheck>>

/** A request with the token. */
export interface Question {
  /** Milliseconds to wait before it. */
  wait: number
  /** Milliseconds that must be left, or the wait does not fit; 0 if it may be shortened to fit. */
  needs: number
}

/** Milliseconds that a wait leaves for the request after it. */
export const REQUEST_RESERVE = 500

/** Milliseconds before each request of the check, and for all of it. */
export const CHECK_WAITS: readonly number[] = [0, 500, 1000, 2000]
export const CHECK_TIMEOUT = 10_000

/** After an accepted DELETE. The waits between responses that show the token active prove nothing, so they may be shortened. */
export const VERIFICATION_QUESTIONS: readonly Question[] = [0, 1000, 3000].map((wait) => ({ wait, needs: 0 }))

/** Has to agree with the first rejection of a token that was seen active. */
export const SECOND_REJECTION: Question = { wait: 1000, needs: 1000 + REQUEST_RESERVE }

/** After a DELETE that was rejected, or that did not find the token. */
export const RECHECK_QUESTIONS = { recheck: fixed([1000], 3000), 'recheck at once': fixed([0, 1000], 3000) }

/** Questions whose waits are what the proof rests on: they are never shortened, and before a wait all that remain have to fit. */
function fixed(waits: readonly number[], last: number): { early: Question[]; last: Question } {
  const needs = (from: number): number =>
    waits.slice(from).reduce((sum, wait) => sum + wait, last + REQUEST_RESERVE)
  return {
    early: waits.map((wait, index) => ({ wait, needs: wait === 0 ? 0 : needs(index) })),
    last: { wait: last, needs: needs(waits.length) }
  }
}
