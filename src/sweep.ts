import { reserveOf } from './lib/deadline.ts'
import { type Step } from './step.ts'
import { Tally } from './sweep-report.ts'
import { USER_AGENT } from './lib/version.ts'
import { readSweepInputs, type SweepInputs } from './inputs/inputs.ts'
import { type Log } from './runner/log.ts'
import { maskSecrets } from './inputs/mask-inputs.ts'
import { requireFiles, setOutputs } from './runner/outputs.ts'
import { writeSummary } from './runner/summary.ts'
import { numericClientId } from './zendesk/clients.ts'
import { adminAuthorization, isAdmin } from './zendesk/credential.ts'
import { explain, type About } from './messages.ts'
import { Unanswered } from './zendesk/network-error.ts'
import { withHelper } from './zendesk/cleanup-token.ts'
import { leftOver, type Criteria, type LeftOver } from './zendesk/stale-tokens.ts'
import { pages } from './zendesk/pages.ts'
import { Session } from './zendesk/client.ts'
import { currentToken, revokeToken, tokenFacts, tokensOf } from './zendesk/tokens.ts'
import { object } from './zendesk/error-response.ts'
import { type Secret } from './lib/secret.ts'

/** Tokens that are revoked at the same time. */
const WORKERS = 4
/** Seconds that a helper token outlives the step, where it cannot be revoked. */
const HELPER_MARGIN = 120
const SHORTEST_HELPER = 600
/** Milliseconds between two lines of progress. */
const PROGRESS = 15_000

/**
 * Keeps the memory of ten thousand requests as flat as that of ten: V8 would rather let garbage lie than collect it.
 * Not imported, since loading this module would take main and post 3 ms that they have no use for.
 */
function collectGarbageEarly(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size')
}

/** The sweep: finds the tokens of one client that dead runners left behind, and revokes them. */
export async function sweep({ world, log, budget }: Step): Promise<void> {
  collectGarbageEarly()
  maskSecrets(log, ['api-token', 'access-token', 'client-secret'])
  const inputs = readSweepInputs()
  requireFiles('GITHUB_OUTPUT')
  inputs.warnings.forEach(log.warning)

  const { origin, clientId, credential, timeoutSeconds } = inputs
  const session = new Session(origin, USER_AGENT, budget(timeoutSeconds, reserveOf(timeoutSeconds)), log)
  const about = { origin, clientId, credential: credential.kind }
  const tally = new Tally(inputs.dryRun)
  try {
    if (isAdmin(credential)) {
      const authorization = adminAuthorization(credential)
      const ownId =
        credential.kind === 'access-token' ? await idOf(session, credential.accessToken, about) : undefined
      const client = await numericClientId(session, authorization, about)
      await clean(session, authorization, { clientId: client, ownId }, inputs, about, tally, log)
    } else {
      const lifetime = Math.max(SHORTEST_HELPER, timeoutSeconds + HELPER_MARGIN)
      const terms = { credential, about, lifetime, mask: log.mask, onLeftOver: log.warning }
      await withHelper(session, terms, async ({ authorization, facts }) => {
        const client = facts.clientId ?? (await numericClientId(session, authorization, about))
        await clean(session, authorization, { clientId: client, ownId: facts.id }, inputs, about, tally, log)
      })
    }
  } catch (error) {
    tally.failure ??= error as Error
  }
  setOutputs(tally.outputs())
  if (inputs.jobSummary) await writeSummary(tally.table(`Zendesk tokens of ${clientId}`, world.now()), log)
  const error = tally.error()
  if (error !== undefined) throw error
  log.info(tally.message())
}

/** The id of the token that is worked with, which must not be revoked. */
async function idOf(session: Session, token: Secret, about: About): Promise<number> {
  const call = currentToken(token)
  const circumstances = {
    ...about,
    call,
    purpose: 'learn the id of the access-token, which must not be revoked'
  }
  const answer = await session.send(call).catch((error: unknown) => {
    throw explain(error, circumstances)
  })
  const { id } = tokenFacts(object(answer.json)['token'])
  if (id === undefined) throw explain(answer, circumstances)
  return id
}

/** Lists the client's tokens to the last page, then revokes those that are left over; `tally` learns of each. */
async function clean(
  session: Session,
  authorization: Secret,
  who: Pick<Criteria, 'clientId' | 'ownId'>,
  inputs: SweepInputs,
  about: About,
  tally: Tally,
  log: Log
): Promise<void> {
  const { world } = session.budget
  const progress = progressLog(session, log)
  const criteria = { ...who, olderThan: inputs.olderThan }
  const path = tokensOf(who.clientId, inputs.allUsers)
  const purpose = 'list the tokens'
  try {
    for await (const { items, answer } of pages(session, path, 'tokens', authorization, {
      ...about,
      purpose
    })) {
      for (const item of items) {
        const found = leftOver(tokenFacts(item), criteria, answer.date ?? world.now())
        if (found !== undefined) tally.add(found)
      }
      tally.seen += items.length
      progress(() => `Listed ${tally.seen} tokens so far, ${tally.matched} of them left over.`)
    }
  } catch (error) {
    // What was found before the list broke off is left over all the same.
    tally.failure = error as Error
  }
  if (inputs.dryRun) return

  const queue = tally.found()
  let last: Attempt = {}
  const work = async (): Promise<void> => {
    const own = session.fork()
    for (const token of queue) {
      // Once there is no time left for one, there is none for the others.
      const attempt = last.isFinal === true ? last : await tryToRevoke(own, token, authorization, about)
      if (attempt.isFinal === true) last = attempt
      tally.settle(token, attempt.failure)
      progress(() => `Revoked ${tally.revoked} of ${tally.matched} tokens so far.`)
    }
    own.close()
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
}

/** Why a token could not be revoked, if so, and whether it is of no use to try the next. */
interface Attempt {
  failure?: Error
  isFinal?: boolean
}

async function tryToRevoke(
  session: Session,
  { id }: LeftOver,
  authorization: Secret,
  about: About
): Promise<Attempt> {
  const call = revokeToken(id, authorization)
  const circumstances = { ...about, call, purpose: `revoke token ${id}` }
  try {
    const answer = await session.send(call)
    const isGone = (answer.status >= 200 && answer.status < 300) || answer.status === 404
    if (isGone) return {}
    return { failure: explain(answer, circumstances) as Error, isFinal: answer.unfitting !== undefined }
  } catch (error) {
    return { failure: explain(error, circumstances) as Error, isFinal: !(error instanceof Unanswered) }
  }
}

/** Says how far the work is, now and then. */
function progressLog({ budget }: Session, log: Log): (line: () => string) => void {
  let next = budget.world.elapsed() + PROGRESS
  return (line) => {
    if (budget.world.elapsed() < next) return
    next = budget.world.elapsed() + PROGRESS
    log.info(line())
  }
}
