/*
 * Draws the job summaries of main, post and sweep for docs/images/, as GitHub shows them. Needs Chromium (the command in
 * CHROMIUM, or `chromium`) and a built dist/.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJob, type ActionStep } from '../mock/runner.ts'
import { startZendesk } from '../mock/zendesk.ts'

const root = join(import.meta.dirname, '..')
const images = join(root, 'docs/images')
const WIDTH = 960

const STYLE = `
  body { margin: 0; padding: 24px; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif;
    color: #1f2328; background: #fff }
  h3 { font-size: 1.25em; margin: 0 0 16px } p { margin: 0 0 16px }
  table { border-collapse: collapse; margin-bottom: 24px; width: max-content; max-width: 100% }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left } th { font-weight: 600 }
  tr:nth-child(2n) { background: #f6f8fa }`

/** Draws the summaries of a job, as high as they are. */
function draw(name: string, summaries: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
  const page = join(folder, 'page.html')
  const chromium = (...args: string[]): string =>
    execFileSync(
      process.env['CHROMIUM'] ?? 'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        `--user-data-dir=${folder}`,
        ...args
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
    )
  // Readers expect Zendesk's host, not the mock's.
  const html = summaries.join('\n').replaceAll(new URL(zendesk.url).host, 'acme.zendesk.com')
  const measure = '<script>document.title = String(document.body.offsetHeight)</script>'
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><title></title><style>${STYLE}</style>${html}${measure}`
  )
  try {
    const [, height = '600'] =
      /<title>(\d+)</.exec(chromium(`--window-size=${WIDTH},800`, '--dump-dom', page)) ?? []
    chromium(`--window-size=${WIDTH},${height}`, `--screenshot=${join(images, name)}`, page)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function summariesOf(action: string, inputs: Record<string, string>): Promise<string[]> {
  const secret = zendesk.client('ci_bot').secret ?? ''
  const step: ActionStep = {
    uses: action,
    with: {
      subdomain: 'acme',
      'client-id': 'ci_bot',
      'client-secret': secret,
      'base-url': zendesk.url,
      'job-summary': 'true',
      ...inputs
    }
  }
  const { steps } = await runJob([step], { secrets: [secret] })
  return steps.map(({ summary }) => summary)
}

const zendesk = await startZendesk()
try {
  rmSync(images, { recursive: true, force: true })
  mkdirSync(images)
  draw('summary.png', await summariesOf(root, { scopes: 'read tickets:write' }))
  zendesk.seedTokens(5, {
    scopes: ['tickets:read', 'tickets:write'],
    usedAgo: (index) => (index % 3 === 0 ? null : 1.5e8)
  })
  zendesk.fault(
    { method: 'DELETE', path: /tokens\/\d+$/, count: 1 },
    { kind: 'response', status: 403, body: { error: 'Forbidden' } }
  )
  draw('sweep.png', await summariesOf(join(root, 'sweep'), { 'dry-run': 'false' }))
} finally {
  await zendesk.close()
}
