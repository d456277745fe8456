import { reserveOf } from './lib/deadline.ts'
import { nameOf, ownEnd, tokenTable } from './token-report.ts'
import { type Step } from './step.ts'
import { USER_AGENT } from './lib/version.ts'
import { rereadCredential } from './inputs/inputs.ts'
import { type Log } from './runner/log.ts'
import { maskSecrets, type SecretInput } from './inputs/mask-inputs.ts'
import { credentialText, fingerprintOf, load, type MintContext, type State } from './runner/state.ts'
import { writeSummary } from './runner/summary.ts'
import { type Credential, type CredentialKind } from './zendesk/credential.ts'
import { reasonOf } from './messages.ts'
import { revokeAndProve, type Outcome } from './zendesk/revocation.ts'
import { Session } from './zendesk/client.ts'

/** Seconds at most: a cancelled job gives all its post steps together 285. */
const LONGEST_POST = 240
/** Seconds after its expiry when a token is surely dead. */
const EXPIRY_MARGIN = 60

type Minted = Exclude<State, { skipped: unknown }>

/** The post step: revokes the token that main minted, and proves that it is dead. It never fails the job. */
export async function revoke({ world, log, budget }: Step): Promise<void> {
  const state = load()
  const nothing = nothingToRevoke(state, world.now())
  if (state === undefined || 'skipped' in state || nothing !== undefined) {
    log.info(String(nothing))
    return
  }
  const { minted, context } = state
  maskSecrets(log, SECRETS_OF[context.credential], context.client)
  log.mask(minted.token.reveal())

  const { origin, client } = context
  const seconds = Math.min(context.timeoutSeconds, LONGEST_POST)
  const session = new Session(origin, USER_AGENT, budget(seconds, reserveOf(seconds)), log)
  const about = { origin, clientId: client.id, credential: context.credential }
  const leftOver: string[] = []
  const credential = sameCredential(context)
  const outcome = await revokeAndProve(session, minted, {
    credential,
    about,
    mask: log.mask,
    onLeftOver: (sentence) => leftOver.push(sentence)
  })
  report(outcome, state, credential, leftOver, log)
  if (context.jobSummary) {
    await writeSummary(tokenTable('Zendesk token revoked', minted, origin, STATES[outcome.end]), log)
  }
}

/** Tells, where the post step itself failed, what may live on because of it. */
export function revokeFailed(log: Log, error: unknown): void {
  const state = load()
  if (state === undefined || 'skipped' in state) return
  log.warning(`${nameOf(state.minted)} may still be alive: ${reasonOf(error)}; ${wayOut(state)}`)
}

/** The secret inputs that each credential consists of, as far as post can use them. */
const SECRETS_OF: Record<CredentialKind, SecretInput[]> = {
  'api-token': ['api-token'],
  'access-token': ['access-token'],
  'client-secret': ['client-secret'],
  'authorization-code': [],
  'refresh-token': []
}

const STATES: Record<Outcome['end'], string> = {
  dead: 'revoked, and verified dead',
  unverified: 'revoked, not verified',
  alive: 'may still be alive'
}

/** Why there is nothing to do, if so. */
function nothingToRevoke(state: State | undefined, now: number): string | undefined {
  if (state === undefined) return 'No token was minted, so there is nothing to revoke.'
  if ('skipped' in state) {
    return state.skipped === 'true'
      ? 'The token is left alive, as skip-token-revoke says.'
      : 'The token is left alive, since revoking it would kill the refresh token that came with it.'
  }
  const { lifetime, mintedAt } = state.minted
  // Both times are of this machine's clock: that of Zendesk may be off.
  const isExpired = lifetime !== undefined && (now - mintedAt) / 1000 > lifetime + EXPIRY_MARGIN
  return isExpired ? `${nameOf(state.minted)} has expired, so there is nothing to revoke.` : undefined
}

/**
 * The credential that minted the token, read from the inputs and used only if it is the very same: a bug of the runner
 * gives the post steps of nested actions the inputs of others (https://github.com/actions/runner/issues/2030).
 */
function sameCredential({ credential, client, fingerprint }: MintContext): Credential | undefined {
  const read = rereadCredential(credential, client.authMethod)
  if (read === undefined) return undefined
  return fingerprintOf(credentialText(read), fingerprint.salt).hash === fingerprint.hash ? read : undefined
}

function report(
  outcome: Outcome,
  state: Minted,
  credential: Credential | undefined,
  leftOver: string[],
  log: Log
): void {
  const name = nameOf(state.minted)
  const { context, minted } = state
  const warn = (sentence: string): void => {
    log.warning([sentence, ...leftOver].join(' '))
  }
  if (outcome.end === 'dead') {
    log.info(`${name} revoked, and verified dead.`)
    if (leftOver.length > 0) log.warning(leftOver.join(' '))
  } else if (outcome.end === 'unverified') {
    warn(`${name} revoked, not verified: ${outcome.why}; ${wayOut(state)}`)
  } else {
    const isMissing = credential === undefined && SECRETS_OF[context.credential].length > 0
    const missing = isMissing
      ? ' (the post step was given other inputs than the main step, so it could not use the credential)'
      : ''
    const isHarmless = outcome.scopeOnly && !isMissing && minted.expiresAt !== '' && leftOver.length === 0
    if (isHarmless) {
      log.info(
        `${name} could not be revoked, since no token at hand has the scope \`write\`; ${ownEnd(minted)}.`
      )
    } else {
      warn(`${name} may still be alive: ${outcome.why}${missing}; ${wayOut(state)}`)
    }
  }
}

/** When the token dies by itself, and how to remove it by hand. */
function wayOut({ minted, context }: Minted): string {
  const path = `${context.origin}/api/v2/oauth/tokens`
  const byHand =
    minted.id === undefined
      ? `find it as an admin with GET ${path} and send DELETE ${path}/{id}, or let \`sweep\` remove it`
      : `send DELETE ${path}/${minted.id} as an admin, or let \`sweep\` remove it`
  return `${ownEnd(minted)}; to remove it by hand, ${byHand}.`
}
