import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'

import { type ActionStep, type JobResult, runJob, type Step } from './runner.ts'
import { startZendesk, type Zendesk } from './zendesk.ts'

/** One job of the demo. */
interface Scenario {
  title: string
  /** What the reader should know, and look at. */
  notes: string[]
  inputs: Record<string, string>
  /** The credential in the inputs. */
  secret: string
  /** Whether Zendesk rejects the credential. */
  fails?: boolean
}

type Print = (line: string) => void

const root = join(import.meta.dirname, '..')

const readTickets = `
const response = await fetch(process.env.ZENDESK_URL + '/api/v2/tickets.json', {
  headers: { Authorization: 'Bearer ' + process.env.TOKEN }
})
const { tickets } = await response.json()
console.log('GET /api/v2/tickets.json: ' + response.status + ', ' + tickets?.length + ' tickets')
console.log('A careless step prints the token: ' + process.env.TOKEN)
process.exitCode = response.ok ? 0 : 1
`

if (process.argv[1] === import.meta.filename) {
  const isColored = process.stdout.isTTY && !process.env['NO_COLOR']
  process.exitCode = await demo(root, (line) => {
    const isHeading = /^(\d\.|Result|\s*▾)/.test(line)
    console.log(isColored && isHeading ? styleText('bold', line) : line)
  })
}

/**
 * Runs the action in `folder` in four jobs, against a mock of Zendesk on this machine.
 *
 * @returns the exit code: 1 if a promise was broken
 */
export async function demo(folder: string, print: Print): Promise<number> {
  if (!existsSync(join(folder, 'dist'))) {
    print('There is no dist/ yet. Run `npm run build` first.')
    return 1
  }
  const zendesk = await startZendesk()
  try {
    print(`A mock of Zendesk runs at ${zendesk.url}. Nothing leaves this machine.`)
    const broken: string[] = []
    for (const [index, scenario] of scenarios(zendesk).entries()) {
      print('')
      print(`${index + 1}. ${scenario.title}`)
      for (const note of scenario.notes) print(`   ${note}`)
      for (const promise of await play(scenario, { zendesk, folder, print })) {
        broken.push(`${scenario.title}: ${promise}`)
      }
    }
    print('')
    if (broken.length === 0) {
      print('Result: every promise was kept. Zendesk rejects each token, and no log shows a secret.')
      return 0
    }
    print('Result: BROKEN. These promises were not kept:')
    for (const promise of broken) print(`- ${promise}`)
    return 1
  } finally {
    await zendesk.close()
  }
}

function scenarios(zendesk: Zendesk): Scenario[] {
  const { email, apiToken } = zendesk.credentials
  const secret = zendesk.client('ci_bot').secret ?? ''
  const wrongSecret = 'the-secret-of-another-client-0123456789'
  const client = { subdomain: 'acme', 'client-id': 'ci_bot', 'base-url': zendesk.url }
  return [
    {
      title: 'Client credentials (recommended)',
      notes: ['Look at: the second step prints the token, and the log shows ***. Post revokes the token.'],
      inputs: { ...client, 'client-secret': secret, scopes: 'read write' },
      secret
    },
    {
      title: 'Client credentials with narrow scopes',
      notes: [
        'Look at: this token cannot revoke itself, because its scopes are not `read` and `write`. So post makes more',
        'requests: it mints a cleanup token, which revokes the token, and then the cleanup token itself.'
      ],
      inputs: { ...client, 'client-secret': secret, scopes: 'tickets:read' },
      secret
    },
    {
      title: 'E-mail address and API token (until 2027-04-30)',
      notes: ['Look at: the same for your steps, and the line that says what to use when API tokens end.'],
      inputs: { ...client, email, 'api-token': apiToken, scopes: 'tickets:read' },
      secret: apiToken
    },
    {
      title: 'A wrong client secret',
      notes: ['Look at: one error that says what is wrong and what to do. No later step runs.'],
      inputs: { ...client, 'client-secret': wrongSecret, scopes: 'read write' },
      secret: wrongSecret,
      fails: true
    }
  ]
}

/** Runs a scenario, and returns the promises that were broken in it. */
async function play(
  { inputs, secret, fails = false }: Scenario,
  { zendesk, folder, print }: { zendesk: Zendesk; folder: string; print: Print }
): Promise<string[]> {
  const action: ActionStep = { id: 'zendesk', name: 'Mint a Zendesk token', uses: folder, with: inputs }
  const reader: Step = {
    name: 'Read tickets with the token',
    run: ['node', '--input-type=module', '--eval', readTickets],
    env: ({ steps }) => ({
      TOKEN: steps['zendesk']?.outputs['token'] ?? '',
      ZENDESK_URL: steps['zendesk']?.outputs['base-url'] ?? ''
    })
  }
  const before = zendesk.tokens.size
  const job = await runJob([action, reader], {
    secrets: [secret],
    onLog: (line) => {
      print(line.startsWith('▾') ? `   ${line}` : `       ${line}`)
    }
  })
  const tokens = [...zendesk.tokens.values()].slice(before).map(({ value }) => value)
  const statuses = await Promise.all(tokens.map((token) => statusOf(zendesk, token)))
  const promises: [kept: boolean, promise: string][] = [
    ...(fails ? promisesOfFailure(job) : promisesOfSuccess(job)),
    [(tokens.length === 0) === fails, fails ? 'no token is minted' : 'a token is minted'],
    [statuses.every((status) => status === 401), 'Zendesk rejects the token after the job'],
    [zendesk.activeTokens().length === 0, 'no token is active after the job'],
    [![secret, ...tokens].some((value) => job.log.join('\n').includes(value)), 'the log shows no secret'],
    [!JSON.stringify(job.steps.map(({ state }) => state)).includes(secret), 'the state holds no credential']
  ]
  if (!fails) print(`   After the job, a request with the token gets ${statuses[0] ?? 'no response'}.`)
  return promises.flatMap(([kept, promise]) => (kept ? [] : [promise]))
}

function promisesOfSuccess({ ok, steps, log }: JobResult): [boolean, string][] {
  return [
    [ok && steps.length === 3, 'every step succeeds'],
    [log.some((line) => line.endsWith('200, 3 tickets')), 'the next step reads tickets with the token'],
    [
      steps.at(-1)?.log.some((line) => line.endsWith('and verified that Zendesk rejects it.')) ?? false,
      'post verifies that the token is revoked'
    ]
  ]
}

function promisesOfFailure({ steps: [main, next, post] }: JobResult): [boolean, string][] {
  const errors = main?.annotations.filter(({ level }) => level === 'error') ?? []
  return [
    [
      main?.outcome === 'failure' && next?.outcome === 'skipped',
      'the step fails, and the next one does not run'
    ],
    [
      errors.length === 1 && errors[0]?.message.includes('client-secret') === true,
      'one error names `client-secret`'
    ],
    [post?.outcome === 'success', 'post succeeds']
  ]
}

async function statusOf(zendesk: Zendesk, token: string): Promise<number> {
  const response = await fetch(`${zendesk.url}/api/v2/tickets.json`, {
    headers: { Authorization: `Bearer ${token}` }
  })
  await response.arrayBuffer()
  return response.status
}
