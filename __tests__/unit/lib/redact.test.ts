import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import type * as Redact from '../../../src/lib/redact.ts'

/** The module keeps the known secrets, so each test imports it anew. */
let redact: typeof Redact

beforeEach(async () => {
  jest.resetModules()
  redact = await import('../../../src/lib/redact.ts')
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('A known secret', () => {
  const SECRET = 'p+ss w/rd"=ü&<b>'

  it.each([
    ['as it is', SECRET],
    ['in upper case', SECRET.toUpperCase()],
    ['as JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['as a form field', new URLSearchParams([['', SECRET]]).toString().slice(1)],
    ['as base64', base64(SECRET)],
    ['as base64url', Buffer.from(SECRET).toString('base64url')],
    ['as hexadecimal digits', Buffer.from(SECRET).toString('hex')],
    ['as hexadecimal digits in upper case', Buffer.from(SECRET).toString('hex').toUpperCase()]
  ])('is hidden in quotes and in our own lines when it is repeated %s', (_form, repeated) => {
    redact.addSecret(SECRET)
    expect(redact.clean(`before ${repeated} after ${repeated}`)).toBe('before *** after ***')
    expect(redact.oneLine(`before ${repeated} after ${repeated}`)).toBe('before *** after ***')
  })

  it.each([
    ['', '***'],
    ['a', '***'],
    ['ab', '***'],
    ['abc', '***'],
    ['id:', '***'],
    ['ci_bot:', '***']
  ])('is hidden in the base64 of a Basic header in which %j precedes it', (prefix) => {
    const secret = 'kJ7-secret-value-of-31-bytes-+9'
    redact.addSecret(secret)
    const whole = base64(prefix + secret)
    // What remains may hold the prefix and the few bits that share a character with it.
    const before = Math.ceil((prefix.length * 4) / 3)
    expect(redact.oneLine(whole)).toMatch(new RegExp(`^.{0,${before}}\\*\\*\\*.?=*$`))
    expect(redact.oneLine(whole).slice(0, before)).toBe(before === 0 ? '' : whole.slice(0, before))
  })
})

it('nothing under 4 characters counts as a secret', () => {
  const { oneLine, addSecret } = redact
  addSecret('abc')
  expect(oneLine('abc is no secret')).toBe('abc is no secret')
})

it('letters whose lower case is longer keep their place', () => {
  const { oneLine, addSecret } = redact
  addSecret('İstanbul-secret')
  expect(oneLine('a İstanbul-secret here')).toBe('a *** here')
})
