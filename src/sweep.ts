import { readSweepInputs, type SweepInputs } from './inputs/inputs.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import { asObject } from './lib/json.ts'
import { clean } from './lib/redact.ts'
import { type Secret } from './lib/secret.ts'
import { explain } from './report/errors.ts'
import { requireFiles, setOutputs } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { SweepReport } from './report/sweep.ts'
import { withCleanupToken } from './zendesk/cleanup-token.ts'
import { ZendeskClient } from './zendesk/http/client.ts'
import { numericClientId } from './zendesk/clients.ts'
import { adminAuthorization, isAdmin, type AdminCredential } from './zendesk/credential.ts'
import { pages } from './zendesk/http/pages.ts'
import {
  currentTokenRequest,
  deleteTokenRequest,
  listTokensRequest,
  whoAmIRequest
} from './zendesk/requests.ts'
import { staleToken, type StaleCriteria } from './zendesk/stale-tokens.ts'
import { factsAbout, positiveInteger, tokenFacts, type TokenFacts } from './zendesk/token-facts.ts'
import { isFinal, unexpectedResponse, ZendeskError } from './zendesk/http/zendesk-error.ts'
import { isAccepted, isFromAccount } from './zendesk/http/response.ts'

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
export async function sweep({ clock, log, startDeadline }: Step): Promise<void> {
  // Makes V8 collect garbage earlier, so that memory stays flat over ten thousand requests. Not imported: loading this
  // module would cost main and post 3 ms, too.
  process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size')
  maskInputs(log)
  const inputs = readSweepInputs(log)
  requireFiles('GITHUB_OUTPUT')

  const { origin, timeoutSeconds } = inputs
  const client = new ZendeskClient(origin, startDeadline(timeoutSeconds, reserveOf(timeoutSeconds)), log)
  const report = new SweepReport(inputs.dryRun, (error) => explain(error, inputs).message)
  try {
    await run(client, inputs, report)
  } catch (error) {
    report.stop(error)
  }
  setOutputs(report.outputs())
  const title = `Zendesk tokens of ${clean(inputs.clientId)}`
  if (inputs.jobSummary) await writeSummary(report.table(title, clock.now()), log)
  const error = report.error()
  if (error !== undefined) throw error
  log.info(report.message())
}

async function run(client: ZendeskClient, inputs: SweepInputs, report: SweepReport): Promise<void> {
  const { clientId, credential, allUsers, olderThan, timeoutSeconds } = inputs
  const work = async (authorization: Secret, own: Own, ownClient?: number): Promise<void> => {
    const id = ownClient ?? (await numericClientId(client, clientId, authorization))
    await revokeStale({ client, inputs, report, authorization }, { ...own, olderThan, clientId: id })
  }
  if (isAdmin(credential)) {
    await work(adminAuthorization(credential), await identify(client, credential, allUsers))
    return
  }
  const lifetime = Math.max(SHORTEST_CLEANUP, timeoutSeconds + CLEANUP_MARGIN)
  const terms = { credential, clientId, lifetime, onRemaining: client.log.warning }
  await withCleanupToken(client, terms, ({ authorization, facts }) =>
    work(authorization, ownFacts(facts, allUsers), facts?.clientId)
  )
}

/** What must be known about the credential: its user, unless all users are swept, and the token that it is. */
type Own = Pick<StaleCriteria, 'userId' | 'ownId'>

async function identify(client: ZendeskClient, credential: AdminCredential, allUsers: boolean): Promise<Own> {
  if (credential.kind === 'access_token') {
    const request = currentTokenRequest(credential.accessToken, 'identifyToken')
    const response = await client.send(request)
    if (response.status !== 200) throw unexpectedResponse(request, response)
    return ownFacts(factsAbout(credential.accessToken, response.json), allUsers)
  }
  if (allUsers) return { userId: undefined, ownId: undefined }
  const authorization = adminAuthorization(credential)
  const request = whoAmIRequest(authorization)
  const response = await client.send(request)
  if (response.status !== 200) throw unexpectedResponse(request, response)
  // Zendesk responds to rejected credentials with 200 and an anonymous user, whose id is null.
  const userId = positiveInteger(asObject(asObject(response.json)['user'])['id'])
  const kind = response.html ? undefined : 'credentialsRejected'
  if (userId === undefined) throw unexpectedResponse(request, response, kind)
  return { userId, ownId: undefined }
}

/** @throws {Error} if Zendesk does not report the token that the sweep works with, or its user */
function ownFacts({ id, userId }: Partial<TokenFacts> = {}, allUsers: boolean): Own {
  if (id === undefined || (userId === undefined && !allUsers)) {
    throw new Error(
      'Zendesk does not report which token this sweep works with, or whose it is, so nothing was listed or revoked. Check that the credential has the scope `read`.'
    )
  }
  return { userId: allUsers ? undefined : userId, ownId: id }
}

/** What a sweep works with. */
interface Sweep {
  client: ZendeskClient
  inputs: SweepInputs
  report: SweepReport
  authorization: Secret
}

/** Lists the client's tokens to the last page, then revokes the stale ones; `report` is updated with each. */
async function revokeStale(sweep: Sweep, criteria: StaleCriteria): Promise<void> {
  const { client, inputs, report, authorization } = sweep
  try {
    await list(sweep, criteria)
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

async function list(sweep: Sweep, criteria: StaleCriteria): Promise<void> {
  const { client, inputs, report, authorization } = sweep
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
  const response = await client.trySend(request)
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
