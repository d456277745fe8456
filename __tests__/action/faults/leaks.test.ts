import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'

import { parseCommand } from '../../../mock/runner/commands.ts'
import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { SECRET_INPUTS } from '../../../src/inputs/credentials.ts'
import { oneLine, clean, addSecret } from '../../../src/lib/redact.ts'
import { explain } from '../../../src/report/errors.ts'
import { zendeskWords } from '../../../src/zendesk/http/response.ts'
import { unexpectedResponse } from '../../../src/zendesk/http/zendesk-error.ts'
import { once, runStep, type StepEnd } from '../../support/run-action.ts'
import { at, mockZendesk } from '../../support/zendesk.ts'

/*
 * A server repeats every secret that it knows in every field of its responses, in the encodings that servers and
 * libraries use. No secret may be shown outside of a mask, and nothing that the server says may become a command.
 */

/** The same random numbers in every run, so that no test fails only sometimes. */
const SEED = 20_261_121
const isFull = process.env['FULL'] !== undefined
const PROCESSES = isFull ? 48 : 36
const TEXTS = isFull ? 1000 : 250
const SAMPLING = { seed: SEED, numRuns: TEXTS, endOnFailure: true }

const bytes = (text: string): Buffer => Buffer.from(text)
const joined = (text: string, by: string): string => text.replaceAll(/(.{3})/gu, `$1${by}`)

/** The encodings in which a response may repeat a secret. */
const encodings: Record<string, (secret: string) => string> = {
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

/** How an encoded secret may be split, so that a search does not find it, but a reader does. */
const splits: Record<string, (encoded: string) => string> = {
  whole: (encoded) => encoded,
  'split by NUL': (encoded) => joined(encoded, '\u0000'),
  'split by escapes': (encoded) => joined(encoded, '\u001b'),
  'split by invisible characters': (encoded) => joined(encoded, '\u200b\u2060'),
  'split by letters that do not show': (encoded) => joined(encoded, '\ufe0f\u034f\u3164\u2800\u{e0100}'),
  'split by tabs': (encoded) => joined(encoded, '\t'),
  'split by line breaks': (encoded) => joined(encoded, '\r\n'),
  'split by tags': (encoded) => joined(encoded, '<b>')
}

/** What the runner would execute, or a browser render. */
const INJECTIONS = [
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

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu

/** The secrets that can be read in `text`, split or whole. */
function found(text: string, secrets: readonly string[]): string[] {
  const joinedAgain = text.replaceAll(UNSEEN, '').replaceAll(/\s|<\/?\w+>/g, '')
  const readable = `${text}\n${joinedAgain}`.toLowerCase()
  return secrets.flatMap((secret) =>
    Object.entries(encodings)
      .filter(([, encode]) => readable.includes(encode(secret).toLowerCase()))
      .map(([name]) => `${secret} ${name}`)
  )
}

const CANARIES = [
  'canary-plain-0123456789',
  'Canary+slash/equals==0123',
  'canary "quotes" & <angles> 50% 0123',
  "canary'umlaut-äöü-€-0123",
  'canary::double##[colon]0123',
  'canary\\back.slash*star(paren)$^|0123'
]

const secretText = fc
  .tuple(
    fc.constantFrom(...CANARIES),
    fc.constantFrom(...Object.keys(encodings)),
    fc.constantFrom(...Object.keys(splits))
  )
  .map(([secret, encoding, split]) => splits[split]!(encodings[encoding]!(secret)))
const piece = fc.oneof(
  { weight: 4, arbitrary: secretText },
  { weight: 2, arbitrary: fc.constantFrom(...INJECTIONS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.lorem({ maxCount: 20 }) }
)
const foreignText = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(' '))

/** The body of an error response in all shapes that Zendesk uses, with foreign text in each field. */
const foreignBody = fc.oneof(
  fc.record({ error: foreignText, error_description: foreignText }, { requiredKeys: ['error'] }),
  fc.record({ error: fc.record({ title: foreignText, message: foreignText }) }),
  fc.record({ errors: fc.array(fc.record({ code: foreignText, title: foreignText, detail: foreignText })) }),
  fc.record({
    error: foreignText,
    description: foreignText,
    details: fc.dictionary(foreignText, fc.array(fc.record({ description: foreignText, error: foreignText })))
  }),
  fc.record({ message: foreignText }),
  fc.jsonValue()
)

function expectSafe(line: string, limit = Infinity): void {
  expect(found(line, CANARIES)).toEqual([])
  expect(line.match(UNSEEN)).toBeNull()
  expect(parseCommand(line)).toBeUndefined()
  expect(line).not.toContain('##[')
  expect(Array.from(line).length).toBeLessThanOrEqual(limit)
}

describe('text from outside', () => {
  beforeAll(() => {
    CANARIES.forEach(addSecret)
  })

  it('becomes one line, or a quote of 200 characters, without secrets and commands', () => {
    const property = fc.property(foreignText, (text) => {
      expectSafe(oneLine(text.replaceAll(/<\/?\w+>/g, '')))
      const quoted = clean(text)
      expectSafe(quoted, 200)
      expect(quoted).not.toMatch(/[<>]/)
    })
    fc.assert(property, SAMPLING)
  })

  it('makes an error message without secrets and commands, as a response or a client id', () => {
    const anyResponse = fc.record({
      status: fc.constantFrom(200, 302, 400, 401, 403, 404, 410, 422, 429, 500, 503),
      json: foreignBody,
      html: fc.boolean(),
      retryAfter: foreignText,
      rateLimitReset: foreignText,
      location: fc.oneof(
        foreignText,
        foreignText.map((text) => `https://${encodeURIComponent(text)}.example/`)
      ),
      date: fc.constant(undefined),
      requestId: foreignText
    })
    const context = {
      origin: 'https://acme.zendesk.com',
      credential: { kind: 'client_credentials' as const },
      timeoutSeconds: 300
    }
    const paths = fc.constantFrom('/api/v2/oauth/tokens', '/oauth/tokens')
    const property = fc.property(anyResponse, foreignText, paths, (response, clientId, path) => {
      expectSafe(zendeskWords(response.json) ?? '', 200)
      const error = unexpectedResponse({ operation: 'grantToken', method: 'POST', path }, response)
      expectSafe(oneLine(explain(error, { ...context, clientId }).message))
    })
    fc.assert(property, SAMPLING)
  })
})

const CLIENT_SECRET = 'Canary+Client/Secret=0123"&<u>'
const PROXY_PASSWORD = 'CanaryProxy:p@ss/0123'
const MINTED = 'CanaryMinted.Token-0123456789+/='
const MINTED_REFRESH = 'CanaryMinted.Refresh-0123456789+/='

/** The inputs of each credential. */
const CREDENTIALS = {
  apiToken: { email: 'ada@example.com', 'api-token': 'CanaryApiToken%+0123456789' },
  accessToken: { 'access-token': 'CanaryAccessToken~0123456789+/=' },
  clientCredentials: { 'client-secret': CLIENT_SECRET },
  authorizationCode: {
    'redirect-uri': 'https://app.example/cb',
    'authorization-code': 'CanaryCode&0123456789',
    'code-verifier': 'CanaryVerifier._~-0123456789',
    'client-secret': CLIENT_SECRET
  },
  refreshToken: { 'refresh-token': 'CanaryRefresh\\Token/0123456789', 'client-secret': CLIENT_SECRET }
}
type Credential = keyof typeof CREDENTIALS

const secretsOf = (credential: Credential): string[] =>
  Object.values(CREDENTIALS[credential]).filter((value) => value.startsWith('Canary'))
const everySecret = [
  ...(Object.keys(CREDENTIALS) as Credential[]).flatMap(secretsOf),
  ...[PROXY_PASSWORD, MINTED, MINTED_REFRESH]
]

/** A step, and how the server responds to it. */
interface Sample {
  credential: Credential
  entry: 'main' | 'post' | 'sweep'
  usesBasic: boolean
  encoding: string
  split: string
  /** The status of the responses; with 0 they are right, so that the step continues. */
  status: number
  injection: string
  /** An input that gets a secret which belongs elsewhere. */
  misplacedIn: string
}

/** Every input of the two actions that is no secret. */
const publicInputs = ['action.yml', 'sweep/action.yml']
  .map((path) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8'))
  .flatMap((text) => Object.keys((parse(text) as { inputs: object }).inputs))
  .filter((name) => !SECRET_INPUTS.includes(name))

const samples = fc
  .sample(
    fc.record<Sample>({
      credential: fc.constantFrom(...(Object.keys(CREDENTIALS) as Credential[])),
      entry: fc.constantFrom('main', 'main', 'post', 'sweep'),
      usesBasic: fc.boolean(),
      encoding: fc.constantFrom(...Object.keys(encodings)),
      split: fc.constantFrom(...Object.keys(splits)),
      status: fc.constantFrom(0, 0, 0, 0, 0, 200, 302, 400, 401, 403, 404, 410, 422, 429, 503),
      injection: fc.constantFrom(...INJECTIONS),
      misplacedIn: fc.constantFrom(...Array<string>(20).fill(''), ...publicInputs)
    }),
    { seed: SEED, numRuns: PROCESSES }
  )
  .map((sample): Sample => {
    const isOneTime = ['authorizationCode', 'refreshToken'].includes(sample.credential)
    // Sweep takes no code and no refresh token, and post needs neither.
    return isOneTime && sample.entry !== 'main' ? { ...sample, credential: 'clientCredentials' } : sample
  })

/** The secrets that the server knows: those it was sent, and those it minted. */
function knownSecrets({ credential, entry, status }: Sample): string[] {
  const isGrant = !['apiToken', 'accessToken'].includes(credential)
  // With an admin's credential the look-up of the client comes before the mint.
  const isMinted = entry === 'post' || (status === 0 && isGrant)
  return [...secretsOf(credential), PROXY_PASSWORD, ...(isMinted ? [MINTED] : [])]
}

/** A response that repeats the known secrets in every field. */
function echo(sample: Sample, isMint: boolean): Fault {
  const { encoding, split, status, injection } = sample
  const secrets = knownSecrets(sample).map((secret) => splits[split]!(encodings[encoding]!(secret)))
  const text = [injection, ...secrets].join(' ')
  const header = text.replaceAll(/[^\x20-\x7e]/g, '').trim()
  const headers = {
    'x-request-id': header,
    Location: `https://${encodeURIComponent(header)}/`,
    'Retry-After': header
  }
  const words = { error_description: text, description: secrets[0], message: text, title: text, detail: text }
  if (status !== 0)
    return { kind: 'response', status, body: { error: text, errors: [words], ...words }, headers }
  const scopes = ['read', ...secrets]
  const body = {
    access_token: MINTED,
    refresh_token: MINTED_REFRESH,
    scope: `${scopes.join(' ')} ${injection}`,
    expires_in: 3600,
    expires_at: text,
    token: { full_token: MINTED, id: 7, client_id: 8, user_id: 9, scopes, expires_at: text },
    clients: [{ id: 8, identifier: 'ci_bot', name: text }],
    tokens: [{ id: 5, client_id: 8, scopes: secrets, created_at: '2020-01-01T00:00:00Z', token: text }],
    meta: { has_more: false, after_cursor: text }
  }
  return { kind: 'response', status: isMint ? 201 : 200, body: { ...body, ...words }, headers }
}

async function run(zendesk: Zendesk, sample: Sample): Promise<StepEnd> {
  const { credential, entry, usesBasic, status, misplacedIn, injection } = sample
  const inputs = at(zendesk, {
    'timeout-seconds': '20',
    'job-summary': 'true',
    ...CREDENTIALS[credential],
    ...(usesBasic && credential !== 'apiToken' && { 'token-endpoint-auth-method': 'client_secret_basic' }),
    ...(entry === 'sweep' && { 'dry-run': 'false' }),
    ...(entry === 'main' && { 'export-env': 'true' })
  })
  if (misplacedIn !== '' && entry !== 'post') {
    inputs[misplacedIn] = `${injection.replaceAll('\u0000', '')} ${secretsOf(credential).at(-1)!}`.trim()
  }
  const proxy = `http://ci:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:9`
  const env: Record<string, string> = { RUNNER_DEBUG: '1', https_proxy: proxy }
  if (entry === 'post') {
    // Main mints a token; only the responses to post repeat what the sample says.
    const minted = { ...sample, status: 0, encoding: 'as it is', split: 'whole' }
    zendesk.fault({ method: 'POST' }, echo(minted, true))
    zendesk.fault({ method: 'GET', path: /current$/, count: 1 }, echo({ ...sample, status: 403 }, false))
    zendesk.fault({ method: 'GET', path: /clients$/, count: 1 }, echo({ ...sample, status: 0 }, false))
    const { state } = await runStep('main', { inputs: { ...inputs, 'skip-token-revoke': 'false' }, env })
    zendesk.clearFaults()
    zendesk.fault({}, echo(sample, true))
    return runStep('post', { inputs, env, state })
  }
  zendesk.fault({ method: 'POST' }, echo(sample, true))
  zendesk.fault({ method: 'GET' }, echo({ ...sample, status: status === 200 ? 0 : status }, false))
  zendesk.fault({ method: 'DELETE' }, echo({ ...sample, status: status || 204 }, false))
  return runStep(entry, { inputs, env })
}

describe('a step shows no secret and runs no command that the server repeats', () => {
  const runs = samples.map((sample) => ({
    ...sample,
    end: once(async () => run(await mockZendesk(), sample))
  }))
  let failed = 0

  it.concurrent.each(runs.map((sample, index) => ({ index, ...sample })))(
    'sample $index: $entry with $credential, secrets $encoding, $split',
    async ({ end, ...sample }) => {
      const { stdout, summary, stderr, env, state, exitCode } = await end()
      if (exitCode === 1) failed += 1
      const printed = stdout.filter((line) => !line.startsWith('::add-mask::')).join('\n')
      const commands = stdout.flatMap((line) => parseCommand(line) ?? [])
      const ours = ['add-mask', 'debug', 'error', 'warning']
      const leaks = [
        ...found(`${printed}\n${summary}`, everySecret),
        // Later steps and post get the token.
        ...found(
          JSON.stringify([env, state]),
          everySecret.filter((secret) => secret !== MINTED)
        )
      ]
      const executed = commands.filter(({ name }) => !ours.includes(name))
      const foreign = commands.filter(({ name, data }) => name !== 'add-mask' && /^\W*pwned/.test(data))
      const old = stdout.filter((line) => line.includes('##['))
      expect({ sample, stderr, leaks, commands: [...executed, ...foreign, ...old] }).toEqual({
        sample,
        stderr: '',
        leaks: [],
        commands: []
      })
    }
  )

  it.concurrent('with samples of each credential, step, encoding and split', async () => {
    const values = (name: keyof Sample): unknown[] => [...new Set(samples.map((sample) => sample[name]))]
    expect(values('credential')).toHaveLength(5)
    expect(values('entry')).toHaveLength(3)
    expect(values('encoding')).toHaveLength(10)
    expect(values('split')).toHaveLength(8)
    const ends: StepEnd[] = []
    for (const { end } of runs) ends.push(await end())
    expect(ends.filter(({ outputs }) => outputs['token'] === MINTED).length).toBeGreaterThan(2)
    expect(ends.filter(({ summary }) => summary !== '').length).toBeGreaterThan(2)
  })

  afterAll(() => {
    process.stdout.write(
      `leaks: ${runs.length} processes (${failed} failed) and ${3 * TEXTS} texts searched for secrets\n`
    )
  })
})
