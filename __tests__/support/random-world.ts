import fc from 'fast-check'
import { Deadline } from '../../src/lib/deadline.ts'
import { Secret } from '../../src/lib/secret.ts'
import { type SendOptions } from '../../src/zendesk/http/client.ts'
import { type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import { type ZendeskResponse } from '../../src/zendesk/http/response.ts'
import { ownWays, type Way } from '../../src/zendesk/revocation.ts'
import { type MintedToken } from '../../src/zendesk/token.ts'
import { missing, PAGE, response } from './responses.ts'
import { FakeClock, NOON } from './clock.ts'
import { FakeClient, type Reply, type World } from './fake-client.ts'
import { MINTED } from './minted.ts'

/*
 * A world that knows whether one token is active, in which responses are lost, late, wrong or of something else.
 */

/** Responses that have nothing to do with the token. */
const FOREIGN: Record<string, ZendeskResponse> = {
  '403': response(403, {}),
  '403 write': response(403, missing('write')),
  '401 page': response(401, PAGE),
  '404 page': response(404, PAGE),
  '503': response(503),
  '429 too long': response(429, {}, { retryAfter: '600' })
}

/**
 * What happens to requests, other than what Zendesk does with them: a DELETE is accepted, and revokes nothing, or only
 * after 2 s; the token is not found, although it is there; the request is carried out, and its response is lost.
 */
const FAULTS = ['none', 'false 204', 'late 204', 'false 404', 'lost', 'not sent', ...Object.keys(FOREIGN)]

const often = <Value>(value: Value, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other })

/** What is random about a world. Times are in milliseconds, but for the timeout. */
export const chances = fc.record({
  seconds: fc.integer({ min: 5, max: 30 }),
  reserve: fc.constantFrom(0, 1000, 5000),
  isCleanup: often(false, fc.constant(true)),
  seenWorking: fc.boolean(),
  /** Whether the token may not delete itself. */
  isNarrow: often(false, fc.constant(true)),
  /** Which of all ways are tried. */
  ways: fc
    .tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean())
    .filter((ways) => ways.includes(true)),
  /** Zendesk's clock, as far as it is ahead of the runner's. */
  ahead: often(0, fc.constantFrom(-3_600_000, 3_600_000)),
  expiresIn: often(600_000, fc.integer({ min: 0, max: 15_000 })),
  faults: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('none') },
      { weight: 1, arbitrary: fc.constant('false 204') },
      { weight: 1, arbitrary: fc.constantFrom(...FAULTS) }
    ),
    { maxLength: 12 }
  ),
  durations: fc.array(often(10, fc.integer({ min: 1, max: 4000 })), { minLength: 1, maxLength: 12 }),
  cancelledAt: often(Infinity, fc.integer({ min: 0, max: 12_000 })),
  /** From this request on, Zendesk rejects the active token for less than a second. */
  burst: fc.record({ request: fc.integer({ min: 0, max: 8 }), length: fc.integer({ min: 0, max: 999 }) }),
  /** How long Zendesk does not know the token, if that was never seen working. */
  unknownFor: often(0, fc.integer({ min: 0, max: 20_000 }))
})
export type Chances = typeof chances extends fc.Arbitrary<infer Value> ? Value : never

/** A world with one token, and what was seen of it. */
export class RandomWorld implements World {
  readonly clock = new FakeClock()
  readonly token: MintedToken
  readonly ways: readonly Way[]
  readonly client: FakeClient
  /** Whether a DELETE was accepted, also one by id, and whether the token was seen active after one. */
  isAccepted = false
  isAcceptedById = false
  isSeenActive = false
  /** Whether the last response was Zendesk's own 401 to the token itself. */
  isRejected = false
  #requests = 0
  readonly #cancellation = new AbortController()
  #revokedAt = Infinity
  #burstEnds = -1

  constructor(readonly chances: Chances) {
    const { seconds, reserve, seenWorking, ways, ahead, expiresIn } = chances
    const time = NOON + ahead + expiresIn
    const lifetime = expiresIn / 1000
    const expiry = { kind: 'at', time, isReported: true, lifetime, expiredAfter: time } as const
    this.token = { ...MINTED, seenWorking, expiry }
    const all: Way[] = [
      { id: 7, by: 'credential', authorization: new Secret('Bearer the-admin-token') },
      ...ownWays(MINTED),
      { id: 7, by: 'a cleanup token', authorization: new Secret('Bearer the-cleanup-token') }
    ]
    this.ways = all.filter((_way, index) => ways[index])
    this.client = new FakeClient(this, new Deadline(this.clock, seconds, this.#cancellation.signal, reserve))
  }

  get isActive(): boolean {
    return this.clock.elapsed() < this.#revokedAt && this.clock.elapsed() <= this.chances.expiresIn
  }

  pause = (ms: number): unknown => this.#pass(ms, 0)

  respond(request: ZendeskRequest, { grace = 0 }: SendOptions, deadline: Deadline): Reply {
    const index = this.#requests++
    this.isRejected = false
    const { faults, durations, burst } = this.chances
    if (index === burst.request) this.#burstEnds = this.clock.elapsed() + burst.length
    const fault = faults[index] ?? 'none'
    const reply = fault === 'not sent' ? 'connection' : this.#carryOut(request, fault)
    const duration = durations[index % durations.length] ?? 0
    const left = deadline.remaining()
    if (!this.#pass(Math.min(duration, left), grace)) return 'cancelled'
    if (duration > left) return 'timeout'
    if (fault === 'lost') return 'brokenOff'
    if (typeof reply !== 'string') this.#see(request, reply)
    return reply
  }

  /** What Zendesk, or something in front of it, does with a request. */
  #carryOut({ method, authorization }: ZendeskRequest, fault: string): Reply {
    const isItself = this.#isItself(authorization)
    const now = this.clock.elapsed()
    const date = NOON + this.chances.ahead + now
    const notFound = response(404, { error: 'RecordNotFound' }, { date })
    if (fault === 'false 404') return notFound
    const foreign = FOREIGN[fault]
    // Only a token that is known gets a JSON 403.
    const { seenWorking, unknownFor, ways } = this.chances
    const isUnknown = !seenWorking && !ways[0] && now < unknownFor
    const isRejected = isItself && (!this.isActive || now < this.#burstEnds || isUnknown)
    if (foreign !== undefined && !(isRejected && foreign.status === 403)) return foreign
    if (isRejected) return response(401, { error: 'invalid_token' }, { date })
    if (!this.isActive) return notFound
    if (isItself && this.chances.isNarrow) return response(403, { error: 'Forbidden' }, { date })
    if (method !== 'DELETE') return response(200, { token: { id: 7, token: 'abcdefghij' } }, { date })
    const delay = fault === 'late 204' ? 2000 : 0
    if (fault !== 'false 204') this.#revokedAt = Math.min(this.#revokedAt, now + delay)
    return response(204, undefined, { date })
  }

  #see({ method, path, authorization }: ZendeskRequest, { status, html }: ZendeskResponse): void {
    this.isRejected = status === 401 && !html && this.#isItself(authorization)
    if (method === 'GET') this.isSeenActive ||= this.isAccepted && (status === 200 || status === 403)
    this.isAccepted ||= status === 204
    this.isAcceptedById ||= status === 204 && !path.endsWith('/current')
  }

  #isItself(authorization: Secret | undefined): boolean {
    return authorization?.reveal() === `Bearer ${this.token.token.reveal()}`
  }

  /** Lets time pass, until `grace` after a cancellation at most; returns whether all of it passed. */
  #pass(ms: number, grace: number): boolean {
    const untilCancelled = this.chances.cancelledAt - this.clock.elapsed()
    if (this.#cancellation.signal.aborted || ms < untilCancelled) {
      this.clock.pass(ms)
      return true
    }
    this.clock.pass(Math.max(0, untilCancelled))
    this.#cancellation.abort()
    const rest = ms - Math.max(0, untilCancelled)
    this.clock.pass(Math.min(rest, grace))
    return rest <= grace
  }
}
