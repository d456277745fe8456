/*
 * Runs the built files of dist/ as GitHub's runner runs them: whole jobs, or single steps. Each process has a clock of
 * its own (see preload/time.js), so that no test depends on how fast the machine is.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, jest } from '@jest/globals'

import {
  Job,
  runJob,
  type ActionStep,
  type InputValue,
  type Interference,
  type JobOptions,
  type StepResult
} from '../../mock/runner.ts'
import { RequestWatch } from './requests.ts'

export const root = join(import.meta.dirname, '../..')
export const sweepAction = join(root, 'sweep')

/** The time of day at which every process starts, and at which the clock of every mock stands. */
export const NOON = Date.UTC(2026, 10, 21, 12)

/** The version that every request names. */
export const userAgent = `create-zendesk-token/${(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version}`

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

const folder = mkdtempSync(join(tmpdir(), 'run-action-'))
const preload = join(import.meta.dirname, 'preload/time.js')
export const requestWatch = new RequestWatch()
let files = 0

afterAll(() => {
  requestWatch.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** A path that no other test has. */
export function scratch(name = 'file'): string {
  return join(folder, `${name}-${++files}`)
}

/** What is changed about a process. `preload/time.js` explains each. */
export interface Preloaded {
  now?: number
  random?: number
  lookups?: number
  speed?: number
  hold?: string
  signalAt?: RegExp
  signal?: NodeJS.Signals
  clockFile?: string
  barrier?: string
  report?: string
}

/** The variables that change it. */
export function preloaded(wanted: Preloaded = {}): Record<string, string> {
  const {
    now = NOON,
    random = 0.5,
    lookups,
    speed,
    hold,
    signalAt,
    signal,
    clockFile,
    barrier,
    report
  } = wanted
  const variables = {
    // NODE_OPTIONS reads a backslash as an escape.
    NODE_OPTIONS: `--require "${preload.replaceAll('\\', '/')}"`,
    TEST_STALLED: requestWatch.stalled,
    TEST_NOW: now,
    TEST_RANDOM: random,
    TEST_LOOKUPS: lookups,
    TEST_SPEED: speed,
    TEST_HOLD: hold,
    TEST_SIGNAL_AT: signalAt?.source,
    TEST_SIGNAL: signal,
    TEST_CLOCK_FILE: clockFile,
    TEST_BARRIER: barrier,
    TEST_REPORT: report
  }
  // An empty variable counts as not set, and overrides that of an earlier step.
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value ?? '')]))
}

/** What a single step runs with. */
export interface StepRun extends Interference, Preloaded {
  inputs?: Record<string, InputValue>
  env?: Record<string, string>
  /** For post: what main saved. */
  state?: Readonly<Record<string, string>>
}

/** The result of a step, and the milliseconds that it took by its own clock. */
export type StepEnd = StepResult & { elapsed: number }

/** Runs one step, without the rest of its job. */
export async function runStep(entry: 'main' | 'post' | 'sweep', run: StepRun = {}): Promise<StepEnd> {
  const { inputs = {}, env, state = {}, timeoutMs, onStart, onLine, ...changes } = run
  const clockFile = changes.clockFile ?? scratch('clock')
  writeFileSync(clockFile, '0')
  const step = {
    uses: entry === 'sweep' ? sweepAction : root,
    with: inputs,
    ...(env && { env })
  }
  const interference = {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(onStart && { onStart }),
    ...(onLine && { onLine })
  }
  const job = new Job({ env: preloaded({ ...changes, clockFile }) })
  try {
    const end = await (entry === 'post'
      ? job.runPost({ ...step, post: interference }, state)
      : job.run({ ...step, ...interference }))
    return { ...end, elapsed: Number(readFileSync(clockFile, 'utf8')) }
  } finally {
    job.close()
  }
}

/** What a job of one action runs with: changes to both processes, and to post alone. */
type JobRun = Omit<ActionStep, 'uses' | 'with'> &
  Pick<JobOptions, 'node' | 'debug'> & { preload?: Preloaded; postPreload?: Preloaded }

/** Runs a job of one step with this action, and its post step. */
export async function mainAndPost(
  inputs: Record<string, InputValue>,
  { preload = {}, postPreload, node, debug, postEnv, ...step }: JobRun = {}
): Promise<{ main: StepResult; post: StepResult }> {
  const options = { env: preloaded(preload), ...(node && { node }), ...(debug && { debug }) }
  const forPost = { ...(postPreload && preloaded({ ...preload, ...postPreload })), ...postEnv }
  const { steps } = await runJob([{ ...step, uses: root, with: inputs, postEnv: forPost }], options)
  return { main: steps[0]!, post: steps[1]! }
}

/** The lines of stdout, without the milliseconds and ids of requests, which differ each time. */
export function stream({ stdout }: StepResult): string[] {
  return stdout.map((line) =>
    line.replace(/ after \d+ ms/, ' after N ms').replace(/(, request id )[\da-f]{8}-[\da-f-]{27}$/, '$1ID')
  )
}

/** The lines of stdout without debug lines. */
export function said(step: StepResult): string[] {
  return stream(step).filter((line) => !line.startsWith('::debug::'))
}

/** The lines that become annotations. */
export function annotated(step: StepResult): string[] {
  return said(step).filter((line) => /^::(error|warning|notice)/.test(line))
}

/** The number of annotations of this level. */
export function count(step: StepResult, level: 'error' | 'warning'): number {
  return annotated(step).filter((line) => line.startsWith(`::${level}`)).length
}

/** What a step gives to post and to later steps. To be compared by toEqual: toMatchObject takes anything for `{}`. */
export function published({
  outputs,
  state,
  env
}: StepResult): Pick<StepResult, 'outputs' | 'state' | 'env'> {
  return { outputs, state, env }
}

export const nothing = { outputs: {}, state: {}, env: {} }

/** Everything that a step showed: stdout without the masks, stderr, and the summary. */
export function shown({ stdout, stderr, summary }: StepResult): string {
  return [...stdout.filter((line) => !line.startsWith('::add-mask::')), stderr, summary].join('\n')
}
