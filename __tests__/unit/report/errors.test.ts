import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { type Fault, startZendesk } from '../../../mock/zendesk.ts'
import { main } from '../../../src/main.ts'
import { causeOf, CURES, explain, type MessageContext } from '../../../src/report/errors.ts'
import { type ZendeskResponse } from '../../../src/zendesk/http/response.ts'
import { type ZendeskRequest } from '../../../src/zendesk/http/request.ts'
import { CREDENTIAL_KINDS, type CredentialKind } from '../../../src/zendesk/credential.ts'
import { type ProxySetting } from '../../../src/zendesk/http/proxy.ts'
import { NetworkError, type NetworkErrorKind } from '../../../src/zendesk/http/network-error.ts'
import {
  CAUSES,
  unexpectedResponse,
  ZendeskError,
  type ErrorKind
} from '../../../src/zendesk/http/zendesk-error.ts'
import { setUpAccount } from '../../support/account.ts'
import { setUpRunner } from '../../support/runner-env.ts'
import { GRANT, type Inputs, TOKENS } from '../../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)

/** The length of a message without the server's words. */
function lengthOf(message: string): number {
  return message.replace(/ \("[^"]*"\)\.?$/, '').length
}

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

describe('explain names the cause and the cure if', () => {
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

  it.each<[mistake: string, inputs: () => Inputs, message: string]>([
    [
      'the client secret is wrong',
      () => clientCredentials({ 'client-secret': 'not-the-client-secret' }),
      "Could not mint a token: Zendesk rejected the OAuth client (invalid_client). Check that `client-id` (ci_bot) is the client's unique identifier in this account, and that `client-secret` is complete and belongs to it."
    ],
    [
      'client-id is the number of the client',
      () => clientCredentials({ 'client-id': '360000000101' }),
      "Could not mint a token: Zendesk rejected the OAuth client (invalid_client). Check that `client-id` (360000000101) is the client's unique identifier in this account, not its number, and that `client-secret` is complete and belongs to it."
    ],
    [
      'client-id is the name of the client',
      () => clientCredentials({ 'client-id': 'CI bot' }),
      'Invalid input `client-id`: it contains white space, like the name of a client. Write the unique identifier of the OAuth client, from Admin Center.'
    ],
    [
      'client-id is an e-mail address',
      () => clientCredentials({ 'client-id': 'ada@acme.example' }),
      'Invalid input `client-id`: it is an e-mail address. Write the unique identifier of the OAuth client, from Admin Center.'
    ],
    [
      'the client secret was saved with quotes',
      () => clientCredentials({ 'client-secret': '"the-client-secret"' }),
      'Invalid input `client-secret`: the value is wrapped in quotes, which would be sent as part of it. Save it without them.'
    ],
    [
      'the client secret is JSON from a vault',
      () => clientCredentials({ 'client-secret': '{"secret":"the-client-secret"}' }),
      'Invalid input `client-secret`: the value looks like JSON. Take the one value out of it, and give only that.'
    ],
    [
      'nobody replaced the variable in the client secret',
      () => clientCredentials({ 'client-secret': '$CLIENT_SECRET' }),
      'Invalid input `client-secret`: the value looks like a variable, an expression or a placeholder that nobody replaced. Save the secret itself, and pass it as `${{ secrets.NAME }}`.'
    ],
    [
      'the client secret was copied from a chat',
      () => clientCredentials({ 'client-secret': 'the-\u200bclient-secret' }),
      'Invalid input `client-secret`: the value contains an invisible character: U+200B after the 4th character. Copy the value again without it, or type it.'
    ],
    [
      'client-id and client-secret are swapped',
      () => clientCredentials({ 'client-id': '0a1b2c3d4e'.repeat(4), 'client-secret': 'the-client-id' }),
      'Invalid input `client-id`: it looks like a secret, so it was masked and not sent. Are `client-id` and `client-secret` swapped? Write the unique identifier of the OAuth client, from Admin Center.'
    ],
    [
      'the secret of that name does not exist',
      () => clientCredentials({ 'client-secret': '' }),
      'Invalid input `client-secret`: no credential is set. Set `client-secret` (recommended), or `email` and `api-token`. If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.'
    ],
    [
      'the workflow runs for a fork, which gets no secrets',
      () => apiToken({ 'api-token': '' }),
      'Invalid input `api-token`: `email` is set, but `api-token` is empty. Set it, or remove `email`. If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.'
    ],
    [
      'the subdomain is misspelt',
      failing({ kind: 'html', status: 404 }),
      'Could not mint a token: There is no Zendesk account at this address. Check `subdomain` (and `base-url`): HOST does not respond as an account does. It may be misspelt, renamed or closed.'
    ],
    [
      'the subdomain is another address',
      () => clientCredentials({ subdomain: 'https://help.acme.example/hc' }),
      'Invalid input `subdomain`: "https://help.acme.example/hc" is not a Zendesk subdomain. Write `acme`, `acme.zendesk.com` or `https://acme.zendesk.com/`.'
    ],
    [
      'the client is public',
      () => clientCredentials({ 'client-id': 'browser_app' }),
      'Could not mint a token: Zendesk does not let this OAuth client use this grant (unauthorized_client). The client is public. Create a new confidential client: changing the kind of this one makes a new secret.'
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
      "Could not mint a token: Zendesk rejected the scopes (invalid_scope). Request in `scopes` only what the client's allowed scopes in Admin Center include, or extend them there."
    ],
    [
      'a scope is misspelt',
      () => clientCredentials({ scopes: 'read ticket:write' }),
      '`scopes`: Zendesk documents no scope ticket:write (did you mean tickets:write?).'
    ],
    [
      'the API token belongs to another e-mail address',
      () => apiToken({ email: 'gus@acme.example' }),
      'Could not look up the client: Zendesk rejected the credentials. Check that `api-token` is an active API token of `email`, not a password. One unused for 30 days is deactivated; accounts created since 2026-07-28 have none: use `client-secret`.'
    ],
    [
      'the password takes the place of the API token',
      () => apiToken({ 'api-token': 'correct-horse-battery' }),
      'Could not look up the client: Zendesk rejected the credentials. Check that `api-token` is an active API token of `email`, not a password. One unused for 30 days is deactivated; accounts created since 2026-07-28 have none: use `client-secret`.'
    ],
    [
      'the access token has expired',
      () => {
        const [token] = account.zendesk.seedTokens(1, { expiresIn: -1000 })
        return accessToken({ 'access-token': token!.value })
      },
      'Could not look up the client: Zendesk rejected the credentials. The `access-token` has expired, was revoked or is incomplete. Mint another.'
    ],
    [
      'the refresh token was used before',
      () => refreshToken('a-refresh-token-that-was-used'),
      'Could not mint a token: Zendesk rejected the grant (invalid_grant). The refresh token was used, was revoked or has expired. Save the `refresh-token` output after each run, and never let two runs share one. Start again with an authorization code.'
    ],
    [
      'the authorization code is older than two minutes',
      () => {
        const inputs = authorizationCode()
        runner.clock.pass(121_000)
        return inputs
      },
      'Could not mint a token: Zendesk rejected the grant (invalid_grant). An authorization code works once, for 120 seconds, and only with the same `redirect-uri`, `code-verifier` and client. Get another.'
    ],
    [
      'a firewall answers with its page',
      failing({ kind: 'gateway' }),
      "Could not mint a token: Something in front of Zendesk answered. It is not Zendesk's own answer. Check the firewall and the proxy between the runner and HOST, and the IP restrictions of the account."
    ],
    [
      'the proxy URL begins with https://',
      withProxy('https://proxy.acme.example:8080'),
      'Could not mint a token: The proxy URL begins with https://. Write `https_proxy` as http://proxy.acme.example:8080: the connection to the proxy is plain, the connection to Zendesk inside it is still TLS.'
    ],
    [
      'the proxy URL has no scheme',
      withProxy('proxy.acme.example:8080'),
      'Could not mint a token: The proxy URL cannot be read. Write `https_proxy` as http://host:port, or http://user:password@host:port with user and password percent-encoded. Leave out quotes.'
    ],
    [
      'the base URL is not encrypted',
      () => atAcme({ 'base-url': 'http://acme.zendesk.com' }),
      'Invalid input `base-url`: "http://acme.zendesk.com" is not an origin. Write https://host or https://host:port, without a path (http:// only for localhost and 127.0.0.0/8).'
    ],
    [
      'the timeout is too short for the wait that Zendesk asks for',
      failing(
        { kind: 'response', status: 429, headers: { 'Retry-After': '60' } },
        { 'timeout-seconds': '30' }
      ),
      'Could not mint a token: Zendesk limits the rate of requests. It asks to wait 60 s, more than this step has left. Start fewer jobs at once, or raise `timeout-seconds`.'
    ],
    [
      'two credentials are set',
      () => apiToken({ 'client-secret': 'the-client-secret' }),
      'Invalid input `client-secret`: `client-secret` and `api-token` are both set. Set only one.'
    ],
    [
      'the API token belongs to an agent',
      () => apiToken({ email: 'gus@acme.example', 'api-token': account.zendesk.users[1]!.apiToken! }),
      "Could not look up the client: Zendesk does not allow this. The user of the credential is not an admin, is suspended or was downgraded, or the credential lacks a scope. Use an admin's credential with the scopes `read write`."
    ]
  ])('%s', async (_mistake, inputs, message) => {
    expectMessage(await complaint(inputs()), message)
  })

  it('the runner does not trust the CA of the company', async () => {
    const tls = (name: string): string =>
      readFileSync(join(import.meta.dirname, '../../support/fixtures/tls', name), 'utf8')
    const zendesk = await startZendesk({ tls: { key: tls('server-key.pem'), cert: tls('server.pem') } })
    const actual = await complaint(atAcme({ 'base-url': `https://localhost:${zendesk.port}` }))
    await zendesk.close()
    expectMessage(
      actual,
      'Could not mint a token: The certificate of the server is not trusted (TLS). If a proxy of yours inspects TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`. Otherwise check `base-url`: the connection may be intercepted.'
    )
  })

  /** Compares all but the request, its status and Zendesk's words, which come last. */
  function expectMessage(actual: string, message: string): void {
    const request = / (?:GET|POST) \/\S+ at [^ ]+(?:: .*)?\.$/
    expect(actual.replace(request, '').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')).toBe(message)
    expect(lengthOf(actual)).toBeLessThan(300)
  }
})

const CONTEXT: MessageContext = {
  origin: 'https://acme.zendesk.com',
  clientId: 'ci_bot',
  credential: { kind: 'client_credentials' },
  timeoutSeconds: 300
}
const MINT: ZendeskRequest = { operation: 'grantToken', method: 'POST', path: GRANT }
/** A mint by an admin, at the endpoint that is deprecated. */
const ADMIN_MINT: ZendeskRequest = { operation: 'createToken', method: 'POST', path: TOKENS }
const CLEANUP_MINT: ZendeskRequest = { ...MINT, operation: 'grantCleanupToken' }
const LIST: ZendeskRequest = {
  operation: 'listClients',
  method: 'GET',
  path: '/api/v2/oauth/clients?page[size]=100&page[after]=a-cursor'
}

function response(status: number, more: Partial<ZendeskResponse> = {}): ZendeskResponse {
  return {
    status,
    json: {},
    html: false,
    retryAfter: undefined,
    rateLimitReset: '',
    location: undefined,
    date: undefined,
    requestId: undefined,
    ...more
  }
}
const missing = response(403, {
  json: { error: 'Forbidden', description: 'You are missing the following required scopes: users:read, read' }
})
const by = (kind: CredentialKind): Partial<MessageContext> => ({ credential: { kind } })

const explained = (error: unknown, context: Partial<MessageContext> = {}): string =>
  explain(error, { ...CONTEXT, ...context }).message

/** The message about a response that does not do what was asked for. */
const messageOf = (
  given: ZendeskResponse,
  context: Partial<MessageContext> = {},
  request = MINT,
  kind?: ErrorKind
): string => explained(unexpectedResponse(request, given, kind), context)

describe('explain, for a failed request,', () => {
  it('says what could not be done, why, what to do, then request, host, status and Zendesk’s own words', () => {
    const rejected = response(401, { json: { error: "Couldn't authenticate you" } })
    expect(messageOf(rejected, by('access_token'), ADMIN_MINT)).toBe(
      'Could not mint a token: Zendesk rejected the credentials. The `access-token` has expired, was revoked or is incomplete. Mint another. ' +
        'POST /api/v2/oauth/tokens at acme.zendesk.com: 401 ("Couldn\'t authenticate you").'
    )
  })

  it('ends with the status if Zendesk gave no words, and with the request if there is no status', () => {
    expect(messageOf(response(401))).toMatch(/\. POST \/oauth\/tokens at acme\.zendesk\.com: 401\.$/)
    const error = new ZendeskError('timeout', MINT, { cause: new NetworkError('timeout', true) })
    expect(explained(error)).toMatch(/\. POST \/oauth\/tokens at acme\.zendesk\.com\.$/)
  })

  it('shows the port of another origin, but no query, which may hold a cursor', () => {
    expect(messageOf(response(400), { origin: 'http://127.0.0.1:8080' }, LIST)).toContain(
      'GET /api/v2/oauth/clients at 127.0.0.1:8080: 400'
    )
  })

  it('ends with the notes', () => {
    const { message } = explain(unexpectedResponse(MINT, response(500)), CONTEXT, [
      'It may exist.',
      'Remove it.'
    ])
    expect(message).toMatch(/: 500\. It may exist\. Remove it\.$/)
  })

  it('cleans what Zendesk says, and the identifier', () => {
    expect(messageOf(response(400, { json: { error: '<b>::error::##[x]\u0000\nboo' } }))).toContain(
      '(": :error: :## [x] boo")'
    )
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

it.each<[string, unknown]>([
  ['Zendesk is unavailable (POST /oauth/tokens: 500)', unexpectedResponse(MINT, response(500))],
  ['the job was cancelled', new ZendeskError('cancelled', MINT)],
  ['It is over', new Error('It is over.')],
  ['a word', 'a word.']
])('causeOf writes an error as a part of a longer sentence: %s', (cause, error) => {
  expect(causeOf(error)).toBe(cause)
})

describe('CURES: the cure', () => {
  const [apiToken, accessToken] = [by('api_token'), by('access_token')]
  const [code, refreshToken] = [by('authorization_code'), by('refresh_token')]
  const ofStatus = (status: number, context = {}, request = MINT): string =>
    messageOf(response(status), context, request)
  const ofGrant = (error: string, context: Partial<MessageContext> = {}, request = MINT): string =>
    messageOf(response(400, { json: { error } }), context, request)
  const page = (status: number, context = {}): string =>
    messageOf(response(status, { html: true, json: undefined }), context)
  const tooLong = new ZendeskError('rateLimit', MINT, { response: response(429), excessiveWait: 86_399.2 })

  it.each<[error: string, message: string, cure: RegExp]>([
    ['rejected client credentials', ofStatus(401), /`client-id` and `client-secret`/],
    ['a 401 to a cleanup token', ofStatus(401, {}, LIST), /made with a cleanup token/],
    ['an invalid grant without a code', ofGrant('invalid_grant'), /client is confidential/],
    ['a 401 for an authorization code', ofStatus(401, code), /`client-id`.*`code-verifier`/],
    ['a 401 for a refresh token', ofStatus(401, refreshToken), /`client-id`.*`client-secret` if/],
    ['a 403 to a deprecated mint', ofStatus(403, apiToken, ADMIN_MINT), /deprecated.*instead of `api-token`/],
    [
      'a 403 to a grant',
      ofStatus(403),
      /Admin Center.*client.*owner.*suspended nor downgraded.*IP restrictions/
    ],
    [
      'a 403 to a look-up',
      ofStatus(403, apiToken, LIST),
      /The user of the credential is not an admin, is suspended/
    ],
    [
      'a 403 to client credentials',
      ofStatus(403, {}, LIST),
      /The owner of the client is not an admin, is suspended/
    ],
    ['a missing scope', messageOf(missing, accessToken), /needs users:read, read\. .*mint `access-token`/],
    ['a zis_ client', ofGrant('invalid_client', { clientId: 'zis_x' }), /`zis_` cannot.*`access-token`/],
    [
      'a zis_ client with another grant',
      ofGrant('invalid_client', { clientId: 'zis_x', ...refreshToken }),
      /\(zis_x\) is the client's unique identifier/
    ],
    ['a forbidden grant', ofGrant('unauthorized_client', refreshToken), /Allow the grant for the client in/],
    ['rejected default scopes', ofGrant('invalid_scope', { scopes: [] }), /Set `scopes`: /],
    ['a cleanup token’s scopes', ofGrant('invalid_scope', {}, CLEANUP_MINT), /Allow `read` and `write`/],
    [
      'an endpoint that is gone',
      ofStatus(410, apiToken, ADMIN_MINT),
      /2026-08-26.*`client-secret` instead of `api-token`.*client ci_bot exists/
    ],
    ['a page with 401', page(401, apiToken), /Check `api-token`, and the firewall.*acme\.zendesk\.com.*IP/],
    ['a page with 429', page(429), /the firewall.*IP restrictions of the account\. Start fewer jobs/],
    ['a 429', ofStatus(429), /requests\. Start fewer jobs.*`timeout-seconds`/],
    [
      'a wait that does not fit',
      explained(tooLong),
      /\. It asks to wait 86400 s, more than this step has left\. Start fewer jobs at once\. P/
    ],
    ['a 500', ofStatus(500), /unavailable\. See https:\/\/status\.zendesk\.com/],
    ['a 200 that is no token', ofStatus(200), /Run the job again/],
    ['a 422 to a deprecated mint', ofStatus(422, {}, ADMIN_MINT), /no client "ci_bot"\. .*unique identifier/],
    ['a 400', ofStatus(400, { scopes: ['read'] }), /request\. Check the inputs/],
    ['a 400 to default scopes', ofGrant('invalid_request', { scopes: [] }), /Set `scopes`: .*other inputs/],
    [
      'a 400 to a cleanup token',
      ofGrant('invalid_request', { scopes: [] }, CLEANUP_MINT),
      /request\. Check the/
    ],
    ['a 422 to default scopes', ofStatus(422, { scopes: [] }), /request\. Check the inputs/],
    [
      'a 404 of an account',
      ofStatus(404, {}, LIST),
      /refused the request\. Check `subdomain`, and the inputs/
    ],
    ['the timeout of the step', explained(new ZendeskError('deadline', MINT)), /had 300 s.*`timeout-seconds`/]
  ])('for %s', (_error, message, cure) => {
    expect(message).toMatch(cure)
    expect(lengthOf(message)).toBeLessThan(300)
  })

  it.each<[string | undefined, string]>([
    ['https://user:password@login.acme.example:8443/path/?code=secret#secret', 'login.acme.example:8443'],
    ['/relative', 'acme.zendesk.com'],
    [undefined, 'a place that it does not name'],
    ['http://', 'a place that it does not name'],
    ['mailto:ann@acme.example', 'a place that it does not name'],
    ['javascript:alert(1)', 'a place that it does not name']
  ])('for a redirect shows the host that it points to, and nothing more: %s', (location, shown) => {
    const message = messageOf(response(302, { location }))
    expect(message).toContain(`redirect, which is never followed. It points to ${shown}. Check \`subdomain\``)
    expect(message).not.toMatch(/secret|password|path|ann@|alert/)
  })

  const proxy: ProxySetting = { variable: 'HTTPS_PROXY', address: '10.0.0.1:3128', hasUser: false }
  const withUser = { ...proxy, hasUser: true }

  it.each<[NetworkErrorKind, string, RegExp, ProxySetting | undefined]>([
    ['dns', 'ENOTFOUND', /DNS.*`subdomain`.*acme\.zendesk\.com/, undefined],
    ['certificate', 'CERT_HAS_EXPIRED', /TLS.*has expired.*the clock of the runner/, undefined],
    ['clientCertificate', 'ERR_SSL_X', /demands a client certificate.*`base-url`/, undefined],
    ['tls', 'EPROTO', /TLS.*`base-url`.*may demand a client certificate/, undefined],
    ['tls', 'ERR_SSL_WRONG_VERSION_NUMBER', /TLS.*the runner and acme\.zendesk\.com\. POST/, undefined],
    ['connection', 'ECONNREFUSED', /reached.*acme\.zendesk\.com.*`https_proxy`/, undefined],
    [
      'connection',
      'ECONNRESET',
      /the proxy in `HTTPS_PROXY` \(10\.0\.0\.1:3128\) can connect to acme/,
      proxy
    ],
    ['proxy', 'ECONNREFUSED', /Check `HTTPS_PROXY` \(10\.0\.0\.1:3128\) on the runner/, proxy],
    [
      'proxyUnreachable',
      '503',
      /could not reach the server\. Check `subdomain`.*acme\.zendesk\.com.*`HTTPS_PROXY` \(10\.0\.0\.1:3128\)/,
      proxy
    ],
    ['proxyRefused', '404', /Check `subdomain`, or allow acme\.zendesk\.com in the proxy/, proxy],
    ['proxyRefused', '407', /needs.*into `HTTPS_PROXY` as http:\/\/user:password@10\.0\.0\.1:3128/, proxy],
    [
      'proxyRefused',
      '401',
      /user name or the password in `HTTPS_PROXY` \(10\.0\.0\.1:3128\) is wrong/,
      withUser
    ],
    [
      'proxyRefused',
      '403',
      /Allow acme\.zendesk\.com.*`HTTPS_PROXY` \(10\.0\.0\.1:3128\).*`no_proxy`: such as \.zendesk\.com, .*commas/,
      withUser
    ],
    ['proxyBroken', '', /response to CONNECT\. Check that a proxy listens at .*`HTTPS_PROXY`/, proxy],
    ['proxyUnreadable', '', /Write `HTTPS_PROXY` as http:\/\/host:port.*quotes/, { ...proxy, address: '' }],
    ['proxyIsHttps', '', /Write `HTTPS_PROXY` as http:\/\/10\.0\.0\.1:3128/, proxy],
    ['brokenOff', 'ECONNRESET', /broke.*Run the job again/, undefined],
    ['unusableResponse', 'HPE_X', /cannot be used.*changing responses/, undefined],
    ['tooLarge', '', /1 MiB.*`base-url`/, undefined],
    ['unsendable', 'ERR_INVALID_CHAR', /could not be sent.*inputs/, undefined],
    [
      'proxyTimeout',
      '',
      /proxy did not respond.*`HTTPS_PROXY` \(10\.0\.0\.1:3128\).*can reach acme\.zendesk\.com\. .*step 300 s/,
      proxy
    ],
    ['lookupTimeout', '', /host name.*name servers.*answer for acme\.zendesk\.com\. .*step 300 s/, undefined],
    ['lookupTimeout', '', /name servers.*answer for `HTTPS_PROXY` \(10\.0\.0\.1:3128\)/, proxy],
    ['connectTimeout', '', /Connecting.*may connect to acme\.zendesk\.com.*step 300 s/, undefined],
    ['tlsTimeout', '', /TLS.*between the runner and acme\.zendesk\.com.*step 300 s/, undefined],
    ['tlsTimeout', '', /acme\.zendesk\.com, such as the proxy in `HTTPS_PROXY` \(10\.0\.0\.1:3128\)/, proxy],
    ['timeout', '', /in time.*the step 300 s.*status\.zendesk\.com.*`timeout-seconds`/, undefined],
    ['cancelled', '', /The job was cancelled\. Nothing more was started\./, undefined]
  ])('for a failed connection: %s %s', (kind, code, cure, setting) => {
    const cause = new NetworkError(kind, false, code, { proxy: setting })
    const message = explained(new ZendeskError(kind, MINT, { cause }))
    expect(message).toMatch(cure)
    expect(message).toMatch(code === '' ? /acme\.zendesk\.com\.$/ : new RegExp(`: (?:CONNECT )?${code}\\.$`))
    expect(message.length).toBeLessThan(300)
    if (kind !== 'timeout') expect(message).not.toContain('status.zendesk.com')
  })
})

describe('CAUSES and CURES: every kind of error', () => {
  it.each(Object.entries(CAUSES) as [ErrorKind, string][])(
    '%s has a cause and a cure in whole sentences, and less than 300 characters, whatever else is known',
    (kind, cause) => {
      expect(cause).toMatch(/^[A-Z].*[^.]$/)
      for (const credential of CREDENTIAL_KINDS) {
        const message = explained(new ZendeskError(kind, LIST), by(credential))
        expect(message).toMatch(/^Could not look up the client: [A-Z][^]+\. [A-Z`][^]+\. GET [^]+\.$/)
        expect(message).not.toMatch(/undefined|\bNaN\b|\.\.|  /)
        expect(lengthOf(message)).toBeLessThan(300)
      }
    }
  )

  it('has a cure, and words of its own, by which the documentation can be found', () => {
    expect(Object.keys(CURES).sort()).toEqual(Object.keys(CAUSES).sort())
    expect(new Set(Object.values(CAUSES)).size).toBe(Object.keys(CAUSES).length)
  })
})
