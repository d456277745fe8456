import { describe, expect, it } from '@jest/globals'
import * as rules from '../../../src/zendesk/revocation-rules.ts'

/** A table of rules as rows: the name of each, and what comes next in each history, in the order of the names. */
const rows = (table: object, ...histories: string[]): string[][] =>
  Object.entries(table).map(([result, next]: [string, Record<string, string>]) => {
    expect(Object.keys(next).sort()).toEqual([...histories].sort())
    return [result, ...histories.map((history) => String(next[history]))]
  })

describe('AFTER_DELETE, VERIFICATION, RECHECK and CHECK', () => {
  it('say what comes after each result of a DELETE, by what was seen before', () => {
    expect(rows(rules.AFTER_DELETE, 'nothing accepted', 'rechecked', 'seen active')).toEqual([
      ['accepted', 'verify', 'verify', 'verify'],
      ['accepted by id', 'gone', 'gone', 'gone'],
      ['rejected', 'recheck', 'next way', 'verify'],
      ['not found', 'recheck at once', 'next way', 'verify'],
      ['expired', 'expired', 'expired', 'expired'],
      ['anything else', 'next way', 'next way', 'next way'],
      ['stopped', 'warn', 'warn', 'warn']
    ])
  })

  it('say what comes after each response about the token, by what was seen before', () => {
    const histories = ['not seen active', 'seen active', 'seen active, then rejected']
    expect(rows(rules.VERIFICATION, ...histories)).toEqual([
      ['rejected', 'verified', 'ask again after 1 s', 'verified'],
      ['expired', 'verified', 'expired', 'expired'],
      ['active', 'ask again', 'ask again', 'ask again'],
      ['unknown', 'unverified', 'next way', 'next way'],
      ['stopped', 'unverified', 'warn', 'warn']
    ])
    expect(rows(rules.RECHECK, 'waits left', 'last, token known', 'last, token not known')).toEqual([
      ['rejected', 'ask again', 'verified', 'next way'],
      ['expired', 'expired', 'expired', 'expired'],
      ['active', 'same DELETE', 'same DELETE', 'same DELETE'],
      ['unknown', 'next way', 'next way', 'next way'],
      ['stopped', 'warn', 'warn', 'warn']
    ])
    expect(rows(rules.CHECK, 'first', 'after a rejection')).toEqual([
      ['active', 'checked', 'checked'],
      ['not found', 'checked', 'checked'],
      ['rejected', 'ask again', 'ask again'],
      ['unknown', 'not checked', 'ask again']
    ])
  })
})

it('VERIFICATION_QUESTIONS, RECHECK_QUESTIONS and CHECK_WAITS say when to ask, and the time that this needs', () => {
  // After an accepted DELETE any wait may be shortened, but not the one for a second rejection.
  expect(rules.VERIFICATION_QUESTIONS).toEqual([0, 1000, 3000].map((wait) => ({ wait, needs: 0 })))
  expect(rules.SECOND_REJECTION).toEqual({ wait: 1000, needs: 1500 })
  expect(rules.REQUEST_RESERVE).toBe(500)
  const early = { wait: 1000, needs: 4500 }
  const last = { wait: 3000, needs: 3500 }
  expect(rules.RECHECK_QUESTIONS).toEqual({
    recheck: { early: [early], last },
    'recheck at once': { early: [{ wait: 0, needs: 0 }, early], last }
  })
  expect(rules.CHECK_WAITS).toEqual([0, 500, 1000, 2000])
})
