import { afterAll, describe, expect, it } from '@jest/globals'
import { ADMIN_ID, type Fault, type FaultMatcher, type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, NOTHING, published, shown } from '../../support/log-lines.ts'
import { runStep } from '../../support/run-action.ts'
import { caFile, connectProxy, impostor, relay, serveEmpty, tls } from '../../support/servers.ts'
import {
  at,
  basicOf,
  CLIENTS,
  credentials,
  DELETION_BY_ID,
  GRANT,
  LOOK_UP,
  mockZendesk,
  TOKENS
} from '../../support/zendesk.ts'
import { faults, type Broken, type FaultRow } from './faults.ts'

/*
 * Each request of this action meets each fault, in processes of dist/ with real sockets. A fault hits all attempts of
 * the request, unless its name says `once`.
 */

const isFull = process.env['FULL'] !== undefined
/** Seconds for a step. */
const TIMEOUT = 20

/**
 * How a step ends if a request meets one of these faults: how often the fault hit, the exit code, the annotations,
 * whether there is a `token` output, and how many tokens are active then; and why. A fault is given by its name, else by
 * its kind, or it is any other.
 */
type Row = `${string} → ${string}: ${string}`

/** `name` begins with the entry; before the request that meets the fault the step sends `index` others. */
const request = (name: string, index: number, match: FaultMatcher, rows: Row[]) => ({
  ...{ name, index, match },
  rows: rows.map((row) => {
    const [, names = '', end = '', why = ''] = /^(.*) → (.*?): (.*)$/.exec(row) ?? []
    return { names: names.split(' | '), end, why }
  })
})
type RequestRow = ReturnType<typeof request>

const MINT_ROWS: Row[] = [
  'unreachable → exit 1, error, 0 active: nothing was minted',
  'lost → hit 5×, exit 1, warning, error, 0 active: up to five tokens may exist',
  'busy → hit 5×, exit 1, error, 0 active: nothing was minted',
  'busy for 2 s → hit 9×, exit 1, error, 0 active: is waited out until the timeout',
  'limited → hit 6×, exit 1, error, 0 active: is waited out until the timeout',
  'final → hit 1×, exit 1, error, 0 active: a retry would not help',
  'once → hit 1×, exit 0, warning, token output, 2 active: the warning is about the first of the two'
]

const REQUESTS = [
  request('main: mint', 0, { method: 'POST', path: GRANT }, MINT_ROWS),
  request('main: check', 1, LOOK_UP, [
    'unreachable → exit 0, token output, 1 active: the token can be used without a check',
    'any other → hit 1×, exit 0, token output, 1 active: the check is not repeated',
    'reset | reset in the header → hit 2×, exit 0, token output, 1 active: it was a reused connection',
    '401 → hit 4×, exit 1, error, token output, 1 active: Zendesk itself rejects the token; post revokes it'
  ]),
  request('main, API token: look-up of the client', 0, { method: 'GET', path: CLIENTS }, [
    'unreachable → exit 1, error, 0 active: nothing was minted',
    'lost | busy → hit 5×, exit 1, error, 0 active: a lost look-up leaves nothing behind',
    'busy for 2 s → hit 9×, exit 1, error, 0 active: is waited out until the timeout',
    'limited → hit 6×, exit 1, error, 0 active: is waited out until the timeout',
    'final → hit 1×, exit 1, error, 0 active: a retry would not help',
    'once → hit 1×, exit 0, token output, 1 active: the retry works'
  ]),
  request('main, API token: mint', 1, { method: 'POST', path: TOKENS }, MINT_ROWS),
  request('post: deletion', 0, DELETION_BY_ID, [
    'unreachable → exit 0, warning, 1 active: no way leads to Zendesk',
    'lost | busy | limited → hit 5×, exit 0, 0 active: the next way, DELETE …/current, works',
    'busy for 2 s → hit 8×, exit 0, warning, 1 active: no time is left for the next way',
    'final → hit 1×, exit 0, 0 active: the next way works',
    'stall | stall in the body → hit 1×, exit 0, warning, 1 active: no time is left for the next way',
    '429, Retry-After: 3600 → hit 1×, exit 0, warning, 1 active: the next way would have to wait as well',
    '503, Retry-After: 3600 → hit 1×, exit 0, warning, 1 active: the next way would have to wait as well',
    '401 | 404 → hit 2×, exit 0, 0 active: no proof: the same DELETE once more, then the next way',
    'once → hit 1×, exit 0, 0 active: the retry is rejected, which is verified'
  ]),
  request('post: verification', 1, LOOK_UP, [
    'unreachable → exit 0, warning, 0 active: revoked, but this could not be verified',
    'lost | busy | limited → hit 5×, exit 0, warning, 0 active: revoked, but this could not be verified',
    'busy for 2 s → hit 8×, exit 0, warning, 0 active: is waited out until the timeout',
    'final → hit 1×, exit 0, warning, 0 active: revoked, but this could not be verified',
    '401 → hit 1×, exit 0, 0 active: the proof',
    '403 → hit 13×, exit 0, warning, 0 active: only an active token gets it, so every way is tried',
    '200 wrong types → hit 13×, exit 0, warning, 0 active: says nothing of another token',
    'once → hit 1×, exit 0, 0 active: the retry works'
  ]),
  request('post, narrow token: mint of a cleanup token', 1, { method: 'POST', path: GRANT }, [
    'unreachable → exit 0, warning, 1 active: no other way is left',
    'lost | busy | limited → hit 5×, exit 0, warning, 1 active: no other way is left',
    'busy for 2 s → hit 8×, exit 0, warning, 1 active: is waited out until the timeout',
    'final → hit 1×, exit 0, warning, 1 active: no other way is left',
    'once → hit 1×, exit 0, warning, 1 active: a cleanup token may exist; the token of the step is revoked'
  ]),
  request('sweep: mint of a cleanup token', 0, { method: 'POST', path: GRANT }, [
    'unreachable → exit 1, error, 1 active: the stale token remains',
    'lost → hit 5×, exit 1, warning, error, 1 active: up to five cleanup tokens may exist',
    'busy | limited → hit 5×, exit 1, error, 1 active: the stale token remains',
    'busy for 2 s → hit 8×, exit 1, error, 1 active: is waited out until the timeout',
    'final → hit 1×, exit 1, error, 1 active: a retry would not help',
    'stall | stall in the body → hit 1×, exit 1, warning, error, 1 active: a cleanup token may exist',
    '1 GiB of body | no HTTP → hit 1×, exit 1, warning, error, 1 active: a cleanup token may exist',
    '200 empty | 200 list | 200 wrong types → hit 1×, exit 1, warning, error, 1 active: one may exist here, too',
    'once → hit 1×, exit 0, warning, 1 active: the stale token is revoked, one cleanup token may exist'
  ]),
  request('sweep: look-up of its token', 1, LOOK_UP, [
    'unreachable → exit 1, warning, error, 2 active: not even the cleanup token can be revoked',
    'lost | busy | limited → hit 10×, exit 1, warning, error, 1 active: hides that the cleanup token is gone',
    'busy for 2 s → hit 9×, exit 1, warning, error, 1 active: is waited out until the timeout',
    'final → hit 2×, exit 1, warning, error, 1 active: without it nothing is listed or revoked',
    '429 → hit 6×, exit 1, warning, error, 1 active: is waited out until the timeout, by guesses',
    '401 → hit 2×, exit 1, error, 1 active: shows that the cleanup token is gone',
    '403 | 200 wrong types → hit 4×, exit 1, warning, error, 1 active: says that the cleanup token is active',
    'once → hit 1×, exit 0, 0 active: the retry works'
  ]),
  request('sweep, API token: look-up of its user', 0, { method: 'GET', path: '/api/v2/users/me' }, [
    'unreachable → exit 1, error, 1 active: the stale token remains',
    'lost | busy | limited → hit 5×, exit 1, error, 1 active: without it nothing is listed or revoked',
    'busy for 2 s → hit 8×, exit 1, error, 1 active: is waited out until the timeout',
    'final → hit 1×, exit 1, error, 1 active: without it nothing is listed or revoked',
    'once → hit 1×, exit 0, 0 active: the retry works'
  ]),
  request('sweep: list', 2, { method: 'GET', path: TOKENS }, [
    'unreachable → exit 1, warning, error, 2 active: not even the cleanup token can be revoked',
    'lost | busy | limited → hit 5×, exit 1, error, 1 active: the cleanup token is revoked',
    'busy for 2 s → hit 8×, exit 1, error, 1 active: the cleanup token is revoked',
    'final → hit 1×, exit 1, error, 1 active: the cleanup token is revoked',
    'once → hit 1×, exit 0, 0 active: the retry works'
  ]),
  request('sweep: deletion', 3, { method: 'DELETE', path: `${TOKENS}/22000000002` }, [
    'unreachable → exit 1, warning, error, 2 active: not even the cleanup token can be revoked',
    'lost | busy | limited → hit 5×, exit 1, error, 1 active: the cleanup token is revoked',
    'busy for 2 s → hit 8×, exit 1, error, 1 active: the cleanup token is revoked',
    'final → hit 1×, exit 1, error, 1 active: the cleanup token is revoked',
    '404 → hit 1×, exit 0, 1 active: Zendesk says that the token is gone already',
    '200 empty | 200 list | 200 wrong types → hit 1×, exit 0, 1 active: any 2xx without HTML is accepted',
    'once → hit 1×, exit 0, 0 active: the retry works'
  ])
]

const elsewhere = await serveEmpty()
const impostors = { wrongName: await impostor(tls.wrongName), wrongCa: await impostor(tls.wrongCa) }
const FAULTS = faults(`http://127.0.0.1:${elsewhere.port}/elsewhere`)

const rowOf = ({ rows }: RequestRow, { name, kind }: FaultRow) =>
  [name, kind, 'any other'].flatMap((what) => rows.find(({ names }) => names.includes(what)) ?? [])[0]!

/** The network between a step and the mock, which works until `cut` is called. */
async function networkTo({ url, port: target }: Zendesk, { way, certificate, refusal }: Partial<Broken>) {
  let isCut = false
  const cut = (): void => void (isCut = true)
  const trust = { NODE_EXTRA_CA_CERTS: caFile }
  if (way === 'refused') {
    const { host, port, stop } = await relay(() => target)
    return { cut: stop, env: {}, origin: `http://${host}:${port}` }
  }
  if (way === 'tls') {
    const { port } = await relay(() => (isCut ? impostors[certificate!].port : target), '127.0.0.1')
    return { cut, env: trust, origin: `https://localhost:${port}` }
  }
  if (way === 'proxy') {
    const { host, port, stop } = await connectProxy(target, () => (isCut ? refusal : undefined))
    const env = { ...trust, https_proxy: `http://user:proxy-password@${host}:${port}` }
    return { cut: refusal === undefined ? stop : cut, env, origin: 'https://acme.zendesk.com' }
  }
  return { cut, env: {}, origin: way === 'dns' ? `http://localhost:${target}` : url }
}

async function run({ name, index, match }: RequestRow, { kind, fault }: FaultRow) {
  const [entry] = /^\w+/.exec(name) as unknown as ['main' | 'post' | 'sweep']
  const broken: Partial<Broken> = 'way' in fault ? fault : {}
  const zendesk = await mockZendesk(broken.way === 'tls' || broken.way === 'proxy' ? { tls: tls.good } : {})
  const { origin, env, cut } = await networkTo(zendesk, broken)
  const inputs = at(zendesk, {
    ...credentials[name.includes('API token') ? 'apiToken' : 'clientCredentials'](zendesk),
    'base-url': origin,
    'timeout-seconds': TIMEOUT,
    ...(entry === 'sweep'
      ? { 'dry-run': 'false' }
      : { scopes: name.includes('narrow') ? 'tickets:read' : 'read write' })
  })
  if (entry === 'sweep') zendesk.seedTokens(1, { userId: ADMIN_ID })
  const state = entry === 'post' ? (await runStep('main', { inputs, env })).state : {}
  const before = zendesk.requests.length
  if (index === 0) cut()
  else if ('way' in fault) {
    // Only a new connection meets the broken network, so the response before it closes the old connection.
    const edit: Extract<Fault, { kind: 'edit' }>['edit'] = (response) => {
      cut()
      return { ...response, headers: { ...response.headers, Connection: 'close' } }
    }
    zendesk.fault({}, [...Array<Fault>(index - 1).fill({ kind: 'pass' }), { kind: 'edit', edit }])
  }
  const matcher = { ...match, ...(kind === 'once' && { count: 1 }) }
  const handle = 'kind' in fault ? zendesk.fault(matcher, fault) : undefined
  const lookups = broken.way === 'dns' ? { lookups: Math.min(index, 1) } : {}
  const step = await runStep(entry, { inputs, env, state, ...lookups })
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
  const offset = REQUESTS.indexOf(request)
  const firsts = request.rows.map((row) => FAULTS.find((fault) => rowOf(request, fault) === row))
  return FAULTS.filter(
    (fault, index) => isFull || firsts.includes(fault) || (index + offset) % REQUESTS.length === 0
  )
}

it.each(REQUESTS)('every row about $name is run', (request) => {
  expect(new Set(faultsFor(request).map((fault) => rowOf(request, fault)))).toEqual(new Set(request.rows))
})

let cells = 0

describe.each(REQUESTS)('a fault in $name', (request) => {
  it.concurrent.each(
    faultsFor(request).map((fault) => {
      const row = rowOf(request, fault)
      return [`${fault.name}: ${row.end} (${row.why})`, fault, row.end] as const
    })
  )('%s', async (_title, fault, expected) => {
    const { end, step, zendesk } = await run(request, fault)
    expect(end).toBe(expected)
    expect(step.stderr).toBe('')
    if (request.name.startsWith('main') && !step.outputs['token']) expect(published(step)).toEqual(NOTHING)
    // By the step's own clock; 250 ms are for requests that end themselves at the timeout.
    expect(step.elapsed).toBeLessThanOrEqual(TIMEOUT * 1000 + 250)
    const text = shown(step) + JSON.stringify(step.env)
    const { apiToken } = zendesk.credentials
    const secrets = [zendesk.client('ci_bot').secret!, apiToken, basicOf(zendesk), 'proxy-password']
    const tokens = [...zendesk.tokens.values()].map(({ value }) => value)
    expect([...secrets, ...tokens].filter((secret) => text.includes(secret))).toEqual([])
    expect(elsewhere.requests()).toBe(0)
    cells += 1
  })
})

afterAll(() => {
  const size = `${REQUESTS.length} requests × ${FAULTS.length} faults`
  process.stdout.write(`fault matrix: ${cells} cells of ${size}${isFull ? '' : '; FULL=1 runs all'}\n`)
})
