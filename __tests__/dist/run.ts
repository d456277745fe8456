/*
 * Runs the built files of dist/ as GitHub's runner runs them, against a sandbox, and says what they said.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll } from '@jest/globals'

import {
  runJob,
  type ActionStep,
  type InputValue,
  type JobOptions,
  type ProcessControl,
  type StepResult
} from '../../mock/runner.ts'
import { startZendesk, type RecordedRequest, type Zendesk, type ZendeskOptions } from '../../mock/zendesk.ts'

export const root = join(import.meta.dirname, '../..')
export const sweepAction = join(root, 'sweep')

/** The version that every request names. */
export const userAgent = `create-zendesk-token/${(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version}`

/** The Node that the built files run on: the one that runs the tests. */
export const nodes: [name: string, path: string][] = [[`Node ${process.version}`, process.execPath]]

const folder = mkdtempSync(join(tmpdir(), 'dist-tests-'))
const preload = join(folder, 'preload.cjs')

/*
 * What is loaded before an action: a wall clock that stands at NOW, time that runs FASTER times as fast (timers and
 * the steady clock, so that a budget and the waits in it keep their proportions), randomness that is always RANDOM,
 * and REPORT, a file that is told of the memory that the process took.
 */
writeFileSync(
  preload,
  `const { env } = process
const faster = Number(env.FASTER || 1)
const { setTimeout: later } = globalThis
globalThis.setTimeout = (call, ms, ...rest) => later(call, ms / faster, ...rest)
const elapsed = performance.now.bind(performance)
const start = elapsed()
performance.now = () => start + (elapsed() - start) * faster
if (env.RANDOM) Math.random = () => Number(env.RANDOM)
Date.now = () => Number(env.NOW)
if (env.REPORT) process.on('exit', () => {
  require('node:fs').writeFileSync(env.REPORT, String(process.resourceUsage().maxRSS))
})
`
)

const running: Zendesk[] = []

afterAll(async () => {
  await Promise.all(running.map((zendesk) => zendesk.close()))
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** The time of day at which everything here happens, in milliseconds since 1970. */
export const NOON = Date.UTC(2026, 10, 21, 12)

/** What the above can be told. */
export interface Preloaded {
  NOW?: number
  FASTER?: number
  RANDOM?: number
  REPORT?: string
  /** More options of Node. */
  options?: string
}

/** Variables that load it. */
export function preloaded({ options = '', ...wanted }: Preloaded = {}): Record<string, string> {
  const variables = Object.entries({ NOW: NOON, ...wanted }).map(([name, value]) => [name, String(value)])
  // NODE_OPTIONS has its own mind about backslashes.
  return {
    NODE_OPTIONS: `${options} --require "${preload.replaceAll('\\', '/')}"`,
    ...(Object.fromEntries(variables) as Record<string, string>)
  }
}

/** A file that no other test has. */
export function scratch(name: string): string {
  return join(folder, name)
}

/** A sandbox that is stopped after the tests, and whose clock stands at noon until it is put ahead. */
export async function sandbox(options: ZendeskOptions = {}): Promise<Zendesk> {
  const zendesk = await startZendesk({ now: () => NOON, ...options })
  running.push(zendesk)
  return zendesk
}

/** The inputs that every step in front of this sandbox has. */
export function at({ url }: Zendesk, inputs: Record<string, InputValue> = {}): Record<string, InputValue> {
  return { subdomain: 'acme', 'base-url': url, 'client-id': 'ci_bot', ...inputs }
}

/** The inputs of each credential. */
export const credentials = {
  A: ({ credentials: { email, apiToken } }: Zendesk): Record<string, string> => ({
    email,
    'api-token': apiToken
  }),
  B: ({ credentials: { accessToken } }: Zendesk): Record<string, string> => ({ 'access-token': accessToken }),
  C: (zendesk: Zendesk, client = 'ci_bot'): Record<string, string> => ({
    'client-id': client,
    'client-secret': zendesk.client(client).secret!
  })
}

/** A job of one step with this action, and its post step. */
export async function mainAndPost(
  inputs: Record<string, InputValue>,
  {
    preload = {},
    node,
    debug,
    ...step
  }: Omit<ActionStep, 'uses' | 'with'> & Pick<JobOptions, 'node' | 'debug'> & { preload?: Preloaded } = {}
): Promise<{ main: StepResult; post: StepResult }> {
  const options = { env: preloaded(preload), ...(node && { node }), ...(debug && { debug }) }
  const { steps } = await runJob([{ ...step, uses: root, with: inputs }], options)
  return { main: steps[0]!, post: steps[1]! }
}

/** The lines of stdout, with what differs each time (the milliseconds of a request and its id) made the same. */
export function stream({ stdout }: StepResult): string[] {
  return stdout.map((line) =>
    line.replace(/ after \d+ ms/, ' after N ms').replace(/(, request id )[\da-f]{8}-[\da-f-]{27}$/, '$1ID')
  )
}

/** The same without debug lines. */
export function said(step: StepResult): string[] {
  return stream(step).filter((line) => !line.startsWith('::debug::'))
}

/** The lines that make an annotation. */
export function annotated(step: StepResult): string[] {
  return said(step).filter((line) => /^::(error|warning|notice)/.test(line))
}

/** What arrived, as one line each: the request, who sent it, and its body. */
export function asked(requests: readonly RecordedRequest[]): string[] {
  return requests.map(({ method, target, headers, body }) =>
    [`${method} ${target}`, headers.authorization, body].filter(Boolean).join(' | ')
  )
}

/** The `Authorization` header of credential A, in base64. */
export function basicOf({ credentials: { email, apiToken } }: Zendesk): string {
  return Buffer.from(`${email}/token:${apiToken}`).toString('base64')
}

/** For `onStart`: sends the signal as soon as so many requests have arrived. */
export function signalAt(
  { requests }: Zendesk,
  count: number,
  signal: 'SIGINT' | 'SIGTERM'
): (control: ProcessControl) => void {
  return ({ kill }) => {
    const timer = setInterval(() => {
      if (requests.length < count) return
      clearInterval(timer)
      kill(signal)
    }, 2)
    timer.unref()
  }
}
