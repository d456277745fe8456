import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from '@jest/globals'

import type { Zendesk } from '../../mock/zendesk.ts'
import type { ActRun } from './act.ts'
import { bearerOf, deletions, expectRevoked, scenario, scratch, workflow } from './scenario.ts'

const hour = 3_600_000

scenario('a later step reads every output, and the runner masks a token that it prints', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const result = await run({ workflow: workflow('outputs'), ...clientCredentials(zendesk) })
  const [token] = minted()
  expect(result.printed).toEqual(
    expect.arrayContaining([
      `token-id=${token?.id}`,
      `client-id=${token?.clientId}`,
      `user-id=${token?.userId}`,
      'scopes=read tickets:write write',
      `expires-at=${new Date(token?.expiresAt ?? 0).toISOString().replace(/\.\d+/, '')}`,
      `base-url=${zendesk.url}`,
      'refresh-token=[]',
      'tickets=3',
      'careless: ***',
      'TOKEN=***',
      expect.stringMatching(/\?access_token=\*\*\*&more=1$/),
      '+ : ***',
      '  "token": "***",'
    ])
  )
  expect(result.posts).toEqual(['Mint: success'])
  expect(minted()).toHaveLength(1)
  expectRevoked(scenario, result, minted().length)
})

scenario('post revokes a second token with the first, and then the first', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const result = await run({ workflow: workflow('two-tokens'), ...clientCredentials(zendesk) })
  const [admin, zis] = minted()
  expect(result.printed.filter((line) => line === 'read with ***')).toHaveLength(2)
  expect(zis?.clientId).toBe(zendesk.client('zis_acme').id)
  expect(result.posts).toEqual(['Mint with the first token: success', 'Mint: success'])
  expect(
    deletions(zendesk).map((request) => [request.path.split('/').at(-1), bearerOf(request), request.status])
  ).toEqual([zis, admin].map((token) => [String(token?.id), admin?.value, 204]))
  expectRevoked(scenario, result, minted().length)
})

scenario('post revokes with the token if the runner gives it the wrong inputs', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const { apiToken } = zendesk.credentials
  const result = await run({
    workflow: workflow('nested'),
    vars: { ZENDESK_URL: zendesk.url },
    secrets: { API_TOKEN: apiToken }
  })
  const [token] = minted()
  expect(result.printed).toContain('read with ***')
  const inputs = result.entries.filter(({ msg }) => msg.startsWith('the input is'))
  expect(inputs.map(({ msg, stage }) => `${stage}: ${msg.trim()}`)).toEqual([
    'Main: the input is the right one',
    'Post: the input is another one'
  ])
  const changes = zendesk.requests.filter(({ method }) => method !== 'GET')
  expect(changes.slice(0, 2).map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from(`ada@acme.example/token:${apiToken}`).toString('base64')}`,
    `Bearer ${token?.value}`
  ])
  expectRevoked(scenario, result, minted().length)
})

scenario('post revokes the token if a later step fails', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const job = { workflow: workflow('failure'), job: 'later-step', ...clientCredentials(zendesk) }
  const result = await run(job, { exitCode: 1 })
  const [token] = minted()
  expect(result.text).not.toContain('went on after a failure')
  expect(result.printed).toContain(`outcome=success id=${token?.id} length=${token?.value.length}`)
  expect(result.posts).toEqual(['Mint: success'])
  expectRevoked(scenario, result, minted().length)
})

scenario('a refused mint fails with one error, and post has nothing to revoke', async ({ zendesk, run }) => {
  const job = { workflow: workflow('failure'), job: 'refused', ...clientCredentials(zendesk) }
  const result = await run(job, { exitCode: 1 })
  expect(result.printed).toContain('outcome=failure token=[]')
  expect(errors(result)).toEqual([expect.stringContaining('invalid_client')])
  expect(result.text).toContain('No token was minted, so there is nothing to revoke.')
})

scenario('post revokes the token of a step that fails after the mint', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const invalidToken = { kind: 'reply', status: 401, body: { error: 'invalid_token' } } as const
  zendesk.fault({ method: 'GET', path: '/api/v2/oauth/tokens/current', count: 4 }, invalidToken)
  const job = { workflow: workflow('failure'), job: 'unusable', ...clientCredentials(zendesk) }
  const result = await run(job, { exitCode: 1 })
  const [token] = minted()
  expect(result.printed).toContain(`outcome=failure scopes=read write length=${token?.value.length}`)
  expect(errors(result)).toHaveLength(1)
  expectRevoked(scenario, result, minted().length)
})

scenario('post revokes the token of a cancelled job', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const job = { workflow: workflow('cancelled'), cancelAt: 'working for long', ...clientCredentials(zendesk) }
  const result = await run(job, { exitCode: 1 })
  expect(result.text).not.toContain('went on after the end')
  expect(result.posts).toEqual(['Mint: success'])
  expectRevoked(scenario, result, minted().length)
})

scenario('each job of a matrix mints and revokes its own token', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const result = await run({ workflow: workflow('matrix'), ...clientCredentials(zendesk) })
  const ids = minted().map(({ id }) => id)
  const used = result.printed.flatMap((line) => /^job \d read with (\d+), which is \*\*\*$/.exec(line)?.[1])
  expect(ids).toHaveLength(4)
  expect(used.filter(Boolean).map(Number).sort()).toEqual(ids)
  expectRevoked(scenario, result, minted().length)
})

scenario(
  'a later step finds the token in its environment; main and post write a summary',
  async (scenario) => {
    const { zendesk, run, minted } = scenario
    const result = await run({ workflow: workflow('environment-and-summary'), ...clientCredentials(zendesk) })
    expect(result.printed).toContain('subdomain=acme token=***')
    expect(result.summaries).toEqual([expect.stringContaining('minted'), expect.stringContaining('revoked')])
    for (const summary of result.summaries) expect(summary).toContain(String(minted()[0]?.id))
    expectRevoked(scenario, result, minted().length)
  }
)

scenario('sweep lists the stale tokens of its client, revokes them, and finds no more', async (scenario) => {
  const { zendesk, run } = scenario
  const stale = zendesk.seedTokens(3, { age: 48 * hour })
  const kept = [
    ...zendesk.seedTokens(1, { age: hour }),
    ...zendesk.seedTokens(1, { age: 48 * hour, usedAgo: hour }),
    ...zendesk.seedTokens(1, { age: 48 * hour, client: 'admin_tools' })
  ]
  const { printed, summaries } = await run({ workflow: workflow('sweep'), ...clientCredentials(zendesk) })
  const ids = JSON.stringify(JSON.stringify(stale.map(({ id }) => id)))
  expect(printed).toEqual(
    expect.arrayContaining([
      `look={"failed":"0","matched":"3","revoked":"0","token-ids":${ids}}`,
      `sweep={"failed":"0","matched":"3","revoked":"3","token-ids":${ids}}`,
      'again={"failed":"0","matched":"0","revoked":"0","token-ids":"[]"}'
    ])
  )
  expect(summaries).toHaveLength(3)
  expect(zendesk.living()).toEqual(kept)
})

scenario('a job uses a refresh token twice, and its successor works afterwards', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const redirectUri = 'https://acme.example/'
  const verifier = 'a-plain-challenge-for-the-end-to-end-run-0123456789'
  const authorization = { redirectUri, scope: 'read write', codeChallenge: verifier }
  const initial = await grant(zendesk, {
    grant_type: 'authorization_code',
    client_id: 'browser_app',
    code: zendesk.authorize({ client: 'browser_app', ...authorization }),
    redirect_uri: redirectUri,
    code_verifier: verifier
  })
  const store = join(scratch, 'refresh-token')
  const result = await run({
    workflow: workflow('refresh-token'),
    vars: { ZENDESK_URL: zendesk.url, STORE: store },
    secrets: { REFRESH_TOKEN: String(initial['refresh_token']) }
  })
  const [, first, second] = minted()
  const stored = readFileSync(store, 'utf8')
  expect(result.printed).toContain('careless: ***')
  expect(stored).toBe(second?.refreshToken)
  expect([first?.revoked, second?.revoked]).toEqual([true, false])
  expect(errors(result)).toEqual([expect.stringContaining('invalid_grant')])
  expect(result.posts).toHaveLength(3)
  expect(deletions(zendesk)).toEqual([])
  const next = { grant_type: 'refresh_token', client_id: 'browser_app', refresh_token: stored }
  expect(await grant(zendesk, next)).toHaveProperty('access_token')
})

function clientCredentials(zendesk: Zendesk): {
  vars: Record<string, string>
  secrets: Record<string, string>
} {
  return {
    vars: { ZENDESK_URL: zendesk.url },
    secrets: { CLIENT_SECRET: zendesk.client('ci_bot').secret ?? '' }
  }
}

async function grant(zendesk: Zendesk, parameters: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${zendesk.url}/oauth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(parameters)
  })
  return (await response.json()) as Record<string, unknown>
}

function errors({ entries }: ActRun): string[] {
  return entries.flatMap(({ command, msg }) => (command === 'error' ? [msg] : []))
}
