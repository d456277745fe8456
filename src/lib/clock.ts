/** What a step takes from its surroundings, in one object, so that tests can give it another. */
export interface World {
  /** The wall clock, in milliseconds since 1970. */
  now(): number
  /** Milliseconds since the process started, by a clock that never jumps. */
  elapsed(): number
  /** A number from 0 to just under 1. */
  random(): number
  /** Waits `ms` milliseconds, or less where `stop` is aborted. Never rejects. */
  sleep(ms: number, stop: AbortSignal): Promise<void>
}

export const realWorld: World = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  sleep: (ms, stop) =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        stop.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      stop.addEventListener('abort', wake)
      if (stop.aborted) wake()
    })
}
