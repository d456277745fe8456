import { describe, expect, it, jest } from '@jest/globals'
import { NOON } from '../../support/clock.ts'
import { play, type FakeClient } from '../../support/fake-client.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { type ZendeskResponse } from '../../../src/zendesk/http/response.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'
import { readTokenResponse, sendMint, type TokenResponse } from '../../../src/zendesk/token-response.ts'

const MINT = { operation: 'grantToken', method: 'POST', path: '/oauth/tokens' } as const
const BOTH = { access_token: 'access-1', refresh_token: 'refresh-1' }
const ADMIN = { full_token: 'fulltoken-and-more' }

const read = (json: unknown, kind: Credential['kind']): TokenResponse =>
  readTokenResponse({ json, date: NOON } as ZendeskResponse, { kind } as Credential)

describe('readTokenResponse', () => {
  it('has the full token of a mint by an admin, its facts and no refresh token', () => {
    const token = { ...ADMIN, id: 5, scopes: ['read'], expires_at: null, refresh_token: 'refresh-1' }
    const response = read({ token }, 'api_token')
    expect(response.token?.reveal()).toBe('fulltoken-and-more')
    expect(response.facts).toMatchObject({ id: 5, scopes: ['read'], expiresAt: null })
    expect(response).toMatchObject({ refreshToken: undefined, expiresIn: undefined, date: NOON })
  })

  it.each<[Credential['kind'], unknown]>([
    ['api_token', undefined],
    ['api_token', 'text'],
    ['api_token', { token: 'abcdefgh' }],
    ['api_token', { token: { full_token: 'short' } }],
    ['api_token', BOTH],
    ['refresh_token', { token: ADMIN }]
  ])('of a mint with %s has no token in %j', (kind, json) => {
    expect(read(json, kind)).toMatchObject({ token: undefined, refreshToken: undefined })
  })

  it('has the tokens of a grant, the scopes and the lifetime', () => {
    const response = read({ ...BOTH, scope: 'read write', expires_in: 1800 }, 'refresh_token')
    expect(response.token?.reveal()).toBe('access-1')
    expect(response.refreshToken?.reveal()).toBe('refresh-1')
    expect(response.facts).toMatchObject({ id: undefined, scopes: ['read', 'write'] })
    expect(response).toMatchObject({ expiresIn: 1800, date: NOON })
  })

  it('has any refresh token of one word, even without a usable access token', () => {
    const response = read({ access_token: 17, refresh_token: 'r' }, 'refresh_token')
    expect(response.token).toBeUndefined()
    expect(response.refreshToken?.reveal()).toBe('r')
    const values = [null, 5, '', 'two words', 'line\nbreak', 'x'.repeat(8193)]
    const isUsed = (refresh_token: unknown): boolean =>
      read({ ...BOTH, refresh_token }, 'refresh_token').refreshToken !== undefined
    expect(values.filter(isUsed)).toEqual([])
  })

  it('has only a lifetime that is a time', () => {
    const values = [undefined, '3600', 0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER]
    const lifetimes = values.map((expires_in) => read({ ...BOTH, expires_in }, 'refresh_token').expiresIn)
    expect(lifetimes).toEqual(values.map(() => undefined))
  })
})

it.each<[Credential['kind'], string, string[], number]>([
  ['client_credentials', '200 both', ['access-1'], 0],
  ['refresh_token', 'timeout then 200 both', ['access-1', 'refresh-1'], 1]
])('sendMint of %s, with %s, masks %j and counts %d as lost', async (kind, reply, masks, count) => {
  const lost = new LostResponses()
  const work = async (client: ZendeskClient & FakeClient): Promise<void> => {
    const terms = { credential: { kind } as Credential, lost, grace: 5 }
    const respond = jest.spyOn(client.world, 'respond')
    const { response, reported } = await sendMint(client, MINT, terms)
    expect([response.status, reported.token?.reveal()]).toEqual([200, 'access-1'])
    expect(respond.mock.calls[0]?.[1].grace).toBe(5)
    expect(client.log.of('mask')).toEqual(masks)
  }
  await play(`POST tokens: ${reply}`, work, { bodies: { '200 both': BOTH } })
  expect(lost).toMatchObject({ count, isRetried: count > 0 })
})
