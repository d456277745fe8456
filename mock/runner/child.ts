import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A running process, for those who want to interfere. */
export interface ProcessControl {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
}

/** How a process is watched. */
export interface Watching {
  env: Record<string, string>
  cwd?: string
  /** After this many milliseconds it is killed. */
  timeoutMs: number
  /** Called right after the start. */
  onStart?: (control: ProcessControl) => void
  /** Called with each line of stdout. */
  onLine?: (line: string, control: ProcessControl) => void
}

/** How a process ended. */
export interface ProcessEnd {
  /** `null` after a signal that it did not handle. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  stderr: string
  timedOut: boolean
  durationMs: number
}

/** The processes of a job, so that none outlives it. */
export class Children {
  readonly #running = new Set<ProcessControl>()

  /** Runs a process to its end. */
  async run([command, ...args]: readonly [string, ...string[]], watching: Watching): Promise<ProcessEnd> {
    const started = performance.now()
    const child = spawn(command, args, {
      env: watching.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(watching.cwd !== undefined && { cwd: watching.cwd })
    })
    const control: ProcessControl = {
      pid: child.pid ?? 0,
      kill: (signal) => {
        child.kill(signal)
      }
    }
    this.#running.add(control)
    let stderr = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, watching.timeoutMs)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const lines = createInterface({ input: child.stdout, crlfDelay: Infinity })
    lines.on('line', (line) => watching.onLine?.(line, control))
    const read = new Promise<void>((resolve) => lines.once('close', resolve))
    watching.onStart?.(control)
    try {
      const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
        (resolve, reject) => {
          child.once('error', reject)
          child.once('close', (...end) => {
            resolve(end)
          })
        }
      )
      await read
      return { exitCode, signal, stderr, timedOut, durationMs: performance.now() - started }
    } finally {
      clearTimeout(timer)
      this.#running.delete(control)
    }
  }

  /** Kills what still runs. */
  killAll(): void {
    for (const control of this.#running) control.kill('SIGKILL')
  }
}
