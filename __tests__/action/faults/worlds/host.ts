/*
 * Runs a file of dist/ inside this process as if it had one of its own: with its own environment, stdout, signals and
 * clock. Time stands still while anything can happen without it. HTTP goes over real sockets.
 */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'

import { type Timeline, type Timer } from './timeline.ts'

/** What a process runs with. */
export interface HostOptions {
  timeline: Timeline
  env: Record<string, string>
  /** The wall clock, in milliseconds since 1970. */
  now: () => number
  /** What `Math.random` returns. */
  random: number
  /** Called with each line of stdout. */
  onLine: (line: string) => void
  /** Called before a file is appended to; what it throws is what the system says. */
  onAppend: (path: string) => void
}

/** How a process ended. */
export interface HostEnd {
  /** `null` if it was killed. */
  exitCode: number | null
  /** Whether it waited for what never comes, until Node had nothing left to do. */
  drained: boolean
  stdout: string[]
  stderr: string
  /** Milliseconds from its start to its end. */
  elapsed: number
}

type Callback = (...values: unknown[]) => unknown
type Module = Record<string, unknown>

const dist = join(import.meta.dirname, '../../../../dist')
const realRequire = createRequire(import.meta.url) as (name: string) => Module

// In Node's main context, where Node's own errors are instances of `Error`; a test runs in another one.
const real = (compileFunction('return { process, Date, Math }') as Callback)() as {
  process: NodeJS.Process
  Date: DateConstructor
  Math: Math
}
const PARAMETERS = ['module', 'exports', 'require', '__dirname', 'process', 'setTimeout', 'clearTimeout']
const compiled = new Map<string, Callback>()

/** A file of dist/ as a function of the names that it uses. */
function compile(name: string): Callback {
  const file = join(dist, name)
  const known = compiled.get(file)
  if (known) return known
  const parameters = [...PARAMETERS, 'performance', 'Date', 'Math']
  const made = compileFunction(readFileSync(file, 'utf8'), parameters, { filename: file }) as Callback
  compiled.set(file, made)
  return made
}

/** `module` with some members replaced. */
function changed(module: object, members: Module): Module {
  const descriptors = Object.entries(members).map(([name, value]) => [name, { value, enumerable: true }])
  return Object.create(module, Object.fromEntries(descriptors) as PropertyDescriptorMap) as Module
}

const portOf = (request: EventEmitter): number =>
  (request as { socket?: { localPort?: number } }).socket?.localPort ?? 0

/** A process inside this one. */
export class Host {
  readonly #options: HostOptions
  readonly #started: number
  readonly #listeners = new EventEmitter()
  readonly #globals: readonly unknown[]
  readonly #modules: Readonly<Module>
  /** HTTP requests that have not ended, and the local ports of those that get nothing before time passes. */
  readonly #requests = new Set<EventEmitter>()
  readonly #parked = new Set<number>()
  readonly #stdout: string[] = []
  #rest = ''
  #stderr = ''
  #writes = 0
  #end: HostEnd | undefined

  constructor(options: HostOptions) {
    const { timeline, now, random } = options
    this.#options = options
    this.#started = timeline.now
    class HostDate extends real.Date {
      static override now = now
    }
    const setTimeout = (work: Callback, ms?: number, ...rest: unknown[]): Timer =>
      timeline.after(ms ?? 0, () => void work(...rest))
    const clearTimeout = (timer?: Timer): void => {
      if (timer) timeline.cancel(timer)
    }
    const process = this.#process()
    const math = changed(real.Math, { random: () => random })
    this.#globals = [process, setTimeout, clearTimeout, { now: () => this.elapsed }, HostDate, math]
    this.#modules = {
      fs: this.#files(),
      http: changed(realRequire('http'), { request: this.#request }),
      'timers/promises': { setTimeout: this.#sleep }
    }
  }

  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  /** Milliseconds since the process started. */
  get elapsed(): number {
    return this.#options.timeline.now - this.#started
  }

  /** Notes that the request from this local port gets nothing until `unpark`. */
  park(port: number): void {
    this.#parked.add(port)
  }

  unpark(port: number): void {
    this.#parked.delete(port)
  }

  /** Whether the process still waits for a response at this local port. */
  isWaiting(port: number): boolean {
    return [...this.#requests].some((request) => portOf(request) === port)
  }

  /** Sends a signal. SIGKILL ends the process, as any does that it does not handle. */
  signal(name: NodeJS.Signals): void {
    if (name === 'SIGKILL' || !this.#listeners.emit(name, name)) this.#finish(null)
  }

  /** Runs an entry of dist/ to its end. */
  async run(entry: 'main' | 'post'): Promise<HostEnd> {
    const { timeline } = this.#options
    this.#require(`./${entry}.cjs`)
    for (;;) {
      await this.#settle()
      if (this.#end !== undefined) break
      if (!timeline.advance()) this.#finish(0, true)
    }
    timeline.clear()
    return this.#end
  }

  /** Waits until nothing can happen before the next timer. */
  async #settle(): Promise<void> {
    for (let idle = 0; idle < 3 && !this.hasEnded; idle = this.#isIdle() ? idle + 1 : 0) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #isIdle(): boolean {
    return this.#writes === 0 && [...this.#requests].every((request) => this.#parked.has(portOf(request)))
  }

  #finish(exitCode: number | null, drained = false): void {
    const { elapsed } = this
    this.#end ??= { exitCode, drained, stdout: this.#stdout, stderr: this.#stderr, elapsed }
  }

  #print(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/)
    this.#rest = lines.pop()!
    for (const line of lines) {
      // Promises may go on in a process that has ended.
      if (this.hasEnded) return
      this.#stdout.push(line)
      this.#options.onLine(line)
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
  #process(): object {
    const stdout = changed(new EventEmitter(), {
      write: (text: string, done?: () => void) => {
        this.#print(text)
        if (done) queueMicrotask(done)
      }
    })
    const own: Module = {
      env: this.#options.env,
      stdout,
      stderr: { write: (text: string) => void (this.#stderr += text) },
      execve: undefined,
      getBuiltinModule: this.#require,
      exit: (code = 0) => {
        this.#finish(code)
      }
    }
    const owners = [own, this.#listeners, real.process]
    return new Proxy(own, {
      get: (_target, key) => {
        const owner = owners.find((each) => key in each) ?? own
        const value: unknown = Reflect.get(owner, key)
        return typeof value === 'function' && owner === this.#listeners
          ? (value.bind(owner) as unknown)
          : value
      }
    })
  }

  /** `fs`, whose writes can fail, and whose promises are waited for. */
  #files(): Module {
    const fs = realRequire('fs')
    const waited =
      (work: Callback): Callback =>
      async (...values) => {
        this.#writes++
        try {
          return await work(...values)
        } finally {
          this.#writes--
        }
      }
    const promises = Object.entries(fs['promises'] as Module).map(([name, value]) => [
      name,
      typeof value === 'function' ? waited(value as Callback) : value
    ])
    return changed(fs, {
      promises: Object.fromEntries(promises) as Module,
      appendFileSync: (path: string, ...rest: unknown[]) => {
        this.#options.onAppend(path)
        ;(fs['appendFileSync'] as Callback)(path, ...rest)
      }
    })
  }

  readonly #request = (...values: unknown[]): EventEmitter => {
    if (this.hasEnded) throw new Error('The process has ended')
    const request = (realRequire('http')['request'] as Callback)(...values) as EventEmitter
    this.#requests.add(request)
    return request.once('close', () => this.#requests.delete(request))
  }

  readonly #sleep = async (
    ms: number,
    value: unknown,
    { signal }: { signal: AbortSignal }
  ): Promise<unknown> => {
    const { timeline } = this.#options
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timeline.cancel(timer)
        reject(new Error('The operation was aborted'))
      }
      const timer = timeline.after(ms, () => {
        signal.removeEventListener('abort', abort)
        resolve(value)
      })
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    })
  }
}
