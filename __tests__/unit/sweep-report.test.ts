import { describe, expect, it } from '@jest/globals'
import { Tally } from '../../src/sweep-report.ts'
import { ZendeskError } from '../../src/messages.ts'
import { type LeftOver } from '../../src/zendesk/stale-tokens.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const HOUR = 3_600_000

function leftOver(id: number, more: Partial<LeftOver> = {}): LeftOver {
  return { id, userId: 5, scopes: 'read write', createdAt: now - 48 * HOUR, usedAt: null, ...more }
}

/** A tally of `tokens` tokens with the ids from 1, of which those in `failed` could not be revoked. */
interface How {
  dryRun?: boolean
  tokens?: number
  seen?: number
  failed?: number[]
}

function tally({ dryRun = false, tokens = 0, seen, failed = [] }: How = {}): Tally {
  const made = new Tally(dryRun)
  made.seen = seen ?? tokens
  for (let id = 1; id <= tokens; id++) made.add(leftOver(id))
  if (!dryRun)
    for (const token of made.found())
      made.settle(token, failed.includes(token.id) ? new Error('No.') : undefined)
  return made
}

describe('what was found', () => {
  it('is counted once, however often a page is shown', () => {
    const twice = tally({ tokens: 2 })
    twice.add(leftOver(2))
    expect(twice.matched).toBe(2)
  })

  it('is given out once, to whoever asks first', () => {
    const queue = tally({ dryRun: true, tokens: 3 }).found()
    const first = queue.next().value as LeftOver
    expect([first, ...queue].map(({ id }) => id)).toEqual([1, 2, 3])
    expect([...queue]).toEqual([])
  })
})

describe('the outputs', () => {
  it('are the counts and the ids as JSON', () => {
    expect(tally({ tokens: 3, failed: [2] }).outputs()).toEqual({
      matched: 3,
      revoked: 2,
      failed: 1,
      'token-ids': '[1,2,3]'
    })
  })

  it('hold 5,000 ids at most', () => {
    const outputs = tally({ tokens: 5001 }).outputs()
    expect(outputs.matched).toBe(5001)
    expect(JSON.parse(String(outputs['token-ids']))).toHaveLength(5000)
  })
})

describe('the last line', () => {
  it.each([
    ['None of 9 tokens is left over.', { seen: 9 }],
    ['1 token of 1 left over, and revoked.', { tokens: 1 }],
    ['2 tokens of 9 left over, and revoked.', { tokens: 2, seen: 9 }],
    [
      "2 tokens of 9 left over, and would be revoked with `dry-run: 'false'`: 1, 2.",
      { tokens: 2, seen: 9, dryRun: true }
    ]
  ])('is %p', (line, how) => {
    expect(tally(how).message()).toBe(line)
    expect(tally(how).error()).toBeUndefined()
  })

  it('names 50 ids at most', () => {
    expect(tally({ dryRun: true, tokens: 50 }).message()).toMatch(/, 49, 50\.$/)
    expect(tally({ dryRun: true, tokens: 52 }).message()).toMatch(/, 49, 50 and 2 more\.$/)
  })
})

describe('a sweep that did not finish', () => {
  it('says so first in its summary', () => {
    const broken = new Tally(false)
    broken.failure = new Error('The list broke off.')
    expect(broken.table('Title', 0).lines).toEqual([
      'The sweep did not finish. The list broke off.',
      'Left over: 0 of 0 tokens. Revoked: 0. Failed: 0.'
    ])
  })
})

describe('the error', () => {
  it('names the tokens that remain, and why they do', () => {
    expect(tally({ tokens: 3, failed: [1, 3] }).error()?.message).toBe(
      '2 tokens of 3 left over could not be revoked: 1, 3. No.'
    )
  })

  it('tells what broke the list off, and what became of the tokens found before', () => {
    const broken = tally({ tokens: 2 })
    broken.failure = new Error('The list broke off.')
    expect(broken.error()?.message).toBe(
      'The list broke off. What was found to be left over before that was revoked (2 tokens).'
    )
    const both = tally({ tokens: 2, failed: [2] })
    both.failure = new Error('The list broke off.')
    expect(both.error()?.message).toBe(
      'The list broke off. 1 token of 2 left over could not be revoked: 2. No.'
    )
  })

  it('says one message for each kind of failure', () => {
    const kinds = new Tally(false)
    for (const id of [1, 2, 3, 4]) kinds.add(leftOver(id))
    const whys = [
      new ZendeskError('Token 1 was refused.', 'forbidden'),
      new ZendeskError('Token 2 was refused.', 'forbidden'),
      new ZendeskError('No reply for token 3.', 'timeout'),
      new Error('No idea.')
    ]
    for (const token of kinds.found()) kinds.settle(token, whys[token.id - 1])
    const message = kinds.error()!.message
    for (const part of ['Token 1 was refused.', 'No reply for token 3.', 'No idea.'])
      expect(message).toContain(part)
    expect(message).not.toContain('Token 2')
  })

  it('claims no revocation where there was none', () => {
    const dry = tally({ dryRun: true, tokens: 2 })
    dry.failure = new Error('The list broke off.')
    expect(dry.error()?.message).toBe('The list broke off.')
    const empty = tally()
    empty.failure = new Error('The list broke off.')
    expect(empty.error()?.message).toBe('The list broke off.')
  })
})

describe('the summary', () => {
  it('has the counts, and failures first', () => {
    const table = tally({ tokens: 3, seen: 9, failed: [3] }).table('Title', now)
    expect(table).toEqual({
      title: 'Title',
      lines: ['Left over: 3 of 9 tokens. Revoked: 2. Failed: 1.'],
      head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'],
      rows: [
        ['3', '5', 'read write', '2 days', 'never', 'No.'],
        ['1', '5', 'read write', '2 days', 'never', 'revoked'],
        ['2', '5', 'read write', '2 days', 'never', 'revoked']
      ]
    })
  })

  it('says that a dry run was one', () => {
    const dry = new Tally(true)
    dry.seen = 4
    dry.add(leftOver(1, { userId: undefined, usedAt: now - 30 * HOUR }))
    dry.add(leftOver(2, { createdAt: now + HOUR }))
    const { lines, rows } = dry.table('', now)
    expect(lines).toEqual(['Left over: 2 of 4 tokens. This was a dry run: nothing was revoked.'])
    expect(rows).toEqual([
      ['1', 'unknown', 'read write', '2 days', '1 day 6 hours ago', 'would be revoked'],
      ['2', '5', 'read write', '0 seconds', 'never', 'would be revoked']
    ])
  })

  it('has 500 rows at most, and says so', () => {
    expect(tally({ tokens: 500 }).table('', now).lines).toHaveLength(1)
    const { lines, rows } = tally({ tokens: 501, failed: [501] }).table('', now)
    expect(rows).toHaveLength(500)
    expect(rows[0]![0]).toBe('501')
    expect(lines![1]).toBe('The first 500 of them are below.')
  })
})
