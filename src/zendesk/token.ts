import { type Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { type TokenResponse } from './token-response.ts'
import { type TokenFacts } from './token-facts.ts'

/** A token that was minted, as main knows it and saves it for post. */
export interface MintedToken {
  token: Secret
  /** Not saved for post. */
  refreshToken: Secret | undefined
  id: number | undefined
  clientId: number | undefined
  userId: number | undefined
  /** The scopes that Zendesk reported, else those that were requested. */
  scopes: string[]
  /** Whether Zendesk reported the scopes. */
  scopesReported: boolean
  /** When the token expires, in ISO 8601 and UTC, as the workflow sees it; empty if it does not. */
  expiresAt: string
  /** Whether Zendesk reported the expiry, or that there is none; else it is what was requested, or unknown. */
  expiry: 'reported' | 'requested' | 'never' | 'unknown'
  /** A `Date` header after this shows that the token has expired; in milliseconds since 1970. */
  expiredAfter: number | undefined
  /** Seconds from the mint to the expiry; `undefined` if there is none, or it is not known. */
  lifetime: number | undefined
  /** The `Date` header of the response to the mint, in milliseconds since 1970. */
  date: number | undefined
  /** The same, else this machine's clock. */
  mintedAt: number
  /** Whether Zendesk has accepted the token once. */
  seenWorking: boolean
}

/**
 * What is known about a token from the response that it came in.
 *
 * @param requested the scopes and the lifetime in seconds that count if the response reports none
 * @param now this machine's clock, in milliseconds since 1970
 */
export function mintedToken(
  { facts, expiresIn, date, token, refreshToken }: TokenResponse & { token: Secret },
  requested: { scopes: string[]; expiresIn: number | undefined },
  now: number
): MintedToken {
  const lifetime = expiresIn ?? requested.expiresIn
  const mintedAt = date ?? now
  const minted: MintedToken = {
    token,
    refreshToken,
    id: undefined,
    clientId: undefined,
    userId: undefined,
    scopes: requested.scopes,
    scopesReported: false,
    expiresAt: lifetime === undefined ? '' : isoTime(mintedAt + lifetime * 1000),
    expiry: expiresIn !== undefined ? 'reported' : lifetime === undefined ? 'unknown' : 'requested',
    expiredAfter: expiresIn === undefined || date === undefined ? undefined : date + expiresIn * 1000,
    lifetime,
    date,
    mintedAt,
    seenWorking: false
  }
  addFacts(minted, facts)
  return minted
}

/**
 * Adds what Zendesk reported about the token. The lifetime stays what the response to the mint reported, else it is
 * the time between two of Zendesk's own times; if that makes no sense, it is unknown. The `Date` headers may be off,
 * so by them the token has expired only if both the expiry and the mint plus the lifetime are past.
 */
export function addFacts(minted: MintedToken, facts: TokenFacts): void {
  minted.id = facts.id ?? minted.id
  minted.clientId = facts.clientId ?? minted.clientId
  minted.userId = facts.userId ?? minted.userId
  if (!minted.scopesReported && facts.scopes !== undefined) {
    minted.scopes = facts.scopes
    minted.scopesReported = true
  }

  const { expiresAt, createdAt } = facts
  const isReported = minted.expiry === 'reported'
  if (expiresAt === undefined || (expiresAt === null && isReported)) return
  if (expiresAt === null) {
    Object.assign(minted, { expiry: 'never', expiresAt: '', lifetime: undefined })
    return
  }
  const span = (expiresAt - (createdAt ?? minted.mintedAt)) / 1000
  if (!isReported) minted.lifetime = span > 0 ? span : undefined
  minted.expiresAt = isoTime(expiresAt)
  minted.expiry = 'reported'
  const { date, lifetime = 0 } = minted
  minted.expiredAfter = date === undefined ? undefined : Math.max(expiresAt, date + lifetime * 1000)
}
