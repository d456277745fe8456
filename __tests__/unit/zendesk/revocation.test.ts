import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { type MintedToken } from '../../../src/zendesk/minted-token.ts'
import { revokeAndVerify, type Outcome, type Why } from '../../../src/zendesk/revocation.ts'
import { ZendeskError } from '../../../src/zendesk/zendesk-error.ts'
import { NOON, ORIGIN, rejectionOf, testClient, type TestClient } from '../clock.ts'

const TOKENS = '/api/v2/oauth/tokens'
const MINTED: MintedToken = {
  token: new Secret('abcdefghij-the-token'),
  id: 5,
  clientId: 41,
  userId: 7,
  scopes: ['tickets:read', 'hc:read'],
  scopesReported: true,
  expiresAt: '2026-11-21T13:00:00Z',
  expiry: 'reported',
  expiredAfter: NOON + 3_600_000,
  lifetime: 3600,
  mintedAt: NOON,
  seenWorking: true
}
const OWN = 'Bearer abcdefghij-the-token'
const ADMIN = 'Bearer admin-token'
const CLEANUP = 'Bearer cleanup-token-1'
const accessToken: Credential = { kind: 'access_token', accessToken: new Secret('admin-token') }
const clientCredentials: Credential = {
  kind: 'client_credentials',
  clientSecret: new Secret('client-secret-1'),
  authMethod: 'client_secret_post'
}

useNock()

/** One request that is expected, and the response to it; a string as body is sent as it is. */
interface Exchange {
  authorization?: string
  request: string
  status: number
  body?: unknown
  date?: number
}

const rejection = { error: 'invalid_token' }
const about = (token: string): unknown => ({ token: { id: 5, token } })

const del = (by: string, id: number | 'current', status: number, body: unknown = {}): Exchange => ({
  authorization: by,
  request: `DELETE ${TOKENS}/${id}`,
  status,
  body: status === 401 ? rejection : body
})
const get = (status: number, body: unknown = {}): Exchange => ({
  authorization: OWN,
  request: `GET ${TOKENS}/current`,
  status,
  body: status === 401 ? rejection : status === 200 ? about('abcdefghij') : body
})
const html = (exchange: Exchange): Exchange => ({ ...exchange, body: '<html>no</html>' })
const mint: Exchange = {
  request: 'POST /oauth/tokens',
  status: 200,
  body: { access_token: 'cleanup-token-1' }
}
const lookUp: Exchange = {
  authorization: CLEANUP,
  request: `GET ${TOKENS}/current`,
  status: 200,
  body: { token: { id: 9, client_id: 41, user_id: 7 } }
}
const gone = del(CLEANUP, 9, 204)

interface Run {
  outcome: Outcome
  test: TestClient
  cleanupReasons: Why[]
  remaining: unknown[]
}

/** Runs a revocation, which has to make these requests in this order. */
async function run(
  exchanges: Exchange[],
  credential: Credential | undefined,
  minted: Partial<MintedToken> = {},
  test = testClient()
): Promise<Run> {
  const made: string[] = []
  for (const { authorization, request, status, body = {}, date } of exchanges) {
    const [method = '', path = ''] = request.split(' ')
    nock(ORIGIN, authorization === undefined ? {} : { reqheaders: { authorization } })
      .intercept(path, method)
      .query(true)
      .reply(() => {
        made.push(request)
        const headers = date === undefined ? {} : { date: new Date(date).toUTCString() }
        return [status, status === 204 ? '' : (body as nock.Body), headers]
      })
  }
  const cleanupReasons: Why[] = []
  const remaining: unknown[] = []
  const outcome = await revokeAndVerify(
    test.client,
    { ...MINTED, ...minted },
    {
      credential,
      clientId: 'ci_bot',
      onCleanupToken: (why) => cleanupReasons.push(why),
      onRemaining: (problem) => remaining.push(problem)
    }
  )
  expect(made).toEqual(exchanges.map(({ request }) => request))
  return { outcome, test, cleanupReasons, remaining }
}

const verified = { result: 'verified' }
const kindOf = (why: unknown): string => (why instanceof ZendeskError ? why.kind : String(why))
const whyOf = ({ outcome }: Run): string => ('why' in outcome ? kindOf(outcome.why) : '')

describe('after an accepted DELETE, the revocation', () => {
  it('takes one rejection of the token as the proof', async () => {
    expect((await run([del(ADMIN, 5, 204), get(401)], accessToken)).outcome).toEqual(verified)
    expect((await run([del(OWN, 5, 200), get(401)], clientCredentials)).outcome).toEqual(verified)
  })

  it('uses `current` if the id is not known', async () => {
    const { outcome } = await run([del(OWN, 'current', 204), get(401)], undefined, { id: undefined })
    expect(outcome).toEqual(verified)
  })

  it('asks again after 1 and 3 s while the token works, or gets a JSON 403', async () => {
    const { outcome, test } = await run([del(ADMIN, 5, 204), get(200), get(403), get(401)], accessToken)
    expect(outcome).toEqual(verified)
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })

  it('takes the next way if the token still works then', async () => {
    const still = [get(200), get(200), get(200)]
    const { outcome } = await run([del(ADMIN, 5, 204), ...still, del(OWN, 5, 204), get(401)], accessToken)
    expect(outcome).toEqual(verified)
  })

  it('says that the token still works if that is so after every way', async () => {
    const still = [get(200), get(200), get(200)]
    const run1 = await run([del(OWN, 5, 204), ...still, del(OWN, 'current', 204), ...still], undefined)
    expect(run1.outcome).toMatchObject({ result: 'active', why: 'stillWorks', scopeOnly: false })
  })

  it('asks with the token after a later DELETE is rejected, since an earlier one was accepted', async () => {
    const still = [get(200), get(200), get(200)]
    const { outcome } = await run([del(ADMIN, 5, 204), ...still, del(OWN, 5, 401), get(401)], accessToken)
    expect(outcome).toEqual(verified)
  })

  it.each([
    ['an HTML 401', html(get(401)), 'gateway'],
    ['an empty 401', { ...get(401), body: '' }, 'credentialsRejected'],
    ['an HTML 403', html(get(403)), 'gateway'],
    ['a 404', get(404), 'subdomainUnknown'],
    ['a 200 about another token', { ...get(200), body: about('klmnopqrst') }, 'unusableResponse']
  ])('stops without proof after %s', async (_what, response, kind) => {
    const result = await run([del(OWN, 5, 204), response], clientCredentials)
    expect(result.outcome.result).toBe('unverified')
    expect(whyOf(result)).toBe(kind)
  })

  it('stops without proof after five 500s', async () => {
    const result = await run([del(OWN, 5, 204), ...Array<Exchange>(5).fill(get(500))], undefined)
    expect([result.outcome.result, whyOf(result)]).toEqual(['unverified', 'outage'])
  })

  it('stops without proof if the connection fails five times', async () => {
    nock(ORIGIN).delete(`${TOKENS}/5`).reply(204)
    nock(ORIGIN).get(`${TOKENS}/current`).times(5).replyWithError(new Error('reset'))
    expect((await run([], undefined)).outcome.result).toBe('unverified')
  })

  it('is not verified if the job is cancelled meanwhile', async () => {
    const test = testClient()
    test.client.log.debug = test.cancel
    const result = await run([del(OWN, 5, 204)], undefined, {}, test)
    expect([result.outcome.result, whyOf(result)]).toEqual(['unverified', 'cancelled'])
  })

  it('is active, and cancelled, if the job is cancelled while the token still works', async () => {
    const test = testClient()
    test.clock.onSleep = () => {
      test.cancel()
    }
    const { outcome } = await run([del(OWN, 5, 204), get(200)], undefined, {}, test)
    expect(outcome).toMatchObject({
      result: 'active',
      why: expect.objectContaining({ message: 'The job was cancelled.' }) as unknown
    })
  })
})

describe('a DELETE that is rejected, or does not find the token,', () => {
  it('is proof if the token was seen working, and is rejected again after 1 and 3 s', async () => {
    const { outcome, test } = await run([del(OWN, 5, 401), get(401), get(401)], undefined)
    expect(outcome).toEqual(verified)
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })

  it('is no proof if the token was never seen working', async () => {
    const { outcome } = await run(
      [del(OWN, 5, 401), get(401), get(401), del(OWN, 'current', 401)],
      undefined,
      { seenWorking: false }
    )
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false, deleteSent: false })
  })

  it('is proof if the credential does not find it, and it is rejected at once and after 1 and 3 s', async () => {
    const { outcome, test } = await run([del(ADMIN, 5, 404), get(401), get(401), get(401)], accessToken, {
      seenWorking: false
    })
    expect(outcome).toEqual(verified)
    expect(test.clock.sleeps).toEqual([1000, 3000])
  })

  it('is sent once more if the token turns out to be active', async () => {
    const exchanges = [del(OWN, 5, 401), get(200), del(OWN, 5, 204), get(401)]
    expect((await run(exchanges, undefined)).outcome).toEqual(verified)
  })

  it('gives way to the next one if it is rejected twice, without asking with the token again', async () => {
    const { outcome } = await run(
      [del(OWN, 5, 401), get(401), get(200), del(OWN, 5, 401), del(OWN, 'current', 401)],
      undefined
    )
    expect(outcome.result).toBe('active')
  })

  it.each([
    ['an HTML 401', html(get(401))],
    ['a 404', get(404)]
  ])('gives way to the next one if the token then gets %s', async (_what, response) => {
    const exchanges = [del(OWN, 5, 401), response, del(OWN, 'current', 204), get(401)]
    expect((await run(exchanges, undefined)).outcome).toEqual(verified)
  })

  it('gives way to the next one if there is no answer to the token', async () => {
    const fails = Array<Exchange>(5).fill(get(503))
    const exchanges = [del(OWN, 5, 401), ...fails, del(OWN, 'current', 204), get(401)]
    expect((await run(exchanges, undefined)).outcome).toEqual(verified)
    const test = testClient()
    nock(ORIGIN).delete(`${TOKENS}/5`).reply(401, rejection)
    nock(ORIGIN).get(`${TOKENS}/current`).times(5).replyWithError(new Error('reset'))
    nock(ORIGIN).delete(`${TOKENS}/current`).reply(403, {})
    expect((await run([], undefined, {}, test)).outcome.result).toBe('active')
  })

  it('waits less if the timeout of 5 s leaves no room for 3 s', async () => {
    const test = testClient({ seconds: 5, reserve: 1000 })
    expect((await run([del(OWN, 5, 401), get(401), get(401)], undefined, {}, test)).outcome).toEqual(verified)
    expect(test.clock.sleeps).toEqual([1000, 2500])
  })

  it('ends the revocation if the job is cancelled while it waits', async () => {
    const test = testClient()
    test.clock.onSleep = () => {
      test.cancel()
    }
    expect((await run([del(OWN, 5, 401)], undefined, {}, test)).outcome.result).toBe('active')
  })

  it('ends the revocation if the job is cancelled while it asks with the token', async () => {
    const test = testClient()
    nock(ORIGIN).delete(`${TOKENS}/5`).reply(404, {})
    nock(ORIGIN)
      .get(`${TOKENS}/current`)
      .reply(() => {
        test.cancel()
        return [503]
      })
    const result = await run([], undefined, {}, test)
    expect([result.outcome.result, whyOf(result)]).toEqual(['active', 'cancelled'])
  })
})

describe('the expiry', () => {
  const late = NOON + 3_601_000

  it('makes the first rejected DELETE enough if its own Date is past it', async () => {
    const { outcome } = await run([{ ...del(OWN, 5, 401), date: late }], undefined)
    expect(outcome).toEqual({ result: 'expired' })
  })

  it('makes the first rejection of the token enough if its own Date is past it', async () => {
    const { outcome } = await run([del(ADMIN, 5, 404), { ...get(401), date: late }], accessToken)
    expect(outcome).toEqual({ result: 'expired' })
  })

  it("never counts by the runner's clock, nor without a Date, nor if it is not known", async () => {
    const test = testClient()
    test.clock.jump(7_200_000)
    const again = [get(401), get(401)]
    expect((await run([del(OWN, 5, 401), ...again], undefined, {}, test)).outcome).toEqual(verified)
    const unknown = { expiredAfter: undefined }
    const rejected = { ...del(OWN, 5, 401), date: late }
    expect((await run([rejected, ...again], undefined, unknown)).outcome).toEqual(verified)
  })
})

describe('a DELETE that is refused', () => {
  it.each([
    ['401', del(ADMIN, 5, 401)],
    ['403', del(ADMIN, 5, 403)],
    ['an HTML 404', html(del(ADMIN, 5, 404))],
    ['a 200 with a web page', html(del(ADMIN, 5, 200))],
    ['300', del(ADMIN, 5, 300)]
  ])('with %s to the credential is followed by one with the token', async (_what, refused) => {
    expect((await run([refused, del(OWN, 5, 204), get(401)], accessToken)).outcome).toEqual(verified)
  })

  it('is followed by the next one if the connection fails five times', async () => {
    nock(ORIGIN).delete(`${TOKENS}/5`).times(5).replyWithError(new Error('reset'))
    nock(ORIGIN).delete(`${TOKENS}/current`).reply(204)
    nock(ORIGIN).get(`${TOKENS}/current`).reply(401, rejection)
    expect((await run([], undefined)).outcome).toEqual(verified)
  })

  it('ends the revocation if it asks to wait longer than there is time', async () => {
    nock(ORIGIN).delete(`${TOKENS}/5`).reply(429, {}, { 'retry-after': '400' })
    const { outcome } = await run([], clientCredentials)
    expect(outcome).toMatchObject({ result: 'active', why: { response: { unfittingWait: 400 } } })
  })

  it.each<[string, Partial<MintedToken>, Exchange, boolean]>([
    ['a JSON 403 and reported scopes without write', {}, del(OWN, 'current', 403), true],
    ['a JSON 403 and `write`', { scopes: ['write'] }, del(OWN, 'current', 403), false],
    ['a JSON 403 and `unrestricted`', { scopes: ['unrestricted'] }, del(OWN, 'current', 403), false],
    [
      'a JSON 403 and scopes that were not reported',
      { scopesReported: false },
      del(OWN, 'current', 403),
      false
    ],
    ['an HTML 403', {}, html(del(OWN, 'current', 403)), false],
    [
      'a 403 that names the missing scope',
      { scopes: ['write'] },
      del(OWN, 'current', 403, {
        error: 'Forbidden',
        description: 'You are missing the following required scopes: write'
      }),
      true
    ]
  ])('for %s is an obstacle of scope alone, or not', async (_what, minted, exchange, scopeOnly) => {
    const { outcome } = await run([exchange], undefined, { id: undefined, ...minted })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly })
  })
})

describe('a cancelled job', () => {
  it('leaves a DELETE that was sent and not answered', async () => {
    const test = testClient()
    test.client.log.debug = test.cancel
    const { outcome } = await run([del(OWN, 5, 502)], undefined, {}, test)
    expect(outcome).toMatchObject({ result: 'active', deleteSent: true })
  })

  it('sends nothing if it was cancelled before', async () => {
    const test = testClient()
    test.cancel()
    const result = await run([], undefined, {}, test)
    expect([result.outcome.result, whyOf(result)]).toEqual(['active', 'cancelled'])
  })
})

describe('at the deadline', () => {
  it('the last obstacle is the reason, and no longer scope alone', async () => {
    const test = testClient({ seconds: 5 })
    nock(ORIGIN)
      .delete(`${TOKENS}/5`)
      .reply(() => {
        test.clock.pass(6000)
        return [403, {}]
      })
    const result = await run([], undefined, {}, test)
    expect(result.outcome).toMatchObject({ result: 'active', scopeOnly: false })
    expect(whyOf(result)).toBe('forbidden')
  })

  it('the deadline is the reason if nothing was tried', async () => {
    const test = testClient({ seconds: 5 })
    test.clock.pass(6000)
    expect(whyOf(await run([], undefined, {}, test))).toBe('deadline')
  })
})

describe('a cleanup token', () => {
  const refused = [del(OWN, 5, 403), del(OWN, 'current', 403)]

  it('revokes by id what the token may not, and is revoked itself; the obstacle is reported', async () => {
    const { outcome, cleanupReasons, remaining } = await run(
      [...refused, mint, lookUp, del(CLEANUP, 5, 204), get(401), gone],
      clientCredentials
    )
    expect(outcome).toEqual(verified)
    expect(cleanupReasons.map(kindOf)).toEqual(['forbidden'])
    expect(remaining).toEqual([])
  })

  it('leaves a token to its expiry if Zendesk refuses its scopes', async () => {
    const invalid = { ...mint, status: 400, body: { error: 'invalid_scope' } }
    const result = await run([...refused, invalid], clientCredentials)
    expect(result.outcome).toMatchObject({ result: 'active', scopeOnly: true })
    expect(whyOf(result)).toBe('invalidScope')
  })

  it.each(['invalid_client', 'server_error'])(
    'is a real obstacle if it is refused with %s',
    async (error) => {
      const result = await run([...refused, { ...mint, status: 400, body: { error } }], clientCredentials)
      expect(result.outcome).toMatchObject({ result: 'active', scopeOnly: false })
    }
  )

  it('does not count as proof if it does not find the token', async () => {
    const rejected = [get(401), get(401), get(401)]
    const { outcome } = await run(
      [...refused, mint, lookUp, del(CLEANUP, 5, 404), ...rejected, gone],
      clientCredentials,
      { seenWorking: false }
    )
    expect(outcome.result).toBe('active')
  })

  it('is revoked if the job is cancelled', async () => {
    const test = testClient()
    const exchanges = [...refused, mint, lookUp].map((exchange) => exchange)
    nock(ORIGIN)
      .delete(`${TOKENS}/5`)
      .matchHeader('authorization', CLEANUP)
      .reply(() => {
        test.cancel()
        return [503]
      })
    nock(ORIGIN).delete(`${TOKENS}/9`).reply(204)
    const result = await run(exchanges, clientCredentials, {}, test)
    expect([result.outcome.result, whyOf(result)]).toEqual(['active', 'cancelled'])
  })
})

describe('a cleanup token, if the id is not known,', () => {
  const refused = del(OWN, 'current', 403)
  const listed = {
    id: 5,
    client_id: 41,
    user_id: 7,
    token: 'abcdefghij',
    scopes: ['hc:read', 'tickets:read'],
    created_at: '2026-11-21T12:00:59Z'
  }
  const list = (...tokens: unknown[]): Exchange => ({
    authorization: CLEANUP,
    request: `GET ${TOKENS}`,
    status: 200,
    body: { tokens, meta: { has_more: false } }
  })

  it('takes the only token of the same client, user, scopes and prefix from within a minute', async () => {
    const others = [
      { ...listed, id: 6, user_id: 8 },
      { ...listed, id: 7, client_id: 42 },
      { ...listed, id: 8, token: 'zyxwvutsrq' },
      { ...listed, id: 10, scopes: ['hc:read'] },
      { ...listed, id: 11, scopes: undefined },
      { ...listed, id: 12, created_at: '2026-11-21T12:01:01Z' },
      { ...listed, id: 13, created_at: null }
    ]
    const { outcome } = await run(
      [refused, mint, lookUp, list(...others, listed), del(CLEANUP, 5, 204), get(401), gone],
      clientCredentials,
      { id: undefined }
    )
    expect(outcome).toEqual(verified)
  })

  it.each<[string, unknown[]]>([
    ['two could be it', [listed, { ...listed, id: 6 }]],
    ['none is it', []],
    ['it has no id', [{ ...listed, id: null }]]
  ])('takes none if %s', async (_what, tokens) => {
    const result = await run([refused, mint, lookUp, list(...tokens), gone], clientCredentials, {
      id: undefined
    })
    expect(whyOf(result)).toBe('idUnknown')
  })

  it('does not look for a JWT, since all of them begin alike', async () => {
    const jwt = { id: undefined, token: new Secret('eyJhbGciOi.the-token') }
    const exchanges = [{ ...refused, authorization: 'Bearer eyJhbGciOi.the-token' }, mint, lookUp, gone]
    expect(whyOf(await run(exchanges, clientCredentials, jwt))).toBe('idUnknown')
  })

  it.each([{ id: 9 }, { id: 9, client_id: 41 }])(
    'does not look if its own facts are only %j',
    async (token) => {
      const exchanges = [refused, mint, { ...lookUp, body: { token } }, gone]
      expect(whyOf(await run(exchanges, clientCredentials, { id: undefined }))).toBe('idUnknown')
    }
  )

  it('is an obstacle of scope if it may not list', async () => {
    const description = 'You are missing the following required scopes: read'
    const forbidden = { ...list(), status: 403, body: { error: 'Forbidden', description } }
    const { outcome } = await run([refused, mint, lookUp, forbidden, gone], clientCredentials, {
      id: undefined
    })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: true })
  })
})

it.each([1, 2])('a fault of ours is thrown on, at request %d', async (request) => {
  const test = testClient()
  const fault = new Error('ours')
  let count = 0
  test.client.log.debug = () => {
    count += 1
    if (count === request) throw fault
  }
  nock(ORIGIN).delete(`${TOKENS}/5`).reply(204)
  if (request === 2) nock(ORIGIN).get(`${TOKENS}/current`).reply(401, rejection)
  expect(await rejectionOf(run([], undefined, {}, test))).toBe(fault)
})
