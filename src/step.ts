import { Budget, BudgetSpent } from './lib/deadline.ts'
import { type World } from './lib/clock.ts'
import { type Log } from './runner/log.ts'

/** What a step is run with. */
export interface Step {
  world: World
  log: Log
  /**
   * How much time the step has, once it knows: from then on it ends when that is over, whatever it waits for.
   *
   * @param seconds for the whole step
   * @param reserve milliseconds of these that are kept for what comes after the work
   */
  budget: (seconds: number, reserve?: number) => Budget
}

/** What is needed of the process that a step runs in. */
export type Host = Pick<NodeJS.Process, 'on' | 'removeAllListeners' | 'env'> & {
  stdout: {
    write(text: string, done: () => void): unknown
    on(event: 'error', listener: () => void): unknown
  }
  exit(code: number): unknown
}

/** Milliseconds that requests are given to end by themselves when the time of a step is over. */
const LAST_MOMENT = 250

/**
 * Runs a step from its start to the end of the process, which comes when the step's work or its time is over,
 * whatever sockets and promises remain.
 *
 * @param story what the step does
 * @param failed says what went wrong, and returns the exit code
 */
export async function runStep(
  host: Host,
  { world, log }: Pick<Step, 'world' | 'log'>,
  story: (step: Step) => Promise<void>,
  failed: (error: unknown) => number
): Promise<void> {
  const stop = prepare(host)
  let code = 0
  try {
    await new Promise<void>((resolve, reject) => {
      host.on('uncaughtException', reject)
      const budget: Step['budget'] = (seconds, reserve) => {
        const end = seconds * 1000 + LAST_MOMENT - world.elapsed()
        setTimeout(() => {
          reject(new BudgetSpent(seconds))
        }, end)
        return new Budget(world, seconds, stop, reserve)
      }
      story({ world, log, budget }).then(resolve, reject)
    })
  } catch (error) {
    code = failed(error)
  }
  // On Windows a pipe is written to in the background: what was said has to be out before the process ends.
  await new Promise<void>((resolve) => {
    host.stdout.write('', resolve)
  })
  host.exit(code)
}

/** Makes the process fit for a step; the signal that it returns is aborted when the runner cancels the job. */
function prepare(host: Host): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    host.on(signal, () => {
      stop.abort()
    })
  }
  // A log that nobody reads any more is no reason to stop.
  host.stdout.on('error', () => undefined)
  // Node would print warnings to stderr, as of `Buffer()` in the `tunnel` package with a proxy's password.
  host.removeAllListeners('warning')
  // Whoever sets this wants the certificates of other tools not to matter; a credential is not sent that way.
  delete host.env['NODE_TLS_REJECT_UNAUTHORIZED']
  return stop.signal
}
