import { type Clock } from './clock.ts'

/** Nothing new may be started: the runner cancelled the job, or the step reached its timeout. */
export class StepEnded extends Error {
  constructor(
    readonly kind: 'cancelled' | 'deadline',
    seconds: number
  ) {
    super(kind === 'cancelled' ? 'The job was cancelled.' : `The step reached its timeout of ${seconds} s.`)
  }
}

/** Milliseconds after a cancellation at which all work has to end: the runner kills the process at 10,000. */
const LONGEST_AFTER_CANCELLATION = 9000

/** Reserved for cleanup and the final message: 5 s or 20 % of the timeout, whichever is less. */
export function reserveOf(seconds: number): number {
  return Math.min(5000, seconds * 200)
}

/** When a step's work has to end, and whether it may start anything new. */
export class Deadline {
  /** By the clock's `elapsed()`: when the work has to end, and its cleanup. */
  #end: number
  #limit: number
  #cancelledAt = Infinity

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
    this.#limit = seconds * 1000
    this.#end = this.#limit - reserve
    signal.addEventListener('abort', () => (this.#cancelledAt = clock.elapsed()))
  }

  /** Milliseconds left for the work, never below 0. */
  remaining(): number {
    return Math.max(0, this.#end - this.clock.elapsed())
  }

  /** Throws {@link StepEnded} if nothing new may be started. */
  check(): void {
    if (this.signal.aborted) throw new StepEnded('cancelled', this.seconds)
    if (this.remaining() <= 0) throw new StepEnded('deadline', this.seconds)
  }

  /** Whether nothing new may be started. */
  isOver(): boolean {
    return this.signal.aborted || this.remaining() <= 0
  }

  /** A deadline for cleanup, which neither a cancellation nor this deadline ends: in `ms`, but within the timeout. */
  forCleanup(ms: number): Deadline {
    const cleanup = new Deadline(this.clock, this.seconds, new AbortController().signal)
    cleanup.#limit = Math.min(this.#limit, this.#cancelledAt + LONGEST_AFTER_CANCELLATION)
    cleanup.#end = Math.min(cleanup.#limit, this.clock.elapsed() + ms)
    return cleanup
  }
}
