import { askForToken } from './ask.ts'
import { mintedMessage, tokenTable } from './describe.ts'
import { learn, mintedToken, type MintedToken } from './minted-token.ts'
import { type Step } from './step.ts'
import { isoTime } from './time.ts'
import { VERSION } from './version.ts'
import { readMintInputs, type MintInputs } from './runner/inputs.ts'
import { type Log } from './runner/log.ts'
import { maskSecrets } from './runner/masks.ts'
import {
  exportForZcli,
  requireFiles,
  setOutputs,
  setSecretOutput,
  type MintOutput
} from './runner/outputs.ts'
import { credentialText, fingerprintOf, save, type MintContext } from './runner/state.ts'
import { writeSummary } from './runner/summary.ts'
import { checkToken } from './zendesk/check.ts'
import { isAdmin, type Credential } from './zendesk/credential.ts'
import { type About } from './zendesk/errors.ts'
import { type MintReply } from './zendesk/mint-reply.ts'
import { revokeAndProve } from './zendesk/revocation.ts'
import { Session } from './zendesk/retry.ts'
import { scopesNotGranted } from './zendesk/scopes.ts'

/** When every API token stops working, as Zendesk announced on 2026-07-28, and when that is worth a warning. */
const API_TOKENS_END = Date.UTC(2027, 3, 30)
const WARN_BEFORE = 90 * 86_400_000

/** The main step: mints a token, masks it, and hands it to the post step and to the later steps of the job. */
export async function mint({ world, log, budget }: Step): Promise<void> {
  maskSecrets(log)
  const inputs = readMintInputs()
  requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', ...(inputs.exportEnv ? ['GITHUB_ENV'] : []))
  inputs.warnings.forEach(log.warning)
  announceEnd(inputs.credential, world.now(), log)

  const { credential, origin, clientId } = inputs
  const about = { origin, clientId, credential: credential.kind }
  const session = new Session(origin, `create-zendesk-token/${VERSION}`, budget(inputs.timeoutSeconds), log)
  const { reply, token, serverTime } = await askForToken(session, inputs, about, log, (arrived) => {
    for (const secret of [arrived.token, arrived.refreshToken]) if (secret) log.mask(secret.reveal())
    // A refresh token replaces the one that was sent, so it is handed over even where the rest cannot be used.
    if (arrived.token === undefined && !isAdmin(credential))
      setSecretOutput('refresh-token', arrived.refreshToken)
  })

  const minted = mintedToken(reply, token, inputs, { now: world.now(), serverTime })
  const revokes = isRevoked(inputs, reply)
  const remember = (): void => {
    save(
      revokes
        ? { minted, context: contextOf(inputs) }
        : { skipped: inputs.skipRevoke === 'true' ? 'true' : 'auto' }
    )
  }
  try {
    remember()
  } catch (error) {
    if (revokes) throw await revokeAtOnce(session, minted, credential, about, log, error as Error)
  }
  setSecretOutput('token', token)
  setSecretOutput('refresh-token', isAdmin(credential) ? undefined : reply.refreshToken)
  setOutputs(outputsOf(minted, inputs, reply.facts.scopes))
  warnOfScopes(inputs, reply, log)

  session.budget.check()
  if (!isAdmin(credential)) {
    const { facts, unchecked } = await checkToken(session, token, about)
    if (unchecked !== undefined) log.info(`The new token was not checked: ${unchecked}.`)
    if (facts !== undefined) {
      learn(minted, facts, reply)
      remember()
      setOutputs(outputsOf(minted, inputs, reply.facts.scopes ?? facts.scopes))
    }
  }
  if (inputs.exportEnv) exportForZcli(inputs.subdomain, token)
  if (inputs.jobSummary) await writeSummary(tokenTable('Zendesk token minted', minted, origin, 'alive'), log)
  log.info(mintedMessage(minted, revokes))
}

/** Says that credentials A and B will stop working, and louder from 90 days before API tokens do. */
function announceEnd(credential: Credential, now: number, log: Log): void {
  if (!isAdmin(credential)) return
  const deprecated =
    'Zendesk has deprecated the endpoint that mints with api-token and access-token; it may stop any day'
  if (credential.kind === 'access-token') {
    log.info(`${deprecated}. Use client-secret instead.`)
    return
  }
  const say = now >= API_TOKENS_END - WARN_BEFORE ? log.warning : log.info
  say(
    `${deprecated}, and API tokens stop working on ${isoTime(API_TOKENS_END).slice(0, 10)}. Use client-secret instead.`
  )
}

/** Whether post is to revoke the token: with `auto` not where that would kill a refresh token that came with it. */
function isRevoked({ skipRevoke, credential }: MintInputs, { refreshToken }: MintReply): boolean {
  if (skipRevoke === 'auto') return isAdmin(credential) || refreshToken === undefined
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

function outputsOf(
  { id, clientId, userId, expiresAt }: MintedToken,
  inputs: MintInputs,
  scopes: string[] | undefined
): Record<MintOutput, string | number | undefined> {
  return {
    'token-id': id,
    'client-id': clientId ?? inputs.clientId,
    'user-id': userId,
    scopes: scopes?.join(' '),
    'expires-at': expiresAt,
    'base-url': inputs.origin
  }
}

/** Warns of scopes that were asked for and not granted; a reply that tells no scopes says nothing about that. */
function warnOfScopes({ scopes }: MintInputs, { facts }: MintReply, log: Log): void {
  const missing = facts.scopes === undefined ? [] : scopesNotGranted(scopes, facts.scopes)
  if (missing.length === 0) return
  log.warning(
    `Zendesk did not grant ${missing.join(' ')}: check the names, and the allowed scopes of the client in Admin Center.`
  )
}

/** Revokes a token of which post cannot be told; returns the error that says so. */
async function revokeAtOnce(
  session: Session,
  minted: MintedToken,
  credential: Credential,
  about: About,
  log: Log,
  cause: Error
): Promise<Error> {
  const onLeftOver = log.info
  const outcome = await revokeAndProve(session, minted, { credential, about, mask: log.mask, onLeftOver })
  const end = outcome.end === 'dead' ? 'was revoked at once' : `may still be alive (${outcome.why})`
  const id = minted.id ?? '(id unknown)'
  return new Error(
    `The runner's state file could not be written (${cause.message}), so post would not revoke the token: token ${id} ${end}; check the disk of the runner.`
  )
}
