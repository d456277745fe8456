import { Cancelled, DeadlineExceeded } from '../lib/deadline.ts'
import { isObject, list, object, text } from '../lib/json.ts'
import { quote } from '../lib/redact.ts'
import { type ZendeskRequest, type ZendeskResponse } from './connection.ts'
import { type NetworkError, type NetworkErrorKind } from './network-error.ts'

/** What went wrong with a request; `src/messages.ts` has a sentence for each. */
export type ErrorKind =
  | 'credentialsRejected'
  | 'newTokenRejected'
  | 'forbidden'
  | 'missingScope'
  | 'gateway'
  | 'clientUnknown'
  | 'subdomainUnknown'
  | 'redirect'
  | 'invalidClient'
  | 'unauthorizedClient'
  | 'invalidScope'
  | 'invalidGrant'
  | 'endpointGone'
  | 'rateLimit'
  | 'outage'
  | 'unusableResponse'
  | 'unexpected'
  | 'deadline'
  | NetworkErrorKind

/** A request that failed, with all that a message about it needs. */
export class ZendeskError extends Error {
  /** Sentences to add to the message, such as one about a lost response. */
  readonly notes: string[] = []

  /**
   * @param response what came back, if anything did
   * @param cause the network error, the cancellation or the deadline, if nothing did
   */
  constructor(
    readonly kind: ErrorKind,
    readonly request: ZendeskRequest,
    readonly response?: ZendeskResponse & { unfittingWait?: number },
    override readonly cause?: NetworkError | Cancelled | DeadlineExceeded
  ) {
    super(`Could not ${request.purpose}: ${kind}`)
  }
}

/** Why nothing more may be started, if that is what `error` says. */
export function stopReason(error: unknown): 'cancelled' | 'deadline' | undefined {
  if (error instanceof Cancelled) return 'cancelled'
  if (error instanceof DeadlineExceeded) return 'deadline'
  const kind = error instanceof ZendeskError ? error.kind : undefined
  return kind === 'cancelled' || kind === 'deadline' ? kind : undefined
}

/** The path of a request without its query, which may hold a cursor that is not ours to print. */
export function pathOf({ path }: ZendeskRequest): string {
  return path.replace(/\?.*/s, '')
}

/** Whether a response accepts a request: a 2xx that is not a web page. */
export function isAccepted({ status, html }: ZendeskResponse): boolean {
  return status >= 200 && status < 300 && !html
}

/** Whether a 401 is Zendesk's own word about the credential: its body is a JSON object with a string `error`. */
export function isRejection({ status, json }: ZendeskResponse): boolean {
  return status === 401 && typeof object(json)['error'] === 'string'
}

/** Whether a response has this status and Zendesk's kind of body, a JSON object: a gateway's page has not. */
export function isJson({ status, json }: ZendeskResponse, wanted: 403 | 404): boolean {
  return status === wanted && isObject(json)
}

/** The scopes that a 403 names, as in "You are missing the following required scopes: users:read, read". */
export function missingScopes(response: ZendeskResponse): string | undefined {
  if (!isJson(response, 403)) return undefined
  const words = zendeskWords(response.json) ?? ''
  return /missing the following required scopes?:\s*([\w:.,\s-]+)/i
    .exec(words)?.[1]
    ?.trim()
    .replace(/\.$/, '')
}

/** The `error` of an OAuth error response, such as `invalid_grant` (RFC 6749 §5.2). */
export function oauthError(json: unknown): string | undefined {
  return text(object(json)['error'])
}

/**
 * Zendesk's own words in an error response, cleaned and cut to 200 characters; `undefined` if it gave none. Its
 * endpoints use five forms: `error` with `error_description` or `description`, `error.title` with
 * `error.message`, `errors[].title` with `errors[].detail`, and `details` of fields beside `description`.
 */
export function zendeskWords(json: unknown): string | undefined {
  const { error, error_description, description, message, errors, details } = object(json)
  const inner = object(error)
  const first = object(list(errors)[0])
  const field = object(list(Object.values(object(details))[0])[0])
  const parts = [
    text(error) ?? text(inner['title']) ?? text(first['title']) ?? text(first['code']),
    text(error_description) ??
      text(description) ??
      text(inner['message']) ??
      text(first['detail']) ??
      text(message),
    text(field['description'])
  ]
  const words = [...new Set(parts.filter((part) => part !== undefined))].map(quote).join(': ')
  return text(quote(words))
}

const OAUTH_ERRORS = new Map<string | undefined, ErrorKind>([
  ['invalid_client', 'invalidClient'],
  ['unauthorized_client', 'unauthorizedClient'],
  ['invalid_scope', 'invalidScope'],
  ['invalid_grant', 'invalidGrant']
])

/** The error for a response that does not do what the request asked for. */
export function unexpectedResponse(
  request: ZendeskRequest,
  response: ZendeskResponse,
  kind = kindOf(response, request)
): ZendeskError {
  return new ZendeskError(kind, request, response)
}

/** Whether a request creates a token at the endpoint that Zendesk deprecated on 2026-08-26. */
export function isDeprecatedMint({ method, path }: ZendeskRequest): boolean {
  return method === 'POST' && path === '/api/v2/oauth/tokens'
}

function kindOf(response: ZendeskResponse, request: ZendeskRequest): ErrorKind {
  const { status, json, html } = response
  const code = OAUTH_ERRORS.get(oauthError(json))
  if (code !== undefined) return code
  if (status >= 300 && status < 400) return 'redirect'
  if (html && (request.method === 'DELETE' || [401, 403, 429].includes(status))) return 'gateway'
  if (status === 401) return 'credentialsRejected'
  if (status === 403) return missingScopes(response) === undefined ? 'forbidden' : 'missingScope'
  if (status === 429) return 'rateLimit'
  if (status === 408 || status >= 500) return 'outage'
  const isMint = isDeprecatedMint(request)
  if (isMint && (status === 410 || isJson(response, 404))) return 'endpointGone'
  if (html || (status === 404 && request.method !== 'DELETE')) return 'subdomainUnknown'
  if (status < 300) return 'unusableResponse'
  if (status === 422 && isMint && !/scope/i.test(String(zendeskWords(json)))) return 'clientUnknown'
  return 'unexpected'
}
