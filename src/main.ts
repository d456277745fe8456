import { askForToken } from './request-token.ts'
import { mintedMessage, tokenTable } from './token-report.ts'
import { handOver, isRevoked } from './publish-token.ts'
import { learn, mintedToken } from './zendesk/minted-token.ts'
import { quote } from './lib/redact.ts'
import { type Step } from './step.ts'
import { isoTime } from './lib/time.ts'
import { USER_AGENT } from './lib/version.ts'
import { readMintInputs } from './inputs/inputs.ts'
import { type Log } from './runner/log.ts'
import { maskSecrets } from './inputs/mask-inputs.ts'
import { exportForZcli, requireFiles } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { checkToken } from './zendesk/verify-token.ts'
import { isAdmin, type Credential } from './zendesk/credential.ts'
import { Session } from './zendesk/client.ts'
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
  const session = new Session(origin, USER_AGENT, budget(inputs.timeoutSeconds), log)
  const { reply, token, serverTime } = await askForToken(session, inputs, about, log)

  const minted = mintedToken(reply, token, inputs, { now: world.now(), serverTime })
  await handOver(minted, reply, inputs, session, about, log)
  warnOfScopes(inputs.scopes, minted.granted, log)
  session.budget.check()

  if (!isAdmin(credential)) {
    const { facts, unchecked } = await checkToken(session, token, about)
    if (unchecked !== undefined) log.info(`The new token was not checked: ${unchecked}.`)
    if (facts !== undefined) {
      learn(minted, facts, reply)
      await handOver(minted, reply, inputs, session, about, log)
    }
  }

  if (inputs.exportEnv) exportForZcli(inputs.subdomain, token)
  if (inputs.jobSummary) await writeSummary(tokenTable('Zendesk token minted', minted, origin, 'alive'), log)
  log.info(mintedMessage(minted, isRevoked(inputs, reply)))
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

/** Warns of scopes that were asked for and not granted; a reply that tells no scopes says nothing about that. */
function warnOfScopes(asked: string[], granted: string[] | undefined, log: Log): void {
  const missing = granted === undefined ? [] : scopesNotGranted(asked, granted)
  if (missing.length === 0) return
  log.warning(
    `Zendesk did not grant ${quote(missing.join(' '))}: check the names, and the allowed scopes of the client in Admin Center.`
  )
}
