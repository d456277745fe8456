import { systemClock } from './lib/clock.ts'
import { main as mainStep } from './main.ts'
import { post as postStep } from './post.ts'
import { runnerLog } from './runner/log.ts'
import { runStep, type Step } from './step.ts'
import { sweep as sweepStep } from './sweep.ts'

/*
 * Entry points of dist/main.cjs, post.cjs and sweep.cjs.
 */

const entry = (step: (step: Step) => Promise<void>, failureCode: 0 | 1) => (): Promise<void> =>
  runStep(process, { clock: systemClock, log: runnerLog }, step, failureCode)

/** The main step. Exit code 1, and exactly one error, if there is no usable token. */
export const main = entry(mainStep, 1)
/** The post step. Exit code 0, whatever happens. */
export const post = entry(postStep, 0)
/** The sweep. Exit code 1, and exactly one error, if a stale token remained. */
export const sweep = entry(sweepStep, 1)
