import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { startZendesk, type Fault, type Zendesk } from '../../mock/zendesk.ts'
import { Bench, count, pool, stateVariables, type Ended, type Entry } from './support/step.ts'

/*
 * Main and post are ended at every point of their way. What may live on then is one unused token at most, or in post
 * the token and a helper; the sweep, an hour later, finds each of them.
 */

const HOUR = 3_600_000
const SPEED = 40
/** Milliseconds until a reply that comes after the signal; a mint is given 6 s to answer. */
const LATE = 60

/** How a step is ended: by a signal, or because its time is over. */
type Ending = 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'timeout'

/** A point on the way of a step. */
interface Point {
  name: string
  entry: Exclude<Entry, 'sweep'>
  /** Whether an admin's credential mints. */
  admin?: true
  /** Whether the token may not revoke itself. */
  narrow?: true
  /** The step is ended when this request has arrived. */
  request?: string
  /** Which of the requests of that name. */
  nth?: number
  /** What becomes of it then: nothing yet, the work but no reply, or both. */
  reply?: 'none' | 'lost' | 'sent'
  /** The step is ended when it prints this. */
  line?: RegExp
}

const MINT = 'POST /oauth/tokens'
const ADMIN_MINT = 'POST /api/v2/oauth/tokens'
const LOOK_UP = 'GET /api/v2/oauth/clients'
const CURRENT = 'GET /api/v2/oauth/tokens/current'
const DELETION = 'DELETE /api/v2/oauth/tokens/#'

type Reply = NonNullable<Point['reply']>

const REPLIES: Record<Reply, string> = {
  none: 'before it is carried out',
  lost: 'after it, before the reply',
  sent: 'with a late reply'
}

function around(point: Omit<Point, 'reply' | 'name'>, ...replies: Reply[]): Point[] {
  const number = point.nth === undefined ? '' : ` (number ${point.nth})`
  return replies.map((reply) => ({
    ...point,
    reply,
    name: `${point.entry}: ${point.request!}${number}, ${REPLIES[reply]}`
  }))
}

const points: Point[] = [
  { name: 'main: the first line', entry: 'main', line: /^::add-mask::/ },
  ...around({ entry: 'main', request: MINT }, 'none', 'lost', 'sent'),
  { name: 'main: the token is masked', entry: 'main', line: /^::add-mask::[0-9a-f]{64}$/ },
  ...around({ entry: 'main', request: CURRENT }, 'none', 'sent'),
  { name: 'main: the last line', entry: 'main', line: / minted, / },
  ...around({ entry: 'main', admin: true, request: LOOK_UP }, 'none'),
  ...around({ entry: 'main', admin: true, request: ADMIN_MINT }, 'none', 'lost', 'sent'),
  { name: 'post: the first line', entry: 'post', line: /^::add-mask::/ },
  ...around({ entry: 'post', request: DELETION }, 'none', 'lost', 'sent'),
  ...around({ entry: 'post', request: CURRENT }, 'none', 'sent'),
  { name: 'post: the last line', entry: 'post', line: /verified dead/ },
  // The helper token: its mint, what it deletes, and its own end.
  ...around({ entry: 'post', narrow: true, request: MINT }, 'none', 'lost', 'sent'),
  ...around({ entry: 'post', narrow: true, request: DELETION, nth: 2 }, 'none', 'lost'),
  ...around({ entry: 'post', narrow: true, request: DELETION, nth: 3 }, 'none', 'lost')
]

interface Cell {
  point: Point
  ending: Ending
}

/** What was left after the step, after the post step that follows it, and after the sweep. */
interface Outcome {
  /** The step that was ended. */
  ended: Ended
  reached: boolean
  afterStep: number
  afterPost: number
  afterSweep: number
  /** Whether a token is alive that post knew of. */
  knownAlive: boolean
}

// Windows knows no signals that a process could handle.
const describeSignals = process.platform === 'win32' ? describe.skip : describe
const bench = new Bench()
const results = new Map<string, Outcome>()
const titleOf = ({ point, ending }: Cell): string => `${point.name} × ${ending}`

/** Both signals that can be handled are handled alike, so they take turns. Only a reply that stays away costs time. */
const cells: Cell[] = points.flatMap((point, index) => {
  const endings: Ending[] = [index % 2 === 0 ? 'SIGTERM' : 'SIGINT', 'SIGKILL']
  // Each costs the whole time of a step: with `FULL=1` at every point.
  const isHere = process.env['FULL'] !== undefined || index % 6 === 0
  if (isHere && (point.reply === 'none' || point.reply === 'lost')) endings.push('timeout')
  return endings.map((ending) => ({ point, ending }))
})

async function perform({ point, ending }: Cell): Promise<Outcome> {
  const zendesk = await startZendesk()
  try {
    return await performAt(zendesk, point, ending)
  } finally {
    await zendesk.close()
  }
}

async function performAt(zendesk: Zendesk, point: Point, ending: Ending): Promise<Outcome> {
  const { email, apiToken } = zendesk.credentials
  const secret = zendesk.client('ci_bot').secret!
  const credential = point.admin ? { email, 'api-token': apiToken } : { 'client-secret': secret }
  const account = { subdomain: 'acme', 'client-id': 'ci_bot', 'base-url': zendesk.url }
  const inputs = {
    ...account,
    ...credential,
    'timeout-seconds': 12,
    scopes: point.narrow ? 'tickets:read' : 'read write',
    // Longer than the sweep below waits, so that nothing dies by itself.
    ...(!point.admin && { 'expires-in': 172_800 })
  }

  let reached = false
  const step = async (entry: Point['entry'], env: Record<string, string>): Promise<Ended> => {
    if (entry !== point.entry) return bench.run(entry, { inputs, env, speed: SPEED })
    let kill = (): void => undefined
    const arrive = (): void => {
      if (!reached) kill()
      reached = true
    }
    if (point.request !== undefined) interfere(zendesk, point, arrive)
    return bench.run(entry, {
      inputs,
      env,
      speed: SPEED,
      onStart: (control) => {
        kill = () => {
          if (ending !== 'timeout') control.kill(ending)
        }
      },
      onLine: (line) => {
        if (point.line?.test(line)) arrive()
      }
    })
  }

  let ended: Ended
  let state: Record<string, string>
  if (point.entry === 'main') {
    ended = await step('main', {})
    state = ended.state
  } else {
    state = (await bench.run('main', { inputs, speed: SPEED })).state
    ended = await step('post', stateVariables(state))
  }
  const afterStep = zendesk.living().length
  zendesk.clearFaults()
  // With no state there is nothing that post could do.
  if (point.entry === 'main' && state['zendesk'] !== undefined) {
    await bench.run('post', { inputs, env: stateVariables(state), speed: SPEED })
  }
  const alive = zendesk.living()

  zendesk.advance(HOUR + 60_000)
  if (alive.length > 0) {
    const sweep = { ...account, 'client-secret': secret, 'older-than': '1h', 'dry-run': 'false' }
    await bench.run('sweep', { inputs: sweep, speed: SPEED })
  }
  return {
    ended,
    reached,
    afterStep,
    afterPost: alive.length,
    afterSweep: zendesk.living().length,
    knownAlive: alive.some(({ value }) => state['zendesk']?.includes(value))
  }
}

/** Lets `arrive` happen when the request of `point` has arrived, and its reply go the way that it says. */
function interfere(zendesk: Zendesk, { request = '', nth = 1, reply }: Point, arrive: () => void): void {
  const [method = '', path = ''] = request.split(' ')
  const matcher = { method, path: new RegExp(`^${path.replace('#', '(?:\\d+|current)')}$`) }
  const pass = Array.from({ length: nth - 1 }, (): Fault => ({ kind: 'pass' }))
  zendesk.fault(matcher, [
    ...pass,
    reply === 'sent' ? { kind: 'delay', ms: LATE } : { kind: 'stall', after: reply === 'lost' }
  ])
  // A fault tells nobody when it happens, so the list of requests is watched for it.
  const seen = (): number =>
    zendesk.requests.filter((one) => one.method === method && matcher.path.test(one.path)).length
  const before = seen()
  const watch = setInterval(() => {
    if (seen() < before + nth) return
    clearInterval(watch)
    arrive()
  }, 5)
  setTimeout(() => {
    clearInterval(watch)
  }, 20_000).unref()
}

beforeAll(async () => {
  if (describeSignals === describe) {
    await pool(cells, 6, async (cell) => {
      results.set(titleOf(cell), await perform(cell))
    })
  }
}, 120_000)

afterAll(() => {
  bench.close()
  const all = [...results.values()]
  const sum = (number: (outcome: Outcome) => number): number =>
    all.reduce((total, outcome) => total + number(outcome), 0)
  process.stdout.write(
    `kills: ${cells.length} (${points.length} points): ${sum(({ afterStep }) => afterStep)} tokens alive after the step, ` +
      `${sum(({ afterPost }) => afterPost)} after post, ${sum(({ afterSweep }) => afterSweep)} after the sweep\n`
  )
})

describeSignals('a step that is ended', () => {
  it.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (title, { point, ending }) => {
    const { ended, reached, afterStep, afterPost, afterSweep, knownAlive } = results.get(title)!
    expect(reached).toBe(true)
    expect(ended.stderr).toBe('')

    // What may live on.
    const isMint = point.entry === 'main' && point.request?.startsWith('POST') === true
    if (point.entry === 'main') {
      const unknown = isMint && (point.reply === 'lost' || (point.reply === 'sent' && ending === 'SIGKILL'))
      expect(afterStep).toBeLessThanOrEqual(1)
      // Killed between the mask and the state, it may have written the state or not.
      if (ending === 'SIGKILL' && point.line) expect(afterPost).toBeLessThanOrEqual(1)
      else expect(afterPost).toBe(unknown ? 1 : 0)
      expect(knownAlive).toBe(false)
    } else {
      expect(afterPost).toBeLessThanOrEqual(point.narrow ? 2 : 1)
    }
    expect(afterSweep).toBe(0)

    // What is said of it.
    const errors = count(ended.lines, 'error')
    const warnings = count(ended.lines, 'warning')
    if (ending === 'SIGKILL') {
      // It may have been through already, a moment before.
      expect([ended.signal, ended.exitCode]).toContainEqual(point.line ? expect.anything() : 'SIGKILL')
    } else if (point.entry === 'main') {
      const isOver = point.line !== undefined || point.reply === 'sent'
      // The check is given up after 10 s, and the step goes on without it.
      const goesOn = ending === 'timeout' && point.request === CURRENT
      if (!isOver) expect(ended.exitCode).toBe(goesOn ? 0 : 1)
      expect(errors).toBe(ended.exitCode)
      const tells = ended.lines.some((line) => line.includes('may exist since'))
      if (isMint && point.reply === 'lost') expect(tells).toBe(true)
    } else {
      expect([ended.exitCode, errors]).toEqual([0, 0])
      expect(warnings).toBe(knownAlive ? 1 : warnings)
      expect(warnings).toBeLessThanOrEqual(1)
    }
  })
})
