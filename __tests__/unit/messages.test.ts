import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { type Fault, startZendesk } from '../../mock/zendesk.ts'
import { Cancelled, DeadlineExceeded } from '../../src/lib/deadline.ts'
import { main } from '../../src/main.ts'
import { causeOf, ERRORS, explain, type MessageContext } from '../../src/messages.ts'
import { type ZendeskRequest, type ZendeskResponse } from '../../src/zendesk/connection.ts'
import { type CredentialKind } from '../../src/zendesk/credential.ts'
import { NetworkError, type NetworkErrorKind } from '../../src/zendesk/network-error.ts'
import { unexpectedResponse, ZendeskError, type ErrorKind } from '../../src/zendesk/zendesk-error.ts'
import { GRANT, setUpAccount, TOKENS, type Inputs } from './account.ts'
import { setUpRunner } from './runner-env.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)

/** Runs main with `inputs`; returns its error, or its warning if there is none. */
async function complaint(inputs: Inputs): Promise<string> {
  runner.inputs(inputs)
  try {
    await main(runner.step)
  } catch (error) {
    return (error as Error).message
  }
  return String(runner.all('warning')[0])
}

describe('twenty-five plausible mistakes', () => {
  const { apiToken, accessToken, clientCredentials, authorizationCode, refreshToken } = account
  const atAcme = (more: Inputs): Inputs => ({
    subdomain: 'acme',
    'client-id': 'ci_bot',
    'client-secret': 'the-client-secret',
    ...more
  })
  const failing =
    (fault: Fault, more: Inputs = {}) =>
    (): Inputs => {
      account.zendesk.fault({}, fault)
      return clientCredentials(more)
    }
  const withProxy = (proxy: string) => (): Inputs => {
    process.env['https_proxy'] = proxy
    return atAcme({})
  }
  const cannotMint = 'Could not mint a token: '

  it.each<[mistake: string, inputs: () => Inputs, begins: string, cure: string]>([
    [
      'the client secret is wrong',
      () => clientCredentials({ 'client-secret': 'not-the-client-secret' }),
      `${cannotMint}Zendesk rejected the OAuth client (invalid_client). Check that \`client-id\` (ci_bot) `,
      '`client-secret` is complete and belongs to it'
    ],
    [
      'client-id is the number of the client',
      () => clientCredentials({ 'client-id': '360000000101' }),
      `${cannotMint}Zendesk rejected the OAuth client (invalid_client). Check that \`client-id\` (360000000101) `,
      "is the client's unique identifier in this account, not its number"
    ],
    [
      'client-id is the name of the client',
      () => clientCredentials({ 'client-id': 'CI bot' }),
      'Invalid input `client-id`: "CI bot" contains white space, so it is the name of a client. ',
      'Write the unique identifier of the OAuth client, from Admin Center.'
    ],
    [
      'client-id is an e-mail address',
      () => clientCredentials({ 'client-id': 'ada@acme.example' }),
      'Invalid input `client-id`: "ada@acme.example" is an e-mail address. ',
      'Write the unique identifier of the OAuth client, from Admin Center.'
    ],
    [
      'the client secret was saved with quotes',
      () => clientCredentials({ 'client-secret': '"the-client-secret"' }),
      'Invalid input `client-secret`: the value is wrapped in quotes, ',
      'Save it without them.'
    ],
    [
      'the secret of that name does not exist',
      () => clientCredentials({ 'client-secret': '' }),
      'Invalid input `client-secret`: no credential is set. Set `client-secret` (recommended), ',
      'check that the secret exists in this repository or environment'
    ],
    [
      'the workflow runs for a fork, which gets no secrets',
      () => apiToken({ 'api-token': '' }),
      'Invalid input `api-token`: `email` is set, but `api-token` is empty. ',
      'runs from forks and Dependabot get none'
    ],
    [
      'the subdomain is misspelt',
      failing({ kind: 'html', status: 404 }),
      `${cannotMint}There is no Zendesk account at this address. Check \`subdomain\` (and \`base-url\`): `,
      'It may be misspelt, renamed or closed.'
    ],
    [
      'the subdomain is the URL of a page',
      () => clientCredentials({ subdomain: 'https://acme.zendesk.com/agent' }),
      'Invalid input `subdomain`: "https://acme.zendesk.com/agent" is not a Zendesk subdomain. ',
      'Write `acme`'
    ],
    [
      'the client is public',
      () => clientCredentials({ 'client-id': 'browser_app' }),
      `${cannotMint}Zendesk does not let this OAuth client use this grant (unauthorized_client). The client is public. `,
      'Create a new confidential client'
    ],
    [
      'the client may not have the scope',
      () => {
        const { secret } = account.zendesk.client('tickets_only')
        return clientCredentials({
          'client-id': 'tickets_only',
          'client-secret': String(secret),
          scopes: 'read'
        })
      },
      `${cannotMint}Zendesk rejected the scopes (invalid_scope). `,
      "Request in `scopes` only what the client's allowed scopes in Admin Center include"
    ],
    [
      'a scope is misspelt',
      () => clientCredentials({ scopes: 'read ticket:write' }),
      '`scopes`: Zendesk documents no scope ticket:write ',
      '(did you mean tickets:write?)'
    ],
    [
      'the API token belongs to another e-mail address',
      () => apiToken({ email: 'gus@acme.example' }),
      'Could not look up the client: Zendesk rejected the credentials. ',
      'Check that `api-token` is an active API token of `email`'
    ],
    [
      'the password takes the place of the API token',
      () => apiToken({ 'api-token': 'correct-horse-battery' }),
      'Could not look up the client: Zendesk rejected the credentials. ',
      'Check that `api-token` is an active API token of `email`, not a password.'
    ],
    [
      'the access token has expired',
      () => {
        const [token] = account.zendesk.seedTokens(1, { expiresIn: -1000 })
        return accessToken({ 'access-token': token!.value })
      },
      'Could not look up the client: Zendesk rejected the credentials. The `access-token` has expired, ',
      'Mint another.'
    ],
    [
      'the refresh token was used before',
      () => refreshToken('a-refresh-token-that-was-used'),
      `${cannotMint}Zendesk rejected the grant (invalid_grant). The refresh token was used, `,
      'Save the `refresh-token` output after each run'
    ],
    [
      'the authorization code is older than two minutes',
      () => {
        const inputs = authorizationCode()
        runner.clock.pass(121_000)
        return inputs
      },
      `${cannotMint}Zendesk rejected the grant (invalid_grant). An authorization code works once, for 120 seconds, `,
      'Get another.'
    ],
    [
      'a firewall answers with its page',
      failing({ kind: 'gateway' }),
      `${cannotMint}Something in front of Zendesk answered with a web page. `,
      'Check the firewall and the proxy between the runner and '
    ],
    [
      'the proxy URL begins with https://',
      withProxy('https://proxy.acme.example:8080'),
      `${cannotMint}The proxy URL begins with https://. `,
      'Write `https_proxy` as http://host:port'
    ],
    [
      'the proxy URL has no scheme',
      withProxy('proxy.acme.example:8080'),
      `${cannotMint}The proxy URL cannot be read. `,
      'Write `https_proxy` as http://host:port'
    ],
    [
      'the base URL is not encrypted',
      () => atAcme({ 'base-url': 'http://acme.zendesk.com' }),
      'Invalid input `base-url`: "http://acme.zendesk.com" is not an origin. ',
      'Write https://host or https://host:port'
    ],
    [
      'the timeout is too short for the wait that Zendesk asks for',
      failing({ kind: 'reply', status: 429, headers: { 'Retry-After': '60' } }, { 'timeout-seconds': '30' }),
      `${cannotMint}Zendesk limits the rate of requests. It asks to wait 60 s, more than this step has left. `,
      'raise `timeout-seconds`'
    ],
    [
      'two credentials are set',
      () => apiToken({ 'client-secret': 'the-client-secret' }),
      'Invalid input `client-secret`: `client-secret` and `api-token` are both set. ',
      'Set only one.'
    ],
    [
      'the API token belongs to an agent',
      () => apiToken({ email: 'gus@acme.example', 'api-token': account.zendesk.users[1]!.apiToken! }),
      'Could not look up the client: Zendesk does not allow this. The user of the credential is not an admin, ',
      "Use an admin's credential"
    ]
  ])('%s', async (_mistake, inputs, begins, cure) => {
    expectMessage(await complaint(inputs()), begins, cure)
  })

  it('the runner does not trust the CA of the company', async () => {
    const tls = (name: string): string =>
      readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8')
    const zendesk = await startZendesk({ tls: { key: tls('server-key.pem'), cert: tls('server.pem') } })
    const message = await complaint(atAcme({ 'base-url': `https://localhost:${zendesk.port}` }))
    await zendesk.close()
    const begins = `${cannotMint}The certificate of the server is not trusted (TLS). `
    expectMessage(message, begins, 'give its CA to the runner in `NODE_EXTRA_CA_CERTS`')
  })

  function expectMessage(message: string, begins: string, cure: string): void {
    expect(message.slice(0, begins.length)).toBe(begins)
    expect(message).toContain(cure)
    expect(message.replace(/ \("[^"]*"\)\.?$/, '').length).toBeLessThan(300)
  }
})

const CONTEXT: MessageContext = {
  origin: 'https://acme.zendesk.com',
  clientId: 'ci_bot',
  credential: 'client_credentials',
  timeoutSeconds: 300,
  requestsScopes: true
}
const MINT: ZendeskRequest = { purpose: 'mint a token', method: 'POST', path: GRANT }
/** A mint by an admin, at the endpoint that is deprecated. */
const ADMIN_MINT: ZendeskRequest = { ...MINT, path: TOKENS }
const LIST: ZendeskRequest = {
  purpose: 'look up the client',
  method: 'GET',
  path: '/api/v2/oauth/clients?page[size]=100&page[after]=a-cursor'
}
const HTML = { html: true, json: undefined }

function response(status: number, more: Partial<ZendeskResponse> = {}): ZendeskResponse {
  return {
    status,
    json: {},
    html: false,
    retryAfter: undefined,
    location: undefined,
    date: undefined,
    requestId: undefined,
    ...more
  }
}
const oauth = (error: string): ZendeskResponse => response(400, { json: { error } })

/** The message about a response that does not do what was asked for. */
function messageOf(
  { status, ...more }: ZendeskResponse,
  context: Partial<MessageContext> = {},
  request = MINT,
  kind?: ErrorKind
): string {
  const error = unexpectedResponse(request, response(status, more), kind)
  return explain(error, { ...CONTEXT, ...context }).message
}

describe('the message about a failed request', () => {
  it('says what could not be done, why, what to do, then request, host, status and Zendesk’s own words', () => {
    const json = { error: "Couldn't authenticate you" }
    expect(messageOf(response(401, { json }), { credential: 'access_token' }, ADMIN_MINT)).toBe(
      'Could not mint a token: Zendesk rejected the credentials. The `access-token` has expired, was revoked or is incomplete. Mint another. ' +
        'POST /api/v2/oauth/tokens at acme.zendesk.com: 401 ("Couldn\'t authenticate you").'
    )
  })

  it('ends with the status if Zendesk gave no words, and with the request if there is no status', () => {
    expect(messageOf(response(401))).toMatch(/\. POST \/oauth\/tokens at acme\.zendesk\.com: 401\.$/)
    const error = new ZendeskError('timeout', MINT, undefined, new NetworkError('timeout', true))
    expect(explain(error, CONTEXT).message).toMatch(/\. POST \/oauth\/tokens at acme\.zendesk\.com\.$/)
  })

  it('shows the port of another origin, but no query, which may hold a cursor', () => {
    const origin = 'http://127.0.0.1:8080'
    expect(messageOf(response(400), { origin }, LIST)).toContain(
      'GET /api/v2/oauth/clients at 127.0.0.1:8080: 400'
    )
  })

  it('adds the notes of the error', () => {
    const error = unexpectedResponse(MINT, response(500))
    error.notes.push('An unused token may exist.')
    expect(explain(error, CONTEXT).message).toMatch(/: 500\. An unused token may exist\.$/)
  })

  it('cleans what Zendesk says, and the identifier', () => {
    expect(messageOf(oauth('<b>::error::##[x]\u0000\nboo'))).toContain('(": :error: :## [x] boo")')
    expect(messageOf(response(200), { clientId: 'a\n::b##[c]<i>' }, LIST, 'clientUnknown')).toContain(
      '"a : :b## [c]"'
    )
  })

  it('leaves other errors as they are, and makes an error of anything else that is thrown', () => {
    const bug = new TypeError('a bug')
    expect(explain(bug, CONTEXT)).toBe(bug)
    expect(explain('boo', CONTEXT)).toEqual(new Error('boo'))
  })
})

describe('the cause alone, for a longer sentence', () => {
  it('has the request and the status behind it', () => {
    expect(causeOf(unexpectedResponse(MINT, response(500)))).toBe(
      'Zendesk is unavailable (POST /oauth/tokens: 500)'
    )
  })

  it('is what another error says, without its full stop', () => {
    expect([causeOf(new Error('It is over.')), causeOf('a word.')]).toEqual(['It is over', 'a word'])
  })
})

describe('the cure depends on', () => {
  it.each<[CredentialKind, RegExp]>([
    ['api_token', /active API token of `email`, not a password.*30 days.*2026-07-28.*`client-secret`/],
    ['access_token', /`access-token` has expired, was revoked/],
    ['client_credentials', /`client-id` and `client-secret`/],
    ['authorization_code', /`client-id`.*`code-verifier`/],
    ['refresh_token', /`client-id`.*`client-secret`/]
  ])('the credential that was rejected: %s', (credential, cure) => {
    expect(messageOf(response(401), { credential })).toMatch(cure)
  })

  it.each<[string, ZendeskRequest, RegExp]>([
    ['reading', LIST, /not an admin, or the credential lacks a scope\. .*`read write`/],
    ['minting at the deprecated endpoint', ADMIN_MINT, /not an admin.*deprecated endpoint.*`client-secret`/],
    ['a grant', MINT, /the client in Admin Center.*IP restrictions/]
  ])('what a 403 forbids: %s', (_what, request, cure) => {
    expect(messageOf(response(403), { credential: 'api_token' }, request)).toMatch(cure)
  })

  it('the scopes that a 403 names', () => {
    const description = 'You are missing the following required scopes: users:read, read'
    expect(messageOf(response(403, { json: { error: 'Forbidden', description } }), {}, LIST)).toMatch(
      /^Could not look up the client: The credential lacks a scope\. It needs users:read, read\. /
    )
  })

  it('the client that was rejected: a zis_ client, a number, another', () => {
    const rejected = oauth('invalid_client')
    expect(messageOf(rejected, { clientId: 'zis_acme' })).toMatch(
      /`zis_` cannot use `client-secret`.*`access-token`/
    )
    expect(messageOf(rejected, { clientId: 'zis_acme', credential: 'refresh_token' })).toContain('(zis_acme)')
    expect(messageOf(rejected, { clientId: '4711' })).toContain('unique identifier in this account, not its')
    expect(messageOf(rejected)).toContain('unique identifier in this account, and that `client-secret`')
  })

  it('the grant that the client may not use', () => {
    expect(messageOf(oauth('unauthorized_client'))).toMatch(/public.*new confidential client.*new secret/)
    const other = messageOf(oauth('unauthorized_client'), { credential: 'refresh_token' })
    expect(other).toContain('Allow the grant for the client in Admin Center')
  })

  it('whether scopes were requested that Zendesk rejected, and what for', () => {
    const rejected = oauth('invalid_scope')
    expect(messageOf(rejected)).toContain("only what the client's allowed scopes")
    expect(messageOf(rejected, { requestsScopes: false })).toContain('Set `scopes`: ')
    expect(messageOf(rejected, {}, { ...MINT, purpose: 'mint a cleanup token' })).toMatch(
      /^Could not mint a cleanup token: .*Allow `read` and `write`/
    )
  })

  it('the grant that Zendesk rejected', () => {
    const rejected = oauth('invalid_grant')
    const code = messageOf(rejected, { credential: 'authorization_code' })
    expect(code).toMatch(/once, for 120 seconds.*`redirect-uri`, `code-verifier`/)
    expect(messageOf(rejected, { credential: 'refresh_token' })).toMatch(/was used.*never let two runs share/)
  })

  it('where the deprecated endpoint is gone: the credential, and perhaps the client', () => {
    expect(messageOf(response(410), { credential: 'api_token' }, ADMIN_MINT)).toMatch(
      /no longer mints.*2026-08-26.*`client-secret` instead of `api-token`.*client ci_bot exists/
    )
  })

  it('where a redirect points to: the host, and nothing more of it', () => {
    const location = 'https://user:password@login.acme.example:8443/path/?code=secret#secret'
    const message = messageOf(response(302, { location }))
    expect(message).toMatch(/redirect.*points to login\.acme\.example:8443\. Check `subdomain`/)
    expect(message).not.toMatch(/secret|password|path/)
    expect(messageOf(response(302, { location: '/relative' }))).toContain('points to acme.zendesk.com.')
  })

  it.each([undefined, 'http://', 'mailto:ann@acme.example', 'javascript:alert(1)'])(
    'where a redirect points to: no host in %j',
    (location) => {
      expect(messageOf(response(302, { location }))).toContain('points to a place that it does not name.')
    }
  )

  it.each([429, 503])('how long a %d asks to wait, if that does not fit', (status) => {
    const error = new ZendeskError('rateLimit', MINT, { ...response(status), unfittingWait: 86_399.2 })
    expect(explain(error, CONTEXT).message).toContain('asks to wait 86400 s, more than this step has left. ')
    expect(messageOf(response(status))).not.toContain('asks to wait')
  })

  it.each<[string, ZendeskResponse, ZendeskRequest, RegExp]>([
    ['429', response(429), MINT, /fewer jobs.*`timeout-seconds`/],
    ['500', response(500), MINT, /status\.zendesk\.com/],
    ['403 with a web page', response(403, HTML), MINT, /not Zendesk's own.*firewall.*acme\.zendesk\.com/],
    ['404 with a web page', response(404, HTML), MINT, /`subdomain` \(and `base-url`\): acme\.zendesk\.com/],
    ['200 without JSON', response(200, { json: undefined }), MINT, /Run the job again/],
    [
      '422 at the deprecated mint',
      response(422),
      ADMIN_MINT,
      /no client "ci_bot"\. Write the unique identifier/
    ],
    ['400', response(400), MINT, /Check the inputs/]
  ])('the status: %s', (_status, given, request, cure) => {
    expect(messageOf(given, {}, request)).toMatch(cure)
  })

  it.each<[NetworkErrorKind, string, RegExp]>([
    ['dns', 'ENOTFOUND', /DNS.*`subdomain`.*acme\.zendesk\.com/],
    ['certificate', 'CERT_HAS_EXPIRED', /TLS.*`NODE_EXTRA_CA_CERTS`/],
    ['tls', 'EPROTO', /TLS.*`base-url`/],
    ['connection', 'ECONNREFUSED', /reached.*acme\.zendesk\.com.*`https_proxy`/],
    ['proxy', 'ECONNREFUSED', /proxy.*`https_proxy`/],
    ['proxyRefused', '407', /proxy refused.*user name and a password/],
    ['proxyRefused', '403', /proxy refused.*Allow acme\.zendesk\.com.*`no_proxy`/],
    ['proxyUnreadable', 'HTTPS_PROXY', /`HTTPS_PROXY` as http:\/\/host:port/],
    ['proxyIsHttps', 'https_proxy', /`https_proxy` as http:\/\/host:port/],
    ['brokenOff', 'ECONNRESET', /broke.*Run the job again/],
    ['tooLarge', '', /1 MiB.*`base-url`/],
    ['unsendable', 'ERR_INVALID_CHAR', /could not be sent.*inputs/],
    ['timeout', '', /in time.*the step 300 s.*`timeout-seconds`/]
  ])('what happened to the connection: %s %s', (kind, code, cure) => {
    const error = new ZendeskError(kind, MINT, undefined, new NetworkError(kind, false, code))
    const { message } = explain(error, CONTEXT)
    expect(message).toMatch(cure)
    expect(message).toMatch(code === '' ? /acme\.zendesk\.com\.$/ : new RegExp(`: ${code}\\.$`))
  })

  it('why the step ended early: its timeout, or a cancelled job', () => {
    const late = new ZendeskError('deadline', MINT, undefined, new DeadlineExceeded(300))
    expect(explain(late, CONTEXT).message).toMatch(/had 300 s.*`timeout-seconds`/)
    const cancelled = new ZendeskError('cancelled', MINT, undefined, new Cancelled())
    expect(explain(cancelled, CONTEXT).message).toMatch(/The job was cancelled\. Nothing more was started\./)
  })
})

describe('every kind of error', () => {
  const all = Object.entries(ERRORS) as [ErrorKind, (typeof ERRORS)[ErrorKind]][]

  it.each(all)('%s has a cause and a cure in whole sentences, whatever else is known', (kind, { cause }) => {
    const json = { error: 'You are missing the following required scopes: read' }
    const known = kind === 'missingScope' ? response(403, { json }) : undefined
    const { message } = explain(new ZendeskError(kind, LIST, known), CONTEXT)
    expect(cause).toMatch(/^[A-Z].*[^.]$/)
    expect(message).toMatch(/^Could not look up the client: [A-Z][^]+\. [A-Z`][^]+\. GET [^]+\.$/)
    expect(message).not.toMatch(/undefined|\bNaN\b|\.\.|  /)
    expect(message.length).toBeLessThan(300)
  })

  it('begins differently, so that the documentation can be found by its words', () => {
    expect(new Set(all.map(([, { cause }]) => cause)).size).toBe(all.length)
  })
})
