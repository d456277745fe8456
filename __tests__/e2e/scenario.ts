import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { startZendesk, type RecordedRequest, type Token, type Zendesk } from '../../mock/zendesk.ts'
import type { ZendeskOptions } from '../../mock/zendesk.ts'
import type { Act, ActRun, Job } from './act.ts'
import { indented, type Report } from './report.ts'

/** What the checks of one scene work with. */
export interface Stage {
  zendesk: Zendesk
  act: Act
  report: Report
  /** Checks with the scene's name before theirs. */
  check: (name: string, holds: boolean, found?: unknown) => void
  equal: (name: string, found: unknown, wanted: unknown) => void
  /** Runs a workflow, and checks what holds of every run: its exit code, and that no secret is in its log. */
  run: (job: Job, wanted?: { exitCode: number }) => Promise<ActRun>
  /** The tokens that were minted in this scene, oldest first, without those that were seeded. */
  minted: () => Token[]
}

/** Plays one scene with a sandbox of its own. Where a check fails, the log of each of its runs is shown. */
export async function play(
  name: string,
  act: Act,
  report: Report,
  checks: (stage: Stage) => Promise<void>,
  options: ZendeskOptions = {}
): Promise<void> {
  const zendesk = await startZendesk(options)
  const failedBefore = report.failed
  const runs: ActRun[] = []
  const check: Stage['check'] = (what, holds, found) => {
    report.check(`${name}: ${what}`, holds, found)
  }
  const minted: Stage['minted'] = () =>
    [...zendesk.tokens.values()].filter(({ origin }) => origin !== 'standing' && origin !== 'seeded')
  const stage: Stage = {
    zendesk,
    act,
    report,
    check,
    equal: (what, found, wanted) => {
      report.equal(`${name}: ${what}`, found, wanted)
    },
    minted,
    run: async (job, { exitCode } = { exitCode: 0 }) => {
      const run = await act.run(job)
      runs.push(run)
      check(`act ends with ${exitCode}`, run.exitCode === exitCode, `it ended with ${run.exitCode}`)
      const secrets = [
        ...Object.values(job.secrets ?? {}),
        ...[...zendesk.tokens.values()].flatMap(({ value, refreshToken }) => [value, refreshToken ?? value])
      ]
      const leaked = secrets.filter((secret) => run.text.includes(secret))
      check('no secret is in the log', leaked.length === 0, leaked)
      return run
    }
  }
  try {
    await checks(stage)
  } catch (error) {
    check('it can be checked', false, error instanceof Error ? error.stack : String(error))
  } finally {
    await zendesk.close()
  }
  if (report.failed === failedBefore) return
  for (const { text } of runs) console.log(indented(text.slice(-20_000)))
  console.log(indented(zendesk.requests.map(shown).join('\n')))
}

export function shown({ method, target, status, fault }: RecordedRequest): string {
  return `${method} ${target} ${status ?? ''} ${fault ?? ''}`.trimEnd()
}

/** The text of a workflow of this folder. */
export function workflow(name: string): string {
  return readFileSync(join(import.meta.dirname, 'workflows', `${name}.yml`), 'utf8')
}

/** Requests that end tokens, in order: whose token did it, and to which. */
export function deletions(zendesk: Zendesk): RecordedRequest[] {
  return zendesk.requests.filter(({ method }) => method === 'DELETE')
}

export function bearerOf({ headers }: RecordedRequest): string | undefined {
  return /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]
}
