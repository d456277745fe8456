import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Cancelled } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { checkToken, type Checked } from '../../../src/zendesk/verify-token.ts'
import { ORIGIN, talk, thrownBy, type Talk } from '../clock.ts'

const PATH = '/api/v2/oauth/tokens/current'
const ABOUT = { origin: ORIGIN, credential: 'client-secret', clientId: 'ci_bot' } as const

useNock()

function replies(...told: [status: number, body?: unknown, headers?: Record<string, string>][]): void {
  for (const [status, body = {}, headers = {}] of told) {
    nock(ORIGIN, { reqheaders: { authorization: 'Bearer new-token' } })
      .get(PATH)
      .reply(status, body as nock.Body, headers)
  }
}

function check(by: Talk = talk()): Promise<Checked> {
  return checkToken(by.session, new Secret('new-token'), ABOUT)
}

describe('checkToken', () => {
  it('tells what Zendesk tells of the token', async () => {
    replies([200, { token: { id: 5, client_id: 6, user_id: 7, expires_at: '2026-11-21T13:00:00Z' } }])
    const { facts, unchecked } = await check()
    expect(facts).toMatchObject({ id: 5, clientId: 6, userId: 7, expiresAt: Date.UTC(2026, 10, 21, 13) })
    expect(unchecked).toBeUndefined()
  })

  it.each([403, 404])('goes on without a word after %d, for the token may be narrow', async (status) => {
    replies([status])
    expect(await check()).toEqual({})
  })

  it('asks up to three more times where the token is refused, 0.5, 1 and 2 s apart', async () => {
    replies([401], [401], [401], [200, { token: { id: 5 } }])
    const by = talk()
    expect((await check(by)).facts?.id).toBe(5)
    expect(by.world.sleeps).toEqual([500, 1000, 2000])
  })

  it('fails where it is refused even then', async () => {
    replies([401], [401], [401], [401, { error: 'invalid_token', error_description: 'It is dead.' }])
    const error = await thrownBy(check())
    expect(error).toMatchObject({ kind: 'newTokenRefused' })
    expect(error.message).toMatch(/^Could not use the new token: .*401 \("invalid_token: It is dead\."\)/)
  })

  it('takes what comes after a 401 as it is', async () => {
    replies([401], [403])
    expect(await check()).toEqual({})
  })

  it.each([
    [200, ''],
    [200, '<html>'],
    [200, '[]'],
    [200, {}],
    [204, ''],
    [302, ''],
    [400, {}],
    [410, {}],
    [408, {}],
    [500, {}],
    [502, {}],
    [503, {}],
    [504, {}]
  ])(
    'goes on after %d %j, asks no second time, and says that the token was not checked',
    async (status, body) => {
      replies([status, body])
      const by = talk()
      const what = status === 200 ? ' without telling of a token' : ''
      expect(await check(by)).toEqual({ unchecked: `Zendesk answered ${status}${what}` })
      expect(by.world.sleeps).toEqual([])
    }
  )

  it('does not wait where it is asked to', async () => {
    replies([429, {}, { 'retry-after': '2' }])
    const by = talk()
    expect((await check(by)).unchecked).toContain('429')
    expect(by.world.sleeps).toEqual([])
  })

  it('goes on where the connection fails, asks no second time, and says why', async () => {
    nock(ORIGIN)
      .get(PATH)
      .replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    const by = talk()
    expect((await check(by)).unchecked).toMatch(/ECONNRESET/)
    expect(by.world.sleeps).toEqual([])
  })

  it('has 10 s for everything', async () => {
    const by = talk()
    nock(ORIGIN)
      .get(PATH)
      .reply(() => {
        by.world.pass(9480)
        return [401, {}]
      })
    nock(ORIGIN).get(PATH).delay(3000).reply(200, {})
    const started = performance.now()
    expect(await thrownBy(check(by))).toMatchObject({ kind: 'newTokenRefused' })
    expect(performance.now() - started).toBeLessThan(1500)
  })

  it('has a moment for a request even where a refusal came at the last moment', async () => {
    const by = talk()
    nock(ORIGIN)
      .get(PATH)
      .reply(() => {
        by.world.pass(20_000)
        return [401, {}]
      })
    nock(ORIGIN).get(PATH).delay(3000).reply(200, {})
    expect(await thrownBy(check(by))).toMatchObject({ kind: 'newTokenRefused' })
  })

  it('goes on where the time of the step is over, and says so', async () => {
    const by = talk({ seconds: 7 })
    by.world.pass(7000)
    expect((await check(by)).unchecked).toMatch(/\b7 s\b/)
  })

  it('does not take a token for a good one that was refused just before the time was over', async () => {
    replies([401])
    expect(await thrownBy(check(talk({ seconds: 0.4 })))).toMatchObject({ kind: 'newTokenRefused' })
  })

  it('ends with a cancelled job', async () => {
    replies([401])
    const by = talk()
    by.world.onSleep = by.cancel
    expect(await thrownBy(check(by))).toBeInstanceOf(Cancelled)
  })

  it('ends with a job that is cancelled while it asks', async () => {
    nock(ORIGIN).get(PATH).delay(3000).reply(200, {})
    const by = talk()
    setTimeout(by.cancel, 20)
    expect(await thrownBy(check(by))).toBeInstanceOf(Cancelled)
  })

  it('shows the token nowhere', async () => {
    replies([401], [500])
    const by = talk()
    await check(by)
    expect(by.notes.all).not.toContain('new-token')
  })
})
