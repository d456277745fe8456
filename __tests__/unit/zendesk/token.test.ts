import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { tokenFacts } from '../../../src/zendesk/token-facts.ts'
import { type TokenResponse } from '../../../src/zendesk/token-response.ts'
import {
  expiresAt,
  isUseless,
  mintedToken,
  seenWorking,
  withFacts,
  type Expiry,
  type MintedToken
} from '../../../src/zendesk/token.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const token = new Secret('abcdefghij')
const refreshToken = new Secret('refresh-1')
/** Zendesk's clock is ten minutes ahead of the runner's. */
const DATE = NOON + 600_000
const REQUESTED = { scopes: ['read', 'write'], expiresIn: 3600 }
const IDS = { id: 1, client_id: 2, user_id: 3 }
const timeOf = (time: string): number => Date.parse(`2026-11-21T${time}:00Z`)
const times = (created: string, expires: string): object => ({
  created_at: `2026-11-21T${created}:00Z`,
  expires_at: `2026-11-21T${expires}:00Z`
})
const expiring = (expires: string): object => ({ expires_at: `2026-11-21T${expires}:00Z` })

type Mint = TokenResponse & { token: Secret }

/** The response to a mint, which reports these facts about the token and, if given, its lifetime. */
function mint(reported: object = {}, expiresIn?: number): Mint {
  return { token, refreshToken, facts: tokenFacts(reported), expiresIn, date: DATE }
}

const withoutDate = (from: Mint): Mint => ({ ...from, date: undefined })

function minted(from = mint()): MintedToken {
  return mintedToken(from, REQUESTED, NOON)
}

describe('mintedToken', () => {
  it('has what was requested if the response reports nothing, from the Date of the mint on', () => {
    const time = timeOf('13:10')
    expect(minted()).toEqual({
      token,
      refreshToken,
      id: undefined,
      clientId: undefined,
      userId: undefined,
      scopes: { names: ['read', 'write'], isReported: false },
      expiry: { kind: 'at', time, isReported: false, lifetime: 3600, expiredAfter: undefined },
      date: DATE,
      mintedAt: DATE,
      seenWorking: false
    })
  })

  it('has an unknown expiry if none was requested or reported', () => {
    const { expiry } = mintedToken(mint(), { scopes: [], expiresIn: undefined }, NOON)
    expect(expiry).toEqual({ kind: 'unknown' })
  })

  it('has the ids and the scopes that are reported', () => {
    expect(minted(mint({ ...IDS, scopes: ['read'] }))).toMatchObject({
      id: 1,
      clientId: 2,
      userId: 3,
      scopes: { names: ['read'], isReported: true }
    })
  })

  it.each<[string, Mint, Partial<Expiry>]>([
    ['a lifetime', mint({}, 300), { kind: 'at', time: timeOf('12:15'), lifetime: 300 }],
    ['that there is no expiry', mint({ expires_at: null }), { kind: 'never' }],
    ['that, and a lifetime', mint({ expires_at: null }, 300), { kind: 'at', time: timeOf('12:15') }],
    ['an expiry', mint(expiring('12:40')), { kind: 'at', time: timeOf('12:40'), lifetime: 1800 }],
    [
      'its creation and expiry',
      mint(times('12:20', '12:40')),
      { kind: 'at', time: timeOf('12:40'), lifetime: 1200 }
    ],
    [
      'an expiry before its creation',
      mint(times('12:20', '12:00')),
      { kind: 'at', time: timeOf('12:00'), lifetime: undefined }
    ],
    [
      'an expiry at its creation',
      mint(times('12:20', '12:20')),
      { kind: 'at', time: timeOf('12:20'), lifetime: undefined }
    ],
    [
      'that and a lifetime',
      mint(times('12:20', '12:00'), 600),
      { kind: 'at', time: timeOf('12:00'), lifetime: 600 }
    ]
  ])('takes its expiry and lifetime from Zendesk, which reports %s', (_what, from, expiry) => {
    expect(minted(from).expiry).toMatchObject(expiry)
    expect(minted(from).expiry).not.toHaveProperty('isReported', false)
  })

  it.each<[string, Mint, number | undefined]>([
    ['its lifetime', mint({}, 300), DATE + 300_000],
    ['its lifetime, which is later than its expiry', mint(expiring('12:11'), 3600), DATE + 3_600_000],
    ['its expiry, which is later than its lifetime', mint(expiring('14:00'), 300), timeOf('14:00')],
    ['the mint, if its expiry is before its creation', mint(times('12:20', '12:00')), DATE],
    ['nothing, if it has a lifetime but no Date', withoutDate(mint({}, 300)), undefined],
    ['nothing, if it has an expiry but no Date', withoutDate(mint(expiring('12:40'))), undefined]
  ])('has surely expired by the Date headers after %s', (_what, from, expiredAfter) => {
    expect(minted(from).expiry).toMatchObject({ expiredAfter })
  })

  it("expires by the runner's clock if the mint has no Date", () => {
    const byRunner = { expiry: { time: timeOf('12:05') }, date: undefined, mintedAt: NOON }
    expect(minted(withoutDate(mint({}, 300)))).toMatchObject(byRunner)
  })
})

describe('withFacts', () => {
  const withReported = (from: Mint, reported: object): MintedToken =>
    withFacts(minted(from), tokenFacts(reported))

  it('returns a token with the ids and the expiry, and leaves the other as it was', () => {
    const before = minted()
    const copy = { ...before }
    expect(withFacts(before, tokenFacts({ ...IDS, ...times('12:10', '13:11') }))).toMatchObject({
      id: 1,
      clientId: 2,
      userId: 3,
      expiry: { kind: 'at', time: timeOf('13:11'), isReported: true, lifetime: 3660 }
    })
    expect(before).toEqual(copy)
  })

  it('changes nothing that is not reported', () => {
    expect(withReported(mint(IDS), {})).toEqual(minted(mint(IDS)))
  })

  it('adds that there is no expiry, unless the response to the mint reported one', () => {
    expect(withReported(mint(), { expires_at: null }).expiry).toEqual({ kind: 'never' })
    expect(withReported(mint({}, 600), { expires_at: null }).expiry).toMatchObject({
      kind: 'at',
      lifetime: 600
    })
  })

  it('adds the scopes, unless the response to the mint reported some', () => {
    const scopes = ['tickets:read']
    expect(withReported(mint(), { scopes }).scopes).toEqual({ names: scopes, isReported: true })
    expect(withReported(mint({ scopes: ['read'] }), { scopes }).scopes.names).toEqual(['read'])
  })
})

describe('seenWorking', () => {
  it('notes that Zendesk has accepted the token, with what it reported', () => {
    expect(seenWorking(minted(), tokenFacts(IDS))).toMatchObject({ id: 1, seenWorking: true })
    expect(seenWorking(minted(), undefined)).toEqual({ ...minted(), seenWorking: true })
  })
})

describe('expiresAt', () => {
  it('is the expiry in ISO 8601, and empty without one', () => {
    expect(expiresAt(MINTED)).toBe('2026-11-21T13:00:00Z')
    expect(expiresAt(UNKNOWN)).toBe('')
    expect(expiresAt({ ...MINTED, expiry: { kind: 'never' } })).toBe('')
  })
})

describe('isUseless', () => {
  it.each([
    [{ names: [], isReported: true }, true],
    [{ names: [], isReported: false }, false],
    [{ names: ['read'], isReported: true }, false]
  ])('of a token with the scopes %j is %p', (scopes, expected) => {
    expect(isUseless({ ...MINTED, scopes })).toBe(expected)
  })
})
