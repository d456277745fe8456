import { expect, it } from '@jest/globals'
import { type Zendesk } from '../../../mock/zendesk.ts'
import { cancelDuring, describeSignals, type Fate } from '../../support/cancel.ts'
import { HOUR, NOON } from '../../support/clock.ts'
import { annotated } from '../../support/log-lines.ts'
import { runStep, sweep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { at, credentials, CURRENT, GRANT, mockZendesk, TOKENS } from '../../support/zendesk.ts'

/*
 * Main and post are ended at each point of their work: cancelled by the runner, or killed. A sweep an hour later
 * revokes the tokens that are still active. The fault matrix holds what a timeout does, which ends a step as well.
 */

/** A narrow token may not revoke itself, so post mints a cleanup token. */
type Entry = 'main' | 'main, API token' | 'post' | 'post, narrow token'

/**
 * How the step ends if it is cancelled or killed: its exit code or `killed`, the annotations, and how many tokens are
 * active once post has run as well. `may exist`: the annotation says that an unused token may exist.
 */
type Row = [entry: Entry, at: string, fate: Fate | 'printed', cancelled: string, killed: string]

const MINT = `POST ${GRANT}`
const ADMIN_MINT = `POST ${TOKENS}`
const LOOK_UP = `GET ${CURRENT}`
/** A deletion by id or of `current`; `2nd` and so on say which of several. */
const DELETION = `DELETE ${TOKENS}/#`

const ROWS: Row[] = [
  // A token stays active only if a mint was carried out and its response not read, so that no step knows it.
  ['main', '::add-mask::', 'printed', 'exit 1, error, 0 active', 'killed, 0 active'],
  ['main', MINT, 'ignored', 'exit 1, error (may exist), 0 active', 'killed, 0 active'],
  ['main', MINT, 'response lost', 'exit 1, error (may exist), 1 active', 'killed, 1 active'],
  ['main', MINT, 'response late', 'exit 1, error, 0 active', 'killed, 1 active'],
  // A kill between the mask and the state: post does not know the token.
  ['main', '::add-mask::[0-9a-f]{64}$', 'printed', 'exit 1, error, 0 active', 'killed, 1 active'],
  ['main', LOOK_UP, 'ignored', 'exit 1, error, 0 active', 'killed, 0 active'],
  ['main', LOOK_UP, 'response late', 'exit 1, error, 0 active', 'killed, 0 active'],
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
  ['post', LOOK_UP, 'ignored', 'exit 0, warning, 0 active', 'killed, 0 active'],
  ['post', LOOK_UP, 'response late', 'exit 0, warning, 0 active', 'killed, 0 active'],
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

/** Both ends of a row; SIGINT and SIGTERM are handled alike, so they take turns. */
const CELLS = ROWS.flatMap(([entry, point, fate, cancelled, killed], index) => {
  const signal: NodeJS.Signals = index % 2 === 0 ? 'SIGTERM' : 'SIGINT'
  return [
    { entry, point, fate, signal, expected: cancelled },
    { entry, point, fate, signal: 'SIGKILL' as const, expected: killed }
  ]
})
type Cell = (typeof CELLS)[number]

/** The options with which a step ends at this point and in this way. */
function interference(zendesk: Zendesk, { point, fate, signal }: Cell): StepRun {
  if (fate === 'printed') return { signalAt: new RegExp(point), signal }
  const [, nth = '1', method = '', path = ''] = /^(?:(\d).. )?(\S+) (.*)/.exec(point) ?? []
  const matcher = { method, path: new RegExp(`^${path.replace('#', '(?:\\d+|current)')}$`) }
  return cancelDuring(zendesk, matcher, signal, fate, { nth: Number(nth) })
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

describeSignals('a sweep revokes what stays active after the end of', () => {
  it.concurrent.each(CELLS)('$entry, by $signal at $point ($fate): $expected', async (cell) => {
    const zendesk = await mockZendesk()
    const ended = await runCell(zendesk, cell)
    const active = zendesk.activeTokens().length
    const annotations = annotated(ended).map((line) => {
      const [, level] = /^::(\w+)/.exec(line)!
      return line.includes('may exist since') ? `${level} (may exist)` : level
    })
    const exit = ended.signal === 'SIGKILL' ? 'killed' : `exit ${ended.exitCode}`
    expect([exit, ...annotations, `${active} active`].join(', ')).toBe(cell.expected)
    expect(ended.stderr).toBe('')
    // A step that fails exports nothing.
    if (ended.exitCode === 1) expect(ended.env).toEqual({})

    if (active === 0) return
    const later = HOUR + 60_000
    zendesk.clearFaults()
    zendesk.advance(later)
    await sweep(zendesk, 'clientCredentials', { 'older-than': '1h', 'dry-run': false }, { now: NOON + later })
    expect(zendesk.activeTokens()).toEqual([])
  })
})
