import { describe, expect, it } from '@jest/globals'
import { SweepReport } from '../../src/sweep-report.ts'
import { type ZendeskRequest } from '../../src/zendesk/connection.ts'
import { type StaleToken } from '../../src/zendesk/stale-tokens.ts'
import { ZendeskError } from '../../src/zendesk/zendesk-error.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const HOUR = 3_600_000

function staleToken(id: number, more: Partial<StaleToken> = {}): StaleToken {
  return { id, userId: 5, scopes: 'read write', createdAt: now - 48 * HOUR, usedAt: null, ...more }
}

interface How {
  dryRun?: boolean
  /** How many stale tokens there are, with the ids from 1. */
  tokens?: number
  checked?: number
  /** The ids of those that could not be revoked, in the order in which this was found. */
  failed?: number[]
  /** What the list broke off with. */
  stop?: string
}

function report({ dryRun = false, tokens = 0, checked = tokens, failed = [], stop }: How = {}): SweepReport {
  const made = new SweepReport(dryRun, (error) => (error as Error).message)
  made.checked = checked
  for (let id = 1; id <= tokens; id++) made.add(staleToken(id))
  if (stop !== undefined) made.stop(new Error(stop))
  if (dryRun) return made
  for (const id of failed) made.settle(staleToken(id), new Error('No.'))
  for (const token of made.found()) if (!failed.includes(token.id)) made.settle(token, undefined)
  return made
}

describe('the stale tokens', () => {
  it('are counted once, however often a page shows them', () => {
    const twice = report({ tokens: 2 })
    twice.add(staleToken(2))
    expect(twice.matched).toBe(2)
  })

  it('are given out once, to whoever asks first', () => {
    const queue = report({ dryRun: true, tokens: 3 }).found()
    const first = queue.next().value as StaleToken
    expect([first, ...queue].map(({ id }) => id)).toEqual([1, 2, 3])
    expect([...queue]).toEqual([])
  })
})

describe('the outputs', () => {
  it('are the counts, and the ids as JSON', () => {
    expect(report({ tokens: 3, failed: [2] }).outputs()).toEqual({
      matched: 3,
      revoked: 2,
      failed: 1,
      'token-ids': '[1,2,3]'
    })
  })

  it('hold 5,000 ids at most', () => {
    const outputs = report({ tokens: 5001 }).outputs()
    expect(outputs.matched).toBe(5001)
    expect(JSON.parse(String(outputs['token-ids']))).toHaveLength(5000)
  })
})

describe('the last line', () => {
  it.each<[string, How]>([
    ['No stale tokens (9 checked).', { checked: 9 }],
    ['Revoked 1 stale token (1 checked).', { tokens: 1 }],
    ['Revoked 2 stale tokens (9 checked).', { tokens: 2, checked: 9 }],
    [
      "Found 2 stale tokens (9 checked). `dry-run: 'false'` would revoke: 1, 2.",
      { tokens: 2, checked: 9, dryRun: true }
    ]
  ])('is: %s', (line, how) => {
    expect(report(how).message()).toBe(line)
    expect(report(how).error()).toBeUndefined()
  })

  it('names 50 ids at most', () => {
    expect(report({ dryRun: true, tokens: 50 }).message()).toMatch(/, 49, 50\.$/)
    expect(report({ dryRun: true, tokens: 52 }).message()).toMatch(/, 49, 50 and 2 more\.$/)
  })
})

describe('the error', () => {
  it.each<[string, How, string]>([
    [
      'names the tokens that remain, in the order of their ids, and why they do',
      { tokens: 12, failed: [10, 2, 1] },
      'Could not revoke 3 of 12 stale tokens: 1, 2, 10. No.'
    ],
    [
      'says why the list broke off, and how many tokens were revoked before',
      { tokens: 2, stop: 'The list broke off.' },
      'The list broke off. Revoked 2 stale tokens before that.'
    ],
    [
      'says why the list broke off, and which tokens of those before remain',
      { tokens: 2, failed: [2], stop: 'The list broke off.' },
      'The list broke off. Could not revoke 1 of 2 stale tokens: 2. No.'
    ],
    [
      'claims no revocation in a dry run',
      { tokens: 2, dryRun: true, stop: 'The list broke off.' },
      'The list broke off.'
    ],
    ['claims no revocation if nothing was found', { stop: 'The list broke off.' }, 'The list broke off.']
  ])('%s', (_what, how, message) => {
    expect(report(how).error()).toEqual(new Error(message))
  })

  it('has one message for each kind of failure: that of the first token', () => {
    const request = (id: number): ZendeskRequest => ({ purpose: `${id}`, method: 'DELETE', path: '' })
    const kinds = report({ tokens: 0 })
    const errors = [
      new ZendeskError('forbidden', request(1)),
      new ZendeskError('forbidden', request(2)),
      new ZendeskError('timeout', request(3)),
      new Error('No idea.')
    ]
    errors.forEach((error, index) => {
      kinds.add(staleToken(index + 1))
      kinds.settle(staleToken(index + 1), error)
    })
    const { message } = kinds.error()!
    for (const error of [errors[0]!, errors[2]!, errors[3]!]) expect(message).toContain(error.message)
    expect(message).not.toContain(errors[1]!.message)
  })

  it('is the first one that stopped the sweep', () => {
    const stopped = report({ stop: 'First.' })
    stopped.stop(new Error('Second.'))
    expect(stopped.error()?.message).toBe('First.')
  })
})

describe('the summary', () => {
  it('has the counts, then failures first', () => {
    expect(report({ tokens: 3, checked: 9, failed: [3] }).table('Title', now)).toEqual({
      title: 'Title',
      lines: ['3 stale tokens (9 checked). Revoked: 2. Failed: 1.'],
      head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'],
      rows: [
        ['3', '5', 'read write', '2 days', 'never', 'No.'],
        ['1', '5', 'read write', '2 days', 'never', 'revoked'],
        ['2', '5', 'read write', '2 days', 'never', 'revoked']
      ]
    })
  })

  it('says that a dry run was one', () => {
    const dry = report({ dryRun: true, checked: 4 })
    dry.add(staleToken(1, { usedAt: now - 30 * HOUR }))
    dry.add(staleToken(2, { createdAt: now + HOUR }))
    const { lines, rows } = dry.table('', now)
    expect(lines).toEqual(['2 stale tokens (4 checked). This was a dry run: nothing was revoked.'])
    expect(rows).toEqual([
      ['1', '5', 'read write', '2 days', '1 day 6 hours ago', 'would be revoked'],
      ['2', '5', 'read write', '0 seconds', 'never', 'would be revoked']
    ])
  })

  it('says that the sweep did not finish', () => {
    expect(report({ stop: 'The list broke off.' }).table('', now).lines).toEqual([
      '0 stale tokens (0 checked). Revoked: 0. Failed: 0.',
      'The sweep did not finish. The list broke off.'
    ])
  })

  it('has 500 rows at most, and says so', () => {
    expect(report({ tokens: 500 }).table('', now).lines).toHaveLength(1)
    const { lines, rows } = report({ tokens: 501, failed: [501] }).table('', now)
    expect(rows).toHaveLength(500)
    expect(rows[0]![0]).toBe('501')
    expect(lines![1]).toBe('The first 500 of them are below.')
  })
})
