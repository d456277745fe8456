import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { type ActRun, type Job } from './act.ts'
import { expectRevoked, scenario, type Scenario } from './scenario.ts'

const workflow = readFileSync(join(import.meta.dirname, 'workflows/scenarios.yml'), 'utf8')

/** Runs one job of the workflow. */
function runJob({ zendesk, run }: Scenario, job: string, exitCode: number, more: Partial<Job> = {}) {
  const vars = { ZENDESK_URL: zendesk.url }
  const secrets = { CLIENT_SECRET: zendesk.client('ci_bot').secret!, API_TOKEN: zendesk.credentials.apiToken }
  return run({ workflow, job, vars, secrets, ...more }, { exitCode })
}

/** The token of the job, which post revoked. */
function revokedToken(scenario: Scenario, result: ActRun) {
  const [token] = scenario.minted()
  expectRevoked(scenario, result, scenario.minted().length)
  return token!
}

scenario('later steps read every output, print the masked token, and one fails', async (scenario) => {
  const result = await runJob(scenario, 'later-step', 1)
  const { id, clientId, userId, expiresAt, value } = revokedToken(scenario, result)
  const [outputs = ''] = /^\{[^]*?^\}/m.exec(result.printed.join('\n')) ?? []
  expect(JSON.parse(outputs)).toEqual({
    token: '***',
    'token-id': String(id),
    'client-id': String(clientId),
    'user-id': String(userId),
    scopes: 'read tickets:write write',
    'expires-at': new Date(expiresAt!).toISOString().replace(/\.\d+/, ''),
    'base-url': scenario.zendesk.url,
    'refresh-token': ''
  })
  expect(result.printed).toEqual(
    expect.arrayContaining([
      'tickets=3',
      'careless: ***',
      'TOKEN=***',
      expect.stringMatching(/\?access_token=\*\*\*&more=1$/),
      '+ : ***',
      `outcome=success length=${value.length}`
    ])
  )
  expect(result.text).not.toContain('went on after a failure')
  expect(result.posts).toEqual(['Mint: success'])
  expect(scenario.minted()).toHaveLength(1)
})

scenario('post revokes a token with itself if the runner gives post the wrong inputs', async (scenario) => {
  const result = await runJob(scenario, 'nested', 0)
  const { value } = revokedToken(scenario, result)
  const { requests, credentials } = scenario.zendesk
  expect(result.printed).toContain('read with ***')
  const inputs = result.entries.filter(({ msg }) => msg.startsWith('the input is'))
  expect(inputs.map(({ msg, stage }) => `${stage}: ${msg.trim()}`)).toEqual([
    'Main: the input is the right one',
    'Post: the input is another one'
  ])
  const changes = requests.filter(({ method }) => method !== 'GET')
  expect(changes.slice(0, 2).map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from(`ada@acme.example/token:${credentials.apiToken}`).toString('base64')}`,
    `Bearer ${value}`
  ])
})

scenario('post revokes the token of a step that fails after the mint', async (scenario) => {
  const invalidToken = { kind: 'response', status: 401, body: { error: 'invalid_token' } } as const
  scenario.zendesk.fault({ method: 'GET', path: '/api/v2/oauth/tokens/current', count: 4 }, invalidToken)
  const result = await runJob(scenario, 'unusable', 1)
  const { value } = revokedToken(scenario, result)
  expect(result.printed).toContain(`outcome=failure scopes=read write length=${value.length}`)
  expect(result.entries.filter(({ command }) => command === 'error')).toHaveLength(1)
})

scenario('post revokes the token of a cancelled job', async (scenario) => {
  const result = await runJob(scenario, 'cancelled', 1, { cancelAt: 'working for long' })
  revokedToken(scenario, result)
  expect(result.text).not.toContain('went on after the end')
  expect(result.posts).toEqual(['Mint: success'])
})
