/*
 * Draws the pictures in docs/images/ with a real browser: the log of a job, and the job summaries as GitHub shows
 * them. Needs Chromium (CHROMIUM says where, `chromium` by default).
 *
 *   node scripts/pictures.ts
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJob, type ActionStep, type JobResult } from '../mock/runner.ts'
import { startZendesk, type Zendesk } from '../mock/zendesk.ts'

const root = join(import.meta.dirname, '..')
const images = join(root, 'docs/images')

const STYLE = `
  body { margin: 0; padding: 24px; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif;
    color: #1f2328; background: #fff }
  h3 { font-size: 1.25em; margin: 0 0 16px } p { margin: 0 0 16px }
  table { border-collapse: collapse; margin-bottom: 24px; width: max-content; max-width: 100% }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left } th { font-weight: 600 }
  tr:nth-child(2n) { background: #f6f8fa }
  pre { margin: 0; font: 12px/1.6 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap }
  body.log { background: #0d1117; color: #e6edf3 }`

function draw(name: string, body: string, height: number, kind = ''): void {
  const temp = mkdtempSync(join(tmpdir(), 'picture-'))
  const page = join(temp, 'page.html')
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><body class="${kind}">${body}`
  )
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-sync'
  ]
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    `--user-data-dir=${temp}/profile`
  ]
  const picture = [`--screenshot=${join(images, name)}`, `--window-size=960,${height}`, '--hide-scrollbars']
  execFileSync(process.env['CHROMIUM'] ?? 'chromium', [...flags, ...quiet, ...picture, `file://${page}`], {
    stdio: 'ignore'
  })
  rmSync(temp, { recursive: true, force: true })
}

function step(zendesk: Zendesk, action: string, given: Record<string, string>): ActionStep {
  const secret = zendesk.client('ci_bot').secret ?? ''
  const account = {
    subdomain: 'acme',
    'client-id': 'ci_bot',
    'client-secret': secret,
    'base-url': zendesk.url
  }
  return { uses: action, with: { ...account, 'job-summary': 'true', ...given } }
}

function summaries(job: JobResult): string {
  return job.steps.map(({ summary }) => summary).join('\n')
}

mkdirSync(images, { recursive: true })
const zendesk = await startZendesk()
const secrets = [zendesk.client('ci_bot').secret ?? '']
const read = `fetch('${zendesk.url}/api/v2/tickets.json', { headers: { authorization: 'Bearer ' + process.env.TOKEN } })
  .then(async (reply) => console.log('GET /api/v2/tickets.json:', reply.status, '- and a careless echo:', process.env.TOKEN))`
const job = await runJob(
  [
    { ...step(zendesk, root, {}), id: 'zendesk' },
    {
      name: 'Read tickets',
      run: [process.execPath, '-e', read],
      env: ({ steps }) => ({ TOKEN: steps['zendesk']!.outputs['token']! })
    }
  ],
  { secrets }
)
draw('summary.png', summaries(job), 300)
draw('log.png', `<pre>${job.log.join('\n').replaceAll('<', '&lt;')}</pre>`, 330, 'log')
zendesk.seedTokens(12, {
  scopes: ['tickets:read', 'tickets:write'],
  usedAgo: (index) => (index % 3 === 0 ? null : 1.5e8)
})
zendesk.fault(
  { method: 'DELETE', path: /tokens\/\d+$/, count: 1 },
  { kind: 'reply', status: 403, body: { error: 'Forbidden' } }
)
const sweep = await runJob([step(zendesk, join(root, 'sweep'), { 'dry-run': 'false' })], { secrets })
draw('sweep.png', summaries(sweep), 760)
await zendesk.close()
