import { parseCommand } from './commands.ts'

/** What a step said with `::error::`, `::warning::` or `::notice::`. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  message: string
}

/** The secrets of a job. */
export class Masks {
  readonly #secrets: string[] = []

  /** Masks `value` from now on, and each of its lines. */
  add(value: string): void {
    this.#secrets.push(...[value, ...value.split(/[\r\n]+/)].filter((secret) => secret !== ''))
    // A secret that contains another one is replaced as a whole.
    this.#secrets.sort((left, right) => right.length - left.length)
  }

  apply(text: string): string {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  }
}

const LABELS = { error: 'Error', warning: 'Warning', notice: 'Notice' }

/** Runs the workflow commands in a step's output, and keeps the other lines for the log. */
export class StepLog {
  /** What the log shows. */
  readonly lines: string[] = []
  readonly annotations: Annotation[] = []
  readonly #masks: Masks
  readonly #onLog: (line: string) => void

  constructor(masks: Masks, onLog: (line: string) => void = () => undefined) {
    this.#masks = masks
    this.#onLog = onLog
  }

  /** Takes a line of the step's output. */
  take(line: string): void {
    const { name, data } = parseCommand(line) ?? { name: '', data: '' }
    switch (name) {
      case 'add-mask':
        this.#masks.add(data)
        return
      case 'error':
      case 'warning':
      case 'notice':
        this.annotations.push({ level: name, message: this.#masks.apply(data) })
        this.print(`${LABELS[name]}: ${data}`)
        return
      case 'debug':
        return
      default:
        this.print(line)
    }
  }

  /** Puts text into the log, masked. */
  print(text: string): void {
    for (const line of this.#masks.apply(text).split('\n')) {
      this.lines.push(line)
      this.#onLog(line)
    }
  }
}
