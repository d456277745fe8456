import { type MainInputs } from './inputs/inputs.ts'
import { causeOf } from './report/errors.ts'
import { setOutputs } from './runner/outputs.ts'
import { fingerprintOf, saveForPost, type State } from './runner/state.ts'
import { nameOf } from './report/token.ts'
import { type ZendeskClient } from './zendesk/http/client.ts'
import { isAdmin, reusableSecret } from './zendesk/credential.ts'
import { type MintedToken } from './zendesk/token.ts'
import { Revocation } from './zendesk/revocation.ts'

/**
 * Saves what post has to revoke, and then sets the outputs: in this order, so that whatever fails afterwards leaves
 * nothing behind. Called again when more is known about the token.
 *
 * @throws {Error} if the runner's files cannot be written; a token that cannot be saved for post is revoked at once
 */
export async function publishToken(
  client: ZendeskClient,
  inputs: MainInputs,
  minted: MintedToken
): Promise<void> {
  try {
    saveForPost(stateOf(inputs, minted))
  } catch (error) {
    // Without saved state, post does nothing: what is not to be revoked needs none.
    if (shouldRevoke(inputs, minted)) throw await revokeAtOnce(client, inputs, minted, error as Error)
  }
  setOutputs({
    token: minted.token.reveal(),
    'refresh-token': minted.refreshToken?.reveal(),
    'token-id': minted.id,
    'client-id': minted.clientId ?? inputs.clientId,
    'user-id': minted.userId,
    scopes: minted.scopesReported ? minted.scopes.join(' ') : '',
    'expires-at': minted.expiresAt,
    'base-url': inputs.origin
  })
}

/** Whether post revokes the token: with `auto`, not if that would also revoke a refresh token that came with it. */
export function shouldRevoke({ skipRevoke }: MainInputs, { refreshToken }: MintedToken): boolean {
  return skipRevoke === 'auto' ? refreshToken === undefined : skipRevoke === 'false'
}

function stateOf(inputs: MainInputs, minted: MintedToken): State {
  if (!shouldRevoke(inputs, minted)) return { skipped: inputs.skipRevoke === 'true' ? 'true' : 'auto' }
  const { credential, clientId, origin, timeoutSeconds, jobSummary } = inputs
  const { salt, hash } = fingerprintOf(reusableSecret(credential), inputs)
  const { kind } = credential
  const authMethod = isAdmin(credential) ? 'client_secret_post' : credential.authMethod
  return { minted, context: { origin, timeoutSeconds, jobSummary, kind, clientId, authMethod, salt, hash } }
}

/** Revokes a token that post will not know about; returns the error that says so. */
async function revokeAtOnce(
  client: ZendeskClient,
  { credential, clientId }: MainInputs,
  minted: MintedToken,
  cause: Error
): Promise<Error> {
  const onRemaining = client.log.warning
  const outcome = await new Revocation(client, minted, { credential, clientId, onRemaining }).run()
  const why = 'why' in outcome ? `: ${causeOf(outcome.why)}` : ''
  const isRevoked = outcome.result === 'verified' || outcome.result === 'expired'
  const end = isRevoked ? 'was revoked at once' : `may still be active${why}`
  return new Error(
    `Could not save ${nameOf(minted)} for post: ${cause.message} Without that, post could not have revoked the token, so it ${end}.`
  )
}
