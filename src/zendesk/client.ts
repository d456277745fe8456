import { Cancelled, type Budget } from '../lib/deadline.ts'
import { quote } from '../lib/redact.ts'
import { Unanswered, type Reason } from './network-error.ts'
import { Connection, type Call, type Reply } from './connection.ts'

/** Where the layer below says what it is doing. */
export interface Notes {
  debug: (text: string) => void
  info: (text: string) => void
  warning: (text: string) => void
}

/** What a call allows beyond the usual. */
export interface Allowance {
  /** How often a failure may be tried in all. */
  tries?: number
  /** Milliseconds for one try, 30,000 at most. */
  timeout?: number
  /** Milliseconds that a try in flight may go on after the job was cancelled. */
  grace?: number
  /** Told of each request that may have been carried out although no reply tells so, with the time it was sent. */
  onLostReply?: (sentAt: number) => void
  /** Told of each complete reply before anything is said of it, to mask what is secret in it. */
  onReply?: (reply: Reply) => void
  /** Called before each further try. */
  beforeRetry?: () => void
}

/** The last reply, and where waiting for another did not fit into the time left, how many seconds it asked for. */
export interface Answer extends Reply {
  unfitting?: number
}

const TRIES = 5
const TRY_TIMEOUT = 30_000
const BACKOFF = 500
const BACKOFF_CAP = 8000

const RETRIED_STATUS = new Set([408, 429, 500, 502, 503, 504])
/** After these the request may have been carried out all the same. */
const LOST_STATUS = new Set([408, 500, 502, 504])
const RETRIED_REASON = new Set<Reason>(['dns', 'tls', 'connection', 'proxy', 'broken off', 'timeout'])

/**
 * The seconds that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds, or a date, which is read against the
 * server's own clock), or `undefined` where it cannot be read.
 */
export function retryAfter({ retryAfter: text = '', date }: Reply, now: number): number | undefined {
  if (/^\s*\d+\s*$/.test(text)) return Number(text)
  if (!/^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined
  // All three forms of HTTP's dates mean UTC, and the oldest does not say so.
  const until = Date.parse(/gmt/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(until) ? undefined : Math.max(0, (until - (date ?? now)) / 1000)
}

function describe(outcome: Reply | Unanswered): string {
  return outcome instanceof Unanswered
    ? `got no complete reply (${outcome.message})`
    : `answered ${outcome.status}`
}

/** Requests to one origin, one after the other, each tried again as often as it makes sense and the budget allows. */
export class Session {
  readonly #connection: Connection

  constructor(
    origin: string,
    userAgent: string,
    readonly budget: Budget,
    readonly notes: Notes
  ) {
    this.#connection = new Connection(origin, userAgent)
  }

  get origin(): string {
    return this.#connection.origin
  }

  /** Another session like this one, with a connection of its own and, if given, another budget. */
  fork(budget = this.budget): Session {
    return new Session(this.#connection.origin, this.#connection.userAgent, budget, this.notes)
  }

  /** Waits between two requests; over a long wait the connection is not kept. */
  async pause(ms: number): Promise<void> {
    if (ms > 2000) this.close()
    await this.budget.pause(ms)
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.drop()
  }

  /**
   * Sends a request until it has an answer that another try would not change: failed connections, replies that
   * broke off, 408, 429 and 5xx are tried again, five times in all. A 429 or 503 that says how long to wait is
   * waited out, as often as the budget allows.
   *
   * @throws {Unanswered} where there was no complete reply even then
   * @throws {Cancelled} or {BudgetSpent} before a request that may no longer be sent
   */
  async send(call: Call, allowance: Allowance = {}): Promise<Answer> {
    const { tries = TRIES, onLostReply, beforeRetry } = allowance
    const { world } = this.budget
    for (let failures = 0, count = 1; ; count += 1) {
      this.budget.check()
      const sentAt = world.now()
      const outcome = await this.#attempt(call, allowance)
      const unanswered = outcome instanceof Unanswered
      if (unanswered ? outcome.sent : LOST_STATUS.has(outcome.status)) onLostReply?.(sentAt)
      if (!(unanswered ? RETRIED_REASON.has(outcome.reason) : RETRIED_STATUS.has(outcome.status))) {
        return settle(outcome)
      }
      this.#connection.drop()

      const asked =
        unanswered || ![429, 503].includes(outcome.status) ? undefined : retryAfter(outcome, world.now())
      if (asked === undefined) failures += 1
      if (failures >= tries || tries === 1) return settle(outcome)

      const wait = asked === undefined ? this.#backoff(failures) : this.#spread(asked)
      if (wait >= this.budget.remaining()) {
        // Where the time is over, the outcome in hand says more than "the time is over".
        return asked === undefined ? settle(outcome) : { ...(outcome as Reply), unfitting: asked }
      }
      this.budget.check()
      // A wait that was asked for does not use up one of the tries.
      const next = asked === undefined ? `try ${failures + 1} of ${tries}` : `as it asks, try ${count + 1}`
      this.notes.info(
        `${call.method} ${pathname(call)} ${describe(outcome)}; ${next} in ${(wait / 1000).toFixed(1)} s`
      )
      await this.budget.pause(wait)
      beforeRetry?.()
    }
  }

  async #attempt(
    call: Call,
    { timeout = TRY_TIMEOUT, grace = 0, onReply }: Allowance
  ): Promise<Reply | Unanswered> {
    const { world, stop } = this.budget
    const started = world.elapsed()
    let outcome: Reply | Unanswered
    try {
      const time = Math.min(timeout, this.budget.remaining())
      outcome = await this.#connection.exchange(call, { timeout: time, stop, grace })
      onReply?.(outcome)
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      outcome = error
    }
    const id = outcome instanceof Unanswered ? undefined : outcome.requestId
    const duration = `${Math.round(world.elapsed() - started)} ms`
    const requestId = id === undefined ? '' : `, request id ${quote(id)}`
    this.notes.debug(`${call.method} ${pathname(call)} ${describe(outcome)} after ${duration}${requestId}`)
    return outcome
  }

  /** Exponential backoff with full jitter. */
  #backoff(failures: number): number {
    return this.budget.world.random() * Math.min(BACKOFF_CAP, BACKOFF * 2 ** (failures - 1))
  }

  /** The wait that was asked for, at least a second, and up to a quarter more so that many jobs spread out. */
  #spread(asked: number): number {
    const wait = Math.max(1, asked) * 1000
    const spread = wait * (1 + this.budget.world.random() / 4)
    // Jitter alone never makes a wait not fit: at least a second is left for the request.
    return Math.max(wait, Math.min(spread, this.budget.remaining() - 1000))
  }
}

/** The path without its query, which may hold a cursor that is not ours to print. */
function pathname({ path }: Call): string {
  return path.replace(/\?.*/s, '')
}

function settle(outcome: Reply | Unanswered): Reply {
  if (outcome instanceof Unanswered) throw outcome.reason === 'cancelled' ? new Cancelled() : outcome
  return outcome
}
