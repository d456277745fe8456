import { Budget } from '../../src/lib/deadline.ts'
import { type World } from '../../src/lib/clock.ts'
import { Session, type Notes } from '../../src/zendesk/client.ts'

/** Noon of the day on which every fake clock starts. */
export const NOON = Date.parse('2026-11-21T12:00:00Z')

/**
 * A world in which nobody waits: a sleep moves both clocks on and is recorded. Between sleeps the clocks stand still
 * unless a test calls `pass`. Randomness is a fixed number, 0 unless told otherwise.
 */
export class FakeWorld implements World {
  /** Milliseconds of each sleep that was asked for, in order. */
  readonly sleeps: number[] = []
  /** Called at the start of each sleep, before the clocks move: where a test cancels the job, say. */
  onSleep: (ms: number) => void = () => undefined
  #passed = 0

  constructor(
    public chance = 0,
    public start = NOON
  ) {}

  now(): number {
    return this.start + this.#passed
  }

  elapsed(): number {
    return this.#passed
  }

  random(): number {
    return this.chance
  }

  sleep(ms: number, stop: AbortSignal): Promise<void> {
    this.sleeps.push(ms)
    this.onSleep(ms)
    if (!stop.aborted) this.pass(ms)
    return Promise.resolve()
  }

  /** Lets `ms` milliseconds pass on both clocks. */
  pass(ms: number): void {
    this.#passed += ms
  }

  /** Sets the wall clock alone by `ms` milliseconds, as somebody who corrects it does. */
  jump(ms: number): void {
    this.start += ms
  }
}

/** Notes that are kept in order: `lines` as `info: text`, and the texts of each kind. */
export class Recorder implements Notes {
  readonly lines: string[] = []

  readonly debug = this.#keeper('debug')
  readonly info = this.#keeper('info')
  readonly warning = this.#keeper('warning')

  get debugs(): string[] {
    return this.#of('debug')
  }

  get infos(): string[] {
    return this.#of('info')
  }

  get warnings(): string[] {
    return this.#of('warning')
  }

  /** Everything that was noted, as one text. */
  get all(): string {
    return this.lines.join('\n')
  }

  #keeper(kind: string): (text: string) => void {
    return (text) => {
      this.lines.push(`${kind}: ${text}`)
    }
  }

  #of(kind: string): string[] {
    return this.lines
      .filter((line) => line.startsWith(`${kind}: `))
      .map((line) => line.slice(kind.length + 2))
  }
}

/** The signal of a job that nobody cancels. */
export function neverStopped(): AbortSignal {
  return new AbortController().signal
}

/** The account that all units talk to, where it makes no difference which. */
export const ORIGIN = 'https://acme.zendesk.com'

/** What {@link talk} can be told apart from its usual. */
export interface TalkOptions {
  world?: FakeWorld
  origin?: string
  /** Seconds that the step has. */
  seconds?: number
  /** Milliseconds of these that are kept for what comes after the work. */
  reserve?: number
}

/** A session in a fake world, and everything that can be seen of it. */
export interface Talk {
  session: Session
  world: FakeWorld
  notes: Recorder
  /** Cancels the job. */
  cancel: () => void
}

/** A session with a fake clock: 300 s, nobody cancels. */
export function talk({
  world = new FakeWorld(),
  origin = ORIGIN,
  seconds = 300,
  reserve
}: TalkOptions = {}): Talk {
  const notes = new Recorder()
  const stop = new AbortController()
  const session = new Session(origin, 'tests/1', new Budget(world, seconds, stop.signal, reserve), notes)
  return {
    session,
    world,
    notes,
    cancel: () => {
      stop.abort()
    }
  }
}

/** What `promise` is rejected with; fails where it is not. */
export async function thrownBy(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
