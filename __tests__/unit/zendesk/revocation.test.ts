import { describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { Secret } from '../../../src/lib/secret.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { insist, ownWays, Revocation, type Outcome, type Way } from '../../../src/zendesk/revocation.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { NOON } from '../../support/clock.ts'
import { inWords, play } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { chances, RandomWorld } from '../../support/random-world.ts'

const ADMIN: Way = { id: 7, authorization: new Secret('Bearer the-admin-token'), by: 'credential' }
const CLEANUP: Way = { id: 7, authorization: new Secret('Bearer the-cleanup-token'), by: 'a cleanup token' }
const OWN = ownWays(MINTED)
const BY_ID = OWN.slice(0, 1)

interface Given {
  /** By itself, by id and as the current one, by default. */
  ways?: readonly Way[]
  /** What is different about the token. */
  minted?: Partial<MintedToken>
  isCleanup?: boolean
  /** The timeout of the step, 240 s by default. */
  seconds?: number
}

/** What becomes of a token if these are the requests and pauses. */
function outcomeOf(script: string, { ways = OWN, minted, isCleanup, seconds }: Given = {}): Promise<Outcome> {
  const revocation = new Revocation({ ...MINTED, ...minted }, isCleanup)
  const revoke = async (client: ZendeskClient): Promise<Outcome> =>
    revocation.outcome(await revocation.try(client, ways))
  return play(script, revoke, { seconds })
}

type Row = [what: string, script: string, outcome: string, given?: Given]
const expectOutcome = async (...[, script, outcome, given]: Row): Promise<void> =>
  expect(inWords(await outcomeOf(script, given))).toBe(outcome)

const BY_ITSELF = 'verified by the token itself'
const NEW = { minted: { seenWorking: false } }
const NEW_BY_ID = { ...NEW, ways: BY_ID }
const BY_ADMIN = { ways: [ADMIN] }
const NEW_BY_ADMIN = { ...NEW, ...BY_ADMIN }
/** A token that works after an accepted DELETE. */
const WORKS = 'GET: 200, wait 1, GET: 200, wait 3, GET: 200'
/** A token that was seen active is rejected. */
const TWICE = 'GET: 401, wait 1, GET: 401'
/** A token is rejected after a DELETE that was rejected. */
const RECHECKED = 'wait 1, GET: 401, wait 3, GET: 401'
/** The next way works. */
const NEXT = 'DELETE current: 204, GET: 401'

it('ownWays are by id, if that is known, and as the current token', () => {
  const itself = { by: 'the token itself', authorization: expect.any(Secret) }
  const current = { id: 'current', ...itself }
  expect([OWN, ownWays(UNKNOWN)]).toEqual([[{ id: 7, ...itself }, current], [current]])
})

describe('Revocation, after an accepted DELETE,', () => {
  const ASKED = 'DELETE 7: 204, GET: 200, wait 1'
  const ADMINS = { ways: [ADMIN, ...OWN] }
  const SHORT = { ways: BY_ID, seconds: 3 }
  const AGAIN = `DELETE 7 by admin: 204, ${WORKS}, DELETE 7`

  it.each<Row>([
    ['is proved by one rejection', 'DELETE 7: 204, GET: 401', BY_ITSELF],
    ['is proved by a late one', 'DELETE 7: 204, GET: late 401', BY_ITSELF],
    ['wants two rejections, 1 s apart, after a 200', `${ASKED}, ${TWICE}`, BY_ITSELF],
    ['and after a JSON 403', `${ASKED}, GET: 403, wait 3, ${TWICE}`, BY_ITSELF],
    ['and after a stray one', `${ASKED}, GET: 401, wait 1, GET: 200, wait 3, ${TWICE}`, BY_ITSELF],
    ['and after that of the next way', `${AGAIN}: 204, ${TWICE}`, BY_ITSELF, ADMINS],
    ['and if that is rejected', `${AGAIN}: 401, ${TWICE}`, 'verified by credential', ADMINS],
    ['and if that is not found', `${AGAIN}: 404, ${TWICE}`, 'verified by credential', ADMINS],
    ['has not expired by an active response', `DELETE 7: 204, GET: late 403, wait 1, ${TWICE}`, BY_ITSELF],
    ['is not verified by a JSON 404', 'DELETE 7: 204, GET: 404', 'unverified: other'],
    ['is not verified by a web page', 'DELETE 7: 204, GET: 401 page', 'unverified: other'],
    ['is not verified by a late error', 'DELETE 7: 204, GET: late 500', 'unverified: other'],
    ['is not verified without a response', 'DELETE 7: 204, GET: timeout', 'unverified: other'],
    ['goes on if nothing is learnt', `${ASKED}, GET: 503, DELETE current: 400`, 'active: still works'],
    ['shows that an active token has expired', `${ASKED}, GET: late 401`, 'expired'],
    ['ends if it is cancelled', 'DELETE 7: 204, cancel', 'unverified: stopped'],
    ['ends by a wait that is too long', 'DELETE 7: 204, GET: 429 too long', 'unverified: stopped'],
    ['ends if it is cancelled later', `${ASKED}, cancel`, 'active: still works'],
    ['asks once in the last half second', 'DELETE 7: 204, pass 4.6, GET: 401', BY_ITSELF, { seconds: 5 }],
    ['keeps the wait of 1 s', `${ASKED}, GET: 401`, 'active: still works', { seconds: 2.499 }],
    ['has that wait', `${ASKED}, ${TWICE}`, BY_ITSELF, { seconds: 2.5 }]
  ])('%s', expectOutcome)

  it('shortens the waits between active responses to fit', () =>
    expectOutcome('', `${ASKED}, GET: 200, wait 1.5, GET: 200`, 'active: still works', SHORT))
})

const AGAIN = 'DELETE 7: 204, GET: 401'

it.each<Row>([
  ['is proved by rejections after 1 and 3 s', `DELETE 7: 401, ${RECHECKED}`, 'verified'],
  ['asks at once, too, if it is not found', `DELETE 7: 404, GET: 401, ${RECHECKED}`, 'verified'],
  ['believes an admin', `DELETE 7 by admin: 404, GET: 401, ${RECHECKED}`, 'verified', NEW_BY_ADMIN],
  ['does not believe a new one', `DELETE 7: 404, GET: 401, ${RECHECKED}`, 'active: other', NEW_BY_ID],
  ['tries the next way of a new one', `DELETE 7: 401, ${RECHECKED}, ${NEXT}`, BY_ITSELF, NEW],
  ['sends it again if the token is active', `DELETE 7: 401, wait 1, GET: 200, ${AGAIN}`, BY_ITSELF],
  ['and at last', `DELETE 7: 401, wait 1, GET: 401, wait 3, GET: 403, ${AGAIN}`, BY_ITSELF],
  ['rechecks once', 'DELETE 7: 401, wait 1, GET: 200, DELETE 7: 401, DELETE current: 404', 'active: other'],
  ['tries the next way after a JSON 404', `DELETE 7: 401, wait 1, GET: 404, ${NEXT}`, BY_ITSELF],
  ['and after no response', `DELETE 7: 401, wait 1, GET: timeout, ${NEXT}`, BY_ITSELF],
  ['begins no waits that do not fit', 'DELETE 7: 401', 'active: no time', { seconds: 4.499 }],
  ['nor the last', 'DELETE 7: 401, wait 1, GET: 401, pass 2.501', 'active: no time', { seconds: 7 }],
  ['needs half a second beyond them', `DELETE 7: 401, ${RECHECKED}`, 'verified', { seconds: 4.5 }],
  ['asks once in any time', 'DELETE 7: 404, pass 4.6, GET: 401', 'active: no time', { seconds: 5 }],
  ['ends if it is cancelled', 'DELETE 7: 401, wait 1, cancel', 'active: stopped']
])('Revocation, after a rejected DELETE, %s', expectOutcome)

const at = (expiredAfter?: number): Given => ({
  minted: { expiry: { kind: 'at', time: NOON, isReported: true, lifetime: undefined, expiredAfter } }
})

it.each<Row>([
  ['ends with a late rejection', 'DELETE 7: late 401', 'expired'],
  ['ends with that at once', 'DELETE 7: 404, GET: late 401', 'expired'],
  ['ends with that after 1 s', 'DELETE 7: 401, wait 1, GET: late 401', 'expired'],
  ['does not end at the very moment', 'DELETE 7: 401, wait 1, GET: 401', 'expired', at(NOON)],
  ['is as any other if no Date can show it', `DELETE 7: late 401, ${RECHECKED}`, 'verified', at()]
])('Revocation of a token that has expired %s', expectOutcome)

describe('Revocation, after a DELETE that is neither accepted nor rejected by Zendesk,', () => {
  it('tries the next way', async () => {
    for (const reply of ['400', '403', '401 page', '404 page', '200 page', '302', 'timeout', 'connection'])
      await expectOutcome(reply, `DELETE 7: ${reply}, ${NEXT}`, BY_ITSELF)
  })

  const REFUSED = 'DELETE 7: 403, DELETE current: 403'
  const UNSCOPED = 'DELETE 7: 403 write, DELETE current: 403 write'
  const LAST = 'verified by a cleanup token'
  const names = ['tickets:read']
  const narrow = (isReported: boolean, ways = OWN) => ({ ways, minted: { scopes: { names, isReported } } })
  const all = { ways: [ADMIN, ...OWN, CLEANUP] }

  it.each<Row>([
    ['tries all ways', `DELETE 7 by admin: 401, ${REFUSED}, DELETE 7 by cleanup: 204, GET: 401`, LAST, all],
    ['ends if it is cancelled', 'DELETE 7: cancelled', 'active: stopped'],
    ['ends at the deadline', 'DELETE 7: deadline', 'active: stopped'],
    ['ends if Zendesk asks to wait too long', 'DELETE 7: 429 too long', 'active: stopped'],
    ['tells if it was sent without a response', 'DELETE 7: timeout, cancel', 'active: stopped, unanswered'],
    ['but not if it was not sent', 'DELETE 7: connection, cancel', 'active: stopped'],
    ['nor if the last one got a response', 'DELETE 7: timeout, DELETE current: 404', 'active: other'],
    ['lacks a scope that Zendesk names', UNSCOPED, 'active: scope only'],
    ['lacks one also with the credential', 'DELETE 7 by admin: 403 write', 'active: scope only', BY_ADMIN],
    ['lacks one if it gets a 403 and is narrow', REFUSED, 'active: scope only', narrow(true)],
    ['lacks none if it has `write`', REFUSED, 'active: other'],
    ['lacks none if its scopes are not known', REFUSED, 'active: other', narrow(false)],
    ['lacks none if an admin gets it', 'DELETE 7 by admin: 403', 'active: other', narrow(true, [ADMIN])],
    ['lacks none if it gets another response', 'DELETE 7: 418', 'active: other', narrow(true, BY_ID)],
    ['lacks none if it gets a web page', 'DELETE 7: 403 page', 'active: other', narrow(true, BY_ID)],
    ['names the last obstacle', 'DELETE 7: 400, DELETE current: 403 write', 'active: scope'],
    ['names no end of the time', 'DELETE 7: 403 write, DELETE current: deadline', 'active: scope'],
    ['names a cancellation', 'DELETE 7: 403 write, DELETE current: cancelled', 'active: stopped'],
    ['names first that it works', `DELETE 7: 204, ${WORKS}, DELETE current: cancelled`, 'active: still works']
  ])('%s', expectOutcome)

  it('gives a DELETE 2 s to be answered after a cancellation, and a GET none', async () => {
    await play('DELETE 7: 204, GET: 401', async (client) => {
      const respond = jest.spyOn(client.world, 'respond')
      await new Revocation(MINTED).try(client, OWN)
      expect(respond.mock.calls.map(([, { grace }]) => grace)).toEqual([2000, undefined])
    })
  })

  it('names the rejected DELETE, not the rejections after it', async () => {
    expect(await outcomeOf(`DELETE 7: 401, ${RECHECKED}`, NEW_BY_ID)).toMatchObject({
      obstacle: { error: { request: { method: 'DELETE' }, response: { status: 401 } } }
    })
  })
})

it('Revocation of a cleanup token believes an accepted DELETE by id, and verifies one of the current token', async () => {
  await expectOutcome('', 'DELETE 7: 204', 'gone', { isCleanup: true })
  await expectOutcome('', `DELETE 7: 403, ${NEXT}`, BY_ITSELF, { isCleanup: true })
})

const CANCELLED = 'DELETE 7: cancelled, cancel'
const ACCEPTED = 'DELETE 7: 403, DELETE current: 204, cancel'
const STILL = 'GET: 200, wait 1, GET: 200, wait 2.5, GET: 200'

it.each<[string, string, string, number?]>([
  ['once if that is done', 'DELETE 7: 204, cancel', 'gone'],
  ['once if that shows that it has expired', 'DELETE 7: late 401, cancel', 'expired'],
  ['once if that is verified', `DELETE 7: 403, ${NEXT}, cancel`, BY_ITSELF],
  ['once if that has failed with time left', 'DELETE 7: 403, DELETE current: 403', 'active: other'],
  ['once more if the job was cancelled', `${CANCELLED}, DELETE 7: 204`, 'gone'],
  ['once more, in 4 s', `${CANCELLED}, DELETE 7: 403, pass 4`, 'active: other'],
  ['once more if the time was over', 'DELETE 7: timeout, pass 15, DELETE 7: 204', 'gone', 5000],
  ['once if the timeout is reached', 'DELETE 7: timeout, pass 20', 'active: other, unanswered'],
  ['no more if what was accepted is verified first', `${ACCEPTED}, GET: 401`, BY_ITSELF],
  ['once more if that is not', `${ACCEPTED}, ${STILL}, DELETE 7: 204`, 'gone'],
  ['without a proof by rejections in so short a time', `${CANCELLED}, DELETE 7: 401`, 'active: no time']
])('insist revokes %s', async (_what, script, outcome, reserve = 0) => {
  const revocation = new Revocation(MINTED, true)
  const revoke = (client: ZendeskClient) => insist(client, (within) => revocation.try(within, OWN))
  const end = await play(script, revoke, { seconds: 20, reserve })
  expect(inWords(revocation.outcome(end))).toBe(outcome)
})

const isFull = process.env['FULL'] !== undefined
const parameters = { numRuns: isFull ? 100_000 : 1000, seed: isFull ? Date.now() : 28 }

/** Whether what an outcome claims is true. */
const CLAIMS: Record<Outcome['end'], (world: RandomWorld) => boolean> = {
  // Of an active token only in the documented hole: a DELETE was accepted without effect, and one rejection is stray.
  verified: ({ isRejected, isActive, isAccepted, isSeenActive }) =>
    isRejected && (!isActive || (isAccepted && !isSeenActive)),
  expired: ({ isRejected, isActive }) => isRejected && !isActive,
  gone: ({ chances: { isCleanup }, isAcceptedById }) => isCleanup && isAcceptedById,
  unverified: ({ isAccepted, isSeenActive }) => isAccepted && !isSeenActive,
  active: () => true
}

it('Revocation, in a random world, claims only what is true, and always ends', async () => {
  const ends = new Set<string>()
  const property = fc.asyncProperty(chances, async (given) => {
    const world = new RandomWorld(given)
    const revocation = new Revocation(world.token, given.isCleanup)
    const revoke = (client: ZendeskClient) => revocation.try(client, world.ways)
    const { real } = world.client
    const { end } = revocation.outcome(await (given.isCleanup ? insist(real, revoke) : revoke(real)))
    ends.add(end)
    expect([end, CLAIMS[end](world)]).toEqual([end, true])
  })
  await fc.assert(property, parameters)
  expect([...ends].sort()).toEqual(Object.keys(CLAIMS).sort())
}, 300_000)
