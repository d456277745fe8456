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

const folder = scratch('runner')
const pathOf = (variable: RunnerFile): string => join(folder, variable)

/** What a runner gives a step: inputs, state, empty files and a clock; and everything that the step logs. */
export class RunnerEnv {
  clock = new FakeClock()
  cancellation = new AbortController()
  /** The lines of stdout. */
  stdout: string[] = []
  /** The limits within which the steps worked. */
  limits: Limit[] = []

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

  /** Sets inputs, instead of those that were set before. */
  inputs(values: Record<string, string | undefined>): void {
    for (const name of Object.keys(process.env))
      if (name.startsWith('INPUT_')) Reflect.deleteProperty(process.env, name)
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) process.env[`INPUT_${name.toUpperCase()}`] = value
  }

  text(variable: RunnerFile): string {
    return readFileSync(pathOf(variable), 'utf8')
  }

  /** Replaces a file by a folder, so that writing to it fails, for root as well. */
  breakFile(variable: RunnerFile): void {
    rmSync(pathOf(variable))
    mkdirSync(pathOf(variable))
  }

  /** The names and values in a file, in the order in which they were written. */
  written(variable: RunnerFile): [name: string, value: string][] {
    const entry = /^(.+)<<(ghadelimiter_\S+)\n([^]*?)\n\2$/gm
    const entries = [...this.text(variable).replaceAll('\r\n', '\n').matchAll(entry)]
    return entries.map(([, name = '', , value = '']) => [name, value])
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
}

/** Sets up a runner for the tests of a file: fresh before each, without the environment of this machine. */
export function setUpRunner(): RunnerEnv {
  const runner = new RunnerEnv()
  beforeEach(() => {
    Object.assign(runner, new RunnerEnv())
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    for (const variable of FILES) writeFileSync(pathOf(variable), '')
    const variables = FILES.map((variable) => [variable, pathOf(variable)])
    jest.replaceProperty(process, 'env', Object.fromEntries(variables) as NodeJS.ProcessEnv)
    summary.emptyBuffer()
    jest.spyOn(process.stdout, 'write').mockImplementation((text: unknown, ...rest: unknown[]) => {
      runner.stdout.push(...String(text).split(/\r?\n/).slice(0, -1))
      const done = rest.at(-1)
      if (typeof done === 'function') (done as () => void)()
      return true
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })
  return runner
}
