import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { isNear, tokenStatus, type TokenIdentity } from '../../../src/zendesk/token-status.ts'
import { NOON } from '../../support/clock.ts'
import { PAGE, response } from './responses.ts'

const OPAQUE: TokenIdentity = { token: new Secret('abcdefghij-and-more'), date: undefined }

describe('tokenStatus', () => {
  it.each<[string, object]>([
    ['its first ten characters', { token: 'abcdefghij' }],
    ['no characters', {}],
    ['null', { token: null }]
  ])('is active, with facts, if a 200 shows %s', (_what, shown) => {
    const body = { token: { id: 5, ...shown } }
    expect(tokenStatus(OPAQUE, response(200, body))).toMatchObject({ is: 'active', facts: { id: 5 } })
  })

  it('is active, without facts, after a JSON 403', () => {
    expect(tokenStatus(OPAQUE, response(403, { error: {} }))).toEqual({ is: 'active', facts: undefined })
  })

  it("is rejected by Zendesk's own 401", () => {
    expect(tokenStatus(OPAQUE, response(401, { error: 'invalid_token' }))).toEqual({ is: 'rejected' })
  })

  it.each<[string, number, unknown]>([
    ['a 200 about another token', 200, { token: { id: 5, token: 'klmnopqrst' } }],
    ['a 200 whose characters are no text', 200, { token: { id: 5, token: 5 } }],
    ['a 200 whose token is no object', 200, { token: 'abcdefghij' }],
    ['a 200 without a token', 200, {}],
    ['a 200 that is a list', 200, [{ token: { id: 5 } }]],
    ['a 200 that is a web page', 200, PAGE],
    ['a 201 about it', 201, { token: { id: 5, token: 'abcdefghij' } }],
    ['a 204', 204, undefined],
    ['an empty 401', 401, undefined],
    ['a 401 that is a web page', 401, PAGE],
    ['a 401 without an error', 401, {}],
    ['a 401 whose error is an object', 401, { error: { title: 'No' } }],
    ['an empty 403', 403, undefined],
    ['a 403 that is a web page', 403, PAGE],
    ['a JSON 404', 404, { error: 'RecordNotFound' }],
    ['a 429', 429, {}],
    ['a 503', 503, {}]
  ])('is unknown after %s', (_what, status, body) => {
    expect(tokenStatus(OPAQUE, response(status, body))).toEqual({ is: 'unknown' })
  })
})

describe('tokenStatus, of a JWT,', () => {
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url')
  const jwt = (claims: string): Secret =>
    new Secret(`${header}.${Buffer.from(claims).toString('base64url')}.signature`)
  const ISSUED = jwt(`{"iat":${NOON / 1000}}`)
  const created = (ms: number | undefined): unknown => ({
    token: { id: 5, token: header.slice(0, 10), created_at: ms && new Date(ms).toISOString() }
  })
  const statusOf = (identity: TokenIdentity, createdAt: number | undefined): string =>
    tokenStatus(identity, response(200, created(createdAt))).is

  it.each([
    [-5000, 'active'],
    [5000, 'active'],
    [-5001, 'unknown'],
    [5001, 'unknown']
  ])('goes by its `iat` claim: a token created %d ms after it is %s', (after, status) => {
    expect(statusOf({ token: ISSUED, date: NOON + 3_600_000 }, NOON + after)).toBe(status)
  })

  it('is unknown if its creation is not reported', () => {
    expect(statusOf({ token: ISSUED, date: NOON }, undefined)).toBe('unknown')
  })

  it.each<[string, Secret]>([
    ['has none', jwt('{}')],
    ['has one of another type', jwt(`{"iat":"${NOON / 1000}"}`)],
    ['has claims that are no object', jwt('[]')],
    ['has claims that are no JSON', jwt('text')],
    ['has no claims', new Secret('eyJhbGciOi')]
  ])('goes by the Date of its mint if it %s', (_what, token) => {
    expect(statusOf({ token, date: NOON }, NOON - 60_000)).toBe('active')
    expect(statusOf({ token, date: NOON }, NOON + 60_000)).toBe('active')
    expect(statusOf({ token, date: NOON }, NOON + 60_001)).toBe('unknown')
    expect(statusOf({ token, date: undefined }, NOON)).toBe('unknown')
  })

  it('is active after a JSON 403, and rejected, as any other', () => {
    const identity = { token: ISSUED, date: undefined }
    expect(tokenStatus(identity, response(403, {})).is).toBe('active')
    expect(tokenStatus(identity, response(401, { error: 'invalid_token' })).is).toBe('rejected')
  })
})

describe('isNear', () => {
  it.each([
    [1000, 1500, 500, true],
    [1500, 1000, 500, true],
    [1000, 1501, 500, false],
    [null, 1000, 500, false],
    [undefined, 1000, 500, false],
    [1000, undefined, 500, false]
  ])('%p is near to %p within %d ms: %p', (time, other, tolerance, expected) => {
    expect(isNear(time, other, tolerance)).toBe(expected)
  })
})
