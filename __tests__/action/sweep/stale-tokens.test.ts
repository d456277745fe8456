import { expect, it } from '@jest/globals'
import { AGENT_ID, type TokenSeed } from '../../../mock/zendesk.ts'
import { DAY, HOUR, NOON } from '../../support/clock.ts'
import { sweep } from '../../support/run-action.ts'
import { edited, mockZendesk, TOKENS } from '../../support/zendesk.ts'

/** A kind of token: what is changed about an old one in the list, or in the account. */
type Kind = [what: string, listed?: Record<string, unknown>, seed?: TokenSeed]

const REFRESHABLE: TokenSeed = { refreshExpiresIn: 30 * DAY }
const WITHOUT_ZONE = '2026-01-01T00:00:00'

const STALE: Kind[] = [
  ['old, and never used'],
  ['used 25 h ago', {}, { usedAgo: 25 * HOUR }],
  ['a second older than the limit, and about to expire', {}, { age: 24 * HOUR + 1000, expiresIn: 1000 }],
  ['`used_at` is null', { used_at: null }, { usedAgo: HOUR }],
  ['the refresh token has expired', {}, { age: 60 * DAY, refreshExpiresIn: -DAY }],
  ['`refresh_token` is null', { refresh_token: null }, REFRESHABLE]
]

/** What else a token has to report, and how, is in the unit tests of `stale-tokens.ts` and `token-facts.ts`. */
const NOT_STALE: Kind[] = [
  ['as old as the limit', {}, { age: 24 * HOUR }],
  ['used 23 h ago', {}, { usedAgo: 23 * HOUR }],
  ['expired', {}, { expiresIn: 0 }],
  ['of another client', {}, { client: 'admin_tools' }],
  ['of another user', { user_id: AGENT_ID }],
  ['the refresh token is active', {}, REFRESHABLE],
  ['the refresh token has no time zone', { refresh_token_expires_at: WITHOUT_ZONE }, REFRESHABLE],
  ['the refresh token is an empty string', { refresh_token: '', refresh_token_expires_at: 1 }, REFRESHABLE],
  ['`used_at` is missing', { used_at: undefined }],
  ['`expires_at` is missing', { expires_at: undefined }],
  ['`created_at` is null', { created_at: null }],
  ['`user_id` is missing', { user_id: undefined }],
  ['`client_id` is a string', { client_id: '360000000101' }]
]

it.concurrent.each(['clientCredentials', 'apiToken', 'accessToken'] as const)(
  'a sweep revokes stale tokens, and no others, with %s',
  async (credential) => {
    // The filter of the list is not trusted.
    const zendesk = await mockZendesk({ filterByClient: false })
    const kinds = [...STALE, ...NOT_STALE].map(([what, listed = {}, seed]) => {
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
    const step = await sweep(zendesk, credential, { 'dry-run': 'false' })
    const revoked = kinds.filter(({ token }) => token.revoked)
    expect(revoked.map(({ what }) => what)).toEqual(STALE.map(([what]) => what))
    const [count, ids] = [String(STALE.length), JSON.stringify(revoked.map(({ token }) => token.id))]
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(step.outputs).toEqual({ matched: count, revoked: count, failed: '0', 'token-ids': ids })
  }
)

/** Two that are stale by neither clock, and one that is by both. */
const AGES: TokenSeed = { age: (index) => [HOUR, 23 * HOUR, 10 * DAY][index]! }
const USES: TokenSeed = { age: 10 * DAY, usedAgo: (index) => [HOUR, 23 * HOUR, 5 * DAY][index]! }
const EXPIRIES: TokenSeed = { age: 10 * DAY, expiresIn: (index) => [HOUR, -HOUR, HOUR][index]! }

it.concurrent.each<[string, TokenSeed, number, number, boolean[]]>([
  ['is young by the `Date` is not, if the runner is two days ahead', AGES, 2, 0, [false, false, true]],
  ['is young by the runner is not, if the `Date` is two days ahead', AGES, 0, 2, [false, false, true]],
  ['is in use by the runner is not, if the `Date` is two days ahead', USES, 0, 2, [false, false, true]],
  ['expires by the `Date` soon is, if the runner is two days ahead', EXPIRIES, 2, 0, [true, false, true]]
])('of tokens stale by both clocks, what %s', async (_what, seed, ahead, skew, expected) => {
  const zendesk = await mockZendesk({ dateSkew: skew * DAY })
  const tokens = zendesk.seedTokens(3, seed)
  const run = { now: NOON + ahead * DAY }
  const step = await sweep(zendesk, 'clientCredentials', { 'dry-run': 'false' }, run)
  expect(step).toMatchObject({ exitCode: 0, stderr: '' })
  expect(tokens.map(({ revoked }) => revoked)).toEqual(expected)
})
