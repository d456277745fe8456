import { type TokenFacts } from './token-facts.ts'

/** A token that still works, and was neither created nor used recently. */
export interface StaleToken {
  id: number
  userId: number
  scopes: string
  /** Milliseconds since 1970, by Zendesk's clock. */
  createdAt: number
  /** The same; `null` if it was never used. */
  usedAt: number | null
}

/** What makes a token stale. */
export interface StaleCriteria {
  /** The numeric id of the client whose tokens they are. */
  clientId: number
  /** The user whose tokens they are; `undefined` for all users. */
  userId: number | undefined
  /** Milliseconds within which a token that was created or used is still needed. */
  olderThan: number
  /** The id of the token that the sweep works with, which is never stale. */
  ownId: number | undefined
}

/**
 * The token as a stale one; `undefined` if it belongs to another client or user, is the one that the sweep works
 * with, has expired, was created or used recently, or has a refresh token that is still valid. If Zendesk does not
 * report what is needed to tell, the token is not stale.
 *
 * @param date of the response that lists the token, in milliseconds since 1970
 * @param local this machine's clock, the same
 */
export function staleToken(
  token: TokenFacts,
  criteria: StaleCriteria,
  date: number | undefined,
  local: number
): StaleToken | undefined {
  const { id, clientId, userId, scopes = [], createdAt, usedAt, expiresAt } = token
  const now = date ?? local
  const earliest = Math.min(now, local)
  // If the two clocks differ, the one by which the token is younger counts.
  const isOld = (time: number): boolean => earliest - time > criteria.olderThan
  if (id === undefined || id === criteria.ownId || clientId !== criteria.clientId) return undefined
  if (userId === undefined || userId !== (criteria.userId ?? userId)) return undefined
  if (typeof createdAt !== 'number' || !isOld(createdAt)) return undefined
  if (usedAt === undefined || (usedAt !== null && !isOld(usedAt))) return undefined
  if (expiresAt === undefined || (expiresAt !== null && expiresAt <= now)) return undefined
  if (token.hasRefreshToken && !((token.refreshTokenExpiresAt ?? Infinity) <= earliest)) return undefined
  return { id, userId, scopes: scopes.join(' '), createdAt, usedAt }
}
