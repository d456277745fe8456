import { StepEnded, type Deadline } from '../../lib/deadline.ts'
import { type Log } from '../../lib/log.ts'
import { clean } from '../../lib/redact.ts'
import { Connection } from './connection.ts'
import { type ZendeskResponse } from './response.ts'
import { NetworkError } from './network-error.ts'
import { pathOf, type ZendeskRequest } from './request.ts'
import { ZendeskError, type ErrorKind } from './zendesk-error.ts'

/** What a request may do beyond the usual. */
export interface SendOptions {
  /** How many attempts may fail; 5 by default. */
  attempts?: number
  /** When every attempt must have ended, by the clock's `elapsed()`; a single attempt has 30 s at most. */
  until?: number
  /** Milliseconds that an attempt which was sent may still take after the job was cancelled. */
  grace?: number
  /** Called for each attempt that Zendesk may have carried out although no response says so, with the time it was sent. */
  onLostResponse?: (sentAt: number) => void
  /** Called before each further attempt. */
  beforeRetry?: () => void
  /** Called with each complete response before anything is logged about it, to mask what is secret in it. */
  onResponse?: (response: ZendeskResponse) => void
}

const ATTEMPTS = 5
const ATTEMPT_TIMEOUT = 30_000
const BACKOFF = 500
const BACKOFF_CAP = 8000
/** A connection that was idle for longer may be closed without anybody having noticed. */
const LONGEST_IDLE = 2000

const RETRIED_STATUS = [408, 429, 500, 502, 503, 504]
/** After these Zendesk may have carried out the request all the same. */
const LOST_STATUS = [408, 500, 502, 504]
const RETRIED_KIND: ErrorKind[] = ['dns', 'tls', 'connection', 'proxy', 'brokenOff', 'timeout']

/**
 * The seconds that the `Retry-After` header of a 429 or 503 asks for (RFC 9110 §10.2.3: seconds, or a date, which is
 * read against the server's own clock), or `undefined` if it cannot be read.
 */
export function retryAfter(response: ZendeskResponse, now: number): number | undefined {
  const { status, retryAfter: header = '', date } = response
  if (status !== 429 && status !== 503) return undefined
  if (/^\s*\d+\s*$/.test(header)) return Number(header)
  if (!/^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(header)) return undefined
  // All three date formats of HTTP are UTC, and the oldest does not say so.
  const until = Date.parse(/gmt/i.test(header) ? header : `${header} GMT`)
  return Number.isNaN(until) ? undefined : Math.max(0, (until - (date ?? now)) / 1000)
}

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
   * Sends a request until another attempt would not change the response. Failed connections, responses that broke
   * off, 408, 429 and 5xx are retried, up to five attempts in all. A 429 or 503 that says how long to wait is waited
   * out as often as the deadline allows.
   *
   * @returns the last response, whatever its status
   * @throws {ZendeskError} if there was no complete response, the job is cancelled or the deadline is reached
   */
  async send(request: ZendeskRequest, options: SendOptions = {}): Promise<ZendeskResponse> {
    try {
      return await this.#sendWithRetries(request, options)
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof StepEnded)) throw error
      throw new ZendeskError(error.kind, request, undefined, error)
    }
  }

  /** As {@link send}, but returns the error if there was no complete response. */
  async trySend(request: ZendeskRequest, options?: SendOptions): Promise<ZendeskResponse | ZendeskError> {
    return this.send(request, options).catch((error: unknown) => {
      if (error instanceof ZendeskError) return error
      throw error
    })
  }

  async #sendWithRetries(request: ZendeskRequest, options: SendOptions): Promise<ZendeskResponse> {
    const { attempts = ATTEMPTS, onLostResponse, beforeRetry } = options
    const { deadline, log } = this
    for (let failures = 0, count = 1; ; count += 1) {
      deadline.check()
      if (count > 1) beforeRetry?.()
      const sentAt = deadline.clock.now()
      const outcome = await this.#attempt(request, options)
      const failed = outcome instanceof NetworkError
      if (failed ? outcome.sent : LOST_STATUS.includes(outcome.status)) onLostResponse?.(sentAt)
      const isFinal = failed ? !RETRIED_KIND.includes(outcome.kind) : !RETRIED_STATUS.includes(outcome.status)
      if (isFinal) return responseOrThrow(outcome)
      this.close()

      // A connection that the server has closed meanwhile says nothing: even a single attempt is made once more.
      if (attempts === 1 && failed && outcome.staleConnection) continue
      const asked = failed ? undefined : retryAfter(outcome, deadline.clock.now())
      if (asked === undefined) failures += 1
      if (failures >= attempts || attempts === 1) return responseOrThrow(outcome)

      const wait = asked === undefined ? this.#backoff(failures) : this.#spread(asked)
      if (wait >= deadline.remaining()) {
        // At the deadline, the last outcome says more than "timeout".
        const response = responseOrThrow(outcome)
        return asked === undefined ? response : { ...response, excessiveWait: asked }
      }
      deadline.check()
      // A wait that Zendesk asked for does not count as an attempt.
      const next =
        asked === undefined
          ? `attempt ${failures + 1} of ${attempts}`
          : `attempt ${count + 1}, as the response asks,`
      log.info(
        `${request.method} ${pathOf(request)}: ${describe(outcome)}; ${next} in ${(wait / 1000).toFixed(1)} s`
      )
      await this.pause(wait)
    }
  }

  async #attempt(
    request: ZendeskRequest,
    { until = Infinity, grace = 0, onResponse }: SendOptions
  ): Promise<ZendeskResponse | NetworkError> {
    const { clock, signal } = this.deadline
    const started = clock.elapsed()
    const timeout = Math.max(1, Math.min(ATTEMPT_TIMEOUT, until - started, this.deadline.remaining()))
    const outcome = await this.#connection
      .exchange(request, { timeout, signal, grace })
      .catch((error: unknown) => {
        if (error instanceof NetworkError) return error
        throw error
      })
    const isResponse = !(outcome instanceof NetworkError)
    if (isResponse) onResponse?.(outcome)
    const duration = `${Math.round(clock.elapsed() - started)} ms`
    const id = isResponse && outcome.requestId !== undefined ? `, request id ${clean(outcome.requestId)}` : ''
    this.log.debug(`${request.method} ${pathOf(request)}: ${describe(outcome)} after ${duration}${id}`)
    return outcome
  }

  /** Exponential backoff with full jitter. */
  #backoff(failures: number): number {
    return this.deadline.clock.random() * Math.min(BACKOFF_CAP, BACKOFF * 2 ** (failures - 1))
  }

  /** The wait that was asked for, at least 1 s, plus up to a quarter so that many jobs spread out. */
  #spread(asked: number): number {
    const wait = Math.max(1, asked) * 1000
    const spread = wait * (1 + this.deadline.clock.random() / 4)
    // Jitter alone never makes a wait not fit: at least 1 s is left for the request.
    return Math.max(wait, Math.min(spread, this.deadline.remaining() - 1000))
  }
}

function describe(outcome: ZendeskResponse | NetworkError): string {
  return outcome instanceof NetworkError ? outcome.message : String(outcome.status)
}

function responseOrThrow(outcome: ZendeskResponse | NetworkError): ZendeskResponse {
  if (outcome instanceof NetworkError) throw outcome
  return outcome
}
