import { describe, expect, it } from '@jest/globals'

import { ADMIN_ID, AGENT_ID, type TokenSeed } from '../../../mock/zendesk.ts'
import { DAY, HOUR, NOON } from '../../support/clock.ts'
import { sweep } from '../../support/run-action.ts'
import { edited, mockZendesk, TOKENS } from '../../support/zendesk.ts'

/** A kind of token: what is changed about an old one in the list, or in the account. */
type Kind = [what: string, listed?: Record<string, unknown>, seed?: TokenSeed]

const REFRESHABLE: TokenSeed = { refreshExpiresIn: 30 * DAY }
const UNKNOWN = { refresh_token_expires_at: undefined }

const STALE: Kind[] = [
  ['old, and never used'],
  ['used 25 h ago', {}, { usedAgo: 25 * HOUR }],
  ['a second older than the limit, and about to expire', {}, { age: 24 * HOUR + 1000, expiresIn: 1000 }],
  ['`used_at` is null', { used_at: null }, { usedAgo: HOUR }],
  ['the refresh token has expired', {}, { age: 60 * DAY, refreshExpiresIn: -DAY }],
  ['`refresh_token` is null', { refresh_token: null }, REFRESHABLE],
  ['`refresh_token` is missing', { refresh_token: undefined }, REFRESHABLE]
]

const notStale: Kind[] = [
  ['as old as the limit', {}, { age: 24 * HOUR }],
  ['used 23 h ago', {}, { usedAgo: 23 * HOUR }],
  ['expired', {}, { expiresIn: 0 }],
  ['of another client', {}, { client: 'admin_tools' }],
  ['of another user', { user_id: AGENT_ID }],
  ['the refresh token is active', {}, REFRESHABLE],
  ['the expiry of the refresh token is missing', UNKNOWN, REFRESHABLE],
  ['the expiry of the refresh token is null', { refresh_token_expires_at: null }, REFRESHABLE],
  [
    'the expiry of the refresh token has no time zone',
    { refresh_token_expires_at: '2026-01-01T00:00:00' },
    REFRESHABLE
  ],
  ['the expiry of the refresh token is a number', { refresh_token_expires_at: 1 }, REFRESHABLE],
  ['the refresh token is an empty string', { refresh_token: '', ...UNKNOWN }, REFRESHABLE],
  ['`used_at` is missing', { used_at: undefined }],
  ['`used_at` has no time zone', { used_at: '2026-01-01T00:00:00' }],
  ['`used_at` is a number', { used_at: 1 }],
  ['`used_at` is `false`', { used_at: false }],
  ['`used_at` is empty', { used_at: '' }],
  ['`expires_at` is missing', { expires_at: undefined }],
  ['`expires_at` has no time zone', { expires_at: '2027-01-01T00:00:00' }],
  ['`expires_at` is a number', { expires_at: 1_900_000_000 }],
  ['`created_at` is missing', { created_at: undefined }],
  ['`created_at` is null', { created_at: null }],
  ['`created_at` has no time zone', { created_at: '2026-01-01T00:00:00' }],
  ['`created_at` is a number', { created_at: 1 }],
  ['`created_at` has no time', { created_at: '2026-01-01' }],
  ['`user_id` is missing', { user_id: undefined }],
  ['`user_id` is null', { user_id: null }],
  ['`user_id` is a string', { user_id: String(ADMIN_ID) }],
  ['`client_id` is missing', { client_id: undefined }],
  ['`client_id` is a string', { client_id: '360000000101' }],
  ['`id` is a string', { id: '22000000002' }],
  ['`id` is negative', { id: -1 }]
]

const REVOKE = { 'dry-run': 'false' }

describe('a sweep revokes stale tokens, and no others', () => {
  it.concurrent.each(['clientCredentials', 'apiToken', 'accessToken'] as const)(
    'with %s',
    async (credential) => {
      // The filter of the list is not trusted.
      const zendesk = await mockZendesk({ filterByClient: false })
      const kinds = [...STALE, ...notStale].map(([what, listed = {}, seed]) => {
        const token = zendesk.seedTokens(1, { age: 10 * DAY, ...seed })[0]!
        return { what, listed, token }
      })
      const changes = new Map(kinds.map(({ token, listed }) => [token.id, listed]))
      zendesk.fault(
        { method: 'GET', path: TOKENS },
        edited<{ tokens: { id: number }[] }>((page) => ({
          ...page,
          tokens: page.tokens.map((token) => ({ ...token, ...changes.get(token.id) }))
        }))
      )
      const step = await sweep(zendesk, credential, REVOKE)
      const revoked = kinds.filter(({ token }) => token.revoked)
      expect(revoked.map(({ what }) => what)).toEqual(STALE.map(([what]) => what))
      const count = String(STALE.length)
      expect(step).toMatchObject({
        exitCode: 0,
        stderr: '',
        outputs: { matched: count, revoked: count, failed: '0' }
      })
      expect(JSON.parse(step.outputs['token-ids']!)).toEqual(revoked.map(({ token }) => token.id))
    }
  )
})

describe('a token is stale by both clocks or not at all:', () => {
  /** Two that are stale by neither clock, and one that is by both. */
  const ages: TokenSeed = { age: (index) => [HOUR, 23 * HOUR, 10 * DAY][index]! }
  const uses: TokenSeed = { age: 10 * DAY, usedAgo: (index) => [HOUR, 23 * HOUR, 5 * DAY][index]! }
  const expiries: TokenSeed = { age: 10 * DAY, expiresIn: (index) => [HOUR, -HOUR, HOUR][index]! }
  const young = [false, false, true]

  it.concurrent.each<[string, TokenSeed, number, number, boolean[]]>([
    ['young tokens are not revoked if the runner is two days ahead', ages, 2, 0, young],
    ['young tokens are not revoked if the runner is two days behind', ages, -2, 0, young],
    ['young tokens are not revoked if the `Date` of responses is two days ahead', ages, 0, 2, young],
    ['young tokens are not revoked if the `Date` of responses is two days behind', ages, 0, -2, young],
    ['tokens in use are not revoked if the `Date` of responses is two days ahead', uses, 0, 2, young],
    ['a token expires by the `Date` of responses, not by the runner', expiries, 2, 0, [true, false, true]]
  ])('%s', async (_what, seed, runnerDays, dateDays, expected) => {
    const zendesk = await mockZendesk({ dateSkew: dateDays * DAY })
    const tokens = zendesk.seedTokens(3, seed)
    const step = await sweep(zendesk, 'clientCredentials', REVOKE, { now: NOON + runnerDays * DAY })
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(tokens.map(({ revoked }) => revoked)).toEqual(expected)
  })
})
