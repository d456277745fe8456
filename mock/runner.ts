import { CommandFiles, type FileCommands } from './runner/command-files.ts'
import {
  type ActionStep,
  type Interference,
  type JobContext,
  type JobOptions,
  type JobResult,
  type Late,
  type RunFunction,
  type Step,
  type StepResult
} from './runner/job-types.ts'
import { inputVariables, readAction } from './runner/metadata.ts'
import { runProcess, type ProcessEnd } from './runner/process.ts'
import { Masks, StepLog } from './runner/step-log.ts'

export type * from './runner/job-types.ts'
export type { InputValue } from './runner/metadata.ts'
export type { ProcessControl } from './runner/process.ts'

/** Runs a job as GitHub's runner does: its steps in order, then the post steps in reverse order, even after a failure. */
export async function runJob(steps: readonly Step[], options: JobOptions = {}): Promise<JobResult> {
  const job = new Job(options)
  const results: StepResult[] = []
  try {
    for (const step of steps) results.push(await job.run(step))
    results.push(...(await job.post()))
  } finally {
    job.close()
  }
  return {
    steps: results,
    ok: results.every(({ outcome }) => outcome === 'success'),
    log: results.flatMap(({ log }) => log)
  }
}

/** Milliseconds that only a process that hangs needs, even on a busy machine. */
const USUAL_TIMEOUT = 200_000

/** What a process inherits. */
const INHERITED = [
  ...['PATH', 'HOME', 'USERPROFILE', 'LANG', 'TMPDIR', 'TEMP', 'TMP'],
  ...['SystemRoot', 'SystemDrive', 'windir', 'COMSPEC', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA']
]

type Command = readonly [string, ...string[]]

interface Execution {
  step: Step
  phase: StepResult['phase']
  log: StepLog
}

/** A job, step by step. Whoever makes one must `close` it. */
export class Job {
  readonly #options: JobOptions
  readonly #node: string
  readonly #files = new CommandFiles()
  readonly #masks = new Masks()
  readonly #posts: (() => Promise<StepResult>)[] = []
  readonly #context = { steps: {} as Record<string, { outputs: Record<string, string> }> }
  /** What steps exported with `GITHUB_ENV`. */
  readonly #env: Record<string, string> = {}
  #failed = false

  constructor(options: JobOptions = {}) {
    this.#options = options
    this.#node = options.node ?? process.execPath
    for (const secret of options.secrets ?? []) this.#masks.add(secret)
  }

  /** Runs the next step, unless an earlier one failed. */
  async run(step: Step): Promise<StepResult> {
    const log = new StepLog(this.#masks, this.#options.onLog)
    if (this.#failed) {
      return {
        ...DID_NOT_RUN,
        ...NOTHING_WRITTEN,
        phase: 'main',
        outcome: 'skipped',
        log: [],
        annotations: []
      }
    }
    if ('uses' in step) return this.#runAction(step, log)

    const execution = { step, phase: 'run', log } as const
    log.print(`▾ ${step.name ?? 'Run'}`)
    if ('script' in step.run) {
      return this.#finish(execution, await runFunction(step.run, this.#context, log), NOTHING_WRITTEN)
    }
    const [program, ...args] = step.run
    const command: Command = [program === 'node' ? this.#node : program, ...args]
    return this.#runProcess(execution, command, this.#envOf(step), step)
  }

  /** Runs only the post step of an action, as if its main step had saved this state. */
  async runPost(step: ActionStep, state: Readonly<Record<string, string>>): Promise<StepResult> {
    const action = readAction(step.uses)
    if (action.post === undefined) throw new Error(`${action.name} has no post step`)
    const inputs = inputVariables(action, step.postWith ?? resolved(step.with, this.#context) ?? {})
    const saved = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
    const env = { ...this.#envOf(step), ...inputs, ...saved, ...step.postEnv }
    const log = new StepLog(this.#masks, this.#options.onLog)
    log.print(`▾ Post ${step.name ?? action.name}`)
    return this.#runProcess({ step, phase: 'post', log }, [this.#node, action.post], env, step.post ?? {})
  }

  /** Runs the post steps of the actions so far, in reverse order. */
  async post(): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (let post = this.#posts.pop(); post; post = this.#posts.pop()) results.push(await post())
    return results
  }

  /** Removes the job's files. */
  close(): void {
    this.#files.remove()
  }

  async #runAction(step: ActionStep, log: StepLog): Promise<StepResult> {
    const action = readAction(step.uses)
    const given = resolved(step.with, this.#context) ?? {}
    const state: Record<string, string> = {}
    // Registered before main starts, since post runs however main ends.
    if (action.post !== undefined) this.#posts.push(() => this.runPost({ ...step, with: given }, state))
    log.print(`▾ ${step.name ?? action.name}`)
    for (const [name, value] of Object.entries(given)) log.print(`  ${name}: ${value}`)
    const env = { ...this.#envOf(step), ...inputVariables(action, given) }
    const result = await this.#runProcess({ step, phase: 'main', log }, [this.#node, action.main], env, step)
    Object.assign(state, result.state)
    return result
  }

  async #runProcess(
    execution: Execution,
    command: Command,
    env: Record<string, string>,
    { timeoutMs = USUAL_TIMEOUT, onStart, onLine }: Interference
  ): Promise<StepResult> {
    const files = this.#files.forStep()
    const end = await runProcess(command, {
      env: { ...this.#variables(), ...env, ...files.variables },
      timeoutMs,
      onStart,
      onLine: (line, control) => {
        onLine?.(line, control)
        execution.log.take(line)
      }
    })
    return this.#finish(execution, end, files.read())
  }

  #finish({ step, phase, log }: Execution, end: ProcessEnd, files: FileCommands): StepResult {
    // Its place among the lines of stdout is not known: they are two pipes.
    for (const line of end.stderr.split(/\r?\n/).filter(Boolean)) log.take(line)
    const outcome = end.exitCode === 0 ? 'success' : 'failure'
    if (step.id !== undefined && phase !== 'post') this.#context.steps[step.id] = { outputs: files.outputs }
    Object.assign(this.#env, files.env)
    this.#failed ||= outcome === 'failure'
    return { ...files, ...end, phase, outcome, log: log.lines, annotations: log.annotations }
  }

  #envOf(step: Step): Record<string, string> {
    return resolved(step.env, this.#context) ?? {}
  }

  #variables(): Record<string, string> {
    const around = INHERITED.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    return {
      ...Object.fromEntries(around),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.#files.folder,
      RUNNER_TEMP: this.#files.folder,
      ...(this.#options.debug === true && { RUNNER_DEBUG: '1' }),
      ...this.#options.env,
      ...this.#env
    }
  }
}

const NOTHING_WRITTEN: FileCommands = { outputs: {}, state: {}, env: {}, summary: '' }
const DID_NOT_RUN: ProcessEnd = { exitCode: null, signal: null, timedOut: false, stdout: [], stderr: '' }

async function runFunction({ script }: RunFunction, context: JobContext, log: StepLog): Promise<ProcessEnd> {
  const stdout: string[] = []
  const print = (line: string): void => {
    stdout.push(line)
    log.take(line)
  }
  await script({ context, print })
  return { ...DID_NOT_RUN, exitCode: 0, stdout }
}

function resolved<T>(value: Late<T>, context: JobContext): T {
  return typeof value === 'function' ? (value as (context: JobContext) => T)(context) : value
}
