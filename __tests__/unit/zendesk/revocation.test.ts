import { describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { Secret } from '../../../src/lib/secret.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'
import { currentTokenRequest } from '../../../src/zendesk/requests.ts'
import { insist, ownWays, Revocation, type Outcome, type Way } from '../../../src/zendesk/revocation.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { NOON } from '../../support/clock.ts'
import { play } from '../../support/fake-client.ts'
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

/** An outcome as `verified by credential` or `active: still works`. */
function inWords(outcome: Outcome): string {
  if ('obstacle' in outcome) return `${outcome.end}: ${outcome.obstacle.kind}`
  return 'by' in outcome && outcome.by !== undefined ? `${outcome.end} by ${outcome.by}` : outcome.end
}

type Row = [what: string, script: string, outcome: string, given?: Given]
const expectOutcome = async (...[, script, outcome, given]: Row): Promise<void> =>
  expect(inWords(await outcomeOf(script, given))).toBe(outcome)

const BY_ITSELF = 'verified by the token itself'
const NEW = { seenWorking: false }
/** A token that works after an accepted DELETE. */
const WORKS = 'GET: 200, wait 1, GET: 200, wait 3, GET: 200'
/** A token that was seen active is rejected. */
const TWICE = 'GET: 401, wait 1, GET: 401'
/** A token is rejected after a DELETE that was rejected. */
const RECHECKED = 'wait 1, GET: 401, wait 3, GET: 401'
/** The next way works. */
const NEXT = 'DELETE current: 204, GET: 401'

describe('ownWays', () => {
  it('are by id, if that is known, and as the current token', () => {
    const itself = { by: 'the token itself', authorization: new Secret('Bearer abcdefghij-the-token') }
    expect(OWN).toEqual([
      { id: 7, ...itself },
      { id: 'current', ...itself }
    ])
    expect(OWN.map(({ authorization }) => authorization.reveal())).toEqual(
      Array(2).fill(itself.authorization.reveal())
    )
    expect(ownWays(UNKNOWN).map(({ id }) => id)).toEqual(['current'])
  })
})

describe('Revocation.note', () => {
  const stopped = (kind: 'cancelled' | 'deadline') =>
    ({
      kind: 'stopped',
      error: new ZendeskError(kind, currentTokenRequest(MINTED.token, 'verifyToken'))
    }) as const
  const LATER = { kind: 'id unknown' } as const

  it.each([
    ['the later one', { kind: 'no time' } as const, LATER, 1],
    ['that the token still works', { kind: 'still works' } as const, LATER, 0],
    ['no end of the time', LATER, stopped('deadline'), 0],
    ['a cancellation', LATER, stopped('cancelled'), 1]
  ])('makes the obstacle that says most the one to name: %s', (_what, first, second, named) => {
    const revocation = new Revocation(MINTED)
    revocation.note(first)
    revocation.note(second)
    expect(revocation.obstacle).toBe([first, second][named])
  })
})

describe('Revocation, after an accepted DELETE,', () => {
  it.each<Row>([
    ['is proved by one rejection', 'GET: 401', BY_ITSELF],
    ['is proved by a late one', 'GET: late 401', BY_ITSELF],
    ['wants two rejections, 1 s apart, after a 200', `GET: 200, wait 1, ${TWICE}`, BY_ITSELF],
    ['and after a 200 and a JSON 403', `GET: 200, wait 1, GET: 403, wait 3, ${TWICE}`, BY_ITSELF],
    ['and after a stray one', `GET: 200, wait 1, GET: 401, wait 1, GET: 200, wait 3, ${TWICE}`, BY_ITSELF],
    ['takes no active token for expired, however late', `GET: late 403, wait 1, ${TWICE}`, BY_ITSELF],
    ['is not verified by a JSON 404', 'GET: 404', 'unverified: other'],
    ['is not verified by a web page', 'GET: 401 page', 'unverified: other'],
    ['is not verified by a late error', 'GET: late 500', 'unverified: other'],
    ['is not verified without a response', 'GET: timeout', 'unverified: other'],
    [
      'goes on if nothing is learnt',
      `GET: 200, wait 1, GET: 503, DELETE current: 400`,
      'active: still works'
    ],
    ['shows that an active token has expired', 'GET: 200, wait 1, GET: late 401', 'expired'],
    ['ends if it is cancelled', 'cancel', 'unverified: stopped'],
    ['ends by a wait that is too long', 'GET: 429 too long', 'unverified: stopped'],
    ['ends if it is cancelled later', 'GET: 200, wait 1, cancel', 'active: still works'],
    ['asks once in the last half second', 'pass 4.6, GET: 401', BY_ITSELF, { seconds: 5 }],
    ['keeps the wait of 1 s', 'GET: 200, wait 1, GET: 401', 'active: still works', { seconds: 2.499 }],
    ['has that wait', `GET: 200, wait 1, ${TWICE}`, BY_ITSELF, { seconds: 2.5 }]
  ])('%s', (what, script, ...rest) => expectOutcome(what, `DELETE 7: 204, ${script}`, ...rest))

  it('shortens the waits between active responses to fit', async () => {
    const script = 'DELETE 7: 204, GET: 200, wait 1, GET: 200, wait 1.5, GET: 200'
    expect(inWords(await outcomeOf(script, { seconds: 3, ways: BY_ID }))).toBe('active: still works')
  })

  it.each([
    ['204', BY_ITSELF],
    ['401', 'verified by credential'],
    ['404', 'verified by credential']
  ])('wants two rejections of a token that was active if the next way gets a %s', async (status, outcome) => {
    const script = `DELETE 7 by admin: 204, ${WORKS}, DELETE 7: ${status}, ${TWICE}`
    expect(inWords(await outcomeOf(script, { ways: [ADMIN, ...OWN] }))).toBe(outcome)
  })
})

describe('Revocation, after a rejected DELETE,', () => {
  it.each<Row>([
    ['is proved by rejections after 1 and 3 s', `401, ${RECHECKED}`, 'verified'],
    ['asks at once, too, if the token is not found', `404, GET: 401, ${RECHECKED}`, 'verified'],
    [
      'does not believe a new one',
      `404, GET: 401, ${RECHECKED}, DELETE current: 401`,
      'active: other',
      { minted: NEW }
    ],
    ['tries the next way of a new one', `401, ${RECHECKED}, ${NEXT}`, BY_ITSELF, { minted: NEW }],
    ['sends it again if the token is active', `401, wait 1, GET: 200, DELETE 7: 204, GET: 401`, BY_ITSELF],
    ['and at last', '401, wait 1, GET: 401, wait 3, GET: 403, DELETE 7: 204, GET: 401', BY_ITSELF],
    ['rechecks once', '401, wait 1, GET: 200, DELETE 7: 401, DELETE current: 404', 'active: other'],
    ['tries the next way after a JSON 404', `401, wait 1, GET: 404, ${NEXT}`, BY_ITSELF],
    ['and after no response', `401, wait 1, GET: timeout, ${NEXT}`, BY_ITSELF],
    ['begins no waits that do not fit', '401', 'active: no time', { seconds: 4.499 }],
    ['nor the last', '401, wait 1, GET: 401, pass 2.501', 'active: no time', { seconds: 7 }],
    ['needs half a second beyond them', `401, ${RECHECKED}`, 'verified', { seconds: 4.5 }],
    ['asks at once, whatever is left', '404, pass 4.6, GET: 401', 'active: no time', { seconds: 5 }],
    ['ends if it is cancelled', '401, wait 1, cancel', 'active: stopped']
  ])('%s', (what, script, ...rest) => expectOutcome(what, `DELETE 7: ${script}`, ...rest))

  it('believes the credential about a token that was never seen working', async () => {
    const script = `DELETE 7 by admin: 404, GET: 401, ${RECHECKED}`
    expect(inWords(await outcomeOf(script, { ways: [ADMIN], minted: NEW }))).toBe('verified')
  })
})

describe('Revocation of a token that has expired', () => {
  const expiry = { kind: 'at', time: NOON, isReported: true, lifetime: undefined } as const
  const late = `DELETE 7: late 401, ${RECHECKED}`

  it.each<Row>([
    ['ends with a late rejection', 'DELETE 7: late 401', 'expired'],
    ['ends with that at once', 'DELETE 7: 404, GET: late 401', 'expired'],
    ['ends with that after 1 s', 'DELETE 7: 401, wait 1, GET: late 401', 'expired'],
    [
      'does not end at the very moment',
      'DELETE 7: 401, wait 1, GET: 401',
      'expired',
      { minted: { expiry: { ...expiry, expiredAfter: NOON } } }
    ],
    ['is unknown if none can', late, 'verified', { minted: { expiry: { kind: 'never' } } }],
    ['is unknown', late, 'verified', { minted: { expiry: { ...expiry, expiredAfter: undefined } } }]
  ])('%s', expectOutcome)
})

describe('Revocation, after a DELETE that is neither accepted nor rejected by Zendesk,', () => {
  it.each(['400', '403', '401 page', '404 page', '200 page', '302', 'timeout', 'connection'])(
    'tries the next way: %s',
    (reply) => expectOutcome(reply, `DELETE 7: ${reply}, ${NEXT}`, BY_ITSELF)
  )

  it.each<Row>([
    [
      'if the credential is rejected',
      'DELETE 7 by admin: 401, DELETE 7: 204, GET: 401',
      BY_ITSELF,
      { ways: [ADMIN, ...OWN] }
    ],
    [
      'if the current token is not found',
      'DELETE 7: 403, DELETE current: 404, DELETE 7 by cleanup: 204, GET: 401',
      'verified by a cleanup token',
      { ways: [...OWN, CLEANUP] }
    ]
  ])('tries the next way %s', expectOutcome)

  it.each<[string, string, boolean]>([
    ['cancelled', 'DELETE 7: cancelled', false],
    ['at the deadline', 'DELETE 7: deadline', false],
    ['asked to wait', 'DELETE 7: 429 too long', false],
    ['sent without a response', 'DELETE 7: timeout, cancel', true],
    ['not sent', 'DELETE 7: connection, cancel', false],
    ['followed by one that got a response', 'DELETE 7: timeout, DELETE current: 400', false]
  ])('reports whether the last DELETE is without a response: %s', async (_what, script, isUnanswered) => {
    expect(await outcomeOf(script)).toMatchObject({ end: 'active', isUnanswered })
  })

  it('gives a DELETE 2 s to be answered after a cancellation, and a GET none', async () => {
    await play('DELETE 7: 204, GET: 401', async (client) => {
      const respond = jest.spyOn(client.world, 'respond')
      await new Revocation(MINTED).try(client, OWN)
      expect(respond.mock.calls.map(([, { grace }]) => grace)).toEqual([2000, undefined])
    })
  })
})

describe('Revocation.obstacle', () => {
  const narrow = (isReported: boolean, ways = OWN): Given => ({
    ways,
    minted: { scopes: { names: ['tickets:read'], isReported } }
  })

  it.each<[string, string, string, boolean, Given?]>([
    ['is a scope that Zendesk names', '7: 403 write, DELETE current: 403 write', 'scope', true],
    ['is one that it names to the credential', '7 by admin: 403 write', 'scope', true, { ways: [ADMIN] }],
    ['is one if a narrow token gets a 403', '7: 403, DELETE current: 403', 'scope', true, narrow(true)],
    ['is none if a token with `write` does', '7: 403, DELETE current: 403', 'other', false],
    ['is none if the scopes are not known', '7: 403, DELETE current: 403', 'other', false, narrow(false)],
    ['is none if the credential gets it', '7 by admin: 403', 'other', false, narrow(true, [ADMIN])],
    ['is none after something else', '7: 418, DELETE current: 403 page', 'other', false, narrow(true)],
    ['is the last one', '7: 400, DELETE current: 403 write', 'scope', false],
    ['is not the end of the time, after another', '7: 403 write, DELETE current: deadline', 'scope', false],
    ['is that, if there is no other', '7: deadline', 'stopped', false],
    ['is a cancellation, even after another', '7: 403 write, DELETE current: cancelled', 'stopped', false],
    ['is that it works', `7: 204, ${WORKS}, DELETE current: cancelled`, 'still works', false]
  ])('%s', async (_what, script, kind, isScopeOnly, given = {}) => {
    const outcome = { end: 'active', obstacle: { kind }, isScopeOnly }
    expect(await outcomeOf(`DELETE ${script}`, given)).toMatchObject(outcome)
  })

  it('is the rejected DELETE, not the rejections after it', async () => {
    expect(await outcomeOf(`DELETE 7: 401, ${RECHECKED}`, { ways: BY_ID, minted: NEW })).toMatchObject({
      obstacle: { error: { request: { method: 'DELETE' }, response: { status: 401 } } }
    })
  })
})

describe('Revocation of a cleanup token', () => {
  it('believes an accepted DELETE by id, and verifies one of the current token', async () => {
    await expectOutcome('', 'DELETE 7: 204', 'gone', { isCleanup: true })
    await expectOutcome('', `DELETE 7: 403, ${NEXT}`, BY_ITSELF, { isCleanup: true })
  })
})

describe('insist', () => {
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
    ['once if the timeout is reached', 'DELETE 7: timeout, pass 20', 'active: other'],
    ['no more if what was accepted is verified first', `${ACCEPTED}, GET: 401`, BY_ITSELF],
    ['once more if that is not', `${ACCEPTED}, ${STILL}, DELETE 7: 204`, 'gone'],
    ['without a proof by rejections in so short a time', `${CANCELLED}, DELETE 7: 401`, 'active: no time']
  ])('revokes %s', async (_what, script, outcome, reserve = 0) => {
    const revocation = new Revocation(MINTED, true)
    const revoke = (client: ZendeskClient) => insist(client, (within) => revocation.try(within, OWN))
    const end = await play(script, revoke, { seconds: 20, reserve })
    expect(inWords(revocation.outcome(end))).toBe(outcome)
  })
})

describe('Revocation, in a random world,', () => {
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

  it('claims only what is true, and always ends', async () => {
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
})
