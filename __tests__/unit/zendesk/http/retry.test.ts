import { describe, expect, it } from '@jest/globals'
import { NETWORK_CAUSES, NetworkError } from '../../../../src/zendesk/http/network-error.ts'
import { type ZendeskResponse } from '../../../../src/zendesk/http/response.ts'
import {
  nextAttempt,
  NO_ATTEMPTS,
  ruleOf,
  statusRule,
  waitAsked
} from '../../../../src/zendesk/http/retry.ts'
import { NOON } from '../../../support/clock.ts'
import { response } from '../../../support/responses.ts'

const DAY = 86_400

it.each([
  ['never', false, 'unusableResponse', [200, 204, 206]],
  ['never', false, 'redirect', [301, 302, 308]],
  ['never', false, 'credentialsRejected', [401]],
  ['never', false, 'forbidden', [403]],
  ['never', false, 'subdomainUnknown', [404]],
  ['backoff', true, 'outage', [408]],
  ['wait', false, 'rateLimit', [429]],
  ['never', false, 'unexpected', [400, 405, 409, 410, 422, 425, 499, 600, 999]],
  ['if asked', false, 'outage', [503]],
  ['backoff', true, 'outage', [500, 501, 502, 504, 522, 599]]
])('statusRule: retries %s, takes for lost: %s, and calls %s: %j', (retry, lost, error, statuses) => {
  for (const status of statuses) expect(statusRule(status)).toEqual({ retry, lost, error })
})

describe('ruleOf', () => {
  it('is that of the status of a response, and counts what was sent before a network error as lost', () => {
    expect(ruleOf(response(404))).toBe(statusRule(404))
    expect([true, false].map((sent) => ruleOf(new NetworkError('timeout', sent)).lost)).toEqual([true, false])
  })

  it('does not retry a network error that would come again', () => {
    const kinds = Object.keys(NETWORK_CAUSES) as (keyof typeof NETWORK_CAUSES)[]
    const never = 'certificate clientCertificate proxyRefused proxyUnreadable proxyIsHttps'
    const others = 'unusableResponse tooLarge cancelled unsendable'
    const isFinal = (kind: string): boolean => `${never} ${others}`.split(' ').includes(kind)
    for (const kind of kinds) {
      const { retry } = ruleOf(new NetworkError(kind, false))
      expect([kind, retry]).toEqual([kind, isFinal(kind) ? 'never' : 'backoff'])
    }
  })
})

describe('waitAsked', () => {
  const UNTIL = 'Sat, 21 Nov 2026 12:00:30 GMT'
  const read = (status: number, headers: Partial<ZendeskResponse>): number | undefined =>
    waitAsked(response(status, {}, headers), NOON + 5000)

  it.each<[string, number, number, Partial<ZendeskResponse>]>([
    ['seconds between spaces', 120, 429, { retryAfter: ' 120 ' }],
    ['seconds with decimals', 12.5, 503, { retryAfter: '12.5' }],
    ["a date by the server's clock", 20, 503, { retryAfter: UNTIL, date: NOON + 10_000 }],
    ['a date by the local clock', 25, 429, { retryAfter: UNTIL }],
    ['a date in the past', 0, 429, { retryAfter: UNTIL, date: NOON + 60_000 }],
    ['an obsolete form of date', 25, 429, { retryAfter: 'Saturday, 21-Nov-26 12:00:30 GMT' }],
    ['another, which is UTC', 25, 429, { retryAfter: 'Sat Nov 21 12:00:30 2026' }],
    ['the reset of a rate limit', 12.5, 429, { rateLimitReset: '12.5' }],
    ['the reset of a rate limit, which came twice', 12, 429, { rateLimitReset: '12, 12' }],
    ['the reset after a Retry-After in words', 12, 429, { retryAfter: 'soon', rateLimitReset: '12' }],
    ['a reset in a day', DAY, 429, { rateLimitReset: '86400' }],
    ['Retry-After first', 3, 429, { retryAfter: '3', rateLimitReset: '12' }]
  ])('reads %s: %d s', (_what, seconds, status, headers) => {
    expect(read(status, headers)).toBe(seconds)
  })

  it('reads a date of each day of the week', () => {
    const days = ['Mon, 23', 'Tue, 24', 'Wed, 25', 'Thu, 26', 'Fri, 27', 'Sat, 28', 'Sun, 29']
    const waits = days.map((day) => read(429, { retryAfter: `${day} Nov 2026 12:00:00 GMT`, date: NOON }))
    expect(waits).toEqual([2, 3, 4, 5, 6, 7, 8].map((after) => after * DAY))
  })

  it.each([
    ['nothing', ['']],
    ['another form of number', ['-5', '.5', '5.', '1e3', '0x10', '+5', 'NaN', '5 s']],
    ['words', ['soon', 'about 5', 'retry 3', 'Sat, soon', 'until Sat, 21 Nov 2026 12:00:30 GMT']]
  ])('does not read %s', (_what, texts) => {
    expect(texts.filter((retryAfter) => read(429, { retryAfter }) !== undefined)).toEqual([])
    expect(texts.filter((rateLimitReset) => read(429, { rateLimitReset }) !== undefined)).toEqual([])
  })

  it('ignores a reset in more than a day, or that is a date, without the one of the other header', () => {
    const resets = ['86401', '1795262400', UNTIL, '1795262400, 21', 'soon, 21', '21, 86401']
    const waits = resets.map((rateLimitReset) => read(429, { rateLimitReset }))
    expect(waits).toEqual([undefined, undefined, undefined, 21, 21, 21])
  })

  it('reads nothing in a response whose status does not ask to wait, and no reset in a 503', () => {
    for (const status of [200, 403, 408, 500, 522])
      expect(read(status, { retryAfter: '7', rateLimitReset: '7' })).toBeUndefined()
    expect(read(503, { rateLimitReset: '7' })).toBeUndefined()
  })
})

describe('nextAttempt', () => {
  /** After an outcome, with these changes to the attempts and circumstances of the first one. */
  const next = (outcome: ZendeskResponse | NetworkError, given: object = {}): unknown => {
    const all = { ...NO_ATTEMPTS, now: NOON, remaining: 300_000, random: 0.5, ...given }
    const { made, counted, guessed, ...circumstances } = all
    return nextAttempt(outcome, { made, counted, guessed }, circumstances)
  }
  const asking = (retryAfter: string, status = 429): ZendeskResponse => response(status, {}, { retryAfter })
  const FINAL = { kind: 'final' }

  it('is none after an outcome that would come again', () => {
    for (const outcome of [response(403), new NetworkError('certificate', false)])
      expect(next(outcome)).toEqual(FINAL)
  })

  it.each([
    ['a 500', response(500)],
    ['a 503 that does not say how long to wait', response(503)],
    ['a network error', new NetworkError('dns', false)]
  ])('backs off after %s: at random, doubling up to 8 s, five attempts in all', (_what, outcome) => {
    for (const [counted, ms] of [250, 500, 1000, 2000].entries()) {
      const attempts = { made: 10, counted: counted + 1, guessed: 0 }
      expect(next(outcome, { made: 9, counted })).toEqual({ kind: 'wait', ms, why: 'backoff', attempts })
    }
    expect(next(outcome, { counted: 3, random: 0.99 })).toMatchObject({ ms: 3960 })
    expect(next(outcome, { random: 0 })).toMatchObject({ ms: 0 })
    expect(next(outcome, { counted: 4 })).toEqual(FINAL)
  })

  it('backs off only if that leaves time', () => {
    expect(next(response(500), { remaining: 250 })).toEqual(FINAL)
    expect(next(response(500), { remaining: 251 })).toMatchObject({ kind: 'wait', ms: 250 })
  })

  it.each([
    ['a quarter more at most', '60', 300_000, 75_000],
    ['at least 1 s', '0', 300_000, 1250],
    ['with decimals', '12.5', 300_000, 15_625],
    ['1 s less than there is because of its random part', '290', 300_000, 299_000],
    ['no longer than asked if that only just fits', '299.4', 300_000, 299_400]
  ])('waits as the response asks: %s', (_what, asked, remaining, ms) => {
    const before = { made: 8, counted: 4, guessed: 7 }
    const expected = { kind: 'wait', ms, why: 'asked', attempts: { ...before, made: 9 } }
    for (const status of [429, 503])
      expect(next(asking(asked, status), { ...before, remaining, random: 1 })).toEqual(expected)
  })

  it.each([
    ['300', 300, 300_000],
    ['0', 0, 1000],
    ['9'.repeat(400), Infinity, 300_000]
  ])('is none if a wait of %.3s s does not fit', (asked, seconds, remaining) => {
    const outcome = asking(asked)
    expect(next(outcome, { remaining })).toEqual({ kind: 'too long', seconds, response: outcome })
  })

  it('guesses how long a rate limit lasts: 1 s, doubling up to 60 s, or up to a quarter more', () => {
    for (const [guessed, ms] of Object.entries({ 0: 1000, 1: 2000, 5: 32_000, 6: 60_000, 2000: 60_000 })) {
      const before = { made: 8, counted: 4, guessed: Number(guessed) }
      const attempts = { made: 9, counted: 4, guessed: before.guessed + 1 }
      const expected = { kind: 'wait', why: 'guessed', attempts }
      expect(next(response(429), { ...before, random: 0 })).toEqual({ ...expected, ms })
      expect(next(response(429), { ...before, random: 1 })).toEqual({ ...expected, ms: ms * 1.25 })
    }
  })

  it('shortens a guess so that it ends 1 s before the end', () => {
    const ends = [9000, 1001, 1000, 0].map((remaining) => next(response(429), { guessed: 9, remaining }))
    expect(ends).toMatchObject([{ ms: 8000 }, { ms: 1 }, FINAL, FINAL])
  })

  it('is none if only one is wanted, unless a connection that was kept open turned out to be closed', () => {
    for (const outcome of [response(500), asking('1'), new NetworkError('connection', false)])
      expect(next(outcome, { single: true })).toEqual(FINAL)
    const stale = new NetworkError('brokenOff', true, 'ECONNRESET', { staleConnection: true })
    const attempts = { made: 1, counted: 0, guessed: 0 }
    expect(next(stale, { single: true })).toEqual({ kind: 'reconnect', attempts })
    expect(next(stale)).toMatchObject({ kind: 'wait', why: 'backoff' })
  })
})
