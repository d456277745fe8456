import { type World } from './clock.ts'

/** The runner cancelled the job: nothing new may be started. */
export class Cancelled extends Error {
  constructor() {
    super('The job was cancelled, so nothing more was started.')
  }
}

/** The time of the step is over. */
export class BudgetSpent extends Error {
  constructor(readonly seconds: number) {
    super(
      `The time of this step is over: it had ${seconds} s for all requests, waits and retries; raise \`timeout-seconds\`.`
    )
  }
}

/** Milliseconds kept at the end of a step, or that part of its time, where that is less. */
const RESERVE = 5000
const RESERVED_PART = 0.2

/** How many milliseconds of `seconds` are kept for what has to be said or tidied up after the work. */
export function reserveOf(seconds: number): number {
  return Math.min(RESERVE, seconds * 1000 * RESERVED_PART)
}

/** How much time a step still has, and whether it may go on at all. */
export class Budget {
  readonly #deadline: number

  /**
   * @param seconds what the whole step may take, counted from the start of the process
   * @param stop aborted when the runner cancels the job
   * @param reserve milliseconds at the end that are kept for what comes after the work
   */
  constructor(
    readonly world: World,
    readonly seconds: number,
    readonly stop: AbortSignal,
    reserve = 0
  ) {
    this.#deadline = seconds * 1000 - reserve
  }

  /** Milliseconds left for the work, never below 0. */
  remaining(): number {
    return Math.max(0, this.#deadline - this.world.elapsed())
  }

  /** Throws {@link Cancelled} or {@link BudgetSpent} where nothing new may be started. */
  check(): void {
    if (this.stop.aborted) throw new Cancelled()
    if (this.remaining() <= 0) throw new BudgetSpent(this.seconds)
  }

  /** Waits `ms` milliseconds; throws as {@link Budget.check} does, at once where the job is cancelled. */
  async pause(ms: number): Promise<void> {
    this.check()
    await this.world.sleep(ms, this.stop)
    this.check()
  }

  /** A budget to tidy up with when this one is over or the job is cancelled: at most `ms`, within the step's time. */
  closing(ms: number): Budget {
    const end = Math.min(this.world.elapsed() + ms, this.seconds * 1000)
    return new Budget(this.world, end / 1000, new AbortController().signal)
  }
}
