import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { addSecret } from '../../../src/lib/redact.ts'
import {
  isJwt,
  positiveInteger,
  scopesOf,
  tokenFacts,
  usableToken
} from '../../../src/zendesk/token-facts.ts'

describe('usableToken', () => {
  it('accepts 8 to 8192 visible ASCII characters', () => {
    const values = ['12345678', '!~abcdef', 'a.b-c_d/e+f=', 'x'.repeat(8192)]
    expect(values.map((value) => usableToken(value)?.reveal())).toEqual(values)
  })

  it.each([
    ['what is not text', [undefined, null, 12345678, ['12345678']]],
    ['what is too short or too long', ['', '1234567', 'x'.repeat(8193)]],
    ['a space or a control character', ['with space', '12345678\n', 'nul\u0000l1234', 'del\u007f12345']],
    ['letters beyond ASCII', ['tökén-äää']]
  ])('rejects %s', (_what, values) => {
    expect(values.filter((value) => usableToken(value) !== undefined)).toEqual([])
  })
})

describe('positiveInteger', () => {
  it.each([1, 360000000000, Number.MAX_SAFE_INTEGER])('accepts %d', (value) => {
    expect(positiveInteger(value)).toBe(value)
  })

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 53, '5', null, undefined, true, [5], {}])(
    'rejects %j',
    (value) => {
      expect(positiveInteger(value)).toBeUndefined()
    }
  )
})

describe('scopesOf', () => {
  it.each<[unknown, string[]]>([
    ['read write', ['read', 'write']],
    ['  read   write ', ['read', 'write']],
    [['read', 5, null], ['read']],
    [['read', 'two words', 'line\nbreak', '', 'ünï', 'a:b:c'], ['read']],
    ['', []],
    [' ', []],
    [[], []],
    [[''], []],
    [['', 'read'], ['read']]
  ])('reads %j as %j', (value, scopes) => {
    expect(scopesOf(value)).toEqual(scopes)
  })

  it.each([undefined, null, 5, {}, true, ['two words'], [[['read']]]])('reads nothing from %j', (value) => {
    expect(scopesOf(value)).toBeUndefined()
  })

  it('reads 4 kB, and more as if nothing were reported', () => {
    const almost = 'a '.repeat(2047)
    expect(scopesOf(`${almost}aa`)).toHaveLength(2048)
    expect(scopesOf(`${almost}aaa`)).toBeUndefined()
    expect(scopesOf(`${almost}aaa`.split(' '))).toBeUndefined()
  })

  it('leaves out a scope that repeats a secret, and reads nothing if several do so in pieces', () => {
    addSecret('k3yk3yk3yk3yQ9Zx71')
    expect(scopesOf('read k3yk3yk3yk3yQ9Zx71 write')).toEqual(['read', 'write'])
    expect(scopesOf('read k3yk3yk3y k3yQ9Zx71')).toBeUndefined()
  })

  it('does not exhaust the stack if lists are nested deeply', () => {
    const nested = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown
    expect(scopesOf(nested)).toBeUndefined()
  })
})

describe('tokenFacts', () => {
  const nothing = {
    id: undefined,
    clientId: undefined,
    userId: undefined,
    scopes: undefined,
    expiresAt: undefined,
    createdAt: undefined,
    usedAt: undefined,
    hasRefreshToken: false,
    refreshTokenExpiresAt: undefined,
    prefix: undefined
  }

  it('reads what Zendesk reports', () => {
    expect(
      tokenFacts({
        id: 223443,
        client_id: 41,
        user_id: 29451,
        scopes: ['read', 'write'],
        token: 'af3345kdj3',
        created_at: '2026-11-21T12:00:00Z',
        expires_at: '2026-11-22T14:00:00+02:00',
        used_at: '2026-11-21T12:30:00.500Z',
        refresh_token: 'abc',
        refresh_token_expires_at: '2026-12-21T12:00:00-0000'
      })
    ).toEqual({
      id: 223443,
      clientId: 41,
      userId: 29451,
      scopes: ['read', 'write'],
      expiresAt: Date.UTC(2026, 10, 22, 12),
      createdAt: Date.UTC(2026, 10, 21, 12),
      usedAt: Date.UTC(2026, 10, 21, 12, 30, 0, 500),
      hasRefreshToken: true,
      refreshTokenExpiresAt: Date.UTC(2026, 11, 21, 12),
      prefix: 'af3345kdj3'
    })
  })

  it('tells null from what is not reported', () => {
    const times = { expires_at: null, created_at: null, used_at: null, refresh_token: null }
    expect(tokenFacts(times)).toEqual({ ...nothing, expiresAt: null, createdAt: null, usedAt: null })
  })

  it.each([
    undefined,
    null,
    'text',
    [],
    { id: '1', client_id: -1, user_id: 1.5, scopes: 7, token: 8, expires_at: 1e12, created_at: 'soon' },
    { expires_at: '2026-11-21T12:00:00', created_at: '2026-11-21', used_at: '2026-99-21T12:00:00Z' },
    { created_at: 'Tue Nov 24 2026 12:00:00 GMT-0500' }
  ])('reads nothing from %j', (value) => {
    expect(tokenFacts(value)).toEqual(nothing)
  })

  it('reads no time from 900 kB of text', () => {
    expect(tokenFacts({ expires_at: 'T'.repeat(900_000) })).toEqual(nothing)
  })
})

describe('isJwt', () => {
  it.each([
    ['eyJhbGciOiJIUzI1NiJ9', true],
    ['abcdefghij-and-more', false]
  ])('of %s is %p', (token, expected) => {
    expect(isJwt(new Secret(token))).toBe(expected)
  })
})
