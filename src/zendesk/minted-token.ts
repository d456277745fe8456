import { type Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { type MintReply } from './token-response.ts'
import { type TokenFacts } from './tokens.ts'

/** A token that was minted, as main knows it and post is told of it. */
export interface MintedToken {
  token: Secret
  id: number | undefined
  clientId: number | undefined
  userId: number | undefined
  /** The scopes that Zendesk says it granted; `undefined` where it does not say. */
  granted: string[] | undefined
  /** These, else the ones that were asked for. */
  scopes: string[]
  /** This machine's clock at the mint, in milliseconds since 1970. */
  mintedAt: number
  /** Zendesk's clock at the mint, in milliseconds since 1970. */
  serverTime: number
  /** Seconds from the mint to the expiry; `undefined` where there is none, or it is not known. */
  lifetime: number | undefined
  /** When the token dies by itself, as it was told to the workflow; empty where it does not. */
  expiresAt: string
}

/**
 * What is known of a token from the reply that it came in.
 *
 * @param asked the scopes and the lifetime in seconds that were asked for, which stand where the reply tells none
 * @param clocks this machine's and Zendesk's time of the mint, in milliseconds since 1970
 */
export function mintedToken(
  { facts, expiresIn }: MintReply,
  token: Secret,
  asked: { scopes: string[]; expiresIn: number | undefined },
  clocks: { now: number; serverTime: number }
): MintedToken {
  const lifetime = expiresIn ?? asked.expiresIn
  const minted: MintedToken = {
    token,
    id: facts.id,
    clientId: facts.clientId,
    userId: facts.userId,
    granted: facts.scopes,
    scopes: facts.scopes ?? asked.scopes,
    mintedAt: clocks.now,
    serverTime: clocks.serverTime,
    lifetime,
    expiresAt: lifetime === undefined ? '' : isoTime(clocks.now + lifetime * 1000)
  }
  setExpiry(minted, facts, expiresIn)
  return minted
}

/** Adds what Zendesk told when the token was used for the first time. */
export function learn(minted: MintedToken, facts: TokenFacts, { expiresIn }: MintReply): void {
  minted.id = facts.id ?? minted.id
  minted.clientId = facts.clientId ?? minted.clientId
  minted.userId = facts.userId ?? minted.userId
  minted.granted ??= facts.scopes
  minted.scopes = minted.granted ?? minted.scopes
  if (facts.expiresAt === null && expiresIn === undefined) {
    minted.lifetime = undefined
    minted.expiresAt = ''
  }
  setExpiry(minted, facts, expiresIn)
}

/**
 * Takes over an expiry that Zendesk told. The lifetime is what the mint's reply told in seconds, else the span between
 * two times of Zendesk's own clock; where that makes no sense, the token counts as one that never expires, so that it
 * is revoked in any case.
 */
function setExpiry(
  minted: MintedToken,
  { expiresAt, createdAt }: Pick<TokenFacts, 'expiresAt' | 'createdAt'>,
  expiresIn: number | undefined
): void {
  if (expiresAt === null || expiresAt === undefined) return
  const span = (expiresAt - (createdAt ?? minted.serverTime)) / 1000
  minted.expiresAt = isoTime(expiresAt)
  minted.lifetime = expiresIn ?? (span > 0 ? span : undefined)
}
