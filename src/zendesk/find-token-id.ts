import { type ZendeskClient } from './http/client.ts'
import { pages } from './http/pages.ts'
import { listTokensRequest } from './requests.ts'
import { bearer } from './credential.ts'
import { isJwt, PREFIX_LENGTH, tokenFacts, type TokenFacts } from './token-facts.ts'
import { isNear } from './token-status.ts'
import { type MintedToken } from './token.ts'

/** Milliseconds between the mint and the creation of a token in the list that can be the minted one. */
const CREATION_TOLERANCE = 60_000

/**
 * Finds the id of a token in the list of its user's tokens: the only one of the same client, user, scopes and first ten
 * characters that was created within a minute of the mint. A JWT is not found, as all of them begin alike.
 *
 * @param cleanup a token of the same client and user, with which the list is read
 * @throws {ZendeskError} if the list cannot be read
 */
export async function findTokenId(
  client: ZendeskClient,
  minted: MintedToken,
  cleanup: MintedToken
): Promise<number | undefined> {
  const { clientId, userId } = cleanup
  if (isJwt(minted.token) || clientId === undefined || userId === undefined) return undefined
  const prefix = minted.token.reveal().slice(0, PREFIX_LENGTH)
  const sorted = (scopes: readonly string[]): string => [...scopes].sort().join(' ')
  const isIt = (item: TokenFacts): boolean =>
    item.prefix === prefix &&
    item.clientId === clientId &&
    item.userId === userId &&
    item.scopes !== undefined &&
    sorted(item.scopes) === sorted(minted.scopes.names) &&
    isNear(item.createdAt, minted.mintedAt, CREATION_TOLERANCE)
  const matches: TokenFacts[] = []
  const request = listTokensRequest(clientId, bearer(cleanup.token))
  for await (const { items } of pages(client, request, 'tokens'))
    matches.push(...items.map(tokenFacts).filter(isIt))
  return matches.length === 1 ? matches[0]?.id : undefined
}
