import { describe, expect, it } from '@jest/globals'
import { expiryOf, mintedMessage, nameOf, tokenTable } from '../../../src/report/token.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { MINTED } from '../../support/minted.ts'

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

describe('nameOf', () => {
  it('is the id, if that is known', () => {
    expect([MINTED, unknown].map(nameOf)).toEqual(['token 7', 'the token (id unknown)'])
  })
})

describe('expiryOf', () => {
  it('says when the token expires, that it does not, or that this is not known', () => {
    expect([MINTED, endless, unknown].map(expiryOf)).toEqual([
      'It expires at 2026-11-21T13:00:00Z',
      'It does not expire',
      'Zendesk did not report when it expires'
    ])
  })
})

describe('mintedMessage', () => {
  it.each([
    ['Minted token 7 (scopes: read write; expires in 1 hour). The end.', MINTED],
    [
      'Minted token 7 (scopes: read write; expires at 2026-11-21T13:00:00Z). The end.',
      { ...MINTED, lifetime: undefined }
    ],
    ['Minted a token (id unknown; scopes: not reported; expiry not reported). The end.', unknown],
    ['Minted a token (id unknown; scopes: not reported; does not expire). The end.', endless]
  ])('is: %s', (line, minted) => {
    expect(mintedMessage(minted, 'The end.')).toBe(line)
  })
})

describe('tokenTable', () => {
  it.each([
    ['is known', MINTED, ['2026-11-21T13:00:00Z', 'read write', '7', '9']],
    ['is not known', unknown, ['not reported', 'not reported', 'unknown', 'unknown']],
    ['is not known, but that it does not expire', endless, ['never', 'not reported', 'unknown', 'unknown']]
  ])('has no token, but a row of one of which everything %s', (_what, minted, cells) => {
    expect(tokenTable('Title', minted, 'http://127.0.0.1:8080', 'active')).toEqual({
      title: 'Title',
      head: ['State', 'Expires', 'Scopes', 'Token', 'User', 'Account'],
      rows: [['active', ...cells, '127.0.0.1:8080']]
    })
  })
})
