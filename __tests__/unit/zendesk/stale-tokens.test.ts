import { describe, expect, it } from '@jest/globals'
import { staleToken, type Clocks, type StaleCriteria } from '../../../src/zendesk/stale-tokens.ts'
import { tokenFacts, type TokenFacts } from '../../../src/zendesk/tokens.ts'
import { NOON } from '../clock.ts'

const HOUR = 3_600_000
const CRITERIA: StaleCriteria = { clientId: 41, userId: 7, olderThan: 24 * HOUR, ownId: 999 }
const CLOCKS: Clocks = { server: NOON, local: NOON }
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

function isStale(token: Partial<TokenFacts>, clocks: Partial<Clocks> = {}, criteria = CRITERIA): boolean {
  return staleToken({ ...OLD, ...token }, criteria, { ...CLOCKS, ...clocks }) !== undefined
}

it('an old token that was never used is stale', () => {
  expect(staleToken(OLD, CRITERIA, CLOCKS)).toEqual({
    id: 1,
    userId: 7,
    scopes: 'read hc:write',
    createdAt: NOON - 25 * HOUR,
    usedAt: null
  })
  expect(staleToken({ ...OLD, scopes: undefined }, CRITERIA, CLOCKS)?.scopes).toBe('')
})

describe('a token is stale', () => {
  it.each<[string, Partial<TokenFacts>]>([
    ['it was used long ago', { usedAt: NOON - 25 * HOUR }],
    ['it has not expired', { expiresAt: NOON + 1 }],
    ['it is a moment older than the limit', { createdAt: NOON - 24 * HOUR - 1 }],
    ['its refresh token has expired', { hasRefreshToken: true, refreshTokenExpiresAt: NOON }]
  ])('if %s', (_what, token) => {
    expect(isStale(token)).toBe(true)
  })
})

describe('a token is left alone', () => {
  it.each<[string, Partial<TokenFacts>]>([
    ['it is of another client', { clientId: 42 }],
    ['its client is not reported', { clientId: undefined }],
    ['it is of another user', { userId: 8 }],
    ['its user is not reported', { userId: undefined }],
    ['its id is not reported', { id: undefined }],
    ['the sweep works with it', { id: 999 }],
    ['it is young', { createdAt: NOON - 23 * HOUR }],
    ['it is exactly as old as the limit', { createdAt: NOON - 24 * HOUR }],
    ['its age is not reported', { createdAt: undefined }],
    ['its age is null', { createdAt: null }],
    ['it is from the future', { createdAt: NOON + HOUR }],
    ['it was used recently', { usedAt: NOON - HOUR }],
    ['it was used exactly as long ago as the limit', { usedAt: NOON - 24 * HOUR }],
    ['its last use is not reported', { usedAt: undefined }],
    ['its expiry is not reported', { expiresAt: undefined }],
    ['it has expired', { expiresAt: NOON - 1 }],
    ['it expires this moment', { expiresAt: NOON }],
    ['its refresh token is valid', { hasRefreshToken: true, refreshTokenExpiresAt: NOON + 1 }],
    ['its refresh token is valid for an unknown time', { hasRefreshToken: true }],
    ['its refresh token does not expire', { hasRefreshToken: true, refreshTokenExpiresAt: null }]
  ])('if %s', (_what, token) => {
    expect(isStale(token)).toBe(false)
  })
})

describe('if two clocks differ', () => {
  it('the one by which the token is younger counts', () => {
    expect(isStale({}, { server: NOON - 2 * HOUR })).toBe(false)
    expect(isStale({}, { local: NOON - 2 * HOUR })).toBe(false)
    expect(isStale({}, { server: NOON + 9 * HOUR, local: NOON })).toBe(true)
  })

  it('so does the one by which the refresh token is valid', () => {
    const token = { hasRefreshToken: true, refreshTokenExpiresAt: NOON + HOUR }
    expect(isStale(token, { server: NOON + 9 * HOUR })).toBe(false)
  })

  it("the server's decides whether the token has expired, if it is known", () => {
    expect(isStale({ expiresAt: NOON + HOUR }, { server: NOON + 2 * HOUR })).toBe(false)
    expect(isStale({ expiresAt: NOON + HOUR }, { server: undefined })).toBe(true)
  })
})

it('for all users, a token of any user is stale, but not one whose user is not reported', () => {
  const all = { ...CRITERIA, userId: undefined }
  expect(isStale({ userId: 8 }, {}, all)).toBe(true)
  expect(isStale({ userId: undefined }, {}, all)).toBe(false)
})
