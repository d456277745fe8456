import { describe, expect, it } from '@jest/globals'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { readMintReply } from '../../../src/zendesk/token-response.ts'

const ADMIN = { kind: 'api-token' } as Credential
const GRANT = { kind: 'refresh-token' } as Credential

describe('readMintReply, for a token that an admin created', () => {
  it('takes the full token and not its beginning, and what is told of it', () => {
    const reply = readMintReply(
      {
        token: {
          id: 5,
          client_id: 6,
          user_id: 7,
          scopes: ['read'],
          token: 'fulltoken-',
          full_token: 'fulltoken-and-more',
          refresh_token: 'refresh-1',
          created_at: '2026-11-21T12:00:00Z',
          expires_at: null
        }
      },
      ADMIN
    )
    expect(reply.token?.reveal()).toBe('fulltoken-and-more')
    expect(reply.refreshToken?.reveal()).toBe('refresh-1')
    expect(reply.facts).toMatchObject({ id: 5, clientId: 6, userId: 7, scopes: ['read'], expiresAt: null })
    expect(reply.expiresIn).toBeUndefined()
  })

  it('takes nothing of the other form of reply', () => {
    expect(readMintReply({ access_token: 'abcdefgh' }, ADMIN).token).toBeUndefined()
  })

  it.each([
    undefined,
    null,
    'text',
    [],
    {},
    { token: null },
    { token: 'abcdefgh' },
    { token: { full_token: 'short' } }
  ])('finds no token in %j', (json) => {
    expect(readMintReply(json, ADMIN)).toMatchObject({ token: undefined, refreshToken: undefined })
  })
})

describe('readMintReply, for a grant', () => {
  it('takes the tokens, the scopes and the lifetime', () => {
    const reply = readMintReply(
      {
        access_token: 'access-1',
        refresh_token: 'refresh-1',
        token_type: 'bearer',
        scope: 'read write',
        expires_in: 1800
      },
      GRANT
    )
    expect(reply.token?.reveal()).toBe('access-1')
    expect(reply.refreshToken?.reveal()).toBe('refresh-1')
    expect(reply.facts.scopes).toEqual(['read', 'write'])
    expect(reply.facts.id).toBeUndefined()
    expect(reply.expiresIn).toBe(1800)
  })

  it('takes nothing of the other form of reply', () => {
    expect(readMintReply({ token: { full_token: 'abcdefgh' } }, GRANT).token).toBeUndefined()
  })

  it('does not lose a refresh token that came with no token that can be used, however short it is', () => {
    const reply = readMintReply({ access_token: 17, refresh_token: 'r' }, GRANT)
    expect(reply.token).toBeUndefined()
    expect(reply.refreshToken?.reveal()).toBe('r')
  })

  it.each([undefined, null, 5, '', 'two words', 'line\nbreak', 'x'.repeat(8193)])(
    'takes %.20j for no refresh token',
    (refresh_token) => {
      expect(readMintReply({ access_token: 'abcdefgh', refresh_token }, GRANT).refreshToken).toBeUndefined()
    }
  )

  it.each([undefined, null, '3600', 0, -1, 1.5, 1e300])('takes %j for no lifetime', (expires_in) => {
    expect(readMintReply({ access_token: 'abcdefgh', expires_in }, GRANT).expiresIn).toBeUndefined()
  })

  it('tells no scopes where the reply tells none', () => {
    expect(readMintReply({ access_token: 'abcdefgh' }, GRANT).facts.scopes).toBeUndefined()
  })
})
