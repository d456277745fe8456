import { describe, expect, it } from '@jest/globals'
import {
  cleanupSentence,
  remainingSentence,
  reportFailure,
  reportNothingToRevoke,
  reportOutcome,
  revocationTable,
  unsavedSentence,
  type RevocationReport
} from '../../../src/report/revocation.ts'
import { manualRemoval } from '../../../src/report/token.ts'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'
import { ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'
import { deleteTokenRequest } from '../../../src/zendesk/requests.ts'
import { type Obstacle, type Outcome, type Remains } from '../../../src/zendesk/revocation.ts'
import { ORIGIN, RecordedLog } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { missing, response } from '../zendesk/responses.ts'

const CONTEXT = { origin: ORIGIN, kind: 'api_token', clientId: 'ci_bot' } as const
const REPORT: RevocationReport = {
  minted: MINTED,
  context: CONTEXT,
  isWithoutCredential: false,
  remaining: []
}
const request = deleteTokenRequest(7, MINTED.token)
const SCOPE: Obstacle = {
  kind: 'scope',
  error: new ZendeskError('missingScope', request, { response: response(403, missing('write')) })
}
const OTHER: Obstacle = {
  kind: 'other',
  error: new ZendeskError('unexpected', request, { response: response(400) })
}
const CANCELLED: Obstacle = { kind: 'stopped', error: new ZendeskError('cancelled', request) }

const active = (obstacle: Obstacle, more: Partial<Outcome> = {}): Remains =>
  ({
    end: 'active',
    obstacle,
    isScopeOnly: obstacle.kind === 'scope',
    isUnanswered: false,
    ...more
  }) as Remains

const CLEANUP = { token: { ...MINTED, id: 9 }, outcome: active(OTHER) }

const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'
const REMAINS = `${EXPIRES} ${manualRemoval(MINTED, ORIGIN)}`
const REFUSED = 'Zendesk refused the request (DELETE /api/v2/oauth/tokens/7: 400)'
const LACKS =
  'The credential lacks a scope (DELETE /api/v2/oauth/tokens/7: 403 ("Forbidden: You are missing the following required scopes: write"))'
const CLEANUP_REMAINS = `Could not revoke the cleanup token 9: ${REFUSED}. ${EXPIRES} ${manualRemoval({ id: 9 }, ORIGIN)}`

describe('reportNothingToRevoke', () => {
  it.each<[Parameters<typeof reportNothingToRevoke>[0], string]>([
    [{ kind: 'none' }, 'info: The main step saved no token, so there is nothing to revoke.'],
    [
      { kind: 'skipped', why: 'true' },
      'info: The token is not revoked, because `skip-token-revoke` is `true`.'
    ],
    [
      { kind: 'skipped', why: 'auto' },
      'info: The token is not revoked, because that would revoke its refresh token, too.'
    ],
    [
      { kind: 'unreadable' },
      "warning: The state that the main step saved cannot be read, so a token of this step may be active. Delete it in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or find it as an admin with GET /api/v2/oauth/tokens and send DELETE /api/v2/oauth/tokens/{id}, or let `sweep` remove it."
    ]
  ])('says, of the state %j: %s', (state, line) => {
    const log = new RecordedLog()
    reportNothingToRevoke(state, log)
    expect(log.lines).toEqual([line])
  })
})

describe('reportOutcome', () => {
  function said(outcome: Outcome, report: Partial<RevocationReport> = {}): string[] {
    const log = new RecordedLog()
    reportOutcome(outcome, { ...REPORT, ...report }, log)
    return log.lines
  }

  it.each<[Outcome, string]>([
    [{ end: 'verified', by: undefined }, 'Revoked token 7 and verified that Zendesk rejects it.'],
    [{ end: 'expired' }, 'Zendesk rejects token 7, which had expired.'],
    [{ end: 'gone' }, 'Revoked token 7: Zendesk accepted the DELETE.']
  ])('says in one line that the token is gone: %j', (outcome, line) => {
    expect(said(outcome)).toEqual([`info: ${line}`])
  })

  it.each<[string, Outcome, string]>([
    [
      'it could not be verified',
      { end: 'unverified', obstacle: CANCELLED },
      'Revoked token 7 (Zendesk accepted the DELETE), but this could not be verified: the job was cancelled.'
    ],
    ['it was refused', active(OTHER), `Could not revoke token 7: ${REFUSED}.`],
    [
      'it still works',
      active({ kind: 'still works' }),
      'Could not revoke token 7: Zendesk accepted the DELETE, but the token still works.'
    ],
    [
      'there was no time',
      active({ kind: 'no time' }),
      'Could not revoke token 7: Zendesk rejected it, but there was no time left to make sure.'
    ],
    [
      'its id is unknown',
      active({ kind: 'id unknown' }),
      'Could not revoke token 7: its id is not known, and no token in the list is certainly this one.'
    ],
    [
      'the job was cancelled during the DELETE',
      active(CANCELLED, { isUnanswered: true }),
      'Could not revoke token 7: the job was cancelled. The DELETE was sent and not answered.'
    ]
  ])('warns once, with the expiry and what to do, if %s', (_what, outcome, text) => {
    expect(said(outcome)).toEqual([`warning: ${text} ${REMAINS}`])
  })

  it('says only in one line that a missing scope was the obstacle, if the token expires', () => {
    expect(said(active(SCOPE))).toEqual([`info: Could not revoke token 7: ${LACKS}. ${EXPIRES}`])
  })

  const requested = {
    kind: 'at',
    time: NOON,
    isReported: false,
    lifetime: 0,
    expiredAfter: undefined
  } as const

  it.each<[string, Partial<RevocationReport>, string]>([
    [
      'it never expires',
      { minted: { ...MINTED, expiry: { kind: 'never' } } },
      `It does not expire. ${manualRemoval(MINTED, ORIGIN)}`
    ],
    [
      'Zendesk did not report its expiry',
      { minted: { ...MINTED, expiry: requested } },
      `It expires at 2026-11-21T12:00:00Z. ${manualRemoval(MINTED, ORIGIN)}`
    ],
    [
      'post was given other inputs than main',
      { isWithoutCredential: true },
      `Post was given other inputs than main, so it could not use the credential. ${REMAINS}`
    ],
    ['a cleanup token remains as well', { remaining: [CLEANUP] }, `${REMAINS} ${CLEANUP_REMAINS}`]
  ])('warns of a missing scope if %s', (_what, report, rest) => {
    expect(said(active(SCOPE), report)).toEqual([`warning: Could not revoke token 7: ${LACKS}. ${rest}`])
  })

  it('warns of a missing scope that was not the only obstacle', () => {
    expect(said(active(SCOPE, { isScopeOnly: false }))).toEqual([expect.stringMatching(/^warning: /)])
  })

  it('warns only of a cleanup token that remains', () => {
    expect(said({ end: 'expired' }, { remaining: [CLEANUP] })).toEqual([
      'info: Zendesk rejects token 7, which had expired.',
      `warning: ${CLEANUP_REMAINS}`
    ])
  })
})

describe('reportFailure', () => {
  it('warns once that the revocation broke off, also of cleanup tokens', () => {
    const log = new RecordedLog()
    reportFailure(
      new Error('The step reached its timeout of 240 s.'),
      { ...REPORT, remaining: [CLEANUP] },
      log
    )
    expect(log.lines).toEqual([
      `warning: Could not revoke token 7: The step reached its timeout of 240 s. ${REMAINS} ${CLEANUP_REMAINS}`
    ])
  })
})

describe('unsavedSentence', () => {
  it.each<[Outcome, string]>([
    [{ end: 'verified', by: undefined }, 'Revoked token 7 and verified that Zendesk rejects it.'],
    [active(OTHER), `Could not revoke token 7: ${REFUSED}. ${REMAINS}`]
  ])('says what became of a token that could not be saved: %j', (outcome, text) => {
    expect(unsavedSentence(outcome, REPORT)).toBe(text)
    expect(unsavedSentence(outcome, { ...REPORT, remaining: [CLEANUP] })).toBe(`${text} ${CLEANUP_REMAINS}`)
  })
})

describe('cleanupSentence', () => {
  it('says that a cleanup token was minted, and why', () => {
    expect(cleanupSentence(UNKNOWN, { kind: 'still works' })).toBe(
      'Minted a cleanup token (read write, 10 minutes) to revoke the token (id unknown), because: Zendesk accepted the DELETE, but the token still works.'
    )
  })
})

describe('remainingSentence', () => {
  it('names a cleanup token without an id', () => {
    const remaining = { token: UNKNOWN, outcome: active(OTHER) }
    expect(remainingSentence(remaining, CONTEXT)).toBe(
      `Could not revoke the cleanup token (id unknown): ${REFUSED}. Zendesk did not report when it expires. ${manualRemoval(UNKNOWN, ORIGIN)}`
    )
  })

  it('says that the DELETE was accepted, if no rejection was seen after it', () => {
    const remaining = { token: UNKNOWN, outcome: { end: 'unverified', obstacle: OTHER } } as const
    expect(remainingSentence(remaining, CONTEXT)).toMatch(
      /^Zendesk accepted the DELETE of the cleanup token \(id unknown\), and was not seen to reject it: /
    )
  })

  it('says that one may exist because the response to its mint was lost', () => {
    const lost = new LostResponses()
    lost.add(NOON)
    expect(remainingSentence({ lost, lifetime: 600 }, CONTEXT)).toBe(
      'The response to the mint of a cleanup token was lost. An unused token of client ci_bot may exist since 12:00 UTC; it expires after 10 minutes, and `sweep` removes it.'
    )
  })
})

describe('revocationTable', () => {
  it.each<[Outcome, title: string, state: string]>([
    [{ end: 'verified', by: 'credential' }, 'revoked', 'revoked with api-token; Zendesk rejects it'],
    [
      { end: 'verified', by: 'the token itself' },
      'revoked',
      'revoked with the token itself; Zendesk rejects it'
    ],
    [
      { end: 'verified', by: 'a cleanup token' },
      'revoked',
      'revoked with a cleanup token; Zendesk rejects it'
    ],
    [{ end: 'verified', by: undefined }, 'revoked', 'Zendesk rejects it'],
    [{ end: 'gone' }, 'revoked', 'Zendesk accepted the DELETE'],
    [{ end: 'expired' }, 'expired', 'Zendesk rejects it'],
    [{ end: 'unverified', obstacle: OTHER }, 'revoked, not verified', 'Zendesk accepted the DELETE'],
    [active(OTHER), 'not revoked', 'may still be active']
  ])('of %j is titled %s: %s', (outcome, title, state) => {
    const { title: shown, rows } = revocationTable(outcome, REPORT)
    expect([shown, rows[0]?.[0]]).toEqual([`Zendesk token ${title}`, state])
  })
})
