import { describe, expect, it } from '@jest/globals'
import { rereadCredential } from '../../../src/inputs/credentials.ts'
import { readMainInputs, readSweepInputs, type MainInputs } from '../../../src/inputs/inputs.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { setUpRunner } from '../runner-env.ts'

type Values = Record<string, string | undefined>

const runner = setUpRunner()
const account: Values = { subdomain: 'acme', 'client-id': 'ci_bot' }
const clientSecret = { 'client-secret': 'the-client-secret' }
const apiToken = { email: 'ada@acme.example', 'api-token': 'the-api-token' }
const accessToken = { 'access-token': 'the-access-token' }
const code = {
  'authorization-code': 'the-code-1',
  'redirect-uri': 'https://x.io/back',
  'code-verifier': 'the-verifier'
}
const refreshToken = { 'refresh-token': 'the-refresh-token' }

function main(values: Values): MainInputs {
  runner.inputs({ ...account, ...values })
  return readMainInputs()
}

function sweep(values: Values): ReturnType<typeof readSweepInputs> {
  runner.inputs({ ...account, ...values })
  return readSweepInputs()
}

/** The error about these inputs of main. */
function problem(values: Values): string {
  try {
    main(values)
  } catch (error) {
    return (error as Error).message
  }
  return 'valid'
}

describe('main reads', () => {
  it('the defaults with a client secret: no scopes, one hour', () => {
    expect(main(clientSecret)).toEqual({
      subdomain: 'acme',
      clientId: 'ci_bot',
      origin: 'https://acme.zendesk.com',
      timeoutSeconds: 300,
      credential: {
        kind: 'client_credentials',
        clientSecret: new Secret('the-client-secret'),
        authMethod: 'client_secret_post'
      },
      scopes: [],
      hasDefaultScopes: true,
      expiresIn: 3600,
      skipRevoke: 'auto',
      exportEnv: false,
      jobSummary: false,
      warnings: []
    })
  })

  it.each<[string, Values, Values]>([
    ['an API token', apiToken, { kind: 'api_token', email: 'ada@acme.example' }],
    [
      'an e-mail address that ends in /token',
      { ...apiToken, email: 'ada@acme.example/token' },
      { email: 'ada@acme.example' }
    ],
    ['an access token', accessToken, { kind: 'access_token' }],
    [
      'an authorization code with PKCE',
      code,
      { kind: 'authorization_code', redirectUri: 'https://x.io/back' }
    ],
    [
      'an authorization code of a confidential client',
      { ...code, 'code-verifier': '', ...clientSecret },
      { kind: 'authorization_code' }
    ],
    ['a refresh token', refreshToken, { kind: 'refresh_token' }],
    [
      'a refresh token of a confidential client',
      { ...refreshToken, ...clientSecret },
      { kind: 'refresh_token' }
    ],
    [
      'how the secret is sent',
      { ...clientSecret, 'token-endpoint-auth-method': 'CLIENT_SECRET_BASIC' },
      { authMethod: 'client_secret_basic' }
    ]
  ])('%s', (_what, values, expected) => {
    expect(main(values).credential).toMatchObject(expected)
  })

  it.each([apiToken, accessToken])('`read write` as the default of an admin, and no lifetime', (values) => {
    expect(main(values)).toMatchObject({
      scopes: ['read', 'write'],
      hasDefaultScopes: true,
      expiresIn: undefined
    })
  })

  it('everything that is set', () => {
    const values = {
      scopes: 'tickets:read,tickets:write\nhc:read tickets:read',
      'expires-in': '300',
      'skip-token-revoke': 'TRUE',
      'export-env': 'true',
      'job-summary': 'true',
      'timeout-seconds': '5',
      'base-url': 'http://127.0.0.1:8080/'
    }
    expect(main({ ...clientSecret, ...values })).toMatchObject({
      scopes: ['tickets:read', 'tickets:write', 'hc:read'],
      hasDefaultScopes: false,
      expiresIn: 300,
      skipRevoke: 'true',
      exportEnv: true,
      jobSummary: true,
      timeoutSeconds: 5,
      origin: 'http://127.0.0.1:8080',
      warnings: []
    })
  })
})

describe('main refuses', () => {
  it.each<[string, Values, RegExp]>([
    [
      'no credential',
      {},
      /^Invalid input `client-secret`: no credential is set\. Set `client-secret` \(recommended\), or `email` and `api-token`\. If it comes from a secret/
    ],
    [
      'no subdomain',
      { ...clientSecret, subdomain: '' },
      /^Invalid input `subdomain`: it is required, but empty\. Write `acme`/
    ],
    [
      'a URL with a path as subdomain',
      { ...clientSecret, subdomain: 'https://acme.zendesk.com/agent' },
      /`subdomain`: "https:\/\/acme.zendesk.com\/agent" is not a Zendesk subdomain\. Write `acme`/
    ],
    [
      'a base URL with a path, without its password',
      { ...clientSecret, 'base-url': 'https://u:pa//ss@x.io/a' },
      /`base-url`: "https:\/\/\*\*\*@?x.io\/a" is not an origin\./
    ],
    ['no client id', { ...clientSecret, 'client-id': '' }, /`client-id`: it is required/],
    [
      'white space in the client id',
      { ...clientSecret, 'client-id': 'CI bot' },
      /`client-id`: "CI bot" contains white space, so it is the name of a client\. Write the unique identifier/
    ],
    [
      'an e-mail address as client id',
      { ...clientSecret, 'client-id': 'ada@acme.example' },
      /`client-id`: "ada@acme.example" is an e-mail address\./
    ],
    [
      'an impossible number as client id',
      { ...apiToken, 'client-id': '0' },
      /`client-id`: 0 is not a possible id\./
    ],
    [
      'two credentials',
      { ...apiToken, ...accessToken },
      /`access-token`: `api-token` and `access-token` are all set\. Set only one\./
    ],
    [
      'a client secret beside an API token',
      { ...apiToken, ...clientSecret },
      /`client-secret` and `api-token` are both set\. Set only one\./
    ],
    [
      'a client secret beside an access token',
      { ...accessToken, ...clientSecret },
      /`client-secret` and `access-token` are both set/
    ],
    [
      'an API token without e-mail',
      { 'api-token': 'the-api-token' },
      /`email`: `api-token` needs the e-mail address/
    ],
    [
      'an e-mail address that is none',
      { ...apiToken, email: 'ada' },
      /`email`: "ada" is not an e-mail address\./
    ],
    [
      'an e-mail address with a control character, once',
      { ...apiToken, email: 'a\nb' },
      /^Invalid input `email`: the value contains a control character/
    ],
    [
      'an e-mail address without API token',
      { email: 'ada@acme.example' },
      /^Invalid input `api-token`: `email` is set, but `api-token` is empty\./
    ],
    ['an access token with a space', { 'access-token': 'the access' }, /`access-token`: it has characters/],
    [
      'a code without redirect URI',
      { ...code, 'redirect-uri': '' },
      /`redirect-uri`: `authorization-code` needs it\./
    ],
    [
      'a code without verifier and secret',
      { ...code, 'code-verifier': '' },
      /`code-verifier`: `authorization-code` needs it, or `client-secret`/
    ],
    [
      'a verifier without code',
      { ...clientSecret, 'code-verifier': 'the-verifier' },
      /`code-verifier`: it is used only with `authorization-code`/
    ],
    ['a secret in quotes', { 'client-secret': '"the-secret"' }, /wrapped in quotes/],
    ['a short API token', { ...apiToken, 'api-token': 'short' }, /`api-token`: the value is shorter/],
    ['a short access token', { 'access-token': 'short' }, /`access-token`: the value is shorter/],
    [
      'a short code',
      { ...code, 'authorization-code': 'short' },
      /`authorization-code`: the value is shorter/
    ],
    ['a short refresh token', { 'refresh-token': 'short' }, /`refresh-token`: the value is shorter/],
    [
      'a scope of three words',
      { ...clientSecret, scopes: 'read a:b:c' },
      /`scopes`: "a:b:c" cannot be a scope\. Write names such as `tickets:read`/
    ],
    [
      'more than 4 kB of scopes',
      { ...clientSecret, scopes: 'x '.repeat(2049) },
      /`scopes`: the value is longer than 4096 characters\./
    ],
    [
      'a lifetime for an API token',
      { ...apiToken, 'expires-in': '3600' },
      /`expires-in`: a token minted with `api-token` cannot be given a lifetime/
    ],
    [
      'a lifetime that is too short',
      { ...clientSecret, 'expires-in': '299' },
      /`expires-in`: "299" is not a whole number of seconds from 300 to 172800\./
    ],
    [
      'a timeout that is too long',
      { ...clientSecret, 'timeout-seconds': '3601' },
      /`timeout-seconds`: "3601"/
    ]
  ])('%s', (_what, values, expected) => {
    expect(problem(values)).toMatch(expected)
  })

  it('all problems at once', () => {
    expect(problem({ ...clientSecret, subdomain: '', scopes: 'a b:c:d', 'export-env': 'yes' })).toMatch(
      /^3 invalid inputs: \(1\) `subdomain`: .* \(2\) `scopes`: .* \(3\) `export-env`: /
    )
  })
})

describe('main warns', () => {
  it.each<[string, Values, string[]]>([
    [
      'of a foreign host',
      { 'base-url': 'https://proxy.example' },
      ['`base-url`: proxy.example is about to receive the credential, and is not acme.zendesk.com.']
    ],
    [
      "of another account's host",
      { 'base-url': 'https://other.zendesk.com' },
      ['`base-url`: other.zendesk.com is about to receive the credential, and is not acme.zendesk.com.']
    ],
    [
      'of a numeric client id with a grant',
      { 'client-id': '42' },
      [
        "`client-id`: 42 is a number, but `client-secret` needs the client's unique identifier, such as `ci_bot`."
      ]
    ],
    [
      'of unknown scopes, with the nearest',
      { scopes: 'tickets:rite read' },
      ['`scopes`: Zendesk documents no scope tickets:rite (did you mean tickets:write?).']
    ]
  ])('%s', (_what, values, warnings) => {
    expect(main({ ...clientSecret, ...values }).warnings).toEqual(warnings)
  })

  it("not of the account's own host, nor of a numeric client id of an admin", () => {
    expect(main({ ...apiToken, 'client-id': '42', 'base-url': 'https://acme.zendesk.com' }).warnings).toEqual(
      []
    )
  })
})

describe('the sweep reads', () => {
  it('its defaults', () => {
    expect(sweep(clientSecret)).toMatchObject({
      olderThan: 86_400_000,
      allUsers: false,
      dryRun: true,
      jobSummary: true,
      timeoutSeconds: 600,
      warnings: []
    })
  })

  it.each([apiToken, accessToken, clientSecret])('each of its credentials', (values) => {
    expect(sweep({ ...values, 'dry-run': 'false', 'all-users': 'true' })).toMatchObject({
      dryRun: false,
      allUsers: true
    })
  })

  it.each([
    ['90m', 5_400_000],
    ['36H', 129_600_000],
    ['7d', 604_800_000],
    ['60m', 3_600_000]
  ])('an age of %s', (given, ms) => {
    expect(sweep({ ...clientSecret, 'older-than': given }).olderThan).toBe(ms)
  })

  it.each(['59m', '0d', '7', '7w', '1.5h', 'x7d', '7dx'])('no age of %s', (given) => {
    expect(() => sweep({ ...clientSecret, 'older-than': given })).toThrow(
      `Invalid input \`older-than\`: "${given}" is not an age of at least an hour. Write \`90m\`, \`36h\` or \`7d\`.`
    )
  })

  it('no refresh token', () => {
    expect(() => sweep(refreshToken)).toThrow('no credential is set')
  })
})

describe('post reads again', () => {
  it('the credential that main used, whatever else is set', () => {
    const method = { 'token-endpoint-auth-method': 'client_secret_basic' }
    runner.inputs({
      ...apiToken,
      ...accessToken,
      ...clientSecret,
      ...method,
      email: 'ada@acme.example/token'
    })
    expect(rereadCredential('api_token')).toMatchObject({ email: 'ada@acme.example' })
    expect(rereadCredential('access_token')).toMatchObject({ kind: 'access_token' })
    expect(rereadCredential('client_credentials')).toMatchObject({ authMethod: 'client_secret_basic' })
  })

  it('nothing if the inputs are those of another step', () => {
    runner.inputs(code)
    expect(rereadCredential('api_token')).toBeUndefined()
  })
})
