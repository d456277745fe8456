import { type ClientSeed } from './seeds.ts'

/** What Zendesk does not document, has changed or will change. May be set at any time. */
export interface Behaviour {
  /**
   * Whether an account is at this address. If not, the API responds with a JSON 404, everything else redirects to
   * www.zendesk.com, and `POST /oauth/tokens` does one or the other: nobody knows which.
   */
  helpDesk: 'exists' | 'missing-404' | 'missing-301'
  /**
   * Requests come from outside the account's IP rules: `POST /oauth/tokens` grants a token, as seen in 2013, and
   * every other request gets a JSON 403. Its body is a guess.
   */
  outsideIpRules: boolean
  /** How `POST /api/v2/oauth/tokens` responds: it works, or Zendesk has removed it. */
  mintEndpoint: 'works' | 'gone-410' | 'gone-404' | 'forbidden-403'
  /** The status of a successful grant: documented as 201, seen as 200. */
  grantStatus: 200 | 201
  /** Whether the response to a grant has `expires_in`; `if-sent`: only if the request had it. */
  reportExpiresIn: 'always' | 'if-sent' | 'never'
  /** The error for a grant without `scope`, as older documentation says; `false`: it gets what the client may have. */
  scopeRequired: 'invalid_scope' | 'invalid_request' | false
  /** What the response to a mint reports as scopes: those granted, none (`""`, `[]`), or nothing. */
  reportScopes: 'granted' | 'empty' | 'absent'
  /** Tokens minted with an API token or access token expire after 30 minutes, also those of older clients. */
  apiTokensExpire: boolean
  /** How many of its first requests a new token is refused with 401, because it is not known everywhere yet. */
  unknownAtFirst: { requests: number } | null
  /** What new access tokens look like. All JWTs begin with the same ten characters. */
  tokenFormat: 'opaque' | 'jwt'
  /** `false` is the bug of 2022: `DELETE …/tokens/current` responds with 204 and revokes nothing. */
  deleteCurrentWorks: boolean
  /** The id of the token that `GET …/tokens/current` reports; `null`: the token of the request. */
  currentIsAbout: number | null
  /** Milliseconds by which the `Date` header of responses is ahead of the account's clock. */
  dateSkew: number
  /** Whether a token without `read` or `write` may see and delete itself. Nobody knows. */
  narrowTokensManageThemselves: boolean
  /** `false`: the list of tokens ignores its `client_id` parameter. */
  filterByClient: boolean
  /** Responses have the header `x-request-id` twice. */
  repeatRequestId: boolean
  /** `null`: no limit. */
  rateLimit: RateLimit | null
}

/** A limit for the whole account, in fixed windows of time. */
export interface RateLimit {
  /** Requests that a window allows. */
  limit: number
  /** Length of a window in milliseconds: 60,000 at Zendesk. */
  perMs: number
}

/** What `startZendesk` takes. Everything has a default. */
export interface ZendeskOptions extends Partial<Behaviour> {
  clients?: readonly ClientSeed[]
  /** How many other clients come before these in the list: over 100 fill its first page. */
  clientsBefore?: number
  /** The clock in milliseconds; `Date.now` by default. */
  now?: () => number
  /** PEM texts: serve https with them. */
  tls?: { key: string; cert: string }
}

/** What Zendesk documents. */
export const DEFAULT_BEHAVIOUR: Readonly<Behaviour> = {
  helpDesk: 'exists',
  outsideIpRules: false,
  mintEndpoint: 'works',
  grantStatus: 201,
  reportExpiresIn: 'always',
  scopeRequired: false,
  reportScopes: 'granted',
  apiTokensExpire: false,
  unknownAtFirst: null,
  tokenFormat: 'opaque',
  deleteCurrentWorks: true,
  currentIsAbout: null,
  dateSkew: 0,
  narrowTokensManageThemselves: false,
  filterByClient: true,
  repeatRequestId: false,
  rateLimit: null
}
