import { asObject, asText } from '../lib/json.ts'
import { clean, sharesSecret } from '../lib/redact.ts'
import { Secret } from '../lib/secret.ts'
import { isWellFormedScope, KNOWN_SCOPES } from './scopes.ts'

/*
 * Tokens as a resource: https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/
 */

/** How much of a token Zendesk shows when it describes it. */
export const PREFIX_LENGTH = 10

/** Environment variables have limits (128 KiB on Linux, 32,767 characters on Windows), and state is passed in one. */
export const SCOPES_LIMIT = 4096

/** What Zendesk reports about a token; what it does not report is `undefined`. */
export interface TokenFacts {
  id: number | undefined
  clientId: number | undefined
  userId: number | undefined
  scopes: string[] | undefined
  /** Milliseconds since 1970; `null` if the token does not expire. */
  expiresAt: number | null | undefined
  /** Milliseconds since 1970. */
  createdAt: number | null | undefined
  /** Milliseconds since 1970; `null` if the token was never used. */
  usedAt: number | null | undefined
  /** Whether a refresh token belongs to it, and until when that is valid; `undefined` means for an unknown time. */
  hasRefreshToken: boolean
  refreshTokenExpiresAt: number | null | undefined
  /** The first ten characters of the token. */
  prefix: string | undefined
}

/** A usable access token: 8 to 8192 visible ASCII characters; `undefined` for anything else. */
export function usableToken(value: unknown, shortest = 8): Secret | undefined {
  const isUsable = typeof value === 'string' && value.length >= shortest && /^[!-~]{1,8192}$/.test(value)
  return isUsable ? new Secret(value) : undefined
}

/** A positive safe integer, such as an id; anything else is as if it were not reported. */
export function positiveInteger(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined
}

/** Reads the `token` object of a response, or one of a list; a value of the wrong type is as if not reported. */
export function tokenFacts(value: unknown): TokenFacts {
  const token = asObject(value)
  return {
    id: positiveInteger(token['id']),
    clientId: positiveInteger(token['client_id']),
    userId: positiveInteger(token['user_id']),
    scopes: scopesOf(token['scopes']),
    expiresAt: timeOf(token['expires_at']),
    createdAt: timeOf(token['created_at']),
    usedAt: timeOf(token['used_at']),
    hasRefreshToken: token['refresh_token'] !== undefined && token['refresh_token'] !== null,
    refreshTokenExpiresAt: timeOf(token['refresh_token_expires_at']),
    prefix: asText(token['token'])
  }
}

/** Whether a token is a JWT (RFC 7519): all of these begin alike. */
export function isJwt(token: Secret): boolean {
  return token.reveal().startsWith('eyJ')
}

/**
 * Scopes as Zendesk writes them: a list, or one string with spaces. They are saved in state and outputs, so whatever
 * is not a scope, or contains a secret that a server repeats, is left out.
 *
 * @returns `undefined` if none are reported, or more than 4 kB; an empty list if Zendesk reports that there are none
 */
export function scopesOf(value: unknown): string[] | undefined {
  if (typeof value !== 'string' && !Array.isArray(value)) return undefined
  const reported = (typeof value === 'string' ? value.split(' ') : (value as unknown[])).filter(
    (scope) => scope !== ''
  )
  // Strings only: joining deeply nested lists would exhaust the stack.
  const words = reported.filter((scope): scope is string => typeof scope === 'string')
  if (words.join(' ').length > SCOPES_LIMIT) return undefined
  // A sweep reads the scopes of thousands of tokens: those that Zendesk documents need no cleaning.
  const isKnown = (scope: string): boolean => KNOWN_SCOPES.includes(scope)
  const scopes = words.filter(
    (scope) => isKnown(scope) || (isWellFormedScope(scope) && clean(scope) === scope)
  )
  // A secret may also be repeated in pieces.
  const others = scopes.filter((scope) => !isKnown(scope))
  if (others.length > 0 && sharesSecret(others.join(' '))) return undefined
  return scopes.length === 0 && reported.length > 0 ? undefined : scopes
}

/** An ISO 8601 time with its zone, in milliseconds; `null` for null, `undefined` for anything else. */
function timeOf(value: unknown): number | null | undefined {
  if (value === null) return null
  const time = asText(value) ?? ''
  const ms = /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)$/i.test(time) ? Date.parse(time) : NaN
  return Number.isNaN(ms) ? undefined : ms
}
