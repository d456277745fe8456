import { readMainInputs, type MainInputs } from './inputs/inputs.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { mint } from './mint.ts'
import { publishToken, shouldRevoke } from './publish-token.ts'
import { causeOf, explain } from './report/errors.ts'
import {
  cancelledError,
  reportDeprecation,
  reportScopes,
  requireScopes,
  revocationPromise
} from './report/mint.ts'
import { mintedMessage, tokenTable } from './report/token.ts'
import { exportForZcli, requireFiles } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { checkToken } from './zendesk/check-token.ts'
import { isAdmin } from './zendesk/credential.ts'
import { ZendeskClient } from './zendesk/http/client.ts'
import { type MintedToken } from './zendesk/token.ts'

/**
 * The main step: mints a token, masks it, publishes it to post and to later steps, and checks it.
 *
 * @throws {Error} with one line that names cause and cure, if there is no usable token
 */
export async function main({ clock, log, within }: Step): Promise<void> {
  maskInputs(log)
  const inputs = readMainInputs(log)
  requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', ...(inputs.exportEnv ? ['GITHUB_ENV'] : []))
  reportDeprecation(inputs.credential, clock.now(), log)
  try {
    await within({ seconds: inputs.timeoutSeconds }, (deadline) =>
      createToken(new ZendeskClient(inputs.origin, deadline, log), inputs)
    )
  } catch (error) {
    throw explain(error, inputs)
  }
}

async function createToken(client: ZendeskClient, inputs: MainInputs): Promise<void> {
  const { log, deadline } = client
  const minted = await mint(client, inputs)
  await publishToken(client, inputs, minted)
  requireScopes(minted)
  requireJob(client, inputs, minted)
  deadline.check()

  const token = isAdmin(inputs.credential) ? minted : await check(client, inputs, minted)
  requireJob(client, inputs, token)
  reportScopes(token, inputs, log)

  if (inputs.exportEnv) exportForZcli(inputs.subdomain, token.token)
  const end = shouldRevoke(inputs, token)
    ? revocationPromise(token, inputs.credential)
    : 'It will not be revoked when the job ends.'
  if (inputs.jobSummary)
    await writeSummary(tokenTable('Zendesk token minted', token, inputs.origin, end), log)
  log.info(mintedMessage(token, end))
}

/** Uses the new token once, and publishes what Zendesk reports about it. */
async function check(client: ZendeskClient, inputs: MainInputs, minted: MintedToken): Promise<MintedToken> {
  const { token, unchecked } = await checkToken(client, minted).catch((error: unknown) => {
    requireJob(client, inputs, minted)
    throw error
  })
  if (token.seenWorking) await publishToken(client, inputs, token)
  if (unchecked !== undefined) client.log.info(`The new token was not checked: ${causeOf(unchecked)}.`)
  requireScopes(token)
  return token
}

/** @throws {Error} if the job was cancelled after the mint: it says what becomes of the token */
function requireJob({ deadline: { signal } }: ZendeskClient, inputs: MainInputs, token: MintedToken): void {
  if (signal.aborted) throw cancelledError(token, shouldRevoke(inputs, token))
}
