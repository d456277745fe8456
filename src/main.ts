import { CREDENTIAL_INPUTS } from './inputs/credentials.ts'
import { readMainInputs, type MainInputs } from './inputs/inputs.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { type Log } from './lib/log.ts'
import { clean } from './lib/redact.ts'
import { causeOf, explain } from './report/errors.ts'
import { publishToken, shouldRevoke } from './publish-token.ts'
import { requestToken } from './mint.ts'
import { exportForZcli, requireFiles } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { expiryOf, mintedMessage, tokenTable } from './report/token.ts'
import { ZendeskClient } from './zendesk/http/client.ts'
import { isAdmin } from './zendesk/credential.ts'
import { type MintedToken } from './zendesk/token.ts'
import { mayRevoke, scopesNotGranted } from './zendesk/scopes.ts'
import { verifyToken } from './zendesk/check-token.ts'

/** When every API token stops working, as Zendesk announced on 2026-07-28, and when that is worth a warning. */
const API_TOKENS_END = '2027-04-30'
const WARN_BEFORE = 90 * 86_400_000

/**
 * The main step: mints a token, masks it, and publishes it to post and to later steps.
 *
 * @throws {Error} with one line that names cause and cure, if there is no usable token
 */
export async function main({ clock, log, startDeadline }: Step): Promise<void> {
  maskInputs(log)
  const inputs = readMainInputs(log)
  requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', ...(inputs.exportEnv ? ['GITHUB_ENV'] : []))
  announceDeprecation(inputs, clock.now(), log)
  const client = new ZendeskClient(inputs.origin, startDeadline(inputs.timeoutSeconds), log)
  const notes: string[] = []
  try {
    await mint(client, inputs, notes)
  } catch (error) {
    throw explain(error, inputs, notes)
  }
}

async function mint(client: ZendeskClient, inputs: MainInputs, notes: string[]): Promise<void> {
  const { log, deadline } = client
  const minted = await requestToken(client, inputs, notes)
  await publishToken(client, inputs, minted)
  requireScopes(minted)
  deadline.check()

  if (!isAdmin(inputs.credential)) await check(client, inputs, minted)
  reportScopes(minted, inputs, log)

  if (inputs.exportEnv) exportForZcli(inputs.subdomain, minted.token)
  const end = describeEnd(inputs, minted)
  if (inputs.jobSummary)
    await writeSummary(tokenTable('Zendesk token minted', minted, inputs.origin, end), log)
  log.info(mintedMessage(minted, end))
}

/** Uses the new token once, and publishes what this reports about it. */
async function check(client: ZendeskClient, inputs: MainInputs, minted: MintedToken): Promise<void> {
  const unchecked = await verifyToken(client, minted)
  if (minted.seenWorking) await publishToken(client, inputs, minted)
  if (unchecked !== undefined) client.log.info(`The new token was not checked: ${causeOf(unchecked)}.`)
  requireScopes(minted)
}

/** Says that `api-token` and `access-token` will stop working, and warns from 90 days before API tokens do. */
function announceDeprecation({ credential }: MainInputs, now: number, log: Log): void {
  if (!isAdmin(credential)) return
  const { kind } = credential
  const deprecated = `Zendesk has deprecated the endpoint that mints with \`${CREDENTIAL_INPUTS[kind].chosenBy}\`; it may stop any day`
  const end = kind === 'api_token' ? `, and API tokens stop working on ${API_TOKENS_END}` : ''
  const isSoon = kind === 'api_token' && now >= Date.parse(API_TOKENS_END) - WARN_BEFORE
  log[isSoon ? 'warning' : 'info'](`${deprecated}${end}. Use \`client-secret\` instead.`)
}

/** @throws {Error} if Zendesk reports that the token has no scope at all: it can do nothing. */
function requireScopes({ scopes, scopesReported }: MintedToken): void {
  if (!scopesReported || scopes.length > 0) return
  throw new Error(
    'Zendesk granted the token no scope, so it can do nothing. Check `scopes`, and the allowed scopes of the client in Admin Center.'
  )
}

/** Says which scopes were granted by default, and warns of those that were requested and not granted. */
function reportScopes({ scopes, scopesReported }: MintedToken, inputs: MainInputs, log: Log): void {
  const granted = scopesReported ? clean(scopes.join(' ')) : 'scopes that it did not report'
  if (inputs.hasDefaultScopes)
    log.info(`\`scopes\` is empty, and Zendesk granted: ${granted}. Set \`scopes\` to request fewer.`)
  const missing = scopesNotGranted(inputs.scopes, scopes)
  if (missing.length === 0) return
  log.warning(
    `Zendesk did not grant ${clean(missing.join(' '))}. Check the names, and the allowed scopes of the client in Admin Center.`
  )
}

/** What becomes of the token when the job ends; a revocation is promised only if the token or the credential may do it. */
function describeEnd(inputs: MainInputs, minted: MintedToken): string {
  const { credential } = inputs
  const { scopes, scopesReported } = minted
  if (!shouldRevoke(inputs, minted)) return 'It will not be revoked when the job ends.'
  if (isAdmin(credential) || (scopesReported && mayRevoke(scopes)))
    return 'It will be revoked when the job ends.'
  const how = credential.kind === 'client_credentials' ? ' with a cleanup token' : ''
  const expiry = expiryOf(minted).replace(/^It/, 'it')
  const why = scopesReported ? 'Its scopes do not include `write`' : 'Zendesk did not report its scopes'
  return `${why}, so post will try to revoke it${how}; otherwise ${expiry}.`
}
