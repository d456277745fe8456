import { expect } from '@jest/globals'
import { Deadline } from '../../src/lib/deadline.ts'
import { type ZendeskClient, type SendOptions } from '../../src/zendesk/http/client.ts'
import { type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import { type ZendeskResponse } from '../../src/zendesk/http/response.ts'
import { ZendeskError, type ErrorKind } from '../../src/zendesk/http/zendesk-error.ts'
import { type Outcome } from '../../src/zendesk/revocation.ts'
import { missing, PAGE, response } from './responses.ts'
import { RecordedLog } from './client.ts'
import { FakeClock, NOON } from './clock.ts'
import { MINTED } from './minted.ts'

/*
 * A client without HTTP: what sends, and decides what comes next, meets a world that responds as a test says.
 */

/** What comes back: a response, or the kind of error if there is none. */
export type Reply = ZendeskResponse | ErrorKind

/** What a fake client sends to. */
export interface World {
  /** Responds to a request, which may take time; `deadline` is that of the client. */
  respond(request: ZendeskRequest, options: SendOptions, deadline: Deadline): Reply
  /** Lets `ms` milliseconds pass between two requests. */
  pause(ms: number): void
}

/**
 * A client as far as the code above it uses one. It fails if a request is sent while another, or a pause, is under way,
 * and if there is no end to the requests.
 */
export class FakeClient {
  #busy = false
  #requests = 0

  constructor(
    readonly world: World,
    readonly deadline: Deadline,
    readonly log = new RecordedLog()
  ) {}

  /** The same, for the code that it is given to. */
  get real(): ZendeskClient & FakeClient {
    return this as unknown as ZendeskClient & FakeClient
  }

  fork(deadline = this.deadline): FakeClient {
    return new FakeClient(this.world, deadline, this.log)
  }

  async pause(ms: number): Promise<void> {
    await this.#alone(() => this.world.pause(ms), new Promise(setImmediate))
  }

  async trySend(request: ZendeskRequest, options: SendOptions = {}): Promise<ZendeskResponse | ZendeskError> {
    if (++this.#requests > 100) throw new Error('There is no end to the requests')
    const { signal } = this.deadline
    if (this.deadline.isOver()) return new ZendeskError(signal.aborted ? 'cancelled' : 'deadline', request)
    const reply = await this.#alone(() => this.world.respond(request, options, this.deadline))
    if (typeof reply === 'string') return new ZendeskError(reply, request)
    options.observer?.response?.(reply)
    const isTooLong = reply.retryAfter !== undefined
    return isTooLong ? new ZendeskError('rateLimit', request, { response: reply, excessiveWait: 600 }) : reply
  }

  async send(request: ZendeskRequest, options?: SendOptions): Promise<ZendeskResponse> {
    const outcome = await this.trySend(request, options)
    if (outcome instanceof ZendeskError) throw outcome
    return outcome
  }

  /** Does something that takes a while: who does not wait for it is found. */
  async #alone<Result>(act: () => Result, later = Promise.resolve<unknown>(undefined)): Promise<Result> {
    if (this.#busy) throw new Error('The client is still busy')
    this.#busy = true
    const result = act()
    await later
    this.#busy = false
    return result
  }
}

/** Who sends a request of a script, by its `Authorization` header. */
const SENDERS: Record<string, string> = {
  '': '',
  [`Bearer ${MINTED.token.reveal()}`]: '',
  'Bearer the-admin-token': ' by admin',
  'Bearer the-cleanup-token': ' by cleanup'
}

/** The bodies of replies, where they are no empty objects. */
const BODIES: Readonly<Record<string, unknown>> = {
  '200': { token: { id: 7, token: MINTED.token.reveal().slice(0, 10) } },
  '200 mint': { access_token: 'the-cleanup-token' },
  '200 cleanup': { token: { id: 9, client_id: 8, user_id: 9, token: 'the-cleanu' } },
  '401': { error: 'invalid_token' },
  '403 write': missing('write')
}

/** What is special about a script. */
export interface Circumstances {
  /** The timeout of the step, 240 s by default. */
  seconds?: number | undefined
  /** Milliseconds of it that are not for the work. */
  reserve?: number | undefined
  /** The bodies of replies that have a name only in this test, such as `200 other`. */
  bodies?: Record<string, unknown>
}

/**
 * Does `work` with a client whose requests and pauses have to be those of a script, in this order:
 * - `DELETE 7: 204`, `GET by cleanup: 404 page`, `DELETE current: timeout`: a request (by the minted token, if nobody is
 *   named; a GET, if it names nothing, for the current token), and the response to it or the kind of error. A timeout
 *   means that it was sent, and `timeout then 204` that it was sent twice. `late` is a Date an hour later.
 * - `wait 1`: a pause, in seconds
 * - `cancel` and `pass 5`: what happens during the request or pause before; seconds again
 */
export async function play<Result>(
  script: string,
  work: (client: ZendeskClient & FakeClient) => Promise<Result>,
  { seconds = 240, reserve, bodies }: Circumstances = {}
): Promise<Result> {
  const left = script.split(', ').filter(Boolean)
  const clock = new FakeClock()
  const cancellation = new AbortController()

  /** Takes the next step, which has to begin like this; returns the rest of it. */
  const next = (expected: string): string => {
    const step = left.shift()
    if (step?.startsWith(expected) !== true)
      throw new Error(`expected: ${step ?? 'the end'}; was: ${expected}`)
    return step.slice(expected.length)
  }
  const happen = (): void => {
    for (; /^(?:cancel$|pass )/.test(left[0] ?? ''); left.shift())
      if (left[0] === 'cancel') cancellation.abort()
      else clock.pass(Number(left[0]?.slice(5)) * 1000)
  }
  const named = (name: string): Reply => {
    const [, late, known = '', status] = /^(late )?((\d{3}).*)$/.exec(name) ?? []
    if (status === undefined) return name as ErrorKind
    const body = known.endsWith('page') ? PAGE : ({ ...BODIES, ...bodies }[known] ?? {})
    const date = late === undefined ? clock.now() : NOON + 3_600_001
    return response(Number(status), body, { date, retryAfter: known === '429 too long' ? '600' : undefined })
  }
  const world: World = {
    respond: ({ method, path, authorization }, { observer }) => {
      const what = path.replace(/\?.*/, '').replace(/^.*\//, ' ')
      const sender = SENDERS[authorization?.reveal() ?? ''] ?? ' by another'
      const reply = next(`${`${method}${what}`.replace('GET current', 'GET')}${sender}: `)
      if (reply.startsWith('timeout')) observer?.lost?.(clock.now())
      if (reply.startsWith('timeout then ')) observer?.retry?.()
      happen()
      return named(reply.replace('timeout then ', ''))
    },
    pause: (ms) => {
      next(`wait ${ms / 1000}`)
      if (left[0] !== 'cancel') clock.pass(ms)
      happen()
    }
  }
  const client = new FakeClient(world, new Deadline(clock, seconds, cancellation.signal, reserve))
  const result = await work(client.real)
  expect(left).toEqual([])
  return result
}

/** An outcome as `verified by credential`, `active: still works`, `active: scope only` or `active: other, unanswered`. */
export function inWords(outcome: Outcome): string {
  if (outcome.end === 'verified') return outcome.by === undefined ? 'verified' : `verified by ${outcome.by}`
  if (!('obstacle' in outcome)) return outcome.end
  const { isScopeOnly, isUnanswered } = { isScopeOnly: false, isUnanswered: false, ...outcome }
  return `${outcome.end}: ${outcome.obstacle.kind}${isScopeOnly ? ' only' : ''}${isUnanswered ? ', unanswered' : ''}`
}
