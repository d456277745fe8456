import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { adminId, startZendesk, type Fault, type FaultMatcher, type Zendesk } from '../../mock/zendesk.ts'
import { caFile, connectProxy, impostor, relay, tls, type Listener } from './support/net.ts'
import { Bench, count, pool, shown, stateVariables, type Ended, type Entry } from './support/step.ts'

/*
 * Every request that this action makes, times everything that can go wrong with it, on the built dist/ as processes
 * with real sockets. A fault stays for the rest of the step, unless its name says `once`.
 */

/** Seconds for a step, and how much faster its time runs: a request that stalls costs half a real second. */
const BUDGET = 20
const SPEED = 40
/** Cells at a time. Most of them wait most of the time. */
const WIDTH = 8

/** A number, or the least and the most that it may be. */
type Span = number | [number, number]

/** How a step is to end. */
interface End {
  exitCode: Span
  errors: Span
  warnings: Span
  /** Whether there is a `token` output. */
  token: boolean
  /** Tokens alive in the account after it. */
  alive: Span
}

/** What matters of a fault for how a step ends. */
interface Trait {
  /** The server cannot be reached at all, nor for any request that follows. */
  down?: true
  /** The request was sent, and no complete reply can be read. */
  lost?: true
  /** It is tried again. */
  retried?: true
  /** It uses up the time of the step. */
  stalls?: true
  /** The status of a complete reply. */
  status?: number
  /** It has a `Retry-After`, which is waited out until the time is over. */
  waits?: true
  /** A `Retry-After` that does not fit into the time of the step, which ends at once. */
  unfitting?: true
  /** Zendesk does what it was asked, and the next try goes well. */
  once?: true
}

interface FaultRow extends Trait {
  name: string
  /** What the sandbox does with the request; nothing where the fault lies before it. */
  reply?: Fault
  /** What is broken on the way there. */
  way?: 'refused' | 'dns' | 'tls' | 'proxy'
  /** The certificate in place of the right one. */
  certificate?: 'wrongName' | 'wrongCa'
  /** The proxy's answer; it is down where there is none. */
  refusal?: number
}

let elsewhere = ''

function status(code: number, retryAfter?: string): FaultRow {
  const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter }
  const body = { error: 'SomeError', description: 'Something is wrong' }
  const unfitting = Number(retryAfter ?? 0) > BUDGET || undefined
  const retried = [408, 429, 500, 502, 503, 504].includes(code) && !unfitting
  return {
    name: `${code}${retryAfter === undefined ? '' : ` with Retry-After: ${retryAfter}`}`,
    reply: { kind: 'reply', status: code, body, headers },
    status: code,
    ...(retried && { retried }),
    ...([408, 500, 502, 504].includes(code) && { lost: true }),
    ...(retryAfter !== undefined && (unfitting ? { unfitting } : { waits: true }))
  }
}

function redirect(code: number): FaultRow {
  const reply = {
    kind: 'redirect',
    status: code,
    get location() {
      return elsewhere
    }
  } as const
  return { name: `redirect ${code}`, reply, status: code }
}

function broken(name: string, reply: Fault, trait: Trait = { lost: true, retried: true }): FaultRow {
  return { name, reply, ...trait }
}

const wrongTypes = {
  access_token: { a: 1 },
  scope: 7,
  expires_in: 'soon',
  token: { full_token: 12345678, id: '9', scopes: 3, expires_at: [], client_id: {} },
  tokens: { '0': 'x' },
  clients: 'none',
  meta: 5
}

const faults: FaultRow[] = [
  { name: 'connection refused', way: 'refused', down: true },
  { name: 'DNS failure', way: 'dns', down: true },
  { name: 'TLS name wrong', way: 'tls', certificate: 'wrongName', down: true },
  { name: 'TLS CA wrong', way: 'tls', certificate: 'wrongCa', down: true },
  { name: 'proxy down', way: 'proxy', down: true },
  { name: 'proxy refuses with 407', way: 'proxy', refusal: 407, down: true },
  { name: 'proxy refuses with 403', way: 'proxy', refusal: 403, down: true },
  { name: 'proxy refuses with 502', way: 'proxy', refusal: 502, down: true },
  broken('reset before the reply', { kind: 'reset' }),
  broken('reset in the header', { kind: 'reset-mid-header' }),
  broken('reset in the body', { kind: 'reset-mid-body' }),
  broken('closed in the body', { kind: 'close-mid-body' }),
  broken('garbage', { kind: 'garbage' }),
  broken('stall before the reply', { kind: 'stall' }, { lost: true, stalls: true }),
  broken('stall in the body', { kind: 'stall-mid-body' }, { lost: true, stalls: true }),
  broken('1 GiB of body', { kind: 'huge', bytes: 2 ** 30 }, { lost: true }),
  broken('HTML with 200', { kind: 'html' }, { status: 200 }),
  broken('empty body with 200', { kind: 'empty' }, { status: 200 }),
  broken('a list with 200', { kind: 'reply', status: 200, body: [1, null] }, { status: 200 }),
  broken('wrong types with 200', { kind: 'reply', status: 200, body: wrongTypes }, { status: 200 }),
  ...[301, 302, 303, 307, 308].map(redirect),
  ...[400, 401, 403, 404, 408, 409, 410, 422, 429, 500, 502, 503, 504].map((code) => status(code)),
  ...[429, 503].flatMap((code) => [status(code, '2'), status(code, '3600')]),
  broken('once: reply lost', { kind: 'lose-reply' }, { lost: true, retried: true, once: true }),
  broken('once: 504 after the work', { ...status(504).reply!, after: true }, { lost: true, once: true })
]

interface RequestRow {
  name: string
  entry: Entry
  /** How many requests come before it. */
  index: number
  match: FaultMatcher
  /** The credential is an API token, not a client's secret. */
  admin?: true
  /** The token may not revoke itself. */
  narrow?: true
  end: (fault: Trait) => End
}

const MATCH_TOKENS = '/api/v2/oauth/tokens'
const byId = new RegExp(`^${MATCH_TOKENS}/\\d+$`)

const red: End = { exitCode: 1, errors: 1, warnings: 0, token: false, alive: 0 }
const green: End = { exitCode: 0, errors: 0, warnings: 0, token: false, alive: 0 }

/** A mint. After a lost reply the next try brings a warning, for an unused token may exist; after an edge, the error tells. */
function mintEnd({ once, lost, retried }: Trait): End {
  if (once) return { ...green, token: true, warnings: 1, alive: 2 }
  return { ...red, warnings: lost && retried ? 1 : 0 }
}

/** The step has the token already, which lives on until post; only a 401 says that it is of no use. */
function checkEnd(fault: Trait): End {
  return { ...(fault.status === 401 ? red : green), token: true, alive: 1 }
}

function lookUpEnd({ once }: Trait): End {
  return once ? { ...green, token: true, alive: 1 } : red
}

/** By id is the first way of several; a 401 to the token itself is taken for the proof, although it lied here. */
function deletionEnd({ down, stalls, waits, unfitting, status: code }: Trait): End {
  if (down || stalls || waits || unfitting) return { ...green, warnings: 1, alive: 1 }
  return { ...green, alive: code === 401 ? 1 : 0 }
}

/** The token is dead, and whatever cannot be read as its death leaves that unproven. */
function proofEnd({ once, status: code }: Trait): End {
  const lied = code === 200 || code === 401 || code === 403
  return { ...green, warnings: once || lied ? 0 : 1 }
}

/** The last way of all. That the scopes do not suffice is no reason to warn, for the token expires. */
function postHelperEnd({ once, status: code }: Trait): End {
  if (once) return { ...green, warnings: [0, 1], alive: 1 }
  return { ...green, warnings: code === 403 ? 0 : 1, alive: 1 }
}

function sweepHelperEnd({ once, lost, retried }: Trait): End {
  if (once) return { ...green, warnings: [0, 1], alive: 1 }
  return { ...red, warnings: lost && retried ? [0, 1] : 0, alive: 1 }
}

/** Without its helper's facts the sweep looks its client up, and goes on. */
function sweepCurrentEnd({ down, stalls, waits }: Trait): End {
  if (down) return { ...red, warnings: 1, alive: 2 }
  if (stalls) return { ...red, alive: 1 }
  if (waits) return { exitCode: [0, 1], errors: [0, 1], warnings: 0, token: false, alive: [0, 1] }
  return green
}

function sweepListEnd({ down, once }: Trait): End {
  if (once) return green
  return down ? { ...red, warnings: 1, alive: 2 } : { ...red, alive: 1 }
}

/** What an answer of 2xx or 404 says is believed, although it lied here. */
function sweepDeletionEnd({ down, once, status: code }: Trait): End {
  if (once) return green
  if (down) return { ...red, warnings: 1, alive: 2 }
  return { ...(code === 200 || code === 404 ? green : red), alive: 1 }
}

const current: FaultMatcher = { method: 'GET', path: `${MATCH_TOKENS}/current` }
const grant: FaultMatcher = { method: 'POST', path: '/oauth/tokens' }

const requests: RequestRow[] = [
  { name: 'main C: mint', entry: 'main', index: 0, match: grant, end: mintEnd },
  { name: 'main C: check', entry: 'main', index: 1, match: current, end: checkEnd },
  {
    name: 'main A: look-up',
    entry: 'main',
    admin: true,
    index: 0,
    match: { method: 'GET', path: '/api/v2/oauth/clients' },
    end: lookUpEnd
  },
  {
    name: 'main A: mint',
    entry: 'main',
    admin: true,
    index: 1,
    match: { method: 'POST', path: MATCH_TOKENS },
    end: mintEnd
  },
  {
    name: 'post: deletion',
    entry: 'post',
    index: 0,
    match: { method: 'DELETE', path: byId },
    end: deletionEnd
  },
  { name: 'post: proof', entry: 'post', index: 1, match: current, end: proofEnd },
  { name: 'post: helper mint', entry: 'post', narrow: true, index: 2, match: grant, end: postHelperEnd },
  { name: 'sweep: helper mint', entry: 'sweep', index: 0, match: grant, end: sweepHelperEnd },
  { name: 'sweep: current', entry: 'sweep', index: 1, match: current, end: sweepCurrentEnd },
  {
    name: 'sweep: list',
    entry: 'sweep',
    index: 2,
    match: { method: 'GET', path: MATCH_TOKENS },
    end: sweepListEnd
  },
  // The account's first token but for the standing one is the left-over one.
  {
    name: 'sweep: deletion',
    entry: 'sweep',
    index: 3,
    match: { method: 'DELETE', path: `${MATCH_TOKENS}/22000000002` },
    end: sweepDeletionEnd
  }
]

/** What is run in one process: a request, and the faults that befall its tries one after the other. */
interface Run {
  request: RequestRow
  faults: [FaultRow, ...FaultRow[]]
}

interface Outcome {
  ended: Ended
  /** Whether the fault befell the request. */
  met: boolean
  alive: number
  secrets: string[]
}

/** How often a request is tried again. */
const RETRIES = 4

/**
 * The faults that a request meets: with `FULL=1` all of them, else every fourth, each request another one, so that
 * every request and every fault is met in the tests that everybody runs.
 */
function faultsOf(request: RequestRow): FaultRow[] {
  if (process.env['FULL'] !== undefined) return faults
  return faults.filter((_fault, index) => (index + requests.indexOf(request)) % 4 === 0)
}

/**
 * The cells of a request, of which those that are tried again and differ in nothing but the fault share a process: each
 * try then meets another of them.
 */
function runsOf(request: RequestRow): Run[] {
  const shareable = (fault: FaultRow): boolean =>
    request.end !== checkEnd && fault.retried === true && !fault.down && !fault.waits && !fault.once
  const here = faultsOf(request)
  const alone = here.filter((fault) => !shareable(fault)).map((fault) => [fault])
  const shared = [true, undefined].flatMap((lost) => {
    const alike = here.filter((fault) => shareable(fault) && fault.lost === lost)
    const groups = Math.ceil(alike.length / RETRIES)
    return Array.from({ length: groups }, (_, group) =>
      alike.filter((_fault, index) => index % groups === group)
    )
  })
  return [...alone, ...shared].flatMap(([first, ...more]) =>
    first ? [{ request, faults: [first, ...more] }] : []
  )
}

const runs = requests.flatMap(runsOf)
const cells = requests.flatMap(faultsOf).length
const titleOf = (request: RequestRow, fault: FaultRow): string => `${request.name} × ${fault.name}`

const bench = new Bench()
const results = new Map<string, Outcome>()
const templates: Record<string, string> = {}
const impostors: Record<string, Listener> = {}
const lure = createServer((_request, response) => response.end('{}'))
let visits = 0

/** A token for post, and the state that main would have left for it. */
function stateFor(zendesk: Zendesk, origin: string, narrow: boolean): Record<string, string> {
  const scopes = narrow ? ['tickets:read'] : ['read', 'write']
  const [token] = zendesk.seedTokens(1, { scopes, age: 0, expiresIn: 3_600_000 })
  const template = JSON.parse(templates[String(narrow)]!) as {
    minted: Record<string, unknown>
    context: Record<string, unknown>
  }
  Object.assign(template.minted, { token: token!.value, id: token!.id })
  template.context['origin'] = origin
  return stateVariables({ zendesk: JSON.stringify(template) })
}

async function perform({ request, faults: [fault, ...more] }: Run): Promise<Outcome> {
  const secure = fault.way === 'tls' || fault.way === 'proxy'
  const zendesk = await startZendesk(secure ? { tls: tls.good } : {})
  const listeners: Listener[] = []
  const env: Record<string, string> = secure ? { NODE_EXTRA_CA_CERTS: caFile } : {}
  let origin = fault.way === 'dns' ? `http://localhost:${zendesk.port}` : zendesk.url
  let isBroken = request.index === 0
  let breakNow = (): void => {
    isBroken = true
  }
  const reachable = async (): Promise<Listener> => {
    const target = (): number =>
      isBroken && fault.certificate ? impostors[fault.certificate]!.port : zendesk.port
    const front =
      fault.way === 'proxy'
        ? await connectProxy(zendesk.port, refusal)
        : await relay(target, fault.way === 'tls' ? '127.0.0.1' : undefined)
    listeners.push(front)
    return front
  }
  const refusal = (): number | undefined => (isBroken ? fault.refusal : undefined)
  try {
    if (fault.way === 'dns') env['TEST_LOOKUPS'] = request.index === 0 ? '0' : '1'
    else if (fault.way !== undefined) {
      const front = await reachable()
      const { host, port } = front
      if (fault.way === 'proxy') {
        env['https_proxy'] = `http://user:proxy-password@${host}:${port}`
        origin = 'https://acme.zendesk.com'
      } else origin = fault.way === 'tls' ? `https://localhost:${port}` : `http://${host}:${port}`
      if (fault.certificate === undefined && fault.refusal === undefined) {
        breakNow = () => {
          isBroken = true
          front.stop()
        }
        if (isBroken) front.stop()
      }
    }
    // What is broken on the way is met by a new connection, so the reply before it ends the old one.
    const before: Fault[] = Array.from({ length: request.index }, (_, index) =>
      index < request.index - 1
        ? { kind: 'pass' }
        : {
            kind: 'edit',
            edit: (reply) => {
              breakNow()
              return { ...reply, headers: { ...reply.headers, Connection: 'close' } }
            }
          }
    )
    if (fault.way !== undefined && before.length > 0) zendesk.fault({}, before)
    const replies = [fault, ...more].flatMap(({ reply }) => reply ?? [])
    const times = { count: fault.once ? 1 : Infinity }
    const handle = fault.reply ? zendesk.fault({ ...request.match, ...times }, replies) : undefined

    const client = zendesk.client('ci_bot')
    const { email, apiToken } = zendesk.credentials
    const inputs: Record<string, string> = {
      subdomain: 'acme',
      'client-id': 'ci_bot',
      'base-url': origin,
      'timeout-seconds': String(BUDGET),
      ...(request.admin ? { email, 'api-token': apiToken } : { 'client-secret': client.secret! })
    }
    if (request.entry === 'sweep') {
      inputs['dry-run'] = 'false'
      zendesk.seedTokens(1, { userId: adminId })
    }
    if (request.entry === 'post') Object.assign(env, stateFor(zendesk, origin, request.narrow === true))
    const ended = await bench.run(request.entry, { inputs, env, speed: SPEED })
    const basic = Buffer.from(`${email}/token:${apiToken}`).toString('base64')
    const values = [...zendesk.tokens.values()].map(({ value }) => value)
    return {
      ended,
      // Not every connection that fails leaves a trace here: that nothing more arrived is one.
      met: handle === undefined ? zendesk.requests.length === request.index : handle.hits >= replies.length,
      alive: zendesk.living().length,
      secrets: [client.secret!, apiToken, basic, 'proxy-password', ...values]
    }
  } finally {
    await zendesk.close()
    for (const listener of listeners) listener.close()
  }
}

beforeAll(async () => {
  lure.on('request', () => visits++)
  await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve))
  elsewhere = `http://127.0.0.1:${(lure.address() as AddressInfo).port}/elsewhere`
  impostors['wrongName'] = await impostor(tls.wrongName)
  impostors['wrongCa'] = await impostor(tls.wrongCa)

  const zendesk = await startZendesk()
  const secret = zendesk.client('ci_bot').secret!
  for (const narrow of [false, true]) {
    const scopes = narrow ? 'tickets:read' : 'read write'
    const inputs = {
      subdomain: 'acme',
      'client-id': 'ci_bot',
      'base-url': zendesk.url,
      'client-secret': secret,
      'timeout-seconds': BUDGET,
      scopes
    }
    const { state } = await bench.run('main', { inputs, speed: SPEED })
    templates[String(narrow)] = state['zendesk']!
  }
  await zendesk.close()

  await pool(runs, WIDTH, async (run) => {
    const outcome = await perform(run)
    for (const fault of run.faults) results.set(titleOf(run.request, fault), outcome)
  })
}, 120_000)

afterAll(() => {
  bench.close()
  lure.close()
  for (const { close } of Object.values(impostors)) close()
  const all = [...results.values()]
  const sum = (number: (outcome: Outcome) => number): number =>
    all.reduce((total, outcome) => total + number(outcome), 0)
  process.stdout.write(
    `fault matrix: ${cells} cells of ${requests.length} requests × ${faults.length} faults in ${runs.length} processes: ` +
      `${sum(({ ended }) => Number(ended.exitCode === 1))} red, ${sum(({ ended }) => Number(ended.exitCode === 0))} green, ` +
      `${sum(({ ended }) => count(ended.lines, 'error'))} errors, ${sum(({ ended }) => count(ended.lines, 'warning'))} warnings, ` +
      `${sum(({ alive }) => alive)} tokens left to post, expiry or sweep\n`
  )
})

describe.each(requests)('$name', (request) => {
  it.each(faultsOf(request))('ends as promised: $name', (fault) => {
    const outcome = results.get(titleOf(request, fault))!
    const { ended, met, alive, secrets } = outcome
    const expected = request.end(fault)
    expect(met).toBe(true)
    const actual = {
      exitCode: ended.exitCode,
      errors: count(ended.lines, 'error'),
      warnings: count(ended.lines, 'warning'),
      token: (ended.outputs['token'] ?? '') !== '',
      alive
    }
    expect(actual).toEqual(within(expected, actual))
    if (fault.retried && request.end !== checkEnd) expect(ended.lines.join('\n')).toMatch(retryOf(fault))
    expect(ended.stderr).toBe('')
    // Its own clock, with what the last moment and a busy machine may add.
    expect(ended.elapsed).toBeLessThan(BUDGET * 1000 + 250 + 4000)
    const text = shown(ended) + ended.envFile
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })
})

/** The line that says that a request is tried again after this fault. */
function retryOf({ status: code }: Trait): RegExp {
  const what = code === undefined ? 'got no complete reply \\([^)]+\\)' : `answered ${code}`
  return new RegExp(` ${what}; (?:as it asks, )?try \\d+\\b.* in \\d+\\.\\d s`)
}

it('follows no redirect', () => {
  expect(visits).toBe(0)
})

/** The end that was promised, where a range stands for whatever in it there was. */
function within(promised: End, actual: Record<keyof End, unknown>): object {
  return Object.fromEntries(
    Object.entries(promised).map(([name, value]: [string, unknown]) => {
      if (!Array.isArray(value)) return [name, value]
      const was = Number(actual[name as keyof End])
      return [name, was >= Number(value[0]) && was <= Number(value[1]) ? was : value]
    })
  )
}
