import { describe, expect, it } from '@jest/globals'

import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { HOUR, NOON } from '../../support/clock.ts'
import { annotated, count, shown, VERIFIED } from '../../support/log-lines.ts'
import { expectVerified, mainThenPost } from '../../support/run-action.ts'
import {
  ANY_DELETION,
  at,
  clientCredentials,
  credentials,
  DELETION_BY_ID,
  FALSE_204,
  JSON_403,
  JSON_404,
  LINES,
  LOOK_UP,
  mockZendesk,
  revokeElsewhere,
  STRAY_401,
  theToken
} from '../../support/zendesk.ts'

/*
 * The rules of `src/zendesk/revocation-rules.ts` in dist/: what proves that the token is revoked, and what does not.
 */

const { byId, byCurrent, verify } = LINES
const THREE_TIMES = [verify, verify, verify]
const GATEWAY: Fault = { kind: 'gateway' }

type Row = [does: string, faults: (zendesk: Zendesk) => unknown, requests: string[], elapsed: number]

/** Runs post with these faults; it sends these requests, takes this long and verifies the revocation. */
async function expectProof(...[, faults, requests, elapsed]: Row): Promise<void> {
  const zendesk = await mockZendesk()
  const run = await mainThenPost(zendesk, { between: () => faults(zendesk) })
  expectVerified(zendesk, run, requests)
  expect(run.post.elapsed).toBe(elapsed)
}

describe('after an accepted DELETE, post', () => {
  it.concurrent.each<Row>([
    ['takes one rejection as the proof', () => undefined, [byId, verify], 0],
    [
      'retries the verification until there is a response',
      (zendesk) =>
        zendesk.fault(LOOK_UP, [
          { kind: 'reset' },
          { kind: 'response', status: 429, headers: { 'Retry-After': '2' } }
        ]),
      [byId, ...THREE_TIMES],
      2500
    ],
    [
      'asks again after 1 and 3 s if the token still works, deletes it as current, and wants a second rejection',
      (zendesk) => zendesk.fault(DELETION_BY_ID, [FALSE_204]),
      [byId, ...THREE_TIMES, byCurrent, verify, verify],
      5000
    ],
    [
      'takes a JSON 403 to mean that the token still works, and does not believe one rejection after that',
      (zendesk) => {
        zendesk.fault(DELETION_BY_ID, [FALSE_204])
        zendesk.fault(LOOK_UP, [JSON_403])
        zendesk.fault(LOOK_UP, [STRAY_401])
      },
      [byId, verify, ...THREE_TIMES, byCurrent, verify, verify],
      6000
    ]
  ])('%s', expectProof)

  it.concurrent.each<[string, Fault | ((zendesk: Zendesk) => Fault)]>([
    ['an HTML 401', { kind: 'gateway', status: 401 }],
    ['an empty 401', { kind: 'empty', status: 401 }],
    ['a JSON 404', JSON_404],
    ['a 200 about another token', aboutAnother]
  ])('does not verify by %s, and warns that it could not', async (_what, given) => {
    const zendesk = await mockZendesk()
    const fault = typeof given === 'function' ? given(zendesk) : given
    const run = await mainThenPost(zendesk, { between: () => zendesk.fault(LOOK_UP, fault) })
    expect(run.postRequests).toEqual([byId, verify])
    expect(annotated(run.post)).toEqual([expect.stringMatching(/revoked.*could not be verified/i)])
    expect(shown(run.post)).not.toContain(VERIFIED)
  })

  it.concurrent('warns if the token still works after every DELETE was accepted', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(ANY_DELETION, FALSE_204)
    const run = await mainThenPost(zendesk)
    expect(annotated(run.post)).toEqual([expect.stringContaining('the token still works')])
    expect(zendesk.activeTokens()).toContain(theToken(zendesk))
  })
})

describe('after a DELETE that Zendesk rejects, post', () => {
  it.concurrent.each<Row>([
    [
      'asks after 1 s, and repeats the DELETE if the token is active',
      (zendesk) => zendesk.fault(DELETION_BY_ID, [STRAY_401]),
      [byId, verify, byId, verify],
      1000
    ],
    [
      'asks at once if it was a JSON 404, and repeats the DELETE if the token is active',
      (zendesk) => zendesk.fault(DELETION_BY_ID, [JSON_404]),
      [byId, verify, byId, verify],
      0
    ],
    [
      'asks again after 3 s more if the token is rejected as well',
      (zendesk) => {
        zendesk.fault(DELETION_BY_ID, [STRAY_401])
        zendesk.fault(LOOK_UP, [STRAY_401])
      },
      [byId, verify, verify, byId, verify],
      4000
    ],
    [
      'deletes the token as the current one if the repeated DELETE is rejected, too',
      (zendesk) => zendesk.fault(DELETION_BY_ID, STRAY_401),
      [byId, verify, byId, byCurrent, verify],
      1000
    ],
    [
      'takes three rejections as the proof if main saw the token work: a later step revoked it',
      revokeElsewhere,
      [byId, verify, verify],
      4000
    ]
  ])('%s', expectProof)

  it.concurrent('takes a JSON 403 to the check of main to mean that the token worked', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, { inputs, between: () => revokeElsewhere(zendesk) })
    expectVerified(zendesk, run, [byCurrent, verify, verify])
  })

  it.concurrent.each([
    ['a web page', GATEWAY],
    ['a JSON 404', JSON_404]
  ])('uses a cleanup token after three rejections if the check of main got %s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, [fault])
    const run = await mainThenPost(zendesk, {
      between: () => zendesk.fault({ token: theToken(zendesk).value }, Array<Fault>(3).fill(STRAY_401))
    })
    const cleanup = ['POST grant', 'GET tokens by cleanup', 'DELETE token by cleanup', verify]
    expectVerified(zendesk, run, [byCurrent, verify, verify, ...cleanup])
  })

  it.concurrent.each([
    ['API token', credentials.apiToken],
    ['access token', credentials.accessToken]
  ])('takes a JSON 404 to the %s and three rejections as the proof', async (_credential, inputsOf) => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, inputsOf(zendesk))
    const run = await mainThenPost(zendesk, { inputs, between: () => revokeElsewhere(zendesk) })
    expectVerified(zendesk, run, ['DELETE token by credential', ...THREE_TIMES])
    // At once, and after 1 and 3 s.
    expect(run.post.elapsed).toBe(4000)
  })

  it.concurrent('warns, without a proof, if the waits do not fit into a timeout of 5 s', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'timeout-seconds': 5 })
    const run = await mainThenPost(zendesk, { inputs, between: () => revokeElsewhere(zendesk) })
    expect(run.postRequests).not.toContain(verify)
    expect(annotated(run.post)).toEqual([expect.stringContaining('there was no time left to make sure')])
  })

  it.concurrent('warns if every DELETE is rejected', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(ANY_DELETION, STRAY_401)
    const run = await mainThenPost(zendesk)
    expect(run.postRequests.slice(0, 4)).toEqual([byId, verify, byId, byCurrent])
    expect(run.postRequests).toContain('DELETE token by cleanup')
    expect(count(run.post, 'warning')).toBe(1)
    expect(zendesk.activeTokens()).toContain(theToken(zendesk))
  })

  it.concurrent('warns if no server of Zendesk knew the token from the mint on', async () => {
    const zendesk = await mockZendesk({ unknownAtFirst: { requests: 1000 } })
    const run = await mainThenPost(zendesk)
    expect(run.main.exitCode).toBe(1)
    expect(run.postRequests.slice(0, 3)).toEqual([byCurrent, verify, verify])
    expect(count(run.post, 'warning')).toBe(1)
  })
})

describe('after a DELETE that gets a web page, no body or a JSON 403, post', () => {
  it.concurrent.each<[string, Fault]>([
    ['an HTML 401', { kind: 'gateway', status: 401 }],
    ['an HTML 404', { kind: 'gateway', status: 404 }],
    ['a 200 with HTML', { kind: 'html' }]
  ])('deletes the token as the current one, at once: %s', (what, fault) =>
    expectProof(what, (zendesk) => zendesk.fault(DELETION_BY_ID, [fault]), [byId, byCurrent, verify], 0)
  )

  it.concurrent.each<[string, Fault]>([
    ['an HTML 403', GATEWAY],
    ['an empty 401', { kind: 'empty', status: 401 }],
    ['a JSON 403 without a reason', JSON_403]
  ])('warns with id, expiry and how to revoke it if every DELETE gets %s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(ANY_DELETION, fault)
    const run = await mainThenPost(zendesk)
    expect(run.postRequests).toEqual([byId, byCurrent, 'POST grant', 'DELETE token by cleanup'])
    const { id } = theToken(zendesk)
    expect(annotated(run.post)).toEqual([
      expect.stringMatching(
        `^::warning::Could not revoke token ${id}: .* It expires at 2026-11-21T13:00:00Z\\. .*Admin Center.* DELETE ${zendesk.url}/api/v2/oauth/tokens/${id}`
      )
    ])
  })

  it.concurrent.each(['read write', 'read'])(
    'blames no scope if a gateway responds to every request (scopes: %s)',
    async (scopes) => {
      const zendesk = await mockZendesk()
      const inputs = clientCredentials(zendesk, { scopes })
      const run = await mainThenPost(zendesk, { inputs, between: () => zendesk.fault({}, GATEWAY) })
      expect(count(run.post, 'warning')).toBe(1)
      expect(shown(run.post)).not.toMatch(/lacks a scope/)
    }
  )
})

describe('post and the expiry of the token:', () => {
  const expired = /^Zendesk rejects token \d+, which had expired\.$/

  it.concurrent.each([
    ['right', NOON],
    ['a day behind', NOON - 24 * HOUR]
  ])('one rejected DELETE shows it if the clock of the runner is %s', async (_clock, now) => {
    const zendesk = await mockZendesk()
    const between = (): void => zendesk.advance(2 * HOUR)
    const run = await mainThenPost(zendesk, { between, mainRun: { now }, postRun: { now } })
    expect(run.postRequests).toEqual([byId])
    expect(run.post.stdout.at(-1)).toMatch(expired)
    expect(annotated(run.post)).toEqual([])
  })

  it.concurrent.each([
    ['the runner is a day ahead', { now: NOON + 24 * HOUR }, 0],
    ['the runner is a day behind', { now: NOON - 24 * HOUR }, 0],
    ['the `Date` of every response is two hours ahead', {}, 2 * HOUR],
    ['the `Date` of every response is two hours behind', {}, -2 * HOUR]
  ])('a rejected DELETE does not show it while %s', async (_clock, postRun, dateSkew) => {
    const zendesk = await mockZendesk({ dateSkew })
    zendesk.fault(DELETION_BY_ID, [STRAY_401])
    const run = await mainThenPost(zendesk, { postRun })
    expectVerified(zendesk, run, [byId, verify, byId, verify])
  })

  it.concurrent('no rejection shows it by a lifetime that was requested, and never reported', async () => {
    const zendesk = await mockZendesk({ reportExpiresIn: 'never' })
    zendesk.fault(LOOK_UP, [GATEWAY])
    const run = await mainThenPost(zendesk, {
      between: () => {
        theToken(zendesk).expiresAt = null
        zendesk.advance(2 * HOUR)
        zendesk.fault(ANY_DELETION, [STRAY_401])
      },
      postRun: { now: NOON + 2 * HOUR }
    })
    expectVerified(zendesk, run, [byCurrent, verify, byCurrent, verify])
  })
})

/** The response of Zendesk to a request with another token. */
function aboutAnother(zendesk: Zendesk): Fault {
  const { id, value } = zendesk.seedTokens(1)[0]!
  return { kind: 'response', status: 200, body: { token: { id, token: value.slice(0, 10) } } }
}
