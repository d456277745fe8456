import { describe, expect, it } from '@jest/globals'
import { staleToken, type StaleCriteria } from '../../../src/zendesk/stale-tokens.ts'
import { tokenFacts, type TokenFacts } from '../../../src/zendesk/token-facts.ts'
import { DAY, HOUR, NOON } from '../../support/clock.ts'

const CRITERIA: StaleCriteria = { clientId: 41, userId: 7, olderThan: DAY, ownId: 999 }
const IDS = { id: 1, clientId: 41, userId: 7, scopes: ['read', 'hc:write'] }
const TIMES = { createdAt: NOON - DAY - HOUR, usedAt: null, expiresAt: null }
const OLD: TokenFacts = { ...tokenFacts({}), ...IDS, ...TIMES }
const LATER = NOON + HOUR

/** Whether a token is stale by Zendesk's clock, from the response that lists the token, and the runner's noon. */
function isStale(token: Partial<TokenFacts>, date: number | undefined = NOON, criteria = CRITERIA): boolean {
  return staleToken({ ...OLD, ...token }, criteria, date, NOON) !== undefined
}

describe('staleToken', () => {
  it('takes a token that is old and was never used', () => {
    const stale = { id: 1, userId: 7, scopes: 'read hc:write', createdAt: OLD.createdAt, usedAt: null }
    expect(staleToken(OLD, CRITERIA, NOON, NOON)).toEqual(stale)
    expect(staleToken({ ...OLD, scopes: undefined }, CRITERIA, NOON, NOON)).toEqual({ ...stale, scopes: '' })
  })

  it.each<[boolean, string, Partial<TokenFacts>, date?: number]>([
    [true, 'it has not expired', { expiresAt: NOON + 1 }],
    [true, 'it is a moment older than the limit', { createdAt: NOON - DAY - 1 }],
    [true, 'it was used a moment longer ago than the limit', { usedAt: NOON - DAY - 1 }],
    [true, 'its refresh token has expired', { hasRefreshToken: true, refreshTokenExpiresAt: NOON }],
    [true, 'it is old by both clocks, which differ', {}, NOON + 9 * HOUR],
    [false, 'its id is not reported', { id: undefined }],
    [false, 'the sweep works with it', { id: 999 }],
    [false, 'its client is not reported', { clientId: undefined }],
    [false, 'it is of another client', { clientId: 42 }],
    [false, 'its user is not reported', { userId: undefined }],
    [false, 'it is of another user', { userId: 8 }],
    [false, 'its creation is not reported', { createdAt: undefined }],
    [false, 'its creation is null', { createdAt: null }],
    [false, 'its last use is not reported', { usedAt: undefined }],
    [false, 'its expiry is not reported', { expiresAt: undefined }],
    [false, 'the expiry of its refresh token is not reported', { hasRefreshToken: true }],
    [false, 'it is exactly as old as the limit', { createdAt: NOON - DAY }],
    [false, 'it is from the future', { createdAt: LATER }],
    [false, 'it was used exactly as long ago as the limit', { usedAt: NOON - DAY }],
    [false, 'it expires this moment', { expiresAt: NOON }],
    [false, 'its refresh token is valid', { hasRefreshToken: true, refreshTokenExpiresAt: NOON + 1 }],
    [false, 'its refresh token does not expire', { hasRefreshToken: true, refreshTokenExpiresAt: null }],
    [false, 'that expires by one clock', { hasRefreshToken: true, refreshTokenExpiresAt: LATER }, LATER],
    [false, "it has expired only by Zendesk's clock", { expiresAt: LATER }, LATER + HOUR]
  ])('%p if %s', (expected, _what, token, date = NOON) => {
    expect(isStale(token, date)).toBe(expected)
  })

  it("goes by the runner's clock if Zendesk's is not known", () => {
    expect(staleToken({ ...OLD, expiresAt: LATER }, CRITERIA, undefined, NOON)).toBeDefined()
  })

  it('takes a token of any user in a sweep for all, unless that is not reported', () => {
    const all = { ...CRITERIA, userId: undefined }
    expect([8, undefined].map((userId) => isStale({ userId }, NOON, all))).toEqual([true, false])
  })
})
