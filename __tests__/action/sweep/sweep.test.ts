import { readFileSync, writeFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'

import { runJob, type StepResult } from '../../../mock/runner.ts'
import { adminId, agentId, type Fault, type Token, type Zendesk } from '../../../mock/zendesk.ts'
import { cancelAtRequest } from '../../support/cancel.ts'
import { NOON, DAY, HOUR } from '../../support/clock.ts'
import { annotated, nothing, published, responded, said, stream } from '../../support/log-lines.ts'
import { sweepAction, sweep } from '../../support/run-action.ts'
import { scratch } from '../../support/scratch.ts'
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

/** Three stale tokens, and one of each kind that is not stale. */
function seedAllKinds(zendesk: Zendesk): { stale: Token[]; others: Token[] } {
  const stale = [
    ...zendesk.seedTokens(2, { age: 2 * DAY, usedAgo: (index) => (index === 0 ? null : 25 * HOUR) }),
    ...zendesk.seedTokens(1, { age: 24 * HOUR + 1000, expiresIn: 1000, scopes: ['tickets:read'] })
  ]
  const others = [
    ...zendesk.seedTokens(1, { age: 24 * HOUR }),
    ...zendesk.seedTokens(1, { age: 30 * DAY, usedAgo: 23 * HOUR }),
    ...zendesk.seedTokens(1, { age: 3 * DAY, expiresIn: 0 }),
    ...zendesk.seedTokens(1, { client: 'admin_tools', age: 3 * DAY }),
    ...zendesk.seedTokens(1, { userId: agentId, age: 3 * DAY })
  ]
  return { stale, others }
}

const ids = (tokens: readonly Token[]): number[] => tokens.map(({ id }) => id)
const revoked = (tokens: readonly Token[]): boolean[] => tokens.map((token) => token.revoked)
const deletions = ({ requests }: Zendesk): (typeof requests)[number][] =>
  requests.filter(({ method, path }) => method === 'DELETE' && path !== CURRENT)

describe('a sweep', () => {
  it('only lists the stale tokens unless `dry-run` is false', async () => {
    // The list shows every client's tokens: the filter is not trusted.
    const zendesk = await mockZendesk({ filterByClient: false })
    const { stale, others } = seedAllKinds(zendesk)
    const step = await sweep(zendesk, 'apiToken')
    expect(stream(step)).toEqual([
      `::add-mask::${zendesk.credentials.apiToken}`,
      `::add-mask::${basicOf(zendesk)}`,
      responded('GET /api/v2/users/me', 200),
      responded('GET /api/v2/oauth/clients', 200),
      responded('GET /api/v2/oauth/tokens', 200),
      `Found 3 stale tokens (8 checked). \`dry-run: 'false'\` would revoke: ${ids(stale).join(', ')}.`
    ])
    expect(requestLog(zendesk.requests)).toEqual([
      `GET /api/v2/users/me | Basic ${basicOf(zendesk)}`,
      `GET /api/v2/oauth/clients?page[size]=100 | Basic ${basicOf(zendesk)}`,
      `GET /api/v2/oauth/tokens?client_id=360000000101&page[size]=100 | Basic ${basicOf(zendesk)}`
    ])
    const outputs = { matched: '3', revoked: '0', failed: '0', 'token-ids': JSON.stringify(ids(stale)) }
    expect(published(step)).toEqual({ ...nothing, outputs })
    const rows = [
      [String(adminId), 'read write', '2 days', 'never'],
      [String(adminId), 'read write', '2 days', '1 day 1 hour ago'],
      [String(adminId), 'tickets:read', '1 day', 'never']
    ].map((cells, index) => [stale[index]!.id, ...cells, 'would be revoked'])
    expect(step.summary).toBe(
      [
        '<h3>Zendesk tokens of ci_bot</h3>',
        '<p>3 stale tokens (8 checked). This was a dry run: nothing was revoked.</p>',
        `<table><tr>${['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'].map((cell) => `<th>${cell}</th>`).join('')}</tr>${rows
          .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
          .join('')}</table>`,
        ''
      ].join('\n')
    )
    expect(revoked([...stale, ...others])).toEqual(Array(8).fill(false))
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
    const ages = ['60m', '90m', '2h', '7d', '8D']
    const steps = await Promise.all(ages.map((age) => sweep(zendesk, 'apiToken', { 'older-than': age })))
    expect(steps.map(({ outputs }) => outputs['matched'])).toEqual(['3', '2', '1', '1', '0'])
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
      const { stale, others } = seedAllKinds(zendesk)
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
        'Revoked 3 stale tokens (9 checked).'
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
      expect(revoked([...stale, cleanup])).toEqual(Array(4).fill(true))
      expect(revoked(others)).toEqual(Array(5).fill(false))
      const outputs = { matched: '3', revoked: '3', failed: '0', 'token-ids': JSON.stringify(ids(stale)) }
      expect(step.outputs).toEqual(outputs)
      expect(step.summary).toContain('3 stale tokens (9 checked). Revoked: 3. Failed: 0.')
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
    const stale = zendesk.seedTokens(2, { userId: (index) => [adminId, agentId][index]! })
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

describe('a sweep fails', () => {
  it('if it cannot revoke one of the tokens, which the error names; it revokes the others', async () => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(10)
    const { id } = stale[2]!
    zendesk.fault(
      { path: `${TOKENS}/${id}` },
      { kind: 'response', status: 403, body: { error: '<b>no</b>' } }
    )
    const step = await sweep(zendesk, 'clientCredentials', { 'dry-run': false })
    expect(annotated(step)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^::error::Could not revoke 1 of 10 stale tokens: ${id}\\. Could not revoke a token: Zendesk does not allow this\\. `
        )
      )
    ])
    expect(step.outputs).toMatchObject({ matched: '10', revoked: '9', failed: '1' })
    expect(step).toMatchObject({ exitCode: 1, stderr: '' })
    // The summary shows failures first, and no markup of a response.
    expect(step.summary.indexOf(`<td>${id}</td>`)).toBeLessThan(
      step.summary.indexOf(`<td>${stale[0]!.id}</td>`)
    )
    expect(step.summary).not.toContain('<b>')
    expect(zendesk.activeTokens()).toEqual([stale[2]])
  })

  const pageOf = (meta: object): Fault => ({ kind: 'response', status: 200, body: { tokens: [], meta } })
  it.each<[page: string, fault: Fault, words: string]>([
    ['status 500', { kind: 'response', status: 500 }, 'Zendesk is unavailable'],
    ['no cursor', pageOf({ has_more: true }), 'cannot be used'],
    ['the cursor of the page before', pageOf({ has_more: true, after_cursor: 'again' }), 'cannot be used'],
    ['HTML', { kind: 'html' }, 'There is no Zendesk account at this address']
  ])(
    'if a later page of the list has %s; it revokes the tokens of the first page',
    async (_page, fault, words) => {
      const zendesk = await mockZendesk()
      const stale = zendesk.seedTokens(250)
      zendesk.fault({ method: 'GET', path: TOKENS }, [{ kind: 'pass' }, ...Array<Fault>(5).fill(fault)])
      const step = await sweep(zendesk, 'clientCredentials', { 'dry-run': false }, { random: 0 })
      expect(annotated(step)).toEqual([expect.stringMatching(/^::error::Could not list the tokens: /)])
      expect(annotated(step)[0]).toContain(words)
      expect(annotated(step)[0]).toMatch(/ Revoked 100 stale tokens before that\.$/)
      expect(step.outputs).toMatchObject({ matched: '100', revoked: '100', failed: '0' })
      expect(step.exitCode).toBe(1)
      // The cleanup token is revoked as well.
      expect(zendesk.activeTokens()).toEqual(stale.slice(100))
    }
  )

  it('at its timeout; the error names the remaining tokens, and it revokes its cleanup token', async () => {
    const zendesk = await mockZendesk()
    const stale = zendesk.seedTokens(12)
    for (const { id } of stale.slice(8)) zendesk.fault({ path: `${TOKENS}/${id}` }, { kind: 'stall' })
    const step = await sweep(zendesk, 'clientCredentials', { 'dry-run': false, 'timeout-seconds': 5 })
    const remaining = ids(stale.slice(8))
    expect(annotated(step)).toEqual([
      expect.stringMatching(/^::error::Could not revoke 4 of 12 stale tokens: /)
    ])
    for (const id of remaining) expect(annotated(step)[0]).toContain(String(id))
    expect(step.outputs).toMatchObject({ matched: '12', revoked: '8', failed: '4' })
    expect(zendesk.requests[0]!.json).toMatchObject({ expires_in: 600 })
    expect(ids(zendesk.activeTokens())).toEqual(remaining)
    expect(step).toMatchObject({ exitCode: 1, stderr: '' })
  })

  const onPosix = process.platform === 'win32' ? it.skip : it
  onPosix.each(['SIGINT', 'SIGTERM'] as const)(
    'if the job is cancelled (%s); after that it revokes only its cleanup token',
    async (signal) => {
      const zendesk = await mockZendesk()
      const stale = zendesk.seedTokens(12)
      for (const { id } of stale.slice(4)) zendesk.fault({ path: `${TOKENS}/${id}` }, { kind: 'stall' })
      const cancel = cancelAtRequest(zendesk, 11, signal)
      const step = await sweep(zendesk, 'clientCredentials', { 'dry-run': false }, cancel)
      expect(annotated(step)).toEqual([
        expect.stringMatching(/^::error::Could not revoke 8 of 12 stale tokens: /)
      ])
      expect(step.outputs).toMatchObject({ matched: '12', revoked: '4', failed: '8' })
      expect(zendesk.activeTokens()).toEqual(stale.slice(4))
      expect(zendesk.requests).toHaveLength(12)
      expect(step).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
    }
  )
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

describe('a sweep of many tokens', () => {
  // Without `FULL=1` fewer tokens, but enough to show a leak.
  const [few, large] = process.env['FULL'] === undefined ? [500, 1000] : [1000, 10_000]
  const limit = large / 4

  /**
   * Sweeps `count` tokens under a rate limit. Zendesk's clock is that of the process, so a window of the limit ends
   * when all requests in flight have been refused and the first of them is sent again.
   */
  async function sweepMany(
    count: number
  ): Promise<{ zendesk: Zendesk; step: StepResult; memory: number; limited: number }> {
    const perMs = 5000
    const [report, clockFile] = [scratch('memory'), scratch('clock')]
    writeFileSync(clockFile, '0')
    const zendesk = await mockZendesk({
      rateLimit: { limit, perMs },
      now: () => NOON + Number(readFileSync(clockFile, 'utf8'))
    })
    zendesk.seedTokens(count)
    const inputs = { 'dry-run': false, 'timeout-seconds': 3600 }
    const step = await sweep(zendesk, 'clientCredentials', inputs, { report, clockFile })
    const limited = zendesk.requests.filter(({ status }) => status === 429).length
    return { zendesk, step, limited, memory: Number(readFileSync(report, 'utf8')) }
  }

  it(`revokes ${large} tokens without a needless request, in no more memory than ${few}`, async () => {
    const small = await sweepMany(few)
    const many = await sweepMany(large)
    const { zendesk, step, limited } = many
    expect(said(step).at(-1)).toBe(`Revoked ${large} stale tokens (${large + 1} checked).`)
    expect(step).toMatchObject({ exitCode: 0, stderr: '' })
    expect(step.outputs).toMatchObject({ matched: String(large), revoked: String(large), failed: '0' })
    expect(JSON.parse(step.outputs['token-ids']!)).toHaveLength(Math.min(large, 5000))
    expect(step.summary.match(/<tr>/g)).toHaveLength(501)
    expect(zendesk.activeTokens()).toEqual([])
    // The list also holds the cleanup token, on a page of its own.
    const pages = large / 100 + 1
    expect(zendesk.requests.length - limited).toBe(1 + 1 + pages + large + 1)
    // Each time the limit is reached, it refuses one to four requests: those in flight.
    const windows = Math.floor(large / limit)
    expect(limited).toBeGreaterThanOrEqual(windows)
    expect(limited).toBeLessThanOrEqual(windows * 4)
    // In KiB. To keep the responses, too, would take twice as much more; the rest is noise of the garbage collector.
    expect(many.memory).toBeLessThan(small.memory + 40_960)
    process.stdout.write(
      `sweep: ${large} tokens on ${pages} pages: ${zendesk.requests.length} requests, ${limited} of them refused by the rate limit; ` +
        `peak memory ${(many.memory / 1024).toFixed(0)} MiB, for ${few} of them ${(small.memory / 1024).toFixed(0)} MiB\n`
    )
  })
})
