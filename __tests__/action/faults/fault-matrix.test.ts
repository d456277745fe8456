import { afterAll, describe, expect, it } from '@jest/globals'

import { ADMIN_ID, type Fault, type FaultMatcher, type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, NOTHING, published, shown } from '../../support/log-lines.ts'
import { once, runStep, type StepEnd } from '../../support/run-action.ts'
import {
  caFile,
  connectProxy,
  impostor,
  type Listening,
  relay,
  tls,
  serveEmpty
} from '../../support/servers.ts'
import { at, basicOf, credentials, mockZendesk } from '../../support/zendesk.ts'
import { faults, TIMEOUT, type FaultRow } from './faults.ts'

/*
 * Each request of this action meets each fault, in processes of dist/ with real sockets. A fault hits all attempts of
 * the request, unless its name says `once`.
 */

const isFull = process.env['FULL'] !== undefined

const TOKENS = '/api/v2/oauth/tokens'
const GRANT: FaultMatcher = { method: 'POST', path: '/oauth/tokens' }
const CURRENT: FaultMatcher = { method: 'GET', path: `${TOKENS}/current` }
const BY_ID: FaultMatcher = { method: 'DELETE', path: new RegExp(`^${TOKENS}/\\d+$`) }

/**
 * How a step ends if a request meets one of these faults: how often the fault hit, the exit code, the annotations,
 * whether there is a `token` output, and how many tokens are active then. A fault is given by its name, or else by its
 * kind.
 */
type Row = [faults: string, end: string, why: string]

interface RequestRow {
  name: string
  entry: 'main' | 'post' | 'sweep'
  /** How many requests the step sends before it. */
  index: number
  match: FaultMatcher
  credential?: 'apiToken'
  /** Whether the token may not revoke itself. */
  isNarrow?: true
  rows: Row[]
}

const mintRows = (): Row[] => [
  ['unreachable', 'exit 1, error, 0 active', 'nothing was minted'],
  ['lost', 'hit 5×, exit 1, warning, error, 0 active', 'up to five tokens may exist'],
  ['busy', 'hit 5×, exit 1, error, 0 active', 'nothing was minted'],
  ['busy for 2 s', 'hit 9×, exit 1, error, 0 active', 'is waited out until the timeout'],
  ['limited', 'hit 6×, exit 1, error, 0 active', 'is waited out until the timeout'],
  ['final', 'hit 1×, exit 1, error, 0 active', 'a retry would not help'],
  ['once', 'hit 1×, exit 0, warning, token output, 2 active', 'the warning is about the first of the two']
]

const requests: RequestRow[] = [
  {
    name: 'main: mint',
    entry: 'main',
    index: 0,
    match: GRANT,
    rows: mintRows()
  },
  {
    name: 'main: check',
    entry: 'main',
    index: 1,
    match: CURRENT,
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 0, token output, 1 active', 'the token can be used without a check'],
      ['lost | busy | busy for 2 s | limited | final | once', 'hit 1×, exit 0, token output, 1 active', 'the check is not repeated'],
      ['reset | reset in the header', 'hit 2×, exit 0, token output, 1 active', 'the server may have closed the reused connection: once more'],
      ['401', 'hit 4×, exit 1, error, token output, 1 active', 'Zendesk itself rejects the token; post revokes it']
    ]
  },
  {
    name: 'main: look-up of the client',
    entry: 'main',
    credential: 'apiToken',
    index: 0,
    match: { method: 'GET', path: '/api/v2/oauth/clients' },
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 1, error, 0 active', 'nothing was minted'],
      ['lost | busy', 'hit 5×, exit 1, error, 0 active', 'a lost look-up leaves nothing behind'],
      ['busy for 2 s', 'hit 9×, exit 1, error, 0 active', 'is waited out until the timeout'],
      ['limited', 'hit 6×, exit 1, error, 0 active', 'is waited out until the timeout'],
      ['final', 'hit 1×, exit 1, error, 0 active', 'a retry would not help'],
      ['once', 'hit 1×, exit 0, token output, 1 active', 'the retry works']
    ]
  },
  {
    name: 'main: mint with an API token',
    entry: 'main',
    credential: 'apiToken',
    index: 1,
    match: { method: 'POST', path: TOKENS },
    rows: mintRows()
  },
  {
    name: 'post: deletion',
    entry: 'post',
    index: 0,
    match: BY_ID,
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 0, warning, 1 active', 'no way leads to Zendesk'],
      ['lost | busy | limited', 'hit 5×, exit 0, 0 active', 'the next way, DELETE …/current, works'],
      ['busy for 2 s', 'hit 8×, exit 0, warning, 1 active', 'no time is left for the next way'],
      ['final', 'hit 1×, exit 0, 0 active', 'the next way works'],
      ['stall | stall in the body', 'hit 1×, exit 0, warning, 1 active', 'no time is left for the next way'],
      ['429, Retry-After: 3600 | 503, Retry-After: 3600', 'hit 1×, exit 0, warning, 1 active', 'the next way would have to wait as well'],
      ['401 | 404', 'hit 2×, exit 0, 0 active', 'no proof by itself: the same DELETE once more, then the next way'],
      ['once', 'hit 1×, exit 0, 0 active', 'the retry is rejected, which is verified']
    ]
  },
  {
    name: 'post: verification',
    entry: 'post',
    index: 1,
    match: CURRENT,
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 0, warning, 0 active', 'revoked, but this could not be verified'],
      ['lost | busy | limited', 'hit 5×, exit 0, warning, 0 active', 'revoked, but this could not be verified'],
      ['busy for 2 s', 'hit 8×, exit 0, warning, 0 active', 'is waited out until the timeout'],
      ['final', 'hit 1×, exit 0, warning, 0 active', 'revoked, but this could not be verified'],
      ['401', 'hit 1×, exit 0, 0 active', 'the proof'],
      ['403', 'hit 13×, exit 0, warning, 0 active', 'only an active token gets it: every way is tried'],
      ['200 wrong types', 'hit 13×, exit 0, warning, 0 active', 'is not about another token, so the token is active'],
      ['once', 'hit 1×, exit 0, 0 active', 'the retry works']
    ]
  },
  {
    name: 'post: mint of a cleanup token',
    entry: 'post',
    isNarrow: true,
    index: 1,
    match: GRANT,
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 0, warning, 1 active', 'no other way is left'],
      ['lost | busy | limited', 'hit 5×, exit 0, warning, 1 active', 'no other way is left'],
      ['busy for 2 s', 'hit 8×, exit 0, warning, 1 active', 'is waited out until the timeout'],
      ['final', 'hit 1×, exit 0, warning, 1 active', 'no other way is left'],
      ['once', 'hit 1×, exit 0, warning, 1 active', 'a cleanup token may exist; the token of the step is revoked']
    ]
  },
  {
    name: 'sweep: mint of a cleanup token',
    entry: 'sweep',
    index: 0,
    match: GRANT,
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 1, error, 1 active', 'the stale token remains'],
      ['lost', 'hit 5×, exit 1, warning, error, 1 active', 'up to five cleanup tokens may exist'],
      ['busy | limited', 'hit 5×, exit 1, error, 1 active', 'the stale token remains'],
      ['busy for 2 s', 'hit 8×, exit 1, error, 1 active', 'is waited out until the timeout'],
      ['final', 'hit 1×, exit 1, error, 1 active', 'a retry would not help'],
      ['stall | stall in the body | 1 GiB of body | no HTTP', 'hit 1×, exit 1, warning, error, 1 active', 'a cleanup token may exist'],
      ['200 empty | 200 list | 200 wrong types', 'hit 1×, exit 1, warning, error, 1 active', 'a cleanup token may exist'],
      ['once', 'hit 1×, exit 0, warning, 1 active', 'the stale token is revoked, one cleanup token may exist']
    ]
  },
  {
    name: 'sweep: look-up of its token',
    entry: 'sweep',
    index: 1,
    match: CURRENT,
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 1, warning, error, 2 active', 'not even the cleanup token can be revoked'],
      ['lost | busy | limited', 'hit 10×, exit 1, warning, error, 1 active', 'the same fault hides that the cleanup token is gone'],
      ['busy for 2 s', 'hit 9×, exit 1, warning, error, 1 active', 'is waited out until the timeout'],
      ['final', 'hit 2×, exit 1, warning, error, 1 active', 'without its own id nothing is listed or revoked'],
      ['429', 'hit 6×, exit 1, warning, error, 1 active', 'is waited out until the timeout, by guesses'],
      ['401', 'hit 2×, exit 1, error, 1 active', 'shows that the cleanup token is gone'],
      ['403 | 200 wrong types', 'hit 4×, exit 1, warning, error, 1 active', 'says that the cleanup token is active'],
      ['once', 'hit 1×, exit 0, 0 active', 'the retry works']
    ]
  },
  {
    name: 'sweep: look-up of its user',
    entry: 'sweep',
    credential: 'apiToken',
    index: 0,
    match: { method: 'GET', path: '/api/v2/users/me' },
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 1, error, 1 active', 'the stale token remains'],
      ['lost | busy | limited', 'hit 5×, exit 1, error, 1 active', 'without its user nothing is listed or revoked'],
      ['busy for 2 s', 'hit 8×, exit 1, error, 1 active', 'is waited out until the timeout'],
      ['final', 'hit 1×, exit 1, error, 1 active', 'without its user nothing is listed or revoked'],
      ['once', 'hit 1×, exit 0, 0 active', 'the retry works']
    ]
  },
  {
    name: 'sweep: list',
    entry: 'sweep',
    index: 2,
    match: { method: 'GET', path: TOKENS },
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 1, warning, error, 2 active', 'not even the cleanup token can be revoked'],
      ['lost | busy | limited', 'hit 5×, exit 1, error, 1 active', 'the cleanup token is revoked'],
      ['busy for 2 s', 'hit 8×, exit 1, error, 1 active', 'the cleanup token is revoked'],
      ['final', 'hit 1×, exit 1, error, 1 active', 'the cleanup token is revoked'],
      ['once', 'hit 1×, exit 0, 0 active', 'the retry works']
    ]
  },
  {
    name: 'sweep: deletion',
    entry: 'sweep',
    index: 3,
    match: { method: 'DELETE', path: `${TOKENS}/22000000002` },
    // prettier-ignore
    rows: [
      ['unreachable', 'exit 1, warning, error, 2 active', 'not even the cleanup token can be revoked'],
      ['lost | busy | limited', 'hit 5×, exit 1, error, 1 active', 'the cleanup token is revoked'],
      ['busy for 2 s', 'hit 8×, exit 1, error, 1 active', 'the cleanup token is revoked'],
      ['final', 'hit 1×, exit 1, error, 1 active', 'the cleanup token is revoked'],
      ['404', 'hit 1×, exit 0, 1 active', 'Zendesk says that the token is gone already'],
      ['200 empty | 200 list | 200 wrong types', 'hit 1×, exit 0, 1 active', 'any 2xx without HTML is accepted'],
      ['once', 'hit 1×, exit 0, 0 active', 'the retry works']
    ]
  }
]

function rowOf({ rows }: RequestRow, { name, kind }: FaultRow): Row {
  const find = (fault: string): Row | undefined =>
    rows.find(([faults]) => faults.split(' | ').includes(fault))
  return (find(name) ?? find(kind))!
}

let redirectTarget: Listening | undefined
/** Starts the servers that the faults need besides the mock; returns those with wrong certificates. */
const startServers = once(async () => {
  redirectTarget = await serveEmpty()
  return { wrongName: await impostor(tls.wrongName), wrongCa: await impostor(tls.wrongCa) }
})

/** The network between a step and the mock, which works until `break` is called. */
interface Network {
  origin: string
  env: Record<string, string>
  break: () => void
}

async function networkTo(zendesk: Zendesk, { way, certificate, refusal }: FaultRow): Promise<Network> {
  const impostors = await startServers()
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

async function run(
  request: RequestRow,
  fault: FaultRow
): Promise<{ step: StepEnd; end: string; zendesk: Zendesk }> {
  const { entry, index, match } = request
  const isSecure = fault.way === 'tls' || fault.way === 'proxy'
  const zendesk = await mockZendesk(isSecure ? { tls: tls.good } : {})
  const { origin, env, break: breakNetwork } = await networkTo(zendesk, fault)
  const inputs = at(zendesk, {
    ...credentials[request.credential ?? 'clientCredentials'](zendesk),
    'base-url': origin,
    'timeout-seconds': TIMEOUT,
    ...(entry === 'sweep'
      ? { 'dry-run': 'false' }
      : { scopes: request.isNarrow ? 'tickets:read' : 'read write' })
  })
  if (entry === 'sweep') zendesk.seedTokens(1, { userId: ADMIN_ID })
  const state = entry === 'post' ? (await runStep('main', { inputs, env })).state : {}
  const before = zendesk.requests.length
  if (index === 0) breakNetwork()
  else if (fault.way !== undefined) {
    // Only a new connection meets the broken network, so the response before it closes the old connection.
    const previous: Fault = {
      kind: 'edit',
      edit: (response) => {
        breakNetwork()
        return { ...response, headers: { ...response.headers, Connection: 'close' } }
      }
    }
    zendesk.fault({}, [...Array<Fault>(index - 1).fill({ kind: 'pass' }), previous])
  }
  const handle =
    fault.response && zendesk.fault({ ...match, ...(fault.kind === 'once' && { count: 1 }) }, fault.response)
  const step = await runStep(entry, {
    inputs,
    env,
    state,
    ...(fault.way === 'dns' && { lookups: index === 0 ? 0 : 1 })
  })
  // The fault did hit: of a broken network it is the sign that no more requests arrived.
  if (handle) expect(handle.hits).toBeGreaterThan(0)
  else expect(zendesk.requests.slice(before)).toHaveLength(index)
  const end = [
    ...(handle ? [`hit ${handle.hits}×`] : []),
    `exit ${step.exitCode}`,
    ...annotated(step).map((line) => /^::(\w+)/.exec(line)![1]!),
    ...(step.outputs['token'] ? ['token output'] : []),
    `${zendesk.activeTokens().length} active`
  ]
  return { step, end: end.join(', '), zendesk }
}

/** With `FULL=1` all faults. Without it the first of each row, and some others, so that each meets one request. */
function faultsFor(request: RequestRow): FaultRow[] {
  const offset = requests.indexOf(request)
  const begun = new Set<Row>()
  return faults(() => `http://127.0.0.1:${redirectTarget!.port}/elsewhere`).filter((fault, index) => {
    const row = rowOf(request, fault)
    const isFirst = !begun.has(row)
    begun.add(row)
    return isFull || isFirst || (index + offset) % requests.length === 0
  })
}

it.each(requests)('every row about $name is run', (request) => {
  expect(new Set(faultsFor(request).map((fault) => rowOf(request, fault)))).toEqual(new Set(request.rows))
})

/** How many cells of each row were run. */
const counts = new Map<Row, number>()

describe.each(requests)('a fault in $name', (request) => {
  it.concurrent.each(
    faultsFor(request).map((fault) => {
      const row = rowOf(request, fault)
      const [, end, why] = row
      return [`${fault.name}: ${end} (${why})`, fault, row] as const
    })
  )('%s', async (_title, fault, row) => {
    const { end, step, zendesk } = await run(request, fault)
    expect(end).toBe(row[1])
    expect(step.stderr).toBe('')
    if (request.entry === 'main' && !step.outputs['token']) expect(published(step)).toEqual(NOTHING)
    // By the step's own clock; 250 ms are for requests that end themselves at the timeout.
    expect(step.elapsed).toBeLessThanOrEqual(TIMEOUT * 1000 + 250)
    const text = shown(step) + JSON.stringify(step.env)
    const { apiToken } = zendesk.credentials
    const secrets = [zendesk.client('ci_bot').secret!, apiToken, basicOf(zendesk), 'proxy-password']
    const tokens = [...zendesk.tokens.values()].map(({ value }) => value)
    expect([...secrets, ...tokens].filter((secret) => text.includes(secret))).toEqual([])
    expect(redirectTarget?.requests()).toBe(0)
    counts.set(row, (counts.get(row) ?? 0) + 1)
  })
})

afterAll(() => {
  const cells = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const most = faults(() => '').length
  process.stdout.write(
    `fault matrix: ${cells} of ${requests.length * most} cells (${requests.length} requests × ${most} faults); ` +
      `${isFull ? 'none left out' : 'FULL=1 runs all'}\n`
  )
  if (!isFull) return
  for (const { name, rows } of requests) {
    for (const row of rows) {
      const [faults, end, why] = row
      const cells = String(counts.get(row) ?? 0).padStart(2)
      process.stdout.write(`  ${name.padEnd(30)} ${cells} × ${faults.padEnd(48)} ${end.padEnd(48)} ${why}\n`)
    }
  }
})
