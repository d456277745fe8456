import { type Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { type TokenFacts } from './token-facts.ts'
import { type TokenResponse } from './token-response.ts'

/** When a token expires if nobody revokes it. */
export type Expiry =
  | {
      readonly kind: 'at'
      /** Milliseconds since 1970. */
      readonly time: number
      /** Whether Zendesk reported it; else it is the mint plus the lifetime that was requested. */
      readonly isReported: boolean
      /** Seconds from the mint to the expiry; `undefined` if Zendesk's times make no sense. */
      readonly lifetime: number | undefined
      /** A `Date` header after this shows that the token has expired; in milliseconds since 1970. */
      readonly expiredAfter: number | undefined
    }
  | { readonly kind: 'never' }
  | { readonly kind: 'unknown' }

/** The scopes of a token: those that Zendesk reported, else those that were requested. */
export interface Scopes {
  readonly names: readonly string[]
  readonly isReported: boolean
}

/** What is known of a token that this action minted. It does not change: who learns more makes another. */
export interface MintedToken {
  readonly token: Secret
  /** Not saved for post. */
  readonly refreshToken: Secret | undefined
  readonly id: number | undefined
  readonly clientId: number | undefined
  readonly userId: number | undefined
  readonly scopes: Scopes
  readonly expiry: Expiry
  /** The `Date` header of the response to the mint, in milliseconds since 1970. */
  readonly date: number | undefined
  /** The same, else this machine's clock. */
  readonly mintedAt: number
  /** Whether Zendesk has accepted the token once: 200 about it, or a JSON 403, which only a known token gets. */
  readonly seenWorking: boolean
}

/**
 * What is known of a token from the response that it came in.
 *
 * @param requested the scopes and the lifetime in seconds that count if the response reports none
 * @param now this machine's clock, in milliseconds since 1970
 */
export function mintedToken(
  { facts, expiresIn, date, token, refreshToken }: TokenResponse & { token: Secret },
  requested: { scopes: readonly string[]; expiresIn: number | undefined },
  now: number
): MintedToken {
  const mintedAt = date ?? now
  const lifetime = expiresIn ?? requested.expiresIn
  const isReported = expiresIn !== undefined
  const expiry: Expiry =
    lifetime === undefined
      ? { kind: 'unknown' }
      : {
          kind: 'at',
          time: mintedAt + lifetime * 1000,
          isReported,
          lifetime,
          expiredAfter: isReported && date !== undefined ? date + lifetime * 1000 : undefined
        }
  const scopes = { names: requested.scopes, isReported: false }
  const ids = { id: undefined, clientId: undefined, userId: undefined }
  const minted = { token, refreshToken, ...ids, scopes, expiry, date, mintedAt, seenWorking: false }
  return withFacts(minted, facts)
}

/** The token with what Zendesk reported about it. */
export function withFacts(minted: MintedToken, facts: TokenFacts): MintedToken {
  return {
    ...minted,
    id: facts.id ?? minted.id,
    clientId: facts.clientId ?? minted.clientId,
    userId: facts.userId ?? minted.userId,
    scopes:
      minted.scopes.isReported || facts.scopes === undefined
        ? minted.scopes
        : { names: facts.scopes, isReported: true },
    expiry: expiryWith(minted, facts)
  }
}

/** The token after Zendesk has accepted it once, with what it reported about it. */
export function seenWorking(minted: MintedToken, facts: TokenFacts | undefined): MintedToken {
  return { ...(facts === undefined ? minted : withFacts(minted, facts)), seenWorking: true }
}

/**
 * The lifetime stays what the response to the mint reported, else it is the time between two of Zendesk's own times; if
 * that makes no sense, it is unknown. The `Date` headers may be off, so by them the token has expired only if both the
 * expiry and the mint plus the lifetime are past.
 */
function expiryWith(
  { expiry, date, mintedAt }: Pick<MintedToken, 'expiry' | 'date' | 'mintedAt'>,
  { expiresAt, createdAt }: TokenFacts
): Expiry {
  const reported = expiry.kind === 'at' && expiry.isReported ? expiry : undefined
  if (expiresAt === undefined) return expiry
  if (expiresAt === null) return reported ?? { kind: 'never' }
  const span = (expiresAt - (createdAt ?? mintedAt)) / 1000
  const lifetime = reported === undefined ? (span > 0 ? span : undefined) : reported.lifetime
  const expiredAfter = date === undefined ? undefined : Math.max(expiresAt, date + (lifetime ?? 0) * 1000)
  return { kind: 'at', time: expiresAt, isReported: true, lifetime, expiredAfter }
}

/** The expiry that Zendesk reported of a token, of which nothing else is known. */
export function reportedExpiry(facts: TokenFacts): Expiry {
  return expiryWith({ expiry: { kind: 'unknown' }, date: undefined, mintedAt: 0 }, facts)
}

/** When the token expires, in ISO 8601 and UTC; empty if it does not, or if that is not known. */
export function expiresAt({ expiry }: MintedToken): string {
  return expiry.kind === 'at' ? isoTime(expiry.time) : ''
}

/** Whether Zendesk reported that the token has no scope at all: it can do nothing. */
export function isUseless({ scopes }: MintedToken): boolean {
  return scopes.isReported && scopes.names.length === 0
}
