import { type MainInputs } from './inputs/inputs.ts'
import { causeOf } from './messages.ts'
import { setOutputs, setSecretOutput } from './runner/outputs.ts'
import { fingerprintOf, saveForPost, type MintContext } from './runner/state.ts'
import { nameOf, remainingSentence } from './token-report.ts'
import { type ZendeskClient } from './zendesk/client.ts'
import { type Mint, type MintedToken } from './zendesk/minted-token.ts'
import { revokeAndVerify } from './zendesk/revocation.ts'
import { type TokenResponse } from './zendesk/token-response.ts'

/** A token, and the mint that it came from. */
export interface PublishedToken {
  minted: MintedToken
  mint: Mint
}

/**
 * Saves what post has to revoke, and then sets the outputs: in this order, so that whatever fails afterwards leaves
 * nothing behind. Called again when more is known about the token.
 *
 * @throws {Error} if the runner's files cannot be written; a token that cannot be saved for post is revoked at once
 */
export async function publishToken(
  client: ZendeskClient,
  inputs: MainInputs,
  { minted, mint: { response } }: PublishedToken
): Promise<void> {
  if (shouldRevoke(inputs, response)) {
    try {
      saveForPost({ minted, context: contextOf(inputs) })
    } catch (error) {
      throw await revokeAtOnce(client, inputs, minted, error as Error)
    }
  } else {
    saveSkipped(inputs.skipRevoke === 'true' ? 'true' : 'auto')
  }
  setSecretOutput('token', minted.token)
  setSecretOutput('refresh-token', response.refreshToken)
  setOutputs({
    'token-id': minted.id,
    'client-id': minted.clientId ?? inputs.clientId,
    'user-id': minted.userId,
    scopes: minted.scopesReported ? minted.scopes.join(' ') : '',
    'expires-at': minted.expiresAt,
    'base-url': inputs.origin
  })
}

/** Whether post revokes the token: with `auto`, not if that would also revoke a refresh token that came with it. */
export function shouldRevoke({ skipRevoke }: MainInputs, { refreshToken }: TokenResponse): boolean {
  return skipRevoke === 'auto' ? refreshToken === undefined : skipRevoke === 'false'
}

function contextOf(inputs: MainInputs): MintContext {
  const { credential, clientId, origin, timeoutSeconds, jobSummary } = inputs
  return {
    origin,
    timeoutSeconds,
    jobSummary,
    credential: credential.kind,
    clientId,
    fingerprint: fingerprintOf(credential, inputs)
  }
}

/** Best effort: without saved state, post does nothing anyway. */
function saveSkipped(skipped: 'true' | 'auto'): void {
  try {
    saveForPost({ skipped })
  } catch {
    // The outputs come next, and with them perhaps a refresh token that must not be lost.
  }
}

/** Revokes a token that post will not know about; returns the error that says so. */
async function revokeAtOnce(
  client: ZendeskClient,
  { credential, clientId }: MainInputs,
  minted: MintedToken,
  cause: Error
): Promise<Error> {
  const outcome = await revokeAndVerify(client, minted, {
    credential,
    clientId,
    onCleanupToken: () => undefined,
    onRemaining: (problem) => {
      client.log.warning(remainingSentence(problem, client.origin))
    }
  })
  const end =
    outcome.result === 'verified' || outcome.result === 'expired'
      ? 'was revoked at once'
      : `may still be active: ${typeof outcome.why === 'string' ? 'it could not be revoked' : causeOf(outcome.why)}`
  return new Error(
    `Could not save ${nameOf(minted)} for post: ${cause.message} Without that, post could not have revoked the token, so it ${end}.`
  )
}
