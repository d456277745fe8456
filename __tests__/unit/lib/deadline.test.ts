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
  ])('reserves of a timeout of %d s %d ms for cleanup', (seconds, ms) => {
    expect(reserveOf(seconds)).toBe(ms)
  })
})

describe('Deadline', () => {
  it.each([
    [0, 10_000],
    [9999, 1],
    [10_000, 0],
    [10_005, 0]
  ])('of 10 s, %d ms after the start of the process, has %d ms left', (passed, left) => {
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
    expect(new StepEnded('deadline', 7).message).toBe(
      'The step reached its timeout of 7 s. Raise `timeout-seconds`.'
    )
  })

  it('reports a cancelled job as cancelled, even after the timeout', () => {
    const error = new StepEnded('cancelled', 1)
    expect(check(deadlineAfter(2000, 1, AbortSignal.abort()))).toThrow(error)
    expect(error).toMatchObject({ kind: 'cancelled', message: 'The job was cancelled.' })
  })
})

describe('Deadline.forCleanup', () => {
  it('has its time in a cancelled job whose work has none left', () => {
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

  it('names the timeout of the step when its own time is over', () => {
    const clock = new FakeClock()
    const cleanup = new Deadline(clock, 240, neverCancelled()).forCleanup(4000)
    clock.pass(4000)
    expect(check(cleanup)).toThrow(new StepEnded('deadline', 240))
  })
})
