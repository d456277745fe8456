import { describe, expect, it } from '@jest/globals'
import { leftOver, type Criteria } from '../../../src/zendesk/stale-tokens.ts'
import { tokenFacts, type TokenFacts } from '../../../src/zendesk/tokens.ts'
import { NOON } from '../clock.ts'

const HOUR = 3_600_000
const CRITERIA: Criteria = { clientId: 41, olderThan: 24 * HOUR, ownId: 999 }
const OLD: TokenFacts = {
  ...tokenFacts({}),
  id: 1,
  clientId: 41,
  userId: 7,
  scopes: ['read', 'hc:write'],
  createdAt: NOON - 25 * HOUR
}

function isLeft(token: Partial<TokenFacts>): boolean {
  return leftOver({ ...OLD, ...token }, CRITERIA, NOON) !== undefined
}

describe('leftOver', () => {
  it('tells of an old token that was never used', () => {
    expect(leftOver(OLD, CRITERIA, NOON)).toEqual({
      id: 1,
      userId: 7,
      scopes: 'read hc:write',
      createdAt: NOON - 25 * HOUR,
      usedAt: null
    })
  })

  it.each<[string, Partial<TokenFacts>]>([
    ['used long ago', { usedAt: NOON - 25 * HOUR }],
    ['without an expiry', { expiresAt: null }],
    ['that still lives', { expiresAt: NOON + 1 }],
    ['of an unknown user', { userId: undefined }],
    ['of unknown scopes', { scopes: undefined }],
    ['a moment too old', { createdAt: NOON - 24 * HOUR - 1 }]
  ])('takes a token %s', (_what, token) => {
    expect(isLeft(token)).toBe(true)
  })

  it.each<[string, Partial<TokenFacts>]>([
    ['another client', { clientId: 42 }],
    ['a client that Zendesk does not tell', { clientId: undefined }],
    ['no id', { id: undefined }],
    ['the sweep itself', { id: 999 }],
    ['young age', { createdAt: NOON - 23 * HOUR }],
    ['exactly the age', { createdAt: NOON - 24 * HOUR }],
    ['an age that Zendesk does not tell', { createdAt: undefined }],
    ['the future', { createdAt: NOON + HOUR }],
    ['recent use', { usedAt: NOON - HOUR }],
    ['a use exactly so long ago', { usedAt: NOON - 24 * HOUR }],
    ['a use that cannot be read', { usedAt: NaN }],
    ['the past, expired', { expiresAt: NOON - 1 }],
    ['the past, expired just now', { expiresAt: NOON }]
  ])('lets a token of %s alone', (_what, token) => {
    expect(isLeft(token)).toBe(false)
  })

  it('takes what has the scopes of none', () => {
    expect(leftOver({ ...OLD, scopes: undefined }, CRITERIA, NOON)?.scopes).toBe('')
  })
})
