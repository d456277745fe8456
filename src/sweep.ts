import { readSweepInputs, type SweepInputs } from './inputs/inputs.ts'
import { maskInputs } from './inputs/mask-inputs.ts'
import { reserveOf } from './lib/deadline.ts'
import { object } from './lib/json.ts'
import { USER_AGENT } from './lib/version.ts'
import { explain } from './messages.ts'
import { requireFiles, setOutputs } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { type Step } from './step.ts'
import { SweepReport } from './sweep-report.ts'
import { remainingSentence } from './token-report.ts'
import { withCleanupToken, type RemainingToken } from './zendesk/cleanup-token.ts'
import { ZendeskClient } from './zendesk/client.ts'
import { numericClientId } from './zendesk/clients.ts'
import { type ZendeskRequest } from './zendesk/connection.ts'
import { adminAuthorization, isAdmin, type AdminCredential } from './zendesk/credential.ts'
import { pages } from './zendesk/pages.ts'
import { type Secret } from './lib/secret.ts'
import { staleToken, type StaleCriteria, type StaleToken } from './zendesk/stale-tokens.ts'
import {
  currentToken,
  factsAbout,
  positiveInteger,
  revokeToken,
  tokenFacts,
  tokensPath,
  type TokenFacts
} from './zendesk/tokens.ts'
import { isAccepted, isJson, stopReason, unexpectedResponse, ZendeskError } from './zendesk/zendesk-error.ts'

/** Tokens that are revoked at the same time. */
const WORKERS = 4
/** Seconds: a cleanup token that cannot be revoked outlives the step by this much, and is valid at least so long. */
const CLEANUP_MARGIN = 120
const SHORTEST_CLEANUP = 600
/** Milliseconds between two lines of progress. */
const PROGRESS = 15_000

/** What a sweep works with. */
interface Sweep {
  client: ZendeskClient
  inputs: SweepInputs
  report: SweepReport
  authorization: Secret
}

/**
 * The sweep: finds the stale tokens of one client, and revokes them.
 *
 * @throws {Error} with one line, if a stale token remained or the sweep did not finish
 */
export async function sweep({ clock, log, startDeadline }: Step): Promise<void> {
  collectGarbageEarly()
  maskInputs(log)
  const inputs = readSweepInputs()
  requireFiles('GITHUB_OUTPUT')
  for (const warning of inputs.warnings) log.warning(warning)

  const { origin, clientId, credential, timeoutSeconds } = inputs
  const deadline = startDeadline(timeoutSeconds, reserveOf(timeoutSeconds))
  const client = new ZendeskClient({ origin, userAgent: USER_AGENT, deadline, log })
  const context = { origin, clientId, credential: credential.kind, timeoutSeconds, requestsScopes: true }
  const report = new SweepReport(inputs.dryRun, (error) => explain(error, context).message)
  try {
    await run(client, inputs, report)
  } catch (error) {
    report.stop(error)
  }
  setOutputs(report.outputs())
  if (inputs.jobSummary) await writeSummary(report.table(`Zendesk tokens of ${clientId}`, clock.now()), log)
  const error = report.error()
  if (error !== undefined) throw error
  log.info(report.message())
}

/**
 * Keeps the memory of ten thousand requests as flat as that of ten: V8 would rather let garbage lie than collect it.
 * Not imported, since loading this module would take main and post 3 ms that they have no use for.
 */
function collectGarbageEarly(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size')
}

async function run(client: ZendeskClient, inputs: SweepInputs, report: SweepReport): Promise<void> {
  const { clientId, credential, allUsers, timeoutSeconds } = inputs
  if (isAdmin(credential)) {
    const authorization = adminAuthorization(credential)
    const own = await identify(client, credential, allUsers)
    const criteria = { ...own, clientId: await numericClientId(client, clientId, authorization) }
    await revokeStale({ client, inputs, report, authorization }, criteria)
    return
  }
  const lifetime = Math.max(SHORTEST_CLEANUP, timeoutSeconds + CLEANUP_MARGIN)
  const onRemaining = (problem: RemainingToken): void => {
    client.log.warning(remainingSentence(problem, client.origin))
  }
  await withCleanupToken(
    client,
    { credential, clientId, lifetime, onRemaining },
    async ({ authorization, facts }) => {
      const own = ownFacts(facts, allUsers)
      const id = facts?.clientId ?? (await numericClientId(client, clientId, authorization))
      await revokeStale({ client, inputs, report, authorization }, { ...own, clientId: id })
    }
  )
}

/** Whose tokens are swept. */
type Target = Omit<StaleCriteria, 'olderThan'>

/** What must be known about the credential: its user, unless all users are swept, and the token that it is. */
type Own = Pick<StaleCriteria, 'userId' | 'ownId'>

async function identify(client: ZendeskClient, credential: AdminCredential, allUsers: boolean): Promise<Own> {
  if (credential.kind === 'access_token') {
    const request = currentToken(credential.accessToken, 'look up the `access-token`')
    const response = await client.send(request)
    if (response.status !== 200) throw unexpectedResponse(request, response)
    return ownFacts(factsAbout(credential.accessToken, response.json), allUsers)
  }
  if (allUsers) return { userId: undefined, ownId: undefined }
  const request: ZendeskRequest = {
    purpose: 'look up the user of `api-token`',
    method: 'GET',
    path: '/api/v2/users/me',
    authorization: adminAuthorization(credential)
  }
  const response = await client.send(request)
  // Zendesk responds to rejected credentials with 200 and an anonymous user, whose id is null.
  const userId =
    response.status === 200 ? positiveInteger(object(object(response.json)['user'])['id']) : undefined
  if (userId !== undefined) return { userId, ownId: undefined }
  const kind = response.status === 200 && !response.html ? 'credentialsRejected' : undefined
  throw unexpectedResponse(request, response, kind)
}

/** @throws {Error} if Zendesk does not report the token that the sweep works with, or its user */
function ownFacts(facts: TokenFacts | undefined, allUsers: boolean): Own {
  const { id, userId } = facts ?? {}
  if (id === undefined || (userId === undefined && !allUsers)) {
    throw new Error(
      'Zendesk does not report which token this sweep works with, or whose it is, so nothing was listed or revoked. Check that the credential has the scope `read`.'
    )
  }
  return { userId: allUsers ? undefined : userId, ownId: id }
}

/** Lists the client's tokens to the last page, then revokes the stale ones; `report` learns of each. */
async function revokeStale(sweep: Sweep, criteria: Target): Promise<void> {
  const { inputs, report } = sweep
  try {
    await list(sweep, criteria)
  } catch (error) {
    // What was found before the list broke off is stale all the same.
    report.stop(error)
  }
  if (inputs.dryRun) return

  const queue = report.found()
  const progress = progressLog(sweep.client)
  let final: Attempt | undefined
  const work = async (): Promise<void> => {
    const client = sweep.client.fork()
    for (const token of queue) {
      // If there is no time left for one, there is none for the others.
      const attempt = final ?? (await tryToRevoke(client, token, sweep.authorization))
      if (attempt.isFinal) final = attempt
      report.settle(token, attempt.error)
      progress(() => `Revoked ${report.revoked} of ${report.matched} tokens so far.`)
    }
    client.close()
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
}

async function list({ client, inputs, report, authorization }: Sweep, criteria: Target): Promise<void> {
  const progress = progressLog(client)
  const path = tokensPath(criteria.clientId, inputs.allUsers)
  const request = { purpose: 'list the tokens', path, key: 'tokens', authorization }
  for await (const { items, response } of pages(client, request)) {
    const clocks = { server: response.date, local: client.deadline.clock.now() }
    for (const item of items) {
      const found = staleToken(tokenFacts(item), { ...criteria, olderThan: inputs.olderThan }, clocks)
      if (found !== undefined) report.add(found)
    }
    report.checked += items.length
    progress(() => `Listed ${report.checked} tokens so far, ${report.matched} of them stale.`)
  }
}

/** What came of an attempt to revoke a token, and whether it makes no sense to try the next. */
interface Attempt {
  error?: ZendeskError
  isFinal: boolean
}

async function tryToRevoke(
  client: ZendeskClient,
  { id }: StaleToken,
  authorization: Secret
): Promise<Attempt> {
  const request = revokeToken(id, authorization)
  try {
    const response = await client.send(request)
    if (isAccepted(response) || isJson(response, 404)) return { isFinal: false }
    const error = unexpectedResponse(request, response)
    return { error, isFinal: response.unfittingWait !== undefined }
  } catch (error) {
    if (!(error instanceof ZendeskError)) throw error
    return { error, isFinal: stopReason(error) !== undefined || client.deadline.remaining() <= 0 }
  }
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
