/*
 * Compares the action with a bare Node script that makes the same requests with `node:http`.
 *
 *   npm run bench              25 runs of each
 *   npm run bench -- --quick   3
 *
 * Only the ratios mean something: both run in turn, on the same machine, against the same server.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseKeyValues } from '../mock/runner/command-files.ts'
import { startZendesk, type Zendesk } from '../mock/zendesk.ts'

const RUNS = process.argv.includes('--quick') ? 3 : 25
/** Milliseconds to the server and back. */
const ROUND_TRIP = 50

const root = join(import.meta.dirname, '..')
const temp = mkdtempSync(join(tmpdir(), 'bench-'))

const BARE = `
const [url, ...requests] = process.argv.slice(2)
const http = require(url.startsWith('https') ? 'node:https' : 'node:http')
const agent = new http.Agent({ keepAlive: true })
let token = process.env.TOKEN
function next() {
  const request = requests.shift()
  if (request === undefined) process.exit(0)
  const [method, path] = request.split(' ')
  const headers = token ? { authorization: 'Bearer ' + token } : { 'content-type': 'application/json' }
  const outgoing = http.request(url + path, { method, agent, headers }, (response) => {
    let text = ''
    response.on('data', (data) => (text += data))
    response.on('end', () => {
      if (method === 'POST') token = JSON.parse(text).access_token
      next()
    })
  })
  outgoing.end(method === 'POST' ? process.env.BODY : undefined)
}
next()
`

type Values = Record<string, string>

interface Cost {
  ms: number
  /** Peak memory; only if it was measured. */
  mib: number
}

const preload = join(temp, 'peak.cjs')
/** Lets a process write its peak memory to a fourth pipe, which takes a little time. */
const measureMemory = { NODE_OPTIONS: `--require "${preload.replaceAll('\\', '/')}"` }
writeFileSync(
  preload,
  `process.on('exit', () => require('fs').writeSync(3, String(process.resourceUsage().maxRSS)))`
)

async function run(script: string, args: string[], env: Values): Promise<Cost> {
  const started = performance.now()
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env['PATH'], SystemRoot: process.env['SystemRoot'], ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe']
  })
  let peak = ''
  let log = ''
  child.stdio[3]?.on('data', (data: Buffer) => (peak += data.toString()))
  child.stdout?.on('data', (data: Buffer) => (log += data.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}: ${log}`)
  return { ms: performance.now() - started, mib: Number(peak) / 1024 }
}

/** Runs the main step, and returns what it wrote. */
async function main(
  zendesk: Zendesk,
  url: string,
  env: Values = {}
): Promise<Cost & { output: Values; state: Values }> {
  const files = { GITHUB_OUTPUT: join(temp, 'output'), GITHUB_STATE: join(temp, 'state') }
  for (const file of Object.values(files)) writeFileSync(file, '')
  const cost = await run(join(root, 'dist/main.cjs'), [], {
    ...files,
    INPUT_SUBDOMAIN: 'acme',
    'INPUT_CLIENT-ID': 'ci_bot',
    'INPUT_CLIENT-SECRET': zendesk.client('ci_bot').secret!,
    'INPUT_BASE-URL': url,
    ...env
  })
  const read = (path: string): Values => parseKeyValues(readFileSync(path, 'utf8'))
  return { ...cost, output: read(files.GITHUB_OUTPUT), state: read(files.GITHUB_STATE) }
}

function post(state: Values, env: Values = {}): Promise<Cost> {
  const saved = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
  return run(join(root, 'dist/post.cjs'), [], { ...saved, ...env })
}

/** The body with which the bare script mints. */
function mintBody(zendesk: Zendesk): string {
  return JSON.stringify({
    grant_type: 'client_credentials',
    client_id: 'ci_bot',
    client_secret: zendesk.client('ci_bot').secret,
    scope: 'read write',
    expires_in: 3600
  })
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

const CURRENT = 'GET /api/v2/oauth/tokens/current'
const MAIN = ['POST /oauth/tokens', CURRENT]

async function compareProcesses(bare: string): Promise<void> {
  const zendesk = await startZendesk()
  const body = mintBody(zendesk)

  /** Runs each process once. */
  const round = async (env: Values): Promise<Record<string, Cost>> => {
    const bareMain = await run(bare, [zendesk.url, ...MAIN], { BODY: body, ...env })
    const minted = await main(zendesk, zendesk.url, env)
    const { output } = await main(zendesk, zendesk.url)
    const requests = [`DELETE /api/v2/oauth/tokens/${output['token-id']!}`, CURRENT]
    const barePost = await run(bare, [zendesk.url, ...requests], { TOKEN: output['token']!, ...env })
    return {
      'bare: mint, check': bareMain,
      main: minted,
      'bare: revoke, verify': barePost,
      post: await post(minted.state, env)
    }
  }
  const timed: Record<string, Cost>[] = []
  for (let index = 0; index < RUNS; index += 1) timed.push(await round({}))
  const measured: Record<string, Cost>[] = []
  for (let index = 0; index < Math.min(RUNS, 5); index += 1) measured.push(await round(measureMemory))

  const times = (name: string): number[] => timed.map((costs) => costs[name]!.ms)
  const row = (name: string, base: string): object => ({
    'median ms': median(times(name)).toFixed(1),
    'best ms': Math.min(...times(name)).toFixed(1),
    ratio: (median(times(name)) / median(times(base))).toFixed(2),
    'peak MiB': median(measured.map((costs) => costs[name]!.mib)).toFixed(0)
  })
  console.log(`Whole processes, ${RUNS} runs each`)
  console.table({
    'bare: mint, check': row('bare: mint, check', 'bare: mint, check'),
    main: row('main', 'bare: mint, check'),
    'bare: revoke, verify': row('bare: revoke, verify', 'bare: revoke, verify'),
    post: row('post', 'bare: revoke, verify')
  })

  const active = zendesk.activeTokens().length
  const counted = async <Result>(step: Promise<Result>): Promise<[Result, object]> => {
    zendesk.forget()
    const result = await step
    return [result, { requests: zendesk.requests.length, connections: zendesk.connections }]
  }
  const [minted, mainCount] = await counted(main(zendesk, zendesk.url))
  const [, postCount] = await counted(post(minted.state))
  console.log('Requests to Zendesk')
  console.table({ main: mainCount, post: postCount })
  if (zendesk.activeTokens().length !== active) throw new Error('post did not revoke the token')
  await zendesk.close()
}

/** A relay that delays everything by half a round trip, each way. */
async function relay(target: number): Promise<{ port: number; close: () => void }> {
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    const pass = (from: typeof near, to: typeof near): void => {
      from.on('data', (data) => void sleep(ROUND_TRIP / 2).then(() => to.write(data)))
      from.on('close', () => void sleep(ROUND_TRIP / 2).then(() => to.destroy()))
      from.on('error', () => to.destroy())
    }
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

async function compareRoundTrips(bare: string): Promise<void> {
  const pem = (name: string): string =>
    readFileSync(join(root, '__tests__/support/fixtures/tls', name), 'utf8')
  const zendesk = await startZendesk({ tls: { key: pem('server-key.pem'), cert: pem('server.pem') } })
  const slow = await relay(zendesk.port)
  const near = `https://localhost:${zendesk.port}`
  const far = `https://localhost:${slow.port}`
  const env = {
    NODE_EXTRA_CA_CERTS: join(root, '__tests__/support/fixtures/tls/ca.pem'),
    BODY: mintBody(zendesk)
  }
  const sides: Record<string, (url: string) => Promise<Cost>> = {
    bare: (url) => run(bare, [url, ...MAIN], env),
    main: (url) => main(zendesk, url, env)
  }
  const rows: Record<string, object> = {}
  for (const [name, runSide] of Object.entries(sides)) {
    const times = { near: [] as number[], far: [] as number[] }
    for (let index = 0; index < Math.min(RUNS, 9); index += 1) {
      times.near.push((await runSide(near)).ms)
      times.far.push((await runSide(far)).ms)
    }
    rows[name] = {
      'near ms': median(times.near).toFixed(1),
      'far ms': median(times.far).toFixed(1),
      'round trips': ((median(times.far) - median(times.near)) / ROUND_TRIP).toFixed(1)
    }
  }
  console.log(
    `TLS, near and ${ROUND_TRIP} ms away (one round trip for the TLS handshake, and one for each request)`
  )
  console.table(rows)
  slow.close()
  await zendesk.close()
}

try {
  const bare = join(temp, 'bare.cjs')
  writeFileSync(bare, BARE)
  await compareProcesses(bare)
  await compareRoundTrips(bare)
  const code = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.cjs'))
  console.log('Code in dist/')
  console.table(
    Object.fromEntries(code.map((name) => [name, { bytes: statSync(join(root, 'dist', name)).size }]))
  )
} finally {
  rmSync(temp, { recursive: true, force: true })
}
