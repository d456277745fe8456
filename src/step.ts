import { type Clock } from './lib/clock.ts'
import { Deadline, StepEnded } from './lib/deadline.ts'
import { type Log } from './lib/log.ts'

/** What a step runs with. */
export interface Step {
  clock: Clock
  log: Log
  /**
   * Sets the step's deadline, once its timeout is known: from then on the step ends at its timeout, whatever it
   * waits for.
   *
   * @param seconds the timeout of the whole step
   * @param reserve milliseconds of it that are not for the work
   */
  startDeadline: (seconds: number, reserve?: number) => Deadline
  /** Reports what went wrong, and returns the exit code. A step may replace it. */
  onFailure: (error: unknown) => number
}

/** What is needed of the process that a step runs in. */
export type Host = Pick<NodeJS.Process, 'on' | 'removeAllListeners' | 'env' | 'stdout' | 'exit'>

/** Milliseconds that requests are given to end by themselves at the timeout. */
const TIMEOUT_GRACE = 250

/**
 * Runs a step from its start to the end of the process, which comes when the step's work or its time is over,
 * whatever sockets and promises remain.
 */
export async function runStep(
  host: Host,
  { clock, log }: Pick<Step, 'clock' | 'log'>,
  run: (step: Step) => Promise<void>
): Promise<void> {
  const signal = prepare(host)
  let code = 0
  let endStep!: (error: unknown) => void
  const ended = new Promise<never>((_resolve, reject) => (endStep = reject))
  host.on('uncaughtException', endStep)
  const step: Step = {
    clock,
    log,
    startDeadline: (seconds, reserve) => {
      const end = seconds * 1000 + TIMEOUT_GRACE - clock.elapsed()
      setTimeout(() => endStep(new StepEnded('deadline', seconds)), end)
      return new Deadline(clock, seconds, signal, reserve)
    },
    onFailure: (error) => {
      log.error(error instanceof Error ? error.message : String(error))
      return 1
    }
  }
  try {
    await Promise.race([run(step), ended])
  } catch (error) {
    code = step.onFailure(error)
  }
  // On Windows a pipe is written to in the background: all output has to be out before the process ends.
  await new Promise((resolve) => host.stdout.write('', resolve))
  host.exit(code)
}

/** Prepares the process for a step; the signal that it returns is aborted when the runner cancels the job. */
function prepare(host: Host): AbortSignal {
  const cancellation = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) host.on(signal, () => cancellation.abort())
  // A closed log (EPIPE) must not end the step.
  host.stdout.on('error', () => undefined)
  // Node would print warnings to stderr, as about `Buffer()` in the `tunnel` package with a proxy's password.
  host.removeAllListeners('warning')
  // Ignored: a credential is never sent over TLS that is not verified.
  delete host.env['NODE_TLS_REJECT_UNAUTHORIZED']
  return cancellation.signal
}
