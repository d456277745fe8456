/*
 * Runs the built files of dist/ as GitHub's runner runs them. Each process has a clock of its own (see
 * preload/time.js), so that no test depends on how fast the machine is.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, jest } from '@jest/globals'
import { Job, type InputValue, type Interference, type StepResult } from '../../mock/runner.ts'
import { type Zendesk } from '../../mock/zendesk.ts'
import { NOON } from './clock.ts'
import './fresh-dist.ts'
import { annotated, count, shown, VERIFIED } from './log-lines.ts'
import { stalled } from './request-watch.ts'
import { mintedTokens, requestLines } from './requests.ts'
import { scratch } from './scratch.ts'
import { at, clientCredentials, credentials, type Inputs } from './zendesk.ts'

export const root = join(import.meta.dirname, '../..')
export const sweepAction = join(root, 'sweep')

/** The version that every request names. */
export const userAgent = `create-zendesk-token/${(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version}`

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

const preload = join(import.meta.dirname, 'preload/time.js')

/** What is changed about a process, by the variables that `preload/time.js` explains: `TEST_NOW` and so on. */
interface Preloaded {
  now?: number
  random?: number
  lookups?: number
  noNames?: boolean
  speed?: number
  hold?: string
  signalAt?: RegExp
  signal?: NodeJS.Signals
  clockFile?: string
  barrier?: string
  report?: string
}

const NAMES = [
  ...(['now', 'random', 'lookups', 'noNames', 'speed', 'hold', 'signalAt', 'signal'] as const),
  ...(['clockFile', 'barrier', 'report'] as const)
]

/** The variables that change it. An empty one counts as not set. */
export function preloaded(wanted: Preloaded = {}): Record<string, string> {
  const values = { now: NOON, random: 0.5, ...wanted, signalAt: wanted.signalAt?.source }
  const variables = NAMES.map((name) => [
    `TEST_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`,
    String(values[name] ?? '')
  ])
  // NODE_OPTIONS reads a backslash as an escape.
  const NODE_OPTIONS = `--require "${preload.replaceAll('\\', '/')}"`
  return { NODE_OPTIONS, TEST_STALLED: stalled, ...(Object.fromEntries(variables) as object) }
}

export interface StepRun extends Interference, Preloaded {
  inputs?: Inputs<InputValue>
  env?: Record<string, string>
  /** For post: what main saved. */
  state?: Readonly<Record<string, string>>
}

/** The result of a step, and the milliseconds that it took by its own clock. */
export type StepEnd = StepResult & { elapsed: number }

/** Runs one step, without the rest of its job. */
export async function runStep(entry: 'main' | 'post' | 'sweep', run: StepRun = {}): Promise<StepEnd> {
  const { inputs = {}, env = {}, state = {}, clockFile = scratch('clock') } = run
  writeFileSync(clockFile, '0')
  const step = { uses: entry === 'sweep' ? sweepAction : root, with: inputs, env }
  const job = new Job({ env: preloaded({ ...run, clockFile }) })
  try {
    const end = await (entry === 'post'
      ? job.runPost({ ...step, post: run }, state)
      : job.run({ ...run, ...step }))
    return { ...end, elapsed: Number(readFileSync(clockFile, 'utf8')) }
  } finally {
    job.close()
  }
}

/** Sweeps with this credential. */
export function sweep(
  zendesk: Zendesk,
  credential: keyof typeof credentials,
  inputs: Inputs<InputValue> = {},
  run: StepRun = {}
): Promise<StepEnd> {
  return runStep('sweep', { inputs: at(zendesk, { ...credentials[credential](zendesk), ...inputs }), ...run })
}

/** Does `work` at the first call only: several tests share its result. */
export function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined
  return () => (result ??= work())
}

/** How a job of one step went. */
export interface Run {
  main: StepEnd
  post: StepEnd
  /** What main and post requested, one line each; see `requestLines`. */
  mainRequests: string[]
  /** Without what a cleanup token asks or does about itself. */
  postRequests: string[]
}

/** What a job of one step runs with. */
interface Circumstances {
  inputs?: Inputs<InputValue>
  /** Called after main: the place for the faults of post. */
  between?: (main: StepEnd) => unknown
  mainRun?: StepRun
  postRun?: StepRun
}

/** Runs main, then post, and holds post to what it promises whatever happens. */
export async function mainThenPost(
  zendesk: Zendesk,
  { inputs = clientCredentials(zendesk), between, mainRun, postRun }: Circumstances = {}
): Promise<Run> {
  const main = await runStep('main', { inputs, ...mainRun })
  const boundary = zendesk.requests.length
  await between?.(main)
  const post = await runStep('post', { inputs, state: main.state, ...postRun })
  expectCalm(zendesk, post)
  const postRequests = requestLines(zendesk, zendesk.requests.slice(boundary))
  return {
    main,
    post,
    mainRequests: requestLines(zendesk, zendesk.requests.slice(0, boundary)),
    postRequests: postRequests.filter((line) => !/ (current|cleanup) by cleanup$/.test(line))
  }
}

/** Post never fails the job, warns at most once, never says "verified" of an active token, and cleans up after itself. */
function expectCalm(zendesk: Zendesk, post: StepEnd): void {
  expect(post).toMatchObject({ exitCode: 0, stderr: '', timedOut: false })
  expect(count(post, 'error')).toBe(0)
  expect(count(post, 'warning')).toBeLessThanOrEqual(1)
  const isActive = zendesk.activeTokens().includes(mintedTokens(zendesk)[0]!)
  if (shown(post).includes(VERIFIED) || /had (already )?expired/.test(shown(post)))
    expect(isActive).toBe(false)
}

/** Post sent these requests, and reported without a warning that the token is revoked and no longer works. */
export function expectVerified(zendesk: Zendesk, { post, postRequests }: Run, requests: string[]): void {
  expect(postRequests).toEqual(requests)
  expect(shown(post)).toContain(VERIFIED)
  expect(annotated(post)).toEqual([])
  const active = zendesk.activeTokens()
  expect(mintedTokens(zendesk).filter((token) => active.includes(token))).toEqual([])
}
