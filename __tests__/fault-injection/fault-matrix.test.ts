import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, describe, expect, it } from '@jest/globals'

import { adminId, type Fault, type FaultMatcher, type Zendesk } from '../../mock/zendesk.ts'
import { at, basicOf, credentials, once, sandbox } from '../support/fixtures.ts'
import { caFile, connectProxy, impostor, relay, tls, type Listener } from '../support/net.ts'
import { annotated, nothing, published, runStep, shown, type StepEnd } from '../support/run-action.ts'
import { faults, TIMEOUT, type FaultRow } from './faults.ts'

/*
 * Every request that this action makes, times everything that can go wrong with it, on the built dist/ as processes
 * with real sockets. A fault stays for the rest of the step, unless its name says `once`.
 */

const TOKENS = '/api/v2/oauth/tokens'
const GRANT: FaultMatcher = { method: 'POST', path: '/oauth/tokens' }
const CURRENT: FaultMatcher = { method: 'GET', path: `${TOKENS}/current` }
const BY_ID: FaultMatcher = { method: 'DELETE', path: new RegExp(`^${TOKENS}/\\d+$`) }

interface RequestRow {
  name: string
  entry: 'main' | 'post' | 'sweep'
  /** How many requests of the step come before it. */
  index: number
  match: FaultMatcher
  credential?: 'apiToken'
  /** The token may not revoke itself. */
  narrow?: true
}

const requests: RequestRow[] = [
  { name: 'main: mint', entry: 'main', index: 0, match: GRANT },
  { name: 'main: check', entry: 'main', index: 1, match: CURRENT },
  {
    name: 'main: client',
    entry: 'main',
    credential: 'apiToken',
    index: 0,
    match: { method: 'GET', path: '/api/v2/oauth/clients' }
  },
  {
    name: 'main: mint with an API token',
    entry: 'main',
    credential: 'apiToken',
    index: 1,
    match: { method: 'POST', path: TOKENS }
  },
  { name: 'post: deletion', entry: 'post', index: 0, match: BY_ID },
  { name: 'post: verification', entry: 'post', index: 1, match: CURRENT },
  { name: 'post: cleanup token', entry: 'post', narrow: true, index: 1, match: GRANT },
  { name: 'sweep: cleanup token', entry: 'sweep', index: 0, match: GRANT },
  { name: 'sweep: current', entry: 'sweep', index: 1, match: CURRENT },
  {
    name: 'sweep: user',
    entry: 'sweep',
    credential: 'apiToken',
    index: 0,
    match: { method: 'GET', path: '/api/v2/users/me' }
  },
  { name: 'sweep: list', entry: 'sweep', index: 2, match: { method: 'GET', path: TOKENS } },
  {
    name: 'sweep: deletion',
    entry: 'sweep',
    index: 3,
    match: { method: 'DELETE', path: `${TOKENS}/22000000002` }
  }
]

/**
 * What each request makes of a fault: how often it is sent, the exit code, each annotation, whether there is a `token`
 * output, and after the arrow, how many tokens are active then. A fault's name goes before its kind.
 */
type Row = [request: string, fault: string, end: string, why: string]

// prettier-ignore
const table: Row[] = [
  ['main: mint', 'unreachable', '1 error → 0', 'nothing was minted'],
  ['main: mint', 'lost', '5× 1 warning error → 0', 'up to five tokens may exist'],
  ['main: mint', 'busy', '5× 1 error → 0', ''],
  ['main: mint', 'busy for 2 s', '9× 1 error → 0', 'is waited out until the timeout'],
  ['main: mint', 'final', '1× 1 error → 0', ''],
  ['main: mint', 'once', '1× 0 warning token → 2', 'the warning is about the first of the two'],

  ['main: check', 'unreachable', '0 token → 1', 'no check is needed to use the token'],
  ['main: check', 'lost', '1× 0 token → 1', ''],
  ['main: check', 'reset', '2× 0 token → 1', 'the server may have closed the reused connection: once more'],
  ['main: check', 'reset in the header', '2× 0 token → 1', 'the same'],
  ['main: check', 'garbage', '2× 0 token → 1', 'the same'],
  ['main: check', 'busy', '1× 0 token → 1', ''],
  ['main: check', 'busy for 2 s', '1× 0 token → 1', ''],
  ['main: check', 'final', '1× 0 token → 1', ''],
  ['main: check', '401', '4× 1 error token → 1', 'Zendesk itself says that the token does not work; post revokes it'],
  ['main: check', 'once', '1× 0 token → 1', ''],

  ['main: client', 'unreachable', '1 error → 0', ''],
  ['main: client', 'lost', '5× 1 error → 0', 'a lost look-up leaves nothing behind'],
  ['main: client', 'busy', '5× 1 error → 0', ''],
  ['main: client', 'busy for 2 s', '9× 1 error → 0', ''],
  ['main: client', 'final', '1× 1 error → 0', ''],
  ['main: client', 'once', '1× 0 token → 1', ''],

  ['main: mint with an API token', 'unreachable', '1 error → 0', ''],
  ['main: mint with an API token', 'lost', '5× 1 warning error → 0', 'up to five tokens may exist'],
  ['main: mint with an API token', 'busy', '5× 1 error → 0', ''],
  ['main: mint with an API token', 'busy for 2 s', '9× 1 error → 0', ''],
  ['main: mint with an API token', 'final', '1× 1 error → 0', ''],
  ['main: mint with an API token', 'once', '1× 0 warning token → 2', ''],

  ['post: deletion', 'unreachable', '0 warning → 1', 'no way leads to Zendesk'],
  ['post: deletion', 'lost', '5× 0 → 0', 'the next way, DELETE …/current, works'],
  ['post: deletion', 'busy', '5× 0 → 0', ''],
  ['post: deletion', 'busy for 2 s', '8× 0 warning → 1', 'no time is left for the next way'],
  ['post: deletion', 'final', '1× 0 → 0', ''],
  ['post: deletion', 'stall', '1× 0 warning → 1', 'no time is left for the next way'],
  ['post: deletion', 'stall in the body', '1× 0 warning → 1', 'the same'],
  ['post: deletion', '429, Retry-After: 3600', '1× 0 warning → 1', 'the other ways would have to wait as well'],
  ['post: deletion', '503, Retry-After: 3600', '1× 0 warning → 1', 'the same'],
  ['post: deletion', '401', '2× 0 → 0', 'no proof by itself: the same DELETE once more, then the next way'],
  ['post: deletion', '404', '2× 0 → 0', 'the same'],
  ['post: deletion', 'once', '1× 0 → 0', ''],

  ['post: verification', 'unreachable', '0 warning → 0', 'revoked, but this could not be verified'],
  ['post: verification', 'lost', '5× 0 warning → 0', ''],
  ['post: verification', 'busy', '5× 0 warning → 0', ''],
  ['post: verification', 'busy for 2 s', '8× 0 warning → 0', ''],
  ['post: verification', 'final', '1× 0 warning → 0', ''],
  ['post: verification', '401', '1× 0 → 0', 'the proof'],
  ['post: verification', '403', '10× 0 warning → 0', 'only an active token gets it: every way is tried'],
  ['post: verification', '200 wrong types', '10× 0 warning → 0', 'says nothing about another token, so the token is active'],
  ['post: verification', 'once', '1× 0 → 0', ''],

  ['post: cleanup token', 'unreachable', '0 warning → 1', 'the last way of all'],
  ['post: cleanup token', 'lost', '5× 0 warning → 1', ''],
  ['post: cleanup token', 'busy', '5× 0 warning → 1', ''],
  ['post: cleanup token', 'busy for 2 s', '8× 0 warning → 1', ''],
  ['post: cleanup token', 'final', '1× 0 warning → 1', ''],
  ['post: cleanup token', 'once', '1× 0 warning → 1', 'a cleanup token may exist; the token of the step is revoked'],

  ['sweep: cleanup token', 'unreachable', '1 error → 1', 'the stale token remains'],
  ['sweep: cleanup token', 'lost', '5× 1 warning error → 1', 'up to five cleanup tokens may exist'],
  ['sweep: cleanup token', 'busy', '5× 1 error → 1', ''],
  ['sweep: cleanup token', 'busy for 2 s', '8× 1 error → 1', ''],
  ['sweep: cleanup token', 'final', '1× 1 error → 1', ''],
  ['sweep: cleanup token', 'stall', '1× 1 warning error → 1', 'a cleanup token may exist'],
  ['sweep: cleanup token', 'stall in the body', '1× 1 warning error → 1', 'the same'],
  ['sweep: cleanup token', '1 GiB of body', '1× 1 warning error → 1', 'the same'],
  ['sweep: cleanup token', '200 empty', '1× 1 warning error → 1', 'the same'],
  ['sweep: cleanup token', '200 list', '1× 1 warning error → 1', 'the same'],
  ['sweep: cleanup token', '200 wrong types', '1× 1 warning error → 1', 'the same'],
  ['sweep: cleanup token', 'once', '1× 0 warning → 1', 'the stale token is revoked, one cleanup token may exist'],

  ['sweep: current', 'unreachable', '1 warning error → 2', 'not even the cleanup token can be revoked'],
  ['sweep: current', 'lost', '5× 1 error → 1', 'without its own id nothing is listed or revoked'],
  ['sweep: current', 'busy', '5× 1 error → 1', ''],
  ['sweep: current', 'busy for 2 s', '8× 1 error → 1', ''],
  ['sweep: current', 'final', '1× 1 error → 1', ''],
  ['sweep: current', 'once', '1× 0 → 0', ''],

  ['sweep: user', 'unreachable', '1 error → 1', ''],
  ['sweep: user', 'lost', '5× 1 error → 1', 'without its user nothing is listed or revoked'],
  ['sweep: user', 'busy', '5× 1 error → 1', ''],
  ['sweep: user', 'busy for 2 s', '8× 1 error → 1', ''],
  ['sweep: user', 'final', '1× 1 error → 1', ''],
  ['sweep: user', 'once', '1× 0 → 0', ''],

  ['sweep: list', 'unreachable', '1 warning error → 2', 'not even the cleanup token can be revoked'],
  ['sweep: list', 'lost', '5× 1 error → 1', 'the cleanup token is revoked'],
  ['sweep: list', 'busy', '5× 1 error → 1', ''],
  ['sweep: list', 'busy for 2 s', '8× 1 error → 1', ''],
  ['sweep: list', 'final', '1× 1 error → 1', ''],
  ['sweep: list', 'once', '1× 0 → 0', ''],

  ['sweep: deletion', 'unreachable', '1 warning error → 2', 'not even the cleanup token can be revoked'],
  ['sweep: deletion', 'lost', '5× 1 error → 1', ''],
  ['sweep: deletion', 'busy', '5× 1 error → 1', ''],
  ['sweep: deletion', 'busy for 2 s', '8× 1 error → 1', ''],
  ['sweep: deletion', 'final', '1× 1 error → 1', ''],
  ['sweep: deletion', '404', '1× 0 → 1', 'the token is gone already, says Zendesk'],
  ['sweep: deletion', '200 empty', '1× 0 → 1', 'a status of 2xx without HTML is believed'],
  ['sweep: deletion', '200 list', '1× 0 → 1', 'the same'],
  ['sweep: deletion', '200 wrong types', '1× 0 → 1', 'the same'],
  ['sweep: deletion', 'once', '1× 0 → 0', '']
]

function expectedEnd(request: RequestRow, { name, kind }: FaultRow): Row {
  const find = (fault: string): Row | undefined =>
    table.find((row) => row[0] === request.name && row[1] === fault)
  return (find(name) ?? find(kind))!
}

const listeners: Listener[] = []
let visits = 0
const lure = createServer((_request, response) => {
  visits += 1
  response.end('{}')
})
let lureUrl = ''
/** What the faults need besides the mock. */
const surroundings = once(async () => {
  await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve))
  lureUrl = `http://127.0.0.1:${(lure.address() as AddressInfo).port}/elsewhere`
  const impostors = { wrongName: await impostor(tls.wrongName), wrongCa: await impostor(tls.wrongCa) }
  listeners.push(...Object.values(impostors))
  return impostors
})

/** The way to the mock, which works until it is broken. */
interface Way {
  origin: string
  env: Record<string, string>
  break: () => void
}

async function wayTo(zendesk: Zendesk, { way, certificate, refusal }: FaultRow): Promise<Way> {
  const impostors = await surroundings()
  let isBroken = false
  const state = {
    env: {},
    break: () => {
      isBroken = true
    }
  }
  if (way === undefined) return { ...state, origin: zendesk.url }
  if (way === 'dns') return { ...state, origin: `http://localhost:${zendesk.port}` }
  const front =
    way === 'proxy'
      ? await connectProxy(zendesk.port, () => (isBroken ? refusal : undefined))
      : await relay(
          () => (isBroken && certificate ? impostors[certificate].port : zendesk.port),
          way === 'tls' ? '127.0.0.1' : undefined
        )
  listeners.push(front)
  const { host, port } = front
  const isDown = certificate === undefined && refusal === undefined
  return {
    break: isDown ? front.stop : state.break,
    origin:
      way === 'proxy'
        ? 'https://acme.zendesk.com'
        : way === 'tls'
          ? `https://localhost:${port}`
          : `http://${host}:${port}`,
    env: {
      ...(way !== 'refused' && { NODE_EXTRA_CA_CERTS: caFile }),
      ...(way === 'proxy' && { https_proxy: `http://user:proxy-password@${host}:${port}` })
    }
  }
}

async function perform(
  request: RequestRow,
  fault: FaultRow
): Promise<{ ended: StepEnd; end: string; zendesk: Zendesk }> {
  const { entry, index, match } = request
  const isSecure = fault.way === 'tls' || fault.way === 'proxy'
  const zendesk = await sandbox(isSecure ? { tls: tls.good } : {})
  const { origin, env, break: breakWay } = await wayTo(zendesk, fault)
  const inputs = at(zendesk, {
    ...credentials[request.credential ?? 'clientCredentials'](zendesk),
    'base-url': origin,
    'timeout-seconds': TIMEOUT,
    ...(entry === 'sweep'
      ? { 'dry-run': 'false' }
      : { scopes: request.narrow ? 'tickets:read' : 'read write' })
  })
  if (entry === 'sweep') zendesk.seedTokens(1, { userId: adminId })
  const state = entry === 'post' ? (await runStep('main', { inputs, env })).state : {}
  const before = zendesk.requests.length
  if (index === 0) breakWay()
  else if (fault.way !== undefined) {
    // What is broken on the way is met by a new connection, so the response before it ends the old one.
    const last: Fault = {
      kind: 'edit',
      edit: (response) => {
        breakWay()
        return { ...response, headers: { ...response.headers, Connection: 'close' } }
      }
    }
    zendesk.fault({}, [...Array<Fault>(index - 1).fill({ kind: 'pass' }), last])
  }
  const handle =
    fault.response && zendesk.fault({ ...match, ...(fault.kind === 'once' && { count: 1 }) }, fault.response)
  const ended = await runStep(entry, {
    inputs,
    env,
    state,
    ...(fault.way === 'dns' && { lookups: index === 0 ? 0 : 1 })
  })
  const sent = zendesk.requests.slice(before)
  // Not every connection that fails leaves a trace: that nothing more arrived is one.
  expect(handle ? handle.hits > 0 : sent.length === index).toBe(true)
  const end = [
    ...(handle ? [`${handle.hits}×`] : []),
    ended.exitCode,
    ...annotated(ended).map((line) => /^::(\w+)/.exec(line)![1]!),
    ...(ended.outputs['token'] ? ['token'] : []),
    '→',
    zendesk.living().length
  ]
  return { ended, end: end.join(' '), zendesk }
}

/** With `FULL=1` every fault; else every fifth, another one for each request, so that each is met. */
function cellsOf(request: RequestRow): (readonly [fault: FaultRow, ...row: Row])[] {
  return faults(() => lureUrl)
    .filter(
      (_fault, index) => process.env['FULL'] !== undefined || (index + requests.indexOf(request)) % 5 === 0
    )
    .map((fault) => [fault, ...expectedEnd(request, fault)] as const)
}

const counts = new Map<string, number>()

describe.each(requests)('$name', (request) => {
  it.concurrent.each(
    cellsOf(request).map(
      ([fault, , , end, why]) => [`${fault.name}: ${end}${why && ` (${why})`}`, fault, end] as const
    )
  )('%s', async (_title, fault, expected) => {
    const { end, ended, zendesk } = await perform(request, fault)
    expect(end).toBe(expected)
    expect(ended.stderr).toBe('')
    if (request.entry === 'main' && !ended.outputs['token']) expect(published(ended)).toEqual(nothing)
    // By the step's own clock, with what requests get to end by themselves.
    expect(ended.elapsed).toBeLessThanOrEqual(TIMEOUT * 1000 + 250)
    const text = shown(ended) + JSON.stringify(ended.env)
    const { apiToken } = zendesk.credentials
    const secrets = [zendesk.client('ci_bot').secret!, apiToken, basicOf(zendesk), 'proxy-password']
    const tokens = [...zendesk.tokens.values()].map(({ value }) => value)
    expect([...secrets, ...tokens].filter((secret) => text.includes(secret))).toEqual([])
    // No redirect is followed.
    expect(visits).toBe(0)
    const row = expectedEnd(request, fault).join(' | ')
    counts.set(row, (counts.get(row) ?? 0) + 1)
  })
})

afterAll(() => {
  lure.close()
  for (const { close } of listeners) close()
  const cells = [...counts.values()].reduce((sum, count) => sum + count, 0)
  process.stdout.write(
    `fault matrix: ${cells} cells of ${requests.length} requests × ${faults(() => '').length} faults\n`
  )
  if (process.env['FULL'] === undefined) return
  for (const row of table) {
    const [request, fault, end, why] = row
    process.stdout.write(
      `  ${request.padEnd(29)} ${fault.padEnd(24)} ${String(counts.get(row.join(' | ')) ?? 0).padStart(2)}  ${end.padEnd(24)} ${why}\n`
    )
  }
})
