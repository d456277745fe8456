import { asObject, isObject } from '../lib/json.ts'
import { isFromAccount, isRejection, type ZendeskResponse } from './http/response.ts'
import { type MintedToken } from './token.ts'
import { PREFIX_LENGTH, isJwt, tokenFacts, type TokenFacts } from './token-facts.ts'

/** What a response to a request for the current token shows about the token that the request was made with. */
export type TokenStatus =
  /** 200 about this very token, with its facts, or a JSON 403, which only a token that is known gets. */
  | { is: 'active'; facts: TokenFacts | undefined }
  /** Zendesk's own 401. */
  | { is: 'rejected' }
  /** Anything else says nothing about it. */
  | { is: 'unknown' }

/** What tells a token from others. */
export type TokenIdentity = Pick<MintedToken, 'token' | 'date'>

/** Milliseconds between the creation of a JWT and its own `iat` claim, or else the `Date` of its mint. */
const IAT_TOLERANCE = 5000
const MINT_TOLERANCE = 60_000

/** Reads a response to a request for the current token: the only place that does. */
export function tokenStatus(identity: TokenIdentity, response: ZendeskResponse): TokenStatus {
  if (isRejection(response)) return { is: 'rejected' }
  if (isFromAccount(response, 403)) return { is: 'active', facts: undefined }
  const facts = response.status === 200 ? factsAbout(identity, response.json) : undefined
  return facts === undefined ? { is: 'unknown' } : { is: 'active', facts }
}

/**
 * The facts in a response, if they are about this very token: `token.token` is missing, or equals its first ten
 * characters. As all JWTs begin alike, a JWT must have been created when its `iat` claim says (RFC 9068 §2.2), or, if
 * that cannot be read, when it was minted here.
 */
function factsAbout({ token, date }: TokenIdentity, json: unknown): TokenFacts | undefined {
  const described = asObject(json)['token']
  if (!isObject(described)) return undefined
  const { token: shown } = described
  const value = token.reveal()
  if (shown !== undefined && shown !== null && shown !== value.slice(0, PREFIX_LENGTH)) return undefined
  const facts = tokenFacts(described)
  if (!isJwt(token)) return facts
  const issuedAt = issueTimeOf(value)
  const [expected, tolerance] = issuedAt === undefined ? [date, MINT_TOLERANCE] : [issuedAt, IAT_TOLERANCE]
  return isNear(facts.createdAt, expected, tolerance) ? facts : undefined
}

/** Whether two times are known, and at most `tolerance` apart; all in milliseconds. */
export function isNear(
  time: number | null | undefined,
  other: number | undefined,
  tolerance: number
): boolean {
  return typeof time === 'number' && other !== undefined && Math.abs(time - other) <= tolerance
}

/** The `iat` claim of a JWT in milliseconds since 1970; `undefined` if it cannot be read. */
function issueTimeOf(jwt: string): number | undefined {
  try {
    const [, payload = ''] = jwt.split('.')
    const { iat } = asObject(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    return typeof iat === 'number' ? iat * 1000 : undefined
  } catch {
    return undefined
  }
}
