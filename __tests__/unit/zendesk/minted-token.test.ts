import { describe, expect, it } from '@jest/globals'
import { learn, mintedToken, type MintedToken } from '../../../src/zendesk/minted-token.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { type MintReply } from '../../../src/zendesk/token-response.ts'
import { tokenFacts } from '../../../src/zendesk/tokens.ts'

const token = new Secret('abcdefghij')
const now = Date.parse('2026-11-21T12:00:00Z')
/** Zendesk's clock is ten minutes ahead of the runner's. */
const serverTime = now + 600_000
const asked = { scopes: ['read', 'write'], expiresIn: 3600 }

function reply(told: Record<string, unknown> = {}, expiresIn?: number): MintReply {
  return { token, refreshToken: undefined, facts: tokenFacts(told), expiresIn }
}

function minted(told: MintReply, request: Parameters<typeof mintedToken>[2] = asked): MintedToken {
  return mintedToken(told, token, request, { now, serverTime })
}

describe('mintedToken', () => {
  it('has what was asked for where the reply tells nothing', () => {
    expect(minted(reply())).toEqual({
      token,
      id: undefined,
      clientId: undefined,
      userId: undefined,
      granted: undefined,
      scopes: ['read', 'write'],
      mintedAt: now,
      serverTime,
      lifetime: 3600,
      expiresAt: '2026-11-21T13:00:00Z'
    })
  })

  it('takes the lifetime of the reply before that of the request', () => {
    expect(minted(reply({}, 300))).toMatchObject({ lifetime: 300, expiresAt: '2026-11-21T12:05:00Z' })
  })

  it('does not expire where nobody set a lifetime', () => {
    const never = minted(reply({ expires_at: null }), { scopes: [], expiresIn: undefined })
    expect(never).toMatchObject({ lifetime: undefined, expiresAt: '' })
  })

  it('takes an expiry that Zendesk tells, and measures the lifetime by Zendesk’s clock alone', () => {
    const told = {
      id: 1,
      client_id: 2,
      user_id: 3,
      scopes: ['read'],
      created_at: '2026-11-21T12:10:00Z',
      expires_at: '2026-11-21T12:40:00Z'
    }
    const facts = { id: 1, clientId: 2, userId: 3, scopes: ['read'] }
    expect(minted(reply(told))).toMatchObject({ ...facts, lifetime: 1800, expiresAt: '2026-11-21T12:40:00Z' })
    expect(minted(reply({ expires_at: '2026-11-21T12:40:00Z' })).lifetime).toBe(1800)
  })
})

describe('an expiry that makes no sense', () => {
  const before = { created_at: '2026-11-21T12:10:00Z', expires_at: '2026-11-21T12:00:00Z' }

  it('leaves no lifetime, so that the token is revoked in any case', () => {
    expect(minted(reply(before)).lifetime).toBeUndefined()
  })

  it('does not matter where the reply tells the seconds', () => {
    expect(minted(reply(before, 600)).lifetime).toBe(600)
  })
})

describe('learn', () => {
  it('adds what the check told', () => {
    const known = minted(reply())
    const expiry = { created_at: '2026-11-21T12:10:00Z', expires_at: '2026-11-21T13:10:01Z' }
    learn(known, tokenFacts({ id: 1, client_id: 2, user_id: 3, ...expiry }), reply())
    const facts = { id: 1, clientId: 2, userId: 3 }
    expect(known).toMatchObject({ ...facts, lifetime: 3601, expiresAt: '2026-11-21T13:10:01Z' })
  })

  it('keeps what the check does not tell', () => {
    const known = minted(reply({ id: 1, client_id: 2, user_id: 3 }))
    const before = { ...known }
    learn(known, tokenFacts({}), reply())
    expect(known).toEqual(before)
  })

  it('believes the check that there is no expiry, unless the reply told one', () => {
    const endless = minted(reply())
    learn(endless, tokenFacts({ expires_at: null }), reply())
    expect(endless).toMatchObject({ lifetime: undefined, expiresAt: '' })
    const told = reply({}, 600)
    const ending = minted(told)
    learn(ending, tokenFacts({ expires_at: null }), told)
    expect(ending).toMatchObject({ lifetime: 600, expiresAt: '2026-11-21T12:10:00Z' })
  })

  it('learns the scopes where the reply did not tell them', () => {
    const silent = minted(reply())
    learn(silent, tokenFacts({ scopes: ['tickets:read'] }), reply())
    expect(silent.scopes).toEqual(['tickets:read'])
    const told = reply({ scopes: ['read'] })
    const known = minted(told)
    learn(known, tokenFacts({ scopes: ['tickets:read'] }), told)
    expect(known.scopes).toEqual(['read'])
  })
})
