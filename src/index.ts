import { mint } from './main.ts'
import { revoke, revokeFailed } from './post.ts'
import { runStep } from './step.ts'
import { sweep as sweepTokens } from './sweep.ts'
import { realWorld } from './lib/clock.ts'
import { log } from './runner/log.ts'

/*
 * What the three files in dist/ that `action.yml` and `sweep/action.yml` name call, and nothing besides.
 */

const surroundings = { world: realWorld, log }

function fail(error: unknown): number {
  log.error(error instanceof Error ? error.message : String(error))
  return 1
}

/** The main step. Exit code 1, and exactly one error, where there is no token. */
export async function main(): Promise<void> {
  await runStep(process, surroundings, mint, fail)
}

/** The post step. Exit code 0, whatever happens. */
export async function post(): Promise<void> {
  await runStep(process, surroundings, revoke, (error) => {
    revokeFailed(log, error)
    return 0
  })
}

/** The sweep. Exit code 1, and exactly one error, where a left-over token remained. */
export async function sweep(): Promise<void> {
  await runStep(process, surroundings, sweepTokens, fail)
}
