import { nameOf } from './token-report.ts'
import { type MintedToken } from './zendesk/minted-token.ts'
import { type MintInputs } from './inputs/inputs.ts'
import { type Log } from './runner/log.ts'
import { setOutputs, setSecretOutput, type MintOutput } from './runner/outputs.ts'
import { credentialText, fingerprintOf, save, type MintContext } from './runner/state.ts'
import { comesInPairs, isAdmin } from './zendesk/credential.ts'
import { type About } from './messages.ts'
import { type MintReply } from './zendesk/token-response.ts'
import { revokeAndProve } from './zendesk/revocation.ts'
import { type Session } from './zendesk/client.ts'

/**
 * Tells post what to revoke, and then the later steps what was minted: in this order, so that whatever fails
 * afterwards leaves nothing behind. Called again when more is known of the token.
 *
 * @throws {Error} where the runner's files cannot be written; a token that post cannot be told of is revoked at once
 */
export async function handOver(
  minted: MintedToken,
  reply: MintReply,
  inputs: MintInputs,
  session: Session,
  about: About,
  log: Log
): Promise<void> {
  if (isRevoked(inputs, reply)) {
    try {
      save({ minted, context: contextOf(inputs) })
    } catch (error) {
      throw await revokeAtOnce(minted, inputs, session, about, log, error as Error)
    }
  } else {
    saveSkipped(inputs.skipRevoke === 'true' ? 'true' : 'auto')
  }
  setSecretOutput('token', minted.token)
  setSecretOutput('refresh-token', comesInPairs(inputs.credential) ? reply.refreshToken : undefined)
  setOutputs<MintOutput>({
    'token-id': minted.id,
    'client-id': minted.clientId ?? inputs.clientId,
    'user-id': minted.userId,
    scopes: minted.granted?.join(' '),
    'expires-at': minted.expiresAt,
    'base-url': inputs.origin
  })
}

/** Whether post is to revoke the token: with `auto` not where that would kill a refresh token that came with it. */
export function isRevoked({ skipRevoke, credential }: MintInputs, { refreshToken }: MintReply): boolean {
  if (skipRevoke === 'auto') return !comesInPairs(credential) || refreshToken === undefined
  return skipRevoke === 'false'
}

function contextOf({ credential, clientId, origin, timeoutSeconds, jobSummary }: MintInputs): MintContext {
  return {
    origin,
    timeoutSeconds,
    jobSummary,
    credential: credential.kind,
    client: { id: clientId, authMethod: isAdmin(credential) ? 'client_secret_post' : credential.authMethod },
    fingerprint: fingerprintOf(credentialText(credential))
  }
}

/** Tells post to do nothing, which is what it does as well where it cannot be told. */
function saveSkipped(skipped: 'true' | 'auto'): void {
  try {
    save({ skipped })
  } catch {
    // The outputs come next, and with them perhaps a refresh token that must not be lost.
  }
}

/** Revokes a token of which post cannot be told; returns the error that says so. */
async function revokeAtOnce(
  minted: MintedToken,
  { credential }: MintInputs,
  session: Session,
  about: About,
  log: Log,
  cause: Error
): Promise<Error> {
  const means = { credential, about, mask: log.mask, onLeftOver: log.info }
  const outcome = await revokeAndProve(session, minted, means)
  const end = outcome.end === 'dead' ? 'was revoked at once' : `may still be alive (${outcome.why})`
  return new Error(
    `The runner's state file could not be written (${cause.message}), so post could not have revoked the token: ${nameOf(minted)} ${end}; check the disk of the runner.`
  )
}
