import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { withCleanupToken, type CleanupTerms, type Remaining } from '../../../src/zendesk/cleanup-token.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { NOON } from '../../support/clock.ts'
import { play, type Circumstances, type FakeClient, type World } from '../../support/fake-client.ts'

const SECRET = { clientSecret: new Secret('the-client-secret'), authMethod: 'client_secret_post' } as const
const CREDENTIAL = { kind: 'client_credentials', ...SECRET } as const
const TERMS: CleanupTerms = { credential: CREDENTIAL, clientId: 'ci_bot', lifetime: 600, remaining: [] }
const OURS = new Error('a mistake of ours')

/** Requests and pauses. */
const MINT = 'POST tokens: 200 mint'
const FOUND = 'GET by cleanup: 200 cleanup'
const BEGUN = `${MINT}, ${FOUND}`
const GONE = 'DELETE 9 by cleanup: 204'
const REJECTED = 'GET by cleanup: 401'
const BY_CURRENT = `DELETE current by cleanup: 204, ${REJECTED}`
const RECHECKED = `wait 1, ${REJECTED}, wait 3, ${REJECTED}`

/**
 * Works with a cleanup token, with these requests and pauses. Returns what the work was given, how it ended, the masks,
 * and what may remain active: the kind of the obstacle, or the responses to a mint that were lost.
 */
function run(
  script: string,
  { fail, ...world }: Circumstances & { fail?: 'work' | 'onMint' } = {}
): Promise<Record<string, unknown>> {
  const failing = (name: typeof fail): void => {
    if (fail === name) throw OURS
  }
  const work = async (client: ZendeskClient & FakeClient): Promise<Record<string, unknown>> => {
    const terms = { ...TERMS, remaining: [] as Remaining[], onMint: () => failing('onMint') }
    let given = {}
    const end = await withCleanupToken(client, terms, (token, unidentified) => {
      given = { token, unidentified: unidentified?.kind }
      failing('work')
      return Promise.resolve({ result: 'done' })
    }).catch((error: unknown) => ({ error }))
    const remaining = terms.remaining.map((each) => ('lost' in each ? each : each.outcome.obstacle.kind))
    return { ...given, ...end, remaining, masked: client.log.of('mask') }
  }
  return play(script, work, world)
}

describe('withCleanupToken', () => {
  it('mints a masked token, looks it up, works with it, and revokes it by id', async () => {
    expect(await run(`${BEGUN}, ${GONE}`)).toMatchObject({
      result: 'done',
      token: { id: 9, clientId: 8, userId: 9, seenWorking: true },
      masked: ['the-cleanup-token'],
      remaining: []
    })
  })

  it('requests `read write` for the lifetime, has 4 s after a cancellation, and waits for the work', async () => {
    await play(`${BEGUN}, ${GONE}`, async (client) => {
      const respond = jest.spyOn(client.world, 'respond')
      const requests = await withCleanupToken(client, TERMS, async () => {
        await setImmediate()
        return respond.mock.calls.length
      })
      expect(requests).toBe(2)
      const [[{ body }, { grace }]] = respond.mock.calls as [Parameters<World['respond']>]
      const sent = JSON.parse(String(body?.reveal())) as object
      expect({ ...sent, grace }).toMatchObject({ scope: 'read write', expires_in: 600, grace: 4000 })
    })
  })

  it.each([
    ['work', `${FOUND}, ${GONE}`],
    ['onMint', BY_CURRENT]
  ] as const)('revokes the token even if a callback fails: %s', async (fail, script) => {
    expect(await run(`${MINT}, ${script}`, { fail })).toMatchObject({ error: OURS, remaining: [] })
  })

  it.each([
    ['Zendesk does not let it', '403', true, 'forbidden'],
    ['the response is about another token', '200', false, undefined],
    ['there is no response', 'connection', false, 'connection'],
    ['Zendesk rejects it', '401', false, 'newTokenRejected'],
    ['its id is not reported', '200 no id', true, undefined]
  ])('works if the token cannot be looked up, and says why: %s', async (_why, reply, seenWorking, kind) => {
    const bodies = { '200 no id': { token: { user_id: 9 } } }
    const token = { id: undefined, userId: reply === '200 no id' ? 9 : undefined, seenWorking }
    const done = await run(`${MINT}, GET by cleanup: ${reply}, ${BY_CURRENT}`, { bodies })
    expect(done).toMatchObject({ result: 'done', token, unidentified: kind, remaining: [] })
  })
})

describe('the mint of withCleanupToken', () => {
  it('fails after a redirect, and masks a token that comes with it', async () => {
    const bodies = { '302 token': { access_token: 'the-cleanup-token' } }
    const done = await run('POST tokens: 302 token', { bodies })
    const error = { kind: 'redirect', request: { operation: 'grantCleanupToken' } }
    expect(done).toMatchObject({ error, remaining: [], masked: ['the-cleanup-token'] })
    expect(done).not.toHaveProperty('token')
  })

  it.each([
    ['a 200 without a usable token', '200', { error: { kind: 'unusableResponse' } }],
    ['a lost response', 'timeout', { error: { kind: 'timeout' } }],
    ['a lost response to the first attempt', `timeout then 200 mint, ${FOUND}, ${GONE}`, { result: 'done' }]
  ])('reports that a token may exist after %s', async (_what, script, end) => {
    const remaining = [{ lost: { count: 1, since: NOON }, lifetime: 600 }]
    expect(await run(`POST tokens: ${script}`)).toMatchObject({ ...end, remaining })
  })
})

describe('the revocation of withCleanupToken', () => {
  const DELETE = `${BEGUN}, DELETE 9 by cleanup`
  const WITHOUT_EFFECT = `DELETE current by cleanup: 204, ${FOUND}, wait 1, ${FOUND}, wait 3, ${FOUND}`
  const NEVER = `${MINT}, ${REJECTED}, DELETE current by cleanup: 401`
  const AT_END = { seconds: 20, reserve: 5000 }

  it.each<[string, string, string[], Circumstances?]>([
    ['verifies a JSON 404', `${DELETE}: 404, ${REJECTED}, ${RECHECKED}`, []],
    ['verifies a rejection', `${DELETE}: 401, ${RECHECKED}`, []],
    ['repeats the DELETE after a stray 404', `${DELETE}: 404, ${FOUND}, ${GONE}`, []],
    ['verifies the 204 of the current token', `${DELETE}: 403, ${BY_CURRENT}`, []],
    ['may be refused', `${DELETE}: 401 page, DELETE current by cleanup: 404`, ['other']],
    ['may have no effect', `${DELETE}: 403, ${WITHOUT_EFFECT}`, ['still works']],
    ['is not believed about a token that never worked', `${NEVER}, ${RECHECKED}`, ['other']],
    ['has 4 s after a cancellation', `${BEGUN}, cancel, ${GONE}`, []],
    ['has 4 s after the deadline', `${BEGUN}, pass 15, ${GONE}`, [], AT_END],
    ['has them after the deadline in it', `${DELETE}: timeout, pass 15, ${GONE}`, [], AT_END],
    ['proves nothing by rejections then', `${BEGUN}, cancel, DELETE 9 by cleanup: 401`, ['no time']],
    ['may prove something by a DELETE', `${BEGUN}, cancel, DELETE 9 by cleanup: 403, ${BY_CURRENT}`, []],
    ['needs time', `${BEGUN}, pass 20`, ['stopped'], AT_END]
  ])('%s', async (_what, script, remaining, circumstances = {}) => {
    expect(await run(script, circumstances)).toMatchObject({ remaining })
  })

  it('needs no look-up, and no work is done if that is cancelled', async () => {
    const done = await run(`${MINT}, GET by cleanup: cancelled, cancel, ${BY_CURRENT}`)
    expect(done).toMatchObject({ error: { kind: 'cancelled' }, remaining: [] })
    expect(done).not.toHaveProperty('token')
  })
})
