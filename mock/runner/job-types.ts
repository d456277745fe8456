import { type FileCommands } from './command-files.ts'
import { type InputValue } from './metadata.ts'
import { type ProcessEnd, type ProcessOptions } from './process.ts'
import { type Annotation } from './step-log.ts'

/** What later steps know about earlier ones: the `steps` context. */
export interface JobContext {
  steps: Readonly<Record<string, { outputs: Readonly<Record<string, string>> }>>
}

/** A value, or how to get it from the results of earlier steps, as an expression does in a workflow. */
export type Late<T> = T | ((context: JobContext) => T)

interface CommonStep {
  /** For `steps.<id>`. */
  id?: string
  /** The step's title in the log. */
  name?: string
  env?: Late<Record<string, string>>
}

/** Changes to how a process runs. Without a timeout, it has 200 s. */
export type Interference = Partial<Omit<ProcessOptions, 'env'>>

/** A step that `uses:` a JavaScript action. */
export interface ActionStep extends CommonStep, Interference {
  /** The folder of the `action.yml`. */
  uses: string
  with?: Late<Record<string, InputValue>>
  /** Other inputs for post, as the runner's bug gives them to actions in composite ones. */
  postWith?: Record<string, InputValue>
  /** Variables for post alone. */
  postEnv?: Record<string, string>
  post?: Interference
}

/** A step that `run:`s a command (`node` is the job's Node), or a function. */
export interface RunStep extends CommonStep, Interference {
  run: readonly [string, ...string[]] | RunFunction
}

/** A function that runs in this process. What it prints is processed like the output of a process. */
export interface RunFunction {
  script: (tools: { context: JobContext; print: (line: string) => void }) => unknown
}

export type Step = ActionStep | RunStep

/** Everything a step printed and wrote. */
export interface StepResult extends ProcessEnd, FileCommands {
  phase: 'main' | 'post' | 'run'
  outcome: 'success' | 'failure' | 'skipped'
  /** What GitHub's log shows: commands executed, secrets masked. */
  log: readonly string[]
  /** Errors, warnings and notices, masked. */
  annotations: readonly Annotation[]
}

export interface JobResult {
  /** In the order in which they ran, including post steps. */
  steps: readonly StepResult[]
  /** Whether every step succeeded. */
  ok: boolean
  /** The masked log of all steps. */
  log: readonly string[]
}

export interface JobOptions {
  /** Variables of every step. Only what a process needs is inherited. */
  env?: Record<string, string>
  /** Masked from the start, as the `secrets` context is. */
  secrets?: readonly string[]
  /** Sets `RUNNER_DEBUG`, as "Enable debug logging" does. */
  debug?: boolean
  /** Called with each line of the log. */
  onLog?: (line: string) => void
  /** The Node that runs actions; this one by default. */
  node?: string
}
