import { quote } from '../lib/redact.ts'
import { Secret } from '../lib/secret.ts'
import { adminAuthorization, bearer, type AdminCredential } from './credential.ts'
import { type Call } from './connection.ts'
import { isWellFormedScope } from './scopes.ts'
import { list, object, text } from './error-response.ts'

/*
 * Tokens as a resource, https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/
 */

const TOKENS = '/api/v2/oauth/tokens'

/** What Zendesk told of a token; what it did not tell is `undefined`. */
export interface TokenFacts {
  id: number | undefined
  clientId: number | undefined
  userId: number | undefined
  scopes: string[] | undefined
  /** Milliseconds since 1970; `null` where Zendesk says that the token has no expiry. */
  expiresAt: number | null | undefined
  /** Milliseconds since 1970. */
  createdAt: number | undefined
  /** Milliseconds since 1970; `null` where it was never used, `NaN` where Zendesk's word cannot be read. */
  usedAt: number | null
  /** The first ten characters of the token. */
  prefix: string | undefined
}

/** A usable access or refresh token: 8 to 8192 visible ASCII characters; `undefined` for anything else. */
export function usableToken(value: unknown): Secret | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{8,8192}$/.test(value) ? new Secret(value) : undefined
}

/** An id of Zendesk: a positive safe integer; anything else is as if it had not been told. */
export function usableId(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined
}

/** Reads the `token` object of a reply, or one of a list; wrong types are as if not told. */
export function tokenFacts(value: unknown): TokenFacts {
  const token = object(value)
  const usedAt = token['used_at']
  return {
    id: usableId(token['id']),
    clientId: usableId(token['client_id']),
    userId: usableId(token['user_id']),
    scopes: scopesOf(token['scopes']),
    expiresAt: time(token['expires_at']),
    createdAt: time(token['created_at']) ?? undefined,
    usedAt: usedAt === null || usedAt === undefined ? null : (time(usedAt) ?? NaN),
    prefix: text(token['token'])
  }
}

/**
 * Scopes as Zendesk writes them: a list, or one text with spaces; `undefined` where it tells none. They go into the
 * state and the outputs, so what is no scope, or holds a secret that a server repeats, is left out.
 */
export function scopesOf(value: unknown): string[] | undefined {
  const scopes = list(typeof value === 'string' ? value.split(' ') : value).filter(
    (scope): scope is string =>
      typeof scope === 'string' && isWellFormedScope(scope) && quote(scope) === scope
  )
  return scopes.length === 0 ? undefined : scopes
}

function time(value: unknown): number | null | undefined {
  if (value === null) return null
  const ms = Date.parse(text(value) ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

/** Creates a token for the client with the numeric id `clientId` (credentials A and B; deprecated on 2026-08-26). */
export function createToken(credential: AdminCredential, clientId: number, scopes: readonly string[]): Call {
  return {
    method: 'POST',
    path: TOKENS,
    authorization: adminAuthorization(credential),
    body: new Secret(JSON.stringify({ token: { client_id: clientId, scopes } }))
  }
}

/** Asks for the token that the request itself is made with: 200 while it lives, 401 once it is dead. */
export function currentToken(token: Secret): Call {
  return { method: 'GET', path: `${TOKENS}/current`, authorization: bearer(token) }
}

/** Revokes the token with this id, or the one that the request is made with. */
export function revokeToken(id: number | 'current', authorization: Secret): Call {
  return { method: 'DELETE', path: `${TOKENS}/${id}`, authorization }
}

/** The query of the list of a client's tokens; `allUsers` needs an admin. */
export function tokensOf(clientId: number, allUsers: boolean): string {
  return `${TOKENS}?client_id=${clientId}${allUsers ? '&all=true' : ''}`
}
