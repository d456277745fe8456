import { expect, it } from '@jest/globals'
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
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const TOKENS = `${ORIGIN}/api/v2/oauth/tokens`
const ENDLESS: MintedToken = { ...UNKNOWN, expiry: { kind: 'never' } }
/** Its times make no sense, so that only its expiry is known. */
const AT_NOON = { time: NOON, isReported: true, lifetime: undefined, expiredAfter: undefined }
const LIMITED: MintedToken = { ...MINTED, expiry: { kind: 'at', ...AT_NOON } }

it('nameOf is the id, if that is known', () => {
  expect([MINTED, UNKNOWN].map(nameOf)).toEqual(['token 7', 'the token (id unknown)'])
})

it('expirySentence says when the token expires, that it does not, or that this is not known', () => {
  expect([MINTED, ENDLESS, UNKNOWN].map(expirySentence)).toEqual([
    'It expires at 2026-11-21T13:00:00Z',
    'It does not expire',
    'Zendesk did not report when it expires'
  ])
})

const FIND = `find it as an admin with GET ${TOKENS} and send DELETE ${TOKENS}/{id}`

it.each([
  ['the request', MINTED, ORIGIN, `send DELETE ${TOKENS}/7 as an admin`],
  ['how to find its id', UNKNOWN, ORIGIN, FIND],
  ['no origin if that is not known', MINTED, '', 'send DELETE /api/v2/oauth/tokens/7 as an admin']
])('manualRemoval and removalWays name Admin Center, `sweep` and %s', (_what, token, origin, request) => {
  const ways = `in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or ${request}, or let \`sweep\` remove it.`
  expect(removalWays(token, origin)).toBe(ways)
  expect(manualRemoval(token, origin)).toBe(`To revoke it manually, delete it ${ways}`)
})

it('scopesText has the reported scopes, without secrets', () => {
  addSecret('a-secret-of-the-job')
  expect(scopesText({ names: ['read', 'hc:write'], isReported: true })).toBe('read hc:write')
  expect(scopesText({ names: ['a-secret-of-the-job'], isReported: true })).not.toContain('secret')
  expect(scopesText({ names: ['read'], isReported: false })).toBe('not reported')
})

it.each([
  [MINTED, 'Minted token 7 (scopes: read write; expires in 1 hour). The end.'],
  [LIMITED, 'Minted token 7 (scopes: read write; expires at 2026-11-21T12:00:00Z). The end.'],
  [UNKNOWN, 'Minted a token (id unknown; scopes: not reported; expiry not reported). The end.'],
  [ENDLESS, 'Minted a token (id unknown; scopes: not reported; does not expire). The end.']
])('mintedMessage has id, scopes and expiry, as far as they are known', (minted, line) => {
  expect(mintedMessage(minted, 'The end.')).toBe(line)
})

it.each([
  [MINTED, ['2026-11-21T13:00:00Z', 'read write', '7', '9']],
  [UNKNOWN, ['not reported', 'not reported', 'unknown', 'unknown']],
  [ENDLESS, ['never', 'not reported', 'unknown', 'unknown']]
])('tokenTable is a row of the summary, without the token itself', (minted, cells) => {
  expect(tokenTable('Title', minted, 'http://127.0.0.1:8080', 'active')).toEqual({
    title: 'Title',
    head: ['State', 'Expires', 'Scopes', 'Token', 'User', 'Account'],
    rows: [['active', ...cells, '127.0.0.1:8080']]
  })
})
