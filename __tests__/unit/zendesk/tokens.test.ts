import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  createToken,
  currentToken,
  revokeToken,
  scopesOf,
  tokenFacts,
  tokensOf,
  usableId,
  usableToken
} from '../../../src/zendesk/tokens.ts'

const secret = new Secret('the secret one')

describe('the requests for tokens', () => {
  it('create one for a client, by its number', () => {
    const call = createToken({ kind: 'access-token', accessToken: secret }, 42, ['read', 'write'])
    expect(call).toMatchObject({ method: 'POST', path: '/api/v2/oauth/tokens' })
    expect(call.authorization?.reveal()).toBe('Bearer the secret one')
    expect(call.body?.reveal()).toBe('{"token":{"client_id":42,"scopes":["read","write"]}}')
  })

  it('ask for the one that the request is made with', () => {
    const call = currentToken(secret)
    expect(call).toMatchObject({ method: 'GET', path: '/api/v2/oauth/tokens/current' })
    expect(call.authorization?.reveal()).toBe('Bearer the secret one')
    expect(call.body).toBeUndefined()
  })

  it('revoke one by its id, or the one that the request is made with', () => {
    expect(revokeToken(7, secret)).toEqual({
      method: 'DELETE',
      path: '/api/v2/oauth/tokens/7',
      authorization: secret
    })
    expect(revokeToken('current', secret).path).toBe('/api/v2/oauth/tokens/current')
  })

  it("list a client's tokens, of one user or of all", () => {
    expect(tokensOf(42, false)).toBe('/api/v2/oauth/tokens?client_id=42')
    expect(tokensOf(42, true)).toBe('/api/v2/oauth/tokens?client_id=42&all=true')
  })
})

describe('usableToken', () => {
  it.each(['12345678', '!~abcdef', 'a.b-c_d/e+f=', 'x'.repeat(8192)])('takes %.20s', (value) => {
    expect(usableToken(value)?.reveal()).toBe(value)
  })

  it.each([
    undefined,
    null,
    12345678,
    ['12345678'],
    { token: '12345678' },
    '',
    '1234567',
    'x'.repeat(8193),
    'with space',
    'new\nline1',
    '12345678\n',
    'tökén-äää',
    'nul\u0000l1234',
    'del\u007f12345'
  ])('refuses %.20j', (value) => {
    expect(usableToken(value)).toBeUndefined()
  })
})

describe('usableId', () => {
  it.each([1, 360000000000, Number.MAX_SAFE_INTEGER])('takes %d', (value) => {
    expect(usableId(value)).toBe(value)
  })

  it.each([0, -1, 1.5, NaN, Infinity, 2 ** 53, '5', null, undefined, true, [5], {}])(
    'refuses %j',
    (value) => {
      expect(usableId(value)).toBeUndefined()
    }
  )
})

describe('scopesOf', () => {
  it.each([
    ['read write', ['read', 'write']],
    [' read \n write ', ['read', 'write']],
    [
      ['read', 'write'],
      ['read', 'write']
    ],
    [
      ['read', 5, null, 'write'],
      ['read', 'write']
    ],
    [['read', 'two words', 'line\nbreak', '', 'ünï'], ['read']]
  ])('reads %j', (value, scopes) => {
    expect(scopesOf(value)).toEqual(scopes)
  })

  it.each([undefined, null, 5, {}, true, '', ' ', []])('is not told by %j', (value) => {
    expect(scopesOf(value)).toBeUndefined()
  })
})

describe('tokenFacts', () => {
  it('reads what Zendesk tells', () => {
    expect(
      tokenFacts({
        id: 223443,
        client_id: 41,
        user_id: 29451,
        url: 'https://acme.zendesk.com/api/v2/oauth/tokens/223443.json',
        scopes: ['read', 'write'],
        token: 'af3345kdj3',
        created_at: '2026-11-21T12:00:00Z',
        expires_at: '2026-11-22T12:00:00Z',
        used_at: '2026-11-21T12:30:00Z'
      })
    ).toEqual({
      id: 223443,
      clientId: 41,
      userId: 29451,
      scopes: ['read', 'write'],
      expiresAt: Date.UTC(2026, 10, 22, 12),
      createdAt: Date.UTC(2026, 10, 21, 12),
      usedAt: Date.UTC(2026, 10, 21, 12, 30),
      prefix: 'af3345kdj3'
    })
  })

  it('tells no expiry that Zendesk set to none from one that it did not tell', () => {
    expect(tokenFacts({ expires_at: null }).expiresAt).toBeNull()
    expect(tokenFacts({}).expiresAt).toBeUndefined()
  })

  it('tells a token that was never used from one of which that cannot be read', () => {
    expect(tokenFacts({ used_at: null }).usedAt).toBeNull()
    expect(tokenFacts({}).usedAt).toBeNull()
    expect(tokenFacts({ used_at: 'yesterday' }).usedAt).toBeNaN()
    expect(tokenFacts({ used_at: 17 }).usedAt).toBeNaN()
  })

  it('does not know when a token was created of which Zendesk says null', () => {
    expect(tokenFacts({ created_at: null }).createdAt).toBeUndefined()
  })

  it.each([
    undefined,
    null,
    'text',
    [],
    { id: '1', client_id: -1, user_id: 1.5, scopes: 7, token: 8, expires_at: 1e12, created_at: 'soon' }
  ])('takes wrong types for what was not told: %j', (value) => {
    expect(tokenFacts(value)).toEqual({
      id: undefined,
      clientId: undefined,
      userId: undefined,
      scopes: undefined,
      expiresAt: undefined,
      createdAt: undefined,
      usedAt: null,
      prefix: undefined
    })
  })
})
