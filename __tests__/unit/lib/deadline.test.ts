import { describe, expect, it } from '@jest/globals'
import { Cancelled, Deadline, DeadlineExceeded, reserveOf } from '../../../src/lib/deadline.ts'
import { FakeClock, neverCancelled, rejectionOf } from '../clock.ts'

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
  ])('reserves, of a timeout of %d s, %d ms for cleanup', (seconds, ms) => {
    expect(reserveOf(seconds)).toBe(ms)
  })
})

describe('A deadline', () => {
  it.each([
    [0, 10_000],
    [9999, 1],
    [10_000, 0],
    [10_005, 0]
  ])('of 10 s has, %d ms after the start of the process, %d ms left', (passed, left) => {
    expect(deadlineAfter(passed, 10).remaining()).toBe(left)
  })

  it('leaves its reserve out of the time for the work', () => {
    expect(deadlineAfter(0, 240, neverCancelled(), 5000).remaining()).toBe(235_000)
  })

  it('does not move when somebody sets the wall clock', () => {
    const clock = new FakeClock()
    const deadline = new Deadline(clock, 10, neverCancelled())
    clock.jump(86_400_000)
    expect(deadline.remaining()).toBe(10_000)
  })

  it('allows new work until the last millisecond, and then says which timeout was reached', () => {
    expect(check(deadlineAfter(6999, 7))).not.toThrow()
    expect(check(deadlineAfter(7000, 7))).toThrow(new DeadlineExceeded(7))
    expect(new DeadlineExceeded(7)).toMatchObject({
      seconds: 7,
      message: 'The step reached its timeout of 7 s. Raise `timeout-seconds`.'
    })
  })

  it('reports a cancelled job as cancelled, even after the timeout', () => {
    expect(check(deadlineAfter(2000, 1, AbortSignal.abort()))).toThrow(new Cancelled())
    expect(check(deadlineAfter(2000, 1, AbortSignal.abort()))).toThrow('The job was cancelled.')
  })
})

describe('Deadline.pause', () => {
  it('waits for the given time', async () => {
    const clock = new FakeClock()
    await new Deadline(clock, 10, neverCancelled()).pause(1500)
    expect([clock.sleeps, clock.elapsed()]).toEqual([[1500], 1500])
  })

  it('does not start to wait in a cancelled job', async () => {
    const clock = new FakeClock()
    const pause = new Deadline(clock, 10, AbortSignal.abort()).pause(1500)
    expect(await rejectionOf(pause)).toBeInstanceOf(Cancelled)
    expect(clock.sleeps).toEqual([])
  })

  it('throws Cancelled if the job is cancelled during the wait', async () => {
    const clock = new FakeClock()
    const stop = new AbortController()
    clock.onSleep = () => {
      stop.abort()
    }
    expect(await rejectionOf(new Deadline(clock, 10, stop.signal).pause(1500))).toBeInstanceOf(Cancelled)
  })

  it('throws DeadlineExceeded if the time runs out during the wait', async () => {
    expect(await rejectionOf(deadlineAfter(0, 1).pause(1000))).toBeInstanceOf(DeadlineExceeded)
  })
})

describe('Deadline.forCleanup', () => {
  it('gives cleanup its time in a cancelled job whose work has no time left', () => {
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
    expect(check(cleanup)).toThrow(new DeadlineExceeded(240))
  })
})
