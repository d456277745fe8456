import { type TokenFacts } from './tokens.ts'

/** A token that nobody seems to need any more. */
export interface LeftOver {
  id: number
  userId: number | undefined
  scopes: string
  /** Milliseconds since 1970, by Zendesk's clock. */
  createdAt: number
  /** The same; `null` where it was never used. */
  usedAt: number | null
}

/** What tells a left-over token from one that is needed. */
export interface Criteria {
  /** The numeric id of the client whose tokens they are. */
  clientId: number
  /** Milliseconds within which a token that was created or used is needed. */
  olderThan: number
  /** The id of the token that is worked with, which is never left over. */
  ownId: number | undefined
}

/**
 * The token as a left-over one, or `undefined` where it belongs to another client, is the one that is worked with, is
 * expired, or was created or used lately. Where Zendesk does not tell enough, the token is let alone.
 *
 * @param now Zendesk's clock, in milliseconds since 1970
 */
export function leftOver(token: TokenFacts, criteria: Criteria, now: number): LeftOver | undefined {
  const { id, clientId, userId, scopes = [], createdAt = NaN, usedAt, expiresAt } = token
  const isOld = (time: number): boolean => now - time > criteria.olderThan
  if (id === undefined || id === criteria.ownId || clientId !== criteria.clientId) return undefined
  if (!isOld(createdAt) || (usedAt !== null && !isOld(usedAt))) return undefined
  if (typeof expiresAt === 'number' && expiresAt <= now) return undefined
  return { id, userId, scopes: scopes.join(' '), createdAt, usedAt }
}
