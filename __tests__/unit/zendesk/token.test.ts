import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type TokenResponse } from '../../../src/zendesk/token-response.ts'
import { addFacts, mintedToken, type MintedToken } from '../../../src/zendesk/token.ts'
import { tokenFacts } from '../../../src/zendesk/token-facts.ts'
import { NOON } from '../../support/clock.ts'

const token = new Secret('abcdefghij')
const refreshToken = new Secret('refresh-1')
/** Zendesk's clock is ten minutes ahead of the runner's. */
const date = NOON + 600_000
const requested = { scopes: ['read', 'write'], expiresIn: 3600 }
const ids = { id: 1, client_id: 2, user_id: 3 }
const at = (time: string): string => `2026-11-21T${time}:00Z`
const times = (created: string, expires: string): object => ({
  created_at: at(created),
  expires_at: at(expires)
})

type Mint = TokenResponse & { token: Secret }

/** The response to a mint, which reports these facts about the token and, if given, its lifetime. */
function mint(reported: object = {}, expiresIn?: number): Mint {
  return { token, refreshToken, facts: tokenFacts(reported), expiresIn, date }
}

const withoutDate = (from: Mint): Mint => ({ ...from, date: undefined })

function minted(from = mint()): MintedToken {
  return mintedToken(from, requested, NOON)
}

/** A token that was used once, which reported these facts. */
function used(from: Mint, reported: object): MintedToken {
  const token = minted(from)
  addFacts(token, tokenFacts(reported))
  return token
}

describe('a minted token', () => {
  it('has what was requested if the response reports nothing, from the Date of the mint on', () => {
    expect(minted()).toEqual({
      token,
      refreshToken,
      id: undefined,
      clientId: undefined,
      userId: undefined,
      scopes: ['read', 'write'],
      scopesReported: false,
      expiresAt: at('13:10'),
      expiry: 'requested',
      expiredAfter: undefined,
      lifetime: 3600,
      date,
      mintedAt: date,
      seenWorking: false
    })
  })

  it('has an unknown expiry if none was requested or reported', () => {
    const unknown = { expiry: 'unknown', expiresAt: '', lifetime: undefined, expiredAfter: undefined }
    expect(mintedToken(mint(), { scopes: [], expiresIn: undefined }, NOON)).toMatchObject(unknown)
  })

  it('has the ids and the scopes that are reported', () => {
    const facts = { id: 1, clientId: 2, userId: 3, scopes: ['read'], scopesReported: true }
    expect(minted(mint({ ...ids, scopes: ['read'] }))).toMatchObject(facts)
  })

  it.each([
    ['a lifetime', mint({}, 300), 'reported', at('12:15'), 300],
    ['that there is no expiry', mint({ expires_at: null }), 'never', '', undefined],
    ['an expiry', mint({ expires_at: at('12:40') }), 'reported', at('12:40'), 1800],
    ['its creation and expiry', mint(times('12:20', '12:40')), 'reported', at('12:40'), 1200],
    ['an expiry before its creation', mint(times('12:20', '12:00')), 'reported', at('12:00'), undefined],
    ['that and a lifetime', mint(times('12:20', '12:00'), 600), 'reported', at('12:00'), 600]
  ])(
    'takes its expiry and lifetime from Zendesk, which reports %s',
    (_what, from, expiry, expiresAt, lifetime) => {
      expect(minted(from)).toMatchObject({ expiry, expiresAt, lifetime })
    }
  )

  it.each<[string, Mint, number | undefined]>([
    ['its lifetime', mint({}, 300), date + 300_000],
    [
      'its lifetime, which is later than its expiry',
      mint({ expires_at: at('12:11') }, 3600),
      date + 3_600_000
    ],
    [
      'its expiry, which is later than its lifetime',
      mint({ expires_at: at('14:00') }, 300),
      Date.parse(at('14:00'))
    ],
    ['nothing, if it has no expiry', mint({ expires_at: null }), undefined],
    ['nothing, if it has a lifetime but no Date', withoutDate(mint({}, 300)), undefined],
    ['nothing, if it has an expiry but no Date', withoutDate(mint({ expires_at: at('12:40') })), undefined]
  ])('has surely expired by the Date headers after %s', (_what, from, expiredAfter) => {
    expect(minted(from).expiredAfter).toBe(expiredAfter)
  })

  it("has an expiry by the runner's clock if the mint has no Date", () => {
    const byRunner = { expiresAt: at('12:05'), mintedAt: NOON }
    expect(minted(withoutDate(mint({}, 300)))).toMatchObject(byRunner)
  })
})

describe('the first use of a minted token', () => {
  it('adds the ids and the expiry', () => {
    const known = {
      id: 1,
      clientId: 2,
      userId: 3,
      lifetime: 3660,
      expiresAt: at('13:11'),
      expiry: 'reported'
    }
    expect(used(mint(), { ...ids, ...times('12:10', '13:11') })).toMatchObject(known)
  })

  it('changes nothing that it does not report', () => {
    expect(used(mint(ids), {})).toEqual(minted(mint(ids)))
  })

  it('adds that there is no expiry, unless the response to the mint reported one', () => {
    const never = { lifetime: undefined, expiresAt: '', expiry: 'never' }
    expect(used(mint(), { expires_at: null })).toMatchObject(never)
    expect(used(mint({}, 600), { expires_at: null })).toMatchObject({ lifetime: 600, expiry: 'reported' })
  })

  it('adds the scopes, unless the response to the mint reported some', () => {
    const scopes = ['tickets:read']
    expect(used(mint(), { scopes })).toMatchObject({ scopes, scopesReported: true })
    expect(used(mint({ scopes: ['read'] }), { scopes }).scopes).toEqual(['read'])
  })
})
