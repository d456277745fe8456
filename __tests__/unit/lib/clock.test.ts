import { describe, expect, it, jest } from '@jest/globals'
import { realWorld } from '../../../src/lib/clock.ts'
import { neverStopped } from '../clock.ts'

describe('realWorld', () => {
  it('tells the time of the wall clock', () => {
    const before = Date.now()
    const now = realWorld.now()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })

  it('counts from the start of the process by a clock that only goes forward', () => {
    const first = realWorld.elapsed()
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThanOrEqual(process.uptime() * 1000 + 1000)
    expect(realWorld.elapsed()).toBeGreaterThanOrEqual(first)
  })

  it('draws other numbers each time, from 0 to just under 1', () => {
    const drawn = Array.from({ length: 50 }, () => realWorld.random())
    expect(new Set(drawn).size).toBeGreaterThan(1)
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true)
  })
})

describe('realWorld.sleep', () => {
  it('wakes after the time, and not before', async () => {
    jest.useFakeTimers()
    try {
      let awake = false
      const sleep = realWorld.sleep(5000, neverStopped()).then(() => (awake = true))
      await jest.advanceTimersByTimeAsync(4999)
      expect(awake).toBe(false)
      await jest.advanceTimersByTimeAsync(1)
      await sleep
      expect(awake).toBe(true)
    } finally {
      jest.useRealTimers()
    }
  })

  it('does not begin where the job is cancelled already', async () => {
    await expect(realWorld.sleep(60_000, AbortSignal.abort())).resolves.toBeUndefined()
  })

  it('wakes the moment the job is cancelled, and leaves no timer and no listener', async () => {
    const stop = new AbortController()
    const removed = jest.spyOn(stop.signal, 'removeEventListener')
    const added = jest.spyOn(stop.signal, 'addEventListener')
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const sleep = realWorld.sleep(60_000, stop.signal)
    expect(timers()).toBe(before + 1)
    stop.abort()
    await sleep
    expect(timers()).toBe(before)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})
