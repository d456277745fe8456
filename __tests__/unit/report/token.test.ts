import { describe, expect, it } from '@jest/globals'
import { addSecret } from '../../../src/lib/redact.ts'
import {
  expirySentence,
  manualRemoval,
  mintedMessage,
  nameOf,
  removalWays,
  scopesText,
  tokenTable
} from '../../../src/report/token.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { ORIGIN } from '../../support/client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const ENDLESS: MintedToken = { ...UNKNOWN, expiry: { kind: 'never' } }
/** Its times make no sense, so that only its expiry is known. */
const LIMITED: MintedToken = {
  ...MINTED,
  expiry: {
    kind: 'at',
    time: MINTED.mintedAt,
    isReported: true,
    lifetime: undefined,
    expiredAfter: undefined
  }
}

describe('nameOf', () => {
  it('is the id, if that is known', () => {
    expect([MINTED, UNKNOWN].map(nameOf)).toEqual(['token 7', 'the token (id unknown)'])
  })
})

describe('expirySentence', () => {
  it('says when the token expires, that it does not, or that this is not known', () => {
    expect([MINTED, ENDLESS, UNKNOWN].map(expirySentence)).toEqual([
      'It expires at 2026-11-21T13:00:00Z',
      'It does not expire',
      'Zendesk did not report when it expires'
    ])
  })
})

describe('manualRemoval', () => {
  it('names Admin Center, the request and `sweep`', () => {
    expect(manualRemoval(MINTED, ORIGIN)).toBe(
      "To revoke it manually, delete it in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or send DELETE https://acme.zendesk.com/api/v2/oauth/tokens/7 as an admin, or let `sweep` remove it."
    )
  })

  it('says how to find a token whose id is not known', () => {
    expect(manualRemoval(UNKNOWN, ORIGIN)).toContain(
      'or find it as an admin with GET https://acme.zendesk.com/api/v2/oauth/tokens and send DELETE https://acme.zendesk.com/api/v2/oauth/tokens/{id}, or let'
    )
  })
})

describe('removalWays', () => {
  it('names the requests alone if the origin is not known', () => {
    expect(removalWays(UNKNOWN, '')).toContain(
      'or find it as an admin with GET /api/v2/oauth/tokens and send DELETE /api/v2/oauth/tokens/{id}, or let'
    )
  })
})

describe('scopesText', () => {
  it('has the reported scopes, without secrets', () => {
    addSecret('a-secret-of-the-job')
    expect(scopesText({ names: ['read', 'hc:write'], isReported: true })).toBe('read hc:write')
    expect(scopesText({ names: ['a-secret-of-the-job'], isReported: true })).not.toContain('secret')
    expect(scopesText({ names: ['read'], isReported: false })).toBe('not reported')
  })
})

describe('mintedMessage', () => {
  it.each([
    [MINTED, 'Minted token 7 (scopes: read write; expires in 1 hour). The end.'],
    [LIMITED, 'Minted token 7 (scopes: read write; expires at 2026-11-21T12:00:00Z). The end.'],
    [UNKNOWN, 'Minted a token (id unknown; scopes: not reported; expiry not reported). The end.'],
    [ENDLESS, 'Minted a token (id unknown; scopes: not reported; does not expire). The end.']
  ])('has id, scopes and expiry, as far as they are known', (minted, line) => {
    expect(mintedMessage(minted, 'The end.')).toBe(line)
  })
})

describe('tokenTable', () => {
  it.each([
    [MINTED, ['2026-11-21T13:00:00Z', 'read write', '7', '9']],
    [UNKNOWN, ['not reported', 'not reported', 'unknown', 'unknown']],
    [ENDLESS, ['never', 'not reported', 'unknown', 'unknown']]
  ])('is a row of the summary, without the token itself', (minted, cells) => {
    expect(tokenTable('Title', minted, 'http://127.0.0.1:8080', 'active')).toEqual({
      title: 'Title',
      head: ['State', 'Expires', 'Scopes', 'Token', 'User', 'Account'],
      rows: [['active', ...cells, '127.0.0.1:8080']]
    })
  })
})
