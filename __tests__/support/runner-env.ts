import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { summary } from '@actions/core'
import { afterEach, beforeEach, jest } from '@jest/globals'
import { Deadline } from '../../src/lib/deadline.ts'
import { runnerLog } from '../../src/runner/log.ts'
import { type Limit, type Step } from '../../src/step.ts'
import { FakeClock } from './clock.ts'
import { scratch } from './scratch.ts'

/** The files that a runner gives a step, by the variables that name them. */
const FILES = ['GITHUB_STATE', 'GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'] as const
type RunnerFile = (typeof FILES)[number]

/** What a step would otherwise take from the machine that runs the tests. */
const TAKEN =
  /^(?:INPUT_|STATE_|GITHUB_|RUNNER_|ZENDESK_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$|NODE_TLS_)/i

/** What a runner gives a step: inputs, state, files and a clock; and everything that the step logs. */
export class RunnerEnv {
  clock = new FakeClock()
  cancellation = new AbortController()
  /** The lines of stdout. */
  stdout: string[] = []
  /** The limits within which the steps worked. */
  limits: Limit[] = []
  readonly #folder = scratch('runner')

  constructor() {
    mkdirSync(this.#folder)
  }

  /** What the steps run with: the real log, and a clock on which nobody waits. */
  get step(): Step {
    const { clock, cancellation, limits } = this
    return {
      clock,
      log: runnerLog,
      within: (limit, work) => {
        limits.push(limit)
        return work(new Deadline(clock, limit.seconds, cancellation.signal, limit.reserve))
      }
    }
  }

  reset(): void {
    for (const name of Object.keys(process.env))
      if (TAKEN.test(name)) Reflect.deleteProperty(process.env, name)
    for (const variable of FILES) {
      const path = this.path(variable)
      rmSync(path, { recursive: true, force: true })
      writeFileSync(path, '')
      process.env[variable] = path
    }
    summary.emptyBuffer()
    this.clock = new FakeClock()
    this.cancellation = new AbortController()
    this.stdout = []
    this.limits = []
  }

  /** Sets inputs, instead of those that were set before. */
  inputs(values: Record<string, string | undefined>): void {
    for (const name of Object.keys(process.env))
      if (name.startsWith('INPUT_')) Reflect.deleteProperty(process.env, name)
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) process.env[`INPUT_${name.toUpperCase()}`] = value
  }

  path(variable: RunnerFile): string {
    return join(this.#folder, variable)
  }

  text(variable: RunnerFile): string {
    return readFileSync(this.path(variable), 'utf8')
  }

  /** Replaces a file by a folder, so that writing to it fails, for root as well. */
  breakFile(variable: RunnerFile): void {
    rmSync(this.path(variable), { recursive: true })
    mkdirSync(this.path(variable))
  }

  /** The names and values in a file, in the order in which they were written. */
  written(variable: RunnerFile): [name: string, value: string][] {
    const entry = /^(.+)<<(ghadelimiter_\S+)\n([^]*?)\n\2$/gm
    return [...this.text(variable).replaceAll('\r\n', '\n').matchAll(entry)].map(
      ([, name = '', , value = '']) => [name, value]
    )
  }

  /** What later steps see of the outputs: the last value of each. */
  outputs(): Record<string, string> {
    return Object.fromEntries(this.written('GITHUB_OUTPUT'))
  }

  /** Gives post what main saved, as the runner does. */
  passState(): void {
    for (const [name, value] of this.written('GITHUB_STATE')) process.env[`STATE_${name}`] = value
  }

  /** What main saved last. */
  state(): Record<string, unknown> {
    return JSON.parse(String(this.written('GITHUB_STATE').at(-1)?.[1])) as Record<string, unknown>
  }

  /** The lines of the log without debug lines and masks. */
  logged(): string[] {
    return this.stdout.filter((line) => !/^::(?:debug|add-mask)::/.test(line))
  }

  /** The texts of one kind of command, such as `warning`, as the runner reads them. */
  all(command: string): string[] {
    return this.stdout
      .filter((line) => line.startsWith(`::${command}::`))
      .map((line) => decodeURIComponent(line.slice(command.length + 4).replace(/%(?!25|0D|0A)/g, '%25')))
  }

  write(text: string): void {
    this.stdout.push(...text.split(/\r?\n/).slice(0, -1))
  }
}

/** Sets up a runner for the tests of a file: fresh before each, and everything restored after it. */
export function setUpRunner(): RunnerEnv {
  const runner = new RunnerEnv()
  let before: NodeJS.ProcessEnv
  beforeEach(() => {
    before = { ...process.env }
    runner.reset()
    jest.spyOn(process.stdout, 'write').mockImplementation((text: unknown, ...rest: unknown[]) => {
      runner.write(String(text))
      const done = rest.at(-1)
      if (typeof done === 'function') (done as () => void)()
      return true
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, before)
  })
  return runner
}
