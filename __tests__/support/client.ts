import { afterEach, beforeEach, expect, jest } from '@jest/globals'
import { Deadline } from '../../src/lib/deadline.ts'
import { type Log } from '../../src/lib/log.ts'
import { ZendeskClient } from '../../src/zendesk/http/client.ts'
import { FakeClock } from './clock.ts'

/** The account that all units talk to, if it makes no difference which. */
export const ORIGIN = 'https://acme.zendesk.com'

/** A log that keeps its lines in order, as `info: text`. */
export class RecordedLog implements Log {
  readonly lines: string[] = []

  readonly debug = this.#keeper('debug')
  readonly info = this.#keeper('info')
  readonly warning = this.#keeper('warning')
  readonly error = this.#keeper('error')
  readonly mask = this.#keeper('mask')

  /** The texts of one kind of line. */
  of(kind: keyof Log): string[] {
    return this.lines
      .filter((line) => line.startsWith(`${kind}: `))
      .map((line) => line.slice(kind.length + 2))
  }

  #keeper(kind: string): (text: string) => void {
    return (text) => void this.lines.push(`${kind}: ${text}`)
  }
}

/** What `work` logs. */
export function loggedBy(work: (log: RecordedLog) => unknown): string[] {
  const log = new RecordedLog()
  work(log)
  return log.lines
}

/** The signal of a job that nobody cancels. */
export function neverCancelled(): AbortSignal {
  return new AbortController().signal
}

type Made = Readonly<{ client: ZendeskClient; clock: FakeClock; log: RecordedLog; cancel: () => void }>

/** A client with a fake clock and a timeout of 300 s, everything that can be seen of it, and what cancels the job. */
export function testClient({ clock = new FakeClock(), origin = ORIGIN, seconds = 300 } = {}): Made {
  const log = new RecordedLog()
  const cancellation = new AbortController()
  const deadline = new Deadline(clock, seconds, cancellation.signal)
  const client = new ZendeskClient(origin, deadline, log)
  return { client, clock, log, cancel: () => cancellation.abort() }
}

/** What `promise` is rejected with; fails if it is not. */
export function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error: unknown) => error as Error
  )
}

/** What stays real in {@link useFakeTimeouts}. */
const REAL = ['Date', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const

/**
 * Lets no timeout of a request pass in the tests of a file, however slow the machine is, unless a test says so with
 * `jest.advanceTimersByTime`; fails a test that leaves one behind.
 */
export function useFakeTimeouts(): void {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: [...REAL] }))
  afterEach(() => {
    const left = jest.getTimerCount()
    jest.useRealTimers()
    expect(left).toBe(0)
  })
}
