import type { ClientSeed, UserSeed } from './seeds.ts'

/** The sides of Zendesk that are undocumented, have changed, or will change. May be set at any time. */
export interface Behaviour {
  /** `POST /api/v2/oauth/tokens`: `works`, or what is left of it once Zendesk has taken it away. */
  mintEndpoint: 'works' | 'gone-410' | 'gone-404' | 'forbidden-403'
  /** The status of a successful grant: documented as 201, seen as 200. */
  grantStatus: 200 | 201
  /** When a grant's response has `expires_in`: it may lack it unless the request had it. */
  tellExpiresIn: 'always' | 'when-asked' | 'never'
  /** A grant without `scope` is refused, as older documentation says; otherwise it gets what the client may have. */
  scopeRequired: boolean
  /** What the response to a mint says about scopes: those granted, none at all (`""`, `[]`), or nothing. */
  reportScopes: 'granted' | 'empty' | 'absent'
  /** Tokens minted with an API token or access token expire after 30 minutes, also those of older clients. */
  apiTokensExpire: boolean
  /**
   * How long a new token is refused with 401 because it is not known everywhere yet: for its first `requests`, for `ms`
   * after the mint by the account's clock, or both.
   */
  unknownAtFirst: { requests?: number; ms?: number } | null
  /** What new access tokens look like. All JWTs begin with the same ten characters. */
  tokenFormat: 'opaque' | 'jwt'
  /** `false` is the bug of 2022: `DELETE …/tokens/current` answers 204 and revokes nothing. */
  deleteCurrentWorks: boolean
  /** The id of the token whose facts `GET …/tokens/current` reports; `null`: the token's own. */
  currentIsAbout: number | null
  /** Milliseconds by which the `Date` header of responses is ahead of the account's clock. */
  dateSkew: number
  /** Whether a token without `read` or `write` may see and delete itself all the same. Nobody knows. */
  narrowTokensManageThemselves: boolean
  /** What becomes of a scope that Zendesk does not know. */
  unknownScopes: 'drop' | 'keep'
  /** `false`: the list of tokens ignores its `client_id` parameter. */
  filterByClient: boolean
  /** `null`: as many requests as one likes. */
  rateLimit: RateLimit | null
}

/** A limit for the whole account, in fixed windows of time. */
export interface RateLimit {
  /** Requests that a window allows. */
  limit: number
  /** Length of a window in milliseconds: 60,000 at Zendesk, less to save a test's time. */
  perMs: number
  /** `seconds` (the default; whole, at least 1), `date`, `absent`, or a header value to send as it is. */
  retryAfter?: string
  /** What the 429 says; `json` by default. */
  body?: 'json' | 'text'
  /** Limits only paths that match. */
  paths?: RegExp
}

/** What `startZendesk` takes. Everything has a default. */
export interface ZendeskOptions extends Partial<Behaviour> {
  users?: readonly UserSeed[]
  clients?: readonly ClientSeed[]
  /** That many unremarkable clients come before the others in the list: over 100 fill its first page. */
  clientsBefore?: number
  /** The clock in milliseconds; `Date.now` by default. */
  now?: () => number
  /** PEM texts: serve https with them. */
  tls?: { key: string; cert: string }
}

/** Zendesk on a good day, with every scope taken as strictly as its documentation has it. */
export const defaultBehaviour: Readonly<Behaviour> = {
  mintEndpoint: 'works',
  grantStatus: 201,
  tellExpiresIn: 'always',
  scopeRequired: false,
  reportScopes: 'granted',
  apiTokensExpire: false,
  unknownAtFirst: null,
  tokenFormat: 'opaque',
  deleteCurrentWorks: true,
  currentIsAbout: null,
  dateSkew: 0,
  narrowTokensManageThemselves: false,
  unknownScopes: 'drop',
  filterByClient: true,
  rateLimit: null
}
