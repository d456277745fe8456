import { describe, expect, it } from '@jest/globals'
import { parseCommand } from '../../../mock/runner/commands.ts'
import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { masks, shown } from '../../support/log-lines.ts'
import { runStep, type StepEnd } from '../../support/run-action.ts'
import { at, mockZendesk } from '../../support/zendesk.ts'

/*
 * A server repeats every secret that it knows in every field of its responses. No secret may be shown outside of a
 * mask, and nothing that the server says may become a command. More encodings are in unit/lib/redact.test.ts.
 */

/** How a secret is repeated: split, a search does not find it, but a reader does. */
const FORMS = {
  whole: (secret: string) => secret,
  split: (secret: string) => secret.replaceAll(/(.{3})/g, '$1\u0000\u200b'),
  'in base64': (secret: string) => Buffer.from(secret).toString('base64')
}

/** What the runner would execute. */
const INJECTIONS = [
  '\n::warning::pwned',
  '\r\n::set-output name=token::pwned',
  '##[error]pwned',
  '#\u0000#[add-mask]pwned',
  ':\u200b:stop-commands::pwned'
]

const MINTED = 'CanaryMinted.Token-0123456789+/='
const MINTED_REFRESH = 'CanaryMinted.Refresh-0123456789+/='
const PROXY_PASSWORD = 'CanaryProxy:p@ss/0123'
const CLIENT_SECRET = { 'client-secret': 'Canary+Client/Secret=0123"&<u>' }
const CODE = {
  'redirect-uri': 'https://app.example/cb',
  'authorization-code': 'CanaryCode&0123456789',
  'code-verifier': 'CanaryVerifier._~-0123456789'
}

/** The inputs of each credential. */
const CREDENTIALS: Record<string, Record<string, string>> = {
  'an API token': { email: 'ada@example.com', 'api-token': 'CanaryApiToken%+0123456789' },
  'an access token': { 'access-token': 'CanaryAccessToken~0123456789+/=' },
  'a client secret': CLIENT_SECRET,
  'a code': { ...CODE, ...CLIENT_SECRET },
  'a refresh token': { 'refresh-token': 'CanaryRefresh\\Token/0123456789', ...CLIENT_SECRET }
}
const ADMINS = ['an API token', 'an access token']

/** A step, and the status with which the server refuses; with 0 the responses are right, so that the step continues. */
const SAMPLES = [
  ...Object.keys(CREDENTIALS).map((credential) => ['main', credential] as const),
  ...[...ADMINS, 'a client secret'].flatMap((credential) => [
    ['post', credential] as const,
    ['sweep', credential] as const
  ])
].flatMap(([entry, credential], index) =>
  [0, [400, 401, 302][index % 3]!, [403, 429, 404, 503][index % 4]!].map((status, nth) => {
    const [form] = Object.keys(FORMS).slice((index + nth) % 3) as (keyof typeof FORMS)[]
    return { entry, credential, status, form: form!, injection: INJECTIONS[(index + nth) % 5]! }
  })
)
type Sample = (typeof SAMPLES)[number]

/** A response that repeats in every field what the server knows: the secrets that it was sent, and those it minted. */
function echo({ credential, entry, form, status, injection }: Sample, rightStatus = 200): Fault {
  // With an admin's credential the look-up of the client comes before the mint.
  const isMinted = entry === 'post' || (status === 0 && !ADMINS.includes(credential))
  const sent = Object.values(CREDENTIALS[credential]!).filter((value) => value.startsWith('Canary'))
  const secrets = [...sent, PROXY_PASSWORD, ...(isMinted ? [MINTED] : [])].map(FORMS[form])
  const text = [injection, ...secrets].join(' ')
  const header = text.replaceAll(/[^\x20-\x7e]/g, '').trim()
  const headers = { 'x-request-id': header, Location: `https://${encodeURIComponent(header)}/` }
  const details = { [text]: [{ description: text, error: text }] }
  const words = { error_description: text, description: secrets[0], message: text, title: text, details }
  const refusal = { error: text, errors: [words], ...words }
  if (status !== 0)
    return { kind: 'response', status, body: refusal, headers: { ...headers, 'Retry-After': header } }
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
  return { kind: 'response', status: rightStatus, body: { ...body, ...words }, headers }
}

async function run(zendesk: Zendesk, sample: Sample): Promise<StepEnd> {
  const { credential, entry, status } = sample
  const inputs = at(zendesk, {
    ...{ ...CREDENTIALS[credential], 'timeout-seconds': '20', 'job-summary': 'true' },
    ...(entry === 'sweep' ? { 'dry-run': 'false' } : { 'export-env': 'true', 'skip-token-revoke': 'false' })
  })
  const proxy = `http://ci:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:9`
  const env = { RUNNER_DEBUG: '1', https_proxy: proxy }
  // Before post, main mints a token; only the responses to post repeat what the sample says.
  const first = entry === 'post' ? ({ ...sample, status: 0, form: 'whole' } as const) : sample
  zendesk.fault({ method: 'POST' }, echo(first, 201))
  zendesk.fault({ method: 'GET' }, echo(first))
  zendesk.fault({ method: 'DELETE' }, echo({ ...sample, status: status || 204 }))
  if (entry !== 'post') return runStep(entry, { inputs, env })
  const { state } = await runStep('main', { inputs, env })
  zendesk.clearFaults()
  zendesk.fault({}, echo(sample, 201))
  return runStep('post', { inputs, env, state })
}

/** The secrets that can be read in `text`. */
function found(text: string, secrets: string[]): string[] {
  const readable = `${text}\n${text.replaceAll(/[\u0000\u200b\s]/g, '')}`.toLowerCase()
  const isIn = (form: string): boolean => readable.includes(form.toLowerCase())
  return secrets.filter((secret) => isIn(secret) || isIn(FORMS['in base64'](secret)))
}

describe('a step shows no secret and runs no command that the server repeats', () => {
  it.concurrent.each(SAMPLES)('$entry with $credential, status $status, secrets $form', async (sample) => {
    const end = await run(await mockZendesk(), sample)
    const { stdout, stderr, env, state, outputs, summary } = end
    const given = Object.values(CREDENTIALS).flatMap((inputs) => Object.values(inputs))
    const secrets = [...given.filter((value) => value.startsWith('Canary')), PROXY_PASSWORD, MINTED_REFRESH]
    const leaks = found(shown(end), [...secrets, MINTED])
    // Later steps and post get the token.
    const passedOn = found(JSON.stringify([env, state]), secrets)
    const commands = stdout.filter((line) => {
      const { name = 'debug', data = '' } = parseCommand(line) ?? {}
      const isKnown = ['add-mask', 'debug', 'error', 'warning'].includes(name)
      return !isKnown || /^\W*pwned/.test(data) || line.includes('##[')
    })
    expect([stderr, leaks, passedOn, commands]).toEqual(['', [], [], []])
    // The samples reach the end of main.
    if (sample.entry === 'main' && sample.status === 0 && !ADMINS.includes(sample.credential))
      expect([outputs['token'], masks(end).includes(MINTED), summary !== '']).toEqual([MINTED, true, true])
  })
})
