import { describe, expect, it } from '@jest/globals'
import { ADMIN_ID, AGENT_ID, type Fault, type Token, type Zendesk } from '../../../mock/zendesk.ts'
import { cancelDuring, describeSignals } from '../../support/cancel.ts'
import { annotated, count, shown } from '../../support/log-lines.ts'
import { sweep, type StepEnd } from '../../support/run-action.ts'
import {
  type credentials,
  DELETION_BY_ID,
  edited,
  JSON_404,
  LOOK_UP,
  mockZendesk,
  TOKENS
} from '../../support/zendesk.ts'

const REVOKE = { 'dry-run': 'false' }
const LIST = { method: 'GET', path: TOKENS }

/** The sweep failed with one error, and these tokens remain; its own cleanup token does not. */
function expectFailure(zendesk: Zendesk, step: StepEnd, remaining: Token[], error: RegExp): void {
  expect(step).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
  expect(annotated(step)).toEqual([expect.stringMatching(error)])
  expect(zendesk.activeTokens()).toEqual(remaining)
}

const user = (id: unknown): Fault => ({ kind: 'response', status: 200, body: { user: { id } } })
const without = (name: string): Fault =>
  edited<{ token: object }>(({ token }) => ({ token: { ...token, [name]: undefined } }))

describe('a sweep fails before it lists tokens if the look-up of its user', () => {
  it.concurrent.each<[keyof typeof credentials, string, Fault]>([
    ['apiToken', 'is anonymous', user(null)],
    ['apiToken', 'has an id that is a string', user(String(ADMIN_ID))],
    ['clientCredentials', 'has no user', without('user_id')],
    ['accessToken', 'gets a 200 with HTML', { kind: 'html' }],
    ['accessToken', 'has no user', without('user_id')],
    ['accessToken', 'has no id', without('id')]
  ])('(%s) %s', async (credential, _what, fault) => {
    const zendesk = await mockZendesk()
    const seeded = zendesk.seedTokens(3)
    zendesk.fault(credential === 'apiToken' ? { path: '/api/v2/users/me' } : LOOK_UP, [fault])
    expectFailure(zendesk, await sweep(zendesk, credential, REVOKE), seeded, /^::error/)
    expect(zendesk.seen()).not.toContain(`GET ${TOKENS}`)
  })

  it.concurrent.each([
    ['clientCredentials', 'false'],
    ['accessToken', 'true']
  ] as const)('(%s) is about another token (`all-users: %s`)', async (credential, allUsers) => {
    const zendesk = await mockZendesk()
    const seeded = zendesk.seedTokens(3, { userId: AGENT_ID })
    zendesk.behaviour.currentIsAbout = seeded[0]!.id
    const step = await sweep(zendesk, credential, { ...REVOKE, 'all-users': allUsers })
    expectFailure(zendesk, step, seeded, /^::error/)
    expect(zendesk.seen()).not.toContain(`GET ${TOKENS}`)
  })
})

describe('a sweep whose list breaks off fails, and revokes what it found before:', () => {
  const pageOf = (meta: object): Fault => ({ kind: 'response', status: 200, body: { tokens: [], meta } })

  it.concurrent.each<[what: string, fault: Fault, words: string]>([
    ['HTML', { kind: 'html' }, 'There is no Zendesk account at this address'],
    ['status 500', { kind: 'response', status: 500 }, 'Zendesk is unavailable'],
    ['a page without cursor that promises more', pageOf({ has_more: true }), 'cannot be used'],
    ['the cursor of the page before', pageOf({ has_more: true, after_cursor: 'again' }), 'cannot be used']
  ])('%s', async (_what, fault, words) => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(250)
    zendesk.fault(LIST, [{ kind: 'pass' }, ...Array<Fault>(5).fill(fault)])
    const step = await sweep(zendesk, 'clientCredentials', REVOKE, { random: 0 })
    const error = /^::error::Could not list the tokens: .* Revoked 100 stale tokens before that\.$/
    expectFailure(zendesk, step, stale.slice(100), error)
    expect(annotated(step)[0]).toContain(words)
    expect(step.outputs).toMatchObject({ matched: '100', revoked: '100', failed: '0' })
  })
})

describe('a sweep that cannot revoke a token', () => {
  it.concurrent('revokes the others, and names it; a JSON 404 means that it is gone already', async () => {
    const zendesk = await mockZendesk()
    const faults: Fault[] = [
      JSON_404,
      { kind: 'response', status: 403, body: { error: '<b>no</b>' } },
      { kind: 'html' },
      { kind: 'gateway', status: 403 },
      { kind: 'gateway', status: 404 },
      { kind: 'gateway', status: 401 },
      { kind: 'empty', status: 404 }
    ]
    const stale = zendesk.seedTokens(10)
    for (const [index, fault] of faults.entries())
      zendesk.fault({ path: `${TOKENS}/${stale[index]!.id}` }, fault)
    const step = await sweep(zendesk, 'clientCredentials', REVOKE)
    const failed = stale.slice(1, 7).map(({ id }) => id)
    const error = `^::error::Could not revoke 6 of 10 stale tokens: ${failed.join(', ')}\\. `
    expectFailure(zendesk, step, stale.slice(0, 7), new RegExp(error))
    expect(step.outputs).toMatchObject({ matched: '10', revoked: '4', failed: '6' })
    // The summary shows failures first, and no markup of a response.
    const ids = [...step.summary.matchAll(/<tr><td>(\d+)</g)].map(([, id]) => Number(id))
    expect(ids.slice(0, 6).toSorted()).toEqual(failed)
    expect(step.summary).not.toContain('<b>')
  })

  it.concurrent('stops at its timeout, and still revokes its cleanup token', async () => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(12)
    for (const { id } of stale.slice(8)) zendesk.fault({ path: `${TOKENS}/${id}` }, { kind: 'stall' })
    const step = await sweep(zendesk, 'clientCredentials', { ...REVOKE, 'timeout-seconds': 5 })
    const remaining = stale.slice(8)
    expectFailure(zendesk, step, remaining, /^::error::Could not revoke 4 of 12 stale tokens: /)
    for (const { id } of remaining) expect(annotated(step)[0]).toContain(String(id))
    expect(step.outputs).toMatchObject({ matched: '12', revoked: '8', failed: '4' })
  })
})

describeSignals('a sweep that is cancelled', () => {
  it.concurrent('while it revokes tokens, revokes only its cleanup token after that (SIGINT)', async () => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(12)
    for (const { id } of stale.slice(4, 7)) zendesk.fault({ path: `${TOKENS}/${id}` }, { kind: 'stall' })
    const eighth = { path: `${TOKENS}/${stale[7]!.id}` }
    const cancel = cancelDuring(zendesk, eighth, 'SIGINT', 'ignored', { stalls: 4 })
    const step = await sweep(zendesk, 'clientCredentials', REVOKE, cancel)
    expectFailure(zendesk, step, stale.slice(4), /^::error::Could not revoke 8 of 12 stale tokens: /)
    expect(step.outputs).toMatchObject({ matched: '12', revoked: '4', failed: '8' })
    expect(zendesk.requests).toHaveLength(12)
  })

  it.concurrent('while a DELETE is answered, waits for the response (SIGTERM)', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(1)
    const cancel = cancelDuring(zendesk, DELETION_BY_ID, 'SIGTERM', 'response late')
    const step = await sweep(zendesk, 'apiToken', REVOKE, cancel)
    expect(step).toMatchObject({ exitCode: 0, signal: null, stderr: '' })
    expect(step.outputs).toMatchObject({ matched: '1', revoked: '1', failed: '0' })
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('while it lists tokens, revokes nothing but its cleanup token (SIGHUP)', async () => {
    const zendesk = await mockZendesk()
    const tokens = zendesk.seedTokens(300)
    const cancel = cancelDuring(zendesk, LIST, 'SIGHUP', 'ignored', { nth: 2 })
    const step = await sweep(zendesk, 'clientCredentials', REVOKE, cancel)
    expectFailure(zendesk, step, tokens, /^::error/)
    expect(shown(step)).not.toContain(zendesk.client('ci_bot').secret)
    expect(count(step, 'warning')).toBe(0)
  })
})
