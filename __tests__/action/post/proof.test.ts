import { describe, expect, it } from '@jest/globals'
import { type Fault, type FaultMatcher, type Zendesk } from '../../../mock/zendesk.ts'
import { HOUR, NOON } from '../../support/clock.ts'
import { annotated, shown, VERIFIED } from '../../support/log-lines.ts'
import { LINES, revokeElsewhere, theToken } from '../../support/requests.ts'
import { expectVerified, mainThenPost } from '../../support/run-action.ts'
import {
  ANY_DELETION,
  at,
  clientCredentials,
  credentials,
  DELETION_BY_ID,
  FALSE_204,
  type Inputs,
  JSON_403,
  JSON_404,
  LOOK_UP,
  mockZendesk,
  STRAY_401,
  TOKENS
} from '../../support/zendesk.ts'

/*
 * What proves in dist/ that the token is revoked, and what does not. Each cell of `src/zendesk/revocation-rules.ts` is
 * held by its unit tests.
 */

const { byId, byCurrent, verify } = LINES
const THREE_TIMES = [verify, verify, verify]
const GATEWAY: Fault = { kind: 'gateway' }
const RATE_LIMIT: Fault = { kind: 'response', status: 429, headers: { 'Retry-After': '2' } }

type Row = [does: string, faults: [FaultMatcher, Fault | Fault[]][], requests: string[], elapsed: number]

/** Runs post with these faults; it sends these requests, takes this long and verifies the revocation. */
async function expectProof(...[, faults, requests, elapsed]: Row): Promise<void> {
  const zendesk = await mockZendesk()
  const run = await mainThenPost(zendesk, {
    between: () => faults.map(([matcher, fault]) => zendesk.fault(matcher, fault))
  })
  expectVerified(zendesk, run, requests)
  expect(run.post.elapsed).toBe(elapsed)
}

describe('after an accepted DELETE, post', () => {
  const works: Row[1][0] = [DELETION_BY_ID, [FALSE_204]]
  it.concurrent.each<Row>([
    ['verifies until an answer', [[LOOK_UP, [{ kind: 'reset' }, RATE_LIMIT]]], [byId, ...THREE_TIMES], 2500],
    [
      'asks again after 1 and 3 s if the token still works, deletes it as current, and wants two rejections',
      [works],
      [byId, ...THREE_TIMES, byCurrent, verify, verify],
      5000
    ],
    [
      'takes a JSON 403 to mean that the token still works, and does not believe one rejection after that',
      [works, [LOOK_UP, [JSON_403, STRAY_401]]],
      [byId, verify, ...THREE_TIMES, byCurrent, verify, verify],
      6000
    ]
  ])('%s', expectProof)

  it.concurrent.each<[string, (zendesk: Zendesk) => Fault]>([
    ['an HTML 401', () => ({ kind: 'gateway', status: 401 })],
    ['a 200 about another token', aboutAnother]
  ])('does not verify by %s, and warns that it could not', async (_what, fault) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, { between: () => zendesk.fault(LOOK_UP, fault(zendesk)) })
    expect(run.postRequests).toEqual([byId, verify])
    expect(annotated(run.post)).toEqual([
      expect.stringMatching(/^::warning.*revoked.*could not be verified/i)
    ])
    expect(shown(run.post)).not.toContain(VERIFIED)
  })
})

describe('after a DELETE that is not accepted, post', () => {
  const stray: Row[1][0] = [DELETION_BY_ID, [STRAY_401]]
  const tried = [byId, verify]
  const webPage: Row[1][0] = [DELETION_BY_ID, { kind: 'gateway', status: 404 }]
  it.concurrent.each<Row>([
    ['asks after 1 s, and deletes the active token again', [stray], [byId, verify, byId, verify], 1000],
    ['asks at once after a JSON 404', [[DELETION_BY_ID, [JSON_404]]], [byId, verify, byId, verify], 0],
    [
      'asks after 3 s more if that is rejected',
      [stray, [LOOK_UP, [STRAY_401]]],
      [...tried, verify, ...tried],
      4000
    ],
    [
      'deletes the current one after two',
      [[DELETION_BY_ID, STRAY_401]],
      [...tried, byId, byCurrent, verify],
      1000
    ],
    ['deletes the current one at once after a web page', [webPage], [byId, byCurrent, verify], 0]
  ])('%s', expectProof)

  const narrow = (zendesk: Zendesk): Inputs => clientCredentials(zendesk, { scopes: 'tickets:read' })
  const apiToken = (zendesk: Zendesk): Inputs => at(zendesk, credentials.apiToken(zendesk))
  it.concurrent.each<[string, (zendesk: Zendesk) => Inputs, string[]]>([
    ['client credentials', clientCredentials, [byId, verify, verify]],
    ['a JSON 403 to the check', narrow, [byCurrent, verify, verify]],
    ['an API token', apiToken, ['DELETE token by credential', ...THREE_TIMES]]
  ])('takes rejections for 4 s as proof that another step revoked it: %s', async (_what, inputsOf, sent) => {
    const zendesk = await mockZendesk()
    const between = (): unknown => revokeElsewhere(zendesk)
    const run = await mainThenPost(zendesk, { inputs: inputsOf(zendesk), between })
    expectVerified(zendesk, run, sent)
    expect(run.post.elapsed).toBe(4000)
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
})

describe('post warns, without a proof,', () => {
  it.concurrent('if the waits do not fit into a timeout of 5 s', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'timeout-seconds': 5 })
    const run = await mainThenPost(zendesk, { inputs, between: () => revokeElsewhere(zendesk) })
    expect(run.postRequests).not.toContain(verify)
    expect(annotated(run.post)).toEqual([expect.stringContaining('there was no time left to make sure')])
  })

  const cleanup = ['POST grant', 'DELETE token by cleanup']
  const eachVerified = [byId, ...THREE_TIMES, byCurrent, ...THREE_TIMES, ...cleanup, ...THREE_TIMES]
  it.concurrent.each<[string, Fault, string, string[]]>([
    ['an HTML 403', GATEWAY, 'in front of Zendesk', [byId, byCurrent, ...cleanup]],
    ['a JSON 403', JSON_403, 'Zendesk does not allow this', [byId, byCurrent, ...cleanup]],
    ['a 204 that does not revoke it', FALSE_204, 'the token still works', eachVerified],
    ['a rejection', STRAY_401, 'Zendesk rejected', [byId, verify, byId, byCurrent, ...cleanup]]
  ])('with id, expiry and how to revoke it if every DELETE gets %s', async (_what, fault, why, requests) => {
    const zendesk = await mockZendesk()
    zendesk.fault(ANY_DELETION, fault)
    const run = await mainThenPost(zendesk)
    expect(run.postRequests).toEqual(requests)
    const { id } = theToken(zendesk)
    const how = `It expires at 2026-11-21T13:00:00Z\\. .*Admin Center.* DELETE ${zendesk.url}${TOKENS}/${id} `
    expect(annotated(run.post)).toEqual([
      expect.stringMatching(`^::warning::Could not revoke token ${id}: .*${why}.* ${how}`)
    ])
  })
})

describe('one rejected DELETE', () => {
  it.concurrent('shows by its `Date` that the token had expired, if the runner is a day behind', async () => {
    const zendesk = await mockZendesk()
    const postRun = { now: NOON - 24 * HOUR }
    const between = (): void => zendesk.advance(2 * HOUR)
    const run = await mainThenPost(zendesk, { between, mainRun: postRun, postRun })
    expect(run.postRequests).toEqual([byId])
    expect(run.post.stdout.at(-1)).toMatch(/^Zendesk rejects token \d+, which had expired\.$/)
    expect(annotated(run.post)).toEqual([])
  })

  it.concurrent.each([
    ['the runner is a day ahead', { now: NOON + 24 * HOUR }, 0],
    ['the `Date` of every response is two hours ahead', {}, 2 * HOUR]
  ])('does not show it while %s', async (_clock, postRun, dateSkew) => {
    const zendesk = await mockZendesk({ dateSkew })
    zendesk.fault(DELETION_BY_ID, [STRAY_401])
    const run = await mainThenPost(zendesk, { postRun })
    expectVerified(zendesk, run, [byId, verify, byId, verify])
  })
})

/** The response of Zendesk to a request with another token. */
function aboutAnother(zendesk: Zendesk): Fault {
  const { id, value } = zendesk.seedTokens(1)[0]!
  return { kind: 'response', status: 200, body: { token: { id, token: value.slice(0, 10) } } }
}
