import { describe, expect, it, jest } from '@jest/globals'
import { ORIGIN, rejectionOf, testClient } from '../../../support/client.ts'
import { FakeClock, NOON } from '../../../support/clock.ts'
import { GET, nock, respond, useNock } from '../../../support/nock.ts'
import { StepEnded } from '../../../../src/lib/deadline.ts'
import { type Secret } from '../../../../src/lib/secret.ts'

useNock()

const incoming = (): nock.Interceptor => nock(ORIGIN).get('/x').query(true)
const reset = (): void =>
  void incoming().replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))

describe('ZendeskClient.send', () => {
  it('returns the response and logs only a debug line, with the time it took', async () => {
    const { client, log, clock } = testClient()
    incoming().reply(() => {
      clock.pass(120.6)
      return [200, '{"a":1}', { 'x-request-id': 'abc<b>123' }]
    })
    expect(await client.send(GET)).toMatchObject({ status: 200, json: { a: 1 } })
    expect(log.lines).toEqual(['debug: GET /x: 200 after 121 ms, request id abc123'])
  })

  it('masks what is in a response before it logs anything about it, and announces each retry', async () => {
    reset()
    respond([500, { 'x-request-id': 'one' }], [200])
    const { client, log } = testClient()
    const response = ({ status }: { status: number }): void => log.mask(String(status))
    await client.send(GET, { observer: { response, retry: () => log.warning('retry') } })
    expect(log.lines).toEqual([
      'debug: GET /x: The server could not be reached: ECONNRESET after 0 ms',
      'info: GET /x: The server could not be reached: ECONNRESET; attempt 2 of 5 in 0.0 s',
      'warning: retry',
      'mask: 500',
      'debug: GET /x: 500 after 0 ms, request id one',
      'info: GET /x: 500; attempt 3 of 5 in 0.0 s',
      'warning: retry',
      'mask: 200',
      'debug: GET /x: 200 after 0 ms'
    ])
  })

  it('follows no redirect, and returns a response that no retry would change at once', async () => {
    respond([302, { location: 'https://evil.example/' }])
    const { client, clock } = testClient()
    expect((await client.send(GET)).status).toBe(302)
    expect(clock.sleeps).toEqual([])
  })

  it.each([
    ['by backoff', 500, {}, 250, 'attempt 2 of 5 in 0.3 s'],
    ['as the response asks', 503, { 'retry-after': '2' }, 2250, 'attempt 2, as the response asks, in 2.3 s'],
    ['after a guess, which it calls no demand', 429, {}, 1125, 'attempt 2 in 1.1 s']
  ])('waits %s, and says so', async (_how, status, headers, ms, announced) => {
    respond([status, headers], [200])
    const { client, clock, log } = testClient({ clock: new FakeClock(0.5) })
    expect((await client.send(GET)).status).toBe(200)
    expect(clock.sleeps).toEqual([ms])
    expect(log.of('info')).toEqual([`GET /x: ${status}; ${announced}`])
  })

  it('counts five attempts, but not those after which it waits as asked or as guessed', async () => {
    const asks: [number, Record<string, string>] = [429, { 'retry-after': '2' }]
    respond(asks, [500], asks, [429], [500], asks, asks, [500], [429], [500], asks, [500])
    const { client, log } = testClient()
    expect((await client.send(GET)).status).toBe(500)
    // The others are as many more.
    const numbers = log.of('info').map((line) => /attempt (\d+(?: of \d+)?)/.exec(line)?.[1])
    expect(numbers).toEqual(['2', '3 of 6', '4', '5', '6 of 8', '7', '8', '9 of 10', '10', '11 of 11', '12'])
  })

  it.each([
    ['rateLimit', 429],
    ['outage', 503]
  ])('throws %s at once if a %d asks to wait for longer than there is time', async (kind, status) => {
    respond([status, { 'retry-after': '300' }])
    const { client, clock } = testClient()
    const error = await rejectionOf(client.send(GET))
    expect(error).toMatchObject({ kind, request: GET, response: { status }, excessiveWait: 300 })
    expect(clock.sleeps).toEqual([])
  })

  it.each([
    ['30 s', undefined, 300, 30_000],
    ['its own limit', 70, 300, 70],
    ['the time that is left', undefined, 0.05, 50]
  ])('gives an attempt up after %s, and retries if there is time', async (_what, until, seconds, passes) => {
    let waited = NaN
    incoming().reply(() => {
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

  it('draws each wait at random, from 0 to the whole', async () => {
    respond([500], [500], [500], [200])
    const clock = new FakeClock(0)
    clock.onSleep = () => (clock.chance += 0.499)
    await testClient({ clock }).client.send(GET)
    expect(clock.sleeps).toEqual([0, 499, 1996])
  })

  it('reports each attempt that may have been carried out, with the time it was sent', async () => {
    respond([408], [429, { 'retry-after': '60' }], [522], [503], [200])
    const times: number[] = []
    await testClient().client.send(GET, { observer: { lost: (sentAt) => times.push(sentAt) } })
    expect(times).toEqual([NOON, NOON + 60_000])
  })
})

it('ZendeskClient.trySend returns the response, or the error if there was none', async () => {
  const { client } = testClient()
  respond([403])
  expect(await client.trySend(GET, { single: true })).toMatchObject({ status: 403 })
  reset()
  const cause = { kind: 'connection', code: 'ECONNRESET' }
  const expected = { kind: 'connection', request: GET, response: undefined, cause }
  expect(await client.trySend(GET, { single: true })).toMatchObject(expected)
})

it.each(['send', 'trySend'] as const)('ZendeskClient.%s throws a fault of ours on', async (method) => {
  const fault = new TypeError('ours')
  const reveal = (): never => {
    throw fault
  }
  const request = { ...GET, authorization: { reveal } as unknown as Secret }
  expect(await rejectionOf(testClient().client[method](request))).toBe(fault)
})

describe('ZendeskClient.send, at the deadline or in a cancelled job', () => {
  it.each(['deadline', 'cancelled'])('sends nothing, and throws the kind %s', async (kind) => {
    const { client, clock, cancel } = testClient()
    if (kind === 'cancelled') cancel()
    else clock.pass(300_000)
    const cause = expect.any(StepEnded)
    expect(await rejectionOf(client.send(GET))).toMatchObject({ kind, request: GET, cause })
  })

  it.each(['wait', 'attempt'])('does not retry if the job is cancelled during the %s', async (during) => {
    respond([500])
    const { client, clock, log, cancel } = testClient()
    const retry = jest.fn()
    const response = during === 'attempt' ? cancel : undefined
    clock.onSleep = cancel
    const sending = client.send(GET, { observer: { retry, ...(response && { response }) } })
    expect(await rejectionOf(sending)).toMatchObject({ kind: 'cancelled' })
    expect(retry).not.toHaveBeenCalled()
    const announced = during === 'wait' ? 1 : 0
    expect([log.of('info').length, clock.sleeps.length]).toEqual([announced, announced])
  })
})

describe('ZendeskClient', () => {
  it("pauses by the step's clock, and no longer if the job is cancelled", async () => {
    const { client, clock, cancel } = testClient()
    await client.pause(3000)
    clock.onSleep = cancel
    await client.pause(1000)
    expect([clock.sleeps, clock.elapsed()]).toEqual([[3000, 1000], 3000])
  })

  it('forks into a client for the same account, with the same deadline unless another is given', async () => {
    incoming().twice().reply(200)
    const { client, log, cancel } = testClient()
    expect((await client.fork().send(GET)).status).toBe(200)
    cancel()
    expect(await rejectionOf(client.fork().send(GET))).toMatchObject({ kind: 'cancelled' })
    expect((await client.fork(client.deadline.forCleanup(100)).send(GET)).status).toBe(200)
    expect(log.of('debug')).toHaveLength(2)
  })
})
