import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A running process. */
export interface ProcessControl {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
}

/** How to run a process. */
export interface ProcessOptions {
  env: Record<string, string>
  /** Milliseconds until the process is killed. */
  timeoutMs: number
  /** Called when the process has started. */
  onStart?: ((control: ProcessControl) => void) | undefined
  /** Called with each line of stdout. */
  onLine: (line: string, control: ProcessControl) => void
}

/** How a process ended. */
export interface ProcessEnd {
  /** `null` after a signal that it did not handle. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
  /** Each line of stdout. */
  stdout: readonly string[]
  stderr: string
}

/** Runs a process until it ends. */
export async function runProcess(
  [command, ...args]: readonly [string, ...string[]],
  { env, timeoutMs, onStart, onLine }: ProcessOptions
): Promise<ProcessEnd> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
  const control: ProcessControl = {
    pid: child.pid ?? 0,
    kill: (signal) => {
      child.kill(signal)
    }
  }
  const stdout: string[] = []
  let stderr = ''
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity })
  lines.on('line', (line) => {
    stdout.push(line)
    onLine(line, control)
  })
  const read = new Promise<void>((resolve) => lines.once('close', resolve))
  onStart?.(control)
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
    return { exitCode, signal, timedOut, stdout, stderr }
  } finally {
    clearTimeout(timer)
  }
}
