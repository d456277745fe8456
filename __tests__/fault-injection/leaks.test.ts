import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { parseCommand } from '../../mock/runner/commands.ts'
import { type Fault, type Zendesk } from '../../mock/zendesk.ts'
import { oneLine, quote, remember } from '../../src/lib/redact.ts'
import { explain } from '../../src/messages.ts'
import { type ZendeskResponse } from '../../src/zendesk/connection.ts'
import { unexpectedResponse, zendeskWords } from '../../src/zendesk/zendesk-error.ts'
import { once, sandbox } from '../support/fixtures.ts'
import { runStep, type StepEnd } from '../support/run-action.ts'

/*
 * Secrets that are easy to find are put everywhere, and come back from a server that echoes them everywhere, in the forms
 * that servers, libraries and log writers like. None of them may be seen outside of a mask.
 */

/** The same numbers in every run: a test that fails now and then helps nobody. */
const SEED = 20_261_121
/** Processes of dist/. */
/** With `FULL=1` more of both. */
const PROCESSES = process.env['FULL'] === undefined ? 36 : 48
const TEXTS = process.env['FULL'] === undefined ? 250 : 1000

const bytes = (text: string): Buffer => Buffer.from(text)
const joined = (text: string, by: string): string => text.replaceAll(/(.{3})/gu, `$1${by}`)

/** The forms in which a secret may come back. */
const forms: Record<string, (secret: string) => string> = {
  'as it is': (secret) => secret,
  'in upper case': (secret) => secret.toUpperCase(),
  'in lower case': (secret) => secret.toLowerCase(),
  'in base64': (secret) => bytes(secret).toString('base64'),
  'in base64url': (secret) => bytes(secret).toString('base64url'),
  'in hex': (secret) => bytes(secret).toString('hex'),
  'in upper-case hex': (secret) => bytes(secret).toString('hex').toUpperCase(),
  'URL-encoded': encodeURIComponent,
  'form-encoded': (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
  'JSON-escaped': (secret) => JSON.stringify(secret).slice(1, -1)
}

/** How a form may be taken apart so that a search for it fails, but no reader is misled. */
const cuts: Record<string, (form: string) => string> = {
  whole: (form) => form,
  'cut by NUL': (form) => joined(form, '\u0000'),
  'cut by escapes': (form) => joined(form, '\u001b'),
  'cut by invisible characters': (form) => joined(form, '\u200b\u2060'),
  'cut by tabs': (form) => joined(form, '\t'),
  'cut by line breaks': (form) => joined(form, '\r\n'),
  'cut by tags': (form) => joined(form, '<b>')
}

/** What the runner would execute, or a browser show, if it came through. */
const bait = [
  '::error::pwned',
  '\n::warning::pwned',
  '\r\n::set-output name=token::pwned',
  '##[error]pwned',
  'x ##[add-mask]pwned',
  '#\u0000#[error]pwned',
  ':\u200b:error::pwned',
  '%0A::error::pwned',
  '<script>pwned</script>',
  '\u2028::stop-commands::pwned'
]

/** Whatever of `secrets` can be read in `text`, also by those who put together what was taken apart. */
function found(text: string, secrets: readonly string[]): string[] {
  const seen = [text, text.replaceAll(/[\s\p{Cc}\p{Cf}]|<\/?\w+>/gu, '')].map((one) => one.toLowerCase())
  return secrets.flatMap((secret) =>
    Object.entries(forms)
      .filter(([, form]) => seen.some((one) => one.includes(form(secret).toLowerCase())))
      .map(([name]) => `${secret} ${name}`)
  )
}

const canaries = [
  'canary-plain-0123456789',
  'Canary+slash/equals==0123',
  'canary "quotes" & <angles> 50% 0123',
  "canary'umlaut-äöü-€-0123",
  'canary::double##[colon]0123',
  'canary\\back.slash*star(paren)$^|0123'
]

const secretText = fc
  .tuple(
    fc.constantFrom(...canaries),
    fc.constantFrom(...Object.keys(forms)),
    fc.constantFrom(...Object.keys(cuts))
  )
  .map(([secret, form, cut]) => cuts[cut]!(forms[form]!(secret)))
const piece = fc.oneof(
  { weight: 4, arbitrary: secretText },
  { weight: 2, arbitrary: fc.constantFrom(...bait) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.lorem({ maxCount: 20 }) }
)
const foreign = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(' '))

/** Every form of an error reply, with foreign text wherever there is text. */
const foreignReply = fc.oneof(
  fc.record({ error: foreign, error_description: foreign }, { requiredKeys: ['error'] }),
  fc.record({ error: fc.record({ title: foreign, message: foreign }) }),
  fc.record({ errors: fc.array(fc.record({ code: foreign, title: foreign, detail: foreign })) }),
  fc.record({
    error: foreign,
    description: foreign,
    details: fc.dictionary(foreign, fc.array(fc.record({ description: foreign, error: foreign })))
  }),
  fc.record({ message: foreign }),
  fc.jsonValue()
)

function expectSafe(line: string, limit = Infinity): void {
  expect(found(line, canaries)).toEqual([])
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
  expect(parseCommand(line)).toBeUndefined()
  expect(line).not.toContain('##[')
  expect(Array.from(line).length).toBeLessThanOrEqual(limit)
}

describe('text that is not ours', () => {
  beforeAll(() => {
    canaries.forEach(remember)
  })

  it('is a safe line, whatever it says', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        expectSafe(oneLine(text.replaceAll(/<\/?\w+>/g, '')))
      }),
      { seed: SEED, numRuns: TEXTS, endOnFailure: true }
    )
  })

  it('is safe, short and without markup where it is quoted', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const quoted = quote(text)
        expectSafe(quoted, 200)
        expect(quoted).not.toMatch(/[<>]/)
      }),
      { seed: SEED, numRuns: TEXTS, endOnFailure: true }
    )
  })

  it('is safe as the words of an error reply, and in the sentence that tells of it', () => {
    const answer = fc.record({
      status: fc.constantFrom(200, 302, 400, 401, 403, 404, 410, 422, 429, 500, 503),
      json: foreignReply,
      html: fc.boolean(),
      retryAfter: foreign,
      location: fc.oneof(
        foreign,
        foreign.map((text) => `https://${encodeURIComponent(text)}.example/`)
      ),
      date: fc.constant(undefined),
      requestId: foreign
    })
    fc.assert(
      fc.property(answer, foreign, fc.boolean(), (response: ZendeskResponse, clientId, isDeprecated) => {
        expectSafe(zendeskWords(response.json) ?? '', 200)
        const path = isDeprecated ? '/api/v2/oauth/tokens' : '/oauth/tokens'
        const request = { purpose: 'mint a token', method: 'POST', path } as const
        const error = explain(unexpectedResponse(request, response), {
          origin: 'https://acme.zendesk.com',
          clientId,
          credential: 'client_credentials',
          timeoutSeconds: 300,
          requestsScopes: false
        })
        expectSafe(oneLine(error.message))
      }),
      { seed: SEED, numRuns: TEXTS, endOnFailure: true }
    )
  })
})

/** What a process is given, and how the server answers it. */
interface Plot {
  credential: 'apiToken' | 'accessToken' | 'clientCredentials' | 'authorizationCode' | 'refreshToken'
  entry: 'main' | 'post' | 'sweep'
  basic: boolean
  /** How the server says the secrets. */
  form: string
  cut: string
  status: number
  bait: string
  /** The input that is given a secret that belongs elsewhere. */
  mistaken: string
}

const plots = fc.sample(
  fc.record<Plot>({
    credential: fc.constantFrom(
      'apiToken',
      'accessToken',
      'clientCredentials',
      'authorizationCode',
      'refreshToken'
    ),
    entry: fc.constantFrom('main', 'main', 'post', 'sweep'),
    basic: fc.boolean(),
    form: fc.constantFrom(...Object.keys(forms)),
    cut: fc.constantFrom(...Object.keys(cuts)),
    status: fc.constantFrom(0, 0, 0, 0, 0, 200, 302, 400, 401, 403, 404, 410, 422, 429, 503),
    bait: fc.constantFrom(...bait),
    mistaken: fc.constantFrom(
      ...Array<string>(20).fill(''),
      ...['subdomain', 'client-id', 'scopes', 'base-url', 'expires-in', 'email', 'redirect-uri'],
      ...['skip-token-revoke', 'export-env', 'timeout-seconds', 'token-endpoint-auth-method', 'older-than']
    )
  }),
  { seed: SEED, numRuns: PROCESSES }
)

const secrets = {
  'client-secret': 'Canary+Client/Secret=0123 "ü"',
  'api-token': 'CanaryApiToken%+0123456789',
  'access-token': 'CanaryAccessToken~0123456789+/=',
  'authorization-code': 'CanaryCode&0123456789',
  'code-verifier': 'CanaryVerifier._~-0123456789',
  'refresh-token': 'CanaryRefresh\\Token/0123456789'
}
const PROXY_PASSWORD = 'CanaryProxy:p@ss/0123'
const MINTED = 'CanaryMinted.Token-0123456789+/='
const MINTED_REFRESH = 'CanaryMinted.Refresh-0123456789+/='
const everySecret = [...Object.values(secrets), PROXY_PASSWORD, MINTED, MINTED_REFRESH]

function credentialOf({ credential, entry }: Plot): Record<string, string> {
  const pick = (...names: (keyof typeof secrets)[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, secrets[name]]))
  // The sweep and post have no use for a code or a refresh token.
  const kind =
    entry === 'main' || !['authorizationCode', 'refreshToken'].includes(credential)
      ? credential
      : 'clientCredentials'
  switch (kind) {
    case 'apiToken':
      return { email: 'ada@example.com', ...pick('api-token') }
    case 'accessToken':
      return pick('access-token')
    case 'clientCredentials':
      return pick('client-secret')
    case 'authorizationCode':
      return {
        ...pick('authorization-code', 'code-verifier', 'client-secret'),
        'redirect-uri': 'https://app.example/cb'
      }
    case 'refreshToken':
      return pick('refresh-token', 'client-secret')
  }
}

/** The secrets that the server was sent, or has given itself. */
function told(plot: Plot): string[] {
  const sent = Object.values(credentialOf(plot)).filter((value) => everySecret.includes(value))
  // What an admin's credential mints comes after a look-up, which cannot echo it yet.
  const isMinted =
    plot.entry === 'post' || (plot.status === 0 && !['apiToken', 'accessToken'].includes(plot.credential))
  return [...sent, PROXY_PASSWORD, ...(isMinted ? [MINTED] : [])]
}

/** A reply that says these secrets in every field; with status 0 one that the step can go on with. */
function echo(plot: Plot, isMint: boolean): Fault {
  const { form, cut, status, bait: lure } = plot
  const said = told(plot).map((secret) => cuts[cut]!(forms[form]!(secret)))
  const text = [lure, ...said].join(' ')
  const header = text.replaceAll(/[^\x20-\x7e]/g, '').trim()
  const fields = { error_description: text, description: said[0], message: text, title: text, detail: text }
  const right = {
    access_token: MINTED,
    refresh_token: MINTED_REFRESH,
    scope: `read ${said.join(' ')} ${lure}`,
    expires_in: 3600,
    expires_at: text,
    token: {
      full_token: MINTED,
      id: 7,
      client_id: 8,
      user_id: 9,
      scopes: ['read', ...said],
      expires_at: text
    },
    clients: [{ id: 8, identifier: 'ci_bot', name: text }],
    tokens: [{ id: 5, client_id: 8, scopes: said, created_at: '2020-01-01T00:00:00Z', token: text }],
    meta: { has_more: false, after_cursor: text }
  }
  const headers = {
    'x-request-id': header,
    Location: `https://${encodeURIComponent(header)}/`,
    'Retry-After': header
  }
  if (status === 0)
    return { kind: 'reply', status: isMint ? 201 : 200, body: { ...right, ...fields }, headers }
  return { kind: 'reply', status, body: { error: text, errors: [fields], ...fields }, headers }
}

async function play(zendesk: Zendesk, plot: Plot): Promise<StepEnd> {
  const credential = credentialOf(plot)
  const inputs: Record<string, string> = {
    subdomain: 'acme',
    'client-id': 'ci_bot',
    'base-url': zendesk.url,
    'timeout-seconds': '20',
    'job-summary': 'true',
    ...credential,
    ...(plot.basic && !credential['email'] && { 'token-endpoint-auth-method': 'client_secret_basic' }),
    ...(plot.entry === 'sweep' && { 'dry-run': 'false' }),
    ...(plot.entry === 'main' && { 'export-env': 'true' })
  }
  const [secret = ''] = Object.values(credential).slice(-1)
  if (plot.mistaken !== '' && plot.entry !== 'post')
    inputs[plot.mistaken] = `${plot.bait.replaceAll('\u0000', '')} ${secret}`.trim()
  const env: Record<string, string> = {
    RUNNER_DEBUG: '1',
    https_proxy: `http://ci:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:9`
  }
  const status = (plot: Plot): Fault => echo(plot, true)
  if (plot.entry === 'post') {
    // A token of a step that went well; then the server turns.
    zendesk.fault({ method: 'POST' }, echo({ ...plot, status: 0, form: 'as it is', cut: 'whole' }, true))
    const tame = { ...plot, status: 403 }
    zendesk.fault({ method: 'GET', path: /current$/, count: 1 }, status(tame))
    zendesk.fault({ method: 'GET', path: /clients$/, count: 1 }, echo({ ...plot, status: 0 }, false))
    const { state } = await runStep('main', {
      inputs: { ...inputs, 'skip-token-revoke': 'false' },
      env
    })
    zendesk.clearFaults()
    zendesk.fault({}, status(plot))
    return runStep('post', { inputs, env, state })
  }
  zendesk.fault({ method: 'POST' }, status(plot))
  zendesk.fault({ method: 'GET' }, echo({ ...plot, status: plot.status === 200 ? 0 : plot.status }, false))
  zendesk.fault({ method: 'DELETE' }, echo({ ...plot, status: plot.status || 204 }, false))
  return runStep(plot.entry, { inputs, env })
}

describe('a server that echoes every secret', () => {
  const played = plots.map((plot) => ({
    plot,
    end: once(async () => play(await sandbox(), plot))
  }))
  let red = 0

  it.concurrent.each(
    played.map(({ plot, end }, index) => [index, plot.credential, plot.entry, plot, end] as const)
  )(
    'gets no secret shown and no command run: process %i, %s in %s',
    async (_index, _credential, _entry, plot, end) => {
      const { stdout, summary, stderr, env, state, exitCode } = await end()
      if (exitCode === 1) red += 1
      const printed = stdout.filter((line) => !line.startsWith('::add-mask::')).join('\n')
      // Later steps get the token, and post revokes it.
      const credentials = everySecret.filter((secret) => secret !== MINTED)
      const commands = stdout.flatMap((line) => parseCommand(line) ?? [])
      const ours = ['add-mask', 'debug', 'error', 'warning']
      expect({
        plot,
        stderr,
        log: found(printed, everySecret),
        summary: found(summary, everySecret),
        env: found(JSON.stringify(env), credentials),
        state: found(JSON.stringify(state), credentials),
        foreignCommands: commands.filter(({ name }) => !ours.includes(name)),
        foreignWords: commands.filter(({ name, data }) => name !== 'add-mask' && /^\W*pwned/.test(data)),
        oldCommands: stdout.filter((line) => line.includes('##['))
      }).toEqual({
        plot,
        stderr: '',
        log: [],
        summary: [],
        env: [],
        state: [],
        foreignCommands: [],
        foreignWords: [],
        oldCommands: []
      })
    }
  )

  it.concurrent('meets each credential, each step and each way to write a secret', async () => {
    const met = (name: keyof Plot): number => new Set(plots.map((plot) => plot[name])).size
    expect([met('credential'), met('entry'), met('form'), met('cut')]).toEqual([5, 3, 10, 7])
    const ends: StepEnd[] = []
    for (const { end } of played) ends.push(await end())
    expect(ends.filter(({ outputs }) => outputs['token'] === MINTED).length).toBeGreaterThan(2)
    expect(ends.filter(({ summary }) => summary !== '').length).toBeGreaterThan(2)
  })

  afterAll(() => {
    process.stdout.write(
      `leaks: ${played.length} processes (${red} red) and ${3 * TEXTS} texts searched for secrets\n`
    )
  })
})
