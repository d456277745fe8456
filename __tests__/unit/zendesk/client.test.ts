import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Cancelled, DeadlineExceeded } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { retryAfter } from '../../../src/zendesk/client.ts'
import { type ZendeskRequest, type ZendeskResponse } from '../../../src/zendesk/connection.ts'
import { NetworkError } from '../../../src/zendesk/network-error.ts'
import { ZendeskError } from '../../../src/zendesk/zendesk-error.ts'
import { FakeClock, NOON, ORIGIN, rejectionOf, testClient } from '../clock.ts'

const GET: ZendeskRequest = { purpose: 'read x', method: 'GET', path: '/x?page[after]=cursor' }
const POST: ZendeskRequest = { purpose: 'write x', method: 'POST', path: '/x', body: new Secret('{"a":1}') }

useNock()

/** Lets the server respond to `GET /x` with these, one after the other. */
function respond(...responses: [status: number, headers?: Record<string, string>, body?: string][]): void {
  for (const [status, headers = {}, body = '{}'] of responses) {
    nock(ORIGIN).get('/x').query(true).reply(status, body, headers)
  }
}

function reset(times = 1): void {
  nock(ORIGIN).get('/x').query(true).times(times).replyWithError(connectionReset())
}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
}

/** The error of a `GET /x` that got no response. */
async function errorOf(sending: Promise<unknown>): Promise<ZendeskError> {
  const error = await rejectionOf(sending)
  if (!(error instanceof ZendeskError)) throw error
  expect(error.request).toBe(GET)
  expect(error.response).toBeUndefined()
  return error
}

describe('retryAfter', () => {
  const response = (text: string | undefined, date?: number): ZendeskResponse =>
    ({ retryAfter: text, date }) as ZendeskResponse

  it.each([
    ['0', 0],
    ['7', 7],
    [' 120 ', 120]
  ])('reads %j as seconds', (text, seconds) => {
    expect(retryAfter(response(text), NOON)).toBe(seconds)
  })

  it("compares a date with the server's clock, whatever the local clock says", () => {
    const date = 'Sat, 21 Nov 2026 12:00:30 GMT'
    expect(retryAfter(response(date, NOON), NOON + 5_000_000)).toBe(30)
    expect(retryAfter(response(date, NOON + 10_000), NOON - 5_000_000)).toBe(20)
  })

  it('compares a date with the local clock if the server sends no Date', () => {
    expect(retryAfter(response('Sat, 21 Nov 2026 12:00:30 GMT'), NOON)).toBe(30)
  })

  it('reads a date in the past as 0', () => {
    expect(retryAfter(response('Sat, 21 Nov 2026 11:00:00 GMT', NOON), NOON)).toBe(0)
  })

  it('reads the two obsolete date formats of HTTP, both of which are UTC', () => {
    expect(retryAfter(response('Saturday, 21-Nov-26 12:00:30 GMT', NOON), NOON)).toBe(30)
    expect(retryAfter(response('Sat Nov 21 12:00:30 2026', NOON), NOON)).toBe(30)
  })

  it.each([
    undefined,
    '',
    'soon',
    '-5',
    '2.5',
    '1e3',
    '5 s',
    'NaN',
    '0x10',
    '+5',
    'about 5',
    'retry 3',
    'Sat, soon',
    'until Sat, 21 Nov 2026 12:00:30 GMT'
  ])('cannot read %j', (text) => {
    expect(retryAfter(response(text, NOON), NOON)).toBeUndefined()
  })
})

describe('send', () => {
  it('returns the response and logs only a debug line', async () => {
    respond([200, { 'x-request-id': 'abc<b>123' }, '{"a":1}'])
    const { client, log, clock } = testClient()
    expect(await client.send(GET)).toMatchObject({ status: 200, json: { a: 1 } })
    expect(log.lines).toEqual(['debug: GET /x: 200 after 0 ms, request id abc123'])
    expect(clock.sleeps).toEqual([])
  })

  it('logs no request id if there is none', async () => {
    respond([204, {}, ''])
    const { client, log } = testClient()
    await client.send(GET)
    expect(log.lines).toEqual(['debug: GET /x: 204 after 0 ms'])
  })

  it('logs how long the request took', async () => {
    const { client, log, clock } = testClient()
    nock(ORIGIN)
      .get('/x')
      .query(true)
      .reply(() => {
        clock.pass(120.6)
        return [200, '{}']
      })
    await client.send(GET)
    expect(log.lines).toEqual(['debug: GET /x: 200 after 121 ms'])
  })

  it('passes each complete response to `onResponse` before it logs anything about it', async () => {
    reset()
    respond([500, { 'x-request-id': 'one' }], [200, { 'x-request-id': 'two' }])
    const { client, log } = testClient()
    await client.send(GET, {
      onResponse: ({ requestId }) => {
        log.mask(String(requestId))
      }
    })
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

  it('retries after a failed connection', async () => {
    reset()
    respond([200])
    const { client, log } = testClient()
    expect((await client.send(GET)).status).toBe(200)
    expect(log.of('info')).toEqual(['GET /x: connection failed (ECONNRESET); attempt 2 of 5 in 0.0 s'])
  })

  it.each([
    ['ENOTFOUND', 'x', 'host name not found (ENOTFOUND)'],
    ['EPROTO', 'x', 'TLS failed (EPROTO)'],
    ['ECONNRESET', 'tunneling socket could not be established, cause=EPIPE', 'proxy failed (EPIPE)']
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

  it('retries after a timeout', async () => {
    nock(ORIGIN).get('/x').query(true).delay(10_000).reply(200)
    const { client, clock } = testClient()
    respond([200])
    const timeouts = { timeout: 30, beforeRetry: () => (timeouts.timeout = 30_000) }
    expect((await client.send(GET, timeouts)).status).toBe(200)
    expect(clock.sleeps).toEqual([0])
  })

  it('returns the last response after five attempts', async () => {
    respond([500], [500], [500], [500], [502])
    const { client, clock, log } = testClient()
    expect((await client.send(GET)).status).toBe(502)
    expect(clock.sleeps).toHaveLength(4)
    expect(log.of('info')).toHaveLength(4)
  })

  it('throws the last network error after five attempts, with the request', async () => {
    reset(5)
    const { client, clock } = testClient()
    const error = await errorOf(client.send(GET))
    expect(error.kind).toBe('connection')
    expect(error.cause).toBeInstanceOf(NetworkError)
    expect(error.cause).toMatchObject({ kind: 'connection', code: 'ECONNRESET' })
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

  it('sends once if one attempt is allowed, even if the response asks to wait', async () => {
    respond([500])
    const { client, clock } = testClient()
    expect((await client.send(GET, { attempts: 1 })).status).toBe(500)
    respond([429, { 'retry-after': '1' }])
    const response = await client.send(GET, { attempts: 1 })
    expect(response).toMatchObject({ status: 429 })
    expect(response.unfittingWait).toBeUndefined()
    expect(clock.sleeps).toEqual([])
  })
})

describe('send, if the response says how long to wait', () => {
  it.each([429, 503])('waits that long after a %d, and at least 1 s', async (status) => {
    respond([status, { 'retry-after': '7' }], [status, { 'retry-after': '0' }], [200])
    const { client, clock, log } = testClient()
    expect((await client.send(GET)).status).toBe(200)
    expect(clock.sleeps).toEqual([7000, 1000])
    expect(log.of('info')).toEqual([
      `GET /x: ${status}; attempt 2, as the response asks, in 7.0 s`,
      `GET /x: ${status}; attempt 3, as the response asks, in 1.0 s`
    ])
  })

  it('adds up to a quarter at random', async () => {
    respond([429, { 'retry-after': '60' }], [200])
    const { client, clock } = testClient({ clock: new FakeClock(0.999) })
    await client.send(GET)
    expect(clock.sleeps[0]).toBeCloseTo(60_000 * 1.24975)
  })

  it('does not count these waits as attempts', async () => {
    const wait: [number, Record<string, string>] = [429, { 'retry-after': '2' }]
    respond(wait, wait, wait, wait, wait, wait, wait, [500], wait, [500], [500], [500], wait, [500])
    const { client, clock } = testClient()
    expect((await client.send(GET)).status).toBe(500)
    expect(clock.sleeps.filter((ms) => ms === 2000)).toHaveLength(9)
    expect(clock.sleeps.filter((ms) => ms === 0)).toHaveLength(4)
  })

  it("waits until the date it names, by the server's clock", async () => {
    respond(
      [503, { 'retry-after': 'Fri, 01 Jan 2027 00:01:30 GMT', date: 'Fri, 01 Jan 2027 00:00:00 GMT' }],
      [200]
    )
    const { client, clock } = testClient()
    await client.send(GET)
    expect(clock.sleeps).toEqual([90_000])
  })

  it.each([408, 500, 502, 504])('ignores it after a %d', async (status) => {
    respond([status, { 'retry-after': '200' }], [200])
    const { client, clock } = testClient()
    await client.send(GET)
    expect(clock.sleeps).toEqual([0])
  })

  it('counts a wait that it cannot read as an attempt', async () => {
    const odd: [number, Record<string, string>] = [429, { 'retry-after': 'soon' }]
    respond(odd, odd, odd, odd, odd)
    const { client, clock } = testClient()
    expect((await client.send(GET)).status).toBe(429)
    expect(clock.sleeps).toHaveLength(4)
  })

  it('returns at once if the wait does not fit into the time left, and says how long it was', async () => {
    respond([429, { 'retry-after': '300' }])
    const { client, clock } = testClient()
    expect(await client.send(GET)).toMatchObject({ status: 429, unfittingWait: 300 })
    expect(clock.sleeps).toEqual([])
  })

  it('returns at once if the wait is too large for a number', async () => {
    respond([429, { 'retry-after': '9'.repeat(400) }])
    expect((await testClient().client.send(GET)).unfittingWait).toBe(Infinity)
  })

  it('never makes a wait that fits too long by its random part', async () => {
    respond([429, { 'retry-after': '290' }], [200])
    const { client, clock } = testClient({ clock: new FakeClock(0.999) })
    expect((await client.send(GET)).status).toBe(200)
    expect(clock.sleeps).toEqual([299_000])
  })

  it('adds nothing to a wait that only just fits', async () => {
    respond([429, { 'retry-after': '299' }], [200])
    const { client, clock } = testClient({ clock: new FakeClock(0.999), seconds: 299.5 })
    expect((await client.send(GET)).status).toBe(200)
    expect(clock.sleeps).toEqual([299_000])
  })
})

describe('send, at the deadline or in a cancelled job', () => {
  it('sends nothing after the deadline', async () => {
    const { client, clock } = testClient()
    clock.pass(300_000)
    const error = await errorOf(client.send(GET))
    expect(error.kind).toBe('deadline')
    expect(error.cause).toBeInstanceOf(DeadlineExceeded)
  })

  it('sends nothing in a cancelled job', async () => {
    const { client, cancel } = testClient()
    cancel()
    const error = await errorOf(client.send(GET))
    expect(error.kind).toBe('cancelled')
    expect(error.cause).toBeInstanceOf(Cancelled)
  })

  it('returns the response at hand if the wait for a retry does not fit', async () => {
    respond([500])
    const { client, clock, log } = testClient({ clock: new FakeClock(0.5), seconds: 0.25 })
    const response = await client.send(GET)
    expect(response.status).toBe(500)
    expect(response.unfittingWait).toBeUndefined()
    expect(clock.sleeps).toEqual([])
    expect(log.of('info')).toEqual([])
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
    expect(error.kind).toBe('cancelled')
    expect(retried).toBe(false)
  })

  it('announces no retry if the job was cancelled during the attempt', async () => {
    respond([500])
    const { client, clock, log, cancel } = testClient()
    const error = await errorOf(client.send(GET, { onResponse: cancel }))
    expect(error.kind).toBe('cancelled')
    expect([log.of('info'), clock.sleeps]).toEqual([[], []])
  })

  it('returns a final response even if the job was cancelled during the attempt', async () => {
    respond([200])
    const { client, cancel } = testClient()
    expect((await client.send(GET, { onResponse: cancel })).status).toBe(200)
  })

  it('gives a request no more time than is left', async () => {
    nock(ORIGIN).get('/x').query(true).delay(10_000).reply(200)
    const { client } = testClient({ seconds: 0.05 })
    expect((await errorOf(client.send(GET, { attempts: 1 }))).kind).toBe('timeout')
  })

  it('gives a request no more time than `timeout` allows', async () => {
    nock(ORIGIN).get('/x').query(true).delay(10_000).reply(200)
    const error = await errorOf(testClient().client.send(GET, { attempts: 1, timeout: 30 }))
    expect(error.kind).toBe('timeout')
  })

  it('throws what is not a network error as it is', async () => {
    const bug = new TypeError('a bug')
    const authorization = {
      reveal: () => {
        throw bug
      }
    } as unknown as Secret
    expect(await rejectionOf(testClient().client.send({ ...GET, authorization }))).toBe(bug)
  })
})

describe('send, if a response is lost', () => {
  async function lostAfter(status: number): Promise<number[]> {
    nock(ORIGIN).get('/x').query(true).reply(status)
    const times: number[] = []
    await testClient().client.send(GET, { attempts: 1, onLostResponse: (sentAt) => times.push(sentAt) })
    return times
  }

  it.each([408, 500, 502, 504])(
    'calls `onLostResponse` after a %d, since Zendesk may have carried out the request',
    async (status) => {
      expect(await lostAfter(status)).toEqual([NOON])
    }
  )

  it.each([200, 302, 401, 404, 429, 501, 503])(
    'does not call `onLostResponse` after a %d',
    async (status) => {
      expect(await lostAfter(status)).toEqual([])
    }
  )

  it('calls `onLostResponse` for each attempt, with the time it was sent', async () => {
    respond([500], [429, { 'retry-after': '60' }], [504], [200])
    const times: number[] = []
    await testClient().client.send(GET, { onLostResponse: (sentAt) => times.push(sentAt) })
    expect(times).toEqual([NOON, NOON + 60_000])
  })
})

describe('ZendeskClient', () => {
  it('exposes what it was made with', () => {
    const { client, log } = testClient()
    expect(client.origin).toBe(ORIGIN)
    expect(client.log).toBe(log)
    expect(client.deadline).toBe(client.options.deadline)
  })

  it("pauses by the step's clock", async () => {
    const { client, clock } = testClient()
    await client.pause(500)
    await client.pause(3000)
    expect(clock.sleeps).toEqual([500, 3000])
  })

  it('forks into a client for the same account, with the same deadline unless another is given', async () => {
    nock(ORIGIN, { reqheaders: { 'user-agent': 'tests/1' } })
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
