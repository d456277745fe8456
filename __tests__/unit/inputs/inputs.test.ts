import { describe, expect, it } from '@jest/globals'
import { adminEmail } from '../../../src/inputs/credentials.ts'
import { readMainInputs, readSweepInputs } from '../../../src/inputs/inputs.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { RecordedLog } from '../../support/client.ts'
import { setUpRunner } from '../../support/runner-env.ts'

type Values = Record<string, string>

const runner = setUpRunner()
const ACCOUNT = { subdomain: 'acme', 'client-id': 'ci_bot' }
const SECRET = { 'client-secret': 'the-client-secret' }
const API_TOKEN = { email: 'ada@acme.example', 'api-token': 'the-api-token' }
const ACCESS_TOKEN = { 'access-token': 'the-access-token' }
const BACK = 'https://x.io/back'
const NO_PKCE = { 'authorization-code': 'the-code-1', 'redirect-uri': BACK }
const CODE = { ...NO_PKCE, 'code-verifier': 'the-verifier' }
const REFRESH_TOKEN = { 'refresh-token': 'the-refresh-token' }

function main(values: Values, log = new RecordedLog()): ReturnType<typeof readMainInputs> {
  runner.inputs({ ...ACCOUNT, ...values })
  return readMainInputs(log)
}

function sweep(values: Values): ReturnType<typeof readSweepInputs> {
  runner.inputs({ ...ACCOUNT, ...values })
  return readSweepInputs(new RecordedLog())
}

/** Shows the secrets in `value`, so that they can be compared. */
function revealed(value: object): unknown {
  const reveal = (_key: string, each: unknown): unknown => (each instanceof Secret ? each.reveal() : each)
  return JSON.parse(JSON.stringify(value, reveal))
}

describe('readMainInputs reads', () => {
  const [clientSecret, authMethod] = ['the-client-secret', 'client_secret_post']

  it('the defaults with a client secret: no scopes, one hour', () => {
    const account = { subdomain: 'acme', clientId: 'ci_bot', origin: 'https://acme.zendesk.com' }
    const credential = { kind: 'client_credentials', clientSecret, authMethod }
    const token = { scopes: [], hasDefaultScopes: true, expiresIn: 3600, skipRevoke: 'auto' }
    const step = { timeoutSeconds: 300, exportEnv: false, jobSummary: false }
    expect(revealed(main(SECRET))).toEqual({ ...account, credential, ...token, ...step })
  })

  const ofCode = { kind: 'authorization_code', code: 'the-code-1', redirectUri: BACK, authMethod }
  const withPkce = { ...ofCode, codeVerifier: 'the-verifier' }
  const ofRefreshToken = { kind: 'refresh_token', refreshToken: 'the-refresh-token', authMethod }
  const basic = { kind: 'client_credentials', clientSecret, authMethod: 'client_secret_basic' }

  it.each<[string, Values, object]>([
    ['an API token', API_TOKEN, { kind: 'api_token', email: 'ada@acme.example', apiToken: 'the-api-token' }],
    ['an access token', ACCESS_TOKEN, { kind: 'access_token', accessToken: 'the-access-token' }],
    ['an authorization code with PKCE', CODE, withPkce],
    ['that of a confidential client', { ...NO_PKCE, ...SECRET }, { ...ofCode, clientSecret }],
    ['one in its address', { ...CODE, 'authorization-code': `${BACK}?code=the-code%2D1&state=x` }, withPkce],
    ['one in a part of it', { ...CODE, 'authorization-code': 'the-code-1&state=x' }, withPkce],
    ['a refresh token', REFRESH_TOKEN, ofRefreshToken],
    ['that of a confidential client', { ...REFRESH_TOKEN, ...SECRET }, { ...ofRefreshToken, clientSecret }],
    ['how the secret is sent', { ...SECRET, 'token-endpoint-auth-method': 'CLIENT_SECRET_BASIC' }, basic]
  ])('%s', (_what, values, expected) => {
    expect(revealed(main(values).credential)).toEqual(expected)
  })

  const rest = { scopes: 'tickets:read,tickets:write\nhc:read tickets:read', 'timeout-seconds': '5' }
  const all = { ...rest, 'export-env': 'true', 'job-summary': 'true', 'skip-token-revoke': 'TRUE' }

  it('every input without the white space and the invisible characters at its ends', () => {
    const values = { ...ACCOUNT, ...API_TOKEN, ...all, 'base-url': 'https://acme.zendesk.com' }
    const padded = Object.entries(values).map(([name, value]) => [name, `\ufeff ${value}\u200b\u00a0`])
    expect(main(Object.fromEntries(padded) as Values)).toEqual(main(values))
  })

  it('everything that is set', () => {
    const values = { ...SECRET, ...all, 'expires-in': '300', 'base-url': 'http://127.0.0.1:8080/' }
    const scopes = { scopes: ['tickets:read', 'tickets:write', 'hc:read'], hasDefaultScopes: false }
    const times = { expiresIn: 300, timeoutSeconds: 5, origin: 'http://127.0.0.1:8080' }
    const flags = { skipRevoke: 'true', exportEnv: true, jobSummary: true }
    expect(main(values)).toMatchObject({ ...scopes, ...times, ...flags })
  })

  it('scopes that white space, commas, invisible characters or the dashes of a list separate', () => {
    const given = '- tickets:read\n- hc:read,\u200bread\u200busers:read\n-\n'
    const { scopes } = main({ ...SECRET, scopes: given })
    expect(scopes).toEqual(['tickets:read', 'hc:read', 'read', 'users:read'])
    expect(main({ ...SECRET, scopes: '-' }).hasDefaultScopes).toBe(true)
  })

  it('an e-mail address without the ending `/token`', () => {
    const { credential } = main({ ...API_TOKEN, email: 'ada@acme.example/token' })
    expect(credential).toMatchObject({ email: 'ada@acme.example' })
    const emails = ['ada@acme.example', '/token', 'a/tokens@x', 'a@x/token/token']
    expect(emails.map(adminEmail)).toEqual(['ada@acme.example', '', 'a/tokens@x', 'a@x/token'])
  })

  it.each([API_TOKEN, ACCESS_TOKEN])('`read write` as the default of an admin, and no lifetime', (values) => {
    const expected = { scopes: ['read', 'write'], hasDefaultScopes: true, expiresIn: undefined }
    expect(main(values)).toMatchObject(expected)
  })
})

describe('readMainInputs refuses, in one problem,', () => {
  const IF_FROM_SECRET =
    'If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.'
  const REQUIRED_CODE = '`authorization-code` needs it'
  const code = (value: string): Values => ({ ...CODE, 'authorization-code': value })

  it.each<[input: string, values: Values, problem: string]>([
    ['subdomain', { subdomain: '' }, 'it is required, but empty. Write `acme`'],
    ['subdomain', { subdomain: 'x.io' }, '"x.io" is not a Zendesk subdomain. Write `acme`,'],
    ['base-url', { 'base-url': 'https://u:pa//ss@x.io/a' }, '"***@x.io/a" is not an origin. Write'],
    ['base-url', { 'base-url': 'http://[::1]:8080' }, '"http://[::1]:8080" is not an origin.'],
    ['client-id', { 'client-id': '' }, 'it is required, but empty. Write the unique identifier of the OAuth'],
    ['client-id', { 'client-id': 'ci bot' }, 'it contains white space, like the name of a client. Write the'],
    ['client-id', { 'client-id': 'ada@acme.example' }, 'it is an e-mail address. Write the unique'],
    ['client-id', { 'client-id': 'ci\u200bbot' }, 'an invisible character: U+200B after the 2nd'],
    ['code-verifier', { 'code-verifier': 'the-verifier' }, 'it is used only with `authorization-code`,'],
    ['redirect-uri', { 'redirect-uri': BACK }, `Set that, or remove this. ${IF_FROM_SECRET}`],
    ['scopes', { scopes: 'read\0write' }, 'a control character, such as a line break: U+0000 after the 4th'],
    ['scopes', { scopes: 'read a:b:c' }, '"a:b:c" cannot be a scope. Write names such as `tickets:read`'],
    ['scopes', { scopes: 'x '.repeat(2049) }, 'the value is longer than 4096 characters.'],
    ['expires-in', { 'expires-in': '299' }, '"299" is not a whole number of seconds from 300 to 172800.'],
    ['timeout-seconds', { 'timeout-seconds': '3601' }, 'is not a whole number of seconds from 5 to 3600.']
  ])('%s: %j, though there is a client secret', (input, values, problem) => {
    expect(() => main({ ...SECRET, ...values })).toThrow(`Invalid input \`${input}\`: `)
    expect(() => main({ ...SECRET, ...values })).toThrow(problem)
  })

  it.each<[input: string, values: Values, problem: string]>([
    ['client-secret', {}, 'no credential is set. Set `client-secret` (recommended), or `email` and'],
    ['client-secret', {}, IF_FROM_SECRET],
    ['client-id', { ...API_TOKEN, 'client-id': '0' }, '0 is not a possible id. Write the unique identifier'],
    ['expires-in', { ...API_TOKEN, 'expires-in': '3600' }, 'a token minted with `api-token` cannot be given'],
    ['access-token', { ...API_TOKEN, ...ACCESS_TOKEN }, '`api-token` and `access-token` are both set. Set'],
    ['access-token', { ...API_TOKEN, ...ACCESS_TOKEN, ...REFRESH_TOKEN }, '`refresh-token` are all set.'],
    ['client-secret', { ...ACCESS_TOKEN, ...SECRET }, '`client-secret` and `access-token` are both set. Set'],
    ['email', { 'api-token': 'the-api-token' }, '`api-token` needs the e-mail address of the admin'],
    ['email', { ...API_TOKEN, email: 'ada' }, 'it is not an e-mail address. Write the one'],
    ['email', { ...API_TOKEN, email: 'ada@acme.example, bob@acme.example' }, 'it is not an e-mail address.'],
    ['email', { ...API_TOKEN, email: 'a\nb' }, 'the value contains a control character'],
    ['api-token', { email: 'ada@acme.example' }, '`email` is set, but `api-token` is empty. Set it, or'],
    ['api-token', { email: 'ada@acme.example' }, IF_FROM_SECRET],
    ['api-token', { ...API_TOKEN, 'api-token': 'short' }, 'the value is shorter than 8 characters'],
    ['access-token', { 'access-token': 'short' }, 'the value is shorter than 8 characters'],
    ['access-token', { 'access-token': 'the-access\ntoken' }, 'line break: U+000A after the 10th'],
    ['refresh-token', { 'refresh-token': 'short' }, 'the value is shorter than 8 characters'],
    ['redirect-uri', { ...CODE, 'redirect-uri': '' }, `${REQUIRED_CODE}. Write the redirect URI`],
    ['code-verifier', NO_PKCE, `${REQUIRED_CODE}, or \`client-secret\`, or both. ${IF_FROM_SECRET}`],
    ['code-verifier', { ...CODE, 'code-verifier': 'short' }, 'the value is shorter than 8 characters'],
    ['client-secret', { ...NO_PKCE, 'client-secret': 'short' }, 'the value is shorter than 8 characters'],
    ['authorization-code', code('short'), 'the value is shorter than 8 characters'],
    ['authorization-code', code(`${BACK}?code=short`), 'the value is shorter than 8 characters'],
    ['authorization-code', code(`${BACK}?error=no&state=x`), 'came back with the error `no` instead of a'],
    ['authorization-code', code(BACK), 'the address has no `code` in it. Copy all of what the browser shows'],
    // What is around the address would become a part of the code, and a character has its place in the address.
    ['authorization-code', code(`"${BACK}?code=the-code-1"`), 'the value is wrapped in quotes'],
    ['authorization-code', code(`<${BACK}?code=the-code-1>`), 'the value looks like a variable'],
    ['authorization-code', code(`${BACK}?code=the\u200b-code-1`), 'U+200B after the 26th']
  ])('%s: of %j', (input, values, problem) => {
    expect(() => main(values)).toThrow(`Invalid input \`${input}\`: `)
    expect(() => main(values)).toThrow(problem)
  })

  it('but names all problems if there are three', () => {
    const values = { ...SECRET, subdomain: '', scopes: 'a b:c:d', 'export-env': 'yes' }
    const problems = /^3 invalid inputs: \(1\) `subdomain`: .* \(2\) `scopes`: .* \(3\) `export-env`: /
    expect(() => main(values)).toThrow(problems)
  })

  const secret = '1234efghij'.repeat(4)

  it.each<[string, Values, string]>([
    ['is swapped with the client secret', { 'client-secret': 'the-identifier' }, 'client-secret'],
    ['is the client secret', {}, 'client-secret'],
    ['is an API token', API_TOKEN, 'api-token'],
    ['is a client secret beside a refresh token', { ...REFRESH_TOKEN, ...SECRET }, 'client-secret']
  ])('a client id that %s, and does not show it', (_what, values, other) => {
    const read = (): unknown => main({ ...values, 'client-id': secret })
    expect(read).toThrow(
      `\`client-id\`: it looks like a secret, so it was masked and not sent. Are \`client-id\` and \`${other}\` swapped?`
    )
    expect(read).not.toThrow(secret)
  })

  it('a secret that was written into another input, and does not show it', () => {
    const long = '0a1b2c3d4e'.repeat(7)
    for (const input of ['subdomain', 'base-url', 'expires-in', 'timeout-seconds', 'export-env', 'email']) {
      const read = (): unknown => main({ ...(input === 'email' ? API_TOKEN : SECRET), [input]: long })
      expect(read).toThrow(`\`${input}\``)
      expect(read).not.toThrow(long.slice(0, 12))
    }
  })
})

it('readMainInputs accepts a long client id, and what looks like a secret if the secret does as well', () => {
  const ids = ['123e4567-e89b-12d3-a456-426614174000', 'company_integration_for_production_systems_2024']
  const secret = { 'client-secret': '9z8y7x6w5v'.repeat(4) }
  for (const clientId of [...ids, '0a1b2c3d4e'.repeat(4)])
    expect(main({ ...secret, 'client-id': clientId }).clientId).toBe(clientId)
})

describe('readMainInputs warns', () => {
  const warnings = (values: Values): string[] => {
    const log = new RecordedLog()
    main({ ...SECRET, ...values }, log)
    return log.of('warning')
  }

  it.each(['other.zendesk.com', '[2001:db8::1]:8443'])('of another host: %s', (host) => {
    const warning = `\`base-url\`: ${host} is about to receive the credential, and is not acme.zendesk.com.`
    expect(warnings({ 'base-url': `https://${host}` })).toEqual([warning])
  })

  it('of a numeric client id with a grant, and not with an API token', () => {
    expect(warnings({ 'client-id': '42' })).toEqual([
      "`client-id`: 42 is a number, but `client-secret` needs the client's unique identifier, such as `ci_bot`."
    ])
    const ofAdmin = { ...API_TOKEN, 'client-secret': '', 'client-id': '42' }
    expect(warnings({ ...ofAdmin, 'base-url': 'https://acme.zendesk.com' })).toEqual([])
  })

  it.each([
    ['tick:rite read', 'tick:rite (did you mean tickets:write?)'],
    ['ticket:write hc:rad', 'ticket:write (did you mean tickets:write?), hc:rad (did you mean hc:read?)'],
    ['0a1b2c3d4e'.repeat(4), '*** (did you mean ticket_attachments:read?)']
  ])('of unknown scopes, with the nearest, and shows no secret: %s', (scopes, named) => {
    expect(warnings({ scopes })).toEqual([`\`scopes\`: Zendesk documents no scope ${named}.`])
  })
})

describe('readSweepInputs reads', () => {
  it('its defaults', () => {
    const flags = { allUsers: false, dryRun: true, jobSummary: true }
    expect(sweep(SECRET)).toMatchObject({ ...flags, olderThan: 86_400_000, timeoutSeconds: 600 })
  })

  it('each of its credentials, and its flags', () => {
    const kinds = [API_TOKEN, ACCESS_TOKEN, SECRET].map((values) => sweep(values).credential.kind)
    expect(kinds).toEqual(['api_token', 'access_token', 'client_credentials'])
    const inputs = sweep({ ...SECRET, 'dry-run': 'false', 'all-users': 'true' })
    expect(inputs).toMatchObject({ dryRun: false, allUsers: true })
  })

  it('an age in minutes, hours or days', () => {
    const ages = ['60m', '90m', '36H', '7d'].map((age) => sweep({ ...SECRET, 'older-than': age }).olderThan)
    expect(ages).toEqual([3_600_000, 5_400_000, 129_600_000, 604_800_000])
  })

  it.each(['59m', '0d', '7', '7w', '1.5h', 'x7d', '7dx'])('no age of %s', (given) => {
    expect(() => sweep({ ...SECRET, 'older-than': given })).toThrow(
      `Invalid input \`older-than\`: "${given}" is not an age of at least an hour. Write \`90m\`, \`36h\` or \`7d\`.`
    )
  })

  it('no refresh token', () => {
    expect(() => sweep(REFRESH_TOKEN)).toThrow('no credential is set')
  })
})
