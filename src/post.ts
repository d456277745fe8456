import { CREDENTIAL_INPUTS, rereadCredential } from './inputs/credentials.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import { type Log } from './lib/log.ts'
import { USER_AGENT } from './lib/version.ts'
import { causeOf } from './messages.ts'
import { fingerprintOf, loadState, type MintContext, type State } from './runner/state.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { expiryOf, nameOf, remainingSentence, tokenTable } from './token-report.ts'
import { ZendeskClient } from './zendesk/client.ts'
import { type Credential } from './zendesk/credential.ts'
import { revokeAndVerify, type Outcome, type Why } from './zendesk/revocation.ts'
import { TOKENS_PATH } from './zendesk/tokens.ts'
import { stopReason } from './zendesk/zendesk-error.ts'

/** Seconds: a cancelled job gives all its post steps together 285. */
const LONGEST_POST = 240

type Minted = Exclude<State, { skipped: unknown }>

/** The post step: revokes the token that main minted, and verifies that Zendesk rejects it. It never fails the job. */
export async function post({ log, startDeadline }: Step): Promise<void> {
  isReported = false
  const state = loadState()
  if (state === undefined || 'skipped' in state) {
    log.info(nothingToRevoke(state))
    return
  }
  const { minted, context } = state
  if (CREDENTIAL_INPUTS[context.credential].usedByPost) maskInputs(log)
  log.mask(minted.token.reveal())

  const { origin, clientId } = context
  const seconds = Math.min(context.timeoutSeconds, LONGEST_POST)
  const deadline = startDeadline(seconds, reserveOf(seconds))
  const client = new ZendeskClient({ origin, userAgent: USER_AGENT, deadline, log })
  const credential = sameCredential(context)
  const remaining: string[] = []
  const outcome = await revokeAndVerify(client, minted, {
    credential,
    clientId,
    onCleanupToken: (why) => {
      log.info(
        `Minted a cleanup token (read write, 10 minutes) to revoke ${nameOf(minted)}, because: ${reasonOf(why)}.`
      )
    },
    onRemaining: (problem) => remaining.push(remainingSentence(problem, origin))
  })
  const isMissing = credential === undefined && CREDENTIAL_INPUTS[context.credential].usedByPost
  report(outcome, { state, isMissing, remaining }, log)
  isReported = true
  if (context.jobSummary) {
    await writeSummary(tokenTable('Zendesk token revoked', minted, origin, STATES[outcome.result]), log)
  }
}

/** Whether post has said what became of the token. */
let isReported = false

/** Reports, if the post step itself failed, what may remain active because of it. */
export function reportFailure(log: Log, error: unknown): void {
  const state = loadState()
  if (state === undefined || 'skipped' in state || isReported) return
  log.warning(`Could not revoke ${nameOf(state.minted)}: ${causeOf(error)}. ${manualRemoval(state)}`)
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
  const { credential: kind, fingerprint } = context
  const credential = CREDENTIAL_INPUTS[kind].usedByPost ? rereadCredential(kind) : undefined
  if (credential === undefined) return undefined
  const { hash } = fingerprintOf(credential, context, fingerprint.salt)
  return hash === fingerprint.hash ? credential : undefined
}

interface Report {
  state: Minted
  /** Whether post was given other inputs than main. */
  isMissing: boolean
  /** Sentences about cleanup tokens that may remain active. */
  remaining: string[]
}

function report(outcome: Outcome, { state, isMissing, remaining }: Report, log: Log): void {
  const name = nameOf(state.minted)
  const warn = (...sentences: string[]): void => {
    log.warning([...sentences, manualRemoval(state), ...remaining].join(' '))
  }
  switch (outcome.result) {
    case 'verified':
    case 'expired':
      log.info(
        outcome.result === 'verified'
          ? `Revoked ${name} and verified that Zendesk rejects it.`
          : `${capitalized(name)} had expired, and Zendesk rejects it.`
      )
      if (remaining.length > 0) log.warning(remaining.join(' '))
      return
    case 'unverified':
      warn(
        `Revoked ${name} (Zendesk accepted the DELETE), but this could not be verified: ${reasonOf(outcome.why)}.`
      )
      return
    case 'active': {
      const { why, scopeOnly, deleteSent } = outcome
      if (scopeOnly && !isMissing && state.minted.expiry === 'reported' && remaining.length === 0) {
        log.info(
          `Could not revoke ${name}: no available token has the scope \`write\`. ${expiryOf(state.minted)}.`
        )
        return
      }
      const sent = deleteSent ? ' The DELETE was sent and not answered.' : ''
      const missing = isMissing
        ? ' Post was given other inputs than main, so it could not use the credential.'
        : ''
      warn(`Could not revoke ${name}: ${reasonOf(why)}.${sent}${missing}`)
    }
  }
}

function reasonOf(why: Why): string {
  switch (why) {
    case 'stillWorks':
      return 'Zendesk accepted the DELETE, but the token still works'
    case 'idUnknown':
      return 'its id is not known, and no token in the list is certainly this one'
    default:
      return stopReason(why) === 'cancelled' ? 'the job was cancelled' : causeOf(why)
  }
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

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
