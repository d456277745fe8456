import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseCommand } from '../../../mock/runner/commands.ts'
import { readAction } from '../../../mock/runner/metadata.ts'
import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { SECRET_INPUTS } from '../../../src/inputs/credentials.ts'
import { once, root, runStep, sweepAction, type StepEnd } from '../../support/run-action.ts'
import { at, mockZendesk } from '../../support/zendesk.ts'

/*
 * A server repeats every secret that it knows in every field of its responses, in the encodings that servers and
 * libraries use. No secret may be shown outside of a mask, and nothing that the server says may become a command.
 */

/** The same random numbers in every run, so that no test fails only sometimes. */
const SEED = 20_261_121
const PROCESSES = process.env['FULL'] === undefined ? 36 : 48

const encoded = (form: BufferEncoding) => (secret: string) => Buffer.from(secret).toString(form)
const interrupted = (by: string) => (text: string) => text.replaceAll(/(.{3})/gu, `$1${by}`)

/** The encodings in which a response may repeat a secret. */
const encodings: Record<string, (secret: string) => string> = {
  'as it is': (secret) => secret,
  'in upper case': (secret) => secret.toUpperCase(),
  'in lower case': (secret) => secret.toLowerCase(),
  'in base64': encoded('base64'),
  'in base64url': encoded('base64url'),
  'in hex': encoded('hex'),
  'in upper-case hex': (secret) => encoded('hex')(secret).toUpperCase(),
  'URL-encoded': encodeURIComponent,
  'form-encoded': (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
  'JSON-escaped': (secret) => JSON.stringify(secret).slice(1, -1)
}

/** How an encoded secret may be split, so that a search does not find it, but a reader does. */
const splits: Record<string, (encoded: string) => string> = {
  whole: (text) => text,
  'split by NUL': interrupted('\u0000'),
  'split by escapes': interrupted('\u001b'),
  'split by invisible characters': interrupted('\u200b\u2060'),
  'split by letters that do not show': interrupted('\ufe0f\u034f\u3164\u2800\u{e0100}'),
  'split by tabs': interrupted('\t'),
  'split by line breaks': interrupted('\r\n'),
  'split by tags': interrupted('<b>')
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
  const isIn = (secret: string, name: string): boolean =>
    readable.includes(encodings[name]!(secret).toLowerCase())
  const forms = secrets.flatMap((secret) => Object.keys(encodings).map((name) => [secret, name] as const))
  return forms.filter((form) => isIn(...form)).map((form) => form.join(' '))
}

const CLIENT_SECRET = 'Canary+Client/Secret=0123"&<u>'
const PROXY_PASSWORD = 'CanaryProxy:p@ss/0123'
const MINTED = 'CanaryMinted.Token-0123456789+/='
const MINTED_REFRESH = 'CanaryMinted.Refresh-0123456789+/='

/** The inputs of each credential. */
const CREDENTIALS: Record<string, Record<string, string>> = {
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
const secretsOf = (credential: string): string[] =>
  Object.values(CREDENTIALS[credential]!).filter((value) => value.startsWith('Canary'))
const EVERY_SECRET = [
  ...new Set([...Object.keys(CREDENTIALS).flatMap(secretsOf), PROXY_PASSWORD, MINTED, MINTED_REFRESH])
]

const oneOf = (values: object) => fc.constantFrom(...Object.keys(values))

/** Every input of the two actions that is no secret. */
const publicInputs = [root, sweepAction]
  .flatMap((folder) => Object.keys(readAction(folder).inputs))
  .filter((name) => !SECRET_INPUTS.includes(name))

/** A step, and how the server responds to it. */
const sample = fc.record({
  credential: oneOf(CREDENTIALS),
  entry: fc.constantFrom('main' as const, 'main' as const, 'post' as const, 'sweep' as const),
  usesBasic: fc.boolean(),
  encoding: oneOf(encodings),
  split: oneOf(splits),
  /** The status of the responses; with 0 they are right, so that the step continues. */
  status: fc.constantFrom<number>(0, 0, 0, 0, 0, 200, 302, 400, 401, 403, 404, 410, 422, 429, 503),
  injection: fc.constantFrom(...INJECTIONS),
  /** An input that gets a secret which belongs elsewhere. */
  misplacedIn: fc.constantFrom(...Array<string>(20).fill(''), ...publicInputs)
})
type Sample = typeof sample extends fc.Arbitrary<infer Value> ? Value : never

const samples = fc.sample(sample, { seed: SEED, numRuns: PROCESSES }).map((sample): Sample => {
  const isOneTime = ['authorizationCode', 'refreshToken'].includes(sample.credential)
  // Sweep takes no code and no refresh token, and post needs neither.
  return isOneTime && sample.entry !== 'main' ? { ...sample, credential: 'clientCredentials' } : sample
})

/** A response that repeats in every field what the server knows: the secrets that it was sent, and those it minted. */
function echo({ credential, entry, encoding, split, status, injection }: Sample, isMint = false): Fault {
  const isGrant = !['apiToken', 'accessToken'].includes(credential)
  // With an admin's credential the look-up of the client comes before the mint.
  const isMinted = entry === 'post' || (status === 0 && isGrant)
  const known = [...secretsOf(credential), PROXY_PASSWORD, ...(isMinted ? [MINTED] : [])]
  const secrets = known.map((secret) => splits[split]!(encodings[encoding]!(secret)))
  const text = [injection, ...secrets].join(' ')
  const header = text.replaceAll(/[^\x20-\x7e]/g, '').trim()
  const location = `https://${encodeURIComponent(header)}/`
  const headers = { 'x-request-id': header, Location: location, 'Retry-After': header }
  const details = { [text]: [{ description: text, error: text }] }
  const words = {
    error_description: text,
    description: secrets[0],
    message: text,
    title: text,
    detail: text,
    details
  }
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
  if (misplacedIn !== '' && entry !== 'post')
    inputs[misplacedIn] = `${injection.replaceAll('\u0000', '')} ${secretsOf(credential).at(-1)!}`.trim()
  const proxy = `http://ci:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:9`
  const env = { RUNNER_DEBUG: '1', https_proxy: proxy }
  if (entry !== 'post') {
    zendesk.fault({ method: 'POST' }, echo(sample, true))
    zendesk.fault({ method: 'GET' }, echo({ ...sample, status: status === 200 ? 0 : status }))
    zendesk.fault({ method: 'DELETE' }, echo({ ...sample, status: status || 204 }))
    return runStep(entry, { inputs, env })
  }
  // Main mints a token; only the responses to post repeat what the sample says.
  zendesk.fault(
    { method: 'POST' },
    echo({ ...sample, status: 0, encoding: 'as it is', split: 'whole' }, true)
  )
  zendesk.fault({ method: 'GET', path: /current$/, count: 1 }, echo({ ...sample, status: 403 }))
  zendesk.fault({ method: 'GET', path: /clients$/, count: 1 }, echo({ ...sample, status: 0 }))
  const { state } = await runStep('main', { inputs: { ...inputs, 'skip-token-revoke': 'false' }, env })
  zendesk.clearFaults()
  zendesk.fault({}, echo(sample, true))
  return runStep('post', { inputs, env, state })
}

describe('a step shows no secret and runs no command that the server repeats', () => {
  const runs = samples.map((sample) => ({
    ...sample,
    end: once(async () => run(await mockZendesk(), sample))
  }))

  it.concurrent.each(runs.map((sample, index) => ({ index, ...sample })))(
    'sample $index: $entry with $credential, secrets $encoding, $split',
    async ({ end, ...sample }) => {
      const { stdout, summary, stderr, env, state } = await end()
      const printed = stdout.filter((line) => !line.startsWith('::add-mask::'))
      const leaks = found([...printed, summary].join('\n'), EVERY_SECRET)
      // Later steps and post get the token.
      const passedOn = found(
        JSON.stringify([env, state]),
        EVERY_SECRET.filter((secret) => secret !== MINTED)
      )
      const commands = printed.filter((line) => {
        const { name = 'debug', data = '' } = parseCommand(line) ?? {}
        return !['debug', 'error', 'warning'].includes(name) || /^\W*pwned/.test(data) || line.includes('##[')
      })
      const nothing = { stderr: '', leaks: [], passedOn: [], commands: [] }
      expect({ sample, stderr, leaks, passedOn, commands }).toEqual({ sample, ...nothing })
    }
  )

  it.concurrent('with samples of each credential, step, encoding and split', async () => {
    const count = (name: keyof Sample): number => new Set(samples.map((sample) => sample[name])).size
    expect((['credential', 'entry', 'encoding', 'split'] as const).map(count)).toEqual([5, 3, 10, 8])
    const ends = await Promise.all(runs.map(({ end }) => end()))
    expect(ends.filter(({ outputs }) => outputs['token'] === MINTED).length).toBeGreaterThan(2)
    expect(ends.filter(({ summary }) => summary !== '').length).toBeGreaterThan(2)
  })
})
