import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { BudgetSpent, Cancelled } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { Unanswered } from '../../../src/zendesk/network-error.ts'
import { type Call, type Reply } from '../../../src/zendesk/connection.ts'
import { retryAfter } from '../../../src/zendesk/client.ts'
import { FakeWorld, NOON, ORIGIN, talk, thrownBy } from '../clock.ts'

const GET: Call = { method: 'GET', path: '/x?page[after]=cursor' }
const POST: Call = { method: 'POST', path: '/x', body: new Secret('{"a":1}') }

useNock()

/** Lets the server answer `GET /x` with these replies, one after the other. */
function replies(...told: [status: number, headers?: Record<string, string>, body?: string][]): void {
  for (const [status, headers = {}, body = '{}'] of told) {
    nock(ORIGIN).get('/x').query(true).reply(status, body, headers)
  }
}

function reset(times = 1): void {
  nock(ORIGIN).get('/x').query(true).times(times).replyWithError(connectionReset())
}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
}

describe('retryAfter', () => {
  const reply = (text: string | undefined, date?: number): Reply => ({ retryAfter: text, date }) as Reply

  it.each([
    ['0', 0],
    ['7', 7],
    [' 120 ', 120]
  ])('reads %j as seconds', (text, seconds) => {
    expect(retryAfter(reply(text), NOON)).toBe(seconds)
  })

  it('reads a date against the clock of the server, whatever the time is here', () => {
    const date = 'Sat, 21 Nov 2026 12:00:30 GMT'
    expect(retryAfter(reply(date, NOON), NOON + 5_000_000)).toBe(30)
    expect(retryAfter(reply(date, NOON + 10_000), NOON - 5_000_000)).toBe(20)
  })

  it('reads a date against the clock of this machine where the server tells no time', () => {
    expect(retryAfter(reply('Sat, 21 Nov 2026 12:00:30 GMT'), NOON)).toBe(30)
  })

  it('reads a date in the past as now', () => {
    expect(retryAfter(reply('Sat, 21 Nov 2026 11:00:00 GMT', NOON), NOON)).toBe(0)
  })

  it('reads the other two forms of date that HTTP has, both of which are UTC', () => {
    expect(retryAfter(reply('Saturday, 21-Nov-26 12:00:30 GMT', NOON), NOON)).toBe(30)
    expect(retryAfter(reply('Sat Nov 21 12:00:30 2026', NOON), NOON)).toBe(30)
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
    'Sat, soon'
  ])('cannot read %j', (text) => {
    expect(retryAfter(reply(text, NOON), NOON)).toBeUndefined()
  })
})

describe('Session.send', () => {
  it('gives the answer, and says nothing but a debug line with method, path, status, duration and request id', async () => {
    replies([200, { 'x-request-id': 'abc<b>123' }, '{"a":1}'])
    const { session, notes, world } = talk()
    expect(await session.send(GET)).toMatchObject({ status: 200, json: { a: 1 } })
    expect(notes.lines).toEqual(['debug: GET /x answered 200 after 0 ms, request id abc123'])
    expect(world.sleeps).toEqual([])
  })

  it('says no request id where there is none', async () => {
    replies([204, {}, ''])
    const { session, notes } = talk()
    await session.send(GET)
    expect(notes.lines).toEqual(['debug: GET /x answered 204 after 0 ms'])
  })

  it.each([200, 201, 204, 301, 302, 307, 308, 400, 401, 403, 404, 410, 422, 501, 505])(
    'takes %d for the answer at once',
    async (status) => {
      replies([status, status < 400 && status >= 300 ? { location: 'https://evil.example/' } : {}])
      const { session, world } = talk()
      expect((await session.send(GET)).status).toBe(status)
      expect(world.sleeps).toEqual([])
    }
  )

  it.each([408, 429, 500, 502, 503, 504])('tries again after %d', async (status) => {
    replies([status], [200])
    const { session, world } = talk({ world: new FakeWorld(0.5) })
    expect((await session.send(GET)).status).toBe(200)
    expect(world.sleeps).toEqual([250])
  })

  it('tries a POST again with the same body', async () => {
    nock(ORIGIN).post('/x', { a: 1 }).reply(500).post('/x', { a: 1 }).reply(201)
    expect((await talk().session.send(POST)).status).toBe(201)
  })

  it('tries again where the connection failed', async () => {
    reset()
    replies([200])
    const { session, notes } = talk()
    expect((await session.send(GET)).status).toBe(200)
    expect(notes.infos).toEqual([
      expect.stringMatching(/^GET \/x got no complete reply \(.*ECONNRESET\).* try 2 of 5 in 0\.0 s$/)
    ])
  })

  it('gives up after five tries, with the last answer', async () => {
    replies([500], [500], [500], [500], [502])
    const { session, world, notes } = talk()
    expect((await session.send(GET)).status).toBe(502)
    expect(world.sleeps).toHaveLength(4)
    expect(notes.infos).toHaveLength(4)
  })

  it('gives up after five tries, with the last failure', async () => {
    reset(5)
    const error = await thrownBy(talk().session.send(GET))
    expect(error).toBeInstanceOf(Unanswered)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('waits twice as long each time, and at most 8 s', async () => {
    replies(...Array.from({ length: 7 }, () => [500] as [number]))
    const { session, world } = talk({ world: new FakeWorld(0.5) })
    await session.send(GET, { tries: 7 })
    expect(world.sleeps).toEqual([250, 500, 1000, 2000, 4000, 4000])
  })

  it('draws each wait anew from nothing to the whole', async () => {
    replies([500], [500], [500], [200])
    const world = new FakeWorld(0)
    world.onSleep = () => (world.chance += 0.499)
    await talk({ world }).session.send(GET)
    expect(world.sleeps).toEqual([0, 499, 1996])
  })

  it('says of each further try what failed, which it is and how long it waits, without the query', async () => {
    replies([500], [503], [200])
    const { session, notes } = talk({ world: new FakeWorld(0.5) })
    await session.send(GET)
    expect(notes.infos).toEqual([
      expect.stringMatching(/^GET \/x answered 500.* try 2 of 5 in 0\.3 s$/),
      expect.stringMatching(/^GET \/x answered 503.* try 3 of 5 in 0\.5 s$/)
    ])
    expect(notes.all).not.toContain('cursor')
  })

  it('calls back before each further try, and not before the first', async () => {
    const order: string[] = []
    nock(ORIGIN)
      .get('/x')
      .query(true)
      .times(3)
      .reply(() => [order.push('try') < 5 ? 500 : 200, '{}'])
    await talk().session.send(GET, { beforeRetry: () => order.push('before') })
    expect(order).toEqual(['try', 'before', 'try', 'before', 'try'])
  })

  it('sends once where it may try once, even where it is asked to come back', async () => {
    replies([500])
    const { session, world } = talk()
    expect((await session.send(GET, { tries: 1 })).status).toBe(500)
    replies([429, { 'retry-after': '1' }])
    const answer = await session.send(GET, { tries: 1 })
    expect(answer).toMatchObject({ status: 429 })
    expect(answer.unfitting).toBeUndefined()
    expect(world.sleeps).toEqual([])
  })
})

describe('Session.send, where the server says how long to wait', () => {
  it.each([429, 503])('waits as long after %d, and at least a second', async (status) => {
    replies([status, { 'retry-after': '7' }], [status, { 'retry-after': '0' }], [200])
    const { session, world, notes } = talk()
    expect((await session.send(GET)).status).toBe(200)
    expect(world.sleeps).toEqual([7000, 1000])
    expect(notes.infos[0]).toMatch(new RegExp(`^GET /x answered ${status}.* as it asks, try 2 in 7\\.0 s`))
  })

  it('adds up to a quarter at random', async () => {
    replies([429, { 'retry-after': '60' }], [200])
    const { session, world } = talk({ world: new FakeWorld(0.999) })
    await session.send(GET)
    expect(world.sleeps[0]).toBeCloseTo(60_000 * 1.24975)
  })

  it('does not count these waits as tries', async () => {
    const wait: [number, Record<string, string>] = [429, { 'retry-after': '2' }]
    replies(wait, wait, wait, wait, wait, wait, wait, [500], wait, [500], [500], [500], wait, [500])
    const { session, world } = talk()
    expect((await session.send(GET)).status).toBe(500)
    expect(world.sleeps.filter((ms) => ms === 2000)).toHaveLength(9)
    expect(world.sleeps.filter((ms) => ms === 0)).toHaveLength(4)
  })

  it('waits until the time that it names, by its own clock', async () => {
    replies(
      [503, { 'retry-after': 'Fri, 01 Jan 2027 00:01:30 GMT', date: 'Fri, 01 Jan 2027 00:00:00 GMT' }],
      [200]
    )
    const { session, world } = talk()
    await session.send(GET)
    expect(world.sleeps).toEqual([90_000])
  })

  it.each([408, 500, 502, 504])('does not obey it after %d', async (status) => {
    replies([status, { 'retry-after': '200' }], [200])
    const { session, world } = talk()
    await session.send(GET)
    expect(world.sleeps).toEqual([0])
  })

  it('counts a wait that cannot be read as a try', async () => {
    const odd: [number, Record<string, string>] = [429, { 'retry-after': 'soon' }]
    replies(odd, odd, odd, odd, odd)
    const { session, world } = talk()
    expect((await session.send(GET)).status).toBe(429)
    expect(world.sleeps).toHaveLength(4)
  })

  it('ends at once where the wait does not fit, and tells how long it was', async () => {
    replies([429, { 'retry-after': '300' }])
    const { session, world } = talk()
    expect(await session.send(GET)).toMatchObject({ status: 429, unfitting: 300 })
    expect(world.sleeps).toEqual([])
  })

  it('ends at once where the wait is longer than any number', async () => {
    replies([429, { 'retry-after': '9'.repeat(400) }])
    expect((await talk().session.send(GET)).unfitting).toBe(Infinity)
  })

  it('does not let chance make a wait too long that fits by itself', async () => {
    replies([429, { 'retry-after': '290' }], [200])
    const { session, world } = talk({ world: new FakeWorld(0.999) })
    expect((await session.send(GET)).status).toBe(200)
    expect(world.sleeps).toEqual([299_000])
  })

  it('goes without chance where the wait fits only just', async () => {
    replies([429, { 'retry-after': '299' }], [200])
    const { session, world } = talk({ world: new FakeWorld(0.999), seconds: 299.5 })
    expect((await session.send(GET)).status).toBe(200)
    expect(world.sleeps).toEqual([299_000])
  })
})

describe('Session.send, and the time of the step', () => {
  it('sends nothing when it is over', async () => {
    const { session, world } = talk()
    world.pass(300_000)
    expect(await thrownBy(session.send(GET))).toBeInstanceOf(BudgetSpent)
  })

  it('sends nothing in a cancelled job', async () => {
    const { session, cancel } = talk()
    cancel()
    expect(await thrownBy(session.send(GET))).toBeInstanceOf(Cancelled)
  })

  it('tells the failure in hand where a wait for another try does not fit', async () => {
    replies([500])
    const { session } = talk({ world: new FakeWorld(0.5), seconds: 0.25 })
    expect(await session.send(GET)).toMatchObject({ status: 500 })
  })

  it('sends nothing more where the job is cancelled while it waits', async () => {
    replies([500])
    const { session, world, cancel } = talk()
    world.onSleep = cancel
    let again = false
    const error = await thrownBy(session.send(GET, { beforeRetry: () => (again = true) }))
    expect(error).toBeInstanceOf(Cancelled)
    expect(again).toBe(false)
  })

  it('gives one request no more than is left', async () => {
    nock(ORIGIN).get('/x').query(true).delay(10_000).reply(200)
    const { session } = talk({ seconds: 0.05 })
    expect(await thrownBy(session.send(GET, { tries: 1 }))).toMatchObject({ reason: 'timeout' })
  })

  it('gives one request no more than it is allowed', async () => {
    nock(ORIGIN).get('/x').query(true).delay(10_000).reply(200)
    const error = await thrownBy(talk().session.send(GET, { tries: 1, timeout: 30 }))
    expect(error).toMatchObject({ reason: 'timeout' })
  })

  it('ends a request in flight after its grace where the job is cancelled, and tries no other', async () => {
    nock(ORIGIN).get('/x').query(true).delay(10_000).reply(200)
    const { session, cancel, notes } = talk()
    const sending = thrownBy(session.send(GET, { grace: 20 }))
    setTimeout(cancel, 10)
    expect(await sending).toBeInstanceOf(Cancelled)
    expect(notes.lines).toHaveLength(1)
  })

  it('takes a reply that comes within the grace', async () => {
    nock(ORIGIN).get('/x').query(true).delay(40).reply(200)
    const { session, cancel } = talk()
    const sending = session.send(GET, { grace: 5000 })
    setTimeout(cancel, 10)
    expect((await sending).status).toBe(200)
  })

  it('passes on what is no failure of a request', async () => {
    const bug = new TypeError('a bug')
    const { session } = talk()
    const call = {
      ...GET,
      authorization: {
        reveal: () => {
          throw bug
        }
      } as unknown as Secret
    }
    expect(await thrownBy(session.send(call))).toBe(bug)
  })
})

describe('Session.send, of a reply that is lost', () => {
  async function lost(status: number): Promise<number[]> {
    nock(ORIGIN).get('/x').query(true).reply(status)
    const times: number[] = []
    await talk().session.send(GET, { tries: 1, onLostReply: (sentAt) => times.push(sentAt) })
    return times
  }

  it.each([408, 500, 502, 504])(
    'tells of %d, after which the request may have been carried out',
    async (status) => {
      expect(await lost(status)).toEqual([NOON])
    }
  )

  it.each([200, 302, 401, 404, 429, 501, 503])('tells nothing of %d', async (status) => {
    expect(await lost(status)).toEqual([])
  })

  it('tells of each, with the time at which the request was sent', async () => {
    replies([500], [429, { 'retry-after': '60' }], [504], [200])
    const times: number[] = []
    await talk().session.send(GET, { onLostReply: (sentAt) => times.push(sentAt) })
    expect(times).toEqual([NOON, NOON + 60_000])
  })
})

describe('Session', () => {
  it('tells its origin', () => {
    expect(talk().session.origin).toBe(ORIGIN)
  })

  it('pauses by the clock of the step', async () => {
    const { session, world } = talk()
    await session.pause(500)
    await session.pause(3000)
    expect(world.sleeps).toEqual([500, 3000])
  })

  it('forks into one that talks to the same place, with a time of its own if it is given one', async () => {
    nock(ORIGIN, { reqheaders: { 'user-agent': 'tests/1' } })
      .get('/x')
      .query(true)
      .twice()
      .reply(200)
    const { session, notes, cancel, world } = talk()
    expect((await session.fork().send(GET)).status).toBe(200)
    cancel()
    expect(await thrownBy(session.fork().send(GET))).toBeInstanceOf(Cancelled)
    world.pass(1)
    expect((await session.fork(session.budget.closing(100)).send(GET)).status).toBe(200)
    expect(notes.debugs).toHaveLength(2)
  })
})
