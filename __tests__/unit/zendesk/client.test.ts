import { describe, expect, it, jest } from '@jest/globals'
import { GET, nock, respond, useNock } from './net.ts'
import { StepEnded } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { USER_AGENT } from '../../../src/lib/version.ts'
import { Connection, type ZendeskRequest, type ZendeskResponse } from '../../../src/zendesk/connection.ts'
import { NetworkError } from '../../../src/zendesk/network-error.ts'
import { ZendeskError } from '../../../src/zendesk/zendesk-error.ts'
import { FakeClock, NOON, ORIGIN, rejectionOf, testClient, type TestClient } from '../clock.ts'

const POST: ZendeskRequest = { purpose: 'write x', method: 'POST', path: '/x', body: new Secret('{"a":1}') }

useNock()

function reset(times = 1): void {
  nock(ORIGIN)
    .get('/x')
    .query(true)
    .times(times)
    .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
}

/** The error of a `GET /x` that got no response. */
async function errorOf(sending: Promise<unknown>): Promise<ZendeskError> {
  const error = await rejectionOf(sending)
  if (!(error instanceof ZendeskError)) throw error
  expect(error.request).toBe(GET)
  expect(error.response).toBeUndefined()
  return error
}

describe('send', () => {
  it('returns the response and logs only a debug line, with the time it took', async () => {
    const { client, log, clock } = testClient()
    nock(ORIGIN)
      .get('/x')
      .query(true)
      .reply(() => {
        clock.pass(120.6)
        return [200, '{"a":1}', { 'x-request-id': 'abc<b>123' }]
      })
    expect(await client.send(GET)).toMatchObject({ status: 200, json: { a: 1 } })
    expect(log.lines).toEqual(['debug: GET /x: 200 after 121 ms, request id abc123'])
    expect(clock.sleeps).toEqual([])
  })

  it('logs no request id if there is none', async () => {
    respond([204, {}, ''])
    const { client, log } = testClient()
    await client.send(GET)
    expect(log.lines).toEqual(['debug: GET /x: 204 after 0 ms'])
  })

  it('passes each complete response to `onResponse` before it logs anything about it', async () => {
    reset()
    respond([500, { 'x-request-id': 'one' }], [200, { 'x-request-id': 'two' }])
    const { client, log } = testClient()
    await client.send(GET, { onResponse: ({ requestId }) => log.mask(String(requestId)) })
    expect(log.lines.filter((line) => /one|two/.test(line))).toEqual([
      'mask: one',
      'debug: GET /x: 500 after 0 ms, request id one',
      'mask: two',
      'debug: GET /x: 200 after 0 ms, request id two'
    ])
    expect(log.of('mask')).toHaveLength(2)
  })

  it.each([200, 201, 204, 301, 302, 307, 308, 400, 401, 403, 404, 410, 422, 501, 505])(
    'returns a %d at once',
    async (status) => {
      respond([status, status < 400 && status >= 300 ? { location: 'https://evil.example/' } : {}])
      const { client, clock } = testClient()
      expect((await client.send(GET)).status).toBe(status)
      expect(clock.sleeps).toEqual([])
    }
  )

  it.each([408, 429, 500, 502, 503, 504])('retries after a %d', async (status) => {
    respond([status], [200])
    const { client, clock } = testClient({ clock: new FakeClock(0.5) })
    expect((await client.send(GET)).status).toBe(200)
    expect(clock.sleeps).toEqual([250])
  })

  it('retries a POST with the same body', async () => {
    nock(ORIGIN).post('/x', { a: 1 }).reply(500).post('/x', { a: 1 }).reply(201)
    expect((await testClient().client.send(POST)).status).toBe(201)
  })

  it.each([
    ['ECONNRESET', 'read ECONNRESET', 'The server could not be reached (ECONNRESET)'],
    ['ENOTFOUND', 'x', 'The host name was not found (DNS) (ENOTFOUND)'],
    ['EPROTO', 'x', 'The secure connection failed (TLS) (EPROTO)'],
    [
      'ECONNRESET',
      'tunneling socket could not be established, cause=EPIPE',
      'The proxy could not be reached (EPIPE)'
    ]
  ])('retries after %s: %s', async (code, message, logged) => {
    nock(ORIGIN)
      .get('/x')
      .query(true)
      .replyWithError(Object.assign(new Error(message), { code }))
    respond([200])
    const { client, log } = testClient()
    expect((await client.send(GET)).status).toBe(200)
    expect(log.of('info')).toEqual([`GET /x: ${logged}; attempt 2 of 5 in 0.0 s`])
  })

  it.each([
    ['30 s', undefined, 300, 30_000],
    ['its own limit', 70, 300, 70],
    ['the time that is left', undefined, 0.05, 50]
  ])('gives an attempt up after %s, and retries if there is time', async (_what, until, seconds, passes) => {
    let waited = NaN
    nock(ORIGIN)
      .get('/x')
      .query(true)
      .reply(() => {
        const start = jest.now()
        jest.advanceTimersToNextTimer()
        waited = jest.now() - start
        return [200]
      })
    respond([200])
    const { client, clock } = testClient({ seconds })
    expect((await client.send(GET, until === undefined ? {} : { until })).status).toBe(200)
    expect([waited, clock.sleeps]).toEqual([passes, [0]])
  })

  it('gives the attempt after a stale connection only what is left of its own limit', async () => {
    const { client, clock } = testClient()
    const exchange = jest
      .spyOn(Connection.prototype, 'exchange')
      .mockImplementationOnce(() => {
        clock.pass(9000)
        return Promise.reject(new NetworkError('brokenOff', true, 'ECONNRESET', true))
      })
      .mockResolvedValueOnce({ status: 200 } as ZendeskResponse)
    await client.send(GET, { attempts: 1, until: 10_000 })
    expect(exchange.mock.calls.map(([, { timeout }]) => timeout)).toEqual([10_000, 1000])
    exchange.mockRestore()
  })

  it('returns the last response after five attempts', async () => {
    respond([500], [500], [500], [500], [502])
    const { client, clock, log } = testClient()
    expect((await client.send(GET)).status).toBe(502)
    expect([clock.sleeps.length, log.of('info').length]).toEqual([4, 4])
  })

  it('throws the last network error after five attempts, with the request', async () => {
    reset(5)
    const { client, clock } = testClient()
    const error = await errorOf(client.send(GET))
    expect(error.cause).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ kind: 'connection', cause: { kind: 'connection', code: 'ECONNRESET' } })
    expect(clock.sleeps).toHaveLength(4)
  })

  it('doubles the wait each time, up to 8 s', async () => {
    respond(...Array.from({ length: 7 }, () => [500] as [number]))
    const { client, clock } = testClient({ clock: new FakeClock(0.5) })
    await client.send(GET, { attempts: 7 })
    expect(clock.sleeps).toEqual([250, 500, 1000, 2000, 4000, 4000])
  })

  it('draws each wait at random, from 0 to the whole', async () => {
    respond([500], [500], [500], [200])
    const clock = new FakeClock(0)
    clock.onSleep = () => (clock.chance += 0.499)
    await testClient({ clock }).client.send(GET)
    expect(clock.sleeps).toEqual([0, 499, 1996])
  })

  it('logs before each retry what failed, its number and the wait, without the query', async () => {
    respond([500], [503], [200])
    const { client, log } = testClient({ clock: new FakeClock(0.5) })
    await client.send(GET)
    expect(log.of('info')).toEqual([
      'GET /x: 500; attempt 2 of 5 in 0.3 s',
      'GET /x: 503; attempt 3 of 5 in 0.5 s'
    ])
    expect(log.lines.join('\n')).not.toContain('cursor')
  })

  it('calls `beforeRetry` before each retry, not before the first attempt', async () => {
    const order: string[] = []
    nock(ORIGIN)
      .get('/x')
      .query(true)
      .times(3)
      .reply(() => [order.push('attempt') < 5 ? 500 : 200, '{}'])
    await testClient().client.send(GET, { beforeRetry: () => order.push('before') })
    expect(order).toEqual(['attempt', 'before', 'attempt', 'before', 'attempt'])
  })

  it.each([
    ['a 500', 500, {}],
    ['a 429 that asks to wait', 429, { 'retry-after': '1' }]
  ])('sends once if one attempt is allowed, even after %s', async (_what, status, headers) => {
    respond([status, headers])
    const { client, clock } = testClient()
    const response = await client.send(GET, { attempts: 1 })
    expect([response.status, response.unfittingWait, clock.sleeps]).toEqual([status, undefined, []])
  })
})

it('trySend returns the response, or the error if there was none', async () => {
  const { client } = testClient()
  respond([403])
  expect(await client.trySend(GET, { attempts: 1 })).toMatchObject({ status: 403 })
  reset()
  const error = await client.trySend(GET, { attempts: 1 })
  expect(error).toBeInstanceOf(ZendeskError)
  expect(error).toMatchObject({ kind: 'connection', request: GET })
})

it.each(['send', 'trySend'] as const)('%s throws a fault of ours on', async (method) => {
  const fault = new TypeError('ours')
  const reveal = (): never => {
    throw fault
  }
  const request = { ...GET, authorization: { reveal } as unknown as Secret }
  expect(await rejectionOf(testClient().client[method](request))).toBe(fault)
})

describe('send, at the deadline or in a cancelled job', () => {
  it.each([
    ['deadline', ({ clock }: TestClient) => clock.pass(300_000)],
    ['cancelled', ({ cancel }: TestClient) => cancel()]
  ])('sends nothing, and throws the kind %s', async (kind, stop) => {
    const test = testClient()
    stop(test)
    const error = await errorOf(test.client.send(GET))
    expect(error.kind).toBe(kind)
    expect(error.cause).toBeInstanceOf(StepEnded)
  })

  it('returns the response at hand if the wait for a retry does not fit', async () => {
    respond([500])
    const { client, clock, log } = testClient({ clock: new FakeClock(0.5), seconds: 0.25 })
    const response = await client.send(GET)
    expect([response.status, response.unfittingWait]).toEqual([500, undefined])
    expect([clock.sleeps, log.of('info')]).toEqual([[], []])
  })

  it('throws the network error at hand if the wait for a retry does not fit', async () => {
    reset()
    const { client } = testClient({ clock: new FakeClock(0.5), seconds: 0.25 })
    expect((await errorOf(client.send(GET))).kind).toBe('connection')
  })

  it('does not retry if the job is cancelled during the wait', async () => {
    respond([500])
    const { client, clock, cancel } = testClient()
    clock.onSleep = cancel
    let retried = false
    const error = await errorOf(client.send(GET, { beforeRetry: () => (retried = true) }))
    expect([error.kind, retried]).toEqual(['cancelled', false])
  })

  it('announces no retry if the job was cancelled during the attempt', async () => {
    respond([500])
    const { client, clock, log, cancel } = testClient()
    expect((await errorOf(client.send(GET, { onResponse: cancel }))).kind).toBe('cancelled')
    expect([log.of('info'), clock.sleeps]).toEqual([[], []])
  })

  it('returns a final response even if the job was cancelled during the attempt', async () => {
    respond([200])
    const { client, cancel } = testClient()
    expect((await client.send(GET, { onResponse: cancel })).status).toBe(200)
  })
})

describe('send, if a response is lost', () => {
  async function lostAfter(...responses: Parameters<typeof respond>): Promise<number[]> {
    respond(...responses)
    const times: number[] = []
    await testClient().client.send(GET, {
      attempts: responses.length,
      onLostResponse: (sentAt) => times.push(sentAt)
    })
    return times
  }

  it.each([408, 500, 502, 504])('calls `onLostResponse` after a %d', async (status) => {
    expect(await lostAfter([status])).toEqual([NOON])
  })

  it.each([200, 302, 401, 404, 429, 501, 503])(
    'does not call `onLostResponse` after a %d',
    async (status) => {
      expect(await lostAfter([status])).toEqual([])
    }
  )

  it('calls `onLostResponse` for each attempt, with the time it was sent', async () => {
    expect(await lostAfter([500], [429, { 'retry-after': '60' }], [504], [200])).toEqual([
      NOON,
      NOON + 60_000
    ])
  })
})

describe('ZendeskClient', () => {
  it("pauses by the step's clock, and no longer if the job is cancelled", async () => {
    const { client, clock, cancel } = testClient()
    await client.pause(500)
    await client.pause(3000)
    clock.onSleep = cancel
    await client.pause(1000)
    expect([clock.sleeps, clock.elapsed()]).toEqual([[500, 3000, 1000], 3500])
  })

  it('forks into a client for the same account, with the same deadline unless another is given', async () => {
    nock(ORIGIN, { reqheaders: { 'user-agent': USER_AGENT } })
      .get('/x')
      .query(true)
      .twice()
      .reply(200)
    const { client, log, cancel } = testClient()
    expect((await client.fork().send(GET)).status).toBe(200)
    cancel()
    expect(await rejectionOf(client.fork().send(GET))).toMatchObject({ kind: 'cancelled' })
    expect((await client.fork(client.deadline.forCleanup(100)).send(GET)).status).toBe(200)
    expect(log.of('debug')).toHaveLength(2)
  })
})
