import { CREDENTIAL_INPUTS } from '../inputs/credentials.ts'
import { type Log } from '../lib/log.ts'
import { type LoadedState, type MintContext } from '../runner/state.ts'
import { type Table } from '../runner/summary.ts'
import { type Remaining } from '../zendesk/cleanup-token.ts'
import { type Obstacle, type Outcome, type Remains } from '../zendesk/revocation.ts'
import { type MintedToken } from '../zendesk/token.ts'
import { causeOf } from './errors.ts'
import { lostSentence } from './mint.ts'
import { expirySentence, manualRemoval, nameOf, removalWays, tokenTable } from './token.ts'

/*
 * What became of a token, in words.
 */

/** What a sentence about a revocation needs to know. */
export interface RevocationReport {
  minted: MintedToken
  context: Pick<MintContext, 'origin' | 'kind' | 'clientId'>
  /** Whether post was given other inputs than main, and so no credential. */
  isWithoutCredential: boolean
  /** What may remain active of cleanup tokens. */
  remaining: readonly Remaining[]
}

/** Says why there is nothing to revoke, or warns that this is not known. */
export function reportNothingToRevoke(state: Exclude<LoadedState, { kind: 'minted' }>, log: Log): void {
  switch (state.kind) {
    case 'none':
      log.info('The main step saved no token, so there is nothing to revoke.')
      break
    case 'skipped':
      log.info(
        state.why === 'true'
          ? 'The token is not revoked, because `skip-token-revoke` is `true`.'
          : 'The token is not revoked, because that would revoke its refresh token, too.'
      )
      break
    case 'unreadable':
      log.warning(
        `The state that the main step saved cannot be read, so a token of this step may be active. Delete it ${removalWays({ id: undefined }, '')}`
      )
  }
}

/** What became of a token that Zendesk rejects. */
const DONE = {
  verified: (name: string) => `Revoked ${name} and verified that Zendesk rejects it.`,
  gone: (name: string) => `Revoked ${name}: Zendesk accepted the DELETE.`,
  expired: (name: string) => `Zendesk rejects ${name}, which had expired.`
}

/** Says what became of the token, and of cleanup tokens: at most one warning. */
export function reportOutcome(outcome: Outcome, report: RevocationReport, log: Log): void {
  const { minted, remaining, isWithoutCredential } = report
  const rest = remaining.map((each) => remainingSentence(each, report.context))
  if (!('obstacle' in outcome)) {
    log.info(DONE[outcome.end](nameOf(minted)))
    if (rest.length > 0) log.warning(rest.join(' '))
    return
  }
  const isForeseen =
    outcome.end === 'active' &&
    outcome.isScopeOnly &&
    !isWithoutCredential &&
    minted.expiry.kind === 'at' &&
    minted.expiry.isReported &&
    rest.length === 0
  const text = remainsSentence(outcome, nameOf(minted))
  if (isForeseen) {
    log.info(`${text} ${expirySentence(minted)}.`)
    return
  }
  const inputs = isWithoutCredential
    ? ['Post was given other inputs than main, so it could not use the credential.']
    : []
  log.warning([text, ...inputs, stillThere(report), ...rest].join(' '))
}

/** Says that the revocation broke off, as when the step reached its timeout. */
export function reportFailure(error: unknown, report: RevocationReport, log: Log): void {
  const text = `Could not revoke ${nameOf(report.minted)}: ${causeOf(error)}.`
  const rest = report.remaining.map((each) => remainingSentence(each, report.context))
  log.warning([text, stillThere(report), ...rest].join(' '))
}

/** What became of a token that main could not save for post, as the end of an error. */
export function unsavedSentence(outcome: Outcome, report: RevocationReport): string {
  const rest = report.remaining.map((each) => remainingSentence(each, report.context))
  const end =
    'obstacle' in outcome
      ? `${remainsSentence(outcome, nameOf(report.minted))} ${stillThere(report)}`
      : DONE[outcome.end](nameOf(report.minted))
  return [end, ...rest].join(' ')
}

/** The line about a cleanup token that was minted. */
export function cleanupSentence(minted: MintedToken, why: Obstacle): string {
  return `Minted a cleanup token (read write, 10 minutes) to revoke ${nameOf(minted)}, because: ${obstacleText(why)}.`
}

/** A sentence about a cleanup token that may remain active. */
export function remainingSentence(
  remaining: Remaining,
  { origin, clientId }: Pick<MintContext, 'origin' | 'clientId'>
): string {
  if ('lost' in remaining)
    return `The response to the mint of a cleanup token was lost. ${lostSentence(remaining.lost, clientId, remaining.lifetime)}`
  const { token, outcome } = remaining
  const name = `the cleanup token ${token.id ?? '(id unknown)'}`
  const text =
    outcome.end === 'unverified'
      ? `Zendesk accepted the DELETE of ${name}, and was not seen to reject it: ${obstacleText(outcome.obstacle)}.`
      : couldNotRevoke(outcome, name)
  return `${text} ${expirySentence(token)}. ${manualRemoval(token, origin)}`
}

function remainsSentence(outcome: Remains, name: string): string {
  return outcome.end === 'unverified'
    ? `Revoked ${name} (Zendesk accepted the DELETE), but this could not be verified: ${obstacleText(outcome.obstacle)}.`
    : couldNotRevoke(outcome, name)
}

function couldNotRevoke(
  { obstacle, isUnanswered }: Extract<Remains, { end: 'active' }>,
  name: string
): string {
  const unanswered = isUnanswered ? ' The DELETE was sent and not answered.' : ''
  return `Could not revoke ${name}: ${obstacleText(obstacle)}.${unanswered}`
}

/** Why a revocation failed, as a part of a longer sentence. */
function obstacleText(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'still works':
      return 'Zendesk accepted the DELETE, but the token still works'
    case 'no time':
      return 'Zendesk rejected it, but there was no time left to make sure'
    case 'id unknown':
      return 'its id is not known, and no token in the list is certainly this one'
    case 'scope':
    case 'stopped':
    case 'other':
      return causeOf(obstacle.error)
  }
}

/** When the token expires, and how to remove it manually. */
function stillThere({ minted, context }: RevocationReport): string {
  return `${expirySentence(minted)}. ${manualRemoval(minted, context.origin)}`
}

/** The title of the summary, and the state of the token. */
const SUMMARIES: Record<Outcome['end'], readonly [title: string, state: string]> = {
  verified: ['Zendesk token revoked', 'Zendesk rejects it'],
  gone: ['Zendesk token revoked', 'Zendesk accepted the DELETE'],
  expired: ['Zendesk token expired', 'Zendesk rejects it'],
  unverified: ['Zendesk token revoked, not verified', 'Zendesk accepted the DELETE'],
  active: ['Zendesk token not revoked', 'may still be active']
}

/** The job summary of post. */
export function revocationTable(outcome: Outcome, { minted, context }: RevocationReport): Table {
  const [title, state] = SUMMARIES[outcome.end]
  const revoker = outcome.end === 'verified' ? outcome.by : undefined
  const by = revoker === 'credential' ? CREDENTIAL_INPUTS[context.kind].chosenBy : revoker
  return tokenTable(title, minted, context.origin, by === undefined ? state : `revoked with ${by}; ${state}`)
}
