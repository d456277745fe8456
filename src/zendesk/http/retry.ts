import { NetworkError, type NetworkErrorKind } from './network-error.ts'
import { type ZendeskResponse } from './response.ts'
import { type ErrorKind } from './zendesk-error.ts'

/*
 * The rules of retries: which attempt is followed by another, when, and what it may have left behind. `client.ts` looks
 * them up.
 */

/**
 * How an attempt is retried:
 * - `never`: another one would end in the same way
 * - `backoff`: after exponential backoff, five attempts in all
 * - `if asked`: after the wait that the response asks for, as often as there is time; without one, as `backoff`
 * - `wait`: the same, but without one a wait is guessed
 */
type Retry = 'never' | 'backoff' | 'if asked' | 'wait'

interface Rule {
  retry: Retry
  /** Whether Zendesk may have carried out the request although no usable response says so. */
  lost: boolean
}

interface StatusRule extends Rule {
  /** The error that it is, unless `kindOf` in `zendesk-error.ts` sees more in the body, such as a gateway's page. */
  error: ErrorKind
}

/** What a status means; a class such as `5xx` holds for every other status of it. */
const STATUSES: Readonly<Record<string, StatusRule>> = {
  '2xx': { retry: 'never', lost: false, error: 'unusableResponse' },
  '3xx': { retry: 'never', lost: false, error: 'redirect' },
  '401': { retry: 'never', lost: false, error: 'credentialsRejected' },
  '403': { retry: 'never', lost: false, error: 'forbidden' },
  '404': { retry: 'never', lost: false, error: 'subdomainUnknown' },
  '408': { retry: 'backoff', lost: true, error: 'outage' },
  '429': { retry: 'wait', lost: false, error: 'rateLimit' },
  '503': { retry: 'if asked', lost: false, error: 'outage' },
  // The edge in front of Zendesk has statuses of its own, such as 522.
  '5xx': { retry: 'backoff', lost: true, error: 'outage' }
}
const OTHER: StatusRule = { retry: 'never', lost: false, error: 'unexpected' }

/** The network errors that would come again; all others are retried by backoff. */
const LASTING: readonly NetworkErrorKind[] = [
  'certificate',
  'clientCertificate',
  'proxyRefused',
  'proxyUnreadable',
  'proxyIsHttps',
  'unusableResponse',
  'tooLarge',
  'cancelled',
  'unsendable'
]

/** What an attempt ended with. */
export type AttemptResult = ZendeskResponse | NetworkError

/** What is known of the attempts at one request so far. */
export interface Attempts {
  /** How many were made. */
  readonly made: number
  /** How many of these count: not those that a wait follows which Zendesk asked for, or that had to be guessed. */
  readonly counted: number
  /** How many waits had to be guessed. */
  readonly guessed: number
}

/** The circumstances of a decision. */
export interface Circumstances {
  /** The wall clock, in milliseconds since 1970. */
  now: number
  /** Milliseconds left for waits and requests. */
  remaining: number
  /** A random number from 0 to just under 1. */
  random: number
  /** Whether only one attempt is wanted. */
  single?: boolean
}

/** What follows an attempt. */
export type Next =
  /** Another attempt after `ms` milliseconds. */
  | { kind: 'wait'; ms: number; why: 'asked' | 'guessed' | 'backoff'; attempts: Attempts }
  /** Another attempt at once: the connection that was kept open turned out to be closed, which says nothing. */
  | { kind: 'reconnect'; attempts: Attempts }
  /** None, since the response asks to wait `seconds`, and there is less time. */
  | { kind: 'too long'; seconds: number; response: ZendeskResponse }
  /** None: the outcome stands. */
  | { kind: 'final' }

/** Before the first attempt. */
export const NO_ATTEMPTS: Attempts = { made: 0, counted: 0, guessed: 0 }

/** How many attempts may count. */
export const MOST_ATTEMPTS = 5

/** Milliseconds: the first backoff and the longest, and the same of a wait that has to be guessed. */
const BACKOFF = 500
const BACKOFF_CAP = 8000
const GUESS = 1000
const GUESS_CAP = 60_000
/** Milliseconds that a guessed or spread wait leaves before the end of the step, for the request after it. */
const END_RESERVE = 1000
/** Seconds: a rate limit that ends later than this is not believed. */
const DAY = 86_400

/** The rule for a status. */
export function statusRule(status: number): StatusRule {
  return STATUSES[status] ?? STATUSES[`${Math.floor(status / 100)}xx`] ?? OTHER
}

/** The rule for what an attempt ended with: a network error has lost its request if this was sent. */
export function ruleOf(outcome: AttemptResult): Rule {
  if (!(outcome instanceof NetworkError)) return statusRule(outcome.status)
  return { retry: LASTING.includes(outcome.kind) ? 'never' : 'backoff', lost: outcome.sent }
}

/** What follows an attempt that ended with `outcome`, after the attempts `before`. */
export function nextAttempt(
  outcome: AttemptResult,
  before: Attempts,
  { now, remaining, random, single = false }: Circumstances
): Next {
  const attempts = { ...before, made: before.made + 1 }
  const response = outcome instanceof NetworkError ? undefined : outcome
  if (single && outcome instanceof NetworkError && outcome.staleConnection)
    return { kind: 'reconnect', attempts }
  const { retry } = ruleOf(outcome)
  if (single || retry === 'never') return { kind: 'final' }

  // The jobs of a matrix may all wait at the same time: up to a quarter more spreads them out.
  const spread = 1 + random / 4
  const asked = response && waitAsked(response, now)
  if (response !== undefined && asked !== undefined) {
    const least = Math.max(1, asked) * 1000
    if (least >= remaining) return { kind: 'too long', seconds: asked, response }
    // The random part alone never makes a wait too long.
    const ms = Math.max(least, Math.min(least * spread, remaining - END_RESERVE))
    return { kind: 'wait', ms, why: 'asked', attempts }
  }
  if (retry === 'wait') {
    const guess = spread * Math.min(GUESS_CAP, GUESS * 2 ** before.guessed)
    const ms = Math.min(guess, remaining - END_RESERVE)
    if (ms <= 0) return { kind: 'final' }
    return { kind: 'wait', ms, why: 'guessed', attempts: { ...attempts, guessed: before.guessed + 1 } }
  }
  const counted = before.counted + 1
  // Full jitter.
  const ms = random * Math.min(BACKOFF_CAP, BACKOFF * 2 ** before.counted)
  if (counted === MOST_ATTEMPTS || ms >= remaining) return { kind: 'final' }
  return { kind: 'wait', ms, why: 'backoff', attempts: { ...attempts, counted } }
}

/**
 * The seconds that a response asks to wait, if its status can ask for that: `Retry-After` (RFC 9110 §10.2.3: seconds,
 * or a date, which is read against the server's own clock), else, for a rate limit, the seconds until it is reset.
 *
 * @param now the wall clock, in milliseconds since 1970, for a response without a `Date`
 * @returns `undefined` if it does not say so in a way that can be read
 */
export function waitAsked(response: ZendeskResponse, now: number): number | undefined {
  const { status, retryAfter, rateLimitReset, date = now } = response
  const { retry } = statusRule(status)
  if (retry !== 'if asked' && retry !== 'wait') return undefined
  const asked = secondsIn(retryAfter) ?? secondsUntil(retryAfter, date)
  if (asked !== undefined || retry === 'if asked') return asked
  const resets = rateLimitReset.split(',').map(secondsIn)
  return resets.find((reset) => reset !== undefined && reset <= DAY)
}

/** Whole or decimal seconds; the first, if a header came twice. */
function secondsIn(header = ''): number | undefined {
  const [, seconds] = /^\s*(\d+(?:\.\d+)?)\s*(?:,|$)/.exec(header) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

function secondsUntil(header = '', now: number): number | undefined {
  if (!/^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(header)) return undefined
  // All three date formats of HTTP are UTC, and the oldest does not say so.
  const until = Date.parse(/gmt/i.test(header) ? header : `${header} GMT`)
  return Number.isNaN(until) ? undefined : Math.max(0, (until - now) / 1000)
}
