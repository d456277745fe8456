import { exit, type EndingProcess } from './exit.ts'
import { type Clock } from './lib/clock.ts'
import { Deadline, StepEnded } from './lib/deadline.ts'
import { type Log } from './lib/log.ts'

/** What a step runs with. */
export interface Step {
  clock: Clock
  log: Log
  /**
   * Does the work of the step within its timeout, whatever it waits for.
   *
   * @throws {StepEnded} at the timeout, and what `work` throws
   */
  within: <Result>(limit: Limit, work: (deadline: Deadline) => Promise<Result>) => Promise<Result>
}

/** How long a step may take. */
export interface Limit {
  /** The timeout of the whole step. */
  seconds: number
  /** Milliseconds of it that are not for the work. */
  reserve?: number
}

/** What is needed of the process that a step runs in. */
export type Host = EndingProcess &
  Pick<NodeJS.Process, 'on' | 'removeAllListeners' | 'noDeprecation' | 'stdout'>

/** Milliseconds that requests are given to end by themselves at the timeout. */
const TIMEOUT_GRACE = 250

/**
 * Runs a step from its start to the end of the process, which comes when the step's work or its time is over,
 * whatever sockets and promises remain.
 *
 * @param failureCode the exit code if the step fails: 1 with one error in the log, 0 in silence
 */
export async function runStep(
  host: Host,
  { clock, log }: Pick<Step, 'clock' | 'log'>,
  run: (step: Step) => Promise<void>,
  failureCode: 0 | 1
): Promise<void> {
  const signal = prepare(host)
  // Whoever waits is told of an error that nobody has caught: the work within its limit, else the step.
  let onCrash!: (error: unknown) => void
  const crashed = new Promise<never>((_resolve, reject) => (onCrash = reject))
  host.on('uncaughtException', (error) => onCrash(error))
  const within: Step['within'] = async ({ seconds, reserve }, work) => {
    const outside = onCrash
    let timer: NodeJS.Timeout | undefined
    const ended = new Promise<never>((_resolve, reject) => {
      onCrash = reject
      const end = seconds * 1000 + TIMEOUT_GRACE - clock.elapsed()
      timer = setTimeout(() => reject(new StepEnded('deadline', seconds)), end)
    })
    try {
      return await Promise.race([work(new Deadline(clock, seconds, signal, reserve)), ended])
    } finally {
      onCrash = outside
      clearTimeout(timer)
    }
  }

  let code = 0
  try {
    await Promise.race([run({ clock, log, within }), crashed])
  } catch (error) {
    code = failureCode
    if (code !== 0) log.error(error instanceof Error ? error.message : String(error))
  }
  // On Windows a pipe is written to in the background: all output has to be out before the process ends.
  await new Promise((resolve) => host.stdout.write('', resolve))
  exit(host, code)
}

/** Prepares the process for a step; the signal that it returns is aborted when the runner cancels the job. */
function prepare(host: Host): AbortSignal {
  const cancellation = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) host.on(signal, () => cancellation.abort())
  // A closed log (EPIPE) must not end the step.
  host.stdout.on('error', () => undefined)
  // Node would print warnings to stderr, and with `--throw-deprecation` end the step, as about `Buffer()` in the
  // `tunnel` package with a proxy's password.
  host.removeAllListeners('warning')
  host.noDeprecation = true
  return cancellation.signal
}
