import { withCleanupToken, type CleanupTerms } from './cleanup-token.ts'
import { adminAuthorization, bearer, isAdmin, type ClientCredentials, type Credential } from './credential.ts'
import { findTokenId } from './find-token-id.ts'
import { type ZendeskClient } from './http/client.ts'
import { isFinal, ZendeskError } from './http/zendesk-error.ts'
import { insist, ownWays, Revocation, type Obstacle, type Outcome } from './revocation.ts'
import { type End } from './revocation-rules.ts'
import { type MintedToken } from './token.ts'

/** What a revocation may use besides the token itself. */
export interface RevocationTerms extends Pick<CleanupTerms, 'clientId' | 'remaining'> {
  /** The credential that minted the token; `undefined` if it is used up, or not available. */
  credential: Credential | undefined
  /** Called once a cleanup token is minted, with the obstacle that made it necessary. */
  onCleanupToken?: (why: Obstacle) => void
}

/** Seconds until a cleanup token expires. */
const CLEANUP_LIFETIME = 600

/**
 * Revokes the token that main minted and verifies that Zendesk rejects it, one way after the other: with the credential
 * by id, with the token itself by id and as the current one, and with a cleanup token.
 */
export async function revokeToken(
  client: ZendeskClient,
  minted: MintedToken,
  terms: RevocationTerms
): Promise<Outcome> {
  const revocation = new Revocation(minted)
  return revocation.outcome(await tryEachWay(client, revocation, terms))
}

/** As {@link revokeToken}, for a token that nobody will revoke later: not even a cancelled job ends it before 4 s. */
export async function revokeTokenNow(
  client: ZendeskClient,
  minted: MintedToken,
  terms: RevocationTerms
): Promise<Outcome> {
  const revocation = new Revocation(minted)
  return revocation.outcome(await insist(client, (within) => tryEachWay(within, revocation, terms)))
}

async function tryEachWay(
  client: ZendeskClient,
  revocation: Revocation,
  terms: RevocationTerms
): Promise<End | 'next way'> {
  const { credential } = terms
  const { token } = revocation
  const ways = ownWays(token)
  if (credential !== undefined && isAdmin(credential) && token.id !== undefined)
    ways.unshift({ id: token.id, authorization: adminAuthorization(credential), by: 'credential' })
  const end = await revocation.try(client, ways)
  if (end !== 'next way' || credential?.kind !== 'client_credentials') return end
  return tryCleanupToken(client, revocation, { ...terms, credential })
}

async function tryCleanupToken(
  client: ZendeskClient,
  revocation: Revocation,
  terms: RevocationTerms & { credential: ClientCredentials }
): Promise<End | 'next way'> {
  const { token, obstacle } = revocation
  const onMint = (): void => terms.onCleanupToken?.(obstacle)
  try {
    return await withCleanupToken(
      client,
      { ...terms, lifetime: CLEANUP_LIFETIME, onMint },
      async (cleanup) => {
        const id = token.id ?? (await findTokenId(client, token, cleanup))
        if (id !== undefined)
          return revocation.try(client, [{ id, authorization: bearer(cleanup.token), by: 'a cleanup token' }])
        revocation.note({ kind: 'id unknown' })
        return 'next way'
      }
    )
  } catch (error) {
    if (!(error instanceof ZendeskError)) throw error
    revocation.note({ kind: obstacleOf(error), error })
    return 'next way'
  }
}

function obstacleOf(error: ZendeskError): 'stopped' | 'scope' | 'other' {
  if (isFinal(error)) return 'stopped'
  return error.kind === 'invalid_scope' || error.kind === 'missingScope' ? 'scope' : 'other'
}
