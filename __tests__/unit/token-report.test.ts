import { describe, expect, it } from '@jest/globals'
import { mintedMessage, nameOf, ownEnd, tokenTable } from '../../src/token-report.ts'
import { type MintedToken } from '../../src/zendesk/minted-token.ts'
import { Secret } from '../../src/lib/secret.ts'

function token(more: Partial<MintedToken> = {}): MintedToken {
  return {
    token: new Secret('abcdefghij'),
    id: 7,
    clientId: 8,
    userId: 9,
    granted: ['read', 'write'],
    scopes: ['read', 'write'],
    mintedAt: 0,
    serverTime: 0,
    lifetime: 3600,
    expiresAt: '2026-11-21T13:00:00Z',
    ...more
  }
}
const bare = token({
  id: undefined,
  userId: undefined,
  granted: undefined,
  scopes: [],
  lifetime: undefined,
  expiresAt: ''
})

describe('a token in words', () => {
  it('is called by its id', () => {
    expect([token(), bare].map(nameOf)).toEqual(['Token 7', 'Token (id unknown)'])
  })

  it('ends by itself or not', () => {
    expect([token(), bare].map(ownEnd)).toEqual([
      'it expires by itself at 2026-11-21T13:00:00Z',
      'it does not expire by itself'
    ])
  })

  it('is announced with its scopes, its life and its end', () => {
    expect(mintedMessage(token(), true)).toBe(
      'Token 7 minted, with the scopes read write; it lives 1 hour, and is revoked when the job ends.'
    )
    expect(mintedMessage(bare, false)).toBe(
      'Token (id unknown) minted, with the scopes that Zendesk did not tell; it does not expire by itself, and is left alive when the job ends.'
    )
  })

  it('is a row of the summary, without the token itself', () => {
    const table = tokenTable('Title', token(), 'https://acme.zendesk.com', 'alive')
    expect(table.title).toBe('Title')
    expect(table.rows).toEqual([
      ['acme.zendesk.com', '7', '9', 'read write', '2026-11-21T13:00:00Z', 'alive']
    ])
    expect(table.head).toHaveLength(table.rows[0]!.length)
    expect(tokenTable('', bare, 'http://127.0.0.1:8080', '').rows).toEqual([
      ['127.0.0.1:8080', 'unknown', 'unknown', '(not told)', 'never', '']
    ])
  })
})
