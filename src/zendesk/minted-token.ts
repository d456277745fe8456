import { type Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { type TokenResponse } from './token-response.ts'
import { type TokenFacts } from './tokens.ts'

export const EXPIRIES = ['reported', 'requested', 'never', 'unknown'] as const
export type Expiry = (typeof EXPIRIES)[number]

/** A token that was minted, as main knows it and saves it for post. */
export interface MintedToken {
  token: Secret
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
  expiry: Expiry
  /** When the token has surely expired by the clock of the `Date` headers, in milliseconds since 1970. */
  expiredAfter: number | undefined
  /** Seconds from the mint to the expiry; `undefined` if there is none, or it is not known. */
  lifetime: number | undefined
  /** The `Date` header of the response to the mint, else this machine's clock, in milliseconds since 1970. */
  mintedAt: number
  /** Whether Zendesk has accepted the token once. */
  seenWorking: boolean
}

/** The response to a mint that holds a usable token. */
export interface Mint {
  response: TokenResponse
  token: Secret
  /** The `Date` header: Zendesk's clock at the mint, in milliseconds since 1970. */
  date: number | undefined
}

/**
 * What is known about a token from the response that it came in.
 *
 * @param requested the scopes and the lifetime in seconds that count if the response reports none
 * @param now this machine's clock, in milliseconds since 1970
 */
export function mintedToken(
  mint: Mint,
  requested: { scopes: string[]; expiresIn: number | undefined },
  now: number
): MintedToken {
  const { token, date } = mint
  const { facts, expiresIn } = mint.response
  const lifetime = expiresIn ?? requested.expiresIn
  const mintedAt = date ?? now
  const minted: MintedToken = {
    token,
    id: facts.id,
    clientId: facts.clientId,
    userId: facts.userId,
    scopes: facts.scopes ?? requested.scopes,
    scopesReported: facts.scopes !== undefined,
    expiresAt: lifetime === undefined ? '' : isoTime(mintedAt + lifetime * 1000),
    expiry: expiresIn !== undefined ? 'reported' : lifetime === undefined ? 'unknown' : 'requested',
    expiredAfter: expiresIn === undefined || date === undefined ? undefined : date + expiresIn * 1000,
    lifetime,
    mintedAt,
    seenWorking: false
  }
  setExpiry(minted, facts, mint)
  return minted
}

/** Adds what Zendesk reported when the token was used for the first time. */
export function addFacts(minted: MintedToken, facts: TokenFacts, mint: Mint): void {
  minted.id = facts.id ?? minted.id
  minted.clientId = facts.clientId ?? minted.clientId
  minted.userId = facts.userId ?? minted.userId
  if (!minted.scopesReported && facts.scopes !== undefined) {
    minted.scopes = facts.scopes
    minted.scopesReported = true
  }
  setExpiry(minted, facts, mint)
}

/**
 * Takes over an expiry that Zendesk reported. The lifetime is what the response to the mint reported, else the time
 * between two of Zendesk's own times; if that makes no sense, the lifetime is unknown. The `Date` headers may be off,
 * so by them the token has expired only if both the expiry and the mint plus the lifetime are past.
 */
function setExpiry(
  minted: MintedToken,
  { expiresAt, createdAt }: TokenFacts,
  { date, response }: Mint
): void {
  if (expiresAt === undefined || (expiresAt === null && response.expiresIn !== undefined)) return
  if (expiresAt === null) {
    Object.assign(minted, { expiry: 'never', expiresAt: '', lifetime: undefined })
    return
  }
  const span = (expiresAt - (createdAt ?? minted.mintedAt)) / 1000
  minted.expiresAt = isoTime(expiresAt)
  minted.expiry = 'reported'
  minted.lifetime = response.expiresIn ?? (span > 0 ? span : undefined)
  minted.expiredAfter =
    date === undefined ? undefined : Math.max(expiresAt, date + (minted.lifetime ?? 0) * 1000)
}
