import { describe, expect, it } from '@jest/globals'
import { type MainInputs } from '../../../src/inputs/inputs.ts'
import {
  atOnceError,
  cancelledError,
  lostSentence,
  reportDeprecation,
  reportScopes,
  requireScopes,
  revocationPromise,
  unusableSentence
} from '../../../src/report/mint.ts'
import { manualRemoval } from '../../../src/report/token.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'
import { type Scopes } from '../../../src/zendesk/token.ts'
import { loggedBy as logged, ORIGIN } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const credential = (kind: Credential['kind']): Credential => ({ kind }) as Credential
const reported = (...names: string[]): Scopes => ({ names, isReported: true })
const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'

const START = Date.parse('2027-01-30T00:00:00Z')
const DEPRECATED = 'Zendesk has deprecated the endpoint that mints with'
const INSTEAD = 'Use `client-secret` instead.'
const API_TOKEN = `${DEPRECATED} \`api-token\`; it may stop any day, and API tokens stop working on 2027-04-30.`

// From 90 days before the end of API tokens this is a warning; an access token stays, and grants are not deprecated.
it.each<[Credential['kind'], number, ...string[]]>([
  ['api_token', START - 1, `info: ${API_TOKEN} ${INSTEAD}`],
  ['api_token', START, `warning: ${API_TOKEN} ${INSTEAD}`],
  ['access_token', START, `info: ${DEPRECATED} \`access-token\`; it may stop any day. ${INSTEAD}`],
  ['client_credentials', START],
  ['authorization_code', START],
  ['refresh_token', START]
])('reportDeprecation of %s, at %d ms: %s', (kind, now, ...lines) => {
  expect(logged((log) => reportDeprecation(credential(kind), now, log))).toEqual(lines)
})

it.each([
  [1, 3600, 'An unused token', 'it expires after 1 hour', 'it'],
  [1, undefined, 'An unused token', 'it may never expire', 'it'],
  [3, 3600, 'Up to 3 unused tokens', 'they expire after 1 hour', 'them'],
  [2, undefined, 'Up to 2 unused tokens', 'they may never expire', 'them']
])('lostSentence: %d tokens may exist, of a lifetime of %p s', (count, lifetime, tokens, expiry, them) => {
  const lost = new LostResponses()
  for (let minute = 0; minute < count; minute++) lost.add(NOON + minute * 60_000)
  const sentence = `${tokens} of client ci_bot may exist since 12:00 UTC; ${expiry}, and \`sweep\` removes ${them}.`
  expect(lostSentence(lost, 'ci_bot', lifetime)).toBe(sentence)
})

it('unusableSentence names the token, when it expires and how to remove it', () => {
  const start = `The response names token 7, which may be active. ${EXPIRES}`
  expect(unusableSentence(MINTED, ORIGIN)).toBe(`${start} ${manualRemoval(MINTED, ORIGIN)}`)
})

describe('requireScopes', () => {
  it('refuses a token of which Zendesk reports that it has no scope', () => {
    expect(() => requireScopes({ ...MINTED, scopes: reported() })).toThrow(
      'Zendesk granted the token no scope, so it can do nothing. Check `scopes`, and the allowed scopes of the client in Admin Center.'
    )
  })

  it.each([MINTED.scopes, UNKNOWN.scopes, { names: [], isReported: false }])('accepts %j', (scopes) => {
    expect(() => requireScopes({ ...MINTED, scopes })).not.toThrow()
  })
})

const MISSING =
  'warning: Zendesk did not grant tickets:write users:write. Check the names, and the allowed scopes of the client in Admin Center.'
const granted = (scopes: string): string =>
  `info: \`scopes\` is empty, and Zendesk granted: ${scopes}. Set \`scopes\` to request fewer.`

it.each<[string, Scopes, requested: string[], ...string[]]>([
  ['which scopes were granted by default', reported('read', 'hc:read'), [], granted('read hc:read')],
  ['that these were not reported', UNKNOWN.scopes, [], granted('scopes that it did not report')],
  ['which are missing', reported('read'), ['read', 'hc:read', 'tickets:write', 'users:write'], MISSING],
  ['nothing if all were granted', reported('read', 'write'), ['read', 'write']],
  ['nothing if that is not known', UNKNOWN.scopes, ['read', 'write']]
])('reportScopes says %s', (_what, scopes, requested, ...lines) => {
  const inputs = { scopes: requested, hasDefaultScopes: requested.length === 0 } as unknown as MainInputs
  expect(logged((log) => reportScopes({ ...MINTED, scopes }, inputs, log))).toEqual(lines)
})

describe('revocationPromise', () => {
  const promise = 'It will be revoked when the job ends.'
  const lacks = 'Its scopes do not include both `read` and `write`, so post will try to revoke it'
  const unknown = 'Zendesk did not report its scopes, so post will try to revoke it'
  const expires = 'otherwise it expires at 2026-11-21T13:00:00Z.'

  it.each<[Credential['kind'], Scopes, string]>([
    ['api_token', reported('tickets:read'), promise],
    ['access_token', UNKNOWN.scopes, promise],
    ['client_credentials', reported('read', 'write'), promise],
    ['client_credentials', reported('unrestricted'), promise],
    ['client_credentials', reported('write'), `${lacks} with a cleanup token; ${expires}`],
    ['client_credentials', UNKNOWN.scopes, `${unknown} with a cleanup token; ${expires}`],
    ['authorization_code', reported('tickets:write'), `${lacks}; ${expires}`]
  ])('of %s with the scopes %j is: %s', (kind, scopes, sentence) => {
    expect(revocationPromise({ ...MINTED, scopes }, credential(kind))).toBe(sentence)
  })

  it('says if the token does not expire', () => {
    const endless = { ...UNKNOWN, expiry: { kind: 'never' } } as const
    const promised = revocationPromise(endless, credential('refresh_token'))
    expect(promised).toMatch(/; otherwise it does not expire\.$/)
  })
})

it.each([
  [true, 'Post will try to revoke token 7.'],
  [false, 'Post will not revoke token 7.']
])('cancelledError says what becomes of the token, revoked by post: %s', (isRevoked, end) => {
  expect(cancelledError(MINTED, isRevoked)).toEqual(new Error(`The job was cancelled. ${end} ${EXPIRES}`))
})

it.each([
  ['unsaved', 'Could not save token 7 for post.', 'Without it post could not revoke the token'],
  ['unpublished', 'Could not publish token 7.', 'No later step could use it, and post would not revoke it']
] as const)('atOnceError says why the token is %s, and what became of it', (why, start, reason) => {
  const error = atOnceError(why, MINTED, new Error('The disk is full.'), 'It is gone.')
  expect(error).toEqual(new Error(`${start} The disk is full. ${reason}, so main tried at once. It is gone.`))
})
