import { describe, expect, it } from '@jest/globals'
import { causeOf, CURES, explain, type MessageContext } from '../../../src/report/errors.ts'
import { CREDENTIAL_KINDS, type CredentialKind } from '../../../src/zendesk/credential.ts'
import { NetworkError, type NetworkErrorKind } from '../../../src/zendesk/http/network-error.ts'
import { type ZendeskRequest } from '../../../src/zendesk/http/request.ts'
import { CAUSES, unexpectedResponse, ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'
import { ORIGIN } from '../../support/client.ts'
import { CLIENTS, GRANT, TOKENS } from '../../support/zendesk.ts'
import { missing, PAGE, response } from '../../support/responses.ts'

const by = (kind: CredentialKind) => ({ credential: { kind } })
const [apiToken, accessToken] = [by('api_token'), by('access_token')]
const [code, refreshToken] = [by('authorization_code'), by('refresh_token')]
const CLIENT = by('client_credentials')
const CONTEXT: MessageContext = { ...CLIENT, origin: ORIGIN, clientId: 'ci_bot', timeoutSeconds: 300 }

const MINT: ZendeskRequest = { operation: 'grantToken', method: 'POST', path: GRANT }
/** A mint by an admin, at the endpoint that is deprecated. */
const ADMIN_MINT: ZendeskRequest = { operation: 'createToken', method: 'POST', path: TOKENS }
const CLEANUP_MINT: ZendeskRequest = { ...MINT, operation: 'grantCleanupToken' }
const LIST: ZendeskRequest = { operation: 'listClients', method: 'GET', path: `${CLIENTS}?page[after]=a` }

const explained = (error: unknown, context: Partial<MessageContext> = {}): string =>
  explain(error, { ...CONTEXT, ...context }).message

/** The message about a response that does not do what was asked for. */
const of = (status: number, context = {}, request = MINT, body: unknown = {}): string =>
  explained(unexpectedResponse(request, response(status, body)), context)

/** The message about an error of OAuth. */
const refused = (error: string, context: Partial<MessageContext> = {}, request = MINT): string =>
  of(400, context, request, { error })

/** The length of a message without the server's words. */
const lengthOf = (message: string): number => message.replace(/ \("[^"]*"\)\.?$/, '').length

describe('explain, for a failed request,', () => {
  it('says what could not be done, why, what to do, then request, host, status and Zendesk’s own words', () => {
    expect(of(401, accessToken, ADMIN_MINT, { error: "Couldn't authenticate you" })).toBe(
      'Could not mint a token: Zendesk rejected the credentials. The `access-token` has expired, was revoked or is incomplete. Mint another. ' +
        'POST /api/v2/oauth/tokens at acme.zendesk.com: 401 ("Couldn\'t authenticate you").'
    )
  })

  it('ends with the request, the status if there is one, and the notes', () => {
    expect(of(401)).toMatch(/\. POST \/oauth\/tokens at acme\.zendesk\.com: 401\.$/)
    const error = new ZendeskError('timeout', MINT, { cause: new NetworkError('timeout', true) })
    expect(explained(error)).toMatch(/\. POST \/oauth\/tokens at acme\.zendesk\.com\.$/)
    const { message } = explain(unexpectedResponse(MINT, response(500)), CONTEXT, ['It exists.', 'Go.'])
    expect(message).toMatch(/: 500\. It exists\. Go\.$/)
  })

  it('shows the port of another origin, but no query, which may hold a cursor', () => {
    const message = of(400, { origin: 'http://127.0.0.1:8080' }, LIST)
    expect(message).toContain('GET /api/v2/oauth/clients at 127.0.0.1:8080: 400')
  })

  it('cleans what Zendesk says, and the identifier', () => {
    expect(refused('<b>::error::##[x]\u0000\nboo')).toContain('(": :error: :## [x] boo")')
    expect(of(422, { clientId: 'a\n::b##[c]<i>' }, ADMIN_MINT)).toContain('"a : :b## [c]"')
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
  const zis = { clientId: 'zis_x' }
  const withSecret = { credential: { kind: 'authorization_code', clientSecret: 'x' } } as const
  const limited = (excessiveWait: number): string =>
    explained(new ZendeskError('rateLimit', MINT, { response: response(429), excessiveWait }))

  it.each<[error: string, message: string, cure: RegExp]>([
    ['rejected client credentials', of(401), /Check `client-id` and `client-secret`\./],
    ['a rejected API token', of(401, apiToken), /API token of `email`, not a.*30 days.*use `client-secret`/],
    ['a 401 to a cleanup token', of(401, {}, LIST), /made with a cleanup token/],
    ['a 401 for an authorization code', of(401, code), /`client-id`.*`code-verifier`/],
    ['a 401 for a refresh token', of(401, refreshToken), /`client-id`.*`client-secret` if/],
    ['a 403 to a deprecated mint', of(403, apiToken, ADMIN_MINT), /deprecated.*instead of `api-token`/],
    ['a 403 to a grant', of(403), /Admin Center.*client.*owner.*suspended nor downgraded.*IP restrictions/],
    ['a 403 to a look-up', of(403, apiToken, LIST), /user of the credential.*suspended.*lacks a scope/],
    ['a 403 to client credentials', of(403, {}, LIST), /owner of the client is not an admin, is suspended/],
    ['a missing scope', of(403, accessToken, MINT, missing('a:b, c')), /needs a:b, c\. .*mint `access-tok/],
    ['an invalid client', refused('invalid_client'), /`client-id` \(ci_bot\).*account, and.*`client-secret`/],
    ['a number as id', refused('invalid_client', { clientId: '12' }), /\(12\).*identifier.*, not its num/],
    ['a zis_ client', refused('invalid_client', zis), /`zis_` cannot.*`access-token`/],
    ['it with a code', refused('invalid_client', { ...zis, ...code }), /\(zis_x\) is .*confidential/],
    ['a secret beside a code', refused('invalid_client', withSecret), /account, and that `client-secret` is/],
    ['a public client', refused('unauthorized_client'), /client is public\. Create a new confidential/],
    ['a forbidden grant', refused('unauthorized_client', refreshToken), /Allow the grant for the client in/],
    ['rejected scopes', refused('invalid_scope', { scopes: ['read'] }), /only what the client's allowed/],
    ['rejected default scopes', refused('invalid_scope', { scopes: [] }), /Set `scopes`: /],
    ['a cleanup token’s scopes', refused('invalid_scope', {}, CLEANUP_MINT), /Allow `read` and `write`/],
    ['an invalid grant without a code', refused('invalid_grant'), /client is confidential/],
    ['an old code', refused('invalid_grant', code), /works once, for 120 seconds, .*`redirect-uri`/],
    ['a used refresh token', refused('invalid_grant', refreshToken), /was used.*`refresh-token` output/],
    ['a closed endpoint', of(410, apiToken, ADMIN_MINT), /`client-secret` instead of `api-t.*ci_bot exists/],
    ['a page with 401', of(401, apiToken, MINT, PAGE), /Check `api-token`, and the firewall.*acme.*IP/],
    ['a page with 429', of(429, {}, MINT, PAGE), /Check the firewall.*IP restrictions.*\. Start fewer/],
    ['a page with 404', of(404, {}, MINT, PAGE), /`subdomain` \(.*: acme.zendesk.com does not respond as an/],
    ['a 429', of(429), /requests\. Start fewer jobs.*`timeout-seconds`/],
    ['a wait that could fit', limited(59.2), /It asks to wait 60 s, more.*left\. Start.*raise `timeout-sec/],
    ['a wait that never fits', limited(86_399.2), /wait 86400 s, more.*left\. Start fewer jobs at once\. P/],
    ['a 500', of(500), /unavailable\. See https:\/\/status\.zendesk\.com/],
    ['a 200 that is no token', of(200), /Run the job again/],
    ['a 422 to a deprecated mint', of(422, {}, ADMIN_MINT), /no client "ci_bot"\. .*unique identifier/],
    ['a 400', of(400, { scopes: ['read'] }), /request\. Check the inputs/],
    ['a 400 to default scopes', of(400, { scopes: [] }), /Set `scopes`: .*other inputs/],
    ['a 400 to a cleanup token', of(400, { scopes: [] }, CLEANUP_MINT), /request\. Check the/],
    ['a 422 to default scopes', of(422, { scopes: [] }), /request\. Check the inputs/],
    ['a 404 of an account', of(404, {}, LIST), /refused the request\. Check `subdomain`, and the inputs/],
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
    ['mailto:ann@acme.example', 'a place that it does not name']
  ])('for a redirect shows the host that it points to, and nothing more: %s', (location, shown) => {
    const message = explained(unexpectedResponse(MINT, response(302, {}, { location })))
    expect(message).toContain(`redirect, which is never followed. It points to ${shown}. Check \`subdomain\``)
    expect(message).not.toMatch(/secret|password|path|ann@/)
  })

  const PROXY = { variable: 'HTTPS_PROXY', address: '10.0.0.1:3128', hasUser: false }
  const WITH_USER = { ...PROXY, hasUser: true }

  it.each<[NetworkErrorKind, string, RegExp, typeof PROXY?]>([
    ['dns', 'ENOTFOUND', /DNS.*`subdomain`.*acme\.zendesk\.com/],
    ['certificate', 'CERT_HAS_EXPIRED', /TLS.*has expired.*the clock of the runner/],
    ['clientCertificate', 'ERR_SSL_X', /demands a client certificate.*`base-url`/],
    ['tls', 'EPROTO', /TLS.*`base-url`.*may demand a client certificate/],
    ['tls', 'ERR_SSL_WRONG_VERSION_NUMBER', /TLS.*the runner and acme\.zendesk\.com\. POST/],
    ['connection', 'ECONNREFUSED', /reached.*acme\.zendesk\.com.*`https_proxy`/],
    ['connection', 'ECONNRESET', /proxy in `HTTPS_PROXY` \(10\.0\.0\.1:3128\) can connect to acme/, PROXY],
    ['proxy', 'ECONNREFUSED', /Check `HTTPS_PROXY` \(10\.0\.0\.1:3128\) on the runner/, PROXY],
    ['proxyUnreachable', '503', /not reach the server\. Check `subdomain`.*acme.*`HTTPS_PROXY` \(10/, PROXY],
    ['proxyRefused', '404', /Check `subdomain`, or allow acme\.zendesk\.com in the proxy/, PROXY],
    ['proxyRefused', '407', /needs.*into `HTTPS_PROXY` as http:\/\/user:password@10\.0\.0\.1:3128/, PROXY],
    ['proxyRefused', '401', /or the password in `HTTPS_PROXY` \(10\.0\.0\.1:3128\) is wrong/, WITH_USER],
    ['proxyRefused', '403', /Allow acme.*`HTTPS_PROXY` \(10.*`no_proxy`: .* \.zendesk\.com,/, WITH_USER],
    ['proxyBroken', '', /response to CONNECT\. Check that a proxy listens at .*`HTTPS_PROXY`/, PROXY],
    ['proxyUnreadable', '', /Write `HTTPS_PROXY` as http:\/\/host:port.*quotes/, { ...PROXY, address: '' }],
    ['proxyIsHttps', '', /Write `HTTPS_PROXY` as http:\/\/10\.0\.0\.1:3128/, PROXY],
    ['brokenOff', 'ECONNRESET', /broke.*Run the job again/],
    ['unusableResponse', 'HPE_X', /cannot be used.*changing responses/],
    ['tooLarge', '', /1 MiB.*`base-url`/],
    ['unsendable', 'ERR_INVALID_CHAR', /could not be sent.*inputs/],
    ['proxyTimeout', '', /proxy did not.*`HTTPS_PROXY` \(10.*can reach acme.*step 300 s/, PROXY],
    ['lookupTimeout', '', /host name.*name servers.*answer for acme\.zendesk\.com\. .*step 300 s/],
    ['lookupTimeout', '', /name servers.*answer for `HTTPS_PROXY` \(10\.0\.0\.1:3128\)/, PROXY],
    ['connectTimeout', '', /Connecting.*may connect to acme\.zendesk\.com.*step 300 s/],
    ['tlsTimeout', '', /TLS.*between the runner and acme\.zendesk\.com.*step 300 s/],
    ['tlsTimeout', '', /acme\.zendesk\.com, such as the proxy in `HTTPS_PROXY` \(10\.0\.0\.1:3128\)/, PROXY],
    ['timeout', '', /in time.*the step 300 s.*status\.zendesk\.com.*`timeout-seconds`/],
    ['cancelled', '', /The job was cancelled\. Nothing more was started\./]
    // To Jest a fourth parameter that a row does not fill would be `done`.
  ])('for a failed connection: %s %s', (kind, code, cure, ...[proxy]) => {
    const cause = new NetworkError(kind, false, code, { proxy })
    const message = explained(new ZendeskError(kind, MINT, { cause }))
    expect(message).toMatch(cure)
    expect(message).toMatch(code === '' ? /acme\.zendesk\.com\.$/ : new RegExp(`: (?:CONNECT )?${code}\\.$`))
    expect(message.length).toBeLessThan(300)
    if (kind !== 'timeout') expect(message).not.toContain('status.zendesk.com')
  })
})

describe('CAUSES and CURES: every kind of error', () => {
  it.each(Object.entries(CAUSES) as [keyof typeof CAUSES, string][])(
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
