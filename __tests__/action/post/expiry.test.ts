import { describe, expect, it } from '@jest/globals'

import { HOUR, NOON } from '../../support/clock.ts'
import { annotated, shown } from '../../support/log-lines.ts'
import { expectVerified, mainThenPost } from '../../support/run-action.ts'
import {
  deletionById,
  deletionOfCurrent,
  lookUp,
  mockZendesk,
  stray401,
  theToken
} from '../../support/zendesk.ts'

const BY_ID = 'DELETE token by token'
const VERIFY = 'GET current by token'
const EXPIRED = /had (already )?expired/

describe('post reports that the token had expired', () => {
  it.concurrent.each([
    ['right', NOON],
    ['a day behind', NOON - 24 * HOUR]
  ])('after one rejected DELETE if the clock of the runner is %s', async (_clock, now) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: () => {
        zendesk.advance(2 * HOUR)
      },
      mainRun: { now },
      postRun: { now }
    })
    expect(run.postRequests).toEqual([BY_ID])
    expect(shown(run.post)).toMatch(EXPIRED)
    expect(annotated(run.post)).toEqual([])
  })
})

describe('post does not take the token for expired', () => {
  it.concurrent.each([
    ['ahead', 24 * HOUR],
    ['behind', -24 * HOUR]
  ])('because the clock of the runner is a day %s', async (_where, shift) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, { postRun: { now: NOON + shift } })
    expectVerified(zendesk, run, [BY_ID, VERIFY])
    expect(shown(run.post)).not.toMatch(EXPIRED)
  })

  it.concurrent.each([
    ['the runner is a day ahead', { now: NOON + 24 * HOUR }, 0],
    ['the `Date` of every response is two hours ahead', {}, 2 * HOUR],
    ['the `Date` of every response is two hours behind', {}, -2 * HOUR]
  ])('because its DELETE is rejected while %s', async (_clock, postRun, dateSkew) => {
    const zendesk = await mockZendesk({ dateSkew })
    zendesk.fault(deletionById, [stray401])
    const run = await mainThenPost(zendesk, { postRun })
    expectVerified(zendesk, run, [BY_ID, VERIFY, BY_ID, VERIFY])
    expect(shown(run.post)).not.toMatch(EXPIRED)
  })

  it.concurrent('by a lifetime that main requested, and Zendesk never reported', async () => {
    const zendesk = await mockZendesk({ reportExpiresIn: 'never' })
    zendesk.fault(lookUp, [{ kind: 'gateway' }])
    const run = await mainThenPost(zendesk, {
      between: () => {
        theToken(zendesk).expiresAt = null
        zendesk.advance(2 * HOUR)
        zendesk.fault(deletionOfCurrent, [stray401])
      },
      postRun: { now: NOON + 2 * HOUR }
    })
    expectVerified(zendesk, run, ['DELETE current by token', VERIFY, 'DELETE current by token', VERIFY])
  })
})
