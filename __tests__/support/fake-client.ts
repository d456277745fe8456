import { Deadline } from '../../src/lib/deadline.ts'
import { type ZendeskClient, type SendOptions } from '../../src/zendesk/http/client.ts'
import { type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import { type ZendeskResponse } from '../../src/zendesk/http/response.ts'
import { ZendeskError, type ErrorKind } from '../../src/zendesk/http/zendesk-error.ts'
import { missing, PAGE, response } from '../unit/zendesk/responses.ts'
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

/** More requests than any work needs, of one client. */
const TOO_MANY = 100

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
  get real(): ZendeskClient {
    return this as unknown as ZendeskClient
  }

  fork(deadline = this.deadline): FakeClient {
    return new FakeClient(this.world, deadline, this.log)
  }

  async pause(ms: number): Promise<void> {
    await this.#alone(() => this.world.pause(ms), new Promise(setImmediate))
  }

  async trySend(request: ZendeskRequest, options: SendOptions = {}): Promise<ZendeskResponse | ZendeskError> {
    const { signal } = this.deadline
    if (++this.#requests > TOO_MANY) throw new Error('There is no end to the requests')
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

/** Who sends a request of a transcript, by its `Authorization` header: the minted token itself, if nobody is named. */
const SENDERS: Readonly<Record<string, string>> = {
  '': '',
  [`Bearer ${MINTED.token.reveal()}`]: '',
  'Bearer the-admin-token': ' by the credential',
  'Bearer the-cleanup-token': ' by the cleanup token'
}

/** The responses of a transcript, beside those whose body is an empty JSON object. */
const REPLIES: Readonly<Record<string, Reply>> = {
  '204': response(204),
  '200': response(200, { token: { id: 7, token: MINTED.token.reveal().slice(0, 10) } }),
  '401': response(401, { error: 'invalid_token' }),
  'late 401': response(401, { error: 'invalid_token' }, { date: NOON + 3_600_001 }),
  'late 403': response(403, {}, { date: NOON + 3_600_001 }),
  'late 500': response(500, {}, { date: NOON + 3_600_001 }),
  '403 write': response(403, missing('write')),
  '429 too long': response(429, {}, { retryAfter: '600' }),
  mint: response(200, { access_token: 'the-cleanup-token' }),
  cleanup: response(200, { token: { id: 9, client_id: 8, user_id: 9, token: 'the-cleanu' } })
}

/** `404`, `404 page`, or the kind of an error. */
function plain(name: string): Reply {
  const [, status, page] = /^(\d{3})( page)?$/.exec(name) ?? []
  return status === undefined ? (name as ErrorKind) : response(Number(status), page === undefined ? {} : PAGE)
}

/**
 * A world that expects these requests and pauses, in this order, one a line:
 * - `DELETE 7: 204`, `GET current by the cleanup token: 404 page`, `DELETE current: timeout`: a request, and the response
 *   to it, or the kind of error; a timeout means that it was sent, and `timeout, 204` that it was sent twice
 * - `wait 1 s`: a pause
 * - `cancel` and `5 s pass`: what happens during the request or pause of the line before
 */
export class Transcript implements World {
  readonly #lines: string[]

  constructor(
    lines: readonly string[],
    readonly clock: FakeClock,
    readonly cancel: () => void,
    readonly replies: Readonly<Record<string, Reply>> = {}
  ) {
    this.#lines = [...lines]
  }

  /** The lines that were not reached. */
  get left(): readonly string[] {
    return this.#lines
  }

  respond({ method, path, authorization }: ZendeskRequest, { observer }: SendOptions): Reply {
    const what = path.replace(/\?.*/, '').replace(/^.*\/tokens\//, '')
    const reply = this.#next(`${method} ${what}${SENDERS[authorization?.reveal() ?? ''] ?? ' by another'}: `)
    if (reply.startsWith('timeout')) observer?.lost?.(this.clock.now())
    this.#happen()
    const name = reply.replace('timeout, ', '')
    const known = this.replies[name] ?? REPLIES[name] ?? plain(name)
    return typeof known === 'string' ? known : { ...known, date: known.date ?? this.clock.now() }
  }

  pause(ms: number): void {
    this.#next(`wait ${ms / 1000} s`)
    if (this.#lines[0] !== 'cancel') this.clock.pass(ms)
    this.#happen()
  }

  /** Takes the next line, which has to begin like this; returns the rest of it. */
  #next(expected: string): string {
    const line = this.#lines.shift()
    if (line?.startsWith(expected) !== true)
      throw new Error(`expected: ${line ?? 'the end'}; was: ${expected}`)
    return line.slice(expected.length)
  }

  #happen(): void {
    for (;;) {
      const [line = ''] = this.#lines
      const [, seconds] = /^(\S+) s pass$/.exec(line) ?? []
      if (seconds !== undefined) this.clock.pass(Number(seconds) * 1000)
      else if (line === 'cancel') this.cancel()
      else return
      this.#lines.shift()
    }
  }
}

/** What is special about a transcribed client. */
export interface TranscribedOptions {
  /** The timeout of the step, 240 s by default. */
  seconds?: number | undefined
  /** Milliseconds of it that are not for the work. */
  reserve?: number | undefined
  /** Responses that have a name only in this test. */
  replies?: Record<string, Reply>
}

/** A client whose requests and pauses have to be those of a transcript. */
export function transcribed(
  lines: readonly string[],
  { seconds = 240, reserve, replies }: TranscribedOptions = {}
): { client: FakeClient; transcript: Transcript } {
  const clock = new FakeClock()
  const cancellation = new AbortController()
  const transcript = new Transcript(lines, clock, () => cancellation.abort(), replies)
  const client = new FakeClient(transcript, new Deadline(clock, seconds, cancellation.signal, reserve))
  return { client, transcript }
}
