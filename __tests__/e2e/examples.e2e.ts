import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { isMap, parseDocument, visit } from 'yaml'

import type { Zendesk } from '../../mock/zendesk.ts'
import { startZendesk } from '../../mock/zendesk.ts'
import type { Act, ActRun, Job } from './act.ts'
import type { Certificates } from './certificates.ts'
import { npmPackages, pythonPackages, rubyGems, type Client } from './clients.ts'
import type { Report } from './report.ts'
import { bearerOf, play, type Stage } from './scene.ts'

/*
 * The examples, as they are, but for the input `base-url` that points them at the sandbox. Libraries that only speak
 * https, with a host of two halves, find it at 127.0.0.1 as well: subdomain `127`, domain `0.0.1:{port}`.
 */

interface Example extends Omit<Job, 'workflow'> {
  /** The library that it uses. */
  needs?: 'npm' | 'python' | 'ruby'
  /** Serve https. */
  tls?: boolean
  /** What Zendesk says where the sandbox has no such endpoint. */
  replies?: [method: string, path: string, status: number, ...bodies: unknown[]][]
  /** How many tokens the example mints. */
  mints?: number
  /** `METHOD /path` of what the example does with its token. */
  does: string[]
  /** A line that it prints. */
  prints?: RegExp
  /** What else is to be seen. */
  also?: (stage: Stage, run: ActRun) => void
}

const folder = join(import.meta.dirname, '../../examples')
const listTickets = 'GET /api/v2/tickets'
const triggers = { triggers: [{ id: 1, title: 'Notify the requester' }] }

const account = { ZENDESK_SUBDOMAIN: 'acme', ZENDESK_CLIENT_ID: 'ci_bot' }
const secret = { ZENDESK_CLIENT_SECRET: 'sandbox-secret-of-ci_bot-0123456789abcdef' }

/** Every example that one run of one workflow shows, by its file's name. */
const examples: Record<string, Example> = {
  curl: { does: [listTickets], also: idsAreRead },
  'environment-approval': {
    replies: [['GET', '/api/v2/triggers/active', 200, triggers]],
    does: ['GET /api/v2/triggers/active'],
    also: ({ equal }, { summaries }) => {
      equal('both summaries are written', summaries.length, 2)
    }
  },
  'long-job': {
    replies: [
      [
        'GET',
        '/api/v2/incremental/tickets/cursor',
        200,
        { tickets: [{ id: 1 }, { id: 2 }], after_cursor: 'a+b/c=', end_of_stream: false },
        { tickets: [{ id: 3 }], after_cursor: null, end_of_stream: true }
      ]
    ],
    commands: { sleep: ': # the pause that Zendesk wants between two pages' },
    does: ['GET /api/v2/incremental/tickets/cursor', 'GET /api/v2/incremental/tickets/cursor'],
    prints: /^\s*3 tickets\.ndjson$/,
    also: ({ zendesk, equal, minted }) => {
      const cursors = zendesk.requests.filter(({ fault }) => fault).map(({ query }) => query.get('cursor'))
      equal('it goes on with the cursor', cursors, [null, 'a+b/c='])
      const [token] = minted()
      equal('the token may live 18600 s', ((token?.expiresAt ?? 0) - (token?.createdAt ?? 0)) / 1000, 18600)
    }
  },
  'matrix-sandboxes': { mints: 3, does: [listTickets, listTickets, listTickets], prints: /^true$/ },
  'node-zendesk': { needs: 'npm', does: [listTickets], prints: /^3 tickets$/ },
  'python-zenpy': {
    needs: 'python',
    tls: true,
    does: [listTickets],
    prints: /^3 tickets$/,
    also: ({ zendesk, check }) => {
      const agent = zendesk.requests.map(({ headers }) => headers['user-agent'] ?? '')
      check(
        'zenpy itself asks',
        agent.some((name) => name.startsWith('Zenpy/')),
        agent
      )
    }
  },
  'ruby-zendesk-api': {
    needs: 'ruby',
    tls: true,
    // The gem is installed already, and `gem install` would want the network nevertheless.
    commands: { gem: `exec ruby -e 'gem ARGV[1], ARGV[3]' -- "$@"` },
    does: [listTickets],
    prints: /^3 tickets$/
  },
  'zcli-apps': {
    needs: 'npm',
    tls: true,
    vars: { ZENDESK_APP_ID: '77' },
    files: {
      'app/manifest.json': JSON.stringify({
        name: 'App',
        author: { name: 'Ada', email: 'ada@acme.example' },
        defaultLocale: 'en',
        private: true,
        version: '1.0.0',
        frameworkVersion: '2.0',
        location: { support: { ticket_sidebar: { url: 'assets/iframe.html' } } }
      }),
      'app/assets/iframe.html': '<p>An app</p>',
      'app/translations/en.json': '{}'
    },
    replies: [
      ['POST', '/api/v2/apps/uploads', 201, { id: 5 }],
      ['PUT', '/api/v2/apps/77', 202, { job_id: 'job' }],
      ['GET', '/api/v2/apps/job_statuses/job', 200, { status: 'completed', app_id: 77 }],
      ['GET', '/api/support/apps/installations', 200, { installations: [] }]
    ],
    does: [
      'POST /api/v2/apps/validate',
      'POST /api/v2/apps/uploads',
      'PUT /api/v2/apps/77',
      'GET /api/v2/apps/job_statuses/job',
      'GET /api/support/apps/installations'
    ],
    prints: /Successfully updated app: App with app_id: 77/
  },
  'zcli-themes': {
    needs: 'npm',
    tls: true,
    vars: { ZENDESK_THEME_ID: 'theme-1' },
    files: {
      'theme/manifest.json': JSON.stringify({
        name: 'Theme',
        author: 'Ada',
        version: '1.0.0',
        api_version: 4
      }),
      'theme/templates/home_page.hbs': '<h1>Home</h1>',
      'theme/assets/logo.svg': '<svg/>',
      'theme/settings/settings.txt': '',
      'theme/translations/en-us.json': '{}',
      'theme/script.js': '',
      'theme/style.css': '',
      'theme/thumbnail.png': ''
    },
    replies: [
      [
        'POST',
        '/api/v2/guide/theming/jobs/themes/updates',
        202,
        { job: { id: 'job', data: { upload: { url: '/upload', parameters: { key: 'theme' } } } } }
      ],
      ['POST', '/upload', 201, {}],
      ['GET', '/api/v2/guide/theming/jobs/job', 200, { job: { id: 'job', status: 'completed' } }],
      ['POST', '/api/v2/guide/theming/themes/theme-1/publish', 200, {}]
    ],
    does: [
      'POST /api/v2/guide/theming/jobs/themes/updates',
      'POST /upload',
      'GET /api/v2/guide/theming/jobs/job',
      'POST /api/v2/guide/theming/themes/theme-1/publish'
    ],
    prints: /Theme published successfully/
  },
  zis: {
    vars: { ZIS_INTEGRATION: 'acme' },
    mints: 2,
    does: ['GET /api/services/zis/integrations/acme/configs'],
    also: ({ zendesk, minted, equal }, { posts }) => {
      equal('the ZIS token does it', bearerOf(product(zendesk)[0]!), minted()[1]?.value)
      equal(
        'it is revoked before the other',
        posts.map((post) => /ZIS|admin/.exec(post)?.[0]),
        ['ZIS', 'admin']
      )
    }
  }
}

/** @param scratch for files that steps write */
export async function playExamples(
  act: Act,
  report: Report,
  certificates: Certificates,
  scratch: string
): Promise<void> {
  const names = readdirSync(folder).map((file) => file.replace(/\.yml$/, ''))
  const texts = names.map(read)
  const clients: Record<NonNullable<Example['needs']>, Client> = {
    npm: await npmPackages(texts, scratch),
    python: await pythonPackages(texts),
    ruby: await rubyGems(texts)
  }
  const specials: Record<string, (stage: Stage) => Promise<void>> = {
    'first-refresh-token': (stage) => refreshTokens(stage, scratch),
    'nightly-sweep': nightlySweep,
    'reusable-workflow': reusableWorkflow,
    'two-accounts': twoAccounts
  }
  // first-refresh-token plays the other of the two as well.
  const played = ['rotate-refresh-token', ...Object.keys(specials), ...Object.keys(examples)].sort()
  report.equal('every example is played', names, played)

  for (const [name, checks] of Object.entries(specials)) await play(`example ${name}`, act, report, checks)
  for (const [name, example] of Object.entries(examples)) {
    const client = example.needs === undefined ? { env: {} } : clients[example.needs]
    if ('missing' in client) {
      // Only RubyGems may be out of reach where everything else has to run.
      const isOptional = example.needs === 'ruby' || process.env['CI'] !== 'true'
      if (isOptional) report.skip(`example ${name}, since ${client.missing}`)
      else report.check(`example ${name}: its library is installed`, false, client.missing)
      continue
    }
    const options = example.tls ? { tls: certificates.tls } : {}
    await play(
      `example ${name}`,
      act,
      report,
      (stage) => one(stage, name, example, client, certificates),
      options
    )
  }
}

async function one(
  stage: Stage,
  name: string,
  example: Example,
  client: { env: Record<string, string> },
  { caFile }: Certificates
): Promise<void> {
  const { zendesk, run, check, equal, minted } = stage
  for (const [method, path, status, ...bodies] of example.replies ?? []) {
    zendesk.fault(
      { method, path },
      bodies.map((body) => ({ kind: 'reply', status, body }))
    )
  }
  const halves = { ZENDESK_DOMAIN: `0.0.1:${zendesk.port}` }
  const trust = { NODE_EXTRA_CA_CERTS: caFile, REQUESTS_CA_BUNDLE: caFile, SSL_CERT_FILE: caFile, ...halves }
  const result = await run({
    ...example,
    workflow: pointed(read(name), () => zendesk.url),
    vars: { ...account, ...(example.tls && { ZENDESK_SUBDOMAIN: '127' }), ...example.vars },
    secrets: { ...secret, ...example.secrets },
    env: { ...client.env, ...(example.tls && trust) }
  })
  const tokens = minted().filter(({ id }) => !isHelper(stage, id))
  equal('it mints as many tokens as it says', tokens.length, example.mints ?? 1)
  equal(
    'it does with them what it says',
    product(zendesk).map(({ method, path }) => `${method} ${path}`),
    example.does
  )
  const used = product(zendesk).map((request) => bearerOf(request))
  check(
    'it does so with its own tokens',
    used.every((value) => tokens.some((token) => token.value === value))
  )
  if (example.prints)
    check(
      'it prints its result',
      result.printed.some((line) => example.prints!.test(line))
    )
  example.also?.(stage, result)
  allDead(stage, result, tokens.length)
}

/** A code becomes a refresh token, which is stored; the other workflow rotates what was stored. */
async function refreshTokens({ zendesk, run, check, equal, minted }: Stage, scratch: string): Promise<void> {
  const redirectUri = 'https://acme.example/callback'
  const verifier = 'a-plain-challenge-for-the-end-to-end-run-0123456789'
  const code = zendesk.authorize({
    client: 'ci_bot',
    redirectUri,
    scope: 'read write',
    codeChallenge: verifier
  })
  const app = { APP_CLIENT_ID: 'app', ZENDESK_REDIRECT_URI: redirectUri }
  const job = {
    vars: { ...account, ...app },
    env: { STORE: scratch },
    // What the two workflows ask of GitHub's own command: to store what it reads.
    commands: {
      gh: `test -n "$GH_TOKEN" && test "$1 $2 $4 $6 $7" = 'secret set --repo --env zendesk' && cat >"$STORE/$3"`
    }
  }
  const stored = (): string => readFileSync(join(scratch, 'ZENDESK_REFRESH_TOKEN'), 'utf8')

  const first = await run({
    ...job,
    workflow: pointed(read('first-refresh-token'), () => zendesk.url),
    inputs: { code },
    secrets: { ...secret, APP_PRIVATE_KEY: 'the-key-of-the-app', ZENDESK_CODE_VERIFIER: verifier }
  })
  check('the code is masked as well', !first.text.includes(code))
  equal('the first refresh token is stored', stored(), minted()[0]?.refreshToken)

  const rotated = await run({
    ...job,
    workflow: pointed(read('rotate-refresh-token'), () => zendesk.url),
    secrets: { ...secret, APP_PRIVATE_KEY: 'the-key-of-the-app', ZENDESK_REFRESH_TOKEN: stored() }
  })
  equal('its successor is stored', stored(), minted()[1]?.refreshToken)
  equal(
    'the first pair is dead, the second lives',
    minted().map(({ revoked }) => revoked),
    [true, false]
  )
  check('the new token is used', rotated.printed.join('').replaceAll(/\s/g, '').includes('[1,2,3]'))
}

async function nightlySweep({ zendesk, run, check, equal }: Stage): Promise<void> {
  zendesk.seedTokens(5)
  const young = zendesk.seedTokens(1, { age: 60_000 })
  const job = { workflow: pointed(read('nightly-sweep'), () => zendesk.url), vars: account, secrets: secret }

  const look = await run(job)
  equal('without the variable it only looks', zendesk.living().length, 6)
  equal('and it writes a summary for each account', look.summaries.length, 2)

  const sweep = await run({ ...job, vars: { ...account, SWEEP: 'revoke' } })
  check('with it, it sweeps', sweep.posts.length === 0 && sweep.summaries.length > 2)
  equal(
    'only the young one is left',
    zendesk.living().map(({ id }) => id),
    young.map(({ id }) => id)
  )
}

/** Called as its own comment says. */
async function reusableWorkflow(stage: Stage): Promise<void> {
  const { zendesk, run, check } = stage
  const text = read('reusable-workflow')
  const caller =
    /a caller such as this:\n#\n((?:# {3}.*\n)+)/.exec(text)?.[1]?.replaceAll(/^# {3}/gm, '') ?? ''
  const result = await run({
    workflow: `on: workflow_dispatch\n${caller}`,
    files: { '.github/workflows/reusable-workflow.yml': pointed(text, () => zendesk.url) },
    secrets: secret
  })
  check('it counts', result.text.includes('::set-output:: tickets=3'))
  allDead(stage, result, 1)
}

async function twoAccounts(stage: Stage): Promise<void> {
  const { zendesk, run, check, equal } = stage
  const sandbox = await startZendesk()
  try {
    for (const each of [zendesk, sandbox]) {
      each.fault({ path: '/api/v2/triggers/active' }, { kind: 'reply', status: 200, body: triggers })
    }
    const result = await run({
      workflow: pointed(read('two-accounts'), (id) => (id === 'sandbox' ? sandbox.url : zendesk.url)),
      vars: { ...account, SANDBOX_SUBDOMAIN: 'acme-sandbox', SANDBOX_CLIENT_ID: 'admin_tools' },
      secrets: { ...secret, SANDBOX_CLIENT_SECRET: sandbox.client('admin_tools').secret ?? '' }
    })
    for (const each of [zendesk, sandbox]) {
      const own = product(each)
        .map(bearerOf)
        .filter((value) => [...each.tokens.values()].some((token) => token.value === value))
      equal('each account is asked once, with its own token', own.length, 1)
    }
    check(
      'its tokens are not in the log',
      [...sandbox.tokens.values()].every(({ value }) => !result.text.includes(value))
    )
    equal('none is alive in the other account', sandbox.living().length, 0)
    allDead(stage, result, 2)
  } finally {
    await sandbox.close()
  }
}

function allDead({ zendesk, equal }: Stage, { printed, entries }: ActRun, wanted: number): void {
  const proven = printed.filter((line) => /^Token .* revoked, and verified dead\.$/.test(line))
  equal('post proves each dead', proven.length, wanted)
  equal('none is alive', zendesk.living().length, 0)
  const warnings = entries.filter(({ command }) => command === 'warning' || command === 'error')
  equal(
    'there is no warning',
    warnings.map(({ msg }) => msg),
    []
  )
}

function idsAreRead({ check }: Stage, { printed }: ActRun): void {
  check('it prints its result', printed.join('').replaceAll(/\s/g, '').includes('[1,2,3]'))
}

/** Helper tokens have the scopes `read write` and ten minutes; no example asks for that. */
function isHelper({ zendesk }: Stage, id: number): boolean {
  const token = zendesk.tokens.get(id)
  return token?.scopes.join(' ') === 'read write' && (token.expiresAt ?? 0) - token.createdAt === 600_000
}

/** The requests that are not about tokens. */
function product({ requests }: Zendesk): Zendesk['requests'] {
  return requests.filter(({ path }) => !/^(\/api\/v2)?\/oauth\//.test(path))
}

function read(name: string): string {
  return readFileSync(join(folder, `${name}.yml`), 'utf8')
}

/** Adds the input `base-url` to each step that uses this action. */
function pointed(text: string, urlOf: (stepId: string) => string): string {
  const document = parseDocument(text)
  visit(document, {
    Map(_, step) {
      const uses = step.get('uses')
      const inputs = step.get('with')
      if (typeof uses === 'string' && uses.startsWith('OWNER/create-zendesk-token') && isMap(inputs)) {
        inputs.set('base-url', urlOf(String(step.get('id'))))
      }
    }
  })
  return String(document)
}
