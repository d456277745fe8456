import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { agentId, startZendesk, type Zendesk } from '../../mock/zendesk.ts'
import { sweep } from '../../src/sweep.ts'
import { setStage } from './runner-env.ts'

const stage = setStage()
let zendesk: Zendesk

beforeEach(async () => {
  zendesk = await startZendesk({ now: () => stage.world.now() })
})
afterEach(async () => {
  await zendesk.close()
})

type Given = Record<string, string>

const HOUR = 3_600_000
const LIST = '/api/v2/oauth/tokens'
const CURRENT = `${LIST}/current`
const CLIENTS = '/api/v2/oauth/clients'
const account = (): Given => ({
  subdomain: 'acme',
  'client-id': 'ci_bot',
  'base-url': zendesk.url,
  'dry-run': 'false'
})
const withA = (more: Given = {}): Given => ({
  ...account(),
  email: zendesk.credentials.email,
  'api-token': zendesk.credentials.apiToken,
  ...more
})
const withB = (more: Given = {}): Given => ({
  ...account(),
  'access-token': zendesk.credentials.accessToken,
  ...more
})
const withC = (more: Given = {}): Given => ({
  ...account(),
  'client-secret': String(zendesk.client('ci_bot').secret),
  ...more
})

async function run(inputs: Record<string, string | undefined>): Promise<Record<string, string>> {
  stage.inputs(inputs)
  await sweep(stage.step)
  return stage.outputs()
}

const ids = (): number[] => zendesk.living().map(({ id }) => id)
const idOf = ({ id }: { id: number }): number => id

describe('the requests of a sweep', () => {
  it('are the look-up, the list and the deletions with A', async () => {
    const [first, second] = zendesk.seedTokens(2).map(idOf)
    expect(await run(withA())).toEqual({
      matched: '2',
      revoked: '2',
      failed: '0',
      'token-ids': `[${first},${second}]`
    })
    expect(zendesk.seen().slice(0, 2)).toEqual([`GET ${CLIENTS}`, `GET ${LIST}`])
    expect(zendesk.seen().slice(2).sort()).toEqual([`DELETE ${LIST}/${first}`, `DELETE ${LIST}/${second}`])
    expect(zendesk.requests[1]!.target).toBe(
      `${LIST}?client_id=${zendesk.client('ci_bot').id}&page[size]=100`
    )
    expect(ids()).toEqual([])
    expect(stage.spoken().at(-1)).toBe('2 tokens of 2 left over, and revoked.')
  })

  it('have one for the own id before them with B', async () => {
    const own = [...zendesk.tokens.keys()][0]
    const [left] = zendesk.seedTokens(1, { client: 'admin_tools' }).map(idOf)
    stage.world.jump(30 * 24 * HOUR)
    await run(withB({ 'client-id': 'admin_tools' }))
    expect(zendesk.seen()).toEqual([
      `GET ${CURRENT}`,
      `GET ${CLIENTS}`,
      `GET ${LIST}`,
      `DELETE ${LIST}/${left}`
    ])
    expect(zendesk.tokens.get(own!)!.revoked).toBe(false)
  })

  it('are a helper’s with C, which tells the client, and is revoked at the end', async () => {
    const [left] = zendesk.seedTokens(1).map(idOf)
    await run(withC())
    const helper = [...zendesk.tokens.values()].at(-1)!
    expect(zendesk.seen()).toEqual([
      'POST /oauth/tokens',
      `GET ${CURRENT}`,
      `GET ${LIST}`,
      `DELETE ${LIST}/${left}`,
      `DELETE ${LIST}/${helper.id}`
    ])
    expect(zendesk.requests[0]!.json).toMatchObject({ scope: 'read write', expires_in: 720 })
    expect(stage.all('add-mask')).toContain(helper.value)
    expect(ids()).toEqual([])
  })

  it.each([
    ['5', 600],
    ['600', 720],
    ['3600', 3720]
  ])('have a helper that outlives a budget of %s s: %d s', async (timeout, lifetime) => {
    await run(withC({ 'timeout-seconds': timeout }))
    expect(zendesk.requests[0]!.json).toMatchObject({ expires_in: lifetime })
  })

  it('have a look-up with C where Zendesk does not tell the helper’s client', async () => {
    zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'reply', status: 403 })
    zendesk.seedTokens(1)
    await run(withC())
    expect(zendesk.seen()).toContain(`GET ${CLIENTS}`)
    expect(zendesk.seen().at(-1)).toBe(`DELETE ${CURRENT}`)
    expect(ids()).toEqual([])
  })

  it('ask for all users where that is wanted, on every page', async () => {
    zendesk.seedTokens(101, { userId: agentId })
    await run(withA({ 'all-users': 'true' }))
    const lists = zendesk.requests.filter(({ path }) => path === LIST)
    expect(lists.map(({ query }) => [query.get('all'), query.get('page[size]')])).toEqual([
      ['true', '100'],
      ['true', '100']
    ])
    expect(ids()).toEqual([])
  })

  it('are none where an input is wrong or the runner has no output file, and the secrets are masked before', async () => {
    await expect(run(withA({ 'older-than': '59m' }))).rejects.toThrow('older-than')
    expect(stage.all('add-mask')).toHaveLength(2)
    expect(stage.said).toHaveLength(2)
    delete process.env['GITHUB_OUTPUT']
    await expect(run(withA())).rejects.toThrow('GITHUB_OUTPUT')
    expect(zendesk.requests).toEqual([])
  })

  it.each([
    ['600', [600, 5000]],
    ['10', [10, 2000]]
  ])('share a budget of %s s, of which the end is kept', async (timeout, budget) => {
    await run(withA({ 'timeout-seconds': timeout }))
    expect(stage.budgets).toEqual([budget])
  })

  it('are at most four deletions at a time', async () => {
    zendesk.seedTokens(12)
    let now = 0
    let most = 0
    zendesk.fault(
      { method: 'DELETE' },
      {
        kind: 'edit',
        edit: (reply) => {
          most = Math.max(most, ++now)
          setTimeout(() => now--, 5)
          return reply
        }
      }
    )
    await run(withA())
    expect(new Set(zendesk.requests.slice(2).map(({ connection }) => connection)).size).toBe(4)
    expect(zendesk.requests).toHaveLength(14)
    expect(most).toBeGreaterThan(1)
  })
})

describe('a sweep', () => {
  it('only lists without being told to revoke', async () => {
    const [left] = zendesk.seedTokens(1).map(idOf)
    const inputs: Record<string, string | undefined> = { ...withA(), 'dry-run': undefined }
    expect(await run(inputs)).toEqual({ matched: '1', revoked: '0', failed: '0', 'token-ids': `[${left}]` })
    expect(ids()).toEqual([left])
    expect(stage.spoken().at(-1)).toBe(
      `1 token of 1 left over, and would be revoked with \`dry-run: 'false'\`: ${left}.`
    )
  })

  it('does not touch tokens of others, young ones, used ones and expired ones', async () => {
    zendesk.behaviour.filterByClient = false
    zendesk.seedTokens(1, { client: 'browser_app' })
    zendesk.seedTokens(1, { age: 23 * HOUR })
    zendesk.seedTokens(1, { usedAgo: 23 * HOUR })
    zendesk.seedTokens(1, { expiresIn: -1000 })
    const [old] = zendesk.seedTokens(1, { usedAgo: 25 * HOUR, expiresIn: HOUR }).map(idOf)
    expect(await run(withA())).toMatchObject({ matched: '1', 'token-ids': `[${old}]` })
    expect(zendesk.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  })

  it.each([
    ['B', withB],
    ['C', withC]
  ])('does not touch the token that it works with, however old it looks, with %s', async (_name, inputs) => {
    const old = '2026-01-01T00:00:00Z'
    zendesk.fault(
      { path: LIST },
      {
        kind: 'edit',
        edit: (reply) => ({
          ...reply,
          body: reply.body
            .replace(/"created_at":"[^"]+"/g, `"created_at":"${old}"`)
            .replace(/"used_at":"[^"]+"/g, '"used_at":null')
        })
      }
    )
    const client = inputs === withB ? 'admin_tools' : 'ci_bot'
    expect((await run(inputs({ 'client-id': client })))['matched']).toBe('0')
    expect(zendesk.requests.filter(({ path }) => path === LIST)).toHaveLength(1)
    expect(stage.spoken().at(-1)).toBe('None of 1 token is left over.')
  })

  it('takes another age', async () => {
    zendesk.seedTokens(1, { age: 2 * HOUR })
    expect((await run(withA({ 'older-than': '3h' })))['matched']).toBe('0')
    expect((await run(withA({ 'older-than': '90m' })))['matched']).toBe('1')
  })

  it('goes by Zendesk’s clock, and by this machine’s where the reply tells no time', async () => {
    zendesk.seedTokens(1, { age: 23 * HOUR })
    zendesk.advance(2 * HOUR)
    expect((await run(withA({ 'dry-run': 'true' })))['matched']).toBe('1')
    zendesk.fault(
      { path: LIST },
      { kind: 'edit', edit: (reply) => ({ ...reply, headers: { ...reply.headers, Date: 'soon' } }) }
    )
    expect((await run(withA({ 'dry-run': 'true' })))['matched']).toBe('0')
  })

  it('takes a token that is gone already for revoked', async () => {
    zendesk.seedTokens(1)
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 404 })
    expect(await run(withA())).toMatchObject({ revoked: '1', failed: '0' })
  })

  it('goes on past a failure, and ends with one error that names the token', async () => {
    const [first, second, third] = zendesk.seedTokens(3).map(idOf)
    zendesk.fault({ path: `${LIST}/${second}` }, { kind: 'reply', status: 403 })
    await expect(run(withA())).rejects.toThrow(
      new RegExp(
        `^1 token of 3 left over could not be revoked: ${second}\\. Could not revoke token ${second}: `
      )
    )
    expect(stage.outputs()).toEqual({
      matched: '3',
      revoked: '2',
      failed: '1',
      'token-ids': `[${first},${second},${third}]`
    })
    expect(ids()).toEqual([second])
  })

  it('revokes what it found before the list broke off, and fails', async () => {
    zendesk.seedTokens(150)
    zendesk.fault({ path: LIST }, [{ kind: 'pass' }, { kind: 'reply', status: 403 }])
    await expect(run(withC())).rejects.toThrow(
      /^Could not list the tokens: .* left over before that was revoked \(100 tokens\)\.$/
    )
    expect(stage.outputs()).toMatchObject({ matched: '100', revoked: '100', failed: '0' })
    expect(ids()).toHaveLength(50)
  })

  it('fails where a token is told to be refused, has no reply, or the job is cancelled', async () => {
    const [left] = zendesk.seedTokens(1).map(idOf)
    zendesk.fault({ method: 'DELETE' }, { kind: 'reset' })
    await expect(run(withA())).rejects.toThrow(
      `1 token of 1 left over could not be revoked: ${left}. Could not revoke`
    )
    stage.world.onSleep = () => {
      stage.stop.abort()
    }
    await expect(run(withA())).rejects.toThrow(
      /1 token of 1 left over could not be revoked: \d+\. .*cancelled/
    )
  })

  it('tries no other token once the job is cancelled, and names them all', async () => {
    const all = zendesk.seedTokens(20).map(idOf)
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 500 })
    stage.world.onSleep = () => {
      stage.stop.abort()
    }
    await expect(run(withA())).rejects.toThrow(
      new RegExp(`^20 tokens of 20 left over could not be revoked: .*${all.at(-1)}.*cancelled`)
    )
    expect(zendesk.requests.filter(({ method }) => method === 'DELETE').length).toBeLessThanOrEqual(4)
    expect(stage.outputs()).toMatchObject({ matched: '20', revoked: '0', failed: '20' })
  })

  it('tries no other token once a wait does not fit into the time', async () => {
    zendesk.seedTokens(20)
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 429, headers: { 'Retry-After': '3600' } })
    await expect(run(withA())).rejects.toThrow(/^20 tokens of 20 left over.* it asks to wait 3600 s/)
    expect(zendesk.requests.filter(({ method }) => method === 'DELETE').length).toBeLessThanOrEqual(4)
  })

  it('revokes its helper although the job is cancelled', async () => {
    const [left] = zendesk.seedTokens(1).map(idOf)
    zendesk.fault({ path: `${LIST}/${left}` }, { kind: 'reply', status: 500 })
    stage.world.onSleep = () => {
      stage.stop.abort()
    }
    await expect(run(withC())).rejects.toThrow('cancelled')
    expect(ids()).toEqual([left])
  })

  it('warns of a helper that could not be revoked', async () => {
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 418 })
    await run(withC())
    expect(stage.all('warning')).toEqual([
      expect.stringMatching(
        /^The helper token \d+ could not be revoked \(Zendesk answered 418\); it expires by itself within 12 minutes; to remove it sooner, send DELETE /
      )
    ])
  })

  it('fails where it cannot begin, with outputs that say so', async () => {
    await expect(run(withC({ 'client-secret': 'not-the-secret' }))).rejects.toThrow(
      'Could not mint a helper token'
    )
    expect(stage.outputs()).toEqual({ matched: '0', revoked: '0', failed: '0', 'token-ids': '[]' })
    await expect(run(withA({ 'client-id': 'nobody' }))).rejects.toThrow('Could not look up the client')
  })

  it('does not begin with B where its own id is not told', async () => {
    const purpose = 'Could not learn the id of the access-token, which must not be revoked'
    zendesk.seedTokens(1, { client: 'admin_tools' })
    zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 200, body: {} })
    await expect(run(withB())).rejects.toThrow(purpose)
    zendesk.clearFaults()
    zendesk.fault({ path: CURRENT }, { kind: 'reset' })
    await expect(run(withB())).rejects.toThrow(purpose)
    expect(zendesk.seen().every((request) => request === `GET ${CURRENT}`)).toBe(true)
  })

  it('warns about its inputs', async () => {
    await run(withC({ 'client-id': 'ci_bot' }))
    expect(stage.all('warning')).toEqual([])
    await expect(run(withC({ 'client-id': '123' }))).rejects.toThrow('invalid_client')
    expect(stage.all('warning')).toEqual([expect.stringContaining('client-id: 123 is a number')])
  })
})

describe('the progress of a sweep', () => {
  it('is told every 15 seconds', async () => {
    zendesk.seedTokens(250)
    zendesk.fault(
      { path: /tokens/ },
      {
        kind: 'edit',
        edit: (reply) => {
          stage.world.pass(200)
          return reply
        }
      }
    )
    zendesk.fault({}, { kind: 'pass' })
    stage.world.pass(20_000)
    await run(withA())
    const lines = stage.spoken().filter((line) => line.includes('so far'))
    expect(lines[0]).toMatch(/^Revoked \d+ of 250 tokens so far\.$/)
    expect(lines).toHaveLength(3)
  })

  it('is told while a long list is read', async () => {
    zendesk.seedTokens(250)
    zendesk.fault({ path: LIST }, [
      { kind: 'pass' },
      {
        kind: 'edit',
        edit: (reply) => {
          stage.world.pass(15_000)
          return reply
        }
      }
    ])
    await run(withA({ 'dry-run': 'true' }))
    expect(stage.spoken().filter((line) => line.includes('so far'))).toEqual([
      'Listed 200 tokens so far, 200 of them left over.'
    ])
  })
})

describe('the summary of a sweep', () => {
  it('is written unless it is not wanted', async () => {
    const [left] = zendesk.seedTokens(1).map(idOf)
    await run(withA({ 'job-summary': 'false' }))
    expect(stage.text('GITHUB_STEP_SUMMARY')).toBe('')
    const [next] = zendesk.seedTokens(1).map(idOf)
    expect(left).not.toBe(next)
    await run(withA())
    const text = stage.text('GITHUB_STEP_SUMMARY')
    expect(text).toContain('<h3>Zendesk tokens of ci_bot</h3>')
    expect(text).toContain(`<td>${next}</td>`)
    expect(text).toContain('<td>2 days</td><td>never</td><td>revoked</td>')
  })

  it('is written although the sweep fails', async () => {
    zendesk.seedTokens(1)
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 403 })
    await expect(run(withA())).rejects.toThrow()
    expect(stage.text('GITHUB_STEP_SUMMARY')).toContain('Revoked: 0. Failed: 1.')
  })
})
