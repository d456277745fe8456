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
import { type Credential } from '../../../src/zendesk/credential.ts'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'
import { type Scopes } from '../../../src/zendesk/token.ts'
import { ORIGIN, RecordedLog } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const credential = (kind: Credential['kind']): Credential => ({ kind }) as Credential
const reported = (...names: string[]): Scopes => ({ names, isReported: true })

describe('reportDeprecation', () => {
  const START = Date.parse('2027-01-30T00:00:00Z')
  const said = (kind: Credential['kind'], now: number): string[] => {
    const log = new RecordedLog()
    reportDeprecation(credential(kind), now, log)
    return log.lines
  }

  it('says that the endpoint is deprecated, and warns from 90 days before the end of API tokens', () => {
    const line =
      'Zendesk has deprecated the endpoint that mints with `api-token`; it may stop any day, and API tokens stop working on 2027-04-30. Use `client-secret` instead.'
    expect(said('api_token', START - 1)).toEqual([`info: ${line}`])
    expect(said('api_token', START)).toEqual([`warning: ${line}`])
  })

  it('does not warn of an access token, which stays', () => {
    expect(said('access_token', START)).toEqual([
      'info: Zendesk has deprecated the endpoint that mints with `access-token`; it may stop any day. Use `client-secret` instead.'
    ])
  })

  it.each(['client_credentials', 'authorization_code', 'refresh_token'] as const)(
    'says nothing about a grant: %s',
    (kind) => {
      expect(said(kind, START)).toEqual([])
    }
  )
})

describe('lostSentence', () => {
  const lost = (count: number): LostResponses => {
    const responses = new LostResponses()
    for (let minute = 0; minute < count; minute++) responses.add(NOON + minute * 60_000)
    return responses
  }

  it.each([
    [
      1,
      3600,
      'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 1 hour, and `sweep` removes it.'
    ],
    [
      1,
      undefined,
      'An unused token of client ci_bot may exist since 12:00 UTC; it may never expire, and `sweep` removes it.'
    ],
    [
      3,
      3600,
      'Up to 3 unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 1 hour, and `sweep` removes them.'
    ],
    [
      2,
      undefined,
      'Up to 2 unused tokens of client ci_bot may exist since 12:00 UTC; they may never expire, and `sweep` removes them.'
    ]
  ])('says that %d tokens may exist, of a lifetime of %p s', (count, lifetime, sentence) => {
    expect(lostSentence(lost(count), 'ci_bot', lifetime)).toBe(sentence)
  })
})

describe('unusableSentence', () => {
  it('names the token, when it expires and how to remove it', () => {
    expect(unusableSentence({ id: 5, expiry: MINTED.expiry }, ORIGIN)).toMatch(
      /^The response names token 5, which may be active\. It expires at 2026-11-21T13:00:00Z\. To revoke it manually, .* send DELETE https:\/\/acme\.zendesk\.com\/api\/v2\/oauth\/tokens\/5 as an admin/
    )
  })
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

describe('reportScopes', () => {
  function said(scopes: Scopes, requested: string[]): string[] {
    const log = new RecordedLog()
    const inputs = { scopes: requested, hasDefaultScopes: requested.length === 0 } as unknown as MainInputs
    reportScopes({ ...MINTED, scopes }, inputs, log)
    return log.lines
  }

  it('says which scopes were granted by default', () => {
    expect(said(reported('read', 'hc:read'), [])).toEqual([
      'info: `scopes` is empty, and Zendesk granted: read hc:read. Set `scopes` to request fewer.'
    ])
    expect(said(UNKNOWN.scopes, [])).toEqual([
      'info: `scopes` is empty, and Zendesk granted: scopes that it did not report. Set `scopes` to request fewer.'
    ])
  })

  it('warns of those that were requested and not granted', () => {
    expect(said(reported('read'), ['read', 'tickets:read', 'tickets:write', 'users:write'])).toEqual([
      'warning: Zendesk did not grant tickets:write users:write. Check the names, and the allowed scopes of the client in Admin Center.'
    ])
  })

  it('says nothing if all were granted, or if that is not known', () => {
    expect(said(reported('read', 'write'), ['read', 'write'])).toEqual([])
    expect(said(UNKNOWN.scopes, ['read', 'write'])).toEqual([])
  })
})

describe('revocationPromise', () => {
  const PROMISE = 'It will be revoked when the job ends.'
  const expires = 'otherwise it expires at 2026-11-21T13:00:00Z.'

  it.each<[Credential['kind'], Scopes, string]>([
    ['api_token', reported('tickets:read'), PROMISE],
    ['access_token', UNKNOWN.scopes, PROMISE],
    ['client_credentials', reported('read', 'write'), PROMISE],
    ['client_credentials', reported('unrestricted'), PROMISE],
    [
      'client_credentials',
      reported('write'),
      `Its scopes do not include both \`read\` and \`write\`, so post will try to revoke it with a cleanup token; ${expires}`
    ],
    [
      'client_credentials',
      UNKNOWN.scopes,
      `Zendesk did not report its scopes, so post will try to revoke it with a cleanup token; ${expires}`
    ],
    [
      'authorization_code',
      reported('tickets:write'),
      `Its scopes do not include both \`read\` and \`write\`, so post will try to revoke it; ${expires}`
    ]
  ])('of %s with the scopes %j is: %s', (kind, scopes, sentence) => {
    expect(revocationPromise({ ...MINTED, scopes }, credential(kind))).toBe(sentence)
  })

  it('says if the token does not expire', () => {
    const endless = { ...UNKNOWN, expiry: { kind: 'never' } } as const
    expect(revocationPromise(endless, credential('refresh_token'))).toMatch(
      /; otherwise it does not expire\.$/
    )
  })
})

describe('cancelledError', () => {
  it.each([
    [true, 'The job was cancelled. Post will try to revoke token 7. It expires at 2026-11-21T13:00:00Z.'],
    [false, 'The job was cancelled. Post will not revoke token 7. It expires at 2026-11-21T13:00:00Z.']
  ])('says what becomes of the token, revoked by post: %s', (isRevoked, message) => {
    expect(cancelledError(MINTED, isRevoked)).toEqual(new Error(message))
  })
})

describe('atOnceError', () => {
  it.each([
    [
      'unsaved',
      'Could not save token 7 for post. The disk is full. Without it post could not revoke the token, so main tried at once. It is gone.'
    ],
    [
      'unpublished',
      'Could not publish token 7. The disk is full. No later step could use it, and post would not revoke it, so main tried at once. It is gone.'
    ]
  ] as const)('says why the token is %s, and what became of it', (why, message) => {
    expect(atOnceError(why, MINTED, new Error('The disk is full.'), 'It is gone.')).toEqual(
      new Error(message)
    )
  })
})
