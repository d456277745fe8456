import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { addFacts, mintedToken, type Mint, type MintedToken } from '../../../src/zendesk/minted-token.ts'
import { tokenFacts } from '../../../src/zendesk/tokens.ts'

const token = new Secret('abcdefghij')
const now = Date.parse('2026-11-21T12:00:00Z')
/** Zendesk's clock is ten minutes ahead of the runner's. */
const date = now + 600_000
const requested = { scopes: ['read', 'write'], expiresIn: 3600 }
const admin = { scopes: ['read'], expiresIn: undefined }

function mint(reported: Record<string, unknown> = {}, expiresIn?: number): Mint {
  return { response: { token, refreshToken: undefined, facts: tokenFacts(reported), expiresIn }, token, date }
}

function minted(from = mint(), request: Parameters<typeof mintedToken>[1] = requested): MintedToken {
  return mintedToken(from, request, now)
}

describe('a minted token', () => {
  it('has what was requested if the response reports nothing, from the Date of the mint on', () => {
    expect(minted()).toEqual({
      token,
      id: undefined,
      clientId: undefined,
      userId: undefined,
      scopes: ['read', 'write'],
      scopesReported: false,
      expiresAt: '2026-11-21T13:10:00Z',
      expiry: 'requested',
      expiredAfter: undefined,
      lifetime: 3600,
      mintedAt: date,
      seenWorking: false
    })
  })

  it("uses the runner's clock if the mint has no Date, and never expires by that", () => {
    const from = { ...mint({}, 300), date: undefined }
    expect(minted(from)).toMatchObject({
      expiresAt: '2026-11-21T12:05:00Z',
      expiredAfter: undefined,
      mintedAt: now
    })
    const reported = { ...mint({ expires_at: '2026-11-21T12:40:00Z' }), date: undefined }
    expect(minted(reported)).toMatchObject({ expiry: 'reported', expiredAfter: undefined })
  })

  it('takes a reported lifetime before the requested one', () => {
    expect(minted(mint({}, 300))).toMatchObject({
      lifetime: 300,
      expiry: 'reported',
      expiresAt: '2026-11-21T12:15:00Z',
      expiredAfter: date + 300_000
    })
  })

  it('never expires only if Zendesk says so, and else it is unknown', () => {
    const never = { lifetime: undefined, expiresAt: '', expiredAfter: undefined }
    expect(minted(mint({ expires_at: null }), admin)).toMatchObject({ ...never, expiry: 'never' })
    expect(minted(mint(), admin)).toMatchObject({ ...never, expiry: 'unknown' })
  })

  it("takes a reported expiry, and the lifetime between two of Zendesk's own times", () => {
    const times = { created_at: '2026-11-21T12:10:00Z', expires_at: '2026-11-21T12:40:00Z' }
    const reported = { id: 1, client_id: 2, user_id: 3, scopes: ['read'], ...times }
    expect(minted(mint(reported), admin)).toMatchObject({
      id: 1,
      clientId: 2,
      userId: 3,
      scopes: ['read'],
      scopesReported: true,
      lifetime: 1800,
      expiresAt: '2026-11-21T12:40:00Z'
    })
    expect(minted(mint({ expires_at: '2026-11-21T12:40:00Z' }), admin).lifetime).toBe(1800)
  })

  it('has expired by the Date headers only if the expiry and the mint plus the lifetime are past', () => {
    const early = mint({ expires_at: '2026-11-21T12:11:00Z' }, 3600)
    expect(minted(early).expiredAfter).toBe(date + 3_600_000)
    const late = mint({ created_at: '2026-11-21T13:00:00Z', expires_at: '2026-11-21T14:00:00Z' })
    expect(minted(late, admin).expiredAfter).toBe(Date.parse('2026-11-21T14:00:00Z'))
  })

  it('has no known lifetime if its expiry is before its creation, unless the response reports one', () => {
    const before = { created_at: '2026-11-21T12:10:00Z', expires_at: '2026-11-21T12:00:00Z' }
    expect(minted(mint(before)).lifetime).toBeUndefined()
    expect(minted(mint(before, 600)).lifetime).toBe(600)
  })
})

describe('the facts of the first use', () => {
  it('are added', () => {
    const known = minted()
    const expiry = { created_at: '2026-11-21T12:10:00Z', expires_at: '2026-11-21T13:10:01Z' }
    addFacts(known, tokenFacts({ id: 1, client_id: 2, user_id: 3, ...expiry }), mint())
    expect(known).toMatchObject({
      id: 1,
      clientId: 2,
      userId: 3,
      lifetime: 3601,
      expiresAt: '2026-11-21T13:10:01Z',
      expiry: 'reported'
    })
  })

  it('leave what they do not report', () => {
    const known = minted(mint({ id: 1, client_id: 2, user_id: 3 }))
    const before = { ...known }
    addFacts(known, tokenFacts({}), mint())
    expect(known).toEqual(before)
  })

  it('say that there is no expiry, unless the response to the mint reported one', () => {
    const endless = minted()
    addFacts(endless, tokenFacts({ expires_at: null }), mint())
    expect(endless).toMatchObject({ lifetime: undefined, expiresAt: '', expiry: 'never' })
    const from = mint({}, 600)
    const ending = minted(from)
    addFacts(ending, tokenFacts({ expires_at: null }), from)
    expect(ending).toMatchObject({ lifetime: 600, expiry: 'reported' })
  })

  it('report the scopes if the response to the mint did not', () => {
    const silent = minted()
    addFacts(silent, tokenFacts({ scopes: ['tickets:read'] }), mint())
    expect(silent).toMatchObject({ scopes: ['tickets:read'], scopesReported: true })
    const from = mint({ scopes: ['read'] })
    const known = minted(from)
    addFacts(known, tokenFacts({ scopes: ['tickets:read'] }), from)
    expect(known.scopes).toEqual(['read'])
  })
})
