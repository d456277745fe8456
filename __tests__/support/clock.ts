import { setImmediate } from 'node:timers/promises'
import { afterEach, expect } from '@jest/globals'
import { type Clock } from '../../src/lib/clock.ts'

/** Noon of the day on which every mock, every process and every fake clock starts. */
export const NOON = Date.UTC(2026, 10, 21, 12)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** How often a clock was read by somebody who did not wait for its sleep. */
let impatient = 0

afterEach(() => {
  const times = impatient
  impatient = 0
  expect({ 'times that something went on during a sleep': times }).toEqual({
    'times that something went on during a sleep': 0
  })
})

/**
 * A clock on which nobody waits long: a sleep is recorded, and moves both times on in a later turn of the event loop.
 * Whoever reads the elapsed time before that, as every request does, has not awaited the sleep, and the test fails.
 * Between sleeps both times stand still unless a test calls `pass`. Randomness is a fixed number, 0 by default.
 */
export class FakeClock implements Clock {
  /** Milliseconds of each sleep, in order. */
  readonly sleeps: number[] = []
  /** Called at the start of each sleep, before time moves on: a place to cancel the job. */
  onSleep: (ms: number) => void = () => undefined
  #passed = 0
  #sleepers = 0

  constructor(
    public chance = 0,
    public start = NOON
  ) {}

  now(): number {
    return this.start + this.#passed
  }

  elapsed(): number {
    if (this.#sleepers > 0) impatient += 1
    return this.#passed
  }

  random(): number {
    return this.chance
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(ms)
    this.onSleep(ms)
    this.#sleepers += 1
    await setImmediate()
    this.#sleepers -= 1
    if (!signal.aborted) this.pass(ms)
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
