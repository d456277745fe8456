import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { systemClock } from '../../../src/lib/clock.ts'
import { neverCancelled } from '../../support/client.ts'

describe('systemClock', () => {
  it('reads the wall clock', () => {
    const times = [Date.now(), systemClock.now(), Date.now()]
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('counts the time since the start of the process, and never goes back', () => {
    const times = [1, systemClock.elapsed(), systemClock.elapsed(), process.uptime() * 1000 + 1000]
    expect(times).toEqual([...times].sort((a, b) => a - b))
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

  it('ends at once if the job was cancelled before', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).resolves.toBeUndefined()
  })

  it('ends as soon as the job is cancelled, and leaves neither timer nor listener', async () => {
    const stop = new AbortController()
    const before = timers()
    const seen = (): number[] => [timers() - before, getEventListeners(stop.signal, 'abort').length]
    const sleep = systemClock.sleep(60_000, stop.signal)
    expect(seen()).toEqual([1, 1])
    stop.abort()
    await sleep
    expect(seen()).toEqual([0, 0])
  })
})
