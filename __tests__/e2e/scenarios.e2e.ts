import { expect } from '@jest/globals'

import { type Zendesk } from '../../mock/zendesk.ts'
import { type ActRun } from './act.ts'
import { expectRevoked, scenario, workflow } from './scenario.ts'

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

scenario('post revokes a token with itself if the runner gives post the wrong inputs', async (scenario) => {
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

scenario('post revokes the token of a step that fails after the mint', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const invalidToken = { kind: 'response', status: 401, body: { error: 'invalid_token' } } as const
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

function clientCredentials(zendesk: Zendesk): {
  vars: Record<string, string>
  secrets: Record<string, string>
} {
  return {
    vars: { ZENDESK_URL: zendesk.url },
    secrets: { CLIENT_SECRET: zendesk.client('ci_bot').secret ?? '' }
  }
}

function errors({ entries }: ActRun): string[] {
  return entries.flatMap(({ command, msg }) => (command === 'error' ? [msg] : []))
}
