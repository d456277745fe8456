import { CREDENTIAL_INPUTS } from './inputs/credentials.ts'
import { readMainInputs, type MainInputs } from './inputs/inputs.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { type Log } from './lib/log.ts'
import { quote } from './lib/redact.ts'
import { USER_AGENT } from './lib/version.ts'
import { causeOf, explain } from './messages.ts'
import { publishToken, shouldRevoke, type PublishedToken } from './publish-token.ts'
import { requestToken } from './request-token.ts'
import { exportForZcli, requireFiles } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { dayOf, expiryOf, mintedMessage, tokenTable } from './token-report.ts'
import { ZendeskClient } from './zendesk/client.ts'
import { isAdmin } from './zendesk/credential.ts'
import { addFacts, mintedToken, type MintedToken } from './zendesk/minted-token.ts'
import { mayRevoke, scopesNotGranted } from './zendesk/scopes.ts'
import { verifyToken } from './zendesk/verify-token.ts'

/** When every API token stops working, as Zendesk announced on 2026-07-28, and when that is worth a warning. */
const API_TOKENS_END = Date.UTC(2027, 3, 30)
const WARN_BEFORE = 90 * 86_400_000

/**
 * The main step: mints a token, masks it, and publishes it to post and to later steps.
 *
 * @throws {Error} with one line that names cause and cure, if there is no usable token
 */
export async function main(step: Step): Promise<void> {
  const { clock, log } = step
  maskInputs(log)
  const inputs = readMainInputs()
  requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', ...(inputs.exportEnv ? ['GITHUB_ENV'] : []))
  for (const warning of inputs.warnings) log.warning(warning)
  announceEnd(inputs, clock.now(), log)

  const { origin } = inputs
  const deadline = step.startDeadline(inputs.timeoutSeconds)
  const client = new ZendeskClient({ origin, userAgent: USER_AGENT, deadline, log })
  try {
    await mint(client, inputs)
  } catch (error) {
    const { clientId, credential, timeoutSeconds, scopes } = inputs
    const requestsScopes = scopes.length > 0
    throw explain(error, { origin, clientId, credential: credential.kind, timeoutSeconds, requestsScopes })
  }
}

async function mint(client: ZendeskClient, inputs: MainInputs): Promise<void> {
  const { log, deadline } = client
  const mint = await requestToken(client, inputs)
  const minted = mintedToken(mint, inputs, deadline.clock.now())
  const published: PublishedToken = { minted, mint }
  await publishToken(client, inputs, published)
  requireScopes(minted)
  deadline.check()

  if (!isAdmin(inputs.credential)) await check(client, inputs, published)
  reportScopes(minted, inputs, log)

  if (inputs.exportEnv) exportForZcli(inputs.subdomain, minted.token)
  if (inputs.jobSummary)
    await writeSummary(tokenTable('Zendesk token minted', minted, inputs.origin, 'active'), log)
  log.info(mintedMessage(minted, whatFollows(inputs, published)))
}

/** Uses the new token once, and publishes what this reports about it. */
async function check(client: ZendeskClient, inputs: MainInputs, published: PublishedToken): Promise<void> {
  const { minted, mint } = published
  const { works, facts, unchecked } = await verifyToken(client, minted.token)
  minted.seenWorking = works
  if (facts !== undefined) addFacts(minted, facts, mint)
  if (works) await publishToken(client, inputs, published)
  if (unchecked !== undefined) client.log.info(`The new token was not checked: ${causeOf(unchecked)}.`)
  requireScopes(minted)
}

/** Says that `api-token` and `access-token` will stop working, and warns from 90 days before API tokens do. */
function announceEnd({ credential }: MainInputs, now: number, log: Log): void {
  if (!isAdmin(credential)) return
  const input = CREDENTIAL_INPUTS[credential.kind].chooses
  const deprecated = `Zendesk has deprecated the endpoint that mints with \`${input}\`; it may stop any day`
  if (credential.kind === 'access_token') {
    log.info(`${deprecated}. Use \`client-secret\` instead.`)
    return
  }
  const text = `${deprecated}, and API tokens stop working on ${dayOf(API_TOKENS_END)}. Use \`client-secret\` instead.`
  if (now >= API_TOKENS_END - WARN_BEFORE) log.warning(text)
  else log.info(text)
}

/** @throws {Error} if Zendesk reports that the token has no scope at all: it can do nothing. */
function requireScopes({ scopes, scopesReported }: MintedToken): void {
  if (!scopesReported || scopes.length > 0) return
  throw new Error(
    'Zendesk granted the token no scope, so it can do nothing. Check `scopes`, and the allowed scopes of the client in Admin Center.'
  )
}

/** Says which scopes were granted by default, and warns of those that were requested and not granted. */
function reportScopes(
  { scopes, scopesReported }: MintedToken,
  { scopes: requested, hasDefaultScopes }: MainInputs,
  log: Log
): void {
  const granted = scopesReported ? quote(scopes.join(' ')) : 'scopes that it did not report'
  if (hasDefaultScopes)
    log.info(`\`scopes\` is empty, and Zendesk granted: ${granted}. Set \`scopes\` to request fewer.`)
  const missing = scopesReported ? scopesNotGranted(requested, scopes) : []
  if (missing.length === 0) return
  log.warning(
    `Zendesk did not grant ${quote(missing.join(' '))}. Check the names, and the allowed scopes of the client in Admin Center.`
  )
}

/** What becomes of the token when the job ends; a revocation is promised only if the token or the credential may do it. */
function whatFollows(inputs: MainInputs, { minted, mint }: PublishedToken): string {
  const { credential } = inputs
  if (!shouldRevoke(inputs, mint.response)) return 'It will not be revoked when the job ends.'
  const { scopes, scopesReported } = minted
  if (isAdmin(credential) || (scopesReported && mayRevoke(scopes)))
    return 'It will be revoked when the job ends.'
  const how = credential.kind === 'client_credentials' ? ' with a cleanup token' : ''
  const expiry = expiryOf(minted)
  const why = scopesReported ? 'Its scopes do not include `write`' : 'Zendesk did not report its scopes'
  return `${why}, so post will try to revoke it${how}; otherwise ${expiry.charAt(0).toLowerCase()}${expiry.slice(1)}.`
}
