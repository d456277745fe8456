import { describe, expect, it } from '@jest/globals'
import { expiryOf, mintedMessage, nameOf, tokenTable } from '../../../src/report/token.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { MINTED } from '../../support/account.ts'

const unknown: MintedToken = {
  ...MINTED,
  id: undefined,
  userId: undefined,
  scopes: ['read'],
  scopesReported: false,
  lifetime: undefined,
  expiresAt: '',
  expiry: 'unknown'
}
const endless: MintedToken = { ...unknown, expiry: 'never' }

describe('a token in words', () => {
  it('has its id as its name, if that is known', () => {
    expect([MINTED, unknown].map(nameOf)).toEqual(['token 7', 'the token (id unknown)'])
  })

  it('expires or does not', () => {
    expect([MINTED, endless, unknown].map(expiryOf)).toEqual([
      'It expires at 2026-11-21T13:00:00Z',
      'It does not expire',
      'Zendesk did not report when it expires'
    ])
  })

  it.each([
    [MINTED, 'Minted token 7 (scopes: read write; expires in 1 hour). The end.'],
    [
      { ...MINTED, lifetime: undefined },
      'Minted token 7 (scopes: read write; expires at 2026-11-21T13:00:00Z). The end.'
    ],
    [unknown, 'Minted a token (id unknown; scopes: not reported; expiry not reported). The end.'],
    [endless, 'Minted a token (id unknown; scopes: not reported; does not expire). The end.']
  ])('is announced with its id, its scopes and its expiry', (minted, line) => {
    expect(mintedMessage(minted, 'The end.')).toBe(line)
  })

  it.each([
    [MINTED, ['2026-11-21T13:00:00Z', 'read write', '7', '9']],
    [unknown, ['not reported', 'not reported', 'unknown', 'unknown']],
    [endless, ['never', 'not reported', 'unknown', 'unknown']]
  ])('is a row of the summary, without the token itself', (minted, cells) => {
    expect(tokenTable('Title', minted, 'http://127.0.0.1:8080', 'active')).toEqual({
      title: 'Title',
      head: ['State', 'Expires', 'Scopes', 'Token', 'User', 'Account'],
      rows: [['active', ...cells, '127.0.0.1:8080']]
    })
  })
})
