import { CREDENTIAL_INPUTS, rereadCredential } from './inputs/credentials.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import { type Log } from './lib/log.ts'
import { causeOf } from './report/errors.ts'
import { fingerprintOf, loadState, type MintContext, type State } from './runner/state.ts'
import { writeSummary, type Table } from './runner/summary.ts'
import { type Step } from './step.ts'
import { expiryOf, nameOf, tokenTable } from './report/token.ts'
import { ZendeskClient } from './zendesk/http/client.ts'
import { reusableSecret, type Credential } from './zendesk/credential.ts'
import { Revocation, type Outcome } from './zendesk/revocation.ts'
import { TOKENS_PATH } from './zendesk/requests.ts'

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
  const warnings: string[] = []
  step.onFailure = (error) => {
    const text = `Could not revoke ${nameOf(minted)}: ${causeOf(error)}.`
    log.warning([text, manualRemoval(state), ...warnings].join(' '))
    return 0
  }
  const { origin, clientId, kind } = context
  const { usedByPost } = CREDENTIAL_INPUTS[kind]
  maskInputs(log, usedByPost ? CREDENTIAL_INPUTS[kind].secret : [], context)
  log.mask(minted.token.reveal())

  const seconds = Math.min(context.timeoutSeconds, LONGEST_POST)
  const client = new ZendeskClient(origin, step.startDeadline(seconds, reserveOf(seconds)), log)
  const credential = usedByPost ? sameCredential(context) : undefined
  const outcome = await new Revocation(client, minted, {
    credential,
    clientId,
    onCleanupToken: (why) =>
      log.info(
        `Minted a cleanup token (read write, 10 minutes) to revoke ${nameOf(minted)}, because: ${causeOf(why)}.`
      ),
    onRemaining: (sentence) => warnings.push(sentence)
  }).run()

  report(outcome, state, { differs: usedByPost && credential === undefined, warnings }, log)
  step.onFailure = ignore
  if (context.jobSummary) await writeSummary(tableOf(outcome, state), log)
}

/** The title of the summary, and the state of the token. */
const SUMMARIES: Record<Outcome['result'], readonly [title: string, state: string]> = {
  verified: ['Zendesk token revoked', 'Zendesk rejects it'],
  expired: ['Zendesk token expired', 'Zendesk rejects it'],
  unverified: ['Zendesk token revoked, not verified', 'Zendesk accepted the DELETE'],
  active: ['Zendesk token not revoked', 'may still be active']
}

function tableOf(outcome: Outcome, { minted, context }: Minted): Table {
  const [title, state] = SUMMARIES[outcome.result]
  const revoker = outcome.result === 'verified' ? outcome.by : undefined
  const by = revoker === 'credential' ? CREDENTIAL_INPUTS[context.kind].chosenBy : revoker
  return tokenTable(title, minted, context.origin, by === undefined ? state : `revoked with ${by}; ${state}`)
}

function nothingToRevoke(state: Exclude<State, Minted> | undefined): string {
  if (state === undefined) return 'No token was minted, so there is nothing to revoke.'
  return state.skipped === 'true'
    ? 'The token is not revoked, because `skip-token-revoke` is `true`.'
    : 'The token is not revoked, because that would revoke its refresh token, too.'
}

/**
 * The credential that minted the token, read from the inputs and used only if it is the same: a bug of the runner
 * gives the post steps of nested actions the inputs of others (https://github.com/actions/runner/issues/2030).
 */
function sameCredential(context: MintContext): Credential | undefined {
  const credential = rereadCredential(context.kind, context.authMethod)
  const { hash } = fingerprintOf(reusableSecret(credential), context, context.salt)
  return hash === context.hash ? credential : undefined
}

interface Circumstances {
  /** Whether post was given other inputs than main. */
  differs: boolean
  /** Sentences about cleanup tokens that may remain active. */
  warnings: string[]
}

/** Says what became of the token. */
function report(outcome: Outcome, state: Minted, { differs, warnings }: Circumstances, log: Log): void {
  const { minted } = state
  const name = nameOf(minted)
  if (outcome.result === 'verified' || outcome.result === 'expired') {
    log.info(
      outcome.result === 'verified'
        ? `Revoked ${name} and verified that Zendesk rejects it.`
        : `Zendesk rejects ${name}, which had expired.`
    )
    if (warnings.length > 0) log.warning(warnings.join(' '))
    return
  }

  let text = `Revoked ${name} (Zendesk accepted the DELETE), but this could not be verified: ${causeOf(outcome.why)}.`
  if (outcome.result === 'active') {
    if (outcome.scopeOnly && !differs && minted.expiry === 'reported' && warnings.length === 0) {
      log.info(`Could not revoke ${name}: no available token has the scope \`write\`. ${expiryOf(minted)}.`)
      return
    }
    text = `Could not revoke ${name}: ${causeOf(outcome.why)}.`
    if (outcome.deleteSent) text += ' The DELETE was sent and not answered.'
    if (differs) text += ' Post was given other inputs than main, so it could not use the credential.'
  }
  log.warning([text, manualRemoval(state), ...warnings].join(' '))
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
