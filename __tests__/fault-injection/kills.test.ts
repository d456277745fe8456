import { afterAll, describe, expect, it } from '@jest/globals'

import { type Zendesk } from '../../mock/zendesk.ts'
import { at, cancelDuring, credentials, sandbox, type Fate } from '../support/fixtures.ts'
import { annotated, NOON, runStep, type StepEnd, type StepRun } from '../support/run-action.ts'

/*
 * Main and post are ended at every point of their way: cancelled by the runner, killed, or because their time is over
 * while a request gets no response. What stays active then, a sweep an hour later revokes.
 */

const HOUR = 3_600_000

type Entry = 'main' | 'main, API token' | 'post' | 'post, narrow token'

/**
 * How the step ends (its exit code, or `killed`; then each annotation), and after the arrow, how many tokens are
 * active when post has run as well. `may exist`: the annotation says that an unused token may exist. A narrow token
 * may not revoke itself, so post mints a cleanup token.
 */
type Row = [
  entry: Entry,
  at: string,
  fate: Fate | 'printed',
  cancelled: string,
  killed: string,
  outOfTime?: string
]

const MINT = 'POST /oauth/tokens'
const ADMIN_MINT = 'POST /api/v2/oauth/tokens'
const CURRENT = 'GET /api/v2/oauth/tokens/current'
/** A deletion by id or of `current`; `2nd` and so on say which of several. */
const DELETION = 'DELETE /api/v2/oauth/tokens/#'

// prettier-ignore
const rows: Row[] = [
  // A token is left only if a mint was carried out and its response not read: nobody can know it.
  ['main', '::add-mask::', 'printed', '1 error → 0', 'killed → 0'],
  ['main', MINT, 'ignored', '1 error (may exist) → 0', 'killed → 0', '1 error (may exist) → 0'],
  ['main', MINT, 'response lost', '1 error (may exist) → 1', 'killed → 1', '1 error (may exist) → 1'],
  ['main', MINT, 'response late', '1 error → 0', 'killed → 1'],
  // Between the mask and the state there is no more than a moment, but a kill needs no more.
  ['main', '::add-mask::[0-9a-f]{64}$', 'printed', '1 error → 0', 'killed → 1'],
  ['main', CURRENT, 'ignored', '1 error → 0', 'killed → 0', '0 → 0'],
  ['main', CURRENT, 'response late', '1 error → 0', 'killed → 0'],
  ['main', '^Minted ', 'printed', '0 → 0', 'killed → 0'],
  ['main, API token', 'GET /api/v2/oauth/clients', 'ignored', '1 error → 0', 'killed → 0', '1 error → 0'],
  ['main, API token', ADMIN_MINT, 'ignored', '1 error (may exist) → 0', 'killed → 0', '1 error (may exist) → 0'],
  ['main, API token', ADMIN_MINT, 'response lost', '1 error (may exist) → 1', 'killed → 1', '1 error (may exist) → 1'],
  ['main, API token', ADMIN_MINT, 'response late', '1 error → 0', 'killed → 1'],
  // Post knows its token: it says so if it may be active still.
  ['post', '::add-mask::', 'printed', '0 warning → 1', 'killed → 1'],
  ['post', DELETION, 'ignored', '0 warning → 1', 'killed → 1', '0 warning → 1'],
  ['post', DELETION, 'response lost', '0 warning → 0', 'killed → 0', '0 warning → 0'],
  ['post', DELETION, 'response late', '0 warning → 0', 'killed → 0'],
  ['post', CURRENT, 'ignored', '0 warning → 0', 'killed → 0', '0 warning → 0'],
  ['post', CURRENT, 'response late', '0 warning → 0', 'killed → 0'],
  ['post', '^Revoked .* verified', 'printed', '0 → 0', 'killed → 0'],
  // The cleanup token: its mint, what it deletes (after the narrow token was refused), and its own revocation.
  ['post, narrow token', MINT, 'ignored', '0 warning (may exist) → 1', 'killed → 1', '0 warning (may exist) → 1'],
  ['post, narrow token', MINT, 'response lost', '0 warning (may exist) → 2', 'killed → 2', '0 warning (may exist) → 2'],
  ['post, narrow token', MINT, 'response late', '0 warning → 1', 'killed → 2'],
  ['post, narrow token', `2nd ${DELETION}`, 'ignored', '0 warning → 1', 'killed → 2', '0 warning → 1'],
  ['post, narrow token', `2nd ${DELETION}`, 'response lost', '0 warning → 0', 'killed → 1', '0 warning → 0'],
  ['post, narrow token', `3rd ${DELETION}`, 'ignored', '0 → 0', 'killed → 1', '0 → 0'],
  ['post, narrow token', `3rd ${DELETION}`, 'response lost', '0 → 0', 'killed → 0', '0 → 0']
]

interface Cell {
  entry: Entry
  at: string
  fate: Fate | 'printed'
  /** What ends the step; if there is none, its time is over. */
  signal: NodeJS.Signals | undefined
  expected: string
}

/** SIGINT and SIGTERM are handled alike, so they take turns. */
const cells = rows.flatMap(([entry, at, fate, cancelled, killed, outOfTime], index): Cell[] => [
  { entry, at, fate, signal: index % 2 === 0 ? 'SIGTERM' : 'SIGINT', expected: cancelled },
  { entry, at, fate, signal: 'SIGKILL', expected: killed },
  ...(outOfTime === undefined ? [] : [{ entry, at, fate, signal: undefined, expected: outOfTime }])
])

/** What a step runs with so that it ends there and in that way. */
function interference(zendesk: Zendesk, { at: point, fate, signal }: Cell): StepRun {
  if (fate === 'printed') return { signalAt: new RegExp(point), signal: signal! }
  const [, nth = '1', method = '', path = ''] = /^(?:(\d).. )?(\S+) (.*)/.exec(point) ?? []
  const matcher = { method, path: new RegExp(`^${path.replace('#', '(?:\\d+|current)')}$`) }
  const { onStart, preload } = cancelDuring(zendesk, matcher, signal ?? 'SIGTERM', fate, Number(nth))
  // Without whoever sends the signal, the request stalls until the time of the step is over.
  return signal === undefined ? {} : { onStart, ...preload }
}

/** The step that is ended there; after a main step, its post step runs. */
async function end(zendesk: Zendesk, cell: Cell): Promise<StepEnd> {
  const inputs = at(zendesk, {
    ...(cell.entry === 'main, API token'
      ? credentials.apiToken(zendesk)
      : // Longer than the sweep below waits, so that nothing expires by itself.
        { ...credentials.clientCredentials(zendesk), 'expires-in': 172_800 }),
    'timeout-seconds': 12,
    'export-env': true,
    scopes: cell.entry === 'post, narrow token' ? 'tickets:read' : 'read write'
  })
  if (cell.entry.startsWith('post')) {
    const { state } = await runStep('main', { inputs })
    return runStep('post', { inputs, state, ...interference(zendesk, cell) })
  }
  const main = await runStep('main', { inputs, ...interference(zendesk, cell) })
  zendesk.clearFaults()
  await runStep('post', { inputs, state: main.state })
  return main
}

let left = 0

// Windows has no signals that a process could handle.
const describeSignals = process.platform === 'win32' ? describe.skip : describe

describeSignals('a step that is ended on its way leaves what the sweep revokes an hour later', () => {
  it.concurrent.each(
    cells.map((cell) => {
      const { entry, at: point, fate, signal = 'out of time', expected } = cell
      return [`${entry} × ${point} ${fate} × ${signal}: ${expected}`, cell] as const
    })
  )('%s', async (_title, cell) => {
    const zendesk = await sandbox()
    const ended = await end(zendesk, cell)
    const active = zendesk.living().length
    left += active
    const annotations = annotated(ended).map(
      (line) => `${/^::(\w+)/.exec(line)![1]!}${line.includes('may exist since') ? ' (may exist)' : ''}`
    )
    const exit = ended.signal === 'SIGKILL' ? 'killed' : String(ended.exitCode)
    expect(`${[exit, ...annotations].join(' ')} → ${active}`).toBe(cell.expected)
    expect(ended.stderr).toBe('')
    // A step that fails exports nothing.
    if (ended.exitCode === 1) expect(ended.env).toEqual({})

    if (active === 0) return
    const later = HOUR + 60_000
    zendesk.clearFaults()
    zendesk.advance(later)
    const inputs = { ...credentials.clientCredentials(zendesk), 'older-than': '1h', 'dry-run': 'false' }
    await runStep('sweep', { now: NOON + later, inputs: at(zendesk, inputs) })
    expect(zendesk.living()).toEqual([])
  })
})

afterAll(() => {
  process.stdout.write(
    `kills: ${cells.length} at ${rows.length} points: ${left} tokens left after post, none after the sweep\n`
  )
})
