import { describe, expect, it } from '@jest/globals'
import { Budget, BudgetSpent, Cancelled } from '../../../src/lib/deadline.ts'
import { FakeWorld, neverStopped, thrownBy } from '../clock.ts'

describe('Budget', () => {
  it('counts from the start of the process, and never below 0', () => {
    const world = new FakeWorld()
    const budget = new Budget(world, 10, neverStopped())
    expect(budget.remaining()).toBe(10_000)
    world.pass(9999)
    expect(budget.remaining()).toBe(1)
    world.pass(5)
    expect(budget.remaining()).toBe(0)
  })

  it('keeps its reserve for what comes after the work', () => {
    expect(new Budget(new FakeWorld(), 240, neverStopped(), 5000).remaining()).toBe(235_000)
  })

  it('is not moved by somebody who sets the wall clock', () => {
    const world = new FakeWorld()
    const budget = new Budget(world, 10, neverStopped())
    world.jump(86_400_000)
    expect(budget.remaining()).toBe(10_000)
  })

  it('lets work begin while there is time and nobody cancelled', () => {
    const world = new FakeWorld()
    const budget = new Budget(world, 1, neverStopped())
    world.pass(999)
    expect(() => {
      budget.check()
    }).not.toThrow()
  })

  it('lets nothing begin once the time is over, and says how much there was', () => {
    const world = new FakeWorld()
    const budget = new Budget(world, 7, neverStopped())
    world.pass(7000)
    expect(() => {
      budget.check()
    }).toThrow(new BudgetSpent(7))
    expect(new BudgetSpent(7).seconds).toBe(7)
    expect(new BudgetSpent(7).message).toMatch(/\b7 s\b/)
  })

  it('lets nothing begin in a cancelled job, which says more than that the time is over', () => {
    const stop = new AbortController()
    const world = new FakeWorld()
    const budget = new Budget(world, 1, stop.signal)
    world.pass(2000)
    stop.abort()
    expect(() => {
      budget.check()
    }).toThrow(Cancelled)
    expect(new Cancelled().message).toMatch(/cancelled/)
  })
})

describe('Budget.pause', () => {
  it('waits as long as it is told', async () => {
    const world = new FakeWorld()
    await new Budget(world, 10, neverStopped()).pause(1500)
    expect([world.sleeps, world.elapsed()]).toEqual([[1500], 1500])
  })

  it('does not begin to wait in a cancelled job', async () => {
    const world = new FakeWorld()
    const pause = new Budget(world, 10, AbortSignal.abort()).pause(1500)
    expect(await thrownBy(pause)).toBeInstanceOf(Cancelled)
    expect(world.sleeps).toEqual([])
  })

  it('ends as cancelled where the job is cancelled while it waits', async () => {
    const world = new FakeWorld()
    const stop = new AbortController()
    world.onSleep = () => {
      stop.abort()
    }
    expect(await thrownBy(new Budget(world, 10, stop.signal).pause(1500))).toBeInstanceOf(Cancelled)
  })

  it('ends as spent where the time ends while it waits', async () => {
    const pause = new Budget(new FakeWorld(), 1, neverStopped()).pause(1000)
    expect(await thrownBy(pause)).toBeInstanceOf(BudgetSpent)
  })
})

describe('Budget.closing', () => {
  it('gives a little time to tidy up in when the work has none left, cancelled or not', () => {
    const world = new FakeWorld()
    const budget = new Budget(world, 240, AbortSignal.abort(), 5000)
    world.pass(235_000)
    const closing = budget.closing(4000)
    expect(() => {
      closing.check()
    }).not.toThrow()
    expect(closing.remaining()).toBe(4000)
  })

  it('never goes beyond the time of the step', () => {
    const world = new FakeWorld()
    const budget = new Budget(world, 240, neverStopped(), 5000)
    world.pass(238_500)
    expect(budget.closing(4000).remaining()).toBe(1500)
    world.pass(9000)
    expect(budget.closing(4000).remaining()).toBe(0)
  })
})
