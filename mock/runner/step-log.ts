import { parseCommand, type WorkflowCommand } from './commands.ts'
import type { Masks } from './masks.ts'

/** What a step said with `::error::`, `::warning::` or `::notice::`. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  message: string
  properties: Record<string, string>
}

const labels = { error: 'Error', warning: 'Warning', notice: 'Notice', debug: 'Debug' }

/** Carries out the workflow commands in a step's output, and keeps what is left for the log. */
export class StepLog {
  /** Each line of stdout as it was printed. */
  readonly raw: string[] = []
  /** What the log shows. */
  readonly lines: string[] = []
  readonly annotations: Annotation[] = []
  /** Every command that was found, unmasked. */
  readonly commands: WorkflowCommand[] = []
  /** By the old `::set-output::` and `::save-state::`. */
  readonly outputs: Record<string, string> = {}
  readonly state: Record<string, string> = {}
  readonly #masks: Masks
  readonly #debug: boolean
  readonly #onLog: (line: string) => void
  /** The word that ends `::stop-commands::word`. */
  #stopWord: string | undefined

  constructor(masks: Masks, debug = false, onLog: (line: string) => void = () => undefined) {
    this.#masks = masks
    this.#debug = debug
    this.#onLog = onLog
  }

  /** Takes a line of the step's output. */
  take(line: string, from: 'stdout' | 'stderr' = 'stdout'): void {
    if (from === 'stdout') this.raw.push(line)
    if (this.#stopWord !== undefined) {
      if (line.trim() === `::${this.#stopWord}::`) this.#stopWord = undefined
      else this.print(line)
      return
    }
    const command = parseCommand(line)
    if (!command) {
      this.print(line)
      return
    }
    this.commands.push(command)
    this.#carryOut(command)
  }

  /** Puts text into the log, masked. */
  print(text: string): void {
    for (const line of this.#masks.apply(text).split('\n')) {
      this.lines.push(line)
      this.#onLog(line)
    }
  }

  /** Adds an annotation, be it the step's or the runner's own. */
  annotate(level: Annotation['level'], message: string, properties: Record<string, string> = {}): void {
    this.annotations.push({ level, message: this.#masks.apply(message), properties })
    this.print(`${labels[level]}: ${message}`)
  }

  #carryOut({ name, properties, data }: WorkflowCommand): void {
    switch (name) {
      case 'add-mask':
        this.#masks.add(data)
        return
      case 'error':
      case 'warning':
      case 'notice':
        this.annotate(name, data, properties)
        return
      case 'debug':
        if (this.#debug) this.print(`${labels[name]}: ${data}`)
        return
      case 'group':
        this.print(`▸ ${data}`)
        return
      case 'stop-commands':
        this.#stopWord = data
        return
      case 'set-output':
        this.outputs[properties['name'] ?? ''] = data
        return
      case 'save-state':
        this.state[properties['name'] ?? ''] = data
        return
      case 'set-env':
      case 'add-path':
        this.annotate('error', `The \`${name}\` command is disabled.`)
    }
  }
}
