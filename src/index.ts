import { systemClock } from './lib/clock.ts'
import { main as mainStep } from './main.ts'
import { post as postStep, reportFailure } from './post.ts'
import { runnerLog } from './runner/log.ts'
import { runStep } from './step.ts'
import { sweep as sweepStep } from './sweep.ts'

/*
 * Entry points of dist/main.cjs, post.cjs and sweep.cjs.
 */

const surroundings = { clock: systemClock, log: runnerLog }

function fail(error: unknown): number {
  runnerLog.error(error instanceof Error ? error.message : String(error))
  return 1
}

/** The main step. Exit code 1, and exactly one error, if there is no usable token. */
export async function main(): Promise<void> {
  await runStep(process, surroundings, mainStep, fail)
}

/** The post step. Exit code 0, whatever happens. */
export async function post(): Promise<void> {
  await runStep(process, surroundings, postStep, (error) => {
    reportFailure(runnerLog, error)
    return 0
  })
}

/** The sweep. Exit code 1, and exactly one error, if a stale token remained. */
export async function sweep(): Promise<void> {
  await runStep(process, surroundings, sweepStep, fail)
}
