import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summary } from '@actions/core'
import { afterAll, afterEach, beforeEach, jest } from '@jest/globals'
import { Budget } from '../../src/lib/deadline.ts'
import { log } from '../../src/runner/log.ts'
import { type Step } from '../../src/step.ts'
import { FakeWorld } from './clock.ts'

/** The files that a runner gives a step, by the variables that name them. */
const FILES = ['GITHUB_STATE', 'GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'] as const
type RunnerFile = (typeof FILES)[number]

/** What a step would otherwise take from the machine that runs the tests. */
const TAKEN = /^(?:INPUT_|STATE_|GITHUB_|RUNNER_|ZENDESK_|https?_proxy$|no_proxy$)/i

/** What stands around a step: inputs, state, files of the runner, clocks, and everything that is said. */
export class Stage {
  world = new FakeWorld()
  stop = new AbortController()
  /** The lines of stdout. */
  said: string[] = []
  /** The budgets that were asked for, as seconds and reserve. */
  budgets: (readonly [seconds: number, reserve: number | undefined])[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'stage-'))

  /** What the stories are run with: the real log, and a world in which nobody waits. */
  get step(): Step {
    const { world, stop, budgets } = this
    return {
      world,
      log,
      budget: (seconds, reserve) => {
        budgets.push([seconds, reserve])
        return new Budget(world, seconds, stop.signal, reserve)
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
    this.world = new FakeWorld()
    this.stop = new AbortController()
    this.said = []
    this.budgets = []
  }

  /** Sets inputs, in place of those that were set before. */
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

  /** Puts a folder in the place of a file, so that writing to it fails, for root as well. */
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
  handOver(): void {
    for (const [name, value] of this.written('GITHUB_STATE')) process.env[`STATE_${name}`] = value
  }

  /** What main saved last. */
  state(): Record<string, unknown> {
    return JSON.parse(String(this.written('GITHUB_STATE').at(-1)?.[1])) as Record<string, unknown>
  }

  /** Everything that was said but for debug lines and masks. */
  spoken(): string[] {
    return this.said.filter((line) => !/^::(?:debug|add-mask)::/.test(line))
  }

  /** The texts of one kind of command, such as `warning`, as the runner reads them. */
  all(command: string): string[] {
    return this.said
      .filter((line) => line.startsWith(`::${command}::`))
      .map((line) => decodeURIComponent(line.slice(command.length + 4).replace(/%(?!25|0D|0A)/g, '%25')))
  }

  hear(text: string): void {
    this.said.push(...text.split(/\r?\n/).slice(0, -1))
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Sets a stage for the tests of a file: fresh before each, and everything put back after it. */
export function setStage(): Stage {
  const stage = new Stage()
  let before: NodeJS.ProcessEnv
  beforeEach(() => {
    before = { ...process.env }
    stage.reset()
    jest.spyOn(process.stdout, 'write').mockImplementation((text: unknown, ...rest: unknown[]) => {
      stage.hear(String(text))
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
  afterAll(() => {
    stage.remove()
  })
  return stage
}
