import { describe, expect, it } from '@jest/globals'

import {
  adminId,
  agentId,
  type Fault,
  type Token,
  type TokenSeed,
  type Zendesk
} from '../../../mock/zendesk.ts'
import { cancelAtRequest } from '../../support/cancel.ts'
import { HOUR, NOON, DAY } from '../../support/clock.ts'
import { count, shown } from '../../support/log-lines.ts'
import { type StepEnd, sweep } from '../../support/run-action.ts'
import {
  type credentials,
  deletionById,
  edited,
  json403,
  json404,
  lookUp,
  mockZendesk
} from '../../support/zendesk.ts'

const REVOKE = { 'dry-run': 'false' }
const LIST = { method: 'GET', path: '/api/v2/oauth/tokens' }
const ME = { method: 'GET', path: '/api/v2/users/me' }

function outcome({ outputs: { matched, revoked, failed } }: StepEnd): (string | undefined)[] {
  return [matched, revoked, failed]
}

const isRevoked = (tokens: readonly Token[]): boolean[] => tokens.map(({ revoked }) => revoked)

/** The sweep failed with one error, and revoked none of these tokens; its own cleanup token is revoked. */
function expectFailure(zendesk: Zendesk, step: StepEnd, seeded: Token[]): void {
  expect(step).toMatchObject({ exitCode: 1, stderr: '' })
  expect(count(step, 'error')).toBe(1)
  expect(zendesk.activeTokens()).toEqual(seeded)
}

/** The response about the token that the sweep works with, with this member changed or missing. */
function currentWith(change: Record<string, unknown>): Fault {
  return edited<{ token: object }>(({ token }) => ({ token: { ...token, ...change } }))
}

/** Sweeps an old token that is listed with this change, and one that is stale; whether the first was revoked. */
async function isStaleIf(
  change: Record<string, unknown>,
  seed: TokenSeed = {},
  credential: keyof typeof credentials = 'clientCredentials'
): Promise<boolean> {
  const zendesk = await mockZendesk()
  const token = zendesk.seedTokens(1, { age: 10 * DAY, ...seed })[0]!
  const stale = zendesk.seedTokens(1, { age: 10 * DAY })[0]!
  const list = edited<{ tokens: { id: number }[] }>((body) => ({
    ...body,
    tokens: body.tokens.map((each) => (each.id === token.id ? { ...each, ...change } : each))
  }))
  zendesk.fault(LIST, list)
  const step = await sweep(zendesk, credential, REVOKE)
  expect(step).toMatchObject({ exitCode: 0, stderr: '' })
  expect(stale.revoked).toBe(true)
  expect(outcome(step)).toEqual(token.revoked ? ['2', '2', '0'] : ['1', '1', '0'])
  return token.revoked
}

describe('a sweep of the tokens of one user', () => {
  it.concurrent.each(['clientCredentials', 'apiToken', 'accessToken'] as const)(
    'does not revoke those of others, even if Zendesk lists them (%s)',
    async (credential) => {
      expect(await isStaleIf({ user_id: agentId }, {}, credential)).toBe(false)
    }
  )

  const anonymous: Fault = {
    kind: 'response',
    status: 200,
    body: { user: { id: null, name: 'Anonymous user' } }
  }
  const idAsString: Fault = { kind: 'response', status: 200, body: { user: { id: String(adminId) } } }
  const page: Fault = { kind: 'html' }
  it.concurrent.each<['apiToken' | 'accessToken' | 'clientCredentials', string, Fault]>([
    ['apiToken', 'an anonymous user', anonymous],
    ['apiToken', 'an id that is a string', idAsString],
    ['apiToken', 'an HTML 403', { kind: 'gateway' }],
    ['apiToken', 'a 200 with HTML', page],
    ['apiToken', 'a JSON 403', json403],
    ['clientCredentials', 'an HTML 403', { kind: 'gateway' }],
    ['clientCredentials', 'a 200 with HTML', page],
    ['clientCredentials', 'a token without user', currentWith({ user_id: undefined })],
    ['accessToken', 'an HTML 403', { kind: 'gateway' }],
    ['accessToken', 'a 200 with HTML', page],
    ['accessToken', 'a token without user', currentWith({ user_id: undefined })],
    ['accessToken', 'a token without id', currentWith({ id: undefined })]
  ])(
    'fails before it lists tokens if the look-up of its user (%s) gets: %s',
    async (credential, _what, fault) => {
      const zendesk = await mockZendesk()
      const seeded = zendesk.seedTokens(3)
      zendesk.fault(credential === 'apiToken' ? ME : lookUp, fault)
      expectFailure(zendesk, await sweep(zendesk, credential, REVOKE), seeded)
      expect(zendesk.seen()).not.toContain(`GET ${LIST.path}`)
    }
  )

  it.concurrent.each([
    ['clientCredentials', 'false'],
    ['accessToken', 'false'],
    ['accessToken', 'true']
  ] as const)(
    'fails before it lists tokens if Zendesk shows another token as its own (%s, `all-users: %s`)',
    async (credential, allUsers) => {
      const zendesk = await mockZendesk()
      const seeded = zendesk.seedTokens(3, { userId: agentId })
      zendesk.behaviour.currentIsAbout = seeded[0]!.id
      const step = await sweep(zendesk, credential, { ...REVOKE, 'all-users': allUsers })
      expectFailure(zendesk, step, seeded)
      expect(zendesk.seen()).not.toContain(`GET ${LIST.path}`)
    }
  )
})

describe('a token is stale by both clocks or not at all:', () => {
  /** Two that are stale by neither clock, and one that is by both. */
  const ages: TokenSeed = { age: (index) => [HOUR, 23 * HOUR, 10 * DAY][index]! }
  const uses: TokenSeed = { age: 10 * DAY, usedAgo: (index) => [HOUR, 23 * HOUR, 5 * DAY][index]! }
  const young = [false, false, true]

  it.concurrent.each<[string, TokenSeed, number, number, boolean[]]>([
    ['young tokens are not revoked if the runner is two days ahead', ages, 2, 0, young],
    ['young tokens are not revoked if the runner is two days behind', ages, -2, 0, young],
    ['young tokens are not revoked if the `Date` of responses is two days ahead', ages, 0, 2, young],
    ['young tokens are not revoked if the `Date` of responses is two days behind', ages, 0, -2, young],
    ['tokens in use are not revoked if the `Date` of responses is two days ahead', uses, 0, 2, young],
    [
      'a token expires by the `Date` of responses, not by the clock of the runner',
      { age: 10 * DAY, expiresIn: (index) => [HOUR, -HOUR, HOUR][index]! },
      2,
      0,
      [true, false, true]
    ]
  ])('%s', async (_what, seed, runnerDays, dateDays, expected) => {
    const zendesk = await mockZendesk({ dateSkew: dateDays * DAY })
    const tokens = zendesk.seedTokens(3, seed)
    const step = await sweep(zendesk, 'clientCredentials', REVOKE, { now: NOON + runnerDays * DAY })
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(isRevoked(tokens)).toEqual(expected)
    const stale = String(expected.filter(Boolean).length)
    expect(outcome(step)).toEqual([stale, stale, '0'])
  })
})

describe('a token with a refresh token', () => {
  const active: TokenSeed = { refreshExpiresIn: 30 * DAY }
  const unknown = { refresh_token_expires_at: undefined }

  it.concurrent.each<[string, Record<string, unknown>, TokenSeed]>([
    ['that has expired', {}, { age: 60 * DAY, refreshExpiresIn: -DAY }],
    ['that is null', { refresh_token: null }, active],
    ['that is missing', { refresh_token: undefined }, active]
  ])('%s is stale', async (_what, change, seed) => {
    expect(await isStaleIf(change, seed)).toBe(true)
  })

  it.concurrent.each<[string, Record<string, unknown>]>([
    ['that is active', {}],
    ['whose expiry is missing', unknown],
    ['whose expiry is null', { refresh_token_expires_at: null }],
    ['whose expiry has no time zone', { refresh_token_expires_at: '2026-01-01T00:00:00' }],
    ['whose expiry is a number', { refresh_token_expires_at: 1 }],
    ['that is an empty string', { refresh_token: '', ...unknown }]
  ])('%s is not stale', async (_what, change) => {
    expect(await isStaleIf(change, active)).toBe(false)
  })
})

describe('a token is not stale if', () => {
  it.concurrent.each<[string, Record<string, unknown>]>([
    ['`used_at` is missing', { used_at: undefined }],
    ['`used_at` has no time zone', { used_at: '2026-01-01T00:00:00' }],
    ['`used_at` is a number', { used_at: 1 }],
    ['`used_at` is `false`', { used_at: false }],
    ['`used_at` is empty', { used_at: '' }],
    ['`user_id` is missing', { user_id: undefined }],
    ['`user_id` is null', { user_id: null }],
    ['`user_id` is a string', { user_id: String(adminId) }],
    ['`expires_at` is missing', { expires_at: undefined }],
    ['`expires_at` has no time zone', { expires_at: '2027-01-01T00:00:00' }],
    ['`expires_at` is a number', { expires_at: 1_900_000_000 }],
    ['`created_at` is missing', { created_at: undefined }],
    ['`created_at` is null', { created_at: null }],
    ['`created_at` has no time zone', { created_at: '2026-01-01T00:00:00' }],
    ['`created_at` has no time', { created_at: '2026-01-01' }],
    ['`created_at` is a number', { created_at: 1 }],
    ['`client_id` is missing', { client_id: undefined }],
    ['`client_id` is a string', { client_id: '360000000101' }],
    ['`id` is a string', { id: '22000000002' }],
    ['`id` is negative', { id: -1 }]
  ])('%s', async (_what, change) => {
    expect(await isStaleIf(change)).toBe(false)
  })

  it.concurrent('but it is stale if `used_at` is null: it was never used', async () => {
    expect(await isStaleIf({ used_at: null }, { usedAgo: HOUR })).toBe(true)
  })
})

describe('a sweep fails, and its counts say so, if the DELETE of a token gets', () => {
  it.concurrent.each<[string, Fault]>([
    ['a 200 with HTML', { kind: 'html' }],
    ['an HTML 404', { kind: 'gateway', status: 404 }],
    ['an HTML 401', { kind: 'gateway', status: 401 }],
    ['an HTML 403', { kind: 'gateway', status: 403 }],
    ['an empty 404', { kind: 'empty', status: 404 }]
  ])('%s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(2)
    const handle = zendesk.fault({ ...deletionById, count: 2 }, fault)
    const step = await sweep(zendesk, 'clientCredentials', REVOKE)
    expect(outcome(step)).toEqual(['2', '0', '2'])
    expect(handle.hits).toBe(2)
    expectFailure(zendesk, step, tokens)
  })

  it.concurrent('but not a JSON 404: then the token is gone already', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(2)
    zendesk.fault({ ...deletionById, count: 2 }, json404)
    const step = await sweep(zendesk, 'clientCredentials', REVOKE)
    expect(outcome(step)).toEqual(['2', '2', '0'])
    expect(step.exitCode).toBe(0)
  })
})

describe('a sweep fails, and revokes only its cleanup token, if', () => {
  it.concurrent.each<[string, Fault]>([
    ['a 200 with HTML', { kind: 'html' }],
    ['an HTML 403', { kind: 'gateway' }],
    ['an HTML 404', { kind: 'gateway', status: 404 }],
    ['JSON without tokens', { kind: 'response', status: 200, body: {} }]
  ])('its request for the list gets %s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(2)
    zendesk.fault(LIST, fault)
    expectFailure(zendesk, await sweep(zendesk, 'clientCredentials', REVOKE), tokens)
  })

  // Windows has no signals that a process could handle.
  const itWithSignals = process.platform === 'win32' ? it.skip : it.concurrent
  itWithSignals('the job is cancelled (SIGHUP) while it lists tokens', async () => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(300)
    // The client list, the mint, `current`, and one page of the list.
    const cancel = cancelAtRequest(zendesk, 4, 'SIGHUP')
    const step = await sweep(zendesk, 'clientCredentials', REVOKE, cancel)
    expect(step.signal).toBeNull()
    expectFailure(zendesk, step, tokens)
    expect(shown(step)).not.toContain(zendesk.client('ci_bot').secret)
  })
})
