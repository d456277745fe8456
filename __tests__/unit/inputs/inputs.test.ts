import { describe, expect, it } from '@jest/globals'
import { adminEmail } from '../../../src/inputs/credentials.ts'
import {
  readMainInputs,
  readSweepInputs,
  type MainInputs,
  type SweepInputs
} from '../../../src/inputs/inputs.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { RecordedLog } from '../../support/client.ts'
import { setUpRunner } from '../../support/runner-env.ts'

/*
 * What the inputs become. More of the errors about them is in `report/errors.test.ts`.
 */

type Values = Record<string, string | undefined>

const runner = setUpRunner()
const ACCOUNT: Values = { subdomain: 'acme', 'client-id': 'ci_bot' }
const CLIENT_SECRET = { 'client-secret': 'the-client-secret' }
const API_TOKEN = { email: 'ada@acme.example', 'api-token': 'the-api-token' }
const ACCESS_TOKEN = { 'access-token': 'the-access-token' }
const CODE = {
  'authorization-code': 'the-code-1',
  'redirect-uri': 'https://x.io/back',
  'code-verifier': 'the-verifier'
}
const REFRESH_TOKEN = { 'refresh-token': 'the-refresh-token' }

function main(values: Values, log = new RecordedLog()): MainInputs {
  runner.inputs({ ...ACCOUNT, ...values })
  return readMainInputs(log)
}

function sweep(values: Values): SweepInputs {
  runner.inputs({ ...ACCOUNT, ...values })
  return readSweepInputs(new RecordedLog())
}

/** Shows the secrets in `value`, so that they can be compared. */
function revealed(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => (each instanceof Secret ? each.reveal() : each))
  )
}

describe('readMainInputs reads', () => {
  it('the defaults with a client secret: no scopes, one hour', () => {
    expect(revealed(main(CLIENT_SECRET))).toEqual({
      subdomain: 'acme',
      clientId: 'ci_bot',
      origin: 'https://acme.zendesk.com',
      timeoutSeconds: 300,
      credential: {
        kind: 'client_credentials',
        clientSecret: 'the-client-secret',
        authMethod: 'client_secret_post'
      },
      scopes: [],
      hasDefaultScopes: true,
      expiresIn: 3600,
      skipRevoke: 'auto',
      exportEnv: false,
      jobSummary: false
    })
  })

  const authMethod = 'client_secret_post'
  const ofCode = { kind: 'authorization_code', code: 'the-code-1', redirectUri: 'https://x.io/back' }
  const ofRefreshToken = { kind: 'refresh_token', refreshToken: 'the-refresh-token', authMethod }
  it.each<[string, Values, object]>([
    ['an API token', API_TOKEN, { kind: 'api_token', email: 'ada@acme.example', apiToken: 'the-api-token' }],
    ['an access token', ACCESS_TOKEN, { kind: 'access_token', accessToken: 'the-access-token' }],
    ['an authorization code with PKCE', CODE, { ...ofCode, codeVerifier: 'the-verifier', authMethod }],
    [
      'an authorization code of a confidential client',
      { ...CODE, 'code-verifier': '', ...CLIENT_SECRET },
      { ...ofCode, clientSecret: 'the-client-secret', authMethod }
    ],
    ['a refresh token', REFRESH_TOKEN, ofRefreshToken],
    [
      'a refresh token of a confidential client',
      { ...REFRESH_TOKEN, ...CLIENT_SECRET },
      { ...ofRefreshToken, clientSecret: 'the-client-secret' }
    ],
    [
      'how the secret is sent',
      { ...CLIENT_SECRET, 'token-endpoint-auth-method': 'CLIENT_SECRET_BASIC' },
      {
        kind: 'client_credentials',
        clientSecret: 'the-client-secret',
        authMethod: 'client_secret_basic'
      }
    ]
  ])('%s', (_what, values, expected) => {
    expect(revealed(main(values).credential)).toEqual(expected)
  })

  it.each([
    ['the address', 'https://x.io/back?code=the-code%2D1&state=x'],
    ['a part of the address', 'the-code-1&state=x']
  ])('an authorization code out of %s', (_what, value) => {
    const { credential } = main({ ...CODE, 'authorization-code': value })
    expect(revealed(credential)).toMatchObject({ code: 'the-code-1' })
  })

  it('every input without the white space and the invisible characters at its ends', () => {
    const values: Values = {
      ...ACCOUNT,
      ...API_TOKEN,
      scopes: 'read',
      'skip-token-revoke': 'true',
      'export-env': 'true',
      'timeout-seconds': '60',
      'base-url': 'https://acme.zendesk.com'
    }
    const padded = Object.entries(values).map(([name, value]) => [name, `\ufeff ${value}\u200b\u00a0`])
    expect(main(Object.fromEntries(padded) as Values)).toEqual(main(values))
  })

  it('scopes that white space, commas, invisible characters or the dashes of a list separate', () => {
    const scopes = '- tickets:read\n- hc:read,\u200bread\u200busers:read\n-\n'
    expect(main({ ...CLIENT_SECRET, scopes }).scopes).toEqual([
      'tickets:read',
      'hc:read',
      'read',
      'users:read'
    ])
    expect(main({ ...CLIENT_SECRET, scopes: '-' }).hasDefaultScopes).toBe(true)
  })

  it('an e-mail address without the ending `/token`', () => {
    expect(main({ ...API_TOKEN, email: 'ada@acme.example/token' }).credential).toMatchObject({
      email: 'ada@acme.example'
    })
    const emails = ['ada@acme.example', '/token', 'a/tokens@x', 'a@x/token/token']
    expect(emails.map(adminEmail)).toEqual(['ada@acme.example', '', 'a/tokens@x', 'a@x/token'])
  })

  it.each([API_TOKEN, ACCESS_TOKEN])('`read write` as the default of an admin, and no lifetime', (values) => {
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
    expect(main({ ...CLIENT_SECRET, ...values })).toMatchObject({
      scopes: ['tickets:read', 'tickets:write', 'hc:read'],
      hasDefaultScopes: false,
      expiresIn: 300,
      skipRevoke: 'true',
      exportEnv: true,
      jobSummary: true,
      timeoutSeconds: 5,
      origin: 'http://127.0.0.1:8080'
    })
  })
})

describe('readMainInputs refuses', () => {
  it.each<[string, Values, RegExp]>([
    [
      'no subdomain',
      { ...CLIENT_SECRET, subdomain: '' },
      /^Invalid input `subdomain`: it is required, but empty\. Write `acme`/
    ],
    [
      'a base URL with a path, and does not show its password',
      { ...CLIENT_SECRET, 'base-url': 'https://u:pa//ss@x.io/a' },
      /`base-url`: "\*\*\*@x.io\/a" is not an origin\./
    ],
    [
      'an IPv6 address without TLS, as it is',
      { ...CLIENT_SECRET, 'base-url': 'http://[::1]:8080' },
      /`base-url`: "http:\/\/\[::1\]:8080" is not an origin\./
    ],
    ['no client id', { ...CLIENT_SECRET, 'client-id': '' }, /`client-id`: it is required/],
    ['0 as client id', { ...API_TOKEN, 'client-id': '0' }, /`client-id`: 0 is not a possible id\./],
    [
      'two credentials',
      { ...API_TOKEN, ...ACCESS_TOKEN },
      /^Invalid input `access-token`: `api-token` and `access-token` are both set\. Set only one\./
    ],
    [
      'three credentials',
      { ...API_TOKEN, ...ACCESS_TOKEN, ...REFRESH_TOKEN },
      /^Invalid input `access-token`: `api-token` and `access-token` and `refresh-token` are all set\./
    ],
    [
      'a client secret beside an access token',
      { ...ACCESS_TOKEN, ...CLIENT_SECRET },
      /`client-secret` and `access-token` are both set/
    ],
    [
      'an API token without e-mail address',
      { 'api-token': 'the-api-token' },
      /^Invalid input `email`: `api-token` needs the e-mail address/
    ],
    [
      'an e-mail address without API token',
      { email: 'ada@acme.example' },
      /^Invalid input `api-token`: `email` is set, but `api-token` is empty\./
    ],
    ['an invalid e-mail address', { ...API_TOKEN, email: 'ada' }, /`email`: it is not an e-mail address\./],
    [
      'an e-mail address with more behind it',
      { ...API_TOKEN, email: 'ada@acme.example, bob@acme.example' },
      /`email`: it is not an e-mail address\./
    ],
    [
      'an e-mail address with a control character, in one problem',
      { ...API_TOKEN, email: 'a\nb' },
      /^Invalid input `email`: the value contains a control character/
    ],
    [
      'an access token with a line break, in one problem',
      { 'access-token': 'the-access\ntoken' },
      /^Invalid input `access-token`: the value contains a control character.* U\+000A after the 10th character/
    ],
    [
      'an authorization code that is an error, in one problem',
      { ...CODE, 'authorization-code': 'https://x.io/back?error=access_denied&state=x' },
      /^Invalid input `authorization-code`: the browser came back with the error `access_denied`/
    ],
    [
      'an address without a code, in one problem',
      { ...CODE, 'authorization-code': 'https://x.io/back' },
      /^Invalid input `authorization-code`: the address has no `code` in it/
    ],
    [
      'an address in quotes, which would become a part of the code',
      { ...CODE, 'authorization-code': '"https://x.io/back?code=the-code-1"' },
      /^Invalid input `authorization-code`: the value is wrapped in quotes/
    ],
    [
      'an address in angle brackets',
      { ...CODE, 'authorization-code': '<https://x.io/back?code=the-code-1>' },
      /^Invalid input `authorization-code`: the value looks like a variable/
    ],
    [
      'an address with an invisible character, at its place',
      { ...CODE, 'authorization-code': 'https://x.io/back?code=the\u200b-code-1' },
      /^Invalid input `authorization-code`: the value contains an invisible character: U\+200B after the 26th character/
    ],
    [
      'a short code in an address',
      { ...CODE, 'authorization-code': 'https://x.io/back?code=short' },
      /^Invalid input `authorization-code`: the value is shorter than 8 characters/
    ],
    [
      'a control character in a scope',
      { ...CLIENT_SECRET, scopes: 'read\0write' },
      /^Invalid input `scopes`: the value contains a control character.* U\+0000 after the 4th/
    ],
    [
      'a code without redirect URI',
      { ...CODE, 'redirect-uri': '' },
      /`redirect-uri`: `authorization-code` needs it\./
    ],
    [
      'a code without verifier and secret',
      { ...CODE, 'code-verifier': '' },
      /`code-verifier`: `authorization-code` needs it, or `client-secret`/
    ],
    [
      'a verifier without code',
      { ...CLIENT_SECRET, 'code-verifier': 'the-verifier' },
      /`code-verifier`: it is used only with `authorization-code`/
    ],
    [
      'a scope of three words',
      { ...CLIENT_SECRET, scopes: 'read a:b:c' },
      /`scopes`: "a:b:c" cannot be a scope\. Write names such as `tickets:read`/
    ],
    [
      'more than 4 kB of scopes',
      { ...CLIENT_SECRET, scopes: 'x '.repeat(2049) },
      /`scopes`: the value is longer than 4096 characters\./
    ],
    [
      'a lifetime for an API token',
      { ...API_TOKEN, 'expires-in': '3600' },
      /`expires-in`: a token minted with `api-token` cannot be given a lifetime/
    ],
    [
      'a lifetime that is too short',
      { ...CLIENT_SECRET, 'expires-in': '299' },
      /`expires-in`: "299" is not a whole number of seconds from 300 to 172800\./
    ],
    [
      'a timeout that is too long',
      { ...CLIENT_SECRET, 'timeout-seconds': '3601' },
      /`timeout-seconds`: "3601"/
    ],
    [
      'three inputs in one error',
      { ...CLIENT_SECRET, subdomain: '', scopes: 'a b:c:d', 'export-env': 'yes' },
      /^3 invalid inputs: \(1\) `subdomain`: .* \(2\) `scopes`: .* \(3\) `export-env`: /
    ]
  ])('%s', (_what, values, error) => {
    expect(() => main(values)).toThrow(error)
  })

  it.each<[string, Values]>([
    ['client-secret', {}],
    ['api-token', API_TOKEN],
    ['access-token', {}],
    ['authorization-code', CODE],
    ['code-verifier', CODE],
    ['refresh-token', {}]
  ])('a short %s, in one problem', (input, values) => {
    expect(() => main({ ...values, [input]: 'short' })).toThrow(
      new RegExp(`^Invalid input \`${input}\`: the value is shorter than 8 characters`)
    )
  })
})

describe('readMainInputs refuses a client id that', () => {
  const secret = 'abcdefghij'.repeat(4).replace('abcd', '1234')

  it.each<[string, Values, string]>([
    ['is swapped with the client secret', { 'client-secret': 'the-identifier' }, 'client-secret'],
    ['is the client secret', {}, 'client-secret'],
    ['is an API token', { ...API_TOKEN }, 'api-token'],
    ['is a client secret beside a refresh token', { ...REFRESH_TOKEN, ...CLIENT_SECRET }, 'client-secret']
  ])('%s, and does not show it', (_what, values, other) => {
    const read = (): unknown => main({ ...values, 'client-id': secret })
    expect(read).toThrow(/`client-id`: it looks like a secret, so it was masked and not sent\./)
    expect(read).toThrow(`Are \`client-id\` and \`${other}\` swapped?`)
    expect(read).not.toThrow(secret)
  })

  it.each([
    ['contains white space', 'ci bot', 'it contains white space, like the name of a client.'],
    ['is an e-mail address', 'ada@acme.example', 'it is an e-mail address.'],
    [
      'has an invisible character inside',
      'ci\u200bbot',
      'the value contains an invisible character: U+200B after the 2nd'
    ]
  ])('%s', (_what, clientId, problem) => {
    expect(() => main({ ...CLIENT_SECRET, 'client-id': clientId })).toThrow(
      `Invalid input \`client-id\`: ${problem}`
    )
  })
})

it.each([
  ['a UUID', '123e4567-e89b-12d3-a456-426614174000'],
  ['a long identifier', 'company_integration_for_production_systems_2024'],
  ['what looks like a secret, if the secret does as well', '0a1b2c3d4e'.repeat(4)]
])('readMainInputs accepts as client id %s', (_what, clientId) => {
  const values = { 'client-id': clientId, 'client-secret': '9z8y7x6w5v'.repeat(4) }
  expect(main(values).clientId).toBe(clientId)
})

it.each(['subdomain', 'base-url', 'expires-in', 'timeout-seconds', 'export-env', 'email'])(
  'readMainInputs does not show a secret that was written into %s',
  (input) => {
    const secret = '0a1b2c3d4e'.repeat(7)
    const credential = input === 'email' ? API_TOKEN : CLIENT_SECRET
    const read = (): unknown => main({ ...credential, [input]: secret })
    expect(read).toThrow(`\`${input}\``)
    expect(read).not.toThrow(secret.slice(0, 12))
  }
)

describe('readMainInputs warns', () => {
  it.each<[string, Values, string[]]>([
    [
      'of a foreign host',
      { ...CLIENT_SECRET, 'base-url': 'https://proxy.example' },
      ['`base-url`: proxy.example is about to receive the credential, and is not acme.zendesk.com.']
    ],
    [
      'of another account',
      { ...CLIENT_SECRET, 'base-url': 'https://other.zendesk.com' },
      ['`base-url`: other.zendesk.com is about to receive the credential, and is not acme.zendesk.com.']
    ],
    [
      'of a foreign IPv6 address, as it is',
      { ...CLIENT_SECRET, 'base-url': 'https://[2001:db8::1]:8443' },
      ['`base-url`: [2001:db8::1]:8443 is about to receive the credential, and is not acme.zendesk.com.']
    ],
    [
      'of a numeric client id with a grant',
      { ...CLIENT_SECRET, 'client-id': '42' },
      [
        "`client-id`: 42 is a number, but `client-secret` needs the client's unique identifier, such as `ci_bot`."
      ]
    ],
    [
      'of unknown scopes, with the nearest',
      { ...CLIENT_SECRET, scopes: 'tickets:rite read ticket:write' },
      [
        '`scopes`: Zendesk documents no scope tickets:rite (did you mean tickets:write?), ticket:write (did you mean tickets:write?).'
      ]
    ],
    [
      'of a scope that looks like a secret, and does not show it',
      { ...CLIENT_SECRET, scopes: '0a1b2c3d4e'.repeat(4) },
      ['`scopes`: Zendesk documents no scope *** (did you mean ticket_attachments:read?).']
    ],
    [
      "neither of the account's own host, nor of a numeric client id with an API token",
      { ...API_TOKEN, 'client-id': '42', 'base-url': 'https://acme.zendesk.com' },
      []
    ]
  ])('%s', (_what, values, warnings) => {
    const log = new RecordedLog()
    main(values, log)
    expect(log.of('warning')).toEqual(warnings)
  })
})

describe('readSweepInputs reads', () => {
  it('its defaults', () => {
    expect(sweep(CLIENT_SECRET)).toMatchObject({
      olderThan: 86_400_000,
      allUsers: false,
      dryRun: true,
      jobSummary: true,
      timeoutSeconds: 600
    })
  })

  it.each([
    ['api_token', API_TOKEN],
    ['access_token', ACCESS_TOKEN],
    ['client_credentials', CLIENT_SECRET]
  ])('each of its credentials: %s', (kind, values) => {
    const inputs = sweep({ ...values, 'dry-run': 'false', 'all-users': 'true' })
    expect(inputs).toMatchObject({ credential: { kind }, dryRun: false, allUsers: true })
  })

  it.each([
    ['90m', 5_400_000],
    ['36H', 129_600_000],
    ['7d', 604_800_000],
    ['60m', 3_600_000]
  ])('an age of %s', (given, ms) => {
    expect(sweep({ ...CLIENT_SECRET, 'older-than': given }).olderThan).toBe(ms)
  })

  it.each(['59m', '0d', '7', '7w', '1.5h', 'x7d', '7dx'])('no age of %s', (given) => {
    expect(() => sweep({ ...CLIENT_SECRET, 'older-than': given })).toThrow(
      `Invalid input \`older-than\`: "${given}" is not an age of at least an hour. Write \`90m\`, \`36h\` or \`7d\`.`
    )
  })

  it('no refresh token', () => {
    expect(() => sweep(REFRESH_TOKEN)).toThrow('no credential is set')
  })
})
