import { describe, expect, it, jest } from '@jest/globals'
import { rejectionOf, testClient } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { useNock } from '../../support/nock.ts'
import {
  accessToken,
  ADMIN,
  CLEANUP,
  clientCredentials,
  del,
  type Exchange,
  fiveTimes,
  get,
  type Given,
  html,
  list,
  lookUp,
  mint,
  MISSING_SCOPE,
  OWN,
  revoke,
  verified
} from '../../support/revoke.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { type Revoker } from '../../../src/zendesk/revocation.ts'

/*
 * What the tests of `action/post/` do not show of a revocation: exact waits, rare responses, and what it reports.
 */

const ID_UNKNOWN = 'its id is not known, and no token in the list is certainly this one'
const stillWorks = [get(200), get(200), get(200)]
const gone = del(CLEANUP, 9, 204)

useNock()

describe('after an accepted DELETE, a revocation requests the token again after 1 and 3 s, and', () => {
  it.each<[string, Revoker, Exchange[]]>([
    ['is verified after it worked, and got a JSON 403', 'credential', [get(200), get(403), get(401)]],
    ['goes on if it still works', 'the token itself', [...stillWorks, del(OWN, 5, 204), get(401)]],
    ['is verified if the next DELETE is rejected', 'credential', [...stillWorks, del(OWN, 5, 401), get(401)]]
  ])('%s; it names what was accepted: %s', async (_what, by, exchanges) => {
    const test = testClient()
    const given = { credential: accessToken, test }
    expect((await revoke([del(ADMIN, 5, 204), ...exchanges], given)).outcome).toEqual(verified(by))
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })
})

describe('after a rejected DELETE, a revocation', () => {
  it.each<[string, Given, Exchange[], number[]]>([
    ['after 1 and 3 s', {}, [del(OWN, 5, 401), get(401), get(401)], [1000, 3000]],
    [
      'at once and after 1 and 3 s if the credential does not find it, even if it was never seen working',
      { credential: accessToken, minted: { seenWorking: false } },
      [del(ADMIN, 5, 404), get(401), get(401), get(401)],
      [1000, 3000]
    ],
    [
      'after less than 3 s if the timeout of 5 s leaves no room',
      { test: testClient({ seconds: 5, reserve: 1000 }) },
      [del(OWN, 5, 401), get(401), get(401)],
      [1000, 2500]
    ]
  ])('is verified by rejections of the token %s', async (_when, given, exchanges, sleeps) => {
    const { test = testClient() } = given
    expect((await revoke(exchanges, { ...given, test })).outcome).toEqual(verified())
    expect(test.clock.sleeps).toEqual(sleeps)
  })

  it('tries the next way after two rejections, and does not request the token again', async () => {
    const twice = [del(OWN, 5, 401), get(401), get(200), del(OWN, 5, 401)]
    expect((await revoke([...twice, del(OWN, 'current', 401)])).outcome.result).toBe('active')
  })

  it.each<[string, Exchange[]]>([
    ['an HTML 401', [html(get(401))]],
    ['a 404', [get(404)]],
    ['five 503s', fiveTimes(get(503))],
    ['five failed connections', fiveTimes(get())]
  ])('tries the next way if the token gets %s', async (_what, responses) => {
    const exchanges = [del(OWN, 5, 401), ...responses, del(OWN, 'current', 204), get(401)]
    expect((await revoke(exchanges)).outcome).toEqual(verified('the token itself'))
  })

  it('shows that the token had expired if the Date of the rejection after a 404 says so', async () => {
    const headers = { date: new Date(NOON + 3_601_000).toUTCString() }
    const exchanges = [del(ADMIN, 5, 404), { ...get(401), headers }]
    expect((await revoke(exchanges, { credential: accessToken })).outcome).toEqual({ result: 'expired' })
  })
})

describe('a DELETE that is refused', () => {
  it.each([401, 300])('by a %d to the credential is followed by one with the token', async (status) => {
    const exchanges = [del(ADMIN, 5, status), del(OWN, 5, 204), get(401)]
    const { outcome } = await revoke(exchanges, { credential: accessToken })
    expect(outcome).toEqual(verified('the token itself'))
  })

  it('ends the revocation if it asks to wait longer than there is time', async () => {
    const refused = { ...del(OWN, 5, 429), headers: { 'retry-after': '400' } }
    const { outcome } = await revoke([refused], { credential: clientCredentials })
    expect(outcome).toMatchObject({ result: 'active', why: { excessiveWait: 400 } })
  })

  it.each<[string, Partial<MintedToken>, Exchange]>([
    ['a JSON 403 and `write`', { scopes: ['write'] }, del(OWN, 'current', 403)],
    ['a JSON 403 and no reported scopes', { scopesReported: false }, del(OWN, 'current', 403)],
    ['an HTML 403', {}, html(del(OWN, 'current', 403))]
  ])('by %s is no obstacle of scope', async (_what, minted, exchange) => {
    const { outcome } = await revoke([exchange], { minted: { id: undefined, ...minted } })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false })
  })
})

describe('a revocation with a cleanup token', () => {
  const refused = [del(OWN, 5, 403), del(OWN, 'current', 403)]

  it('is not verified if the cleanup token does not find the token', async () => {
    const exchanges = [...refused, mint(), lookUp(), del(CLEANUP, 5, 404), get(401), get(401), get(401), gone]
    const given = { credential: clientCredentials, minted: { seenWorking: false } }
    expect((await revoke(exchanges, given)).outcome.result).toBe('active')
  })

  it('throws a fault of ours on', async () => {
    const test = testClient()
    const fault = new Error('ours')
    test.client.log.debug = (line) => {
      if (line.startsWith('POST')) throw fault
    }
    const revoking = revoke([...refused, mint()], { test, credential: clientCredentials })
    expect(await rejectionOf(revoking)).toBe(fault)
  })
})

describe('a revocation without an id, with a cleanup token,', () => {
  const refused = del(OWN, 'current', 403)
  const given = { credential: clientCredentials, minted: { id: undefined } }
  const listed = {
    id: 5,
    client_id: 41,
    user_id: 7,
    token: 'abcdefghij',
    scopes: ['hc:read', 'tickets:read'],
    created_at: '2026-11-21T12:00:59Z'
  }
  const unknown = [
    { ...listed, id: 6, scopes: undefined },
    { ...listed, id: 7, created_at: null },
    { ...listed, id: 8, created_at: '2026-11-21T12:01:01Z' }
  ]

  it('takes the token from within a minute, whose scopes are in any order', async () => {
    const found = [del(CLEANUP, 5, 204), get(401)]
    const exchanges = [refused, mint(), lookUp(), list([...unknown, listed]), ...found, gone]
    expect((await revoke(exchanges, given)).outcome).toEqual(verified('a cleanup token'))
  })

  it.each<[string, unknown[]]>([
    ['none is certainly it', unknown],
    ['two could be it', [listed, { ...listed, id: 6 }]],
    ['it has no id', [{ ...listed, id: null }]]
  ])('takes no token from the list if %s', async (_what, tokens) => {
    const { outcome, why } = await revoke([refused, mint(), lookUp(), list(tokens), gone], given)
    expect(why).toBe(ID_UNKNOWN)
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false })
  })

  it.each([{ id: 9 }, { id: 9, client_id: 41 }])(
    'does not list the tokens if only %j is known about the cleanup token',
    async (facts) => {
      expect((await revoke([refused, mint(), lookUp(facts), gone], given)).why).toBe(ID_UNKNOWN)
    }
  )

  it('fails for an obstacle of scope if it may not list the tokens', async () => {
    const forbidden = { ...list([]), status: 403, body: MISSING_SCOPE }
    const { outcome } = await revoke([refused, mint(), lookUp(), forbidden, gone], given)
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: true })
  })
})

describe('if the job is cancelled, a revocation', () => {
  it('ends while it requests the token', async () => {
    const test = testClient()
    const last = { ...get(503), meanwhile: test.cancel }
    const { outcome, why } = await revoke([del(OWN, 5, 404), last], { test })
    expect([outcome.result, why]).toEqual(['active', 'cancelled'])
  })

  const stillWorks = 'Zendesk accepted the DELETE, but the token still works'
  it.each<[string, Exchange[], string]>([
    ['the DELETE was rejected', [del(OWN, 5, 401)], 'cancelled'],
    [stillWorks, [del(OWN, 5, 204), get(200)], stillWorks]
  ])('ends while it waits because %s', async (_what, exchanges, reason) => {
    const test = testClient()
    test.clock.onSleep = test.cancel
    const { outcome, why } = await revoke(exchanges, { test })
    expect([outcome.result, why]).toEqual(['active', reason])
  })

  it('gives only its DELETEs 2 s to finish', async () => {
    const test = testClient()
    const send = jest.spyOn(test.client, 'send')
    await revoke([del(OWN, 5, 204), get(401)], { test })
    expect(send.mock.calls.map(([{ method }, options]) => [method, options?.grace])).toEqual([
      ['DELETE', 2000],
      ['GET', undefined]
    ])
  })
})

describe('at the deadline, a revocation', () => {
  it.each<[string, Exchange[], Exchange]>([
    ['forbidden', [], del(OWN, 5, 403)],
    ['Zendesk accepted the DELETE, but the token still works', [del(OWN, 5, 204)], get(200)]
  ])('fails for the last obstacle, and not for missing scope alone: %s', async (last, before, exchange) => {
    const test = testClient({ seconds: 5 })
    const meanwhile = (): void => test.clock.pass(6000)
    const { outcome, why } = await revoke([...before, { ...exchange, meanwhile }], { test })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false })
    expect(why).toBe(last)
  })

  it('fails for the deadline if nothing was tried', async () => {
    const test = testClient({ seconds: 5 })
    test.clock.pass(6000)
    expect((await revoke([], { test, credential: clientCredentials })).why).toBe('deadline')
  })
})
