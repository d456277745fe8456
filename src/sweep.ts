import { readSweepInputs, type SweepInputs } from './inputs/inputs.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import { type Secret } from './lib/secret.ts'
import { remainingSentence } from './report/revocation.ts'
import { SweepReport, unknownIdentity } from './report/sweep.ts'
import { requireFiles, setOutputs } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { withCleanupToken, type Remaining } from './zendesk/cleanup-token.ts'
import { numericClientId } from './zendesk/clients.ts'
import { adminAuthorization, bearer, isAdmin, type AdminCredential } from './zendesk/credential.ts'
import { ZendeskClient } from './zendesk/http/client.ts'
import { pages } from './zendesk/http/pages.ts'
import { isAccepted, isFromAccount } from './zendesk/http/response.ts'
import { isFinal, unexpectedResponse, ZendeskError } from './zendesk/http/zendesk-error.ts'
import { identify, type Identity } from './zendesk/identify.ts'
import { deleteTokenRequest, listTokensRequest } from './zendesk/requests.ts'
import { DELETE_GRACE } from './zendesk/revocation.ts'
import { staleToken, type StaleCriteria } from './zendesk/stale-tokens.ts'
import { tokenFacts } from './zendesk/token-facts.ts'

/** Tokens that are revoked at the same time. */
const WORKERS = 4
/** Seconds: a cleanup token that cannot be revoked outlives the step by this much, and is valid at least so long. */
const CLEANUP_MARGIN = 120
const SHORTEST_CLEANUP = 600
/** Milliseconds between two lines of progress. */
const PROGRESS = 15_000

/**
 * The sweep: finds the stale tokens of one client, and revokes them.
 *
 * @throws {Error} with one line, if a stale token remained or the sweep did not finish
 */
export async function sweep({ clock, log, within }: Step): Promise<void> {
  // Makes V8 collect garbage earlier: with 10,000 tokens the peak is 79 MiB instead of 111, with 1,000 it is 70. Not
  // imported: loading this module would cost main and post 3 ms, too.
  process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size')
  maskInputs(log)
  const inputs = readSweepInputs(log)
  requireFiles('GITHUB_OUTPUT')

  const seconds = inputs.timeoutSeconds
  const report = new SweepReport(inputs)
  const remaining: Remaining[] = []
  try {
    await within({ seconds, reserve: reserveOf(seconds) }, (deadline) =>
      run({ client: new ZendeskClient(inputs.origin, deadline, log), inputs, report }, remaining)
    )
  } catch (error) {
    report.stop(error)
  }
  for (const each of remaining) log.warning(remainingSentence(each, inputs))
  try {
    setOutputs(report.outputs())
  } catch (error) {
    report.stop(error)
  }
  if (inputs.jobSummary) await writeSummary(report.table(clock.now()), log)
  const error = report.error()
  if (error !== undefined) throw error
  log.info(report.message())
}

/** What a sweep works with. */
interface Sweep {
  client: ZendeskClient
  inputs: SweepInputs
  report: SweepReport
}

/** What must be known about the credential: its user, unless all users are swept, and the token that it is. */
type Own = Pick<StaleCriteria, 'userId' | 'ownId'>

async function run(sweep: Sweep, remaining: Remaining[]): Promise<void> {
  const { client, inputs } = sweep
  const { clientId, credential, allUsers, olderThan, timeoutSeconds } = inputs
  const revoke = async (authorization: Secret, own: Own, ownClient?: number): Promise<void> => {
    const id = ownClient ?? (await numericClientId(client, clientId, authorization))
    await revokeStale(sweep, authorization, { ...own, olderThan, clientId: id })
  }
  if (isAdmin(credential)) {
    await revoke(adminAuthorization(credential), await ownOfAdmin(client, credential, allUsers))
    return
  }
  const lifetime = Math.max(SHORTEST_CLEANUP, timeoutSeconds + CLEANUP_MARGIN)
  await withCleanupToken(client, { credential, clientId, lifetime, remaining }, (cleanup, unidentified) =>
    revoke(bearer(cleanup.token), ownOf(cleanup, allUsers, unidentified), cleanup.clientId)
  )
}

async function ownOfAdmin(
  client: ZendeskClient,
  credential: AdminCredential,
  allUsers: boolean
): Promise<Own> {
  if (credential.kind === 'access_token') return ownOf(await identify(client, credential), allUsers)
  const userId = allUsers ? undefined : (await identify(client, credential)).userId
  return { userId, ownId: undefined }
}

/** @throws {Error} if it is not known which token the sweep works with, or whose it is */
function ownOf({ id, userId }: Identity, allUsers: boolean, why: Error = unknownIdentity()): Own {
  if (id === undefined || (userId === undefined && !allUsers)) throw why
  return { userId: allUsers ? undefined : userId, ownId: id }
}

/** Lists the client's tokens to the last page, then revokes the stale ones; `report` is updated with each. */
async function revokeStale(sweep: Sweep, authorization: Secret, criteria: StaleCriteria): Promise<void> {
  const { client, inputs, report } = sweep
  try {
    await list(sweep, authorization, criteria)
  } catch (error) {
    // What was found before the list broke off is stale all the same.
    report.stop(error)
  }
  if (inputs.dryRun) return

  const queue = report.queue()
  const progress = progressLog(client)
  let final: ZendeskError | undefined
  const work = async (): Promise<void> => {
    const worker = client.fork()
    for (const token of queue) {
      // If no further request can help with one token, none can with the others.
      const error = final ?? (await tryToRevoke(worker, token.id, authorization))
      if (isFinal(error)) final = error
      report.record(token, error)
      progress(() => `Revoked ${report.revoked} of ${report.matched} tokens so far.`)
    }
    worker.close()
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
}

async function list(sweep: Sweep, authorization: Secret, criteria: StaleCriteria): Promise<void> {
  const { client, inputs, report } = sweep
  const progress = progressLog(client)
  const request = listTokensRequest(criteria.clientId, authorization, inputs.allUsers)
  for await (const { items, response } of pages(client, request, 'tokens')) {
    for (const item of items) {
      const found = staleToken(tokenFacts(item), criteria, response.date, client.deadline.clock.now())
      if (found !== undefined) report.add(found)
    }
    report.checked += items.length
    progress(() => `Listed ${report.checked} tokens so far, ${report.matched} of them stale.`)
  }
}

async function tryToRevoke(
  client: ZendeskClient,
  id: number,
  authorization: Secret
): Promise<ZendeskError | undefined> {
  const request = deleteTokenRequest(id, authorization)
  const response = await client.trySend(request, { grace: DELETE_GRACE })
  if (response instanceof ZendeskError) return response
  return isAccepted(response) || isFromAccount(response, 404)
    ? undefined
    : unexpectedResponse(request, response)
}

/** Returns a function that logs how far the work is, now and then. */
function progressLog({ deadline: { clock }, log }: ZendeskClient): (line: () => string) => void {
  let next = clock.elapsed() + PROGRESS
  return (line) => {
    if (clock.elapsed() < next) return
    next = clock.elapsed() + PROGRESS
    log.info(line())
  }
}
