import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type Deadline, DeadlineExceeded, Cancelled } from '../../src/lib/deadline.ts'
import { runnerLog as log } from '../../src/runner/log.ts'
import { runStep, type Host } from '../../src/step.ts'
import { FakeClock } from './clock.ts'

type Listener = (argument?: unknown) => void

/** A process that only remembers what was done to it. */
class FakeHost {
  readonly env: NodeJS.ProcessEnv = { NODE_TLS_REJECT_UNAUTHORIZED: '0', OTHER: 'kept' }
  readonly done: string[] = []
  readonly #listeners = new Map<string, Listener>()
  /** Called where stdout has been written to, with what says that it is out. */
  onWrite = (written: () => void): void => {
    written()
  }
  readonly stdout = {
    write: (_text: string, written: () => void): void => {
      this.done.push('write')
      this.onWrite(written)
    },
    on: (event: string, listener: Listener): void => {
      this.#listeners.set(`stdout ${event}`, listener)
    }
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener)
    return this
  }

  removeAllListeners(event: string): this {
    this.done.push(`no ${event}`)
    return this
  }

  exit(code: number): void {
    this.done.push(`exit ${code}`)
  }

  emit(event: string, argument?: unknown): void {
    this.#listeners.get(event)!(argument)
  }

  run(story: Parameters<typeof runStep>[2], clock = new FakeClock()): Promise<void> {
    return runStep(this as unknown as Host, { clock, log }, story, (error) => {
      this.done.push(`failed: ${error instanceof Error ? error.message : String(error)}`)
      return 7
    })
  }
}

const never = new Promise<void>(() => undefined)

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

describe('the end of a step', () => {
  it('is exit code 0 where its work is done, although the time goes on', async () => {
    const host = new FakeHost()
    await host.run(({ startDeadline }) => {
      startDeadline(300)
      return Promise.resolve()
    })
    expect(host.done).toEqual(['no warning', 'write', 'exit 0'])
  })

  it('waits until everything that was said is out', async () => {
    const host = new FakeHost()
    let run: Promise<void> | undefined
    const written = await new Promise<() => void>((resolve) => {
      host.onWrite = resolve
      run = host.run(() => Promise.resolve())
    })
    expect(host.done).not.toContain('exit 0')
    written()
    await run
    expect(host.done).toContain('exit 0')
  })

  it('has the exit code of the failure', async () => {
    const host = new FakeHost()
    await host.run(() => Promise.reject(new Error('no luck')))
    expect(host.done).toEqual(['no warning', 'failed: no luck', 'write', 'exit 7'])
  })

  it('is a failure where something throws beside the story', async () => {
    const host = new FakeHost()
    const run = host.run(() => never)
    host.emit('uncaughtException', new Error('from nowhere'))
    await run
    expect(host.done).toEqual(['no warning', 'failed: from nowhere', 'write', 'exit 7'])
  })

  it('comes a quarter of a second after the time is over, whatever is still awaited', async () => {
    const host = new FakeHost()
    const clock = new FakeClock()
    clock.pass(2000)
    const run = host.run(({ startDeadline }) => {
      startDeadline(5)
      return never
    }, clock)
    await jest.advanceTimersByTimeAsync(3249)
    expect(host.done).toEqual(['no warning'])
    await jest.advanceTimersByTimeAsync(1)
    await run
    const failed = `failed: ${new DeadlineExceeded(5).message}`
    expect(host.done).toEqual(['no warning', failed, 'write', 'exit 7'])
  })
})

describe('the process of a step', () => {
  it('keeps a reserve of the startDeadline', async () => {
    let startDeadline: Deadline | undefined
    await new FakeHost().run((step) => {
      startDeadline = step.startDeadline(60, 5000)
      return Promise.resolve()
    })
    expect(startDeadline?.remaining()).toBe(55_000)
  })

  it.each(['SIGINT', 'SIGTERM'])('stops new work on %s', async (signal) => {
    const host = new FakeHost()
    await host.run((step) => {
      const startDeadline = step.startDeadline(60)
      startDeadline.check()
      host.emit(signal)
      startDeadline.check()
      return Promise.resolve()
    })
    expect(host.done).toContain(`failed: ${new Cancelled().message}`)
  })

  it('does not stop where nobody reads its log any more', async () => {
    const host = new FakeHost()
    await host.run(() => {
      host.emit('stdout error', new Error('EPIPE'))
      return Promise.resolve()
    })
    expect(host.done).toContain('exit 0')
  })

  it('does not let the environment switch off certificates', async () => {
    const host = new FakeHost()
    await host.run(() => Promise.resolve())
    expect(host.env).toEqual({ OTHER: 'kept' })
  })
})
