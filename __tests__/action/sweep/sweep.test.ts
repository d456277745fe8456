import { describe, expect, it } from '@jest/globals'
import { runJob } from '../../../mock/runner.ts'
import { ADMIN_ID, AGENT_ID, type Token, type Zendesk } from '../../../mock/zendesk.ts'
import { DAY, HOUR } from '../../support/clock.ts'
import { annotated, NOTHING, published, responded, said, stream } from '../../support/log-lines.ts'
import { requestLog } from '../../support/requests.ts'
import { sweepAction, sweep } from '../../support/run-action.ts'
import {
  basicOf,
  clientCredentials,
  CLIENTS,
  credentials,
  CURRENT,
  edited,
  GRANT,
  mockZendesk,
  TOKENS
} from '../../support/zendesk.ts'

/** Three stale tokens, and one of another client. */
function seedStale(zendesk: Zendesk): { stale: Token[]; other: Token } {
  const stale = [
    ...zendesk.seedTokens(2, { age: 2 * DAY, usedAgo: (index) => (index === 0 ? null : 25 * HOUR) }),
    ...zendesk.seedTokens(1, { age: 24 * HOUR + 1000, expiresIn: 1000, scopes: ['tickets:read'] })
  ]
  return { stale, other: zendesk.seedTokens(1, { client: 'admin_tools', age: 3 * DAY })[0]! }
}

const ids = (tokens: readonly Token[]): number[] => tokens.map(({ id }) => id)
const revoked = (tokens: readonly Token[]): boolean[] => tokens.map((token) => token.revoked)
const deletions = ({ requests }: Zendesk): (typeof requests)[number][] =>
  requests.filter(({ method, path }) => method === 'DELETE' && path !== CURRENT)

describe('a sweep', () => {
  it('only lists the stale tokens unless `dry-run` is false', async () => {
    // The list shows every client's tokens: the filter is not trusted.
    const zendesk = await mockZendesk({ filterByClient: false })
    const { stale, other } = seedStale(zendesk)
    const step = await sweep(zendesk, 'apiToken')
    expect(stream(step)).toEqual([
      `::add-mask::${zendesk.credentials.apiToken}`,
      `::add-mask::${basicOf(zendesk)}`,
      responded('GET /api/v2/users/me', 200),
      responded(`GET ${CLIENTS}`, 200),
      responded('GET /api/v2/oauth/tokens', 200),
      `Found 3 stale tokens (5 checked). \`dry-run: 'false'\` would revoke: ${ids(stale).join(', ')}.`
    ])
    expect(requestLog(zendesk.requests)).toEqual([
      `GET /api/v2/users/me | Basic ${basicOf(zendesk)}`,
      `GET ${CLIENTS}?page[size]=100 | Basic ${basicOf(zendesk)}`,
      `GET /api/v2/oauth/tokens?client_id=360000000101&page[size]=100 | Basic ${basicOf(zendesk)}`
    ])
    const outputs = { matched: '3', revoked: '0', failed: '0', 'token-ids': JSON.stringify(ids(stale)) }
    expect(published(step)).toEqual({ ...NOTHING, outputs })
    expect(step.summary).toMatch(
      /^<h3>Zendesk tokens of ci_bot<.h3>\n<p>3 stale tokens \(5 checked\)\. This was a dry/
    )
    expect(step.summary).toContain(`<td>${ADMIN_ID}</td><td>tickets:read</td><td>1 day</td><td>never</td>`)
    expect(zendesk.activeTokens()).toEqual(expect.arrayContaining([...stale, other]))
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(zendesk.connections).toBe(1)
  })

  it('says so if no token is stale, and writes no summary if `job-summary` is false', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(2, { age: (index) => [HOUR, 6 * DAY][index]! })
    const step = await sweep(zendesk, 'apiToken', { 'job-summary': 'false', 'older-than': '7D' })
    expect(said(step).at(-1)).toBe('No stale tokens (2 checked).')
    expect(step.outputs).toEqual({ matched: '0', revoked: '0', failed: '0', 'token-ids': '[]' })
    expect(step.summary).toBe('')
  })
})

describe('a sweep with `dry-run: false`', () => {
  it('mints a cleanup token, revokes the stale tokens with it, and revokes it last', async () => {
    const zendesk = await mockZendesk({ filterByClient: false })
    const { stale, other } = seedStale(zendesk)
    const authMethod = { 'token-endpoint-auth-method': 'client_secret_basic' }
    const inputs = { 'dry-run': false, ...authMethod, 'timeout-seconds': 900 }
    const step = await sweep(zendesk, 'clientCredentials', inputs)
    const secret = zendesk.client('ci_bot').secret!
    const basic = Buffer.from(`ci_bot:${secret}`).toString('base64')
    const cleanup = [...zendesk.tokens.values()].at(-1)!
    expect(said(step)).toEqual([
      ...[secret, basic, cleanup.value].map((mask) => `::add-mask::${mask}`),
      'Revoked 3 stale tokens (6 checked).'
    ])
    const log = requestLog(zendesk.requests)
    const bearer = `Bearer ${cleanup.value}`
    const byId = (id: number): string => `DELETE ${TOKENS}/${id} | ${bearer}`
    // The cleanup token is valid for 120 s longer than the sweep may take.
    expect(log.slice(0, 3)).toEqual([
      `POST ${GRANT} | Basic ${basic} | {"grant_type":"client_credentials","client_id":"ci_bot","scope":"read write","expires_in":1020}`,
      `GET ${CURRENT} | ${bearer}`,
      `GET ${TOKENS}?client_id=360000000101&page[size]=100 | ${bearer}`
    ])
    expect(log.slice(3, -1).toSorted()).toEqual(ids(stale).map(byId))
    expect(log.at(-1)).toBe(byId(cleanup.id))
    expect(revoked([...stale, cleanup, other])).toEqual([true, true, true, true, false])
    const outputs = { matched: '3', revoked: '3', failed: '0', 'token-ids': JSON.stringify(ids(stale)) }
    expect(step).toMatchObject({ exitCode: 0, stderr: '', outputs })
    expect(step.summary).toContain('3 stale tokens (6 checked). Revoked: 3. Failed: 0.')
  })

  it('does not revoke the access token that it works with, even if that looks stale', async () => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(2, { client: 'admin_tools' })
    // As if it had never been used: Zendesk may be slow to note its use.
    const unused = edited<{ tokens: object[] }>((page) => ({
      ...page,
      tokens: page.tokens.map((token) => ({ ...token, used_at: null }))
    }))
    zendesk.fault({ method: 'GET', path: TOKENS }, unused)
    const step = await sweep(zendesk, 'accessToken', { 'client-id': 'admin_tools', 'dry-run': false })
    // No look-up of the user: that is in the response about the token.
    expect(zendesk.seen().filter((line) => line.startsWith('GET'))).toEqual([
      `GET ${CURRENT}`,
      `GET ${CLIENTS}`,
      `GET ${TOKENS}`
    ])
    expect(said(step).at(-1)).toBe('Revoked 2 stale tokens (3 checked).')
    expect(revoked(stale)).toEqual([true, true])
    expect(zendesk.tokens.get(22_000_000_001)!.revoked).toBe(false)
  })

  it('revokes the tokens of all users with `all-users`, and fails if its user is not an admin', async () => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(2, { userId: (index) => [ADMIN_ID, AGENT_ID][index]! })
    const both = { 'dry-run': false, 'all-users': true }
    const refused = await sweep(zendesk, 'clientCredentials', {
      ...credentials.clientCredentials(zendesk, 'agent_bot'),
      ...both
    })
    expect(annotated(refused)).toEqual([
      expect.stringMatching(/^::error::Could not list the tokens: .*: 403 /)
    ])
    expect(refused.exitCode).toBe(1)
    expect(zendesk.activeTokens()).toEqual(stale)

    zendesk.forget()
    const step = await sweep(zendesk, 'apiToken', both)
    expect(zendesk.requests.map(({ target }) => target).slice(0, -2)).toEqual([
      `${CLIENTS}?page[size]=100`,
      `${TOKENS}?client_id=360000000101&all=true&page[size]=100`
    ])
    expect(deletions(zendesk)).toHaveLength(2)
    expect(said(step).at(-1)).toBe('Revoked 2 stale tokens (2 checked).')
  })

  it('revokes at most four tokens at a time', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(20)
    zendesk.fault({ method: 'DELETE' }, { kind: 'delay', ms: 10 })
    await sweep(zendesk, 'apiToken', { 'dry-run': false })
    // A connection carries one request at a time.
    const connections = deletions(zendesk).map(({ connection }) => connection)
    expect(connections).toHaveLength(20)
    expect(new Set(connections).size).toBe(4)
    expect(zendesk.connections).toBe(5)
  })
})

describe('a sweep by the real clock', () => {
  it('revokes 101 tokens, and prints nothing to stderr', async () => {
    const zendesk = await mockZendesk({ now: Date.now })
    zendesk.seedTokens(101)
    const inputs = clientCredentials(zendesk, { 'dry-run': false })
    const { steps } = await runJob([{ uses: sweepAction, with: inputs }])
    expect(said(steps[0]!).at(-1)).toBe('Revoked 101 stale tokens (102 checked).')
    expect(steps[0]).toMatchObject({ exitCode: 0, stderr: '' })
    expect(zendesk.activeTokens()).toEqual([])
  })
})
