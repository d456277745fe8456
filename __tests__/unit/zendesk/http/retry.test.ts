import { describe, expect, it } from '@jest/globals'
import {
  NETWORK_CAUSES,
  NetworkError,
  type NetworkErrorKind
} from '../../../../src/zendesk/http/network-error.ts'
import { type ZendeskResponse } from '../../../../src/zendesk/http/response.ts'
import {
  nextAttempt,
  NO_ATTEMPTS,
  ruleOf,
  statusRule,
  waitAsked,
  type Attempts,
  type Circumstances,
  type Next
} from '../../../../src/zendesk/http/retry.ts'
import { NOON } from '../../../support/clock.ts'
import { response } from '../responses.ts'

const KINDS = Object.keys(NETWORK_CAUSES) as NetworkErrorKind[]

describe('statusRule', () => {
  it.each([
    ['never', false, 'unusableResponse', [200, 201, 204, 206]],
    ['never', false, 'redirect', [301, 302, 303, 307, 308]],
    ['never', false, 'credentialsRejected', [401]],
    ['never', false, 'forbidden', [403]],
    ['never', false, 'subdomainUnknown', [404]],
    ['backoff', true, 'outage', [408]],
    ['wait', false, 'rateLimit', [429]],
    ['never', false, 'unexpected', [400, 405, 409, 410, 422, 425, 451, 499, 600, 999]],
    ['if asked', false, 'outage', [503]],
    ['backoff', true, 'outage', [500, 501, 502, 504, 505, 520, 522, 530, 599]]
  ])('retries %s, takes the request for lost: %s, and calls it %s: %j', (retry, lost, error, statuses) => {
    for (const status of statuses) expect(statusRule(status)).toEqual({ retry, lost, error })
  })
})

describe('ruleOf', () => {
  it('is the rule for the status of a response', () => {
    for (const status of [404, 429, 502]) expect(ruleOf(response(status))).toBe(statusRule(status))
  })

  it('takes the request for lost if it was sent before a network error', () => {
    expect([true, false].map((sent) => ruleOf(new NetworkError('timeout', sent)).lost)).toEqual([true, false])
  })

  it('does not retry a network error that would come again', () => {
    const retries = KINDS.map((kind) => [kind, ruleOf(new NetworkError(kind, false)).retry] as const)
    expect(new Set(retries.map(([, retry]) => retry))).toEqual(new Set(['never', 'backoff']))
    expect(retries.filter(([, retry]) => retry === 'never').map(([kind]) => kind)).toEqual([
      'certificate',
      'clientCertificate',
      'proxyRefused',
      'proxyUnreadable',
      'proxyIsHttps',
      'unusableResponse',
      'tooLarge',
      'cancelled',
      'unsendable'
    ])
  })
})

describe('waitAsked', () => {
  const [UNTIL, EARLIER] = ['Sat, 21 Nov 2026 12:00:30 GMT', 'Sat, 21 Nov 2026 11:00:00 GMT']

  it.each<[string, number, number, Partial<ZendeskResponse>]>([
    ['seconds', 0, 429, { retryAfter: '0' }],
    ['seconds between spaces', 120, 429, { retryAfter: ' 120 ' }],
    ['seconds with decimals', 12.5, 429, { retryAfter: '12.5' }],
    ['seconds of a 503', 7, 503, { retryAfter: '7' }],
    ["a date by the server's clock", 30, 429, { retryAfter: UNTIL, date: NOON }],
    ["a date by the server's clock", 20, 503, { retryAfter: UNTIL, date: NOON + 10_000 }],
    ['a date by the local clock', 25, 429, { retryAfter: UNTIL }],
    ['a date in the past', 0, 429, { retryAfter: EARLIER, date: NOON }],
    ['an obsolete form of date', 30, 429, { retryAfter: 'Saturday, 21-Nov-26 12:00:30 GMT', date: NOON }],
    ['an obsolete form, which is UTC', 30, 429, { retryAfter: 'Sat Nov 21 12:00:30 2026', date: NOON }],
    ...['Mon, 23', 'Tue, 24', 'Wed, 25', 'Thu, 26', 'Fri, 27', 'Sat, 28', 'Sun, 29'].map(
      (day, index): [string, number, number, Partial<ZendeskResponse>] => [
        `a ${day.slice(0, 3)}`,
        (index + 2) * 86_400,
        429,
        { retryAfter: `${day} Nov 2026 12:00:00 GMT`, date: NOON }
      ]
    ),
    ['the reset of a rate limit', 12.5, 429, { rateLimitReset: '12.5' }],
    ['the reset of a rate limit, which came twice', 12, 429, { rateLimitReset: '12, 12' }],
    ['the reset after a Retry-After in words', 12, 429, { retryAfter: 'soon', rateLimitReset: '12' }],
    ['a reset in a day', 86_400, 429, { rateLimitReset: '86400' }],
    ['Retry-After first', 3, 429, { retryAfter: '3', rateLimitReset: '12' }]
  ])('reads %s: %d s', (_what, seconds, status, headers) => {
    expect(waitAsked(response(status, {}, headers), NOON + 5000)).toBe(seconds)
  })

  it.each([
    ['nothing', [undefined, '']],
    ['another form of number', ['-5', '.5', '5.', '1e3', '0x10', '+5', 'NaN', '5 s']],
    ['words', ['soon', 'about 5', 'retry 3', 'Sat, soon', 'until Sat, 21 Nov 2026 12:00:30 GMT']]
  ])('does not read %s', (_what, texts) => {
    const read = (headers: Partial<ZendeskResponse>): unknown => waitAsked(response(429, {}, headers), NOON)
    expect(texts.filter((retryAfter) => read({ retryAfter }) !== undefined)).toEqual([])
    expect(texts.filter((rateLimitReset = '') => read({ rateLimitReset }) !== undefined)).toEqual([])
  })

  it('ignores a reset in more than a day, or that is a date', () => {
    for (const rateLimitReset of ['86401', '1795262400', UNTIL])
      expect(waitAsked(response(429, {}, { rateLimitReset }), NOON)).toBeUndefined()
    // It does not hide the one of the other header.
    for (const rateLimitReset of ['1795262400, 21', 'soon, 21', '21, 86401'])
      expect(waitAsked(response(429, {}, { rateLimitReset }), NOON)).toBe(21)
  })

  it('reads nothing in a response whose status does not ask to wait, and no reset in a 503', () => {
    for (const status of [200, 403, 408, 500, 502, 504, 522])
      expect(waitAsked(response(status, {}, { retryAfter: '7', rateLimitReset: '7' }), NOON)).toBeUndefined()
    expect(waitAsked(response(503, {}, { rateLimitReset: '7' }), NOON)).toBeUndefined()
  })
})

describe('nextAttempt', () => {
  const next = (
    outcome: ZendeskResponse | NetworkError,
    before: Partial<Attempts> = {},
    given: Partial<Circumstances> = {}
  ): Next =>
    nextAttempt(
      outcome,
      { ...NO_ATTEMPTS, ...before },
      { now: NOON, remaining: 300_000, random: 0.5, ...given }
    )
  const asking = (retryAfter: string, status = 429): ZendeskResponse => response(status, {}, { retryAfter })
  const FINAL = { kind: 'final' }

  it.each<[string, ZendeskResponse | NetworkError]>([
    ['a response that does not ask for one', response(403)],
    ['a network error that would come again', new NetworkError('certificate', false)]
  ])('is none after %s', (_what, outcome) => {
    expect(next(outcome)).toEqual(FINAL)
  })

  it.each<[string, ZendeskResponse | NetworkError]>([
    ['a 500', response(500)],
    ['a 503 that does not say how long to wait', response(503)],
    ['a network error', new NetworkError('dns', false)]
  ])('backs off after %s: at random, doubling up to 8 s, five attempts in all', (_what, outcome) => {
    const waits = [0, 1, 2, 3].map((counted) => next(outcome, { made: 9, counted }))
    expect(waits).toEqual(
      [250, 500, 1000, 2000].map((ms, index) => ({
        kind: 'wait',
        ms,
        why: 'backoff',
        attempts: { made: 10, counted: index + 1, guessed: 0 }
      }))
    )
    expect(next(outcome, { counted: 3 }, { random: 0.99 })).toMatchObject({ ms: 3960 })
    expect(next(outcome, {}, { random: 0 })).toMatchObject({ ms: 0 })
    expect(next(outcome, { counted: 4 })).toEqual(FINAL)
  })

  it.each([
    [250, FINAL],
    [251, { kind: 'wait', ms: 250 }]
  ])('backs off only if that leaves time: with %d ms it is %j', (remaining, expected) => {
    expect(next(response(500), {}, { remaining })).toMatchObject(expected)
  })

  it.each([
    ['a quarter more at most', '60', 300_000, 75_000],
    ['at least 1 s', '0', 300_000, 1250],
    ['with decimals', '12.5', 300_000, 15_625],
    ['1 s less than there is because of its random part', '290', 300_000, 299_000],
    ['no longer than asked if that only just fits', '299.4', 300_000, 299_400]
  ])('waits as the response asks: %s', (_what, asked, remaining, ms) => {
    for (const status of [429, 503]) {
      expect(
        next(asking(asked, status), { made: 8, counted: 4, guessed: 7 }, { remaining, random: 1 })
      ).toEqual({
        kind: 'wait',
        ms,
        why: 'asked',
        attempts: { made: 9, counted: 4, guessed: 7 }
      })
    }
  })

  it.each([
    ['300', 300, 300_000],
    ['0', 0, 1000],
    ['9'.repeat(400), Infinity, 300_000]
  ])('is none if a wait of %.3s s does not fit', (asked, seconds, remaining) => {
    const outcome = asking(asked)
    expect(next(outcome, {}, { remaining })).toEqual({ kind: 'too long', seconds, response: outcome })
  })

  it.each([
    [0, 1000],
    [1, 2000],
    [5, 32_000],
    [6, 60_000],
    [2000, 60_000]
  ])(
    'guesses how long a rate limit lasts: after %d guesses %d ms, and up to a quarter more',
    (guessed, ms) => {
      const before = { made: 8, counted: 4, guessed }
      const attempts = { made: 9, counted: 4, guessed: guessed + 1 }
      const expected = { kind: 'wait', why: 'guessed', attempts }
      expect(next(response(429), before, { random: 0 })).toEqual({ ...expected, ms })
      expect(next(response(429), before, { random: 1 })).toEqual({ ...expected, ms: ms * 1.25 })
    }
  )

  it.each([
    [9000, { kind: 'wait', ms: 8000 }],
    [1001, { kind: 'wait', ms: 1 }],
    [1000, FINAL],
    [0, FINAL]
  ])('shortens a guess so that it ends 1 s before the end: with %d ms it is %j', (remaining, expected) => {
    expect(next(response(429), { guessed: 9 }, { remaining })).toMatchObject(expected)
  })

  describe('if only one attempt is wanted', () => {
    const single = true

    it.each<[string, ZendeskResponse | NetworkError]>([
      ['a 500', response(500)],
      ['a 429 that asks to wait', asking('1')],
      ['a failed connection', new NetworkError('connection', false)]
    ])('is none after %s', (_what, outcome) => {
      expect(next(outcome, {}, { single })).toEqual(FINAL)
    })

    it('is made at once if a connection that was kept open turned out to be closed', () => {
      const attempts = { made: 1, counted: 0, guessed: 0 }
      const stale = new NetworkError('brokenOff', true, 'ECONNRESET', { staleConnection: true })
      expect(next(stale, {}, { single })).toEqual({ kind: 'reconnect', attempts })
      expect(next(stale)).toMatchObject({ kind: 'wait', why: 'backoff' })
    })
  })
})
