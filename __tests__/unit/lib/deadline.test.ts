import { describe, expect, it } from '@jest/globals'
import { Deadline, reserveOf, StepEnded } from '../../../src/lib/deadline.ts'
import { neverCancelled } from '../../support/client.ts'
import { FakeClock } from '../../support/clock.ts'

/** A deadline at which `passed` milliseconds of the timeout are over. */
function deadlineAfter(passed: number, seconds: number, signal = neverCancelled(), reserve = 0): Deadline {
  const clock = new FakeClock()
  clock.pass(passed)
  return new Deadline(clock, seconds, signal, reserve)
}

const check = (deadline: Deadline) => () => {
  deadline.check()
}

describe('reserveOf', () => {
  it.each([
    [5, 1000],
    [20, 4000],
    [25, 5000],
    [30, 5000],
    [3600, 5000]
  ])('of a timeout of %d s is %d ms', (seconds, ms) => {
    expect(reserveOf(seconds)).toBe(ms)
  })
})

describe('Deadline', () => {
  it.each([
    [0, 10_000],
    [9999, 1],
    [10_000, 0],
    [10_005, 0]
  ])('of 10 s has, %d ms after the start of the process, %d ms left', (passed, left) => {
    expect(deadlineAfter(passed, 10).remaining()).toBe(left)
  })

  it('does not give its reserve to the work', () => {
    expect(deadlineAfter(0, 240, neverCancelled(), 5000).remaining()).toBe(235_000)
  })

  it('does not move with the wall clock', () => {
    const clock = new FakeClock()
    const deadline = new Deadline(clock, 10, neverCancelled())
    clock.jump(86_400_000)
    expect(deadline.remaining()).toBe(10_000)
  })

  it('allows new work until the last millisecond, and then says which timeout was reached', () => {
    expect(check(deadlineAfter(6999, 7))).not.toThrow()
    expect(check(deadlineAfter(7000, 7))).toThrow(new StepEnded('deadline', 7))
    expect(new StepEnded('deadline', 7).message).toBe('The step reached its timeout of 7 s.')
  })

  it('reports a cancelled job as cancelled, even after the timeout', () => {
    const error = new StepEnded('cancelled', 1)
    expect(check(deadlineAfter(2000, 1, AbortSignal.abort()))).toThrow(error)
    expect(error).toMatchObject({ kind: 'cancelled', message: 'The job was cancelled.' })
  })
})

describe('Deadline.isOver', () => {
  it.each<[string, number, AbortSignal, boolean]>([
    ['has time left', 9999, neverCancelled(), false],
    ['has none left', 10_000, neverCancelled(), true],
    ['is cancelled', 0, AbortSignal.abort(), true]
  ])('of a deadline that %s, %d ms after the start', (_what, passed, signal, expected) => {
    expect(deadlineAfter(passed, 10, signal).isOver()).toBe(expected)
  })
})

describe('Deadline.forCleanup', () => {
  it('has its time in a cancelled job whose work has no time left', () => {
    const cleanup = deadlineAfter(235_000, 240, AbortSignal.abort(), 5000).forCleanup(4000)
    expect(check(cleanup)).not.toThrow()
    expect(cleanup.remaining()).toBe(4000)
  })

  it.each([
    [238_500, 1500],
    [247_500, 0]
  ])('ends with the timeout of the step: after %d ms of 240 s it has %d ms', (passed, left) => {
    expect(deadlineAfter(passed, 240, neverCancelled(), 5000).forCleanup(4000).remaining()).toBe(left)
  })

  it('ends 9 s after a cancellation at the latest, as the runner kills the process at 10 s', () => {
    const clock = new FakeClock()
    const cancellation = new AbortController()
    const deadline = new Deadline(clock, 300, cancellation.signal)
    clock.pass(60_000)
    cancellation.abort()
    expect(deadline.forCleanup(4000).remaining()).toBe(4000)
    clock.pass(6000)
    const cleanup = deadline.forCleanup(4000)
    expect(cleanup.remaining()).toBe(3000)
    clock.pass(2000)
    expect(cleanup.forCleanup(4000).remaining()).toBe(1000)
  })

  it('names the timeout of the step when its own time is over', () => {
    const clock = new FakeClock()
    const cleanup = new Deadline(clock, 240, neverCancelled()).forCleanup(4000)
    clock.pass(4000)
    expect(check(cleanup)).toThrow(new StepEnded('deadline', 240))
  })
})
