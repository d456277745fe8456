import { describe, expect, it } from '@jest/globals'
import { InputError } from '../../../src/inputs/input-reader.ts'
import {
  readMainInputs,
  readSweepInputs,
  rereadCredential,
  type MainInputs,
  type SweepInputs
} from '../../../src/inputs/inputs.ts'
import { type Secret } from '../../../src/lib/secret.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()

const account = { subdomain: 'acme', 'client-id': 'ci_bot' }
const A = { ...account, email: 'ada@acme.example', 'api_token': 'the-api-token' }
const B = { ...account, 'access_token': 'the-access-token' }
const C = { ...account, 'client_credentials': 'the-client-secret' }
const D = {
  ...account,
  'authorization_code': 'the-code',
  'redirect-uri': 'https://acme.example/back',
  'code-verifier': 'the-verifier'
}
const E = { ...account, 'refresh_token': 'the-refresh-token' }
const NONE = 'no credential is set: set client-secret'
const CAUSE =
  /a secret arrives empty where none of that name exists, and in a run from a fork or by Dependabot, to which GitHub gives no secrets/

type Given = Record<string, string | undefined>

function mintInputs(given: Given): MainInputs {
  runner.inputs(given)
  return readMainInputs()
}

function sweepInputs(given: Given): SweepInputs {
  runner.inputs(given)
  return readSweepInputs()
}

/** The problems that are told of, as `input: what`. */
function problems(given: Given, read: (given: Given) => unknown = mintInputs): string[] {
  try {
    read(given)
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    const { message } = error as Error
    const [, several] = /^The inputs need \d+ corrections: (.*)\.$/s.exec(message) ?? []
    const [, one] = /^An input needs a correction: (.*)\.$/s.exec(message) ?? []
    return several?.split(/(?:^|; )\(\d+\) /).slice(1) ?? [String(one)]
  }
  return []
}

/** The inputs that are told of as wrong. */
function wrong(given: Given, read?: (given: Given) => unknown): string[] {
  return problems(given, read).map((problem) => problem.slice(0, problem.indexOf(':')))
}

/** What a credential holds, secrets revealed. */
function plain(credential: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(credential).map(([name, value]) => [
      name,
      typeof value === 'object' ? (value as Secret).reveal() : (value as unknown)
    ])
  )
}

describe('the subdomain', () => {
  it.each([
    'acme',
    'ACME',
    'acme.zendesk.com',
    'Acme.Zendesk.COM/',
    'https://acme.zendesk.com/',
    'HTTPS://acme.zendesk.com',
    ' acme \n'
  ])('%j means acme', (subdomain) => {
    const { subdomain: read, origin } = mintInputs({ ...C, subdomain })
    expect([read, origin]).toEqual(['acme', 'https://acme.zendesk.com'])
  })

  it.each([
    'http://acme.zendesk.com',
    'acme.example.com',
    'acme/evil',
    'acme.zendesk.com.evil.example',
    'evil.example/.zendesk.com',
    'a@b',
    '-acme',
    'acme-',
    'a_b',
    'a b',
    'a'.repeat(64),
    'acme?x',
    'acme#x',
    'acme:443'
  ])('%j means nothing', (subdomain) => {
    expect(wrong({ ...C, subdomain })).toEqual(['subdomain'])
    expect(wrong({ ...C, subdomain }, sweepInputs)).toEqual(['subdomain'])
  })
})

describe('the base-url', () => {
  it('is repeated without the password that somebody wrote into it', () => {
    const told = problems({
      ...C,
      subdomain: 'https://ann:hunter2@acme',
      'base-url': 'https://ann:hunter2@acme.example'
    })
    expect(told.join()).toMatch(
      /subdomain: "https:\/\/\*\*\*@acme".*base-url: "https:\/\/\*\*\*@acme\.example"/
    )
    expect(told.join()).not.toMatch(/hunter2/)
  })

  it.each([
    ['https://eu.acme.zendesk.com/', 'https://eu.acme.zendesk.com', 0],
    ['HTTPS://Acme.Zendesk.com:8443', 'https://acme.zendesk.com:8443', 0],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 0],
    ['http://127.9.9.9', 'http://127.9.9.9', 0],
    ['http://localhost:1', 'http://localhost:1', 0],
    ['https://proxy.example', 'https://proxy.example', 1],
    ['https://acme.zendesk.com.evil.example', 'https://acme.zendesk.com.evil.example', 1],
    ['https://notzendesk.com', 'https://notzendesk.com', 1]
  ])('%s is taken as %s, with %d warning', (base, origin, count) => {
    for (const read of [mintInputs({ ...C, 'base-url': base }), sweepInputs({ ...C, 'base-url': base })]) {
      expect(read.origin).toBe(origin)
      expect(read.of('warning')).toHaveLength(count)
      if (count > 0) expect(read.of('warning')[0]).toContain(new URL(origin).host)
    }
  })

  it.each([
    'http://acme.zendesk.com',
    'http://127.0.0.1.evil.example',
    'http://128.0.0.1',
    'https://acme.zendesk.com/api',
    'https://acme.zendesk.com?x',
    'https://acme.zendesk.com#x',
    'https://user:password@acme.zendesk.com',
    'ftp://acme.zendesk.com',
    'acme.zendesk.com',
    'https://',
    'https://a b'
  ])('%s is refused', (base) => {
    expect(wrong({ ...C, 'base-url': base })).toEqual(['base-url'])
  })

  it('leaves the subdomain required', () => {
    expect(wrong({ ...C, subdomain: '', 'base-url': 'https://acme.zendesk.com' })).toEqual(['subdomain'])
  })
})

describe('the credential', () => {
  it('is A, with the e-mail as the Basic header wants it', () => {
    const expected = { kind: 'api_token', email: 'ada@acme.example', apiToken: 'the-api-token' }
    expect(plain(mintInputs(A).credential)).toEqual(expected)
    expect(plain(mintInputs({ ...A, email: ' ada@acme.example/token ' }).credential)).toEqual(expected)
    expect(plain(sweepInputs(A).credential)).toEqual(expected)
  })

  it('is B', () => {
    const expected = { kind: 'access_token', accessToken: 'the-access-token' }
    expect(plain(mintInputs(B).credential)).toEqual(expected)
    expect(plain(sweepInputs(B).credential)).toEqual(expected)
  })

  it('is C', () => {
    const expected = {
      kind: 'client_credentials',
      clientSecret: 'the-client-secret',
      authMethod: 'client_secret_post'
    }
    expect(plain(mintInputs(C).credential)).toEqual(expected)
    const basic = sweepInputs({ ...C, 'token-endpoint-auth-method': 'CLIENT_SECRET_BASIC' })
    expect(plain(basic.credential)).toEqual({ ...expected, authMethod: 'client_secret_basic' })
  })

  it('is D, with a verifier, a secret or both', () => {
    const authMethod = 'client_secret_post'
    const code = {
      kind: 'authorization_code',
      code: 'the-code',
      redirectUri: 'https://acme.example/back',
      authMethod
    }
    expect(plain(mintInputs(D).credential)).toEqual({
      ...code,
      codeVerifier: 'the-verifier',
      clientSecret: undefined
    })
    const secret = { ...D, 'client_credentials': 'the-client-secret' }
    expect(plain(mintInputs(secret).credential)).toMatchObject({
      codeVerifier: 'the-verifier',
      clientSecret: 'the-client-secret'
    })
    expect(plain(mintInputs({ ...secret, 'code-verifier': '' }).credential)).toMatchObject({
      codeVerifier: undefined,
      clientSecret: 'the-client-secret'
    })
  })

  it('is E, with a secret or without', () => {
    const expected = {
      kind: 'refresh_token',
      refreshToken: 'the-refresh-token',
      authMethod: 'client_secret_post'
    }
    expect(plain(mintInputs(E).credential)).toEqual({ ...expected, clientSecret: undefined })
    expect(plain(mintInputs({ ...E, 'client_credentials': 'the-client-secret' }).credential)).toEqual({
      ...expected,
      clientSecret: 'the-client-secret'
    })
  })

  it('has to be there', () => {
    const [problem] = problems(account)
    expect(problem).toMatch(`client-secret: ${NONE}`)
    expect(problem).toMatch(CAUSE)
    expect(problems(account)).toHaveLength(1)
    expect(wrong(account, sweepInputs)).toEqual(['client_credentials'])
  })

  it.each([
    [{ ...A, ...B }, 'api-token and access-token'],
    [{ ...B, ...E }, 'access-token and refresh-token'],
    [{ ...D, ...E }, 'authorization-code and refresh-token'],
    [{ ...A, ...E }, 'api-token and refresh-token']
  ])('is one: %j', (given, names) => {
    expect(problems(given)).toEqual([`${names}: only one credential can be used: leave the others out`])
  })

  it('is not two, whichever are given beside a third', () => {
    expect(wrong({ ...A, ...B, ...D })[0]).toBe('api-token and access-token and authorization-code')
  })

  it.each([
    [{ ...A, 'client_credentials': 'the-client-secret' }, ['client_credentials']],
    [{ ...B, 'client_credentials': 'the-client-secret' }, ['client_credentials']],
    [{ ...A, email: '' }, ['email']],
    [{ ...A, 'api_token': '' }, ['api_token']],
    [{ ...C, email: 'ada@acme.example' }, ['api_token']],
    [{ ...B, email: 'ada@acme.example' }, ['api_token']],
    [{ ...C, 'redirect-uri': 'https://x.io' }, ['redirect-uri']],
    [{ ...E, 'code-verifier': 'the-verifier' }, ['code-verifier']],
    [{ ...D, 'redirect-uri': '' }, ['redirect-uri']],
    [{ ...D, 'code-verifier': '' }, ['code-verifier']],
    [{ ...D, 'authorization_code': '' }, ['redirect-uri', 'code-verifier', 'client_credentials']]
  ])('wants what belongs together: %j', (given, names) => {
    expect(wrong(given)).toEqual(expect.arrayContaining(names))
    expect(wrong(given)).toHaveLength(names.length)
  })

  it.each([
    { ...A, 'api_token': '' },
    { ...D, 'code-verifier': '' },
    { ...C, 'client_credentials': '' }
  ])('may be empty because GitHub gave no secret: %j', (given) => {
    expect(problems(given).join()).toMatch(CAUSE)
  })

  it.each([
    [{ ...A, 'api_token': 'short' }, 'api_token'],
    [{ ...B, 'access_token': 'short' }, 'access_token'],
    [{ ...C, 'client_credentials': 'short' }, 'client_credentials'],
    [{ ...D, 'authorization_code': 'short' }, 'authorization_code'],
    [{ ...D, 'code-verifier': 'short' }, 'code-verifier'],
    [{ ...E, 'refresh_token': 'short' }, 'refresh_token'],
    [{ ...E, 'client_credentials': 'short' }, 'client_credentials']
  ])('has no secret shorter than eight characters: %j', (given, name) => {
    expect(problems(given)).toEqual([expect.stringMatching(`^${name}: it is shorter than 8 characters`)])
    expect(problems(given).join()).not.toContain('"short"')
  })

  it.each(['line\nbreak-in-it', 'bell\u0007-in-it'])('has no control character: %j', (secret) => {
    for (const [given, name] of [
      [A, 'api_token'],
      [B, 'access_token'],
      [C, 'client_credentials'],
      [D, 'authorization_code'],
      [D, 'code-verifier'],
      [E, 'refresh_token']
    ] as const) {
      expect(problems({ ...given, [name]: secret })).toEqual([
        expect.stringMatching(`^${name}: there is a control character`)
      ])
    }
  })

  it('has an access token of visible ASCII characters, 8192 at most', () => {
    expect(plain(mintInputs({ ...B, 'access_token': 'x'.repeat(8192) }).credential)).toBeTruthy()
    for (const token of ['two words', 'ümlaut-in-it', 'x'.repeat(8193)])
      expect(wrong({ ...B, 'access_token': token })).toEqual(['access_token'])
  })

  it.each(['ada', 'ada@', '@acme.example', 'a b@c', 'ada@acme@example', 'a:b@c', '/token', '@/token'])(
    'has an e-mail that is one, not %j',
    (email) => {
      expect(wrong({ ...A, email })).toEqual(['email'])
    }
  )

  it('has an e-mail without control characters', () => {
    expect(problems({ ...A, email: 'ada\n@acme.example' })).toEqual([
      expect.stringMatching('^email: there is a control character')
    ])
  })

  it('does not take a way for the secret that is none', () => {
    expect(wrong({ ...C, 'token-endpoint-auth-method': 'none' })).toEqual(['token-endpoint-auth-method'])
  })

  it('is not D or E in a sweep', () => {
    expect(wrong(E, sweepInputs)).toEqual(['client_credentials'])
  })
})

describe('the client-id', () => {
  it('is required', () => {
    expect(wrong({ ...C, 'client-id': '' })).toEqual(['client-id'])
    expect(wrong({ ...A, 'client-id': ' ' }, sweepInputs)).toEqual(['client-id'])
  })

  it('may be a number with A and B, and gets a warning with the others', () => {
    const number = { 'client-id': '360000000101' }
    for (const given of [A, B]) {
      expect(mintInputs({ ...given, ...number })).toMatchObject({ clientId: '360000000101', warnings: [] })
      expect(sweepInputs({ ...given, ...number }).of('warning')).toEqual([])
    }
    const warnings = [expect.stringMatching(/client-id: 360000000101 is a number.* the unique identifier/)]
    for (const given of [C, D, E]) expect(mintInputs({ ...given, ...number })).toMatchObject({ warnings })
    expect(sweepInputs({ ...C, ...number })).toMatchObject({ warnings })
  })

  it.each(['0', '9007199254740992', '9'.repeat(30)])('is no number that is no id: %s', (id) => {
    expect(wrong({ ...A, 'client-id': id })).toEqual(['client-id'])
    expect(wrong({ ...C, 'client-id': id })).toEqual([])
  })
})

describe('the scopes', () => {
  it('are separated by spaces, commas or newlines, each once', () => {
    expect(
      mintInputs({ ...C, scopes: ' tickets:read,tickets:write\n\tusers:read  tickets:read, ' }).scopes
    ).toEqual(['tickets:read', 'tickets:write', 'users:read'])
  })

  it.each([
    ['A', A],
    ['B', B],
    ['C', C]
  ])('are read and write for %s where they are empty', (_name, given) => {
    expect(mintInputs(given).scopes).toEqual(['read', 'write'])
  })

  it.each([
    ['D', D],
    ['E', E]
  ])('are not asked for with %s where they are empty', (_name, given) => {
    expect(mintInputs(given).scopes).toEqual([])
    expect(mintInputs({ ...given, scopes: 'read' }).scopes).toEqual(['read'])
  })

  it('are an error where they cannot be scopes', () => {
    expect(problems({ ...C, scopes: 'read "write" tickets::read {all}' })).toEqual([
      expect.stringMatching(/^scopes: ""write" tickets: :read \{all\}" cannot be scopes/)
    ])
  })

  it('are worth a warning with the nearest name where Zendesk documents none such', () => {
    expect(mintInputs({ ...C, scopes: 'read ticket:read Write' }).of('warning')).toEqual([
      'scopes: Zendesk documents no scope ticket:read (did you mean tickets:read?), Write (did you mean write?)'
    ])
    expect(mintInputs({ ...C, scopes: 'read tickets:read impersonate' }).of('warning')).toEqual([])
  })
})

describe('expires-in', () => {
  it.each([
    ['C', C],
    ['D', D],
    ['E', E]
  ])('is 300 to 172800 for %s, and 3600 where it is empty', (_name, given) => {
    const read = (value: string): unknown => mintInputs({ ...given, 'expires-in': value }).expiresIn
    expect(['', '300', '172800'].map(read)).toEqual([3600, 300, 172_800])
    for (const value of ['299', '172801', '1h'])
      expect(wrong({ ...given, 'expires-in': value })).toEqual(['expires-in'])
  })

  it.each([
    ['A', A],
    ['B', B]
  ])('does not go with %s', (_name, given) => {
    expect(mintInputs(given).expiresIn).toBeUndefined()
    expect(problems({ ...given, 'expires-in': '3600' })).toEqual([
      expect.stringMatching(/^expires-in: a token minted with .* cannot be given a lifetime/)
    ])
  })
})

describe('the other inputs of the main step', () => {
  it('have defaults', () => {
    expect(mintInputs(C)).toMatchObject({
      skipRevoke: 'auto',
      exportEnv: false,
      jobSummary: false,
      timeoutSeconds: 300,
      warnings: []
    })
  })

  it('are read in any case of their letters', () => {
    const given = {
      'skip-token-revoke': 'TRUE',
      'export-env': 'True',
      'job-summary': 'tRUE',
      'timeout-seconds': '5'
    }
    expect(mintInputs({ ...C, ...given })).toMatchObject({
      skipRevoke: 'true',
      exportEnv: true,
      jobSummary: true,
      timeoutSeconds: 5
    })
  })

  it.each([
    ['skip-token-revoke', 'yes'],
    ['export-env', '1'],
    ['job-summary', 'on'],
    ['timeout-seconds', '4'],
    ['timeout-seconds', '3601'],
    ['timeout-seconds', '1.5']
  ])('refuse %s: %s', (name, value) => {
    expect(wrong({ ...C, [name]: value })).toEqual([name])
  })
})

describe('all inputs that are wrong', () => {
  it('are told of in one error, each with what was wrong with it', () => {
    const given = {
      subdomain: 'no subdomain',
      'client-id': '',
      'api_token': 'short',
      'access_token': 'two words',
      'client_credentials': 'x',
      'code-verifier': 'a\tb',
      scopes: '!',
      'expires-in': '1',
      'skip-token-revoke': 'maybe',
      'export-env': 'x',
      'job-summary': 'x',
      'timeout-seconds': 'x',
      'base-url': 'x',
      'token-endpoint-auth-method': 'x'
    }
    expect(new Set(wrong(given))).toEqual(
      new Set([
        ...Object.keys(given).filter((name) => name !== 'access_token' && name !== 'api_token'),
        'api-token and access-token',
        'api_token',
        'email'
      ])
    )
    expect(() => mintInputs(given)).toThrow(/^The inputs need \d+ corrections: \(1\) subdomain: /)
  })

  it('are told of once each where they have a control character', () => {
    const names = ['subdomain', 'client-id', 'base-url', 'skip-token-revoke', 'export-env', 'timeout-seconds']
    const given = { ...C, ...Object.fromEntries(names.map((name) => [name, 'a\u0000b'])) }
    expect(wrong(given).sort()).toEqual([...names].sort())
    expect(wrong({ ...C, 'older-than': '2\n4h' }, sweepInputs)).toEqual(['older-than'])
  })

  it('are quoted without what could harm a log', () => {
    const [problem = ''] = problems({ ...C, subdomain: 'x::error::y ##[group] <b>' + 'z'.repeat(400) })
    expect(problem).not.toMatch(/::|##\[|<b>|z{200}/)
  })
})

describe('the inputs of the sweep', () => {
  it('have defaults', () => {
    expect(sweepInputs(C)).toMatchObject({
      olderThan: 24 * 3_600_000,
      allUsers: false,
      dryRun: true,
      jobSummary: true,
      timeoutSeconds: 600
    })
  })

  it('are read in any case of their letters', () => {
    const given = {
      'all-users': 'TRUE',
      'dry-run': 'False',
      'job-summary': 'FALSE',
      'timeout-seconds': '3600'
    }
    expect(sweepInputs({ ...C, ...given })).toMatchObject({
      allUsers: true,
      dryRun: false,
      jobSummary: false,
      timeoutSeconds: 3600
    })
  })

  it.each([
    ['60m', 1],
    ['90m', 1.5],
    ['1h', 1],
    ['36H', 36],
    ['7d', 168]
  ])('take %s as an age', (age, hours) => {
    expect(sweepInputs({ ...C, 'older-than': age }).olderThan).toBe(hours * 3_600_000)
  })

  it.each(['59m', '0h', '0d', '24', 'h', '1.5h', '-1d', '1w', '1h30m', '1 h', '9999999d', '3600s'])(
    'take no age like %s',
    (age) => {
      expect(wrong({ ...C, 'older-than': age }, sweepInputs)).toEqual(['older-than'])
    }
  )

  it.each(['all-users', 'dry-run', 'job-summary'])('refuse another value for %s', (name) => {
    expect(wrong({ ...C, [name]: 'no' }, sweepInputs)).toEqual([name])
  })
})

describe('rereadCredential', () => {
  it('takes the credential of the given kind from the inputs as they are', () => {
    runner.inputs({ ...A, ...B, ...C, email: 'x/token' })
    const basic = 'client_secret_basic'
    expect(plain(rereadCredential('api_token', basic)!)).toEqual({
      kind: 'api_token',
      email: 'x',
      apiToken: 'the-api-token'
    })
    expect(plain(rereadCredential('access_token', basic)!)).toEqual({
      kind: 'access_token',
      accessToken: 'the-access-token'
    })
    expect(plain(rereadCredential('client_credentials', basic)!)).toEqual({
      kind: 'client_credentials',
      clientSecret: 'the-client-secret',
      authMethod: basic
    })
  })

  it.each(['authorization_code', 'refresh_token'] as const)('takes none for %s, which is used up', (kind) => {
    runner.inputs({ ...D, ...E })
    expect(rereadCredential(kind, 'client_secret_post')).toBeUndefined()
  })
})
