import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { revokeAndProve, type Means, type Outcome, type Target } from '../../../src/zendesk/revocation.ts'
import { NOON, ORIGIN, talk, thrownBy, type Talk } from '../clock.ts'

const TOKENS = '/api/v2/oauth/tokens'
const TARGET: Target = {
  token: new Secret('abcdefghij-the-token'),
  id: 5,
  scopes: ['tickets:read', 'hc:read'],
  serverTime: NOON
}
const OWN = 'Bearer abcdefghij-the-token'
const HELPER = 'Bearer helper-token-1'
const B: Credential = { kind: 'access-token', accessToken: new Secret('admin-token') }
const A: Credential = { kind: 'api-token', email: 'ann@acme.example', apiToken: new Secret('api-token-1') }
const C: Credential = {
  kind: 'client-secret',
  clientSecret: new Secret('client-secret-1'),
  authMethod: 'client_secret_post'
}
const ADMIN = 'Bearer admin-token'

useNock()

type Step = [authorization: string | undefined, request: string, status: number, body?: unknown]

/** Lets the server answer these requests, in this order and with these credentials only. */
function expectSteps(steps: Step[], made: string[] = []): string[] {
  for (const [authorization, request, status, body = {}] of steps) {
    const [method = '', path = ''] = request.split(' ')
    nock(ORIGIN, authorization === undefined ? {} : { reqheaders: { authorization } })
      .intercept(path, method)
      .query(true)
      .reply(() => {
        made.push(request)
        return [status, status === 204 ? '' : (body as nock.Body)]
      })
  }
  return made
}

const revoke = (authorization: string, id: number | 'current', status: number): Step => [
  authorization,
  `DELETE ${TOKENS}/${id}`,
  status
]
const prove = (status: number): Step => [OWN, `GET ${TOKENS}/current`, status]
const MINT: Step = [undefined, 'POST /oauth/tokens', 200, { access_token: 'helper-token-1' }]
const WHO: Step = [HELPER, `GET ${TOKENS}/current`, 200, { token: { id: 9, client_id: 41, user_id: 7 } }]
const GONE = revoke(HELPER, 9, 204)

interface Run {
  outcome: Outcome
  by: Talk
  masked: string[]
  left: string[]
}

async function run(
  steps: Step[],
  credential: Credential | undefined,
  target: Partial<Target> = {},
  by = talk()
): Promise<Run> {
  const made = expectSteps(steps)
  const masked: string[] = []
  const left: string[] = []
  const means: Means = {
    credential,
    about: { origin: ORIGIN, credential: credential?.kind ?? 'refresh-token', clientId: 'ci_bot' },
    mask: (secret) => masked.push(secret),
    onLeftOver: (sentence) => left.push(sentence)
  }
  const outcome = await revokeAndProve(by.session, { ...TARGET, ...target }, means)
  expect(made).toEqual(steps.map(([, request]) => request))
  return { outcome, by, masked, left }
}

describe('revokeAndProve, where all goes well', () => {
  it('revokes by id with the access token that minted it, and proves it with the token', async () => {
    expect((await run([revoke(ADMIN, 5, 204), prove(401)], B)).outcome).toEqual({ end: 'dead' })
  })

  it('does so with an API token', async () => {
    const basic = `Basic ${Buffer.from('ann@acme.example/token:api-token-1').toString('base64')}`
    expect((await run([revoke(basic, 5, 204), prove(401)], A)).outcome).toEqual({ end: 'dead' })
  })

  it.each([
    ['a client secret', C],
    ['no credential', undefined]
  ])('revokes by id with the token itself where there is %s', async (_what, credential) => {
    expect((await run([revoke(OWN, 5, 204), prove(401)], credential)).outcome).toEqual({ end: 'dead' })
  })

  it.each([
    ['an admin', B],
    ['a client secret', C],
    ['no credential', undefined]
  ])('revokes the current one where no id is known, with %s', async (_what, credential) => {
    const { outcome } = await run([revoke(OWN, 'current', 204), prove(401)], credential, { id: undefined })
    expect(outcome).toEqual({ end: 'dead' })
  })

  it.each([200, 202, 204, 404])('takes %d to a revocation by id for a reason to ask', async (status) => {
    expect((await run([revoke(ADMIN, 5, status), prove(401)], B)).outcome).toEqual({ end: 'dead' })
  })

  it('takes the 401 to a revocation with the token itself for the proof', async () => {
    expect((await run([revoke(OWN, 5, 401)], C)).outcome).toEqual({ end: 'dead' })
    expect((await run([revoke(OWN, 'current', 401)], C, { id: undefined })).outcome).toEqual({ end: 'dead' })
  })

  it('shows no token and no credential', async () => {
    const { by } = await run([revoke(ADMIN, 5, 204), prove(401)], B)
    expect(by.notes.all).not.toMatch(/abcdefghij|admin-token/)
  })
})

describe('revokeAndProve, where the proof takes long or fails', () => {
  it.each([200, 403])('asks again after 1 and 3 s while the answer is %d', async (status) => {
    const { outcome, by } = await run([revoke(ADMIN, 5, 204), prove(status), prove(status), prove(401)], B)
    expect(outcome).toEqual({ end: 'dead' })
    expect(by.world.sleeps).toEqual([1000, 3000])
  })

  it('takes the next way where the token still works', async () => {
    const alive = [prove(200), prove(200), prove(200)]
    const { outcome, by } = await run(
      [
        revoke(ADMIN, 5, 204),
        ...alive,
        revoke(OWN, 5, 204),
        ...alive,
        revoke(OWN, 'current', 204),
        prove(401)
      ],
      B
    )
    expect(outcome).toEqual({ end: 'dead' })
    expect(by.world.sleeps).toEqual([1000, 3000, 1000, 3000])
  })

  it('says that it is alive where the token works after all ways', async () => {
    const alive = [prove(200), prove(403), prove(200)]
    const { outcome } = await run([revoke(OWN, 'current', 204), ...alive], undefined, { id: undefined })
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: false })
    expect((outcome as { why: string }).why).toMatch(/still works/)
  })

  it.each([204, 302, 400, 404, 410])('stops as not verified where the answer is %d', async (status) => {
    const { outcome } = await run([revoke(ADMIN, 5, 204), prove(status)], B)
    expect(outcome).toMatchObject({ end: 'unverified' })
    expect((outcome as { why: string }).why).toContain(String(status))
  })

  it.each([429, 500, 503])(
    'tries again as always where the answer is %d, and then stops as not verified',
    async (status) => {
      const again = Array.from({ length: 5 }, () => prove(status))
      expect((await run([revoke(ADMIN, 5, 204), ...again], B)).outcome).toMatchObject({ end: 'unverified' })
      expect((await run([revoke(ADMIN, 5, 204), prove(status), prove(401)], B)).outcome).toEqual({
        end: 'dead'
      })
    }
  )

  it.each([
    ['at once', []],
    ['after the token still worked', [prove(200)]]
  ])('stops as not verified where there is no answer %s', async (_when, before) => {
    const made = expectSteps([revoke(ADMIN, 5, 204), ...before])
    const { session } = talk()
    for (let count = 0; count < 5; count += 1) {
      nock(ORIGIN)
        .get(`${TOKENS}/current`)
        .replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    }
    const outcome = await revokeAndProve(session, TARGET, {
      credential: B,
      about: { origin: ORIGIN, credential: 'access-token', clientId: 'ci_bot' },
      mask: () => undefined,
      onLeftOver: () => undefined
    })
    expect(outcome).toMatchObject({
      end: 'unverified',
      why: expect.stringContaining('ECONNRESET') as unknown as string
    })
    expect(made).toHaveLength(1 + before.length)
  })

  it('stops as not verified where the time ends before the first proof', async () => {
    const by = talk()
    nock(ORIGIN)
      .delete(`${TOKENS}/5`)
      .reply(() => {
        by.world.pass(300_000)
        return [204]
      })
    expect((await run([], B, {}, by)).outcome).toMatchObject({ end: 'unverified' })
  })

  it('says that it is alive where the time ends while the token still works', async () => {
    const by = talk({ seconds: 0.9 })
    const { outcome } = await run([revoke(ADMIN, 5, 204), prove(200)], B, {}, by)
    expect(outcome).toMatchObject({
      end: 'alive',
      scopeOnly: false,
      why: expect.stringMatching(/still works/) as unknown as string
    })
  })
})

describe('revokeAndProve, from one way to the next', () => {
  it.each([400, 401, 403, 422])(
    'goes on with the token itself where the credential gets %d',
    async (status) => {
      const { outcome } = await run([revoke(ADMIN, 5, status), revoke(OWN, 5, 204), prove(401)], B)
      expect(outcome).toEqual({ end: 'dead' })
    }
  )

  it('goes on with the current one, where 404 is a refusal', async () => {
    const { outcome } = await run([revoke(OWN, 5, 403), revoke(OWN, 'current', 404)], undefined)
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: false })
  })

  it('says that scopes were the only obstacle where every way got 403', async () => {
    const { outcome } = await run(
      [revoke(ADMIN, 5, 403), revoke(OWN, 5, 403), revoke(OWN, 'current', 403)],
      B
    )
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: true })
  })

  it('says that they were not where one way got something else', async () => {
    const { outcome } = await run(
      [revoke(ADMIN, 5, 401), revoke(OWN, 5, 403), revoke(OWN, 'current', 403)],
      B
    )
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: false })
  })

  it('goes on where a way had no answer', async () => {
    nock(ORIGIN, { reqheaders: { authorization: ADMIN } })
      .delete(`${TOKENS}/5`)
      .times(5)
      .replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    expect((await run([revoke(OWN, 5, 204), prove(401)], B)).outcome).toEqual({ end: 'dead' })
  })

  it('stops at once in a cancelled job', async () => {
    const by = talk()
    by.cancel()
    const { outcome } = await run([], B, {}, by)
    expect(outcome).toMatchObject({
      end: 'alive',
      scopeOnly: false,
      why: expect.stringMatching(/cancelled/) as unknown as string
    })
  })

  it('stops where the job is cancelled on the way', async () => {
    const by = talk()
    nock(ORIGIN)
      .delete(`${TOKENS}/5`)
      .reply(() => {
        by.cancel()
        return [403]
      })
    expect((await run([], B, {}, by)).outcome).toMatchObject({ end: 'alive', scopeOnly: false })
  })

  it('stops where the time is over, and says before what', async () => {
    const by = talk()
    by.world.pass(300_000)
    expect((await run([], B, {}, by)).outcome).toMatchObject({ end: 'alive', scopeOnly: false })
    const late = talk()
    nock(ORIGIN)
      .delete(`${TOKENS}/5`)
      .reply(() => {
        late.world.pass(300_000)
        return [403]
      })
    const { outcome } = await run([], B, {}, late)
    expect(outcome).toMatchObject({
      end: 'alive',
      scopeOnly: false,
      why: expect.stringContaining('403') as unknown as string
    })
  })

  it('asks in no other way where it is to wait longer than there is time', async () => {
    nock(ORIGIN).delete(`${TOKENS}/5`).reply(429, {}, { 'retry-after': '1000' })
    const { outcome } = await run([], B)
    expect(outcome).toMatchObject({
      end: 'alive',
      scopeOnly: false,
      why: expect.stringContaining('1000 s') as unknown as string
    })
  })

  it('passes on a defect of its own', async () => {
    const bug = new TypeError('a bug')
    const token = {
      reveal: () => {
        throw bug
      }
    } as unknown as Secret
    expect(await thrownBy(run([], B, { token }))).toBe(bug)
  })
})

describe('revokeAndProve, with a helper', () => {
  const REFUSED = [revoke(OWN, 5, 403), revoke(OWN, 'current', 403)]
  const NO_ID = [revoke(OWN, 'current', 403)]
  const IT = {
    id: 77,
    client_id: 41,
    user_id: 7,
    scopes: ['hc:read', 'tickets:read'],
    token: 'abcdefghij',
    created_at: '2026-11-21T12:00:30Z'
  }
  const list = (...tokens: unknown[]): Step => [HELPER, `GET ${TOKENS}`, 200, { tokens }]

  it('revokes by id, proves it, and revokes the helper', async () => {
    const { outcome, masked, left } = await run(
      [...REFUSED, MINT, WHO, revoke(HELPER, 5, 204), prove(401), GONE],
      C
    )
    expect(outcome).toEqual({ end: 'dead' })
    expect([masked, left]).toEqual([['helper-token-1'], []])
  })

  it('does not take a 401 to the helper for a proof', async () => {
    const { outcome } = await run([...REFUSED, MINT, WHO, revoke(HELPER, 5, 401), GONE], C)
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: false })
  })

  it('finds the token in the list where its id is not known', async () => {
    const others = [
      { ...IT, id: 1, token: 'abcdefghi_' },
      { ...IT, id: 2, client_id: 42 },
      { ...IT, id: 3, user_id: 8 },
      { ...IT, id: 4, scopes: ['tickets:read'] },
      { ...IT, id: 5, scopes: undefined },
      { ...IT, id: 6, created_at: '2026-11-21T12:01:01Z' },
      { ...IT, id: 7, created_at: '2026-11-21T11:58:59Z' },
      { ...IT, id: 8, created_at: null }
    ]
    const { outcome } = await run(
      [...NO_ID, MINT, WHO, list(...others, IT), revoke(HELPER, 77, 204), prove(401), GONE],
      C,
      { id: undefined }
    )
    expect(outcome).toEqual({ end: 'dead' })
  })

  it.each([
    ['none is like it', []],
    ['two are like it', [IT, { ...IT, id: 78 }]],
    ['the one that is like it has no id', [{ ...IT, id: undefined }]]
  ])('revokes nothing where %s', async (_what, tokens) => {
    const { outcome } = await run([...NO_ID, MINT, WHO, list(...tokens), GONE], C, { id: undefined })
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: false })
  })

  it('looks for no JWT, since all of them begin alike', async () => {
    const target = { id: undefined, token: new Secret('eyJhbGciOi.x.y') }
    const steps: Step[] = [['Bearer eyJhbGciOi.x.y', `DELETE ${TOKENS}/current`, 403], MINT, WHO, GONE]
    const { outcome, by } = await run(steps, C, target)
    expect(outcome).toMatchObject({ end: 'alive' })
    expect(by.notes.all).not.toContain(`GET ${TOKENS} `)
  })

  it.each([
    { id: 9, user_id: 7 },
    { id: 9, client_id: 41 }
  ])('looks for nothing where Zendesk tells of the helper only %j', async (token) => {
    const who: Step = [HELPER, `GET ${TOKENS}/current`, 200, { token }]
    const { outcome } = await run([...NO_ID, MINT, who, GONE], C, { id: undefined })
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: false })
  })

  it.each([
    [403, {}, true],
    [400, { error: 'invalid_scope' }, true],
    [401, { error: 'invalid_client' }, false]
  ])(
    'says, where there is no helper for %d %j, whether scopes were the only obstacle',
    async (status, body, scopeOnly) => {
      const { outcome } = await run([...REFUSED, [undefined, 'POST /oauth/tokens', status, body]], C)
      expect(outcome).toMatchObject({ end: 'alive', scopeOnly })
      expect((outcome as { why: string }).why).toContain(String(status))
    }
  )

  it('revokes the helper where the list is refused', async () => {
    const refused: Step = [HELPER, `GET ${TOKENS}`, 403]
    const { outcome } = await run([...NO_ID, MINT, WHO, refused, GONE], C, { id: undefined })
    expect(outcome).toMatchObject({ end: 'alive', scopeOnly: true })
  })

  it('revokes the helper where the job is cancelled while it works', async () => {
    const by = talk()
    const made = expectSteps([...REFUSED, MINT, WHO])
    nock(ORIGIN)
      .delete(`${TOKENS}/5`)
      .reply(() => {
        by.cancel()
        return [403]
      })
    const { outcome, left } = await run([GONE], C, {}, by)
    expect(made).toHaveLength(4)
    expect([outcome.end, left]).toEqual(['alive', []])
  })

  it('passes on a defect in what it is given', async () => {
    const bug = new TypeError('a bug')
    expectSteps([...REFUSED, MINT])
    nock(ORIGIN).delete(`${TOKENS}/current`).optionally().reply(204)
    const means: Means = {
      credential: C,
      about: { origin: ORIGIN, credential: 'client-secret', clientId: 'ci_bot' },
      mask: () => {
        throw bug
      },
      onLeftOver: () => undefined
    }
    expect(await thrownBy(revokeAndProve(talk().session, TARGET, means))).toBe(bug)
  })
})
