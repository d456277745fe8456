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

it('reserveOf is a fifth of the timeout, and 5 s at most', () => {
  expect([5, 20, 25, 30, 3600].map(reserveOf)).toEqual([1000, 4000, 5000, 5000, 5000])
})

describe('Deadline', () => {
  it('counts from the start of the process, and does not move with the wall clock', () => {
    const left = [0, 9999, 10_000, 10_005].map((passed) => deadlineAfter(passed, 10).remaining())
    expect(left).toEqual([10_000, 1, 0, 0])
    const clock = new FakeClock()
    const deadline = new Deadline(clock, 10, neverCancelled())
    clock.jump(86_400_000)
    expect(deadline.remaining()).toBe(10_000)
  })

  it('does not give its reserve to the work, and allows new work until its last millisecond', () => {
    expect(deadlineAfter(0, 240, neverCancelled(), 5000).remaining()).toBe(235_000)
    const deadline = deadlineAfter(6999, 7)
    deadline.check()
    expect(deadline.isOver()).toBe(false)
  })

  it.each<[string, number, AbortSignal, kind: string, message: string]>([
    ['its time is over', 7000, neverCancelled(), 'deadline', 'The step reached its timeout of 7 s.'],
    ['the job was cancelled', 0, AbortSignal.abort(), 'cancelled', 'The job was cancelled.'],
    ['both are true', 7000, AbortSignal.abort(), 'cancelled', 'The job was cancelled.']
  ])('allows no new work if %s', (_what, passed, signal, kind, message) => {
    const deadline = deadlineAfter(passed, 7, signal)
    expect(deadline.isOver()).toBe(true)
    expect(() => deadline.check()).toThrow(StepEnded)
    expect(() => deadline.check()).toThrow(expect.objectContaining({ kind, message }))
  })
})

describe('Deadline.forCleanup', () => {
  it('has its time in a cancelled job whose work has no time left', () => {
    const cleanup = deadlineAfter(235_000, 240, AbortSignal.abort(), 5000).forCleanup(4000)
    expect([cleanup.isOver(), cleanup.remaining()]).toEqual([false, 4000])
  })

  it('ends with the timeout of the step', () => {
    const left = (passed: number): number =>
      deadlineAfter(passed, 240, neverCancelled(), 5000).forCleanup(4000).remaining()
    expect([238_500, 247_500].map(left)).toEqual([1500, 0])
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
    expect(() => cleanup.check()).toThrow('The step reached its timeout of 240 s.')
  })
})
