import { isObject, asArray, asObject, asText } from '../../lib/json.ts'
import { clean } from '../../lib/redact.ts'

/** One complete response of Zendesk, or of something in front of it. */
export interface ZendeskResponse {
  readonly status: number
  /** The parsed body; `undefined` if it is not JSON. */
  readonly json: unknown
  /** Whether the body is a web page. */
  readonly html: boolean
  /** The `Retry-After` header, unread. */
  readonly retryAfter: string | undefined
  /** The `ratelimit-reset` and `rate-limit-reset` headers, unread, with commas between. */
  readonly rateLimitReset: string
  /** The `Location` header of a redirect, which is never followed. */
  readonly location: string | undefined
  /** The `Date` header: the server's clock, in milliseconds since 1970. */
  readonly date: number | undefined
  /** The request id, for Zendesk's support. */
  readonly requestId: string | undefined
}

/** Whether a response accepts a request: a 2xx that is not a web page. */
export function isAccepted({ status, html }: ZendeskResponse): boolean {
  return status >= 200 && status < 300 && !html
}

/** Whether a 401 is Zendesk's own word about the credential: its body is a JSON object with a string `error`. */
export function isRejection({ status, json }: ZendeskResponse): boolean {
  return status === 401 && typeof asObject(json)['error'] === 'string'
}

/**
 * Whether a response has this status and is the account's own word: its body is a JSON object, unlike a gateway's page,
 * and it does not say that there is no account.
 */
export function isFromAccount(response: ZendeskResponse, wanted: 403 | 404): boolean {
  return response.status === wanted && isObject(response.json) && !isMissingAccount(response)
}

/**
 * Whether Zendesk says that no account has this address: below `/api/v2` by a 404 "No help desk at …", elsewhere by a
 * redirect to its own site.
 */
export function isMissingAccount({ status, json, location = '' }: ZendeskResponse): boolean {
  const title = asText(asObject(asObject(json)['error'])['title']) ?? ''
  if (status === 404) return /^\s*No help desk at/i.test(title)
  return (
    isRedirect(status) &&
    /^(?:https?:)?\/\/www\.zendesk\.com(?::\d+)?\/[^?#]*help-center-closed/i.test(location)
  )
}

/** Whether a status is that of a redirect. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

/** The scopes that a 403 names, as in "You are missing the following required scopes: users:read, read". */
export function missingScopes(response: ZendeskResponse): string | undefined {
  const words = isFromAccount(response, 403) ? zendeskWords(response.json) : undefined
  const [, scopes] = /missing the following required scopes?:\s*([\w:.,\s-]+)/i.exec(words ?? '') ?? []
  return scopes?.trim().replace(/\.$/, '')
}

/** The `error` of an OAuth error response, such as `invalid_grant` (RFC 6749 §5.2). */
export function oauthError(json: unknown): string | undefined {
  return asText(asObject(json)['error'])
}

/**
 * Zendesk's own words in an error response, cleaned and cut to 200 characters; `undefined` if it gave none. Its
 * endpoints use five forms: `error` with `error_description` or `description`, `error.title` with
 * `error.message`, `errors[].title` with `errors[].detail`, and `details` of fields beside `description`.
 */
export function zendeskWords(json: unknown): string | undefined {
  const { error, error_description, description, message, errors, details } = asObject(json)
  const inner = asObject(error)
  const first = asObject(asArray(errors)[0])
  const field = asObject(asArray(Object.values(asObject(details))[0])[0])
  const parts = [
    [error, inner['title'], first['title'], first['code']],
    [error_description, description, inner['message'], first['detail'], message],
    [field['description']]
  ].map((candidates) => candidates.map(asText).find((part) => part !== undefined))
  const words = [...new Set(parts.filter((part) => part !== undefined))].map(clean).join(': ')
  return asText(clean(words))
}
