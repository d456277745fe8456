import { describe, expect, it } from '@jest/globals'
import { SweepReport, unknownIdentity } from '../../../src/report/sweep.ts'
import { type StaleToken } from '../../../src/zendesk/stale-tokens.ts'
import { deleteTokenRequest } from '../../../src/zendesk/requests.ts'
import { ZendeskError, type ErrorKind } from '../../../src/zendesk/http/zendesk-error.ts'
import { type SweepInputs } from '../../../src/inputs/inputs.ts'
import { ORIGIN } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED } from '../../support/minted.ts'

const HOUR = 3_600_000

function staleToken(id: number, more: Partial<StaleToken> = {}): StaleToken {
  return { id, userId: 5, scopes: 'read write', createdAt: NOON - 48 * HOUR, usedAt: null, ...more }
}

function failure(id: number, kind: ErrorKind = 'forbidden'): ZendeskError {
  return new ZendeskError(kind, deleteTokenRequest(id, MINTED.token))
}

/** A sweep of stale tokens with the ids from 1; these failed, in this order, and the list broke off with this. */
type Case = Partial<{ dryRun: boolean; tokens: number; checked: number; failed: number[]; stop: string }>

function report({ dryRun = false, tokens = 0, checked = tokens, failed = [], stop }: Case = {}): SweepReport {
  const credential = { kind: 'access_token' }
  const inputs = { origin: ORIGIN, clientId: 'ci_bot', timeoutSeconds: 600, credential, dryRun }
  const made = new SweepReport(inputs as SweepInputs)
  made.checked = checked
  for (let id = 1; id <= tokens; id++) made.add(staleToken(id))
  if (stop !== undefined) made.stop(new Error(stop))
  if (dryRun) return made
  for (const id of failed) made.record(staleToken(id), failure(id))
  for (const token of made.queue()) if (!failed.includes(token.id)) made.record(token, undefined)
  return made
}

it('SweepReport.queue has each token once, however often a page shows it, for whoever asks first', () => {
  const dry = report({ dryRun: true, tokens: 3 })
  dry.add(staleToken(2))
  const queue = dry.queue()
  const first = queue.next().value as StaleToken
  expect([first, ...queue].map(({ id }) => id)).toEqual([1, 2, 3])
  expect([dry.matched, ...queue]).toEqual([3])
})

it('SweepReport.outputs are counts, and 5,000 ids at most', () => {
  const outputs = report({ tokens: 3, failed: [2] }).outputs()
  expect(outputs).toEqual({ matched: 3, revoked: 2, failed: 1, 'token-ids': '[1,2,3]' })
  const many = report({ tokens: 5001 }).outputs()
  expect(many['matched']).toBe(5001)
  expect(JSON.parse(String(many['token-ids']))).toHaveLength(5000)
})

describe('SweepReport.message', () => {
  it.each<[string, Case]>([
    ['No stale tokens (9 checked).', { checked: 9 }],
    ['Revoked 1 stale token (1 checked).', { tokens: 1 }],
    ['Revoked 2 stale tokens (9 checked).', { tokens: 2, checked: 9 }],
    ["Found 2 stale tokens (2 checked). `dry-run: 'false'` would revoke: 1, 2.", { tokens: 2, dryRun: true }]
  ])('is: %s', (line, given) => {
    expect(report(given).message()).toBe(line)
    expect(report(given).error()).toBeUndefined()
  })

  it('names 50 ids at most', () => {
    expect(report({ dryRun: true, tokens: 50 }).message()).toMatch(/, 49, 50\.$/)
    expect(report({ dryRun: true, tokens: 52 }).message()).toMatch(/, 49, 50 and 2 more\.$/)
  })
})

describe('SweepReport.error', () => {
  const stop = 'The list broke off.'
  const because = (id: number): string =>
    `Could not revoke a token: Zendesk does not allow this. … DELETE /api/v2/oauth/tokens/${id} at acme.zendesk.com.`
  /** The message without the advice. */
  const messageOf = (given: SweepReport): string | undefined =>
    given.error()?.message.replace(/(?<=allow this\. ).*(?=DELETE)/, '… ')

  it.each<[Case, string]>([
    [{ tokens: 12, failed: [10, 2, 1] }, `Could not revoke 3 of 12 stale tokens: 1, 2, 10. ${because(10)}`],
    [{ tokens: 2, failed: [2], stop }, `${stop} Could not revoke 1 of 2 stale tokens: 2. ${because(2)}`],
    [{ tokens: 2, stop }, `${stop} Revoked 2 stale tokens before that.`],
    // Nothing was revoked.
    [{ tokens: 2, dryRun: true, stop }, stop],
    [{ stop }, stop]
  ])('says what ended the sweep, what remains by its id, and why the first does: %j', (given, message) => {
    expect(messageOf(report(given))).toBe(message)
  })

  it('has one message for each kind of failure: that of the first token', () => {
    const kinds = report()
    for (const [index, kind] of (['forbidden', 'forbidden', 'outage'] as const).entries()) {
      kinds.add(staleToken(index))
      kinds.record(staleToken(index), failure(index, kind))
    }
    const message = String(kinds.error()?.message)
    expect(message).toMatch(/not allow this\. .* DELETE \S+\/tokens\/0 at .* unavailable\. .*\/tokens\/2 at/)
    expect(message).not.toContain('/tokens/1')
  })

  it('is the first one that stopped the sweep', () => {
    const stopped = report({ stop: 'First.' })
    stopped.stop(new Error('Second.'))
    expect(stopped.error()?.message).toBe('First.')
  })
})

describe('SweepReport.table', () => {
  it('has the counts, then failures first', () => {
    const because = 'Zendesk does not allow this (DELETE /api/v2/oauth/tokens/3)'
    expect(report({ tokens: 3, checked: 9, failed: [3] }).table(NOON)).toEqual({
      title: 'Zendesk tokens of ci_bot',
      lines: ['3 stale tokens (9 checked). Revoked: 2. Failed: 1.'],
      head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'],
      rows: [
        ['3', '5', 'read write', '2 days', 'never', `not revoked: ${because}`],
        ['1', '5', 'read write', '2 days', 'never', 'revoked'],
        ['2', '5', 'read write', '2 days', 'never', 'revoked']
      ]
    })
  })

  it('says that a dry run was one', () => {
    const dry = report({ dryRun: true, checked: 4 })
    dry.add(staleToken(1, { usedAt: NOON - 30 * HOUR }))
    dry.add(staleToken(2, { createdAt: NOON + HOUR }))
    const { lines, rows } = dry.table(NOON)
    expect(lines).toEqual(['2 stale tokens (4 checked). This was a dry run: nothing was revoked.'])
    expect(rows).toEqual([
      ['1', '5', 'read write', '2 days', '1 day 6 hours ago', 'would be revoked'],
      ['2', '5', 'read write', '0 seconds', 'never', 'would be revoked']
    ])
  })

  it('says that the sweep did not finish', () => {
    const { lines } = report({ stop: 'It broke off.' }).table(NOON)
    const counts = '0 stale tokens (0 checked). Revoked: 0. Failed: 0.'
    expect(lines).toEqual([counts, 'The sweep did not finish. It broke off.'])
  })

  it('has 500 rows at most, and says so', () => {
    expect(report({ tokens: 500 }).table(NOON).lines).toHaveLength(1)
    const { lines, rows } = report({ tokens: 501, failed: [501] }).table(NOON)
    expect(rows).toHaveLength(500)
    expect(rows[0]![0]).toBe('501')
    expect(lines![1]).toBe('The first 500 of them are below.')
  })
})

it('unknownIdentity says what is not known, and what to check', () => {
  expect(unknownIdentity().message).toBe(
    'Zendesk does not report which token this sweep works with, or whose it is, so nothing was listed or revoked. Check that the credential has the scope `read`.'
  )
})
