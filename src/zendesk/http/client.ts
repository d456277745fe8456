import { StepEnded, type Deadline } from '../../lib/deadline.ts'
import { type Log } from '../../lib/log.ts'
import { clean } from '../../lib/redact.ts'
import { Connection } from './connection.ts'
import { type ZendeskResponse } from './response.ts'
import { NetworkError } from './network-error.ts'
import { pathOf, type ZendeskRequest } from './request.ts'
import {
  MOST_ATTEMPTS,
  nextAttempt,
  NO_ATTEMPTS,
  ruleOf,
  statusRule,
  type AttemptResult,
  type Next
} from './retry.ts'
import { ZendeskError } from './zendesk-error.ts'

/** How a request is sent, beyond the usual. */
export interface SendOptions {
  /** Whether to make one attempt only; a reused connection that turns out to be closed does not count. */
  single?: boolean
  /** When every attempt must have ended, by the clock's `elapsed()`; a single attempt has 30 s at most. */
  until?: number
  /** Milliseconds that an attempt which was sent may still take after the job was cancelled. */
  grace?: number
  observer?: SendObserver
}

/** What hears of the attempts at a request. */
export interface SendObserver {
  /** Called with each complete response before anything is logged about it, to mask what is secret in it. */
  response?: (response: ZendeskResponse) => void
  /** Called for each attempt that Zendesk may have carried out although no response says so, with the time it was sent. */
  lost?: (sentAt: number) => void
  /** Called before each further attempt. */
  retry?: () => void
}

const ATTEMPT_TIMEOUT = 30_000
/** A connection that was idle for longer may be closed without anybody having noticed. */
const LONGEST_IDLE = 2000

/** Sends requests to one Zendesk account, one after the other over one connection, and retries what may be retried. */
export class ZendeskClient {
  readonly #connection: Connection

  /** @param origin such as `https://acme.zendesk.com` */
  constructor(
    readonly origin: string,
    readonly deadline: Deadline,
    readonly log: Log
  ) {
    this.#connection = new Connection(origin)
  }

  /** Another client for the same account, with its own connection and, if given, another deadline. */
  fork(deadline = this.deadline): ZendeskClient {
    return new ZendeskClient(this.origin, deadline, this.log)
  }

  /** Waits `ms` milliseconds between two requests, less if the job is cancelled; a connection is not kept over a long wait. */
  async pause(ms: number): Promise<void> {
    if (ms > LONGEST_IDLE) this.close()
    await this.deadline.clock.sleep(ms, this.deadline.signal)
  }

  /** Closes the connection; the next request opens another. */
  close(): void {
    this.#connection.close()
  }

  /**
   * Sends a request until another attempt would not change the response, as the rules in `retry.ts` say.
   *
   * @returns the last response, whatever its status
   * @throws {ZendeskError} if there was no complete response, a response asks to wait for longer than there is time,
   * the job is cancelled or the deadline is reached
   */
  async send(request: ZendeskRequest, options: SendOptions = {}): Promise<ZendeskResponse> {
    try {
      return await this.#sendWithRetries(request, options)
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof StepEnded)) throw error
      throw new ZendeskError(error.kind, request, { cause: error })
    }
  }

  /** As {@link send}, but returns the error if there is one. */
  async trySend(request: ZendeskRequest, options?: SendOptions): Promise<ZendeskResponse | ZendeskError> {
    return this.send(request, options).catch((error: unknown) => {
      if (error instanceof ZendeskError) return error
      throw error
    })
  }

  async #sendWithRetries(request: ZendeskRequest, options: SendOptions): Promise<ZendeskResponse> {
    const { single = false, observer = {} } = options
    const { clock } = this.deadline
    for (let attempts = NO_ATTEMPTS; ;) {
      this.deadline.check()
      if (attempts.made > 0) observer.retry?.()
      const sentAt = clock.now()
      const outcome = await this.#attempt(request, options)
      const { retry, lost } = ruleOf(outcome)
      if (lost) observer.lost?.(sentAt)
      if (retry !== 'never') this.close()

      const time = { now: clock.now(), remaining: this.deadline.remaining(), random: clock.random() }
      const next = nextAttempt(outcome, attempts, { ...time, single })
      if (next.kind === 'too long') {
        const { response, seconds: excessiveWait } = next
        throw new ZendeskError(statusRule(response.status).error, request, { response, excessiveWait })
      }
      if (next.kind === 'final') {
        if (outcome instanceof NetworkError) throw outcome
        return outcome
      }
      attempts = next.attempts
      if (next.kind === 'reconnect') continue
      this.deadline.check()
      this.log.info(`${request.method} ${pathOf(request)}: ${describe(outcome)}; ${announce(next)}`)
      await this.pause(next.ms)
    }
  }

  async #attempt(
    request: ZendeskRequest,
    { until = Infinity, grace = 0, observer = {} }: SendOptions
  ): Promise<AttemptResult> {
    const { clock, signal } = this.deadline
    const started = clock.elapsed()
    const timeout = Math.max(1, Math.min(ATTEMPT_TIMEOUT, until - started, this.deadline.remaining()))
    const outcome = await this.#connection
      .exchange(request, { timeout, signal, grace })
      .catch((error: unknown) => {
        if (error instanceof NetworkError) return error
        throw error
      })
    const response = outcome instanceof NetworkError ? undefined : outcome
    if (response !== undefined) observer.response?.(response)
    const duration = `${Math.round(clock.elapsed() - started)} ms`
    const id = response?.requestId === undefined ? '' : `, request id ${clean(response.requestId)}`
    this.log.debug(`${request.method} ${pathOf(request)}: ${describe(outcome)} after ${duration}${id}`)
    return outcome
  }
}

function describe(outcome: AttemptResult): string {
  return outcome instanceof NetworkError ? outcome.message : String(outcome.status)
}

/** The next attempt, and how long it waits. */
function announce({ ms, why, attempts: { made, counted } }: Extract<Next, { kind: 'wait' }>): string {
  // Attempts that do not count are as many more.
  const most = why === 'backoff' ? ` of ${made - counted + MOST_ATTEMPTS}` : ''
  const asked = why === 'asked' ? ', as the response asks,' : ''
  return `attempt ${made + 1}${most}${asked} in ${(ms / 1000).toFixed(1)} s`
}
