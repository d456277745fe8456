import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { DEFAULT_CLIENTS, startZendesk, type Fault, type Zendesk } from '../../mock/zendesk.ts'
import { type ActRun, type Job } from './act.ts'
import { makeCertificates } from './certificates.ts'
import { bearerOf, expectRevoked, scenario, scratch, type Scenario } from './scenario.ts'

/*
 * The examples as they are, with the input `base-url` of the mock added. Some libraries need https and build the host
 * from a subdomain and a domain: they find the mock as subdomain `127` of the domain `0.0.1:{port}`.
 */

interface Example extends Omit<Job, 'workflow'> {
  /** Why it cannot run here. */
  skip?: string | undefined
  tls?: boolean
  /** Faults or bodies of responses that the mock does not have, by method, path and a status other than 200. */
  responses?: Record<string, object | object[]>
  /** The scopes of each token that it mints. */
  scopes: string[]
  /** `METHOD /path` of each request that it sends with its tokens; one for each of `responses` by default. */
  does?: string[]
  prints?: RegExp
  then?: (scenario: Scenario, run: ActRun) => void
}

const folder = join(import.meta.dirname, '../../examples')
const certificates = makeCertificates(scratch)
const LIST_TICKETS = 'GET /api/v2/tickets'
const ACTIVE_TRIGGERS = 'GET /api/v2/triggers/active'
const TRANSLATIONS = '/api/v2/help_center/articles/360001/translations/en-us'
const EXPORT = 'GET /api/v2/incremental/tickets/cursor'
const APPS = '/api/v2/apps'
const THEMING = '/api/v2/guide/theming'

const ACCOUNT = { ZENDESK_SUBDOMAIN: 'acme', ZENDESK_CLIENT_ID: 'ci_bot' }
const oldSecret = DEFAULT_CLIENTS.find(({ identifier }) => identifier === 'ci_bot')?.secret ?? ''
const SECRETS = { ZENDESK_CLIENT_SECRET: oldSecret, APP_PRIVATE_KEY: 'the-key-of-the-app' }
const stored = (name: string): string => readFileSync(join(scratch, name), 'utf8')
/** GitHub's command as the examples use it: it stores a secret that it reads. */
const gh = `test -n "$GH_TOKEN" && test "$1 $2 $4 $6 $7" = 'secret set --repo --env zendesk' && cat >"$STORE/$3"`
const STORING = { env: { STORE: scratch }, commands: { gh } }

const python = missing('python3', '--version')
const COUNT_TICKETS = { scopes: ['tickets:read'], does: [LIST_TICKETS], prints: /^3 tickets$/ }

const examples: Record<string, Example> = {
  curl: { scopes: ['tickets:read'], does: [LIST_TICKETS], prints: /^\[?\s*1,?$/ },
  'environment-approval': {
    responses: { [ACTIVE_TRIGGERS]: { triggers: [{ id: 1 }] } },
    scopes: ['triggers:read'],
    then: (_, { summaries }) => {
      expect(summaries).toEqual([expect.stringContaining('minted'), expect.stringContaining('revoked')])
    }
  },
  'help-center-sync': {
    files: { 'articles/360001.html': '<p>New</p>', 'articles/360002.html': '<p>Same</p>' },
    responses: {
      [`GET ${TRANSLATIONS}`]: { translation: { body: '<p>Old</p>' } },
      [`PUT ${TRANSLATIONS}`]: {},
      [`GET ${TRANSLATIONS.replace('360001', '360002')}`]: { translation: { body: '<p>Same</p>' } }
    },
    scopes: ['hc:read hc:write'],
    prints: /^360002: unchanged$/,
    then: ({ zendesk }) => {
      expect(productRequests(zendesk)[1]?.json).toEqual({ translation: { body: '<p>New</p>' } })
    }
  },
  'long-job': {
    responses: {
      [EXPORT]: [
        { tickets: [{ id: 1 }, { id: 2 }], after_cursor: 'a+b/c=', end_of_stream: false },
        { tickets: [{ id: 3 }], after_cursor: null, end_of_stream: true }
      ]
    },
    commands: { sleep: ': # the pause between two pages' },
    scopes: ['read'],
    prints: /^\s*3 tickets\.ndjson$/,
    then: ({ zendesk, minted }) => {
      expect(queries(zendesk, 'cursor')).toEqual([null, 'a+b/c='])
      const [token] = minted()
      expect(token!.expiresAt! - token!.createdAt).toBe(18_600_000)
    }
  },
  'matrix-sandboxes': {
    scopes: ['tickets:read', 'tickets:read', 'tickets:read'],
    does: [LIST_TICKETS, LIST_TICKETS, LIST_TICKETS],
    prints: /^true$/,
    then: ({ zendesk }) => expect(new Set(productRequests(zendesk).map(bearerOf)).size).toBe(3)
  },
  'node-zendesk': { ...COUNT_TICKETS, env: npm() },
  'python-export': {
    skip: python,
    // The first page says that there is another one.
    responses: {
      [LIST_TICKETS]: [
        { tickets: [{}, {}, {}], meta: { has_more: true, after_cursor: 'a+b/c=' } },
        { tickets: [{}], meta: { has_more: false, after_cursor: null } }
      ]
    },
    scopes: ['tickets:read'],
    prints: /^4 tickets$/,
    then: ({ zendesk }) => expect(queries(zendesk, 'page[after]')).toEqual([null, 'a+b/c='])
  },
  'python-zenpy': { ...COUNT_TICKETS, skip: python, env: userSettings('PIP_'), tls: true },
  'rotate-client-secret': {
    ...STORING,
    vars: { APP_CLIENT_ID: 'app' },
    scopes: ['read write'],
    does: [],
    then: ({ zendesk }, { text }) => {
      expect(stored('ZENDESK_CLIENT_SECRET')).toBe(zendesk.client('ci_bot').secret)
      expect(stored('ZENDESK_CLIENT_SECRET')).not.toBe(oldSecret)
      expect(text).not.toContain(stored('ZENDESK_CLIENT_SECRET'))
    }
  },
  'ruby-zendesk-api': {
    ...COUNT_TICKETS,
    skip: missing('ruby', '--version') ?? missing('gem', 'specification', 'zendesk_api', '--remote'),
    env: { GEM_HOME: join(scratch, 'gems') },
    tls: true
  },
  'search-and-tag': {
    responses: { 'PUT /api/v2/tickets/update_many': { job_status: { id: 'job' } } },
    scopes: ['read tickets:write'],
    does: ['GET /api/v2/search', 'PUT /api/v2/tickets/update_many'],
    prints: /^Tagged 1,2,3$/,
    then: ({ zendesk }) => {
      const [search, update] = productRequests(zendesk)
      expect(search?.query.get('query')).toContain('status:pending')
      expect(update?.query.get('ids')).toBe('1,2,3')
      expect(update?.json).toEqual({ ticket: { additional_tags: ['stale'] } })
    }
  },
  'ticket-from-release': {
    event: {
      action: 'published',
      repository: { name: 'support' },
      release: { id: 7, tag_name: 'v2', html_url: 'https://example.com/v2', body: 'A "quote"\nand $(more)' }
    },
    scopes: ['tickets:write'],
    does: ['POST /api/v2/tickets'],
    prints: /^Created ticket 4$/,
    then: ({ zendesk }) => {
      const [request] = productRequests(zendesk)
      expect(request?.headers['idempotency-key']).toBe('release-7')
      const comment = { body: 'https://example.com/v2\n\nA "quote"\nand $(more)', public: false }
      const ticket = { subject: 'support v2 is released', comment, tags: ['release'] }
      expect(request?.json).toEqual({ ticket })
    }
  },
  'zcli-apps': {
    env: npm(),
    tls: true,
    vars: { ZENDESK_APP_ID: '77' },
    files: {
      'app/manifest.json': JSON.stringify({
        ...{ name: 'App', version: '1.0.0', frameworkVersion: '2.0', defaultLocale: 'en', private: true },
        author: { name: 'Ada', email: 'ada@acme.example' },
        location: { support: { ticket_sidebar: { url: 'assets/iframe.html' } } }
      }),
      'app/assets/iframe.html': '<p>An app</p>',
      'app/translations/en.json': '{}'
    },
    responses: {
      [`POST ${APPS}/validate`]: { kind: 'pass' },
      [`POST ${APPS}/uploads 201`]: { id: 5 },
      [`PUT ${APPS}/77 202`]: { job_id: 'job' },
      [`GET ${APPS}/job_statuses/job`]: { status: 'completed', app_id: 77 },
      'GET /api/support/apps/installations': { installations: [] }
    },
    scopes: ['apps:read apps:write'],
    prints: /Successfully updated app: App with app_id: 77/
  },
  'zcli-themes': {
    env: npm(),
    tls: true,
    vars: { ZENDESK_THEME_ID: 'theme-1' },
    files: {
      'theme/manifest.json': '{ "name": "Theme", "author": "Ada", "version": "1.0.0", "api_version": 4 }',
      'theme/templates/home_page.hbs': '<h1>Home</h1>',
      'theme/translations/en-us.json': '{}',
      ...{ 'theme/assets/logo.svg': '', 'theme/settings/settings.txt': '' },
      ...{ 'theme/script.js': '', 'theme/style.css': '', 'theme/thumbnail.png': '' }
    },
    responses: {
      [`POST ${THEMING}/jobs/themes/updates 202`]: {
        job: { id: 'job', data: { upload: { url: '/upload', parameters: { key: 'theme' } } } }
      },
      'POST /upload 201': {},
      [`GET ${THEMING}/jobs/job`]: { job: { id: 'job', status: 'completed' } },
      [`POST ${THEMING}/themes/theme-1/publish`]: {}
    },
    scopes: ['themes:read themes:write brands:read'],
    prints: /Theme published successfully/
  },
  zis: {
    vars: { ZIS_INTEGRATION: 'acme' },
    scopes: ['read write', 'read write'],
    does: ['GET /api/services/zis/integrations/acme/configs'],
    then: ({ zendesk, minted }, { posts }) => {
      expect(bearerOf(productRequests(zendesk)[0]!)).toBe(minted()[1]?.value)
      expect(posts.map((post) => /ZIS|admin/.exec(post)?.[0])).toEqual(['ZIS', 'admin'])
    }
  }
}

for (const [name, example] of Object.entries(examples)) {
  const title = `the example ${name} sends the requests it should, and its tokens are revoked`
  if (example.skip === undefined) {
    scenario(title, (scenario) => runExample(scenario, name, example), example.tls ? certificates : {})
  } else {
    process.stdout.write(`skipped: the example ${name}, because ${example.skip}\n`)
    it.skip(title, () => undefined)
  }
}

scenario('the examples with a refresh token store it, use it, and store the next one', async (scenario) => {
  const { zendesk, run, minted } = scenario
  const redirectUri = 'https://acme.example/callback'
  const verifier = 'a-plain-challenge-for-the-end-to-end-run-0123456789'
  const consent = { client: 'ci_bot', redirectUri, scope: 'read write', codeChallenge: verifier }
  const code = zendesk.authorize(consent)
  const job = { ...STORING, vars: { ...ACCOUNT, APP_CLIENT_ID: 'app', ZENDESK_REDIRECT_URI: redirectUri } }

  const first = await run({
    ...job,
    workflow: read('first-refresh-token', zendesk.url),
    event: { inputs: { code: `${redirectUri}?code=${code}&state=a-state-of-ours` } },
    secrets: { ...SECRETS, ZENDESK_CODE_VERIFIER: verifier }
  })
  expect(first.text).not.toContain(code)
  expect(stored('ZENDESK_REFRESH_TOKEN')).toBe(minted()[0]?.refreshToken)

  const second = await run({
    ...job,
    workflow: read('rotate-refresh-token', zendesk.url),
    secrets: { ...SECRETS, ZENDESK_REFRESH_TOKEN: stored('ZENDESK_REFRESH_TOKEN') }
  })
  expect(stored('ZENDESK_REFRESH_TOKEN')).toBe(minted()[1]?.refreshToken)
  expect(minted().map(({ revoked }) => revoked)).toEqual([true, false])
  expect(second.printed.join('').replaceAll(/\s/g, '')).toContain('[1,2,3]')
})

scenario('the example nightly-sweep revokes only if SWEEP is `revoke`', async ({ zendesk, run }) => {
  zendesk.seedTokens(5)
  const seeds = [{ age: 60_000 }, { usedAgo: 60_000 }, { client: 'admin_tools' }]
  const kept = seeds.flatMap((seed) => zendesk.seedTokens(1, seed))
  const job = { workflow: read('nightly-sweep', zendesk.url), secrets: SECRETS }
  const dryRun = await run({ ...job, vars: ACCOUNT })
  expect(zendesk.activeTokens()).toHaveLength(8)
  expect(dryRun.summaries).toHaveLength(2)
  await run({ ...job, vars: { ...ACCOUNT, SWEEP: 'revoke' } })
  expect(zendesk.activeTokens()).toEqual(kept)
})

scenario('the example reusable-workflow returns what its caller reads', async (scenario) => {
  const called = read('reusable-workflow', scenario.zendesk.url)
  const [caller = ''] = /(?:^# {3}.*\n)+(?=name:)/m.exec(called) ?? []
  const result = await scenario.run({
    workflow: `on: workflow_dispatch\n${caller.replaceAll(/^# {3}/gm, '')}`,
    files: { '.github/workflows/reusable-workflow.yml': called },
    secrets: SECRETS
  })
  expect(result.text).toContain('::set-output:: tickets=3')
  expectRevoked(scenario, result, 1)
})

scenario('the example two-accounts sends each token to its own account', async (scenario) => {
  const { zendesk, run } = scenario
  const sandbox = await startZendesk()
  try {
    for (const each of [zendesk, sandbox])
      respond(each, ACTIVE_TRIGGERS, [{ triggers: [{ title: 'Notify' }] }])
    const result = await run({
      workflow: read('two-accounts', zendesk.url, sandbox.url),
      vars: { ...ACCOUNT, SANDBOX_SUBDOMAIN: 'acme-sandbox', SANDBOX_CLIENT_ID: 'admin_tools' },
      secrets: { ...SECRETS, SANDBOX_CLIENT_SECRET: sandbox.client('admin_tools').secret ?? '' }
    })
    for (const each of [zendesk, sandbox]) {
      const values = [...each.tokens.values()].map(({ value }) => value)
      const used = productRequests(each).map(bearerOf)
      expect(used).toHaveLength(1)
      expect(values).toContain(used[0])
      expect(values.filter((value) => result.text.includes(value))).toEqual([])
    }
    expect(sandbox.activeTokens()).toEqual([])
    expectRevoked(scenario, result, 2)
  } finally {
    await sandbox.close()
  }
})

it('every example is run by a test, and its comment names what it needs and its scopes', () => {
  const storing = ['first-refresh-token', 'rotate-refresh-token']
  const others = ['nightly-sweep', 'reusable-workflow', 'two-accounts', ...storing]
  const names = readdirSync(folder).map((file) => file.replace(/\.yml$/, ''))
  expect(names.toSorted()).toEqual([...others, ...Object.keys(examples)].toSorted())
  for (const name of names) expect(read(name)).toMatch(/^# .*\.\n#\n# Needs[:,](.*\n#)+ Scopes: /)
})

async function runExample(scenario: Scenario, name: string, example: Example): Promise<void> {
  const { zendesk, run, minted } = scenario
  const does = Object.entries(example.responses ?? {}).flatMap(([what, body]) => {
    respond(zendesk, what, [body].flat())
    return [body].flat().map(() => what.replace(/ \d+$/, ''))
  })
  const { caFile } = certificates
  const trusting = { NODE_EXTRA_CA_CERTS: caFile, REQUESTS_CA_BUNDLE: caFile, SSL_CERT_FILE: caFile }
  const https = { ...trusting, ZENDESK_DOMAIN: `0.0.1:${zendesk.port}` }
  const result = await run({
    ...example,
    workflow: read(name, zendesk.url),
    vars: { ...ACCOUNT, ...(example.tls && { ZENDESK_SUBDOMAIN: '127' }), ...example.vars },
    secrets: SECRETS,
    env: { ...example.env, ...(example.tls && https) }
  })
  // A cleanup token is known by its lifetime of ten minutes, for which no example asks.
  const tokens = minted().filter(({ expiresAt, createdAt }) => (expiresAt ?? 0) - createdAt !== 600_000)
  const requests = productRequests(zendesk)
  const values = tokens.map(({ value }) => value)
  expect(tokens.map(({ scopes }) => scopes.join(' '))).toEqual(example.scopes)
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(example.does ?? does)
  expect(requests.filter((request) => !values.includes(bearerOf(request) ?? ''))).toEqual([])
  if (example.prints) expect(result.printed).toContainEqual(expect.stringMatching(example.prints))
  example.then?.(scenario, result)
  expect(result.entries.filter(({ command }) => /^(?:warning|error)$/.test(command ?? ''))).toEqual([])
  expectRevoked(scenario, result, tokens.length)
}

/** An example that uses the action of `acme`, each time with the next `base-url`, or else the first one. */
function read(name: string, ...urls: string[]): string {
  let uses = 0
  return readFileSync(join(folder, `${name}.yml`), 'utf8').replaceAll(
    /<owner>(\/create-zendesk-token.*\n( *)with:\n)/g,
    (_, step: string, indent: string) => `acme${step}${indent}  base-url: ${urls[uses++] ?? urls[0]}\n`
  )
}

/** The requests of the steps after the mint. */
const productRequests = ({ requests }: Zendesk) =>
  requests.filter(({ path }) => !/^(\/api\/v2)?\/oauth\//.test(path))

/** A value in the query of each request. */
const queries = (zendesk: Zendesk, name: string): (string | null)[] =>
  productRequests(zendesk).map(({ query }) => query.get(name))

/** Responds with one body or fault after the other to `METHOD /path`, which a status may follow. */
function respond(zendesk: Zendesk, what: string, bodies: object[]): void {
  const [method = '', path = '', status = '200'] = what.split(' ')
  const response = { kind: 'response', status: Number(status) }
  const faults = bodies.map((body) => ('kind' in body ? body : { ...response, body }))
  zendesk.fault({ method, path }, faults as Fault[])
}

/** Why a command cannot be used here. */
function missing(command: string, ...args: string[]): string | undefined {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 })
  return !error && status === 0 ? undefined : `\`${[command, ...args].join(' ')}\` fails here`
}

/** The user's own settings of npm or pip, which a job does not see otherwise. */
function userSettings(prefix: string): Record<string, string> {
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(settings) as Record<string, string>
}

/** npm with a folder of its own for global packages, and with the cache of the user. */
function npm(): Record<string, string> {
  const prefix = mkdtempSync(join(scratch, 'npm-'))
  return {
    ...userSettings('npm_config_'),
    npm_config_userconfig: join(homedir(), '.npmrc'),
    npm_config_cache: execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim(),
    npm_config_prefer_offline: 'true',
    npm_config_prefix: prefix,
    PATH: join(prefix, 'bin')
  }
}
