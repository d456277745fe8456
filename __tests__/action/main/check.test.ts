import { describe, expect, it } from '@jest/globals'
import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, count, shown } from '../../support/log-lines.ts'
import { LINES, theToken } from '../../support/requests.ts'
import { expectVerified, mainThenPost, type Run } from '../../support/run-action.ts'
import { edited, LOOK_UP, mockZendesk, STRAY_401 } from '../../support/zendesk.ts'

/** How main ends: only a check reports the id; without it post deletes the token as the current one. */
type Outcome = 'checked' | 'not checked' | 'red'

/** Main sends one mint and so many checks, and ends like this; post revokes the token. */
async function expectOutcome(zendesk: Zendesk, checks: number, outcome: Outcome): Promise<Run> {
  const run = await mainThenPost(zendesk)
  const { id, value: token } = theToken(zendesk)
  const { byId, byCurrent, verify } = LINES
  expect(run.mainRequests).toEqual(['POST grant', ...Array<string>(checks).fill(verify)])
  expect(run.main).toMatchObject({ exitCode: outcome === 'red' ? 1 : 0, stderr: '' })
  expect([annotated(run.main).length, count(run.main, 'error')]).toEqual(outcome === 'red' ? [1, 1] : [0, 0])
  expect(run.main.outputs).toMatchObject(
    outcome === 'checked'
      ? { token, 'token-id': String(id), 'client-id': '360000000101' }
      : { token, 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' }
  )
  expect(shown(run.main).includes('not checked')).toBe(outcome === 'not checked')
  expectVerified(zendesk, run, [outcome === 'checked' ? byId : byCurrent, verify])
  return run
}

const UNAVAILABLE: Fault = { kind: 'response', status: 503 }
const PAGE_401: Fault = { kind: 'gateway', status: 401 }
const RESET: Fault = { kind: 'reset' }
const REJECTED = [STRAY_401, UNAVAILABLE, PAGE_401]

describe('main checks the new token', () => {
  it.concurrent.each<[string, Fault[], number, Outcome, number]>([
    ['once, and continues after an HTML 401', [PAGE_401], 1, 'not checked', 0],
    ['after a rejection until an answer is about the token', REJECTED, 4, 'checked', 3500],
    ['four times after one rejection, and then fails', [...REJECTED, { kind: 'html' }], 4, 'red', 3500],
    ['until the fourth rejection, and then fails', Array<Fault>(4).fill(STRAY_401), 4, 'red', 3500],
    ['again at once if a reused connection is closed', [RESET], 2, 'checked', 0],
    ['not again if the second is reset as well', [RESET, RESET], 2, 'not checked', 0]
  ])('%s', async (_what, faults, checks, outcome, elapsed) => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, faults)
    const { main } = await expectOutcome(zendesk, checks, outcome)
    expect(main.elapsed).toBe(elapsed)
  })

  it.concurrent('and ignores an answer about another token, which post does not revoke', async () => {
    const zendesk = await mockZendesk()
    const [other] = zendesk.seedTokens(1)
    zendesk.behaviour.currentIsAbout = other!.id
    const { main } = await expectOutcome(zendesk, 1, 'not checked')
    expect(shown(main)).not.toContain(String(other!.id))
    expect(zendesk.activeTokens()).toEqual([other])
  })

  it.concurrent('and accepts an answer that does not show how the token begins', async () => {
    const zendesk = await mockZendesk()
    const shortened = edited<{ token: object }>(({ token }) => ({ token: { ...token, token: undefined } }))
    zendesk.fault(LOOK_UP, [shortened])
    await expectOutcome(zendesk, 1, 'checked')
  })
})
