import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../src/lib/secret.ts'
import {
  dayOf,
  expiryOf,
  mintedMessage,
  nameOf,
  remainingSentence,
  tokenTable
} from '../../src/token-report.ts'
import { type ZendeskRequest } from '../../src/zendesk/connection.ts'
import { type MintedToken } from '../../src/zendesk/minted-token.ts'
import { ZendeskError } from '../../src/zendesk/zendesk-error.ts'

const known: MintedToken = {
  token: new Secret('abcdefghij'),
  id: 7,
  clientId: 8,
  userId: 9,
  scopes: ['read', 'write'],
  scopesReported: true,
  expiresAt: '2026-11-21T13:00:00Z',
  expiry: 'reported',
  expiredAfter: undefined,
  lifetime: 3600,
  mintedAt: 0,
  seenWorking: false
}
const unknown: MintedToken = {
  ...known,
  id: undefined,
  userId: undefined,
  scopes: [],
  scopesReported: false,
  lifetime: undefined,
  expiresAt: '',
  expiry: 'unknown'
}
const endless: MintedToken = { ...unknown, expiry: 'never' }
const ORIGIN = 'https://acme.zendesk.com'

describe('a token in words', () => {
  it('has its id as its name, if that is known', () => {
    expect([known, unknown].map(nameOf)).toEqual(['token 7', 'the token (id unknown)'])
  })

  it('expires or does not', () => {
    expect([known, endless, unknown].map(expiryOf)).toEqual([
      'It expires at 2026-11-21T13:00:00Z',
      'It does not expire',
      'Zendesk did not report when it expires'
    ])
  })

  it.each([
    [known, 'Minted token 7 (scopes: read write; expires in 1 hour). The end.'],
    [
      { ...known, lifetime: undefined },
      'Minted token 7 (scopes: read write; expires at 2026-11-21T13:00:00Z). The end.'
    ],
    [unknown, 'Minted a token (id unknown; scopes: not reported; expiry not reported). The end.'],
    [endless, 'Minted a token (id unknown; scopes: not reported; does not expire). The end.']
  ])('is announced with its id, its scopes and its expiry', (minted, line) => {
    expect(mintedMessage(minted, 'The end.')).toBe(line)
  })

  it('is a row of the summary, without the token itself', () => {
    expect(tokenTable('', unknown, ORIGIN, '').rows[0]?.[1]).toBe('not reported')
    const { title, head, rows } = tokenTable('Title', known, ORIGIN, 'active')
    expect(title).toBe('Title')
    expect(head).toEqual(['State', 'Expires', 'Scopes', 'Token', 'User', 'Account'])
    expect(rows).toEqual([['active', '2026-11-21T13:00:00Z', 'read write', '7', '9', 'acme.zendesk.com']])
    expect(tokenTable('', endless, 'http://127.0.0.1:8080', '').rows).toEqual([
      ['', 'never', '(not reported)', 'unknown', 'unknown', '127.0.0.1:8080']
    ])
  })
})

describe('a cleanup token that may remain active', () => {
  const request: ZendeskRequest = { purpose: 'revoke it', method: 'DELETE', path: '/x' }
  const error = new ZendeskError('timeout', request)

  it.each([
    [{ id: 5, lifetime: 600, error }, '5', '5'],
    [{ id: undefined, lifetime: 600, error }, '(id unknown)', '{id}']
  ])('has a sentence that says how to revoke it', (remaining, name, id) => {
    expect(remainingSentence(remaining, ORIGIN)).toBe(
      `Could not revoke the cleanup token ${name}: There was no response in time (DELETE /x). It expires within 10 minutes. To revoke it sooner, send DELETE ${ORIGIN}/api/v2/oauth/tokens/${id} as an admin.`
    )
  })

  it('has a sentence that says that the response to its mint was lost', () => {
    expect(remainingSentence({ id: undefined, lifetime: 600, lost: 'It may exist.' }, ORIGIN)).toBe(
      'The response to the mint of a cleanup token was lost. It may exist.'
    )
  })
})

it('a day is written as in ISO 8601', () => {
  expect(dayOf(Date.UTC(2027, 3, 30, 23))).toBe('2027-04-30')
})
