import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { StepEnded } from '../../src/lib/deadline.ts'
import { runStep, type Host, type Step } from '../../src/step.ts'
import { RecordedLog } from '../support/client.ts'
import { FakeClock } from '../support/clock.ts'

type Listener = (argument?: unknown) => void

/** A process that only records what is done to it. */
class FakeHost {
  noDeprecation = false
  readonly done: string[] = []
  readonly log = new RecordedLog()
  readonly #listeners = new Map<string, Listener>()
  /** Called when stdout is written to, with what reports that all of it is out. */
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

  run(
    work: (step: Step) => unknown,
    { clock = new FakeClock(), failureCode = 1 }: { clock?: FakeClock; failureCode?: 0 | 1 } = {}
  ): Promise<void> {
    const tools = { clock, log: this.log }
    const step = async (given: Step): Promise<void> => {
      await work(given)
    }
    return runStep(this as unknown as Host, tools, step, failureCode)
  }
}

const never = new Promise<void>(() => undefined)
let host: FakeHost

/** The step has failed, with this one error. */
function expectFailed(message: string): void {
  expect(host.log.lines).toEqual([`error: ${message}`])
  expect(host.done).toEqual(['no warning', 'write', 'exit 1'])
}

beforeEach(() => {
  host = new FakeHost()
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

describe('runStep ends', () => {
  it('with exit code 0 when its work is done, although its timeout is not reached', async () => {
    await host.run(({ within }) => within({ seconds: 300 }, () => Promise.resolve()))
    expect(jest.getTimerCount()).toBe(0)
    expect(host.done).toEqual(['no warning', 'write', 'exit 0'])
    expect(host.log.lines).toEqual([])
  })

  it('when all its output is written', async () => {
    let run: Promise<void> | undefined
    const written = await new Promise<() => void>((resolve) => {
      host.onWrite = resolve
      run = host.run(() => undefined)
    })
    expect(host.done).not.toContain('exit 0')
    written()
    await run
    expect(host.done).toContain('exit 0')
  })

  it('with exit code 1 and an error if its work fails', async () => {
    await host.run(() => Promise.reject(new Error('no luck')))
    expectFailed('no luck')
  })

  it('in silence with exit code 0 if a failure has that', async () => {
    await host.run(() => Promise.reject(new Error('no luck')), { failureCode: 0 })
    expect(host.done).toEqual(['no warning', 'write', 'exit 0'])
    expect(host.log.lines).toEqual([])
  })

  it.each([
    ['an error', new Error('from nowhere')],
    ['anything else', 'from nowhere']
  ])('with an error if something throws %s outside of its work', async (_what, thrown) => {
    const run = host.run(() => never)
    host.emit('uncaughtException', thrown)
    await run
    expectFailed('from nowhere')
  })

  it('a quarter of a second after its timeout, whatever it waits for', async () => {
    const clock = new FakeClock()
    clock.pass(2000)
    const run = host.run(({ within }) => within({ seconds: 5 }, () => never), { clock })
    await jest.advanceTimersByTimeAsync(3249)
    expect(host.done).toEqual(['no warning'])
    await jest.advanceTimersByTimeAsync(1)
    await run
    expectFailed(new StepEnded('deadline', 5).message)
  })
})

describe('runStep', () => {
  it('reserves a part of the timeout, and returns what the work returns', async () => {
    let remaining: number | undefined
    await host.run(async ({ within }) => {
      remaining = await within({ seconds: 60, reserve: 5000 }, (deadline) =>
        Promise.resolve(deadline.remaining())
      )
    })
    expect(remaining).toBe(55_000)
  })

  it.each([
    ['its work fails', () => Promise.reject(new Error('no luck')), 'no luck'],
    [
      'something throws outside of its work',
      () => {
        host.emit('uncaughtException', new Error('from nowhere'))
        return never
      },
      'from nowhere'
    ]
  ])('lets a step catch that %s', async (_what, work, message) => {
    let caught: unknown
    await host.run(({ within }) => within({ seconds: 60 }, work).catch((error: unknown) => (caught = error)))
    expect((caught as Error).message).toBe(message)
    expect(host.log.lines).toEqual([])
    expect(host.done).toContain('exit 0')
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('starts nothing more after %s', async (signal) => {
    await host.run(({ within }) =>
      within({ seconds: 60 }, async (deadline) => {
        deadline.check()
        await Promise.resolve()
        host.emit(signal)
        deadline.check()
      })
    )
    expectFailed(new StepEnded('cancelled', 60).message)
  })

  it('continues if nobody reads its log any more', async () => {
    await host.run(() => {
      host.emit('stdout error', new Error('EPIPE'))
    })
    expect(host.done).toContain('exit 0')
  })

  it('does not end by a deprecation, whatever NODE_OPTIONS say', async () => {
    await host.run(() => undefined)
    expect(host.noDeprecation).toBe(true)
  })
})
