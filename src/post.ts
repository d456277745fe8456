import { rereadCredential, SECRET_INPUT } from './inputs/credentials.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import { type Log } from './lib/log.ts'
import { causeOf } from './messages.ts'
import { fingerprintOf, loadState, type MintContext, type State } from './runner/state.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { expiryOf, nameOf, tokenTable } from './token-report.ts'
import { ZendeskClient } from './zendesk/client.ts'
import { isOneTime, reusableSecret, type Credential } from './zendesk/credential.ts'
import { Revocation, type Outcome, type Why } from './zendesk/revocation.ts'
import { TOKENS_PATH } from './zendesk/tokens.ts'
import { isStop } from './zendesk/zendesk-error.ts'

/** Seconds: a cancelled job gives all its post steps together 285. */
const LONGEST_POST = 240

type Minted = Exclude<State, { skipped: unknown }>

/** The post step: revokes the token that main minted, and verifies that Zendesk rejects it. It never fails the job. */
export async function post(step: Step): Promise<void> {
  const { log } = step
  const ignore = (): number => 0
  step.onFailure = ignore
  const state = loadState()
  if (state === undefined || 'skipped' in state) {
    log.info(nothingToRevoke(state))
    return
  }
  const { minted, context } = state
  step.onFailure = (error) => {
    log.warning(`Could not revoke ${nameOf(minted)}: ${causeOf(error)}. ${manualRemoval(state)}`)
    return 0
  }
  const { origin, clientId, kind } = context
  const isReusable = !isOneTime({ kind })
  maskInputs(log, isReusable ? [SECRET_INPUT[kind]] : [], context)
  log.mask(minted.token.reveal())

  const seconds = Math.min(context.timeoutSeconds, LONGEST_POST)
  const client = new ZendeskClient(origin, step.startDeadline(seconds, reserveOf(seconds)), log)
  const credential = sameCredential(context)
  const remaining: string[] = []
  const outcome = await new Revocation(client, minted, {
    credential,
    clientId,
    onCleanupToken: (why) =>
      log.info(
        `Minted a cleanup token (read write, 10 minutes) to revoke ${nameOf(minted)}, because: ${reasonOf(why)}.`
      ),
    onRemaining: (sentence) => remaining.push(sentence)
  }).run()

  const isMissing = isReusable && credential === undefined
  report(outcome, { state, isMissing, remaining }, log)
  step.onFailure = ignore
  if (context.jobSummary)
    await writeSummary(tokenTable('Zendesk token revoked', minted, origin, STATES[outcome.result]), log)
}

const STATES: Record<Outcome['result'], string> = {
  verified: 'revoked, and Zendesk rejects it',
  expired: 'expired, and Zendesk rejects it',
  unverified: 'revoked, not verified',
  active: 'may still be active'
}

function nothingToRevoke(state: Exclude<State, Minted> | undefined): string {
  if (state === undefined) return 'No token was minted, so there is nothing to revoke.'
  return state.skipped === 'true'
    ? 'The token is not revoked, because `skip-token-revoke` is `true`.'
    : 'The token is not revoked, because that would revoke its refresh token, too.'
}

/**
 * The credential that minted the token, read from the inputs and used only if it is the very same: a bug of the runner
 * gives the post steps of nested actions the inputs of others (https://github.com/actions/runner/issues/2030).
 */
function sameCredential(context: MintContext): Credential | undefined {
  const read = rereadCredential(context.kind, context.authMethod)
  if (read === undefined) return undefined
  const { hash } = fingerprintOf(reusableSecret(read), context, context.salt)
  return hash === context.hash ? read : undefined
}

interface Report {
  state: Minted
  /** Whether post was given other inputs than main. */
  isMissing: boolean
  /** Sentences about cleanup tokens that may remain active. */
  remaining: string[]
}

function report(outcome: Outcome, { state, isMissing, remaining }: Report, log: Log): void {
  const { minted } = state
  const name = nameOf(minted)
  if (outcome.result === 'verified' || outcome.result === 'expired') {
    const isExpired = outcome.result === 'expired'
    log.info(
      isExpired
        ? `Zendesk rejects ${name}, which had expired.`
        : `Revoked ${name} and verified that Zendesk rejects it.`
    )
    if (remaining.length > 0) log.warning(remaining.join(' '))
    return
  }

  let text = `Revoked ${name} (Zendesk accepted the DELETE), but this could not be verified: ${reasonOf(outcome.why)}.`
  if (outcome.result === 'active') {
    if (outcome.scopeOnly && !isMissing && minted.expiry === 'reported' && remaining.length === 0) {
      const end = expiryOf(minted)
      log.info(`Could not revoke ${name}: no available token has the scope \`write\`. ${end}.`)
      return
    }
    text = `Could not revoke ${name}: ${reasonOf(outcome.why)}.`
    if (outcome.deleteSent) text += ' The DELETE was sent and not answered.'
    if (isMissing) text += ' Post was given other inputs than main, so it could not use the credential.'
  }
  log.warning([text, manualRemoval(state), ...remaining].join(' '))
}

function reasonOf(why: Why): string {
  if (why === 'stillWorks') return 'Zendesk accepted the DELETE, but the token still works'
  if (why === 'idUnknown') return 'its id is not known, and no token in the list is certainly this one'
  return isStop(why) && why.kind === 'cancelled' ? 'the job was cancelled' : causeOf(why)
}

/** When the token expires, and how to remove it manually. */
function manualRemoval({ minted, context }: Minted): string {
  const path = `${context.origin}${TOKENS_PATH}`
  const how =
    minted.id === undefined
      ? `find it as an admin with GET ${path} and send DELETE ${path}/{id}`
      : `send DELETE ${path}/${minted.id} as an admin`
  return `${expiryOf(minted)}. To revoke it manually, ${how}, or let \`sweep\` remove it.`
}
