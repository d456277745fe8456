import { describe, expect, it } from '@jest/globals'
import { useNock } from './net.ts'
import { type MintedToken } from '../../../src/zendesk/minted-token.ts'
import { type Revoker } from '../../../src/zendesk/revocation.ts'
import { NOON, rejectionOf, testClient } from '../clock.ts'
import {
  accessToken,
  ADMIN,
  clientCredentials,
  del,
  fiveTimes,
  get,
  html,
  mint,
  MISSING_SCOPE,
  OWN,
  revoke,
  STILL_WORKS,
  verified,
  type Exchange
} from './revoke.ts'

const stillWorks = [get(200), get(200), get(200)]

useNock()

describe('after an accepted DELETE, a revocation', () => {
  it.each<[string, Revoker, Exchange[]]>([
    ['after one rejection of the token', 'credential', [get(401)]],
    ['after the token worked, and got a JSON 403', 'credential', [get(200), get(403), get(401)]],
    [
      'by the next way if the token still works',
      'the token itself',
      [...stillWorks, del(OWN, 5, 204), get(401)]
    ],
    ['after the next DELETE is rejected', 'credential', [...stillWorks, del(OWN, 5, 401), get(401)]]
  ])('by the credential is verified %s, and names what was accepted: %s', async (_what, by, exchanges) => {
    const { outcome } = await revoke([del(ADMIN, 5, 204), ...exchanges], { credential: accessToken })
    expect(outcome).toEqual(verified(by))
  })

  it('by the token itself is verified, with its id or as the current one', async () => {
    const byItself = verified('the token itself')
    expect((await revoke([del(OWN, 5, 200), get(401)])).outcome).toEqual(byItself)
    const minted = { id: undefined }
    expect((await revoke([del(OWN, 'current', 204), get(401)], { minted })).outcome).toEqual(byItself)
  })

  it('requests the token again after 1 and 3 s while it works', async () => {
    const test = testClient()
    await revoke([del(OWN, 5, 204), get(200), get(403), get(401)], { test })
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })

  it('fails if the token still works after every way', async () => {
    const exchanges = [del(OWN, 5, 204), ...stillWorks, del(OWN, 'current', 204), ...stillWorks]
    const { outcome, why } = await revoke(exchanges)
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false })
    expect(why).toBe(STILL_WORKS)
  })

  it.each<[string, string, Exchange[]]>([
    ['gateway', 'an HTML 401', [html(get(401))]],
    ['credentialsRejected', 'an empty 401', [{ ...get(401), body: '' }]],
    ['gateway', 'an HTML 403', [html(get(403))]],
    ['subdomainUnknown', 'a 404', [get(404)]],
    [
      'unusableResponse',
      'a 200 about another token',
      [{ ...get(200), body: { token: { token: 'klmnopqrst' } } }]
    ],
    ['outage', 'five 500s', fiveTimes(get(500))],
    ['connection', 'five failed connections', fiveTimes(get())],
    ['connection', 'a 200 about it, and five failed connections', [get(200), ...fiveTimes(get())]]
  ])('is not verified (%s), and ends, after %s', async (kind, _what, exchanges) => {
    const { outcome, why } = await revoke([del(OWN, 5, 204), ...exchanges], { credential: clientCredentials })
    expect([outcome.result, why]).toEqual(['unverified', kind])
  })
})

describe('after a rejected DELETE, a revocation', () => {
  it('is verified if the token worked before, and is rejected again after 1 and 3 s', async () => {
    const test = testClient()
    expect((await revoke([del(OWN, 5, 401), get(401), get(401)], { test })).outcome).toEqual(verified())
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })

  it('is not verified if the token was never seen working', async () => {
    const exchanges = [del(OWN, 5, 401), get(401), get(401), del(OWN, 'current', 401)]
    const { outcome } = await revoke(exchanges, { minted: { seenWorking: false } })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false, deleteSent: false })
  })

  it('is verified if the credential does not find the token, which is rejected at once and after 1 and 3 s', async () => {
    const test = testClient()
    const given = { credential: accessToken, minted: { seenWorking: false }, test }
    const { outcome } = await revoke([del(ADMIN, 5, 404), get(401), get(401), get(401)], given)
    expect(outcome).toEqual(verified())
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })

  it('sends it once more if the token turns out to be active', async () => {
    const exchanges = [del(OWN, 5, 401), get(200), del(OWN, 5, 204), get(401)]
    expect((await revoke(exchanges)).outcome).toEqual(verified('the token itself'))
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

  it('waits less than 3 s if the timeout of 5 s leaves no room', async () => {
    const test = testClient({ seconds: 5, reserve: 1000 })
    expect((await revoke([del(OWN, 5, 401), get(401), get(401)], { test })).outcome).toEqual(verified())
    expect(test.clock.sleeps).toEqual([1000, 2500])
  })
})

describe('the expiry of a token', () => {
  const headers = { date: new Date(NOON + 3_601_000).toUTCString() }
  const rejected = { ...del(OWN, 5, 401), headers }
  const again = [get(401), get(401)]

  it('makes one rejection enough if its own Date is past it', async () => {
    expect((await revoke([rejected])).outcome).toEqual({ result: 'expired' })
    const exchanges = [del(ADMIN, 5, 404), { ...get(401), headers }]
    expect((await revoke(exchanges, { credential: accessToken })).outcome).toEqual({ result: 'expired' })
  })

  it('makes no difference after an accepted DELETE', async () => {
    const { outcome } = await revoke([del(OWN, 5, 204), { ...get(401), headers }])
    expect(outcome).toEqual(verified('the token itself'))
  })

  it("does not count by the runner's clock, without a Date, or if it is not known", async () => {
    const test = testClient()
    test.clock.jump(7_200_000)
    expect((await revoke([del(OWN, 5, 401), ...again], { test })).outcome).toEqual(verified())
    const minted = { expiredAfter: undefined }
    expect((await revoke([rejected, ...again], { minted })).outcome).toEqual(verified())
  })
})

describe('a DELETE that is refused', () => {
  it.each([
    ['a 401', del(ADMIN, 5, 401)],
    ['a 403', del(ADMIN, 5, 403)],
    ['an HTML 404', html(del(ADMIN, 5, 404))],
    ['a 200 with a web page', html(del(ADMIN, 5, 200))],
    ['a 300', del(ADMIN, 5, 300)]
  ])('by %s to the credential is followed by one with the token', async (_what, refused) => {
    const exchanges = [refused, del(OWN, 5, 204), get(401)]
    const { outcome } = await revoke(exchanges, { credential: accessToken })
    expect(outcome).toEqual(verified('the token itself'))
  })

  it('is followed by the next one if the connection fails five times', async () => {
    const exchanges = [...fiveTimes(del(OWN, 5)), del(OWN, 'current', 204), get(401)]
    expect((await revoke(exchanges)).outcome).toEqual(verified('the token itself'))
  })

  it('ends the revocation if it asks to wait longer than there is time', async () => {
    const refused = { ...del(OWN, 5, 429), headers: { 'retry-after': '400' } }
    const { outcome } = await revoke([refused], { credential: clientCredentials })
    expect(outcome).toMatchObject({ result: 'active', why: { response: { unfittingWait: 400 } } })
  })

  it('after a lost response does not count as unanswered', async () => {
    const exchanges = [del(OWN, 'current', 502), del(OWN, 'current', 403)]
    const { outcome } = await revoke(exchanges, { minted: { id: undefined } })
    expect(outcome).toMatchObject({ result: 'active', deleteSent: false })
  })

  it.each<[string, boolean, Partial<MintedToken>, Exchange]>([
    ['a JSON 403 and reported scopes without write', true, {}, del(OWN, 'current', 403)],
    ['a JSON 403 and `write`', false, { scopes: ['write'] }, del(OWN, 'current', 403)],
    ['a JSON 403 and `unrestricted`', false, { scopes: ['unrestricted'] }, del(OWN, 'current', 403)],
    ['a JSON 403 and no reported scopes', false, { scopesReported: false }, del(OWN, 'current', 403)],
    ['an HTML 403', false, {}, html(del(OWN, 'current', 403))],
    ['a 403 that names a scope', true, { scopes: ['write'] }, del(OWN, 'current', 403, MISSING_SCOPE)]
  ])('by %s is an obstacle of scope alone: %s', async (_what, scopeOnly, minted, exchange) => {
    const { outcome } = await revoke([exchange], { minted: { id: undefined, ...minted } })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly })
  })
})

it.each([
  ['DELETE', 1, [del(OWN, 5, 204)]],
  ['look-up', 2, [del(OWN, 5, 204), get(401)]],
  ['mint of a cleanup token', 3, [del(OWN, 5, 403), del(OWN, 'current', 403), mint()]]
])('a revocation throws a fault of ours at its %s on', async (_what, request, exchanges) => {
  const test = testClient()
  const fault = new Error('ours')
  let count = 0
  test.client.log.debug = () => {
    count += 1
    if (count === request) throw fault
  }
  expect(await rejectionOf(revoke(exchanges, { test, credential: clientCredentials }))).toBe(fault)
})
