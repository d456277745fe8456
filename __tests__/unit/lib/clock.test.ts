import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { systemClock } from '../../../src/lib/clock.ts'
import { neverCancelled } from '../../support/client.ts'

describe('systemClock', () => {
  it('reads the wall clock', () => {
    const before = Date.now()
    const now = systemClock.now()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })

  it('counts the time since the start of the process, and never goes back', () => {
    const first = systemClock.elapsed()
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThanOrEqual(process.uptime() * 1000 + 1000)
    expect(systemClock.elapsed()).toBeGreaterThanOrEqual(first)
  })

  it('draws different numbers from 0 to just under 1', () => {
    const drawn = Array.from({ length: 50 }, () => systemClock.random())
    expect(new Set(drawn).size).toBeGreaterThan(1)
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true)
  })
})

describe('systemClock.sleep', () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

  it('ends after the given time, and not before', async () => {
    const before = performance.now()
    await systemClock.sleep(50, neverCancelled())
    // Timers of Node may end up to 1 ms early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(49)
  })

  it('ends at once and leaves no timer if the job was cancelled before', async () => {
    const before = timers()
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).resolves.toBeUndefined()
    expect(timers()).toBe(before)
  })

  it('ends as soon as the job is cancelled, and leaves neither timer nor listener', async () => {
    const stop = new AbortController()
    const before = timers()
    const sleep = systemClock.sleep(60_000, stop.signal)
    expect(timers()).toBe(before + 1)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
    stop.abort()
    await sleep
    expect(timers()).toBe(before)
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })
})
