import { type IncomingHttpHeaders } from 'node:http'

/** A request, read to its end. */
export interface MockRequest {
  method: string
  /** The path without query, and without the `.json` that any path may end in. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
  /** The parts of the path that the route's `{…}` stand for. */
  params: readonly string[]
}

/** A whole response. `Date`, `x-request-id` and a content type are added if they are missing. */
export interface MockResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** Thrown by a handler to refuse a request with this response. */
export class Refusal extends Error {
  readonly response: MockResponse

  constructor(response: MockResponse) {
    super(`refused with ${response.status}`)
    this.response = response
  }
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): MockResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value)
  }
}

export const NO_CONTENT: MockResponse = { status: 204, headers: {}, body: '' }

/** The body as JSON, or `undefined` if it is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object in the body of a request that has this name. */
export function member(request: MockRequest, name: string): Record<string, unknown> {
  const body = parsed(request.body)
  const value = isObject(body) ? body[name] : undefined
  if (!isObject(value)) throw refusals.malformed(`${name} is missing`)
  return value
}

const HOST = 'acme.zendesk.com'

/** The forms of Zendesk's errors. */
export const refusals = {
  notAuthenticated: (): Refusal =>
    new Refusal(
      json(401, { error: "Couldn't authenticate you" }, { 'WWW-Authenticate': 'Basic realm="Web Password"' })
    ),
  invalidToken: (): Refusal => {
    const error = 'invalid_token'
    const error_description =
      'The access token provided is expired, revoked, malformed or invalid for other reasons.'
    return new Refusal(
      json(
        401,
        { error, error_description },
        { 'WWW-Authenticate': `Bearer realm="", error="${error}", error_description="${error_description}"` }
      )
    )
  },
  forbidden: (message = 'You do not have access to this page. Please contact the account owner.'): Refusal =>
    new Refusal(json(403, { error: { title: 'Forbidden', message } })),
  missingScopes: (scopes: readonly string[]): Refusal =>
    new Refusal(
      json(403, {
        error: 'Forbidden',
        description: `You are missing the following required scopes: ${scopes.join(', ')}`
      })
    ),
  noRecord: (): Refusal => new Refusal(json(404, { error: 'RecordNotFound', description: 'Not found' })),
  noEndpoint: (): Refusal => new Refusal(json(404, { error: 'InvalidEndpoint', description: 'Not found' })),
  noHelpDesk: (): Refusal =>
    new Refusal(
      json(404, {
        error: {
          title: `No help desk at ${HOST}`,
          message:
            'There is no help desk configured at this address. This means that the address is available and that you can claim it at http://www.zendesk.com/signup'
        }
      })
    ),
  helpCenterClosed: (): Refusal => {
    const query = `utm_content=${HOST}&utm_source=helpcenter-closed&utm_medium=poweredbyzendesk`
    const Location = `https://www.zendesk.com/app/help-center-closed/?${query}`
    return new Refusal({ status: 301, headers: { Location }, body: '' })
  },
  invalid: (field: string, description: string): Refusal =>
    new Refusal(
      json(422, {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { [field]: [{ description, error: 'InvalidValue' }] }
      })
    ),
  malformed: (detail: string): Refusal =>
    new Refusal(json(400, { errors: [{ code: 'BadRequest', title: 'Bad request', detail }] })),
  oauth: (error: OAuthError, error_description: string = OAUTH_WORDS[error]): Refusal =>
    new Refusal(
      json(
        error === 'invalid_client' ? 401 : 400,
        { error, error_description },
        { 'Cache-Control': 'no-store' }
      )
    )
}

/**
 * The words of the library rack-oauth2 (`lib/rack/oauth2/server/token/error.rb`). People have seen Zendesk use them
 * for `invalid_client` and `invalid_grant`; that it uses the others is likely.
 */
const OAUTH_WORDS = {
  invalid_client:
    'The client identifier provided is invalid, the client failed to authenticate, the client did not include its credentials, provided multiple client credentials, or used unsupported credentials type.',
  invalid_grant:
    'The provided access grant is invalid, expired, or revoked (e.g. invalid assertion, expired authorization token, bad end-user password credentials, or mismatching authorization code and redirection URI).',
  invalid_request:
    'The request is missing a required parameter, includes an unsupported parameter or parameter value, repeats a parameter, includes multiple credentials, utilizes more than one mechanism for authenticating the client, or is otherwise malformed.',
  invalid_scope:
    'The requested scope is invalid, unknown, malformed, or exceeds the previously granted scope.',
  unauthorized_client: 'The authenticated client is not authorized to use the access grant type provided.',
  unsupported_grant_type:
    'The access grant included - its type or another attribute - is not supported by the authorization server.'
}

/** The errors of RFC 6749 that the token endpoint knows. */
export type OAuthError = keyof typeof OAUTH_WORDS
