import { describe, expect, it } from '@jest/globals'
import { ORIGIN, testClient } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { nock, useNock } from '../../support/nock.ts'
import { type ZendeskResponse } from '../../../src/zendesk/http/response.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { LostResponses } from '../../../src/zendesk/lost-responses.ts'
import { readTokenResponse, sendMint, type TokenResponse } from '../../../src/zendesk/token-response.ts'

const API_TOKEN = { kind: 'api_token' } as Credential
const CLIENT_CREDENTIALS = { kind: 'client_credentials' } as Credential
const REFRESH_TOKEN = { kind: 'refresh_token' } as Credential
const MINT = { operation: 'grantToken', method: 'POST', path: '/oauth/tokens' } as const
const BOTH = { access_token: 'access-1', refresh_token: 'refresh-1' }

useNock()

const read = (json: unknown, credential: Credential): TokenResponse =>
  readTokenResponse({ json, date: NOON } as ZendeskResponse, credential)

describe('readTokenResponse, of a mint by an admin,', () => {
  it('has the full token, its facts and no refresh token', () => {
    const reported = { id: 5, client_id: 6, user_id: 7, scopes: ['read'], expires_at: null }
    const tokens = { token: 'fulltoken-', full_token: 'fulltoken-and-more', refresh_token: 'refresh-1' }
    const response = read({ token: { ...reported, ...tokens } }, API_TOKEN)
    expect(response.token?.reveal()).toBe('fulltoken-and-more')
    expect(response.facts).toMatchObject({ id: 5, clientId: 6, userId: 7, scopes: ['read'], expiresAt: null })
    expect(response).toMatchObject({ refreshToken: undefined, expiresIn: undefined, date: NOON })
  })

  it.each([undefined, 'text', [], {}, { token: 'abcdefgh' }, { token: { full_token: 'short' } }, BOTH])(
    'has no token in %j',
    (json) => {
      expect(read(json, API_TOKEN)).toMatchObject({ token: undefined, refreshToken: undefined })
    }
  )
})

describe('readTokenResponse, of a grant,', () => {
  it('has the tokens, the scopes and the lifetime', () => {
    const json = { ...BOTH, token_type: 'bearer', scope: 'read write', expires_in: 1800 }
    const response = read(json, REFRESH_TOKEN)
    expect(response.token?.reveal()).toBe('access-1')
    expect(response.refreshToken?.reveal()).toBe('refresh-1')
    expect(response.facts).toMatchObject({ id: undefined, scopes: ['read', 'write'] })
    expect(response).toMatchObject({ expiresIn: 1800, date: NOON })
  })

  it('has no token in the form that an admin gets', () => {
    expect(read({ token: { full_token: 'abcdefgh' } }, REFRESH_TOKEN).token).toBeUndefined()
  })

  it('has a refresh token even without a usable access token, however short it is', () => {
    const response = read({ access_token: 17, refresh_token: 'r' }, REFRESH_TOKEN)
    expect(response.token).toBeUndefined()
    expect(response.refreshToken?.reveal()).toBe('r')
  })

  it('has no refresh token if that is not one word, or is too long', () => {
    const values = [undefined, null, 5, '', 'two words', 'line\nbreak', 'x'.repeat(8193)]
    const isUsed = (refresh_token: unknown): boolean =>
      read({ ...BOTH, refresh_token }, REFRESH_TOKEN).refreshToken !== undefined
    expect(values.filter(isUsed)).toEqual([])
  })

  it.each([undefined, null, '3600', 0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER])(
    'has no lifetime if that is %j',
    (expires_in) => {
      expect(read({ ...BOTH, expires_in }, REFRESH_TOKEN).expiresIn).toBeUndefined()
    }
  )
})

describe('sendMint', () => {
  it.each([
    ['client credentials, whose refresh token nobody uses', CLIENT_CREDENTIALS, ['access-1']],
    ['a refresh token', REFRESH_TOKEN, ['access-1', 'refresh-1']]
  ])('masks the tokens in each response to %s', async (_what, credential, masks) => {
    nock(ORIGIN).post('/oauth/tokens').reply(500, BOTH).post('/oauth/tokens').reply(200, BOTH)
    const { client, log } = testClient()
    const lost = new LostResponses()
    const { response, reported } = await sendMint(client, MINT, { credential, lost, grace: 0 })
    expect([response.status, reported.token?.reveal()]).toEqual([200, 'access-1'])
    expect(log.of('mask')).toEqual([...masks, ...masks])
  })

  it.each([
    [[200], 0, false],
    [[503, 200], 0, false],
    [[502, 504, 200], 2, true],
    [[503, 503, 503, 503, 502], 1, false]
  ])('counts, of the responses %j, %d as lost; retried after one: %s', async (statuses, count, isRetried) => {
    for (const status of statuses) nock(ORIGIN).post('/oauth/tokens').reply(status)
    const lost = new LostResponses()
    await sendMint(testClient().client, MINT, { credential: CLIENT_CREDENTIALS, lost, grace: 0 })
    expect(lost).toMatchObject({ count, isRetried })
  })
})
