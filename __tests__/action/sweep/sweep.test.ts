import { describe, expect, it } from '@jest/globals'

import { runJob } from '../../../mock/runner.ts'
import { ADMIN_ID, AGENT_ID, type Token, type Zendesk } from '../../../mock/zendesk.ts'
import { DAY, HOUR } from '../../support/clock.ts'
import { annotated, NOTHING, published, responded, said, stream } from '../../support/log-lines.ts'
import { sweepAction, sweep } from '../../support/run-action.ts'
import {
  basicOf,
  credentials,
  edited,
  mockZendesk,
  requestLog,
  CURRENT,
  clientCredentials,
  TOKENS
} from '../../support/zendesk.ts'

const MINUTE = 60_000

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
      responded('GET /api/v2/oauth/clients', 200),
      responded('GET /api/v2/oauth/tokens', 200),
      `Found 3 stale tokens (5 checked). \`dry-run: 'false'\` would revoke: ${ids(stale).join(', ')}.`
    ])
    expect(requestLog(zendesk.requests)).toEqual([
      `GET /api/v2/users/me | Basic ${basicOf(zendesk)}`,
      `GET /api/v2/oauth/clients?page[size]=100 | Basic ${basicOf(zendesk)}`,
      `GET /api/v2/oauth/tokens?client_id=360000000101&page[size]=100 | Basic ${basicOf(zendesk)}`
    ])
    const outputs = { matched: '3', revoked: '0', failed: '0', 'token-ids': JSON.stringify(ids(stale)) }
    expect(published(step)).toEqual({ ...NOTHING, outputs })
    expect(step.summary).toContain(
      '<h3>Zendesk tokens of ci_bot</h3>\n<p>3 stale tokens (5 checked). This was a dry run'
    )
    expect(step.summary).toContain(
      `<td>${ids(stale)[2]!}</td><td>${ADMIN_ID}</td><td>tickets:read</td><td>1 day</td><td>never</td><td>would be revoked</td></tr></table>`
    )
    expect(zendesk.activeTokens()).toEqual(expect.arrayContaining([...stale, other]))
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(zendesk.connections).toBe(1)
  })

  it('says so if no token is stale, and writes no summary if `job-summary` is false', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(2, { age: HOUR })
    const step = await sweep(zendesk, 'apiToken', { 'job-summary': 'false' })
    expect(said(step).at(-1)).toBe('No stale tokens (2 checked).')
    expect(step.outputs).toEqual({ matched: '0', revoked: '0', failed: '0', 'token-ids': '[]' })
    expect(step.summary).toBe('')
  })

  it('accepts `older-than` in minutes, hours or days, and at least 1 h', async () => {
    const zendesk = await mockZendesk()
    zendesk.seedTokens(3, { age: (index) => [89 * MINUTE, 91 * MINUTE, 8 * DAY][index]! })
    for (const [age, matched] of Object.entries({ '60m': '3', '90m': '2', '2h': '1', '7D': '1' })) {
      const { outputs } = await sweep(zendesk, 'apiToken', { 'older-than': age })
      expect([age, outputs['matched']]).toEqual([age, matched])
    }
    const refused = await sweep(zendesk, 'apiToken', { 'older-than': '59m' })
    expect(annotated(refused)).toEqual([expect.stringMatching(/^::error::.*older-than.*"59m"/)])
  })
})

describe('a sweep with `dry-run: false`', () => {
  // The cleanup token is valid for 120 s longer than the sweep may take.
  it.each([
    ['client_secret_post', 600, 720],
    ['client_secret_basic', 900, 1020]
  ])(
    'mints a cleanup token with %s (timeout %i s, valid for %i s), revokes the stale tokens with it, and revokes it last',
    async (method, timeout, lifetime) => {
      const zendesk = await mockZendesk({ filterByClient: false })
      const { stale, other } = seedStale(zendesk)
      const step = await sweep(zendesk, 'clientCredentials', {
        'dry-run': false,
        'token-endpoint-auth-method': method,
        'timeout-seconds': timeout
      })
      const secret = zendesk.client('ci_bot').secret!
      const basic = Buffer.from(`ci_bot:${secret}`).toString('base64')
      const isBasic = method === 'client_secret_basic'
      const cleanup = [...zendesk.tokens.values()].at(-1)!
      expect(said(step)).toEqual([
        `::add-mask::${secret}`,
        ...(isBasic ? [`::add-mask::${basic}`] : []),
        `::add-mask::${cleanup.value}`,
        'Revoked 3 stale tokens (6 checked).'
      ])
      expect(zendesk.requests[0]).toMatchObject({
        path: '/oauth/tokens',
        json: {
          grant_type: 'client_credentials',
          client_id: 'ci_bot',
          scope: 'read write',
          expires_in: lifetime,
          ...(!isBasic && { client_secret: secret })
        }
      })
      expect(zendesk.requests[0]!.headers.authorization).toBe(isBasic ? `Basic ${basic}` : undefined)
      expect(zendesk.seen().filter((line) => line.startsWith('GET'))).toEqual([
        `GET ${CURRENT}`,
        `GET ${TOKENS}`
      ])
      expect(
        deletions(zendesk)
          .map(({ path }) => Number(path.split('/').at(-1)))
          .toSorted()
      ).toEqual([...ids(stale), cleanup.id])
      expect(zendesk.seen().at(-1)).toBe(`DELETE ${TOKENS}/${cleanup.id}`)
      expect(new Set(zendesk.requests.slice(1).map(({ headers }) => headers.authorization))).toEqual(
        new Set([`Bearer ${cleanup.value}`])
      )
      expect(revoked([...stale, cleanup, other])).toEqual([true, true, true, true, false])
      const outputs = { matched: '3', revoked: '3', failed: '0', 'token-ids': JSON.stringify(ids(stale)) }
      expect(step.outputs).toEqual(outputs)
      expect(step.summary).toContain('3 stale tokens (6 checked). Revoked: 3. Failed: 0.')
      expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    }
  )

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
      'GET /api/v2/oauth/clients',
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
      expect.stringMatching(
        /^::error::Could not list the tokens: Zendesk does not allow this\. .* GET .*: 403 /
      )
    ])
    expect(refused.exitCode).toBe(1)
    expect(zendesk.activeTokens()).toEqual(stale)

    zendesk.forget()
    const step = await sweep(zendesk, 'apiToken', both)
    expect(zendesk.requests.map(({ target }) => target).slice(0, -2)).toEqual([
      '/api/v2/oauth/clients?page[size]=100',
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
