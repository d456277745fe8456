import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { type ActionStep, type JobResult, runJob, type Step, type StepResult } from './runner.ts'
import { startZendesk, type Zendesk } from './zendesk.ts'

/** One job of the demo: how the step gets its token, and what the reader should know about it. */
interface Scene {
  title: string
  inputs: Record<string, string>
  secrets: readonly string[]
}

const root = join(import.meta.dirname, '..')
const useColor = process.stdout.isTTY && !process.env['NO_COLOR']

const readTickets = `
const response = await fetch(process.env.ZENDESK_URL + '/api/v2/tickets.json', {
  headers: { Authorization: 'Bearer ' + process.env.TOKEN }
})
const { tickets } = await response.json()
console.log('GET /api/v2/tickets.json: ' + response.status + ', ' + tickets?.length + ' tickets')
console.log('A careless step prints the token: ' + process.env.TOKEN)
process.exitCode = response.ok ? 0 : 1
`

process.exitCode = await demo()

async function demo(): Promise<number> {
  if (!existsSync(join(root, 'dist'))) {
    print('There is no dist/ yet: `npm run build` makes it.')
    return 1
  }
  const started = performance.now()
  const zendesk = await startZendesk()
  try {
    print(`An in-memory Zendesk listens at ${zendesk.url}. Nothing leaves this machine.`)
    const broken: string[] = []
    for (const scene of scenes(zendesk)) broken.push(...(await play(zendesk, scene)))
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    print(
      '',
      strong(broken.length === 0 ? 'All as promised.' : 'NOT as promised:'),
      ...broken.map((promise) => `- ${promise}`),
      `${zendesk.requests.length} requests on ${zendesk.connections} connections in ${seconds} s; ` +
        `${zendesk.living().length} tokens are left alive.`
    )
    return broken.length === 0 ? 0 : 1
  } finally {
    await zendesk.close()
  }
}

function scenes(zendesk: Zendesk): Scene[] {
  const { email, apiToken } = zendesk.credentials
  const secret = zendesk.client('ci_bot').secret ?? ''
  const client = { subdomain: 'acme', 'client-id': 'ci_bot', 'base-url': zendesk.url }
  return [
    {
      title: 'Client credentials: the way to go',
      inputs: { ...client, 'client-secret': secret, scopes: 'read write' },
      secrets: [secret]
    },
    {
      title: 'The same with narrow scopes, which forbid the token to revoke itself',
      inputs: { ...client, 'client-secret': secret, scopes: 'tickets:read tickets:write' },
      secrets: [secret]
    },
    {
      title: 'E-mail and API token: what Zendesk switches off on 2027-04-30',
      inputs: { ...client, email, 'api-token': apiToken, scopes: 'tickets:read tickets:write' },
      secrets: [apiToken]
    }
  ]
}

/** Plays a scene, and returns the promises that were broken in it. */
async function play(zendesk: Zendesk, { title, inputs, secrets }: Scene): Promise<string[]> {
  print('', strong(title))
  const before = zendesk.requests.length
  const action: ActionStep = { id: 'zendesk', name: 'Create Zendesk token', uses: root, with: inputs }
  const reader: Step = {
    id: 'tickets',
    name: 'Read tickets with the token',
    run: ['node', '--input-type=module', '--eval', readTickets],
    env: ({ steps }) => ({
      TOKEN: steps['zendesk']?.outputs['token'] ?? '',
      ZENDESK_URL: steps['zendesk']?.outputs['base-url'] ?? ''
    })
  }
  const job = await runJob([action, reader], {
    secrets,
    onLog: (line) => {
      print(line.startsWith('▾') ? `  ${strong(line)}` : `      ${line}`)
    }
  })
  const token = job.steps[0]?.outputs['token'] ?? ''
  const requests = zendesk.requests.length - before
  const response = await fetch(`${zendesk.url}/api/v2/tickets.json`, {
    headers: { Authorization: `Bearer ${token}` }
  })
  await response.arrayBuffer()
  const times = job.steps.map((step) => `${step.phase} ${step.durationMs.toFixed(0)} ms`).join(', ')
  print(`  The token, tried once more after the job: ${response.status}. ${requests} requests; ${times}.`)
  return brokenPromises(zendesk, job, token, secrets, response.status).map(
    (promise) => `${title}: ${promise}`
  )
}

function brokenPromises(
  zendesk: Zendesk,
  { steps, ok, log }: JobResult,
  token: string,
  secrets: readonly string[],
  statusAfterwards: number
): string[] {
  const [main, reader, post] = steps
  const ours = [main, post].filter((step): step is StepResult => step !== undefined)
  const printed = ours.flatMap(({ stdout, stderr }) => [...stdout, stderr])
  const state = JSON.stringify(main?.state)
  const promises: [kept: boolean, promise: string][] = [
    [ok && steps.length === 3, 'every step succeeds'],
    [token !== '', 'there is a token'],
    [
      reader?.stdout.some((line) => line.includes('200, 3 tickets')) ?? false,
      'the next step reads tickets with it'
    ],
    [
      !log.some((line) => [token, ...secrets].some((value) => line.includes(value))),
      'the log shows no secret'
    ],
    [
      !printed.some((line) => token !== '' && line.includes(token) && line !== `::add-mask::${token}`),
      'the action prints the token only to mask it'
    ],
    [!secrets.some((secret) => state.includes(secret)), 'the state holds no credential'],
    [ours.every(({ stderr }) => stderr === ''), 'nothing is written to stderr'],
    [
      post?.stdout.some((line) => line.endsWith('verified dead.')) ?? false,
      'post proves that the token is dead'
    ],
    [statusAfterwards === 401, 'Zendesk refuses the token after the job'],
    [zendesk.living().length === 0, 'no token is left alive']
  ]
  return promises.filter(([kept]) => !kept).map(([, promise]) => promise)
}

function strong(text: string): string {
  return useColor ? `\u001b[1m${text}\u001b[0m` : text
}

function print(...lines: string[]): void {
  for (const line of lines) console.log(line)
}
