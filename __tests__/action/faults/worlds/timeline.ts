/** Work that waits for its time; the methods are those of Node's timers. */
export class Timer {
  constructor(
    readonly due: number,
    readonly work: () => void
  ) {}

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

/** The time of a process and of its server, in milliseconds: it passes only from one timer to the next. */
export class Timeline {
  now = 0
  readonly #timers = new Set<Timer>()

  /** Plans `work` in `ms` milliseconds. */
  after(ms: number, work: () => void): Timer {
    const timer = new Timer(this.now + Math.max(0, ms), work)
    this.#timers.add(timer)
    return timer
  }

  cancel(timer: Timer): void {
    this.#timers.delete(timer)
  }

  clear(): void {
    this.#timers.clear()
  }

  /** Jumps to the next timer and does its work; returns false if there is none. */
  advance(): boolean {
    const [first, ...others] = this.#timers
    if (first === undefined) return false
    const next = others.reduce((earliest, timer) => (timer.due < earliest.due ? timer : earliest), first)
    this.#timers.delete(next)
    this.now = next.due
    next.work()
    return true
  }
}
