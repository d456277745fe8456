import type { ProcessControl } from './child.ts'
import type { FileCommands } from './command-files.ts'
import type { WorkflowCommand } from './commands.ts'
import type { InputValue } from './metadata.ts'
import type { Annotation } from './step-log.ts'

/** What later steps know of earlier ones: the `steps` and `env` contexts. */
export interface JobContext {
  steps: Readonly<Record<string, { outputs: Readonly<Record<string, string>>; outcome: Outcome }>>
  /** What steps exported by `GITHUB_ENV`. */
  env: Readonly<Record<string, string>>
}

/** How a step ended. */
export type Outcome = 'success' | 'failure' | 'skipped'

/** A value, or how to get it once earlier steps have run: what an expression is in a workflow. */
export type Late<T> = T | ((context: JobContext) => T)

interface CommonStep {
  /** For `steps.<id>`. */
  id?: string
  /** The step's title in the log. */
  name?: string
  env?: Late<Record<string, string>>
  /** `if: always()`: run it although an earlier step failed. */
  always?: boolean
}

/** How to watch a process, and to get in its way. */
export interface Interference {
  /** Milliseconds until the process is killed; 200,000 by default. */
  timeoutMs?: number
  /** Called when the process has started. */
  onStart?: (control: ProcessControl) => void
  /** Called with each line of stdout, before it is processed: the moment to send a signal. */
  onLine?: (line: string, control: ProcessControl) => void
}

/** A step that `uses:` a JavaScript action. */
export interface ActionStep extends CommonStep, Interference {
  /** The `action.yml`, or its folder. */
  uses: string
  with?: Late<Record<string, InputValue>>
  /** Other inputs for post, which is what the runner's bug does to actions nested in composite ones. */
  postWith?: Record<string, InputValue>
  /** Variables for post alone. */
  postEnv?: Record<string, string>
  /** The same for post. */
  post?: Interference
}

/** A step that `run:`s a command (`node` is this Node), or a function of ours. */
export interface RunStep extends CommonStep, Interference {
  run: Late<readonly [string, ...string[]]> | RunFunction
}

/** A step's work in this process. What it prints is processed as a process's output is. */
export interface RunFunction {
  script: (tools: { context: JobContext; print: (line: string) => void }) => unknown
}

export type Step = ActionStep | RunStep

/** Everything a step said and left. */
export interface StepResult extends Omit<FileCommands, 'problems' | 'complaints'> {
  id: string
  /** Its `name`, else the action's, else its id; `Post …` after main. */
  title: string
  phase: 'main' | 'post' | 'run'
  outcome: Outcome
  exitCode: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
  /** Each line of stdout as the process printed it. */
  stdout: readonly string[]
  stderr: string
  /** What GitHub's log shows: commands carried out, secrets masked. */
  log: readonly string[]
  /** Errors, warnings and notices, masked. */
  annotations: readonly Annotation[]
  /** Every workflow command in its output, in order, unmasked. */
  commands: readonly WorkflowCommand[]
  durationMs: number
}

/** Everything a job said and left. */
export interface JobResult {
  /** In the order in which they ran, post steps included. */
  steps: readonly StepResult[]
  /** Whether every step succeeded. */
  ok: boolean
  /** The masked log of all steps. */
  log: readonly string[]
}

/** How a job runs. */
export interface JobOptions {
  /** Variables of every step; nothing is inherited but what a process cannot do without. */
  env?: Record<string, string>
  /** Masked from the start, as the `secrets` context is. */
  secrets?: readonly string[]
  /** Shows debug lines, as "Enable debug logging" does. */
  debug?: boolean
  /** Called with each line for the log as it comes. */
  onLog?: (line: string) => void
  /** The Node that runs actions; this one by default. */
  node?: string
}
