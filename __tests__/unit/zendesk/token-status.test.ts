import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { isNear, tokenStatus, type TokenIdentity } from '../../../src/zendesk/token-status.ts'
import { NOON } from '../../support/clock.ts'
import { PAGE, response } from '../../support/responses.ts'

const OPAQUE: TokenIdentity = { token: new Secret('abcdefghij-and-more'), date: undefined }
const ACTIVE = { is: 'active', facts: expect.objectContaining({ id: 5 }) }
const UNKNOWN = { is: 'unknown' }

it.each<[string, object, number, unknown]>([
  ['a 200 that shows its first ten characters', ACTIVE, 200, { token: { id: 5, token: 'abcdefghij' } }],
  ['a 200 that shows no characters', ACTIVE, 200, { token: { id: 5 } }],
  ['a 200 that shows null', ACTIVE, 200, { token: { id: 5, token: null } }],
  ['a JSON 403', { is: 'active', facts: undefined }, 403, { error: {} }],
  ["Zendesk's own 401", { is: 'rejected' }, 401, { error: 'invalid_token' }],
  ['a 200 about another token', UNKNOWN, 200, { token: { id: 5, token: 'klmnopqrst' } }],
  ['a 200 whose characters are no text', UNKNOWN, 200, { token: { id: 5, token: 5 } }],
  ['a 200 whose token is no object', UNKNOWN, 200, { token: 'abcdefghij' }],
  ['a 200 that is a list', UNKNOWN, 200, [{ token: { id: 5 } }]],
  ['a 200 that is a web page', UNKNOWN, 200, PAGE],
  ['a 201 about it', UNKNOWN, 201, { token: { id: 5, token: 'abcdefghij' } }],
  ['an empty 401', UNKNOWN, 401, undefined],
  ['a 401 that is a web page', UNKNOWN, 401, PAGE],
  ['a 401 whose error is an object', UNKNOWN, 401, { error: { title: 'No' } }],
  ['an empty 403', UNKNOWN, 403, undefined],
  ['a 403 that is a web page', UNKNOWN, 403, PAGE],
  ['a JSON 404', UNKNOWN, 404, { error: 'RecordNotFound' }],
  ['a 503', UNKNOWN, 503, {}]
])('tokenStatus after %s: %j', (_what, status, code, body) => {
  expect(tokenStatus(OPAQUE, response(code, body))).toEqual(status)
})

describe('tokenStatus, of a JWT,', () => {
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url')
  const jwt = (claims: string): Secret =>
    new Secret(`${header}.${Buffer.from(claims).toString('base64url')}.signature`)
  const ISSUED = jwt(`{"iat":${NOON / 1000}}`)
  const statusOf = (identity: TokenIdentity, createdAt: number | undefined): string => {
    const created_at = createdAt && new Date(createdAt).toISOString()
    return tokenStatus(identity, response(200, { token: { id: 5, token: header.slice(0, 10), created_at } }))
      .is
  }

  it.each([
    [NOON - 5000, 'active'],
    [NOON + 5000, 'active'],
    [NOON - 5001, 'unknown'],
    [NOON + 5001, 'unknown'],
    [undefined, 'unknown']
  ])('goes by its `iat` claim: a token created at %d is %s', (createdAt, status) => {
    expect(statusOf({ token: ISSUED, date: NOON + 3_600_000 }, createdAt)).toBe(status)
  })

  it.each<[string, Secret]>([
    ['has none', jwt('{}')],
    ['has one of another type', jwt(`{"iat":"${NOON / 1000}"}`)],
    ['has claims that are no object', jwt('[]')],
    ['has claims that are no JSON', jwt('text')],
    ['has no claims', new Secret('eyJhbGciOi')]
  ])('goes by the Date of its mint if it %s', (_what, token) => {
    const after = [-60_000, 60_000, 60_001].map((ms) => statusOf({ token, date: NOON }, NOON + ms))
    expect(after).toEqual(['active', 'active', 'unknown'])
    expect(statusOf({ token, date: undefined }, NOON)).toBe('unknown')
  })
})

it.each([
  [1000, 1500, true],
  [1500, 1000, true],
  [1000, 1501, false],
  [null, 1000, false],
  [undefined, 1000, false],
  [1000, undefined, false]
])('isNear %p is near to %p within 500 ms: %p', (time, other, expected) => {
  expect(isNear(time, other, 500)).toBe(expected)
})
