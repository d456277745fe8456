import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { tokenFacts } from '../../../src/zendesk/token-facts.ts'
import {
  expiresAt,
  isUseless,
  mintedToken,
  reportedExpiry,
  seenWorking,
  withFacts,
  type MintedToken
} from '../../../src/zendesk/token.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const token = new Secret('abcdefghij')
const refreshToken = new Secret('refresh-1')
/** Zendesk's clock is ten minutes ahead of the runner's. */
const DATE = NOON + 600_000
type Requested = Parameters<typeof mintedToken>[1]
const REQUESTED: Requested = { scopes: ['read', 'write'], expiresIn: 3600 }
const REPORTED = { id: 1, client_id: 2, user_id: 3 }
const IDS = { id: 1, clientId: 2, userId: 3 }
const NEVER = { expires_at: null }
const timeOf = (time: string): number => Date.parse(`2026-11-21T${time}:00Z`)
const until = (expires: string, created?: string): object => ({
  ...(created !== undefined && { created_at: `2026-11-21T${created}:00Z` }),
  expires_at: `2026-11-21T${expires}:00Z`
})

/** A token that was minted with these facts about it and, if given, its lifetime. */
function minted(reported = {}, expiresIn?: number, more = {}, requested: Requested = REQUESTED): MintedToken {
  const response = { token, refreshToken, facts: tokenFacts(reported), expiresIn, date: DATE, ...more }
  return mintedToken(response, requested, NOON)
}

describe('mintedToken', () => {
  it('has what was requested if the response reports nothing, from the Date of the mint on', () => {
    const time = timeOf('13:10')
    const expiry = { kind: 'at', time, isReported: false, lifetime: 3600, expiredAfter: undefined }
    expect(minted()).toEqual({ ...UNKNOWN, token, refreshToken, expiry, date: DATE, mintedAt: DATE })
  })

  it('has an unknown expiry if none was requested or reported', () => {
    const { expiry } = minted({}, undefined, {}, { scopes: [], expiresIn: undefined })
    expect(expiry).toEqual({ kind: 'unknown' })
  })

  it('has the ids and the scopes that are reported, and that there is no expiry', () => {
    const scopes = { names: ['read'], isReported: true }
    expect(minted({ ...REPORTED, scopes: ['read'] })).toMatchObject({ ...IDS, scopes })
    expect(minted(NEVER).expiry).toEqual({ kind: 'never' })
  })

  it.each<[string, MintedToken, time: string, lifetime: number | undefined, expiredAfter: number]>([
    ['a lifetime', minted({}, 300), '12:15', 300, DATE + 300_000],
    ['a lifetime and no expiry', minted(NEVER, 300), '12:15', 300, DATE + 300_000],
    ['an expiry', minted(until('12:40')), '12:40', 1800, timeOf('12:40')],
    ['its creation and expiry', minted(until('12:40', '12:20')), '12:40', 1200, timeOf('12:40')],
    ['an expiry before its creation', minted(until('12:00', '12:20')), '12:00', undefined, DATE],
    ['an expiry at its creation', minted(until('12:20', '12:20')), '12:20', undefined, timeOf('12:20')],
    ['that and a lifetime', minted(until('12:00', '12:20'), 600), '12:00', 600, DATE + 600_000],
    ['a lifetime beyond the expiry', minted(until('12:11'), 3600), '12:11', 3600, DATE + 3_600_000],
    ['an expiry beyond the lifetime', minted(until('14:00'), 300), '14:00', 300, timeOf('14:00')]
  ])('has the expiry that Zendesk reports as %s', (_what, { expiry }, time, lifetime, expiredAfter) => {
    expect(expiry).toEqual({ kind: 'at', time: timeOf(time), isReported: true, lifetime, expiredAfter })
  })

  it("expires by the runner's clock if the mint has no Date, and has not surely expired by any", () => {
    const expiry = { time: timeOf('12:05'), expiredAfter: undefined }
    const date = undefined
    expect(minted({}, 300, { date })).toMatchObject({ expiry, date, mintedAt: NOON })
    expect(minted(until('12:40'), undefined, { date }).expiry).toMatchObject({ expiredAfter: undefined })
  })
})

describe('withFacts', () => {
  it('returns a token with the ids and the expiry, and leaves the other as it was', () => {
    const before = minted()
    const copy = { ...before }
    const expiry = { kind: 'at', time: timeOf('13:11'), isReported: true, lifetime: 3660 }
    const facts = tokenFacts({ ...REPORTED, ...until('13:11', '12:10') })
    expect(withFacts(before, facts)).toMatchObject({ ...IDS, expiry })
    expect(before).toEqual(copy)
  })

  it.each<[string, MintedToken, object, Partial<MintedToken>]>([
    ['changes nothing that is not reported', minted(REPORTED), {}, {}],
    ['adds that there is no expiry', minted(), NEVER, { expiry: { kind: 'never' } }],
    ['keeps the expiry of the mint', minted({}, 600), NEVER, {}],
    ['adds scopes', minted(), { scopes: ['hc:read'] }, { scopes: { names: ['hc:read'], isReported: true } }],
    ['keeps the scopes of the mint', minted({ scopes: ['read'] }), { scopes: ['hc:read'] }, {}]
  ])('%s', (_what, before, reported, changes) => {
    expect(withFacts(before, tokenFacts(reported))).toEqual({ ...before, ...changes })
  })
})

it('seenWorking notes that Zendesk has accepted the token, with what it reported', () => {
  expect(seenWorking(minted(), tokenFacts(REPORTED))).toEqual({ ...minted(), ...IDS, seenWorking: true })
  expect(seenWorking(minted(), undefined)).toEqual({ ...minted(), seenWorking: true })
})

it('reportedExpiry is the expiry alone', () => {
  const expected = { time: timeOf('12:40'), isReported: true }
  expect(reportedExpiry(tokenFacts(until('12:40')))).toMatchObject(expected)
  expect(reportedExpiry(tokenFacts({}))).toEqual({ kind: 'unknown' })
})

it('expiresAt is the expiry in ISO 8601, and empty without one', () => {
  const tokens: MintedToken[] = [MINTED, UNKNOWN, { ...MINTED, expiry: { kind: 'never' } }]
  expect(tokens.map(expiresAt)).toEqual(['2026-11-21T13:00:00Z', '', ''])
})

it.each([
  [{ names: [], isReported: true }, true],
  [{ names: [], isReported: false }, false],
  [{ names: ['read'], isReported: true }, false]
])('isUseless of a token with the scopes %j is %p', (scopes, expected) => {
  expect(isUseless({ ...MINTED, scopes })).toBe(expected)
})
