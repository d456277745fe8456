import { type Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { type TokenResponse } from './token-response.ts'
import { type TokenFacts } from './tokens.ts'

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
  /** The expiry that Zendesk reported, by its own clock, in milliseconds since 1970. */
  reportedExpiry: number | undefined
  /** Seconds from the mint to the expiry; `undefined` if there is none, or it is not known. */
  lifetime: number | undefined
  /** The `Date` of the response to the mint, else this machine's clock, in milliseconds since 1970. */
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
  { response, token, date }: Mint,
  requested: { scopes: string[]; expiresIn: number | undefined },
  now: number
): MintedToken {
  const { facts, expiresIn } = response
  const lifetime = expiresIn ?? requested.expiresIn
  const minted: MintedToken = {
    token,
    id: facts.id,
    clientId: facts.clientId,
    userId: facts.userId,
    scopes: facts.scopes ?? requested.scopes,
    scopesReported: facts.scopes !== undefined,
    expiresAt: lifetime === undefined ? '' : isoTime(now + lifetime * 1000),
    reportedExpiry: expiresIn === undefined || date === undefined ? undefined : date + expiresIn * 1000,
    lifetime,
    mintedAt: date ?? now,
    seenWorking: false
  }
  setExpiry(minted, facts, expiresIn)
  return minted
}

/** Adds what Zendesk reported when the token was used for the first time. */
export function addFacts(minted: MintedToken, facts: TokenFacts, { expiresIn }: TokenResponse): void {
  minted.id = facts.id ?? minted.id
  minted.clientId = facts.clientId ?? minted.clientId
  minted.userId = facts.userId ?? minted.userId
  if (!minted.scopesReported && facts.scopes !== undefined) {
    minted.scopes = facts.scopes
    minted.scopesReported = true
  }
  if (facts.expiresAt === null && expiresIn === undefined) {
    minted.lifetime = undefined
    minted.expiresAt = ''
  }
  setExpiry(minted, facts, expiresIn)
}

/**
 * Takes over an expiry that Zendesk reported. The lifetime is what the response to the mint reported, else the time
 * between two of Zendesk's own times; if that makes no sense, the lifetime is unknown.
 */
function setExpiry(minted: MintedToken, facts: TokenFacts, expiresIn: number | undefined): void {
  const { expiresAt, createdAt } = facts
  if (expiresAt === null || expiresAt === undefined) return
  const span = (expiresAt - (createdAt ?? minted.mintedAt)) / 1000
  minted.expiresAt = isoTime(expiresAt)
  minted.reportedExpiry = expiresAt
  minted.lifetime = expiresIn ?? (span > 0 ? span : undefined)
}
