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
import { manualRemoval, removalWays } from '../../../src/report/token.ts'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'
import { ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'
import { deleteTokenRequest } from '../../../src/zendesk/requests.ts'
import { type Obstacle, type Outcome, type Remains } from '../../../src/zendesk/revocation.ts'
import { type Expiry } from '../../../src/zendesk/token.ts'
import { loggedBy as logged, ORIGIN } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { missing, response } from '../../support/responses.ts'

const CONTEXT = { origin: ORIGIN, kind: 'api_token', clientId: 'ci_bot' } as const
const REPORT = { minted: MINTED, context: CONTEXT, isWithoutCredential: false, remaining: [] }
const request = deleteTokenRequest(7, MINTED.token)
const lacks = new ZendeskError('missingScope', request, { response: response(403, missing('write')) })
const SCOPE: Obstacle = { kind: 'scope', error: lacks }
const unexpected = new ZendeskError('unexpected', request, { response: response(400) })
const OTHER: Obstacle = { kind: 'other', error: unexpected }
const CANCELLED: Obstacle = { kind: 'stopped', error: new ZendeskError('cancelled', request) }

const active = (obstacle: Obstacle, more: Partial<Outcome> = {}): Remains =>
  ({ end: 'active', obstacle, isScopeOnly: obstacle === SCOPE, isUnanswered: false, ...more }) as Remains
const verified = (by?: Extract<Outcome, { end: 'verified' }>['by']): Outcome => ({ end: 'verified', by })

const REVOKED = 'Revoked token 7 and verified that Zendesk rejects it.'
const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'
const REMOVAL = manualRemoval(MINTED, ORIGIN)
const REMAINS = `${EXPIRES} ${REMOVAL}`
const REFUSED = 'Zendesk refused the request (DELETE /api/v2/oauth/tokens/7: 400)'
const LACKS =
  'The credential lacks a scope (DELETE /api/v2/oauth/tokens/7: 403 ("Forbidden: You are missing the following required scopes: write"))'
const CLEANUP = { token: { ...MINTED, id: 9 }, outcome: active(OTHER) }
const CLEANUP_REMAINS = `Could not revoke the cleanup token 9: ${REFUSED}. ${EXPIRES} ${manualRemoval({ id: 9 }, ORIGIN)}`
const WITH_CLEANUP: RevocationReport = { ...REPORT, remaining: [CLEANUP] }

const NOT = 'info: The token is not revoked, because'
const UNREADABLE =
  'warning: The state that the main step saved cannot be read, so a token of this step may be active. Delete it '

it.each<[Parameters<typeof reportNothingToRevoke>[0], string]>([
  [{ kind: 'none' }, 'info: The main step saved no token, so there is nothing to revoke.'],
  [{ kind: 'skipped', why: 'true' }, `${NOT} \`skip-token-revoke\` is \`true\`.`],
  [{ kind: 'skipped', why: 'auto' }, `${NOT} that would revoke its refresh token, too.`],
  [{ kind: 'unreadable' }, UNREADABLE + removalWays(UNKNOWN, '')]
])('reportNothingToRevoke says, of the state %j: %s', (state, line) => {
  expect(logged((log) => reportNothingToRevoke(state, log))).toEqual([line])
})

describe('reportOutcome', () => {
  const said = (outcome: Outcome, report: Partial<RevocationReport> = {}): string[] =>
    logged((log) => reportOutcome(outcome, { ...REPORT, ...report }, log))

  it.each<[Outcome, string]>([
    [verified(), REVOKED],
    [{ end: 'expired' }, 'Zendesk rejects token 7, which had expired.'],
    [{ end: 'gone' }, 'Revoked token 7: Zendesk accepted the DELETE.']
  ])('says in one line that the token is gone: %j', (outcome, line) => {
    expect(said(outcome)).toEqual([`info: ${line}`])
    expect(said(outcome, WITH_CLEANUP)).toEqual([`info: ${line}`, `warning: ${CLEANUP_REMAINS}`])
  })

  it.each<[Remains, string]>([
    [active(OTHER), REFUSED],
    [active({ kind: 'still works' }), 'Zendesk accepted the DELETE, but the token still works'],
    [active({ kind: 'no time' }), 'Zendesk rejected it, but there was no time left to make sure'],
    [active({ kind: 'id unknown' }), 'its id is not known, and no token in the list is certainly this one'],
    [active(SCOPE, { isScopeOnly: false }), LACKS],
    [active(CANCELLED, { isUnanswered: true }), 'the job was cancelled. The DELETE was sent and not answered']
  ])('warns once, with the expiry and what to do, of %j', (outcome, why) => {
    expect(said(outcome)).toEqual([`warning: Could not revoke token 7: ${why}. ${REMAINS}`])
  })

  it('warns of a token that Zendesk was not seen to reject', () => {
    expect(said({ end: 'unverified', obstacle: CANCELLED })).toEqual([
      `warning: Revoked token 7 (Zendesk accepted the DELETE), but this could not be verified: the job was cancelled. ${REMAINS}`
    ])
  })

  it('says only in one line that a missing scope was the obstacle, if the token expires', () => {
    expect(said(active(SCOPE))).toEqual([`info: Could not revoke token 7: ${LACKS}. ${EXPIRES}`])
  })

  const asked = { kind: 'at', time: NOON, isReported: false, lifetime: 0, expiredAfter: undefined } as const
  const expiring = (expiry: Expiry): Partial<RevocationReport> => ({ minted: { ...MINTED, expiry } })
  const other = 'Post was given other inputs than main, so it could not use the credential.'

  it.each<[string, Partial<RevocationReport>, string]>([
    ['it never expires', expiring({ kind: 'never' }), `It does not expire. ${REMOVAL}`],
    ['its expiry was not reported', expiring(asked), `It expires at 2026-11-21T12:00:00Z. ${REMOVAL}`],
    ['post was given other inputs than main', { isWithoutCredential: true }, `${other} ${REMAINS}`],
    ['a cleanup token remains as well', WITH_CLEANUP, `${REMAINS} ${CLEANUP_REMAINS}`]
  ])('warns of a missing scope if %s', (_what, report, rest) => {
    expect(said(active(SCOPE), report)).toEqual([`warning: Could not revoke token 7: ${LACKS}. ${rest}`])
  })
})

it('reportFailure warns once that the revocation broke off, also of cleanup tokens', () => {
  const error = new Error('The step reached its timeout of 240 s.')
  expect(logged((log) => reportFailure(error, WITH_CLEANUP, log))).toEqual([
    `warning: Could not revoke token 7: The step reached its timeout of 240 s. ${REMAINS} ${CLEANUP_REMAINS}`
  ])
})

it.each<[Outcome, string]>([
  [verified(), REVOKED],
  [active(OTHER), `Could not revoke token 7: ${REFUSED}. ${REMAINS}`]
])('unsavedSentence says what became of a token that could not be saved: %j', (outcome, text) => {
  expect(unsavedSentence(outcome, REPORT)).toBe(text)
  expect(unsavedSentence(outcome, WITH_CLEANUP)).toBe(`${text} ${CLEANUP_REMAINS}`)
})

it('cleanupSentence says that a cleanup token was minted, and why', () => {
  expect(cleanupSentence(UNKNOWN, { kind: 'still works' })).toBe(
    'Minted a cleanup token (read write, 10 minutes) to revoke the token (id unknown), because: Zendesk accepted the DELETE, but the token still works.'
  )
})

describe('remainingSentence', () => {
  it('names a cleanup token without an id', () => {
    expect(remainingSentence({ token: UNKNOWN, outcome: active(OTHER) }, CONTEXT)).toBe(
      `Could not revoke the cleanup token (id unknown): ${REFUSED}. Zendesk did not report when it expires. ${manualRemoval(UNKNOWN, ORIGIN)}`
    )
  })

  it('says that the DELETE was accepted, if no rejection was seen after it', () => {
    const outcome: Outcome = { end: 'unverified', obstacle: OTHER }
    expect(remainingSentence({ token: UNKNOWN, outcome }, CONTEXT)).toContain(
      `Zendesk accepted the DELETE of the cleanup token (id unknown), and was not seen to reject it: ${REFUSED}. Zendesk did`
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

it.each<[Outcome, title: string, state: string]>([
  [verified('credential'), 'revoked', 'revoked with api-token; Zendesk rejects it'],
  [verified('the token itself'), 'revoked', 'revoked with the token itself; Zendesk rejects it'],
  [verified(), 'revoked', 'Zendesk rejects it'],
  [{ end: 'gone' }, 'revoked', 'Zendesk accepted the DELETE'],
  [{ end: 'expired' }, 'expired', 'Zendesk rejects it'],
  [{ end: 'unverified', obstacle: OTHER }, 'revoked, not verified', 'Zendesk accepted the DELETE'],
  [active(OTHER), 'not revoked', 'may still be active']
])('revocationTable: of %j it is titled %s: %s', (outcome, title, state) => {
  const { title: shown, rows } = revocationTable(outcome, REPORT)
  expect([shown, rows[0]?.[0]]).toEqual([`Zendesk token ${title}`, state])
})
