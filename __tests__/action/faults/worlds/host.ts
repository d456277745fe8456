/*
 * Runs a file of dist/ inside this process as if it had one of its own: with its own environment, stdout, signals and
 * clock. Time stands still while anything can happen without it. HTTP goes over real sockets.
 */
import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import http, { type ClientRequest } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { type Moment, type Phase, type Signal } from './world.ts'

/** What a process runs with. */
interface HostOptions {
  phase: Phase
  env: Record<string, string>
  /** The wall clock, in milliseconds since 1970. */
  now: () => number
  /** What `Math.random` returns. */
  random: number
  /** What cancels it, or kills it. */
  signal: Signal | null
  /** Called before a file is appended to; what it throws is what the system says. */
  onAppend: (path: string) => void
}

/** How a process ended. */
interface HostEnd {
  /** `null` if it was killed. */
  exitCode: number | null
  /** Whether it waited for what never comes, until Node had nothing left to do. */
  drained: boolean
  stdout: string[]
  stderr: string
  /** Milliseconds from its start to its end, and to the first signal. */
  elapsed: number
  signalledAt: number | undefined
  /** Whether the runner had to kill it, 10 s after a signal that it could handle. */
  outlived: boolean
}

/** Work that waits for its time. */
interface Timer {
  due: number
  work: () => unknown
}

type Callback = (...values: unknown[]) => unknown

const dist = join(import.meta.dirname, '../../../../dist')
const realRequire = createRequire(import.meta.url) as (name: string) => unknown

// In Node's main context, where Node's own errors are instances of `Error`; a test runs in another one.
const real = (compileFunction('return { process, Date, Math }') as Callback)() as {
  process: NodeJS.Process
  Date: DateConstructor
  Math: Math
}
const GLOBALS = ['process', 'setTimeout', 'clearTimeout', 'performance', 'Date', 'Math']
const compiled = new Map<string, Callback>()

/** A file of dist/ as a function of the names that it uses. */
function compile(name: string): Callback {
  const filename = join(dist, name)
  const parameters = ['module', 'exports', 'require', '__dirname', ...GLOBALS]
  const made =
    compiled.get(name) ??
    (compileFunction(fs.readFileSync(filename, 'utf8'), parameters, { filename }) as Callback)
  compiled.set(name, made)
  return made
}

/** `module` with some members replaced. */
function changed<Real extends object>(module: Real, members: Record<string, unknown>): Real {
  const descriptors = Object.entries(members).map(([name, value]) => [name, { value, writable: true }])
  return Object.create(module, Object.fromEntries(descriptors) as PropertyDescriptorMap) as Real
}

const portOf = ({ socket }: ClientRequest): number => socket?.localPort ?? 0

/** A process inside this one, and its time, which passes only from one timer to the next. */
export class Host {
  readonly phase: Phase
  /** Milliseconds since the process started. */
  elapsed = 0
  /** When the first signal was sent. */
  signalledAt: number | undefined
  #outlived = false
  /** How often each moment has come. */
  readonly #moments = new Map<Moment, number>()
  readonly #timers = new Set<Timer>()
  readonly #options: HostOptions
  readonly #process: NodeJS.Process
  readonly #globals: readonly unknown[]
  readonly #modules: Record<string, unknown>
  /** HTTP requests that have not ended, and the local ports of those that get nothing before time passes. */
  readonly #requests = new Set<ClientRequest>()
  readonly parked = new Set<number>()
  readonly #stdout: string[] = []
  #rest = ''
  #stderr = ''
  #writes = 0
  #end: HostEnd | undefined

  constructor(options: HostOptions) {
    this.#options = options
    this.phase = options.phase
    const { signal } = options
    if (signal && 'ms' in signal.at) this.after(signal.at.ms, () => this.#interrupt(signal))
    class HostDate extends real.Date {
      static override now = options.now
    }
    const setTimeout = (work: Callback, ms = 0, ...rest: unknown[]): Timer =>
      this.after(ms, () => work(...rest))
    const math = changed(real.Math, { random: () => options.random })
    const performance = { now: () => this.elapsed }
    this.#process = this.#ownProcess()
    this.#globals = [this.#process, setTimeout, this.clear, performance, HostDate, math]
    this.#modules = { fs: this.#files(), http: changed(http, { request: this.#request }) }
  }

  get #hasEnded(): boolean {
    return this.#end !== undefined
  }

  /** Plans `work` in `ms` milliseconds. */
  after(ms: number, work: () => unknown): Timer {
    const timer = { due: this.elapsed + Math.max(0, ms), work }
    this.#timers.add(timer)
    return timer
  }

  readonly clear = (timer?: Timer): void => {
    if (timer) this.#timers.delete(timer)
  }

  /** Whether the process still waits for a response at this local port. */
  readonly isWaiting = (port: number): boolean => [...this.#requests].some((each) => portOf(each) === port)

  /** Notes that one more of these moments has come, which may be that of the signal; returns whether it still runs. */
  reach(moment: Moment): boolean {
    const nth = (this.#moments.get(moment) ?? 0) + 1
    this.#moments.set(moment, nth)
    const { signal } = this.#options
    if (signal && 'nth' in signal.at && signal.at.moment === moment && signal.at.nth === nth)
      this.#interrupt(signal)
    return !this.#hasEnded
  }

  /** Cancels the process as the runner does, or kills it. */
  #interrupt({ name }: Signal): void {
    if (this.signalledAt !== undefined) return
    this.signalledAt = this.elapsed
    this.signal(name)
    this.after(7500, () => this.signal('SIGTERM'))
    this.after(10_000, () => {
      this.#outlived = true
      this.signal('SIGKILL')
    })
  }

  /** Sends a signal. SIGKILL ends the process, as any does that it does not handle. */
  signal(name: NodeJS.Signals): void {
    if (name === 'SIGKILL' || !this.#process.emit(name, name)) this.#finish(null)
  }

  /** Runs the entry of dist/ to its end. */
  async run(): Promise<HostEnd> {
    this.#require(`./${this.phase}.cjs`)
    for (;;) {
      await this.#settle()
      if (this.#end !== undefined) return this.#end
      const [next] = [...this.#timers].sort((one, other) => one.due - other.due)
      if (next === undefined) this.#finish(0, true)
      else {
        this.#timers.delete(next)
        this.elapsed = next.due
        next.work()
      }
    }
  }

  /** Waits until nothing can happen before the next timer. */
  async #settle(): Promise<void> {
    for (let idle = 0; idle < 3 && !this.#hasEnded; idle = this.#isIdle() ? idle + 1 : 0) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #isIdle(): boolean {
    return this.#writes === 0 && [...this.#requests].every((request) => this.parked.has(portOf(request)))
  }

  #finish(exitCode: number | null, drained = false): void {
    const { elapsed, signalledAt } = this
    const [stdout, stderr, outlived] = [this.#stdout, this.#stderr, this.#outlived]
    this.#end ??= { exitCode, drained, stdout, stderr, elapsed, signalledAt, outlived }
  }

  #print(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/)
    this.#rest = lines.pop()!
    for (const line of lines) {
      // Promises may go on in a process that has ended.
      if (this.#hasEnded) return
      this.#stdout.push(line)
      this.reach('line')
    }
  }

  /** `require` of dist/. */
  readonly #require = (name: string): unknown => {
    if (!name.startsWith('./')) return this.#modules[name.replace(/^node:/, '')] ?? realRequire(name)
    const module = { exports: {} }
    compile(name.slice(2))(module, module.exports, this.#require, dist, ...this.#globals)
    return module.exports
  }

  /** `process`: what is not its own comes from the real one. */
  #ownProcess(): NodeJS.Process {
    const stdout = changed(new EventEmitter(), {
      write: (text: string, done?: () => void) => {
        this.#print(text)
        if (done) queueMicrotask(done)
      }
    })
    const own = changed(real.process, {
      env: this.#options.env,
      stdout,
      stderr: { write: (text: string) => void (this.#stderr += text) },
      execve: undefined,
      getBuiltinModule: this.#require,
      exit: (code = 0) => this.#finish(code)
    })
    // It also has listeners of its own.
    Reflect.apply(EventEmitter, own, [])
    return own
  }

  /** `fs`, whose writes can fail, and whose promises are waited for. */
  #files(): typeof fs {
    const waited =
      <Values extends unknown[]>(work: (...values: Values) => Promise<unknown>) =>
      (...values: Values) => {
        this.#writes++
        return work(...values).finally(() => this.#writes--)
      }
    const { access, appendFile, writeFile } = fs.promises
    return changed(fs, {
      promises: { access: waited(access), appendFile: waited(appendFile), writeFile: waited(writeFile) },
      appendFileSync: (path: string, text: string) => {
        this.#options.onAppend(path)
        fs.appendFileSync(path, text)
      }
    })
  }

  readonly #request = (...values: Parameters<typeof http.request>): ClientRequest => {
    if (this.#hasEnded) throw new Error('The process has ended')
    const request = http.request(...values)
    this.#requests.add(request)
    return request.once('close', () => this.#requests.delete(request))
  }
}
