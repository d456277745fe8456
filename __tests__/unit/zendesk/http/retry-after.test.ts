import { describe, expect, it } from '@jest/globals'
import { GET, respond, useNock } from '../../../support/nock.ts'
import { retryAfter } from '../../../../src/zendesk/http/client.ts'
import { type ZendeskResponse } from '../../../../src/zendesk/http/response.ts'
import { FakeClock, NOON, testClient } from '../../../support/clock.ts'

useNock()

/** `Retry-After` in seconds, or as it is. */
const wait = (seconds: number | string): Record<string, string> => ({ 'retry-after': String(seconds) })

describe('retryAfter', () => {
  const response = (text: string | undefined, date?: number): ZendeskResponse =>
    ({ status: 429, retryAfter: text, date }) as ZendeskResponse

  it.each<[string, string, number, number | undefined, number]>([
    ['seconds', '0', 0, NOON, NOON],
    ['seconds', '7', 7, NOON, NOON],
    ['seconds between spaces', ' 120 ', 120, NOON, NOON],
    ["a date by the server's clock", 'Sat, 21 Nov 2026 12:00:30 GMT', 30, NOON, NOON + 5_000_000],
    ["a date by the server's clock", 'Sat, 21 Nov 2026 12:00:30 GMT', 20, NOON + 10_000, NOON - 5_000_000],
    ['a date by the local clock', 'Sat, 21 Nov 2026 12:00:30 GMT', 30, undefined, NOON],
    ['a date in the past', 'Sat, 21 Nov 2026 11:00:00 GMT', 0, NOON, NOON],
    ['an obsolete form of date', 'Saturday, 21-Nov-26 12:00:30 GMT', 30, NOON, NOON],
    ['an obsolete form of date, which is UTC', 'Sat Nov 21 12:00:30 2026', 30, NOON, NOON]
  ])('reads %s: %j is %d s', (_what, text, seconds, date, now) => {
    expect(retryAfter(response(text, date), now)).toBe(seconds)
  })

  it.each([
    ['nothing', [undefined, '']],
    ['another form of number', ['-5', '2.5', '1e3', '0x10', '+5', 'NaN', '5 s']],
    ['words', ['soon', 'about 5', 'retry 3', 'Sat, soon', 'until Sat, 21 Nov 2026 12:00:30 GMT']]
  ])('does not read %s', (_what, texts) => {
    expect(texts.filter((text) => retryAfter(response(text, NOON), NOON) !== undefined)).toEqual([])
  })
})

describe('send, if the response asks to wait', () => {
  it.each([
    ['adds up to a quarter at random', 60, 300, 74_985],
    ['leaves at least 1 s of the time by its random part', 290, 300, 299_000],
    ['adds nothing to a wait that only just fits', 299, 299.5, 299_000]
  ])('%s', async (_what, asked, seconds, slept) => {
    respond([429, wait(asked)], [200])
    const { client, clock } = testClient({ clock: new FakeClock(0.999), seconds })
    expect((await client.send(GET)).status).toBe(200)
    expect(clock.sleeps).toEqual([expect.closeTo(slept)])
  })

  it.each([
    ['does not fit into the time left', '300', 300],
    ['is too large for a number', '9'.repeat(400), Infinity]
  ])('returns at once if the wait %s, and how long it was', async (_what, asked, excessiveWait) => {
    respond([429, wait(asked)])
    const { client, clock } = testClient()
    expect(await client.send(GET)).toMatchObject({ status: 429, excessiveWait })
    expect(clock.sleeps).toEqual([])
  })

  it('does not count these waits as attempts', async () => {
    const asks: [number, Record<string, string>] = [429, wait(2)]
    respond(asks, asks, asks, asks, asks, asks, asks, [500], asks, [500], [500], [500], asks, [500])
    const { client, clock } = testClient()
    expect((await client.send(GET)).status).toBe(500)
    expect(clock.sleeps.filter((ms) => ms === 2000)).toHaveLength(9)
    expect(clock.sleeps.filter((ms) => ms === 0)).toHaveLength(4)
  })

  it('counts a wait that it cannot read as an attempt', async () => {
    const odd: [number, Record<string, string>] = [429, wait('soon')]
    respond(odd, odd, odd, odd, odd)
    const { client, clock } = testClient()
    expect((await client.send(GET)).status).toBe(429)
    expect(clock.sleeps).toHaveLength(4)
  })

  it.each([408, 500, 502, 504])('does not wait after a %d', async (status) => {
    respond([status, wait(200)], [200])
    const { client, clock } = testClient()
    await client.send(GET)
    expect(clock.sleeps).toEqual([0])
  })
})
