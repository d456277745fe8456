import { CREDENTIAL_INPUTS } from '../inputs/credentials.ts'
import { TIMEOUT_RANGE } from '../inputs/inputs.ts'
import { isNumeric, type CredentialKind } from '../zendesk/credential.ts'
import { isGrant, type Operation } from '../zendesk/http/request.ts'
import { clean } from '../lib/redact.ts'
import { certificateAdvice } from './certificate-advice.ts'
import { type ProxySetting } from '../zendesk/http/proxy.ts'
import { ZendeskError, type ErrorKind } from '../zendesk/http/zendesk-error.ts'
import { missingScopes } from '../zendesk/http/response.ts'

/*
 * Every error of a request in words. The layers below know nothing of inputs; here their errors meet the inputs that
 * the reader can change.
 */

/** What a message needs to know about the inputs. */
export interface MessageContext {
  origin: string
  clientId: string
  credential: { kind: CredentialKind; clientSecret?: unknown }
  /** The `timeout-seconds` input, or what post makes of it. */
  timeoutSeconds: number
  /** The scopes that the mint requests. */
  scopes?: string[]
}

interface Details extends MessageContext {
  error: ZendeskError
  host: string
  kind: CredentialKind
  /** The input that chooses the credential, in backquotes. */
  input: string
  /** The proxy that the error is about. */
  proxy: ProxySetting
  /** A sentence that says how long a request and the step may take. */
  limits: string
}

/** What each request is for, as the end of `Could not …`. */
export const PURPOSES: Record<Operation, string> = {
  grantToken: 'mint a token',
  grantCleanupToken: 'mint a cleanup token',
  createToken: 'mint a token',
  checkToken: 'use the new token',
  verifyToken: 'verify that Zendesk rejects the token',
  identifyToken: 'look up the token that the sweep works with',
  deleteToken: 'revoke a token',
  listTokens: 'list the tokens',
  listClients: 'look up the client',
  whoAmI: 'look up the user of `api-token`'
}

/** What to do about each error. */
export const CURES: Record<ErrorKind, string | ((details: Details) => string)> = {
  credentialsRejected: ({ kind, error: { request } }) => {
    if (kind === 'client_credentials' && !isGrant(request))
      return 'It was made with a cleanup token, which Zendesk had just given. Run the job again.'
    return {
      api_token:
        'Check that `api-token` is an active API token of `email`, not a password. One unused for 30 days is deactivated; accounts created since 2026-07-28 have none: use `client-secret`.',
      access_token: 'The `access-token` has expired, was revoked or is incomplete. Mint another.',
      client_credentials: 'Check `client-id` and `client-secret`.',
      authorization_code: 'Check `client-id`, and `client-secret` or `code-verifier`.',
      refresh_token: 'Check `client-id`, and `client-secret` if the client is confidential.'
    }[kind]
  },
  newTokenRejected:
    'Run the job again. If it happens again, check the names in `scopes`, and ask the support of Zendesk.',
  forbidden: ({ error: { request }, kind, input }) => {
    if (isGrant(request))
      return 'Check in Admin Center that the client is active and its owner neither suspended nor downgraded, and the IP restrictions of the account.'
    const user = kind === 'client_credentials' ? 'owner of the client' : 'user of the credential'
    const cause = `The ${user} is not an admin, is suspended or was downgraded`
    return request.operation === 'createToken'
      ? `${cause}, or Zendesk has closed this deprecated endpoint. Use an admin's credential, or \`client-secret\` instead of ${input}.`
      : `${cause}, or the credential lacks a scope. Use an admin's credential with the scopes \`read write\`.`
  },
  missingScope: ({ error: { response }, kind }) => {
    const scopes = response && missingScopes(response)
    const needs = scopes === undefined ? '' : `It needs ${clean(scopes)}. `
    const how = kind === 'access_token' ? 'Request it when you mint `access-token`, and allow it' : 'Allow it'
    return `${needs}${how} for the client in Admin Center.`
  },
  gateway: ({ host, error: { response }, input }) => {
    const credential = response?.status === 401 ? ` ${input}, and` : ''
    const rate = response?.status === 429 ? ' Start fewer jobs at once.' : ''
    return `It is not Zendesk's own answer. Check${credential} the firewall and the proxy between the runner and ${host}, and the IP restrictions of the account.${rate}`
  },
  clientUnknown: ({ clientId }) =>
    `This user sees no client "${clean(clientId)}". Write the unique identifier from Admin Center > Apps and integrations > APIs > OAuth clients into \`client-id\`.`,
  subdomainUnknown: ({ host }) =>
    `Check \`subdomain\` (and \`base-url\`): ${host} does not respond as an account does. It may be misspelt, renamed or closed.`,
  redirect: ({ error: { response }, origin }) => {
    const url = response?.location ? URL.parse(response.location, origin) : null
    return `It points to ${clean(url?.host ?? '') || 'a place that it does not name'}. Check \`subdomain\` and \`base-url\`.`
  },
  invalid_client: ({ clientId, kind, credential }) => {
    if (clientId.startsWith('zis_') && kind === 'client_credentials')
      return 'Clients whose identifier begins with `zis_` cannot use `client-secret`. Use `access-token`.'
    const notNumber = isNumeric(clientId) ? ', not its number' : ''
    const secret =
      kind === 'client_credentials' || credential.clientSecret !== undefined
        ? 'that `client-secret` is complete and belongs to it'
        : 'set `client-secret` if the client is confidential'
    return `Check that \`client-id\` (${clean(clientId)}) is the client's unique identifier in this account${notNumber}, and ${secret}.`
  },
  unauthorized_client: ({ kind }) =>
    kind === 'client_credentials'
      ? 'The client is public. Create a new confidential client: changing the kind of this one makes a new secret.'
      : 'Allow the grant for the client in Admin Center, or use another client.',
  invalid_scope: ({ error, scopes = [] }) => {
    if (error.request.operation === 'grantCleanupToken')
      return 'Allow `read` and `write` in the allowed scopes of the client in Admin Center.'
    return scopes.length > 0
      ? "Request in `scopes` only what the client's allowed scopes in Admin Center include, or extend them there."
      : 'Set `scopes`: this account does not mint without them.'
  },
  invalid_grant: ({ kind }) => {
    if (kind === 'client_credentials')
      return 'Check in Admin Center that the client is confidential and may use client credentials.'
    return kind === 'refresh_token'
      ? 'The refresh token was used, was revoked or has expired. Save the `refresh-token` output after each run, and never let two runs share one. Start again with an authorization code.'
      : 'An authorization code works once, for 120 seconds, and only with the same `redirect-uri`, `code-verifier` and client. Get another.'
  },
  endpointGone: ({ input, clientId }) =>
    `It was deprecated on 2026-08-26. Use \`client-secret\` instead of ${input}. If other workflows can still mint, check that client ${clean(clientId)} exists.`,
  rateLimit: ({ error }) => {
    const canRaise = (error.excessiveWait ?? 0) < TIMEOUT_RANGE[1]
    return `${waitSentence(error)}Start fewer jobs at once${canRaise ? ', or raise `timeout-seconds`' : ''}.`
  },
  outage: ({ error }) => `${waitSentence(error)}See https://status.zendesk.com, and run the job again later.`,
  unusableResponse:
    'Run the job again. If it happens again, something between the runner and Zendesk may be changing responses.',
  unexpected: ({ error: { request, response }, scopes = [] }) => {
    if (request.operation === 'grantToken' && response?.status === 400 && scopes.length === 0)
      return 'Set `scopes`: this account may not mint without them. Or check the other inputs of this step against what Zendesk says.'
    const subdomain = response?.status === 404 ? '`subdomain`, and ' : ''
    return `Check ${subdomain}the inputs of this step against what Zendesk says.`
  },
  dns: ({ host }) => `Check \`subdomain\` (and \`base-url\`): ${host}. Check the name server of the runner.`,
  certificate: ({ error, host }) => certificateAdvice(error.code, host, process.env),
  clientCertificate: (details) => `Zendesk demands none. Check \`base-url\`, and ${between(details)}.`,
  tls: (details) =>
    `Check \`base-url\`, and ${between(details)}.${details.error.code === 'EPROTO' ? ' The server may demand a client certificate.' : ''}`,
  connection: ({ host, error, proxy }) =>
    error.proxy
      ? `Check that the proxy in ${proxyName(proxy)} can connect to ${host}.`
      : `Check that the runner may connect to ${host}. Behind a proxy, set \`https_proxy\`.`,
  proxyBroken: ({ proxy }) => `Check that a proxy listens at the address in ${proxyName(proxy)}.`,
  proxy: ({ proxy }) => `Check ${proxyName(proxy)} on the runner, and that the proxy works.`,
  proxyUnreachable: ({ host, proxy }) =>
    `Check \`subdomain\` (and \`base-url\`): ${host}. Check what the proxy in ${proxyName(proxy)} can reach.`,
  proxyRefused: ({ host, error, proxy }) => {
    const { variable, address, hasUser } = proxy
    if (error.code !== '407' && error.code !== '401')
      return `${error.code === '404' ? 'Check `subdomain`, or allow' : 'Allow'} ${host} in the proxy in ${proxyName(proxy)}, or list it in \`no_proxy\`: such as .zendesk.com, separated by commas, without *.`
    return hasUser
      ? `The user name or the password in ${proxyName(proxy)} is wrong. Percent-encode special characters in them.`
      : `It needs a user name and a password. Write them into \`${variable}\` as http://user:password@${clean(address)}.`
  },
  proxyUnreadable: ({ proxy }) =>
    `Write \`${proxy.variable}\` as http://host:port, or http://user:password@host:port with user and password percent-encoded. Leave out quotes.`,
  proxyIsHttps: ({ proxy }) =>
    `Write \`${proxy.variable}\` as http://${clean(proxy.address)}: the connection to the proxy is plain, the connection to Zendesk inside it is still TLS.`,
  brokenOff: (details) => `Run the job again. If it happens again, check ${between(details)}.`,
  tooLarge: 'Check `subdomain` and `base-url`: no response of Zendesk is that long.',
  unsendable: 'A value in it has characters that HTTP does not allow. Check the inputs of this step.',
  proxyTimeout: ({ host, proxy, limits }) =>
    `Check ${proxyName(proxy)}, and that the proxy can reach ${host}. ${limits}`,
  lookupTimeout: ({ host, error, proxy, limits }) =>
    `Check the name servers of the runner: they did not answer for ${error.proxy ? proxyName(proxy) : host}. ${limits}`,
  connectTimeout: ({ host, limits }) =>
    `Check that the runner may connect to ${host}. Behind a proxy, set \`https_proxy\`. ${limits}`,
  tlsTimeout: (details) => `Check \`base-url\`, and ${between(details)}. ${details.limits}`,
  timeout: ({ limits }) => `${limits} See https://status.zendesk.com, or raise \`timeout-seconds\`.`,
  deadline: ({ timeoutSeconds }) =>
    `It had ${timeoutSeconds} s for all requests, waits and retries. See in the log what was retried, or raise \`timeout-seconds\`.`,
  cancelled: 'Nothing more was started.'
}

/** The error in one line: what could not be done, why, what to do, the request with its status, and then `notes`. */
export function explain(error: unknown, context: MessageContext, notes: readonly string[] = []): Error {
  if (!(error instanceof ZendeskError)) return error instanceof Error ? error : new Error(String(error))
  const { kind } = context.credential
  const host = new URL(context.origin).host
  const input = `\`${CREDENTIAL_INPUTS[kind].chosenBy}\``
  const proxy = error.proxy ?? { variable: 'https_proxy', address: '', hasUser: false }
  const limits = `A request has at most 30 s, and the step ${context.timeoutSeconds} s.`
  const cure = CURES[error.kind]
  const advice =
    typeof cure === 'string' ? cure : cure({ ...context, error, host, kind, input, proxy, limits })
  const line = `Could not ${PURPOSES[error.request.operation]}: ${error.message}. ${advice} ${error.describeRequest(host)}.`
  return new Error([line, ...notes].join(' '))
}

/** Why something failed, as a part of a longer sentence. */
export function causeOf(error: unknown): string {
  if (error instanceof ZendeskError)
    return error.kind === 'cancelled' ? 'the job was cancelled' : error.summary()
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

/** What may be at fault if a connection fails. */
function between({ host, error }: Details): string {
  return `what is between the runner and ${host}${error.proxy ? `, such as the proxy in ${proxyName(error.proxy)}` : ''}`
}

function proxyName({ variable, address }: ProxySetting): string {
  return `\`${variable}\`${address && ` (${clean(address)})`}`
}

function waitSentence(error: ZendeskError): string {
  return error.wait().replace(/^i(.*)/, 'I$1. ')
}
