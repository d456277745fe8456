/*
 * Cancels a step at a moment that is certain. Until then the step's clock stands still.
 */
import { existsSync } from 'node:fs'
import { describe } from '@jest/globals'
import { type Interference, type ProcessControl } from '../../mock/runner.ts'
import { type Fault, type FaultMatcher, type Zendesk } from '../../mock/zendesk.ts'
import { onEachRequest } from './request-watch.ts'
import { scratch } from './scratch.ts'

/** For tests with signals, which Windows does not have. */
export const describeSignals = process.platform === 'win32' ? describe.skip : describe

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** What happens to the request during which a step is cancelled: it is ignored, or carried out without a response in time. */
export type Fate = 'ignored' | 'response lost' | 'response late'

/**
 * Cancels a step during the `nth` request that matches, once `stalls` requests wait for a response. A late response is sent only after the process has received
 * the signal, so that the order of the two is certain.
 */
export function cancelDuring(
  zendesk: Zendesk,
  matcher: FaultMatcher,
  signal: NodeJS.Signals,
  fate: Fate = 'ignored',
  { nth = 1, stalls = 1 } = {}
): Pick<Interference, 'onStart'> & { hold: string } {
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
    if (request.fault === 'stall' && --stalls === 0) cancel()
  })
  return { hold, onStart: (started) => void (control = started) }
}
