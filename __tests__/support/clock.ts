import { type Clock } from '../../src/lib/clock.ts'

/** Noon of the day on which every mock, every process and every fake clock starts. */
export const NOON = Date.UTC(2026, 10, 21, 12)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/**
 * A clock on which nobody waits: a sleep moves both times on and is recorded. Between sleeps they stand still unless
 * a test calls `pass`. Randomness is a fixed number, 0 by default.
 */
export class FakeClock implements Clock {
  /** Milliseconds of each sleep, in order. */
  readonly sleeps: number[] = []
  /** Called at the start of each sleep, before time moves on: a place to cancel the job. */
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

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(ms)
    this.onSleep(ms)
    if (!signal.aborted) this.pass(ms)
    return Promise.resolve()
  }

  /** Lets `ms` milliseconds pass on both clocks. */
  pass(ms: number): void {
    this.#passed += ms
  }

  /** Moves the wall clock alone by `ms` milliseconds. */
  jump(ms: number): void {
    this.start += ms
  }
}
