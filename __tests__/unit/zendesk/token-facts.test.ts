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

it('usableToken accepts 8 to 8192 visible ASCII characters, and nothing else', () => {
  const good = ['12345678', '!~abcdef', 'x'.repeat(8192)]
  const bad = [undefined, null, 12345678, ['12345678'], '', '1234567', 'x'.repeat(8193), 'tökén-äää']
  const blank = ['with space', '12345678\n', 'nul\u0000l1234', 'del\u007f12345']
  const accepted = [...bad, ...blank, ...good].flatMap((value) => usableToken(value)?.reveal() ?? [])
  expect(accepted).toEqual(good)
})

it('positiveInteger accepts safe integers above 0, and nothing else', () => {
  const good = [1, 360000000000, Number.MAX_SAFE_INTEGER]
  const bad = [0, -1, 1.5, NaN, Infinity, 2 ** 53, '5', null, undefined, true, [5], {}]
  expect([...bad, ...good].flatMap((value) => positiveInteger(value) ?? [])).toEqual(good)
})

describe('scopesOf', () => {
  it.each<[unknown, string[] | undefined]>([
    ['  read   write ', ['read', 'write']],
    [['read', 5, null], ['read']],
    [['read', 'two words', 'line\nbreak', '', 'ünï', 'a:b:c'], ['read']],
    ['', []],
    [' ', []],
    [[], []],
    [[''], []],
    [undefined, undefined],
    [null, undefined],
    [{}, undefined],
    [['two words'], undefined],
    [[[['read']]], undefined]
  ])('reads %j as %j', (value, scopes) => {
    expect(scopesOf(value)).toEqual(scopes)
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

const NEVER = { expires_at: null, created_at: null, used_at: null, refresh_token: null }
const FOUND = { id: 223443, scopes: ['read', 'write'] }
const IDS = { ...FOUND, client_id: 41, user_id: 29451, token: 'af3345kdj3' }
const TIMES = {
  created_at: '2026-11-21T12:00:00Z',
  expires_at: '2026-11-22T14:00:00+02:00',
  used_at: '2026-11-21T12:30:00.500Z',
  refresh_token: 'abc',
  refresh_token_expires_at: '2026-12-21T12:00:00-0000'
}
const READ = {
  createdAt: Date.UTC(2026, 10, 21, 12),
  expiresAt: Date.UTC(2026, 10, 22, 12),
  usedAt: Date.UTC(2026, 10, 21, 12, 30, 0, 500),
  hasRefreshToken: true,
  refreshTokenExpiresAt: Date.UTC(2026, 11, 21, 12)
}

it.each<[string, unknown, object?]>([
  ['ids and scopes', IDS, { ...FOUND, clientId: 41, userId: 29451, prefix: 'af3345kdj3' }],
  ['times', TIMES, READ],
  ['null, which is not nothing', NEVER, { expiresAt: null, createdAt: null, usedAt: null }],
  ['nothing from undefined', undefined],
  ['nothing from text', 'text'],
  ['nothing from other types', { id: '1', client_id: -1, scopes: 7, token: 8, used_at: 1e12 }],
  ['no time without a zone', { expires_at: '2026-11-21T12:00:00', created_at: '2026-11-21' }],
  ['no time that is none', { created_at: 'soon', used_at: '2026-99-21T12:00:00Z' }],
  ['no time in another form', { created_at: 'Tue Nov 24 2026 12:00:00 GMT-0500' }],
  ['no time from 900 kB of text', { expires_at: 'T'.repeat(900_000) }]
])('tokenFacts reads %s', (_what, value, facts = {}) => {
  expect(tokenFacts(value)).toEqual({ hasRefreshToken: false, ...facts })
})

it('isJwt goes by the beginning of the token', () => {
  expect([isJwt(new Secret('eyJhbGciOiJIUzI1NiJ9')), isJwt(new Secret('abcdefghij'))]).toEqual([true, false])
})
