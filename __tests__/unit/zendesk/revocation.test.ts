import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Secret } from '../../../src/lib/secret.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'
import { currentTokenRequest } from '../../../src/zendesk/requests.ts'
import {
  insist,
  ownWays,
  Revocation,
  type Obstacle,
  type Outcome,
  type Way
} from '../../../src/zendesk/revocation.ts'
import { type End } from '../../../src/zendesk/revocation-rules.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { NOON } from '../../support/clock.ts'
import { FakeClient, transcribed, type World } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { chances, RandomWorld } from '../../support/random-world.ts'
import { response } from './responses.ts'

const ADMIN: Way = { id: 7, authorization: new Secret('Bearer the-admin-token'), by: 'credential' }
const CLEANUP: Way = { id: 7, authorization: new Secret('Bearer the-cleanup-token'), by: 'a cleanup token' }
const OWN = ownWays(MINTED)

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
async function outcomeOf(lines: string[], given: Given = {}): Promise<Outcome> {
  const { ways = OWN, minted, isCleanup, seconds } = given
  const { client, transcript } = transcribed(lines, { seconds })
  const revocation = new Revocation({ ...MINTED, ...minted }, isCleanup)
  const end = await revocation.try(client.real, ways)
  expect(transcript.left).toEqual([])
  return revocation.outcome(end)
}

const verified = (by?: Way['by']): Outcome => ({ end: 'verified', by })
const BY_ITSELF = verified('the token itself')
/** The token may be active, for this reason. */
const active = (kind: string): object => ({ end: 'active', obstacle: { kind } })

/** A token that works after an accepted DELETE. */
const WORKS = ['GET current: 200', 'wait 1 s', 'GET current: 200', 'wait 3 s', 'GET current: 200']
/** A token that was seen active is rejected. */
const REJECTED_TWICE = ['GET current: 401', 'wait 1 s', 'GET current: 401']
/** A token is rejected after a DELETE that was rejected. */
const RECHECKED = ['wait 1 s', 'GET current: 401', 'wait 3 s', 'GET current: 401']

describe('ownWays', () => {
  it('are by id, if that is known, and as the current token', () => {
    expect(OWN.map(({ id, by, authorization }) => [id, by, authorization.reveal()])).toEqual([
      [7, 'the token itself', 'Bearer abcdefghij-the-token'],
      ['current', 'the token itself', 'Bearer abcdefghij-the-token']
    ])
    expect(ownWays(UNKNOWN).map(({ id }) => id)).toEqual(['current'])
  })
})

describe('Revocation.note', () => {
  const error = (kind: 'cancelled' | 'deadline'): ZendeskError =>
    new ZendeskError(kind, currentTokenRequest(MINTED.token, 'verifyToken'))
  const LATER = { kind: 'id unknown' } as const

  it.each<[string, Obstacle, Obstacle, 'first' | 'second']>([
    ['the later one', { kind: 'no time' }, LATER, 'second'],
    ['that the token still works', { kind: 'still works' }, LATER, 'first'],
    ['no end of the time', LATER, { kind: 'stopped', error: error('deadline') }, 'first'],
    ['a cancellation', LATER, { kind: 'stopped', error: error('cancelled') }, 'second']
  ])('makes the obstacle that says most the one to name: %s', (_what, first, second, named) => {
    const revocation = new Revocation(MINTED)
    revocation.note(first)
    revocation.note(second)
    expect(revocation.obstacle).toBe(named === 'first' ? first : second)
  })
})

describe('Revocation, after an accepted DELETE,', () => {
  it.each(['401', 'late 401'])('takes one rejection for the proof: %s', async (rejection) => {
    expect(await outcomeOf(['DELETE 7: 204', `GET current: ${rejection}`])).toEqual(BY_ITSELF)
  })

  it.each<[string, string[]]>([
    ['a 200', ['GET current: 200', 'wait 1 s']],
    ['a 200 and a JSON 403', ['GET current: 200', 'wait 1 s', 'GET current: 403', 'wait 3 s']],
    [
      'a stray rejection between two 200s',
      ['GET current: 200', 'wait 1 s', 'GET current: 401', 'wait 1 s', 'GET current: 200', 'wait 3 s']
    ]
  ])('wants two rejections, 1 s apart, after %s', async (_what, lines) => {
    expect(await outcomeOf(['DELETE 7: 204', ...lines, ...REJECTED_TWICE])).toEqual(BY_ITSELF)
  })

  it('takes no token for expired that is active, however late it is', async () => {
    const lines = ['DELETE 7: 204', 'GET current: late 403', 'wait 1 s']
    expect(await outcomeOf([...lines, ...REJECTED_TWICE])).toEqual(BY_ITSELF)
  })

  it.each<[string, Way['by']]>([
    ['204', 'the token itself'],
    ['401', 'credential'],
    ['404', 'credential']
  ])('wants two rejections of a token that was active if the next way gets a %s', async (status, by) => {
    const lines = ['DELETE 7 by the credential: 204', ...WORKS, `DELETE 7: ${status}`, ...REJECTED_TWICE]
    expect(await outcomeOf(lines, { ways: [ADMIN, ...OWN] })).toEqual(verified(by))
  })

  it.each(['404', '401 page', '418', 'late 500', 'timeout'])(
    'is not verified by what says nothing: %s',
    async (reply) => {
      expect(await outcomeOf(['DELETE 7: 204', `GET current: ${reply}`])).toMatchObject({
        end: 'unverified',
        obstacle: { kind: 'other' }
      })
    }
  )

  it('tries the next way if what follows an active response says nothing', async () => {
    const lines = ['DELETE 7: 204', 'GET current: 200', 'wait 1 s', 'GET current: 503']
    expect(await outcomeOf([...lines, 'DELETE current: 400'])).toMatchObject(active('still works'))
  })

  it('shows that a token which was active has expired', async () => {
    const lines = ['DELETE 7: 204', 'GET current: 200', 'wait 1 s', 'GET current: late 401']
    expect(await outcomeOf(lines)).toEqual({ end: 'expired' })
  })

  it.each<[string, string[], object]>([
    ['before it is verified', ['cancel'], { end: 'unverified', obstacle: { kind: 'stopped' } }],
    [
      'by a wait that is too long',
      ['GET current: 429 too long'],
      { end: 'unverified', obstacle: { kind: 'stopped' } }
    ],
    ['after an active response', ['GET current: 200', 'wait 1 s', 'cancel'], active('still works')]
  ])('ends if it is stopped %s', async (_when, lines, outcome) => {
    expect(await outcomeOf(['DELETE 7: 204', ...lines])).toMatchObject(outcome)
  })

  it('shortens the waits between active responses to fit', async () => {
    const lines = ['DELETE 7: 204', 'GET current: 200', 'wait 1 s', 'GET current: 200', 'wait 1.5 s']
    const given = { seconds: 3, ways: OWN.slice(0, 1) }
    expect(await outcomeOf([...lines, 'GET current: 200'], given)).toMatchObject(active('still works'))
  })

  it('still asks once in the last half second', async () => {
    const lines = ['DELETE 7: 204', '4.6 s pass', 'GET current: 401']
    expect(await outcomeOf(lines, { seconds: 5 })).toEqual(BY_ITSELF)
  })

  it('does not shorten the wait for the second rejection', async () => {
    const lines = ['DELETE 7: 204', 'GET current: 200', 'wait 1 s', 'GET current: 401']
    expect(await outcomeOf(lines, { seconds: 2.499 })).toMatchObject(active('still works'))
    const second = ['wait 1 s', 'GET current: 401']
    expect(await outcomeOf([...lines, ...second], { seconds: 2.5 })).toEqual(BY_ITSELF)
  })
})

describe('Revocation, after a rejected DELETE,', () => {
  const NEW = { seenWorking: false }

  it('takes rejections after 1 and 3 s for the proof, if the token was seen working', async () => {
    expect(await outcomeOf(['DELETE 7: 401', ...RECHECKED])).toEqual(verified())
  })

  it('takes rejections at once and after 1 and 3 s for the proof, if the token is not found', async () => {
    expect(await outcomeOf(['DELETE 7: 404', 'GET current: 401', ...RECHECKED])).toEqual(verified())
  })

  it('believes the credential, but not the token itself, about a token that was never seen working', async () => {
    const ofCredential = ['DELETE 7 by the credential: 404', 'GET current: 401', ...RECHECKED]
    expect(await outcomeOf(ofCredential, { ways: [ADMIN], minted: NEW })).toEqual(verified())
    const ofToken = ['DELETE 7: 404', 'GET current: 401', ...RECHECKED, 'DELETE current: 401']
    expect(await outcomeOf(ofToken, { minted: NEW })).toMatchObject(active('other'))
    const rejected = ['DELETE 7: 401', ...RECHECKED, 'DELETE current: 204', 'GET current: 401']
    expect(await outcomeOf(rejected, { minted: NEW })).toEqual(BY_ITSELF)
  })

  it.each(['200', '403'])('sends the same DELETE again if the token is active: %s', async (status) => {
    const lines = ['DELETE 7: 401', 'wait 1 s', 'GET current: 401', 'wait 3 s', `GET current: ${status}`]
    expect(await outcomeOf([...lines, 'DELETE 7: 204', 'GET current: 401'])).toEqual(BY_ITSELF)
  })

  it('rechecks once, and not once a way', async () => {
    const lines = ['DELETE 7: 401', 'wait 1 s', 'GET current: 200', 'DELETE 7: 401', 'DELETE current: 404']
    expect(await outcomeOf(lines)).toMatchObject(active('other'))
  })

  it.each(['404', '401 page', '503', 'timeout'])(
    'tries the next way after what says nothing: %s',
    async (reply) => {
      const lines = ['DELETE 7: 401', 'wait 1 s', `GET current: ${reply}`]
      expect(await outcomeOf([...lines, 'DELETE current: 204', 'GET current: 401'])).toEqual(BY_ITSELF)
    }
  )

  it.each<[string, number, string[]]>([
    ['all waits', 4.499, []],
    ['the last wait', 7, ['wait 1 s', 'GET current: 401', '2.501 s pass']]
  ])('proves nothing if %s would have to be shortened', async (_what, seconds, lines) => {
    expect(await outcomeOf(['DELETE 7: 401', ...lines], { seconds })).toMatchObject(active('no time'))
  })

  it('needs half a second beyond its waits', async () => {
    expect(await outcomeOf(['DELETE 7: 401', ...RECHECKED], { seconds: 4.5 })).toEqual(verified())
  })

  it('asks once at once if a token is not found, however little time is left', async () => {
    const lines = ['DELETE 7: 404', '4.6 s pass', 'GET current: 401']
    expect(await outcomeOf(lines, { seconds: 5 })).toMatchObject(active('no time'))
  })

  it('ends if it is cancelled', async () => {
    const lines = ['DELETE 7: 401', 'wait 1 s', 'cancel']
    expect(await outcomeOf(lines)).toMatchObject({ end: 'active', obstacle: { kind: 'stopped' } })
  })
})

describe('Revocation of a token that has expired', () => {
  it.each([
    [['DELETE 7: late 401']],
    [['DELETE 7: 404', 'GET current: late 401']],
    [['DELETE 7: 401', 'wait 1 s', 'GET current: late 401']]
  ])('ends with the first rejection whose Date is past its expiry: %j', async (lines) => {
    expect(await outcomeOf(lines)).toEqual({ end: 'expired' })
  })

  it('does not end with a rejection at the moment of its expiry', async () => {
    const expiry = {
      kind: 'at',
      time: NOON,
      isReported: true,
      lifetime: undefined,
      expiredAfter: NOON
    } as const
    const lines = ['DELETE 7: 401', 'wait 1 s', 'GET current: 401']
    expect(await outcomeOf(lines, { minted: { expiry } })).toEqual({ end: 'expired' })
  })

  it.each<[string, MintedToken['expiry']]>([
    ['it never expires', { kind: 'never' }],
    [
      'no Date can show it',
      { kind: 'at', time: 0, isReported: true, lifetime: undefined, expiredAfter: undefined }
    ]
  ])('is as any other if %s', async (_why, expiry) => {
    expect(await outcomeOf(['DELETE 7: late 401', ...RECHECKED], { minted: { expiry } })).toEqual(verified())
  })
})

describe('Revocation, after a DELETE that is neither accepted nor rejected by Zendesk,', () => {
  const NEXT = ['DELETE current: 204', 'GET current: 401']

  it.each(['400', '403', '401 page', '404 page', '200 page', '302', '503', 'timeout', 'connection'])(
    'tries the next way: %s',
    async (reply) => {
      expect(await outcomeOf([`DELETE 7: ${reply}`, ...NEXT])).toEqual(BY_ITSELF)
    }
  )

  it('tries the next way if the credential itself is rejected, or the current token is not found', async () => {
    const rejected = ['DELETE 7 by the credential: 401', 'DELETE 7: 204', 'GET current: 401']
    expect(await outcomeOf(rejected, { ways: [ADMIN, ...OWN] })).toEqual(BY_ITSELF)
    const notFound = ['DELETE 7: 403', 'DELETE current: 404', 'DELETE 7 by the cleanup token: 204']
    expect(await outcomeOf([...notFound, 'GET current: 401'], { ways: [...OWN, CLEANUP] })).toEqual(
      verified('a cleanup token')
    )
  })

  it.each(['cancelled', 'deadline', '429 too long'])('ends if it is stopped: %s', async (reply) => {
    expect(await outcomeOf([`DELETE 7: ${reply}`])).toMatchObject({
      ...active('stopped'),
      isUnanswered: false
    })
  })

  it.each<[string, string[], boolean]>([
    ['was sent and got no response', ['DELETE 7: timeout', 'cancel'], true],
    ['was not sent', ['DELETE 7: connection', 'cancel'], false],
    ['was followed by one that got a response', ['DELETE 7: timeout', 'DELETE current: 400'], false]
  ])('reports whether the last DELETE %s', async (_what, lines, isUnanswered) => {
    expect(await outcomeOf(lines)).toMatchObject({ end: 'active', isUnanswered })
  })

  it('gives a DELETE 2 s to be answered after a cancellation, and a GET none', async () => {
    const graces: unknown[] = []
    const { deadline } = transcribed([]).client
    const world: World = {
      respond: ({ method }, { grace }) => {
        graces.push([method, grace])
        return response(method === 'DELETE' ? 204 : 401, { error: 'invalid_token' })
      },
      pause: () => undefined
    }
    await new Revocation(MINTED).try(new FakeClient(world, deadline).real, OWN)
    expect(graces).toEqual([
      ['DELETE', 2000],
      ['GET', undefined]
    ])
  })
})

describe('Revocation.obstacle', () => {
  it.each<[string, string, boolean, Given, string[]]>([
    [
      'is a scope that Zendesk names',
      'scope',
      true,
      {},
      ['DELETE 7: 403 write', 'DELETE current: 403 write']
    ],
    [
      'is a scope that Zendesk names to the credential',
      'scope',
      true,
      { ways: [ADMIN] },
      ['DELETE 7 by the credential: 403 write']
    ],
    [
      'is a scope if a token without `write` gets a JSON 403',
      'scope',
      true,
      { minted: { scopes: { names: ['tickets:read'], isReported: true } } },
      ['DELETE 7: 403', 'DELETE current: 403']
    ],
    [
      'is none of scope if a token with `write` does',
      'other',
      false,
      {},
      ['DELETE 7: 403', 'DELETE current: 403']
    ],
    [
      'is none of scope if the scopes are not known',
      'other',
      false,
      { minted: { scopes: { names: ['tickets:read'], isReported: false } } },
      ['DELETE 7: 403', 'DELETE current: 403']
    ],
    [
      'is none of scope if the credential gets it',
      'other',
      false,
      { ways: [ADMIN], minted: { scopes: { names: ['tickets:read'], isReported: true } } },
      ['DELETE 7 by the credential: 403']
    ],
    [
      'is none of scope if a token without `write` gets something else',
      'other',
      false,
      { minted: { scopes: { names: ['tickets:read'], isReported: true } } },
      ['DELETE 7: 418', 'DELETE current: 403 page']
    ],
    ['is the last one', 'scope', false, {}, ['DELETE 7: 400', 'DELETE current: 403 write']],
    [
      'is not the end of the time, after another',
      'scope',
      false,
      {},
      ['DELETE 7: 403 write', 'DELETE current: deadline']
    ],
    ['is the end of the time, if there is no other', 'stopped', false, {}, ['DELETE 7: deadline']],
    [
      'is a cancellation, even after another',
      'stopped',
      false,
      {},
      ['DELETE 7: 403 write', 'DELETE current: cancelled']
    ],
    [
      'is that the token still works, whatever follows',
      'still works',
      false,
      {},
      ['DELETE 7: 204', ...WORKS, 'DELETE current: cancelled']
    ]
  ])('%s', async (_what, kind, isScopeOnly, given, lines) => {
    expect(await outcomeOf(lines, given)).toMatchObject({ ...active(kind), isScopeOnly })
  })

  it('is the rejected DELETE, not the rejections after it', async () => {
    const given = { ways: OWN.slice(0, 1), minted: { seenWorking: false } }
    expect(await outcomeOf(['DELETE 7: 401', ...RECHECKED], given)).toMatchObject({
      obstacle: { error: { request: { method: 'DELETE' }, response: { status: 401 } } }
    })
  })
})

describe('Revocation of a cleanup token', () => {
  const isCleanup = true

  it('believes an accepted DELETE by id', async () => {
    expect(await outcomeOf(['DELETE 7: 204'], { isCleanup })).toEqual({ end: 'gone' })
  })

  it('verifies an accepted DELETE of the current token', async () => {
    const lines = ['DELETE 7: 403', 'DELETE current: 204', 'GET current: 401']
    expect(await outcomeOf(lines, { isCleanup })).toEqual(BY_ITSELF)
  })
})

describe('insist', () => {
  /** What becomes of a cleanup token that has to be revoked, if these are the requests and pauses. */
  async function insisted(lines: string[], reserve?: number): Promise<Outcome> {
    const { client, transcript } = transcribed(lines, { seconds: 20, reserve })
    const revocation = new Revocation(MINTED, true)
    const end = await insist(client.real, (within) => revocation.try(within, OWN))
    expect(transcript.left).toEqual([])
    return revocation.outcome(end)
  }

  it.each<[string, string[], object]>([
    ['is done', ['DELETE 7: 204', 'cancel'], { end: 'gone' }],
    ['shows that it has expired', ['DELETE 7: late 401', 'cancel'], { end: 'expired' }],
    [
      'is verified',
      ['DELETE 7: 403', 'DELETE current: 204', 'GET current: 401', 'cancel'],
      { end: 'verified' }
    ],
    ['has failed with time left', ['DELETE 7: 403', 'DELETE current: 403'], active('other')]
  ])('revokes once if that %s', async (_what, lines, outcome) => {
    expect(await insisted(lines)).toMatchObject(outcome)
  })

  it('revokes once more, in 4 s, if the job was cancelled', async () => {
    expect(await insisted(['DELETE 7: cancelled', 'cancel', 'DELETE 7: 204'])).toEqual({ end: 'gone' })
    const late = ['DELETE 7: cancelled', 'cancel', 'DELETE 7: 403', '4 s pass']
    expect(await insisted(late)).toMatchObject(active('other'))
  })

  it('revokes once more if the time was over, as far as the timeout allows', async () => {
    const lines = ['DELETE 7: timeout', '15 s pass', 'DELETE 7: 204']
    expect(await insisted(lines, 5000)).toEqual({ end: 'gone' })
    expect(await insisted(['DELETE 7: timeout', '20 s pass'])).toMatchObject(active('other'))
  })

  it('verifies first what was accepted before the cancellation', async () => {
    const accepted = ['DELETE 7: 403', 'DELETE current: 204', 'cancel']
    expect(await insisted([...accepted, 'GET current: 401'])).toEqual(BY_ITSELF)
    const active = ['GET current: 200', 'wait 1 s', 'GET current: 200', 'wait 2.5 s', 'GET current: 200']
    expect(await insisted([...accepted, ...active, 'DELETE 7: 204'])).toEqual({ end: 'gone' })
  })

  it('proves nothing by rejections in so short a time', async () => {
    const lines = ['DELETE 7: cancelled', 'cancel', 'DELETE 7: 401']
    expect(await insisted(lines)).toMatchObject(active('no time'))
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
      const revoke = (client: ZendeskClient): Promise<End | 'next way'> => revocation.try(client, world.ways)
      const { real } = world.client
      const { end } = revocation.outcome(await (given.isCleanup ? insist(real, revoke) : revoke(real)))
      ends.add(end)
      expect([end, CLAIMS[end](world)]).toEqual([end, true])
    })
    await fc.assert(property, parameters)
    expect([...ends].sort()).toEqual(Object.keys(CLAIMS).sort())
  }, 300_000)
})
