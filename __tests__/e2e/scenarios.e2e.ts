import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Zendesk } from '../../mock/zendesk.ts'
import type { Act, ActRun } from './act.ts'
import type { Report } from './report.ts'
import { bearerOf, deletions, play, workflow, type Stage } from './scene.ts'

/*
 * The workflows of this folder: what a job sees of the action, and what is left of its tokens.
 */

const hour = 3_600_000

/** @param folder for files that steps write */
export async function playScenes(act: Act, report: Report, folder: string): Promise<void> {
  await play('outputs', act, report, outputs)
  await play('two tokens', act, report, twoTokens)
  await play('nested', act, report, nested)
  await play('failure', act, report, failure)
  await play('cancelled', act, report, cancelled)
  await play('matrix', act, report, matrix)
  await play('environment and summary', act, report, environmentAndSummary)
  await play('sweep', act, report, sweep)
  await play('refresh token', act, report, (stage) => refreshToken(stage, folder))
}

async function outputs({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const { printed, posts, text } = await run({ workflow: workflow('outputs'), ...clientSecret(zendesk) })
  const [token] = minted()
  const wanted = [
    `token-id=${token?.id}`,
    `client-id=${token?.clientId}`,
    `user-id=${token?.userId}`,
    'scopes=read tickets:write write',
    `expires-at=${new Date(token?.expiresAt ?? 0).toISOString().replace(/\.\d+/, '')}`,
    `base-url=${zendesk.url}`,
    'refresh-token=[]'
  ]
  for (const line of wanted) check(`a later step reads ${line.split('=')[0]}`, printed.includes(line), wanted)
  check('a later step reads tickets with the token', printed.includes('tickets=3'))
  check('the token in an echo is masked', printed.includes('careless: ***'))
  check('the token in the environment is masked', printed.includes('TOKEN=***'))
  check(
    'the token in a URL is masked',
    printed.some((line) => line.endsWith('?access_token=***&more=1'))
  )
  check('the token in a trace of the shell is masked', printed.includes('+ : ***'))
  check('the token in JSON is masked', printed.includes('  "token": "***",'))
  equal('post runs once', posts, ['Mint: success'])
  check('post says that the token is dead', text.includes(`Token ${token?.id} revoked, and verified dead.`))
  equal('one token was minted', minted().length, 1)
  equal('none is alive', zendesk.living().length, 0)
}

async function twoTokens({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const { printed, posts, text } = await run({ workflow: workflow('two-tokens'), ...clientSecret(zendesk) })
  const [admin, zis] = minted()
  equal('both can be used, and both are masked', count(printed, 'read with ***'), 2)
  equal('the second is of the ZIS client', zis?.clientId, zendesk.client('zis_acme').id)
  equal('posts run in reverse order', posts, ['Mint with the first token: success', 'Mint: success'])
  equal(
    'the second is revoked with the first, which is then revoked',
    deletions(zendesk).map((request) => [request.path.split('/').at(-1), bearerOf(request), request.status]),
    [zis, admin].map((token) => [String(token?.id), admin?.value, 204])
  )
  for (const token of [admin, zis]) {
    check('each is proven dead', text.includes(`Token ${token?.id} revoked, and verified dead.`))
  }
  equal('none is alive', zendesk.living().length, 0)
}

async function nested({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const { apiToken } = zendesk.credentials
  const { printed, entries, text } = await run({
    workflow: workflow('nested'),
    vars: { ZENDESK_URL: zendesk.url },
    secrets: { API_TOKEN: apiToken }
  })
  const [token] = minted()
  check('the output comes through both', printed.includes('read with ***'))
  const witnessed = entries.flatMap(({ msg, stage }) =>
    msg.startsWith('the input is') ? [`${stage}: ${msg.trim()}`] : []
  )
  equal('the runner gives post other inputs than main', witnessed, [
    'Main: the input is the right one',
    'Post: the input is another one'
  ])
  equal(
    'the mint used the API token, and post did not use what it was given in its place',
    zendesk.requests
      .flatMap(({ method, headers }) => (method === 'GET' ? [] : [headers.authorization]))
      .slice(0, 2),
    [
      `Basic ${Buffer.from(`ada@acme.example/token:${apiToken}`).toString('base64')}`,
      `Bearer ${token?.value}`
    ]
  )
  check('it is revoked all the same', text.includes(`Token ${token?.id} revoked, and verified dead.`))
  equal('none is alive', zendesk.living().length, 0)
}

async function failure({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const job = { workflow: workflow('failure'), ...clientSecret(zendesk) }
  const red = { exitCode: 1 }

  const after = await run({ ...job, job: 'after' }, red)
  const [token] = minted()
  check(
    'a step in the middle fails the job, and no step follows',
    !after.text.includes('went on after a failure')
  )
  check(
    'a step with always() sees the outputs',
    after.printed.includes(`outcome=success id=${token?.id} length=${token?.value.length}`)
  )
  equal('post runs', after.posts, ['Mint: success'])
  check('the token is dead', after.text.includes(`Token ${token?.id} revoked, and verified dead.`))

  const refused = await run({ ...job, job: 'refused' }, red)
  check(
    'a mint that is refused is red, and has no token',
    refused.printed.includes('outcome=failure token=[]')
  )
  equal('it is one error', errors(refused).length, 1)
  check('it names the cause', errors(refused)[0]?.includes('invalid_client') ?? false, errors(refused))
  check(
    'post has nothing to do',
    refused.text.includes('No token was minted, so there is nothing to revoke.')
  )

  const dead = { kind: 'reply', status: 401, body: { error: 'invalid_token' } } as const
  zendesk.fault({ method: 'GET', path: '/api/v2/oauth/tokens/current', count: 4 }, dead)
  const unusable = await run({ ...job, job: 'unusable' }, red)
  const last = minted().at(-1)
  check(
    'a step that fails after the mint has outputs that can be read',
    unusable.printed.includes(`outcome=failure scopes=read write length=${last?.value.length}`)
  )
  equal('it is one error, too', errors(unusable).length, 1)
  check('post revokes its token', unusable.text.includes('revoked, and verified dead.'))
  equal('two tokens were minted', minted().length, 2)
  equal('none is alive', zendesk.living().length, 0)
}

async function cancelled({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const job = { workflow: workflow('cancelled'), ...clientSecret(zendesk) }
  const { text, posts } = await run({ ...job, cancelAt: 'working for long' }, { exitCode: 1 })
  check('no step follows', !text.includes('went on after the end'))
  equal('post runs', posts, ['Mint: success'])
  check('the token is dead', text.includes(`Token ${minted()[0]?.id} revoked, and verified dead.`))
  equal('none is alive', zendesk.living().length, 0)
}

async function matrix({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const { printed, text } = await run({ workflow: workflow('matrix'), ...clientSecret(zendesk) })
  const ids = minted().map(({ id }) => id)
  equal('each job has a token of its own', ids.length, 4)
  const used = printed.flatMap((line) => /^job \d read with (\d+), which is \*\*\*$/.exec(line)?.[1] ?? [])
  equal('each is used, and masked', used.map(Number).sort(), ids)
  check(
    'each is proven dead',
    ids.every((id) => text.includes(`Token ${id} revoked, and verified dead.`))
  )
  equal('none is alive', zendesk.living().length, 0)
}

async function environmentAndSummary({ zendesk, run, check, equal, minted }: Stage): Promise<void> {
  const { printed, summaries } = await run({
    workflow: workflow('environment-and-summary'),
    ...clientSecret(zendesk)
  })
  const [token] = minted()
  check('a later step finds both variables', printed.includes('subdomain=acme token=***'))
  equal(
    'main and post each write a summary',
    summaries.map((summary) => /<h3>(.*)<\/h3>/.exec(summary)?.[1]),
    ['Zendesk token minted', 'Zendesk token revoked']
  )
  check(
    'both name the token',
    summaries.every((summary) => summary.includes(`<td>${token?.id}</td>`))
  )
  check(
    'the second says that it is dead',
    summaries[1]?.includes('<td>revoked, and verified dead</td>') ?? false
  )
  equal('none is alive', zendesk.living().length, 0)
}

async function sweep({ zendesk, run, check, equal }: Stage): Promise<void> {
  const left = zendesk.seedTokens(3, { age: 48 * hour })
  const young = zendesk.seedTokens(1, { age: hour })
  const used = zendesk.seedTokens(1, { age: 48 * hour, usedAgo: hour })
  const others = zendesk.seedTokens(1, { age: 48 * hour, client: 'admin_tools' })
  const { printed, summaries } = await run({ workflow: workflow('sweep'), ...clientSecret(zendesk) })
  const told = (matched: unknown[], revoked: number): string =>
    JSON.stringify({
      failed: '0',
      matched: String(matched.length),
      revoked: String(revoked),
      'token-ids': JSON.stringify(matched)
    })
  const ids = left.map(({ id }) => id)
  check('the dry run lists what is left over', printed.includes(`look=${told(ids, 0)}`), told(ids, 0))
  check('the sweep revokes it', printed.includes(`sweep=${told(ids, 3)}`), told(ids, 3))
  check('then nothing is left over', printed.includes(`again=${told([], 0)}`), told([], 0))
  equal('each writes a summary', summaries.length, 3)
  equal(
    'what is young, in use, or of another client is alive, and nothing else, no helper token either',
    zendesk.living().map(({ id }) => id),
    [...young, ...used, ...others].map(({ id }) => id)
  )
}

async function refreshToken({ zendesk, run, check, equal, minted }: Stage, folder: string): Promise<void> {
  const code = zendesk.authorize({
    client: 'browser_app',
    redirectUri: 'https://acme.example/',
    scope: 'read write',
    codeChallenge: 'a-plain-challenge-for-the-end-to-end-run-0123456789'
  })
  const stored = await grant(zendesk, {
    grant_type: 'authorization_code',
    client_id: 'browser_app',
    code,
    redirect_uri: 'https://acme.example/',
    code_verifier: 'a-plain-challenge-for-the-end-to-end-run-0123456789'
  })
  const store = join(mkdtempSync(join(folder, 'store-')), 'refresh-token')
  const { printed, posts, text } = await run({
    workflow: workflow('refresh-token'),
    vars: { ZENDESK_URL: zendesk.url, STORE: store },
    secrets: { REFRESH_TOKEN: String(stored['refresh_token']) }
  })
  const [, first, second] = minted()
  check('the new refresh token is masked', printed.includes('careless: ***'))
  equal('the last one is what a later step stores', readFileSync(store, 'utf8'), second?.refreshToken)
  equal('the first pair is dead, and the last one lives', [first?.revoked, second?.revoked], [true, false])
  check('a spent refresh token is refused with its cause', /::error::.*invalid_grant/.test(text))
  equal('every post runs', posts.length, 3)
  equal('none revokes anything', deletions(zendesk).length, 0)
  check('they say why', text.includes('since revoking it would kill the refresh token that came with it'))
  const after = await grant(zendesk, {
    grant_type: 'refresh_token',
    client_id: 'browser_app',
    refresh_token: readFileSync(store, 'utf8')
  })
  check('the stored one works after the job', typeof after['access_token'] === 'string', after)
}

function clientSecret(zendesk: Zendesk): { vars: Record<string, string>; secrets: Record<string, string> } {
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

function count(lines: string[], line: string): number {
  return lines.filter((candidate) => candidate === line).length
}

function errors({ entries }: ActRun): string[] {
  return entries.flatMap(({ command, msg }) => (command === 'error' ? [msg] : []))
}
