import { describe, expect, it } from '@jest/globals'
import { staleToken, type StaleCriteria } from '../../../src/zendesk/stale-tokens.ts'
import { tokenFacts, type TokenFacts } from '../../../src/zendesk/token-facts.ts'
import { HOUR, NOON } from '../../support/clock.ts'

const CRITERIA: StaleCriteria = { clientId: 41, userId: 7, olderThan: 24 * HOUR, ownId: 999 }
const OLD: TokenFacts = {
  ...tokenFacts({}),
  id: 1,
  clientId: 41,
  userId: 7,
  scopes: ['read', 'hc:write'],
  createdAt: NOON - 25 * HOUR,
  usedAt: null,
  expiresAt: null
}

/** Zendesk's clock, from the response that lists the token, and the runner's. */
type Clocks = [date: number | undefined, local: number]

function isStale(token: Partial<TokenFacts>, clocks: Clocks = [NOON, NOON], criteria = CRITERIA): boolean {
  return staleToken({ ...OLD, ...token }, criteria, ...clocks) !== undefined
}

describe('staleToken', () => {
  it('takes a token that is old and was never used', () => {
    expect(staleToken(OLD, CRITERIA, NOON, NOON)).toEqual({
      id: 1,
      userId: 7,
      scopes: 'read hc:write',
      createdAt: NOON - 25 * HOUR,
      usedAt: null
    })
    expect(staleToken({ ...OLD, scopes: undefined }, CRITERIA, NOON, NOON)?.scopes).toBe('')
  })

  it.each<[string, Partial<TokenFacts>]>([
    ['it has not expired', { expiresAt: NOON + 1 }],
    ['it is a moment older than the limit', { createdAt: NOON - 24 * HOUR - 1 }],
    ['it was used a moment longer ago than the limit', { usedAt: NOON - 24 * HOUR - 1 }],
    ['its refresh token has expired', { hasRefreshToken: true, refreshTokenExpiresAt: NOON }]
  ])('takes a token if %s', (_what, token) => {
    expect(isStale(token)).toBe(true)
  })

  it.each<[string, Partial<TokenFacts>]>([
    ['its id is not reported', { id: undefined }],
    ['the sweep works with it', { id: 999 }],
    ['its client is not reported', { clientId: undefined }],
    ['it is of another client', { clientId: 42 }],
    ['its user is not reported', { userId: undefined }],
    ['it is of another user', { userId: 8 }],
    ['its creation is not reported', { createdAt: undefined }],
    ['its creation is null', { createdAt: null }],
    ['its last use is not reported', { usedAt: undefined }],
    ['its expiry is not reported', { expiresAt: undefined }],
    ['the expiry of its refresh token is not reported', { hasRefreshToken: true }],
    ['it is exactly as old as the limit', { createdAt: NOON - 24 * HOUR }],
    ['it is from the future', { createdAt: NOON + HOUR }],
    ['it was used exactly as long ago as the limit', { usedAt: NOON - 24 * HOUR }],
    ['it expires this moment', { expiresAt: NOON }],
    ['its refresh token is valid', { hasRefreshToken: true, refreshTokenExpiresAt: NOON + 1 }],
    ['its refresh token does not expire', { hasRefreshToken: true, refreshTokenExpiresAt: null }]
  ])('does not take a token if %s', (_what, token) => {
    expect(isStale(token)).toBe(false)
  })

  it.each<[string, boolean, Partial<TokenFacts>, Clocks]>([
    ['it is old by both clocks, which differ', true, {}, [NOON + 9 * HOUR, NOON]],
    [
      "its refresh token has expired only by Zendesk's clock",
      false,
      { hasRefreshToken: true, refreshTokenExpiresAt: NOON + HOUR },
      [NOON + 9 * HOUR, NOON]
    ],
    ["it has expired only by Zendesk's clock", false, { expiresAt: NOON + HOUR }, [NOON + 2 * HOUR, NOON]],
    ["Zendesk's clock is not known", true, { expiresAt: NOON + HOUR }, [undefined, NOON]]
  ])('if %s, takes a token: %s', (_what, expected, token, clocks) => {
    expect(isStale(token, clocks)).toBe(expected)
  })

  it.each([
    ['of any user', true, 8],
    ['whose user is not reported', false, undefined]
  ])('takes a token %s in a sweep for all users: %s', (_what, expected, userId) => {
    expect(isStale({ userId }, [NOON, NOON], { ...CRITERIA, userId: undefined })).toBe(expected)
  })
})
