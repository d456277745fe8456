import { afterAll, describe, expect, it } from '@jest/globals'

import { type Zendesk } from '../../../mock/zendesk.ts'
import { cancelDuring, type Fate } from '../../support/cancel.ts'
import { NOON } from '../../support/clock.ts'
import { annotated } from '../../support/log-lines.ts'
import { runStep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { at, credentials, mockZendesk } from '../../support/zendesk.ts'

/*
 * Main and post are ended at each point of their work: cancelled by the runner, killed, or by their timeout while a
 * request gets no response. A sweep an hour later revokes the tokens that are still active.
 */

const HOUR = 3_600_000

type Entry = 'main' | 'main, API token' | 'post' | 'post, narrow token'

/**
 * How the step ends: its exit code or `killed`, the annotations, and how many tokens are active once post has run as
 * well. `may exist`: the annotation says that an unused token may exist. A narrow token may not revoke itself, so post
 * mints a cleanup token. A request without a response is also left to the timeout, which ends as a cancellation does
 * unless `timedOut` is given.
 */
type Row = [
  entry: Entry,
  at: string,
  fate: Fate | 'printed',
  cancelled: string,
  killed: string,
  timedOut?: string
]

const MINT = 'POST /oauth/tokens'
const ADMIN_MINT = 'POST /api/v2/oauth/tokens'
const CURRENT = 'GET /api/v2/oauth/tokens/current'
/** A deletion by id or of `current`; `2nd` and so on say which of several. */
const DELETION = 'DELETE /api/v2/oauth/tokens/#'

// prettier-ignore
const ROWS: Row[] = [
  // A token stays active only if a mint was carried out and its response not read, so that no step knows it.
  ['main', '::add-mask::', 'printed', 'exit 1, error, 0 active', 'killed, 0 active'],
  ['main', MINT, 'ignored', 'exit 1, error (may exist), 0 active', 'killed, 0 active'],
  ['main', MINT, 'response lost', 'exit 1, error (may exist), 1 active', 'killed, 1 active'],
  ['main', MINT, 'response late', 'exit 1, error, 0 active', 'killed, 1 active'],
  // A kill between the mask and the state: post does not know the token.
  ['main', '::add-mask::[0-9a-f]{64}$', 'printed', 'exit 1, error, 0 active', 'killed, 1 active'],
  ['main', CURRENT, 'ignored', 'exit 1, error, 0 active', 'killed, 0 active', 'exit 0, 0 active'],
  ['main', CURRENT, 'response late', 'exit 1, error, 0 active', 'killed, 0 active'],
  ['main', '^Minted ', 'printed', 'exit 0, 0 active', 'killed, 0 active'],
  ['main, API token', 'GET /api/v2/oauth/clients', 'ignored', 'exit 1, error, 0 active', 'killed, 0 active'],
  ['main, API token', ADMIN_MINT, 'ignored', 'exit 1, error (may exist), 0 active', 'killed, 0 active'],
  ['main, API token', ADMIN_MINT, 'response lost', 'exit 1, error (may exist), 1 active', 'killed, 1 active'],
  ['main, API token', ADMIN_MINT, 'response late', 'exit 1, error, 0 active', 'killed, 1 active'],
  // Post knows the token, so it warns if it may still be active.
  ['post', '::add-mask::', 'printed', 'exit 0, warning, 1 active', 'killed, 1 active'],
  ['post', DELETION, 'ignored', 'exit 0, warning, 1 active', 'killed, 1 active'],
  ['post', DELETION, 'response lost', 'exit 0, warning, 0 active', 'killed, 0 active'],
  ['post', DELETION, 'response late', 'exit 0, warning, 0 active', 'killed, 0 active'],
  ['post', CURRENT, 'ignored', 'exit 0, warning, 0 active', 'killed, 0 active'],
  ['post', CURRENT, 'response late', 'exit 0, warning, 0 active', 'killed, 0 active'],
  ['post', '^Revoked .* verified', 'printed', 'exit 0, 0 active', 'killed, 0 active'],
  // The mint of the cleanup token, its deletion of the narrow token, and its own revocation.
  ['post, narrow token', MINT, 'ignored', 'exit 0, warning (may exist), 1 active', 'killed, 1 active'],
  ['post, narrow token', MINT, 'response lost', 'exit 0, warning (may exist), 2 active', 'killed, 2 active'],
  ['post, narrow token', MINT, 'response late', 'exit 0, warning, 1 active', 'killed, 2 active'],
  ['post, narrow token', `2nd ${DELETION}`, 'ignored', 'exit 0, warning, 1 active', 'killed, 2 active'],
  ['post, narrow token', `2nd ${DELETION}`, 'response lost', 'exit 0, warning, 0 active', 'killed, 1 active'],
  ['post, narrow token', `3rd ${DELETION}`, 'ignored', 'exit 0, 0 active', 'killed, 1 active'],
  // The repeated DELETE gets a 401, which alone does not prove that the cleanup token is gone.
  ['post, narrow token', `3rd ${DELETION}`, 'response lost', 'exit 0, warning, 0 active', 'killed, 0 active']
]

interface Cell {
  entry: Entry
  at: string
  fate: Fate | 'printed'
  /** What ends the step; without one it is the timeout. */
  signal: NodeJS.Signals | undefined
  expected: string
}

/** SIGINT and SIGTERM are handled alike, so they take turns. */
const cells = ROWS.flatMap(([entry, at, fate, cancelled, killed, timedOut], index): Cell[] => [
  { entry, at, fate, signal: index % 2 === 0 ? 'SIGTERM' : 'SIGINT', expected: cancelled },
  { entry, at, fate, signal: 'SIGKILL', expected: killed },
  ...(fate === 'ignored' || fate === 'response lost'
    ? [{ entry, at, fate, signal: undefined, expected: timedOut ?? cancelled }]
    : [])
])

/** The options with which a step ends at this point and in this way. */
function interference(zendesk: Zendesk, { at: point, fate, signal }: Cell): StepRun {
  if (fate === 'printed') return { signalAt: new RegExp(point), signal: signal! }
  const [, nth = '1', method = '', path = ''] = /^(?:(\d).. )?(\S+) (.*)/.exec(point) ?? []
  const matcher = { method, path: new RegExp(`^${path.replace('#', '(?:\\d+|current)')}$`) }
  const cancel = cancelDuring(zendesk, matcher, signal ?? 'SIGTERM', fate, Number(nth))
  // Without a signal, the request stalls until the timeout.
  return signal === undefined ? {} : cancel
}

/** Runs the step that is ended, and post after a main step. */
async function runCell(zendesk: Zendesk, cell: Cell): Promise<StepEnd> {
  const inputs = at(zendesk, {
    ...(cell.entry === 'main, API token'
      ? credentials.apiToken(zendesk)
      : // Longer than the sweep below waits, so that no token expires before it.
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

let remaining = 0

// Windows has no signals that a process could handle.
const describeSignals = process.platform === 'win32' ? describe.skip : describe

describeSignals('a sweep revokes what stays active after the end of', () => {
  it.concurrent.each(
    cells.map((cell) => {
      const { entry, at: point, fate, signal = 'timeout', expected } = cell
      return [`${entry}, by ${signal} at ${point} (${fate}): ${expected}`, cell] as const
    })
  )('%s', async (_title, cell) => {
    const zendesk = await mockZendesk()
    const ended = await runCell(zendesk, cell)
    const active = zendesk.activeTokens().length
    remaining += active
    const annotations = annotated(ended).map(
      (line) => `${/^::(\w+)/.exec(line)![1]!}${line.includes('may exist since') ? ' (may exist)' : ''}`
    )
    const exit = ended.signal === 'SIGKILL' ? 'killed' : `exit ${ended.exitCode}`
    expect([exit, ...annotations, `${active} active`].join(', ')).toBe(cell.expected)
    expect(ended.stderr).toBe('')
    // A step that fails exports nothing.
    if (ended.exitCode === 1) expect(ended.env).toEqual({})

    if (active === 0) return
    const later = HOUR + 60_000
    zendesk.clearFaults()
    zendesk.advance(later)
    const inputs = { ...credentials.clientCredentials(zendesk), 'older-than': '1h', 'dry-run': 'false' }
    await runStep('sweep', { now: NOON + later, inputs: at(zendesk, inputs) })
    expect(zendesk.activeTokens()).toEqual([])
  })
})

afterAll(() => {
  process.stdout.write(
    `kills: ${cells.length} at ${ROWS.length} points: ${remaining} tokens active after post, none after the sweep\n`
  )
})
