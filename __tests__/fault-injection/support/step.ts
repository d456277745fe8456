import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Children, type ProcessControl } from '../../../mock/runner/child.ts'
import { parseKeyValues } from '../../../mock/runner/command-files.ts'
import { inputVariables, readAction, type InputValue } from '../../../mock/runner/metadata.ts'

/** One of the three files that a runner starts. */
export type Entry = 'main' | 'post' | 'sweep'

export interface StepRun {
  inputs?: Record<string, InputValue>
  env?: Record<string, string>
  /** How much faster time runs in the process; 1 by default. */
  speed?: number
  /** Milliseconds until the process is killed; 60,000 by default. */
  timeoutMs?: number
  onStart?: (control: ProcessControl) => void
  onLine?: (line: string, control: ProcessControl) => void
}

/** What a step left, as it was written: nothing is masked. */
export interface Ended {
  exitCode: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
  lines: string[]
  stderr: string
  outputs: Record<string, string>
  state: Record<string, string>
  /** The files behind `GITHUB_ENV` and `GITHUB_STEP_SUMMARY`. */
  envFile: string
  summary: string
  /** Milliseconds from start to end, by the clock of the process; `NaN` where it was killed. */
  elapsed: number
}

export const root = join(import.meta.dirname, '../../..')
const preload = join(import.meta.dirname, 'preload/time.js')
const action = readAction(root)
const sweepAction = readAction(join(root, 'sweep'))
const programs = { main: 'main.cjs', post: 'post.cjs', sweep: 'sweep.cjs' }
const fileNames = ['output', 'state', 'env', 'path', 'step_summary'] as const
/** What a process cannot do without. */
const inherited = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
  const value = process.env[name]
  return value === undefined ? [] : [[name, value] as const]
})

/** The processes of the tests of one file, and the folder of their files. */
export class Bench {
  readonly #children = new Children()
  readonly folder = mkdtempSync(join(tmpdir(), 'hostile-'))
  #runs = 0

  /** Runs one entry of dist/ to its end, on a real process with real sockets. */
  async run(
    entry: Entry,
    { inputs = {}, env = {}, speed, timeoutMs = 60_000, onStart, onLine }: StepRun = {}
  ): Promise<Ended> {
    const run = join(this.folder, String(++this.#runs))
    const files = Object.fromEntries(fileNames.map((name) => [name, `${run}_${name}`]))
    for (const file of Object.values(files)) writeFileSync(file, '')
    const text = (name: (typeof fileNames)[number]): string => readFileSync(files[name]!, 'utf8')
    const lines: string[] = []
    const { variables } = inputVariables(entry === 'sweep' ? sweepAction : action, inputs)
    const fast = speed !== undefined || env['TEST_LOOKUPS'] !== undefined
    const { stderr, ...end } = await this.#children.run(
      [process.execPath, ...(fast ? ['--require', preload] : []), join(root, 'dist', programs[entry])],
      {
        timeoutMs,
        env: {
          ...Object.fromEntries(inherited),
          ...Object.fromEntries(fileNames.map((name) => [`GITHUB_${name.toUpperCase()}`, files[name]!])),
          ...(fast && { TEST_SPEED: String(speed ?? 1), TEST_CLOCK_FILE: `${run}_clock` }),
          ...variables,
          ...env
        },
        ...(onStart && { onStart }),
        onLine: (line, control) => {
          lines.push(line)
          onLine?.(line, control)
        }
      }
    )
    return {
      ...end,
      lines,
      stderr,
      outputs: parseKeyValues(text('output')),
      state: parseKeyValues(text('state')),
      envFile: text('env'),
      summary: text('step_summary'),
      elapsed: existsSync(`${run}_clock`) ? Number(readFileSync(`${run}_clock`, 'utf8')) : NaN
    }
  }

  /** Kills what still runs, and removes the files. */
  close(): void {
    this.#children.killAll()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The variables that hand a step's state to its post step. */
export function stateVariables(state: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
}

/** How many lines are this command. */
export function count(lines: readonly string[], command: 'error' | 'warning'): number {
  return lines.filter((line) => line.startsWith(`::${command}`)).length
}

/** Everything that a step showed to somebody: its output without the masks, stderr, and the summary. */
export function shown({ lines, stderr, summary }: Ended): string {
  return [...lines.filter((line) => !line.startsWith('::add-mask::')), stderr, summary].join('\n')
}

/** Does `work` with each of `items`, at most `width` at a time. */
export async function pool<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>
): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
