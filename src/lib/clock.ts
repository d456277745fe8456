/** Time and randomness, in one object so that tests can replace them. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. */
  now(): number
  /** Milliseconds since the process started, by a clock that never jumps. */
  elapsed(): number
  /** A number from 0 to just under 1. */
  random(): number
  /** Waits `ms` milliseconds, or less if `signal` is aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, signal.aborted ? 0 : ms)
      signal.addEventListener('abort', wake)
    })
}
