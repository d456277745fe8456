/*
 * What the action costs, beside a bare Node script that makes the same requests with nothing but `node:http`.
 *
 *   npm run bench              25 alternating runs
 *   npm run bench -- --quick   3
 *
 * Only the ratios mean something: both sides run in turn, on the same machine, against the same server.
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
/** Milliseconds for the way to the server and back. */
const ROUND_TRIP = 50

const root = join(import.meta.dirname, '..')
const temp = mkdtempSync(join(tmpdir(), 'bench-'))
const fixtures = join(root, '__tests__/fixtures/tls')

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
  const sent = http.request(url + path, { method, agent, headers }, (reply) => {
    let text = ''
    reply.on('data', (data) => (text += data))
    reply.on('end', () => {
      if (method === 'POST') token = JSON.parse(text).access_token
      next()
    })
  })
  sent.end(method === 'POST' ? process.env.BODY : undefined)
}
next()
`

interface Outcome {
  ms: number
  /** Peak memory in MiB; only where it was asked for. */
  peak: number
}

interface Files {
  output: Record<string, string>
  state: Record<string, string>
}

/** Runs a script to its end; with `measure`, its peak memory is measured as well, which costs a little time. */
async function run(
  script: string,
  args: string[],
  env: Record<string, string>,
  measure = false
): Promise<Outcome> {
  const preload = join(temp, 'peak.cjs')
  writeFileSync(
    preload,
    `process.on('exit', () => require('fs').writeSync(3, String(process.resourceUsage().maxRSS)))`
  )
  const started = performance.now()
  const child = spawn(process.execPath, [...(measure ? ['--require', preload] : []), script, ...args], {
    env: { PATH: process.env['PATH'], SystemRoot: process.env['SystemRoot'], ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe']
  })
  let peak = ''
  let log = ''
  child.stdio[3]?.on('data', (data: Buffer) => (peak += data.toString()))
  child.stdout?.on('data', (data: Buffer) => (log += data.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}: ${log}`)
  return { ms: performance.now() - started, peak: Number(peak) / 1024 }
}

const SECRET = 'sandbox-secret'
let files = 0

/** Runs the main step, and returns what it wrote. */
async function main(zendesk: Zendesk, url: string, env = {}, measure = false): Promise<Outcome & Files> {
  files += 1
  const [output, state] = ['output', 'state'].map((name) => join(temp, `${name}-${files}`)) as [
    string,
    string
  ]
  writeFileSync(output, '')
  writeFileSync(state, '')
  const outcome = await run(
    join(root, 'dist/main.cjs'),
    [],
    {
      GITHUB_OUTPUT: output,
      GITHUB_STATE: state,
      INPUT_SUBDOMAIN: 'acme',
      'INPUT_CLIENT-ID': 'ci_bot',
      'INPUT_CLIENT-SECRET': zendesk.client('ci_bot').secret ?? SECRET,
      'INPUT_BASE-URL': url,
      ...env
    },
    measure
  )
  const read = (path: string): Record<string, string> => parseKeyValues(readFileSync(path, 'utf8'))
  return { ...outcome, output: read(output), state: read(state) }
}

function post(state: Record<string, string>, measure = false): Promise<Outcome> {
  const env = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
  return run(join(root, 'dist/post.cjs'), [], env, measure)
}

function bodyOf(zendesk: Zendesk): string {
  const { identifier, secret } = zendesk.client('ci_bot')
  return JSON.stringify({
    grant_type: 'client_credentials',
    client_id: identifier,
    client_secret: secret,
    scope: 'read write',
    expires_in: 3600
  })
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

function table(rows: string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('   ')
    )
  }
  console.log()
}

const MAIN = ['POST /oauth/tokens', 'GET /api/v2/oauth/tokens/current']

async function processes(bare: string): Promise<void> {
  const zendesk = await startZendesk()
  const times = {
    bareMain: [] as number[],
    main: [] as number[],
    barePost: [] as number[],
    post: [] as number[]
  }
  const peaks = { bareMain: [] as number[], main: [] as number[], post: [] as number[] }
  const env = { BODY: bodyOf(zendesk) }
  for (let index = 0; index < RUNS; index += 1) {
    times.bareMain.push((await run(bare, [zendesk.url, ...MAIN], env)).ms)
    const minted = await main(zendesk, zendesk.url)
    times.main.push(minted.ms)
    const other = await main(zendesk, zendesk.url)
    const requests = [`DELETE /api/v2/oauth/tokens/${other.output['token-id']!}`, MAIN[1]!]
    times.barePost.push((await run(bare, [zendesk.url, ...requests], { TOKEN: other.output['token']! })).ms)
    times.post.push((await post(minted.state)).ms)
  }
  for (let index = 0; index < Math.min(RUNS, 5); index += 1) {
    peaks.bareMain.push((await run(bare, [zendesk.url, ...MAIN], env, true)).peak)
    const minted = await main(zendesk, zendesk.url, {}, true)
    peaks.main.push(minted.peak)
    peaks.post.push((await post(minted.state, true)).peak)
  }
  const row = (name: string, ms: number[], base: number[], peak?: number[]): string[] => [
    name,
    `${median(ms).toFixed(1)} ms`,
    `${Math.min(...ms).toFixed(1)} ms`,
    (median(ms) / median(base)).toFixed(2),
    peak === undefined ? '' : `${median(peak).toFixed(0)} MiB`
  ]
  table([
    [`whole process, ${RUNS} runs each in turn`, 'median', 'best', 'ratio', 'peak'],
    row('bare: mint, check', times.bareMain, times.bareMain, peaks.bareMain),
    row('main', times.main, times.bareMain, peaks.main),
    row('bare: revoke, proof', times.barePost, times.barePost),
    row('post', times.post, times.barePost, peaks.post)
  ])

  const living = zendesk.living().length
  zendesk.forget()
  const before = zendesk.connections
  const minted = await main(zendesk, zendesk.url)
  const [mainRequests, mainConnections] = [zendesk.requests.length, zendesk.connections - before]
  await post(minted.state)
  table([
    ['exchanges with Zendesk', 'requests', 'connections'],
    ['main', String(mainRequests), String(mainConnections)],
    [
      'post',
      String(zendesk.requests.length - mainRequests),
      String(zendesk.connections - before - mainConnections)
    ]
  ])
  if (zendesk.living().length !== living) throw new Error('a token was left alive')
  await zendesk.close()
}

/** A relay that holds back everything for half a round trip, each way. */
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

async function latency(bare: string): Promise<void> {
  const tls = {
    key: readFileSync(join(fixtures, 'server-key.pem')),
    cert: readFileSync(join(fixtures, 'server.pem'))
  }
  const zendesk = await startZendesk({ tls: { key: tls.key.toString(), cert: tls.cert.toString() } })
  const slow = await relay(zendesk.port)
  const near = `https://localhost:${zendesk.port}`
  const far = `https://localhost:${slow.port}`
  const env = { NODE_EXTRA_CA_CERTS: join(fixtures, 'ca.pem'), BODY: bodyOf(zendesk) }
  const times: [string, number[]][] = [
    ['bare, near', []],
    ['bare, far', []],
    ['main, near', []],
    ['main, far', []]
  ]
  for (let index = 0; index < Math.min(RUNS, 9); index += 1) {
    times[0]![1].push((await run(bare, [near, ...MAIN], env)).ms)
    times[1]![1].push((await run(bare, [far, ...MAIN], env)).ms)
    times[2]![1].push((await main(zendesk, near, env)).ms)
    times[3]![1].push((await main(zendesk, far, env)).ms)
  }
  const trips = (index: number): string =>
    index % 2 === 0 ? '' : ((median(times[index]![1]) - median(times[index - 1]![1])) / ROUND_TRIP).toFixed(1)
  table([
    [`TLS, ${ROUND_TRIP} ms away (one trip for the handshake, one a request)`, 'median', 'trips'],
    ...times.map(([name, ms], index) => [name, `${median(ms).toFixed(1)} ms`, trips(index)])
  ])
  slow.close()
  await zendesk.close()
}

try {
  const bare = join(temp, 'bare.cjs')
  writeFileSync(bare, BARE)
  await processes(bare)
  await latency(bare)
  const code = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.cjs'))
  const size = (name: string): number => statSync(join(root, 'dist', name)).size
  table([['bytes of code in dist/', ''], ...code.map((name) => [name, String(size(name))])])
} finally {
  rmSync(temp, { recursive: true, force: true })
}
process.exit(0)
