import { type MainInputs } from './inputs/inputs.ts'
import { atOnceError } from './report/mint.ts'
import { unsavedSentence } from './report/revocation.ts'
import { setOutputs } from './runner/outputs.ts'
import { fingerprintOf, saveForPost, type State } from './runner/state.ts'
import { type Remaining } from './zendesk/cleanup-token.ts'
import { isAdmin, reusableSecret } from './zendesk/credential.ts'
import { type ZendeskClient } from './zendesk/http/client.ts'
import { revokeToken, revokeTokenNow } from './zendesk/revoke-token.ts'
import { expiresAt, isUseless, type MintedToken } from './zendesk/token.ts'

/**
 * Saves what post has to revoke, and then sets the outputs: in this order, so that whatever fails afterwards leaves
 * nothing behind. Called again when more is known about the token.
 *
 * @throws {Error} if the runner's files cannot be written. If post would not revoke the token, because it does not know
 * of it or because it was to be left, main tries at once.
 */
export async function publishToken(
  client: ZendeskClient,
  inputs: MainInputs,
  minted: MintedToken
): Promise<void> {
  const isRevoked = shouldRevoke(inputs, minted)
  try {
    saveForPost(stateOf(inputs, minted))
  } catch (error) {
    // Without saved state, post does nothing: what is not to be revoked needs none.
    if (isRevoked) {
      const end = await revokeAtOnce(client, inputs, minted, revokeTokenNow)
      throw atOnceError('unsaved', minted, error as Error, end)
    }
  }
  try {
    setOutputs({
      token: minted.token.reveal(),
      'refresh-token': minted.refreshToken?.reveal(),
      'token-id': minted.id,
      'client-id': minted.clientId ?? inputs.clientId,
      'user-id': minted.userId,
      scopes: minted.scopes.isReported ? minted.scopes.names.join(' ') : '',
      'expires-at': expiresAt(minted),
      'base-url': inputs.origin
    })
  } catch (error) {
    if (isRevoked) throw error
    // A token that was to be left is not worth a request after the job was cancelled.
    const end = await revokeAtOnce(client, inputs, minted, revokeToken)
    throw atOnceError('unpublished', minted, error as Error, end)
  }
}

/**
 * Whether post revokes the token: with `auto`, not if that would also revoke a refresh token that came with it, unless
 * neither is of use.
 */
export function shouldRevoke({ skipRevoke }: MainInputs, minted: MintedToken): boolean {
  if (skipRevoke !== 'auto') return skipRevoke === 'false'
  return minted.refreshToken === undefined || isUseless(minted)
}

function stateOf(inputs: MainInputs, minted: MintedToken): State {
  if (!shouldRevoke(inputs, minted))
    return { kind: 'skipped', why: inputs.skipRevoke === 'true' ? 'true' : 'auto' }
  const { credential, clientId, origin, timeoutSeconds, jobSummary } = inputs
  const { salt, hash } = fingerprintOf(reusableSecret(credential), inputs)
  const { kind } = credential
  const authMethod = isAdmin(credential) ? 'client_secret_post' : credential.authMethod
  const context = { origin, timeoutSeconds, jobSummary, kind, clientId, authMethod, salt, hash }
  return { kind: 'minted', minted, context }
}

/** Revokes a token that post will not revoke; returns what became of it, as one or more sentences. */
async function revokeAtOnce(
  client: ZendeskClient,
  { credential, clientId, origin }: MainInputs,
  minted: MintedToken,
  revoke: typeof revokeToken
): Promise<string> {
  const remaining: Remaining[] = []
  const outcome = await revoke(client, minted, { credential, clientId, remaining })
  const context = { origin, clientId, kind: credential.kind }
  return unsavedSentence(outcome, { minted, context, isWithoutCredential: false, remaining })
}
