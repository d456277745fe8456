import { type Clock } from './clock.ts'

/** The runner cancelled the job: nothing new may be started. */
export class Cancelled extends Error {
  constructor() {
    super('The job was cancelled.')
  }
}

/** The step's time is over. */
export class DeadlineExceeded extends Error {
  constructor(readonly seconds: number) {
    super(`The step reached its timeout of ${seconds} s. Raise \`timeout-seconds\`.`)
  }
}

/** Reserved for cleanup and the final message: 5 s or 20 % of the timeout, whichever is less. */
const RESERVE_MS = 5000
const RESERVE_SHARE = 0.2

/** Returns the milliseconds of a timeout of `seconds` that are reserved for cleanup and the final message. */
export function reserveOf(seconds: number): number {
  return Math.min(RESERVE_MS, seconds * 1000 * RESERVE_SHARE)
}

/** When a step's work has to end, and whether it may start anything new. */
export class Deadline {
  readonly #end: number

  /**
   * @param seconds the timeout of the whole step, counted from the start of the process
   * @param signal aborted when the runner cancels the job
   * @param reserve milliseconds at the end of the timeout that are not for the work
   */
  constructor(
    readonly clock: Clock,
    readonly seconds: number,
    readonly signal: AbortSignal,
    reserve = 0
  ) {
    this.#end = seconds * 1000 - reserve
  }

  /** Milliseconds left for the work, never below 0. */
  remaining(): number {
    return Math.max(0, this.#end - this.clock.elapsed())
  }

  /** Throws {@link Cancelled} or {@link DeadlineExceeded} if nothing new may be started. */
  check(): void {
    if (this.signal.aborted) throw new Cancelled()
    if (this.remaining() <= 0) throw new DeadlineExceeded(this.seconds)
  }

  /** Waits `ms` milliseconds; throws as {@link Deadline.check} does, at once if the job is cancelled. */
  async pause(ms: number): Promise<void> {
    this.check()
    await this.clock.sleep(ms, this.signal)
    this.check()
  }

  /** A deadline for cleanup, which neither a cancellation nor this deadline ends: in `ms`, but within the timeout. */
  forCleanup(ms: number): Deadline {
    const end = Math.min(this.clock.elapsed() + ms, this.seconds * 1000)
    return new Deadline(this.clock, this.seconds, new AbortController().signal, this.seconds * 1000 - end)
  }
}
