/*
 * Cancels a step at a moment that is certain. Until then the step's clock stands still.
 */
import { existsSync } from 'node:fs'
import { type Interference, type ProcessControl } from '../../mock/runner.ts'
import { type Fault, type FaultMatcher, type Zendesk } from '../../mock/zendesk.ts'
import { onEachRequest } from './request-watch.ts'
import { scratch } from './scratch.ts'

/** What cancels a step: a callback that sends the signal, and a file that the step's clock waits for. */
type Cancelled<How extends 'onStart' | 'onLine'> = Required<Pick<Interference, How>> & { hold: string }

/** Cancels a step when the mock has received `count` requests. */
export function cancelAtRequest(
  zendesk: Zendesk,
  count: number,
  signal: NodeJS.Signals
): Cancelled<'onStart'> {
  return {
    hold: scratch('hold'),
    onStart: ({ kill }) => {
      let isSent = false
      onEachRequest(zendesk, () => {
        if (isSent || zendesk.requests.length < count) return
        isSent = true
        kill(signal)
      })
    }
  }
}

/** Cancels a step when it prints `text`. */
export function cancelAtLine(text: string, signal: NodeJS.Signals): Cancelled<'onLine'> {
  return {
    hold: scratch('hold'),
    onLine: (line, { kill }) => {
      if (line.includes(text)) kill(signal)
    }
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** What happens to the request during which a step is cancelled: it is ignored, or carried out without a response in time. */
export type Fate = 'ignored' | 'response lost' | 'response late'

/**
 * Cancels a step during the `nth` request that matches. A late response is sent only after the process has received
 * the signal, so that the order of the two is certain.
 */
export function cancelDuring(
  zendesk: Zendesk,
  matcher: FaultMatcher,
  signal: NodeJS.Signals,
  fate: Fate = 'ignored',
  nth = 1
): Cancelled<'onStart'> {
  const hold = scratch('hold')
  let control: ProcessControl | undefined
  const cancel = (): void => {
    control?.kill(signal)
    control = undefined
  }
  const late: Fault = {
    kind: 'edit',
    edit: (response) => {
      cancel()
      // Gives up in the end, so that a process which ignores the signal fails the test.
      const isAware = (): boolean => signal === 'SIGKILL' || existsSync(hold)
      for (let turn = 0; !isAware() && turn < 4000; turn++) Atomics.wait(sleeper, 0, 0, 5)
      return response
    }
  }
  const fault: Fault = fate === 'response late' ? late : { kind: 'stall', after: fate === 'response lost' }
  zendesk.fault(matcher, [...Array<Fault>(nth - 1).fill({ kind: 'pass' }), fault])
  onEachRequest(zendesk, (request) => {
    if (request.fault === 'stall') cancel()
  })
  return {
    hold,
    onStart: (started) => {
      control = started
    }
  }
}
