import { type StepEnded } from '../../lib/deadline.ts'
import { isObject } from '../../lib/json.ts'
import { clean } from '../../lib/redact.ts'
import { NETWORK_CAUSES, NetworkError } from './network-error.ts'
import { type ProxySetting } from './proxy.ts'
import { pathOf, type Operation, type ZendeskRequest } from './request.ts'
import {
  isFromAccount,
  isMissingAccount,
  isRedirect,
  isRejection,
  missingScopes,
  oauthError,
  zendeskWords,
  type ZendeskResponse
} from './response.ts'
import { statusRule } from './retry.ts'

/** What went wrong with a request. `docs/troubleshooting.md` is found by these words, `src/report/errors.ts` says what to do. */
export const CAUSES = {
  credentialsRejected: 'Zendesk rejected the credentials',
  newTokenRejected: 'Zendesk rejected the token',
  forbidden: 'Zendesk does not allow this',
  missingScope: 'The credential lacks a scope',
  gateway: 'Something in front of Zendesk answered',
  clientUnknown: 'Zendesk has no such OAuth client',
  subdomainUnknown: 'There is no Zendesk account at this address',
  redirect: 'The server responded with a redirect, which is never followed',
  invalid_client: 'Zendesk rejected the OAuth client (invalid_client)',
  unauthorized_client: 'Zendesk does not let this OAuth client use this grant (unauthorized_client)',
  invalid_scope: 'Zendesk rejected the scopes (invalid_scope)',
  invalid_grant: 'Zendesk rejected the grant (invalid_grant)',
  endpointGone: 'Zendesk no longer mints tokens at this endpoint',
  rateLimit: 'Zendesk limits the rate of requests',
  outage: 'Zendesk is unavailable',
  unexpected: 'Zendesk refused the request',
  deadline: 'The step reached its timeout',
  ...NETWORK_CAUSES
}

export type ErrorKind = keyof typeof CAUSES

/** What is known of an error beside its kind and its request. */
export interface ErrorDetails {
  /** What came back, if anything did. */
  response?: ZendeskResponse | undefined
  /** The network error, the cancellation or the deadline, if nothing did. */
  cause?: NetworkError | StepEnded | undefined
  /** The seconds that the response asks to wait, if there is less time. */
  excessiveWait?: number | undefined
}

/** A request that failed; the message is one of {@link CAUSES}. */
export class ZendeskError extends Error {
  readonly response: ZendeskResponse | undefined
  override readonly cause: NetworkError | StepEnded | undefined
  readonly excessiveWait: number | undefined

  constructor(
    readonly kind: ErrorKind,
    readonly request: ZendeskRequest,
    { response, cause, excessiveWait }: ErrorDetails = {}
  ) {
    super(CAUSES[kind])
    this.response = response
    this.cause = cause
    this.excessiveWait = excessiveWait
  }

  /** The cause, the request, its status and the proxy, as a part of a longer sentence. */
  summary(): string {
    const { proxy } = this
    const wait = this.wait()
    const through = proxy ? `; \`${proxy.variable}\`${proxy.address && `: ${clean(proxy.address)}`}` : ''
    return `${this.message} (${this.describeRequest()}${through})${wait && `; ${wait}`}`
  }

  /** What the system called a network error, such as `ECONNREFUSED`; empty if it did not. */
  get code(): string {
    return this.cause instanceof NetworkError ? this.cause.code : ''
  }

  /** The proxy between the runner and the server, if the network error knows of one. */
  get proxy(): ProxySetting | undefined {
    return this.cause instanceof NetworkError ? this.cause.proxy : undefined
  }

  /** The request, with the status or the system's code, and Zendesk's own words. */
  describeRequest(host?: string): string {
    const { request, response } = this
    const words = response && zendeskWords(response.json)
    const at = host === undefined ? '' : ` at ${host}`
    const isFromProxy = this.kind === 'proxyRefused' || this.kind === 'proxyUnreachable'
    const code = isFromProxy ? `CONNECT ${this.code}` : this.code
    const status = response === undefined ? code : String(response.status)
    return `${request.method} ${pathOf(request)}${at}${status && `: ${status}`}${words === undefined ? '' : ` ("${words}")`}`
  }

  /** The wait that the response asked for, if it did not fit; else empty. */
  wait(): string {
    const { excessiveWait } = this
    if (excessiveWait === undefined) return ''
    const seconds = Number.isFinite(excessiveWait) ? `${Math.ceil(excessiveWait)} s, ` : ''
    return `it asks to wait ${seconds}more than this step has left`
  }
}

/** Whether `error` says that nothing more may be started: the job was cancelled, or the step's time is over. */
export function isStop(error: unknown): error is ZendeskError {
  return error instanceof ZendeskError && (error.kind === 'cancelled' || error.kind === 'deadline')
}

/** Whether no further request can help: {@link isStop}, or Zendesk asks to wait longer than there is time. */
export function isFinal(error: unknown): boolean {
  return isStop(error) || (error instanceof ZendeskError && error.excessiveWait !== undefined)
}

/** The errors of OAuth that need an advice of their own. */
const OAUTH_ERRORS = ['invalid_client', 'unauthorized_client', 'invalid_scope', 'invalid_grant'] as const

/** The error for a response that does not do what the request asked for. */
export function unexpectedResponse(
  request: ZendeskRequest,
  response: ZendeskResponse,
  kind = kindOf(response, request)
): ZendeskError {
  return new ZendeskError(kind, request, { response })
}

function kindOf(response: ZendeskResponse, { operation }: ZendeskRequest): ErrorKind {
  const { status, json, html } = response
  const code = OAUTH_ERRORS.find((known) => known === oauthError(json))
  if (code !== undefined) return code
  if (isMissingAccount(response)) return 'subdomainUnknown'
  const isCreation = operation === 'createToken'
  if (isCreation && (status === 410 || isFromAccount(response, 404))) return 'endpointGone'
  if (isFromGateway(response, operation)) return 'gateway'
  if (isCreation && status === 422 && !/scope/i.test(zendeskWords(json) ?? '')) return 'clientUnknown'
  if (missingScopes(response) !== undefined) return 'missingScope'
  if (html && status < 300) return 'subdomainUnknown'
  // An account that has no such record is an account; the grant of main, its first request, asks for none.
  if (isFromAccount(response, 404) && operation !== 'grantToken') return 'unexpected'
  return statusRule(status).error
}

/** The requests that are sent only to an account that has responded before. */
const LATER: readonly Operation[] = ['checkToken', 'verifyToken', 'deleteToken']

/**
 * Whether a firewall or a proxy responded instead of Zendesk, which refuses in JSON. A page with 200 or 404 can also be
 * that of an address without an account, before the account has responded once.
 */
function isFromGateway(response: ZendeskResponse, operation: Operation): boolean {
  const { status, json, html } = response
  // Of a token, only Zendesk's own 401 says that it is rejected.
  const isOwn = status === 401 && LATER.includes(operation) ? isRejection(response) : isObject(json)
  const isNotZendesk = html || ([401, 403, 404].includes(status) && !isOwn)
  if (!isNotZendesk || isRedirect(status) || status >= 500) return false
  return LATER.includes(operation) || (status >= 400 && status !== 404)
}
