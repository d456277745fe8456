import { describe, expect, it } from '@jest/globals'

import { type InputValue } from '../../mock/runner.ts'
import { adminId, agentId, type Fault, type Token, type TokenSeed, type Zendesk } from '../../mock/zendesk.ts'
import {
  annotated,
  at,
  BY_ID,
  cancelAtRequest,
  count,
  credentials,
  CURRENT,
  edited,
  HOUR,
  mockZendesk,
  NOON,
  runStep,
  shown,
  type StepEnd,
  type StepRun
} from './adapter.ts'

const DAY = 24 * HOUR
const LIST = { method: 'GET', path: '/api/v2/oauth/tokens' }
const ME = { method: 'GET', path: '/api/v2/users/me' }
const kinds = ['clientCredentials', 'apiToken', 'accessToken'] as const

/** Sweeps for good. */
function sweep(
  zendesk: Zendesk,
  inputs: Record<string, InputValue> = {},
  { credential = 'clientCredentials', ...run }: StepRun & { credential?: (typeof kinds)[number] } = {}
): Promise<StepEnd> {
  return runStep('sweep', {
    inputs: at(zendesk, { ...credentials[credential](zendesk), 'dry-run': 'false', ...inputs }),
    ...run
  })
}

/** What the API shows of tokens in its list, changed for those that are given. */
function listed(changes: ReadonlyMap<number, Record<string, unknown>>): Fault {
  return edited<{ tokens: { id: number }[] }>((body) => ({
    ...body,
    tokens: body.tokens.map((token) => ({ ...token, ...changes.get(token.id) }))
  }))
}

function outcome({ outputs: { matched, revoked, failed } }: StepEnd): (string | undefined)[] {
  return [matched, revoked, failed]
}

const isRevoked = (tokens: readonly Token[]): boolean[] => tokens.map(({ revoked }) => revoked)

function expectNothingDone(zendesk: Zendesk, step: StepEnd): void {
  expect(step).toMatchObject({ exitCode: 1, stderr: '' })
  expect(count(step, 'error')).toBe(1)
  const paths = zendesk.requests.map(({ method, path }) => `${method} ${path}`)
  expect(paths).not.toContain(`GET ${LIST.path}`)
  // Only a cleanup token of its own is revoked.
  const seeded = [...zendesk.tokens.values()].filter(({ origin }) => origin === 'seeded')
  expect(isRevoked(seeded)).toEqual(seeded.map(() => false))
}

describe('the user', () => {
  it.concurrent.each(kinds)(
    "tokens of others in the list of the %s's user are left alone",
    async (credential) => {
      const zendesk = await mockZendesk()
      const [own, other] = zendesk.seedTokens(2, { userId: (index) => (index === 0 ? adminId : agentId) })
      // The list shows both, whoever asks.
      zendesk.fault(LIST, {
        kind: 'edit',
        edit: (response) => ({
          ...response,
          body: response.body.replace('"tokens":[', `"tokens":[${JSON.stringify(resource(other!))},`)
        })
      })
      const step = await sweep(zendesk, {}, { credential })
      expect(outcome(step)).toEqual(['1', '1', '0'])
      expect(step).toMatchObject({ exitCode: 0, stderr: '' })
      expect(isRevoked([own!, other!])).toEqual([true, false])
    }
  )

  it.concurrent('is asked for once with an API token, and not at all with `all-users`', async () => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(2, { userId: (index) => (index === 0 ? adminId : agentId) })
    await sweep(zendesk, {}, { credential: 'apiToken' })
    expect(zendesk.seen().filter((line) => line === 'GET /api/v2/users/me')).toHaveLength(1)
    expect(isRevoked(tokens)).toEqual([true, false])
    zendesk.forget()
    await sweep(zendesk, { 'all-users': 'true' }, { credential: 'apiToken' })
    expect(zendesk.seen()).not.toContain('GET /api/v2/users/me')
    expect(isRevoked(tokens)).toEqual([true, true])
  })

  it.concurrent.each(['clientCredentials', 'accessToken'] as const)(
    'comes from `current` with the %s',
    async (credential) => {
      const zendesk = await mockZendesk()
      zendesk.seedTokens(1)
      const step = await sweep(zendesk, {}, { credential })
      expect(zendesk.seen().filter((line) => line === `GET ${CURRENT}`)).toHaveLength(1)
      expect(zendesk.seen()).not.toContain('GET /api/v2/users/me')
      expect(outcome(step)).toEqual(['1', '1', '0'])
    }
  )

  it.concurrent.each<[string, Fault]>([
    [
      'Zendesk says "Anonymous user"',
      { kind: 'response', status: 200, body: { user: { id: null, name: 'Anonymous user' } } }
    ],
    ['the id is a string', { kind: 'response', status: 200, body: { user: { id: String(adminId) } } }],
    ['a gateway answers', { kind: 'gateway' }],
    ['a gateway answers with 200', { kind: 'html' }],
    ['Zendesk refuses', { kind: 'response', status: 403, body: { error: 'Forbidden' } }]
  ])(
    'is not known with an API token, since %s: nothing is done, and the step is red',
    async (_why, fault) => {
      const zendesk = await mockZendesk()
      zendesk.seedTokens(3)
      zendesk.fault(ME, fault)
      expectNothingDone(zendesk, await sweep(zendesk, {}, { credential: 'apiToken' }))
    }
  )

  it.concurrent.each<['clientCredentials' | 'accessToken', string, Fault]>([
    ['clientCredentials', 'a gateway answers', { kind: 'gateway' }],
    ['accessToken', 'a gateway answers', { kind: 'gateway' }],
    ['clientCredentials', 'a gateway answers with 200', { kind: 'html' }],
    ['accessToken', 'a gateway answers with 200', { kind: 'html' }],
    [
      'clientCredentials',
      'the user is missing',
      edited<{ token: object }>(({ token }) => ({ token: { ...token, user_id: undefined } }))
    ],
    [
      'accessToken',
      'the user is missing',
      edited<{ token: object }>(({ token }) => ({ token: { ...token, user_id: undefined } }))
    ],
    [
      'accessToken',
      'the id is missing',
      edited<{ token: object }>(({ token }) => ({ token: { ...token, id: undefined } }))
    ]
  ])(
    'is not known with the %s, since %s: nothing is done, and the step is red',
    async (credential, _why, fault) => {
      const zendesk = await mockZendesk()
      zendesk.seedTokens(3)
      zendesk.fault({ method: 'GET', path: CURRENT }, fault)
      expectNothingDone(zendesk, await sweep(zendesk, {}, { credential }))
    }
  )

  it.concurrent.each(['clientCredentials', 'accessToken'] as const)(
    '`current` is about another token than the %s: nothing is done, and the step is red',
    async (credential) => {
      const zendesk = await mockZendesk()
      const [other] = zendesk.seedTokens(3, { userId: agentId })
      zendesk.behaviour.currentIsAbout = other!.id
      expectNothingDone(zendesk, await sweep(zendesk, {}, { credential }))
    }
  )

  it.concurrent('`all-users` with an access token: its own id must be known all the same', async () => {
    const zendesk = await mockZendesk()
    const [other] = zendesk.seedTokens(3)
    zendesk.behaviour.currentIsAbout = other!.id
    expectNothingDone(zendesk, await sweep(zendesk, { 'all-users': 'true' }, { credential: 'accessToken' }))
  })
})

describe('clocks', () => {
  /** Two that are stale by neither clock, and one that is by both. */
  const seeds = { age: (index: number): number => [HOUR, 23 * HOUR, 10 * DAY][index]! }

  it.concurrent.each([
    ['the runner is two days ahead', { now: NOON + 2 * DAY }, 0],
    ['the runner is two days behind', { now: NOON - 2 * DAY }, 0],
    ['the `Date` of responses is two days ahead', {}, 2 * DAY],
    ['the `Date` of responses is two days behind', {}, -2 * DAY]
  ])('%s: young tokens are left alone', async (_which, run, dateSkew) => {
    const zendesk = await mockZendesk({ dateSkew })
    const tokens = zendesk.seedTokens(3, seeds)
    const step = await sweep(zendesk, {}, run)
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(isRevoked(tokens)).toEqual([false, false, true])
  })

  it.concurrent('a recent use counts by the clock that makes it younger', async () => {
    const zendesk = await mockZendesk({ dateSkew: 2 * DAY })
    const tokens = zendesk.seedTokens(2, { age: 10 * DAY, usedAgo: (index) => [HOUR, 5 * DAY][index]! })
    await sweep(zendesk)
    expect(isRevoked(tokens)).toEqual([false, true])
  })

  it.concurrent('whether a token has expired is a question of `Date`', async () => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(2, { age: 10 * DAY, expiresIn: (index) => [HOUR, -HOUR][index]! })
    const step = await sweep(zendesk, {}, { now: NOON + 2 * DAY })
    expect(outcome(step)).toEqual(['1', '1', '0'])
    expect(isRevoked(tokens)).toEqual([true, false])
  })
})

describe('a pair of access and refresh token', () => {
  const month = 30 * DAY

  it.concurrent(
    'is left alone while the refresh token is active, and stale once it has expired',
    async () => {
      const zendesk = await mockZendesk()
      const tokens = [
        ...zendesk.seedTokens(1, { age: 10 * DAY, refreshExpiresIn: month }),
        ...zendesk.seedTokens(1, { age: 60 * DAY, refreshExpiresIn: -DAY }),
        ...zendesk.seedTokens(1, { age: 10 * DAY })
      ]
      const step = await sweep(zendesk)
      expect(step.exitCode).toBe(0)
      expect(isRevoked(tokens)).toEqual([false, true, true])
    }
  )

  it.concurrent.each<[string, Record<string, unknown>, boolean]>([
    ['`refresh_token_expires_at` is missing', { refresh_token_expires_at: undefined }, false],
    ['`refresh_token_expires_at` is null', { refresh_token_expires_at: null }, false],
    ['`refresh_token_expires_at` has no zone', { refresh_token_expires_at: '2026-01-01T00:00:00' }, false],
    ['`refresh_token_expires_at` is a number', { refresh_token_expires_at: 1 }, false],
    ['`refresh_token` is an empty string', { refresh_token: '', refresh_token_expires_at: undefined }, false],
    ['`refresh_token` is null', { refresh_token: null }, true],
    ['`refresh_token` is missing', { refresh_token: undefined }, true]
  ])('if %s', async (_what, change, stale) => {
    const zendesk = await mockZendesk()
    const [token] = zendesk.seedTokens(1, { age: 10 * DAY, refreshExpiresIn: month })
    zendesk.fault(LIST, listed(new Map([[token!.id, change]])))
    await sweep(zendesk)
    expect(token!.revoked).toBe(stale)
  })
})

describe('what Zendesk does not report is not stale', () => {
  it.concurrent.each<[string, Record<string, unknown>]>([
    ['`used_at` is missing', { used_at: undefined }],
    ['`used_at` has no zone', { used_at: '2026-01-01T00:00:00' }],
    ['`used_at` is a number', { used_at: 1 }],
    ['`used_at` is `false`', { used_at: false }],
    ['`used_at` is empty', { used_at: '' }],
    ['`user_id` is missing', { user_id: undefined }],
    ['`user_id` is null', { user_id: null }],
    ['`user_id` is a string', { user_id: String(adminId) }],
    ['`expires_at` is missing', { expires_at: undefined }],
    ['`expires_at` has no zone', { expires_at: '2027-01-01T00:00:00' }],
    ['`expires_at` is a number', { expires_at: 1_900_000_000 }],
    ['`created_at` is missing', { created_at: undefined }],
    ['`created_at` is null', { created_at: null }],
    ['`created_at` has no zone', { created_at: '2026-01-01T00:00:00' }],
    ['`created_at` has no time', { created_at: '2026-01-01' }],
    ['`created_at` is a number', { created_at: 1 }],
    ['`client_id` is missing', { client_id: undefined }],
    ['`client_id` is a string', { client_id: '360000000101' }],
    ['`id` is a string', { id: '22000000002' }],
    ['`id` is negative', { id: -1 }]
  ])('%s', async (_what, change) => {
    const zendesk = await mockZendesk()
    const seed: TokenSeed = { age: 10 * DAY }
    const [odd, stale] = zendesk.seedTokens(2, seed)
    zendesk.fault(LIST, listed(new Map([[odd!.id, change]])))
    const step = await sweep(zendesk)
    expect(step.stderr).toBe('')
    expect(isRevoked([odd!, stale!])).toEqual([false, true])
    expect(outcome(step)).toEqual(['1', '1', '0'])
  })

  it.concurrent('but `used_at: null` is a token that was never used', async () => {
    const zendesk = await mockZendesk()
    const [token] = zendesk.seedTokens(1, { age: 10 * DAY, usedAgo: null })
    await sweep(zendesk)
    expect(token!.revoked).toBe(true)
  })
})

describe('responses to the deletions', () => {
  it.concurrent.each<[string, Fault, string[]]>([
    ['a 200 with HTML', { kind: 'html' }, ['2', '0', '2']],
    ['an HTML 404', { kind: 'gateway', status: 404 }, ['2', '0', '2']],
    ['an HTML 401', { kind: 'gateway', status: 401 }, ['2', '0', '2']],
    ['an HTML 403', { kind: 'gateway', status: 403 }, ['2', '0', '2']],
    ['an empty 404', { kind: 'empty', status: 404 }, ['2', '0', '2']]
  ])('%s is no answer: failed, and the step ends red', async (_what, fault, counts) => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(2)
    const handle = zendesk.fault({ method: 'DELETE', path: BY_ID, count: 2 }, fault)
    const step = await sweep(zendesk)
    expect(outcome(step)).toEqual(counts)
    expect(step).toMatchObject({ exitCode: 1, stderr: '' })
    expect(count(step, 'error')).toBe(1)
    expect(handle.hits).toBe(2)
    expect(isRevoked(tokens)).toEqual([false, false])
  })

  it.concurrent('a JSON 404 is a token that is gone already', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(2)
    zendesk.fault(
      { method: 'DELETE', path: BY_ID, count: 2 },
      { kind: 'response', status: 404, body: { error: 'RecordNotFound', description: 'Not found' } }
    )
    const step = await sweep(zendesk)
    expect(outcome(step)).toEqual(['2', '2', '0'])
    expect(step.exitCode).toBe(0)
  })
})

describe('responses to the list', () => {
  it.concurrent.each<[string, Fault]>([
    ['HTML with 200', { kind: 'html' }],
    ['HTML with 403', { kind: 'gateway' }],
    ['HTML with 404', { kind: 'gateway', status: 404 }],
    ['no list at all', { kind: 'response', status: 200, body: {} }]
  ])('%s: nothing is revoked, and the step is red', async (_what, fault) => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(2)
    zendesk.fault(LIST, fault)
    const step = await sweep(zendesk)
    expect(step).toMatchObject({ exitCode: 1, stderr: '' })
    expect(count(step, 'error')).toBe(1)
    expect(isRevoked(tokens)).toEqual([false, false])
    // Also its own cleanup token is gone.
    expect(zendesk.activeTokens()).toEqual(tokens)
  })
})

describe('its own cleanup token', () => {
  it.concurrent('has the lifetime of the timeout and 120 s, and is revoked at the end', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(1)
    const step = await sweep(zendesk, { 'timeout-seconds': '900' })
    expect(step.exitCode).toBe(0)
    const grant = zendesk.requests.find(({ path }) => path === '/oauth/tokens')
    expect(grant?.json).toMatchObject({ scope: 'read write', expires_in: 1020 })
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('is revoked after a signal too', async () => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(300)
    // The client list, the mint, `current`, and one page of the list.
    const { preload, onStart } = cancelAtRequest(zendesk, 4, 'SIGHUP')
    const step = await sweep(zendesk, {}, { onStart, ...preload })
    expect(step).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
    expect(annotated(step).filter((line) => line.startsWith('::error'))).toHaveLength(1)
    expect(zendesk.activeTokens().filter((token) => !tokens.includes(token))).toEqual([])
    expect(shown(step)).not.toContain(zendesk.client('ci_bot').secret)
  })
})

/** A token as the API shows it in the list. */
function resource(token: Token): object {
  return {
    id: token.id,
    client_id: token.clientId,
    user_id: token.userId,
    scopes: token.scopes,
    token: token.value.slice(0, 10),
    created_at: new Date(token.createdAt).toISOString(),
    expires_at: null,
    used_at: null,
    refresh_token: null,
    refresh_token_expires_at: null
  }
}
