import { CREDENTIAL_INPUTS, rereadCredential } from './inputs/credentials.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import {
  cleanupSentence,
  reportFailure,
  reportNothingToRevoke,
  reportOutcome,
  revocationTable,
  type RevocationReport
} from './report/revocation.ts'
import { fingerprintOf, loadState, type MintContext } from './runner/state.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { type Remaining } from './zendesk/cleanup-token.ts'
import { reusableSecret, type Credential } from './zendesk/credential.ts'
import { ZendeskClient } from './zendesk/http/client.ts'
import { type Obstacle, type Outcome } from './zendesk/revocation.ts'
import { revokeToken } from './zendesk/revoke-token.ts'

/** Seconds: a cancelled job gives all its post steps together 285. */
const LONGEST_POST = 240

/** The post step: revokes the token that main minted, and verifies that Zendesk rejects it. It never fails the job. */
export async function post(step: Step): Promise<void> {
  const { log } = step
  const state = loadState()
  if (state.kind !== 'minted') {
    reportNothingToRevoke(state, log)
    return
  }
  const { minted, context } = state
  const { usedByPost, secret } = CREDENTIAL_INPUTS[context.kind]
  maskInputs(log, usedByPost ? secret : [], context)
  log.mask(minted.token.reveal())
  const credential = usedByPost ? sameCredential(context) : undefined
  const isWithoutCredential = usedByPost && credential === undefined
  const report = { minted, context, isWithoutCredential, remaining: [] }
  const outcome = await revoke(step, report, credential)
  if (outcome !== undefined && context.jobSummary) await writeSummary(revocationTable(outcome, report), log)
}

/** Revokes the token and says what became of it; returns nothing if the revocation broke off. */
async function revoke(
  { log, within }: Step,
  report: RevocationReport & { context: MintContext; remaining: Remaining[] },
  credential: Credential | undefined
): Promise<Outcome | undefined> {
  const { minted, context, remaining } = report
  const { origin, clientId, timeoutSeconds } = context
  const onCleanupToken = (why: Obstacle): void => log.info(cleanupSentence(minted, why))
  const terms = { credential, clientId, remaining, onCleanupToken }
  const seconds = Math.min(timeoutSeconds, LONGEST_POST)
  try {
    const outcome = await within({ seconds, reserve: reserveOf(seconds) }, (deadline) =>
      revokeToken(new ZendeskClient(origin, deadline, log), minted, terms)
    )
    reportOutcome(outcome, report, log)
    return outcome
  } catch (error) {
    reportFailure(error, report, log)
    return undefined
  }
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
