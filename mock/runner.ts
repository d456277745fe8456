import { delimiter } from 'node:path'

import { Children, type ProcessEnd } from './runner/child.ts'
import { CommandFiles, type FileCommands } from './runner/command-files.ts'
import type {
  ActionStep,
  Interference,
  JobContext,
  JobOptions,
  JobResult,
  Late,
  Outcome,
  RunFunction,
  Step,
  StepResult
} from './runner/job-types.ts'
import { Masks } from './runner/masks.ts'
import { inputVariables, readAction } from './runner/metadata.ts'
import { StepLog } from './runner/step-log.ts'

export type { ProcessControl } from './runner/child.ts'
export type { WorkflowCommand } from './runner/commands.ts'
export type * from './runner/job-types.ts'
export type { InputValue } from './runner/metadata.ts'
export type { Annotation } from './runner/step-log.ts'

/** Runs a job as GitHub's runner does: its steps in order, then the post steps in reverse order, whatever happened. */
export async function runJob(steps: readonly Step[], options: JobOptions = {}): Promise<JobResult> {
  const job = new Job(options)
  try {
    for (const step of steps) await job.run(step)
    await job.post()
    return job.result()
  } finally {
    job.close()
  }
}

/** Only a process that hangs takes as long, also on a busy machine. */
const usualTimeout = 200_000

/** What a process gets of the environment around it. */
const inherited = [
  ...['PATH', 'HOME', 'USERPROFILE', 'LANG', 'TMPDIR', 'TEMP', 'TMP'],
  ...['SystemRoot', 'SystemDrive', 'windir', 'COMSPEC', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA']
]

/** A job, step by step. Whoever makes one must `close` it. */
export class Job {
  readonly #options: JobOptions
  readonly #files = new CommandFiles()
  readonly #children = new Children()
  readonly #masks = new Masks()
  readonly #results: StepResult[] = []
  readonly #posts: (() => Promise<StepResult>)[] = []
  readonly #steps: Record<string, { outputs: Record<string, string>; outcome: Outcome }> = {}
  readonly #env: Record<string, string> = {}
  readonly #paths: string[] = []
  #failed = false

  constructor(options: JobOptions = {}) {
    this.#options = options
    for (const secret of options.secrets ?? []) this.#masks.add(secret)
  }

  /** What the steps so far left for later ones. */
  get context(): JobContext {
    return { steps: this.#steps, env: this.#env }
  }

  /** `RUNNER_TEMP`, which is gone once the job is closed. */
  get temp(): string {
    return this.#files.folder
  }

  /** Runs the next step, unless an earlier one failed. */
  async run(step: Step): Promise<StepResult> {
    const log = new StepLog(this.#masks, this.#options.debug, this.#options.onLog)
    if (this.#failed && step.always !== true) {
      const end = { exitCode: null, signal: null, stderr: '', timedOut: false, durationMs: 0 }
      return this.#finish({ step, title: titleOf(step), phase: 'main', log }, end, nothingWritten, 'skipped')
    }
    const env = resolved(step.env, this.context) ?? {}
    if ('uses' in step) return this.#runAction(step, log, env)

    const execution = { step, title: titleOf(step), phase: 'run', log } as const
    log.print(`▾ ${execution.title}`)
    if (typeof step.run === 'object' && 'script' in step.run) {
      const end = await inProcess(step.run, this.context, log)
      return this.#finish(execution, end, nothingWritten)
    }
    const [program, ...args] = resolved(step.run, this.context)
    const command = [program === 'node' ? this.#node : program, ...args] as const
    return this.#spawn(execution, command, env, step)
  }

  /** Runs only the post step of an action, as if its main step had saved this state. */
  async runPost(step: ActionStep, state: Record<string, string>): Promise<StepResult> {
    const action = readAction(step.uses)
    if (action.post === undefined) throw new Error(`${action.name} has no post step`)
    const { variables } = inputVariables(action, resolved(step.with, this.context) ?? {})
    const env = { ...resolved(step.env, this.context), ...variables }
    return this.#runPost(step, titleOf(step, action.name), [this.#node, action.post], env, state)
  }

  /** Runs the post steps that are due, in reverse order. */
  async post(): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (let post = this.#posts.pop(); post; post = this.#posts.pop()) results.push(await post())
    return results
  }

  /** What the job has said and left so far. */
  result(): JobResult {
    return {
      steps: this.#results,
      ok: this.#results.every(({ outcome }) => outcome === 'success'),
      log: this.#results.flatMap(({ log }) => log)
    }
  }

  /** Kills what still runs, and removes the job's files. */
  close(): void {
    this.#children.killAll()
    this.#files.remove()
  }

  async #runAction(step: ActionStep, log: StepLog, env: Record<string, string>): Promise<StepResult> {
    const action = readAction(step.uses)
    const given = resolved(step.with, this.context) ?? {}
    const title = titleOf(step, action.name)
    const { variables, unexpected } = inputVariables(action, given)
    const state: Record<string, string> = {}
    // Registered before main starts, so that it runs however main ends.
    if (action.post !== undefined) {
      const command = [this.#node, action.post] as const
      const inputs = inputVariables(action, step.postWith ?? given).variables
      this.#posts.push(() => this.#runPost(step, title, command, { ...env, ...inputs }, state))
    }
    log.print(`▾ ${title}`)
    for (const [name, value] of Object.entries(given)) log.print(`  ${name}: ${value}`)
    if (unexpected.length > 0) {
      const valid = [...action.inputs.keys()].join("', '")
      log.annotate(
        'warning',
        `Unexpected input(s) '${unexpected.join("', '")}', valid inputs are ['${valid}']`
      )
    }
    const execution = { step, title, phase: 'main', log } as const
    const result = await this.#spawn(execution, [this.#node, action.main], { ...env, ...variables }, step)
    Object.assign(state, result.state)
    return result
  }

  async #runPost(
    step: ActionStep,
    mainTitle: string,
    command: readonly [string, ...string[]],
    env: Record<string, string>,
    state: Record<string, string>
  ): Promise<StepResult> {
    const log = new StepLog(this.#masks, this.#options.debug, this.#options.onLog)
    const title = `Post ${mainTitle}`
    log.print(`▾ ${title}`)
    const stateVariables = Object.fromEntries(
      Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])
    )
    const variables = { ...env, ...stateVariables, ...step.postEnv }
    return this.#spawn({ step, title, phase: 'post', log }, command, variables, step.post ?? {})
  }

  async #spawn(
    execution: Execution,
    command: readonly [string, ...string[]],
    env: Record<string, string>,
    { timeoutMs = usualTimeout, onStart, onLine }: Interference
  ): Promise<StepResult> {
    const files = this.#files.forStep()
    const end = await this.#children.run(command, {
      env: { ...this.#variables(), ...env, ...files.variables },
      timeoutMs,
      ...(onStart && { onStart }),
      onLine: (line, control) => {
        onLine?.(line, control)
        execution.log.take(line)
      }
    })
    return this.#finish(execution, end, files.read())
  }

  #finish(
    { step, title, phase, log }: Execution,
    end: ProcessEnd,
    { problems, complaints, ...files }: FileCommands,
    skipped?: 'skipped'
  ): StepResult {
    if (!skipped) {
      for (const problem of [...problems, ...complaints]) log.annotate('error', problem)
      // Its place among the other lines is lost: stdout and stderr are two pipes.
      for (const line of end.stderr.split(/\r?\n/).filter(Boolean)) log.take(line, 'stderr')
      // An action that fails says why; for a command the runner says it.
      const quiet = end.exitCode === 0 || ('uses' in step && end.exitCode !== null)
      if (!quiet) log.annotate('error', `Process completed with ${ending(end)}.`)
    }
    const outcome = skipped ?? (end.exitCode === 0 && problems.length === 0 ? 'success' : 'failure')
    const outputs = { ...files.outputs, ...log.outputs }
    if (step.id !== undefined && phase !== 'post') this.#steps[step.id] = { outputs, outcome }
    Object.assign(this.#env, files.env)
    this.#paths.unshift(...files.paths.toReversed())
    this.#failed ||= outcome === 'failure'
    const result: StepResult = {
      ...files,
      ...end,
      id: step.id ?? '',
      title,
      phase,
      outcome,
      outputs,
      state: { ...files.state, ...log.state },
      stdout: log.raw,
      log: log.lines,
      annotations: log.annotations,
      commands: log.commands
    }
    this.#results.push(result)
    return result
  }

  get #node(): string {
    return this.#options.node ?? process.execPath
  }

  #variables(): Record<string, string> {
    const around = inherited.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    const variables: Record<string, string> = {
      ...Object.fromEntries(around),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.temp,
      RUNNER_TEMP: this.temp,
      ...(this.#options.debug === true && { RUNNER_DEBUG: '1' }),
      ...this.#options.env,
      ...this.#env
    }
    variables['PATH'] = [...this.#paths, variables['PATH'] ?? ''].join(delimiter)
    return variables
  }
}

interface Execution {
  step: Step
  title: string
  phase: StepResult['phase']
  log: StepLog
}

const nothingWritten: FileCommands = {
  outputs: {},
  state: {},
  env: {},
  paths: [],
  summary: '',
  problems: [],
  complaints: []
}

async function inProcess({ script }: RunFunction, context: JobContext, log: StepLog): Promise<ProcessEnd> {
  const started = performance.now()
  const print = (line: string): void => {
    log.take(line)
  }
  let failure: string | undefined
  try {
    await script({ context, print })
  } catch (error) {
    failure = String(error)
  }
  return {
    exitCode: failure === undefined ? 0 : 1,
    signal: null,
    stderr: failure ?? '',
    timedOut: false,
    durationMs: performance.now() - started
  }
}

function titleOf(step: Step, action?: string): string {
  return step.name ?? action ?? step.id ?? ('uses' in step ? step.uses : 'Run')
}

function ending({ exitCode, signal, timedOut }: ProcessEnd): string {
  if (timedOut) return 'no end in its time'
  return exitCode === null ? `signal ${signal ?? 'unknown'}` : `exit code ${exitCode}`
}

function resolved<T>(value: Late<T>, context: JobContext): T {
  return typeof value === 'function' ? (value as (context: JobContext) => T)(context) : value
}
