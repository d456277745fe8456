import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { StepEnded } from '../../src/lib/deadline.ts'
import { runStep, type Host, type Step } from '../../src/step.ts'
import { RecordedLog } from '../support/client.ts'
import { FakeClock } from '../support/clock.ts'

/** A process that only records what is done to it. */
class FakeHost extends EventEmitter {
  noDeprecation = false
  readonly done: string[] = []
  readonly log = new RecordedLog()
  readonly clock = new FakeClock()
  /** Called when stdout is written to, with what reports that all of it is out. */
  onWrite = (written: () => void): void => written()
  readonly stdout = Object.assign(new EventEmitter(), {
    write: (_text: string, written: () => void) => {
      this.done.push('write')
      this.onWrite(written)
    }
  })

  override removeAllListeners(event: string): this {
    this.done.push(`no ${event}`)
    return this
  }

  exit(code: number): void {
    this.done.push(`exit ${code}`)
  }

  run(work: (step: Step) => unknown, failureCode: 0 | 1 = 1): Promise<void> {
    const step = async (given: Step): Promise<void> => {
      await work(given)
    }
    return runStep(this as unknown as Host, { clock: this.clock, log: this.log }, step, failureCode)
  }
}

const NEVER = new Promise<void>(() => undefined)
const fail = (): Promise<never> => Promise.reject(new Error('no luck'))
let host: FakeHost

/** The step has ended with this code, and this one error, if any. */
function expectEnd(code: 0 | 1, ...errors: string[]): void {
  expect(host.log.lines).toEqual(errors.map((message) => `error: ${message}`))
  expect(host.done).toEqual(['no warning', 'write', `exit ${code}`])
}

beforeEach(() => {
  host = new FakeHost()
  jest.useFakeTimers()
})
afterEach(() => void jest.useRealTimers())

describe('runStep ends', () => {
  it('with exit code 0 when its work is done, although its timeout is not reached', async () => {
    await host.run(({ within }) => within({ seconds: 300 }, () => Promise.resolve()))
    expect(jest.getTimerCount()).toBe(0)
    expectEnd(0)
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
    expectEnd(0)
  })

  it('with exit code 1 and an error if its work fails, or in silence with 0 if a failure has that', async () => {
    await host.run(fail)
    expectEnd(1, 'no luck')
    host = new FakeHost()
    await host.run(fail, 0)
    expectEnd(0)
  })

  it.each([new Error('from nowhere'), 'from nowhere'])('with an error if %p is thrown', async (thrown) => {
    const run = host.run(() => NEVER)
    host.emit('uncaughtException', thrown)
    await run
    expectEnd(1, 'from nowhere')
  })

  it('a quarter of a second after its timeout, whatever it waits for', async () => {
    host.clock.pass(2000)
    const run = host.run(({ within }) => within({ seconds: 5 }, () => NEVER))
    await jest.advanceTimersByTimeAsync(3249)
    expect(host.done).toEqual(['no warning'])
    await jest.advanceTimersByTimeAsync(1)
    await run
    expectEnd(1, new StepEnded('deadline', 5).message)
  })
})

describe('runStep', () => {
  it('reserves a part of the timeout, and returns what the work returns', async () => {
    let remaining: number | undefined
    await host.run(async ({ within }) => {
      const limit = { seconds: 60, reserve: 5000 }
      remaining = await within(limit, (deadline) => Promise.resolve(deadline.remaining()))
    })
    expect(remaining).toBe(55_000)
  })

  const crash = (): Promise<never> => {
    host.emit('uncaughtException', new Error('no luck'))
    return new Promise(() => undefined)
  }

  it.each([
    ['its work fails', fail],
    ['something throws outside of its work', crash]
  ])('lets a step catch that %s', async (_what, work) => {
    let caught: unknown
    await host.run(({ within }) => within({ seconds: 60 }, work).catch((error: unknown) => (caught = error)))
    expect(caught).toEqual(new Error('no luck'))
    expectEnd(0)
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
    expectEnd(1, new StepEnded('cancelled', 60).message)
  })

  it('continues if nobody reads its log any more, and after a deprecation, whatever NODE_OPTIONS say', async () => {
    await host.run(() => host.stdout.emit('error', new Error('EPIPE')))
    expectEnd(0)
    expect(host.noDeprecation).toBe(true)
  })
})
