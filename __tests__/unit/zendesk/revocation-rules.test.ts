import { describe, expect, it } from '@jest/globals'
import {
  AFTER_DELETE,
  CHECK,
  CHECK_WAITS,
  RECHECK,
  RECHECK_QUESTIONS,
  REQUEST_RESERVE,
  SECOND_REJECTION,
  VERIFICATION,
  VERIFICATION_QUESTIONS,
  type AfterCheck,
  type AfterDelete,
  type AfterRecheck,
  type AfterVerification,
  type DeleteResult,
  type Status
} from '../../../src/zendesk/revocation-rules.ts'

describe('AFTER_DELETE', () => {
  it.each<[DeleteResult, AfterDelete, AfterDelete, AfterDelete]>([
    ['accepted', 'verify', 'verify', 'verify'],
    ['accepted by id', 'gone', 'gone', 'gone'],
    ['rejected', 'recheck', 'next way', 'verify'],
    ['not found', 'recheck at once', 'next way', 'verify'],
    ['expired', 'expired', 'expired', 'expired'],
    ['anything else', 'next way', 'next way', 'next way'],
    ['stopped', 'warn', 'warn', 'warn']
  ])('%s: with nothing accepted %s, rechecked %s, seen active %s', (result, nothing, rechecked, active) => {
    expect(AFTER_DELETE[result]).toEqual({
      'nothing accepted': nothing,
      rechecked,
      'seen active': active
    })
  })
})

describe('VERIFICATION', () => {
  it.each<[Status, AfterVerification, AfterVerification, AfterVerification]>([
    ['rejected', 'verified', 'ask again after 1 s', 'verified'],
    ['expired', 'verified', 'expired', 'expired'],
    ['active', 'ask again', 'ask again', 'ask again'],
    ['unknown', 'unverified', 'next way', 'next way'],
    ['stopped', 'unverified', 'warn', 'warn']
  ])('%s: not seen active %s, seen active %s, and then rejected %s', (status, first, active, rejected) => {
    expect(VERIFICATION[status]).toEqual({
      'not seen active': first,
      'seen active': active,
      'seen active, then rejected': rejected
    })
  })

  it('asks at once, and after 1 and 3 s, which may be shortened', () => {
    expect(VERIFICATION_QUESTIONS).toEqual([
      { wait: 0, needs: 0 },
      { wait: 1000, needs: 0 },
      { wait: 3000, needs: 0 }
    ])
  })

  it('asks for a second rejection after 1 s, which is never shortened', () => {
    expect(SECOND_REJECTION).toEqual({ wait: 1000, needs: 1500 })
  })
})

describe('RECHECK', () => {
  it.each<[Status, AfterRecheck, AfterRecheck, AfterRecheck]>([
    ['rejected', 'ask again', 'verified', 'next way'],
    ['expired', 'expired', 'expired', 'expired'],
    ['active', 'same DELETE', 'same DELETE', 'same DELETE'],
    ['unknown', 'next way', 'next way', 'next way'],
    ['stopped', 'warn', 'warn', 'warn']
  ])('%s: with waits left %s, at last of a known token %s, of another %s', (status, left, known, other) => {
    expect(RECHECK[status]).toEqual({
      'waits left': left,
      'last, token known': known,
      'last, token not known': other
    })
  })
})

describe('RECHECK_QUESTIONS', () => {
  it('are asked after 1 and 3 s, if the remaining waits and half a second fit', () => {
    expect(RECHECK_QUESTIONS.recheck).toEqual({
      early: [{ wait: 1000, needs: 4500 }],
      last: { wait: 3000, needs: 3500 }
    })
  })

  it('are asked at once as well if the DELETE did not find the token, for which nothing has to fit', () => {
    const { early, last } = RECHECK_QUESTIONS.recheck
    expect(RECHECK_QUESTIONS['recheck at once']).toEqual({ early: [{ wait: 0, needs: 0 }, ...early], last })
  })
})

describe('REQUEST_RESERVE', () => {
  it('is half a second', () => {
    expect(REQUEST_RESERVE).toBe(500)
  })
})

describe('CHECK', () => {
  it.each<[keyof typeof CHECK, AfterCheck, AfterCheck]>([
    ['active', 'checked', 'checked'],
    ['not found', 'checked', 'checked'],
    ['rejected', 'ask again', 'ask again'],
    ['unknown', 'not checked', 'ask again']
  ])('%s: first %s, after a rejection %s', (status, first, rejected) => {
    expect(CHECK[status]).toEqual({ first, 'after a rejection': rejected })
  })

  it('asks four times, at once and after 0.5, 1 and 2 s', () => {
    expect(CHECK_WAITS).toEqual([0, 500, 1000, 2000])
  })
})
