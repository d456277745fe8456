import { Cancelled } from '../lib/deadline.ts'
import { type Secret } from '../lib/secret.ts'
import { duration } from '../lib/time.ts'
import { bearer, type ClientCredential } from './credential.ts'
import { explain, HELPER_PURPOSE, reasonOf, type About } from '../messages.ts'
import { Unanswered } from './network-error.ts'
import { exchangeGrant } from './grants.ts'
import { LostReply } from './lost-response.ts'
import { readMintReply, secretsIn } from './token-response.ts'
import { type Answer, type Session } from './client.ts'
import { currentToken, revokeToken, tokenFacts, type TokenFacts } from './tokens.ts'
import { object } from './error-response.ts'

/** A token that may read and write everything its user may, minted for a moment and revoked after it. */
export interface Helper {
  authorization: Secret
  /** What Zendesk tells of the helper itself; all `undefined` where it tells nothing. */
  facts: TokenFacts
}

/** How a helper is minted, and what is done about it. */
export interface HelperTerms {
  credential: ClientCredential
  about: About
  /** Seconds that the helper lives where it cannot be revoked. */
  lifetime: number
  /** Called with the helper the moment it arrives. */
  mask: (secret: string) => void
  /** Called with a sentence where a helper may live on. */
  onLeftOver: (sentence: string) => void
}

/** Milliseconds to revoke the helper in where the job is cancelled, or the time for the work is over. */
const CLOSING_TIME = 4000

/**
 * Mints a helper token by the client credentials grant, works with it, and revokes it, whatever the work came to.
 *
 * @throws {ZendeskError} where Zendesk gives no helper, and what `work` throws
 */
export async function withHelper<Result>(
  session: Session,
  terms: HelperTerms,
  work: (helper: Helper) => Promise<Result>
): Promise<Result> {
  const token = await mintHelper(session, terms)
  const authorization = bearer(token)
  let id: number | undefined
  try {
    const current = await session.send(currentToken(token)).catch(unlessStopped)
    const facts = tokenFacts(object(current?.json)['token'])
    id = facts.id
    return await work({ authorization, facts })
  } finally {
    await revokeHelper(session, authorization, id, terms)
  }
}

async function mintHelper(
  session: Session,
  { credential, about, lifetime, mask, onLeftOver }: HelperTerms
): Promise<Secret> {
  const { clientId } = about
  const call = exchangeGrant(credential, { clientId, scopes: ['read', 'write'], expiresIn: lifetime })
  const circumstances = { ...about, credential: credential.kind, purpose: HELPER_PURPOSE, call }
  const lost = new LostReply(clientId, lifetime)
  const answer = await session
    .send(call, {
      grace: CLOSING_TIME,
      onReply: ({ json }) => {
        for (const secret of secretsIn(json, credential)) mask(secret.reveal())
      },
      ...lost.watch((note) => {
        onLeftOver(`The reply to the mint of a helper token was lost. ${note}`)
      })
    })
    .catch((error: unknown) => {
      throw explain(error, circumstances)
    })
  const { token } = readMintReply(answer.json, credential)
  if (token === undefined || answer.status >= 300) throw explain(answer, circumstances)
  return token
}

async function revokeHelper(
  session: Session,
  authorization: Secret,
  id: number | undefined,
  { lifetime, onLeftOver }: HelperTerms
): Promise<void> {
  const call = revokeToken(id ?? 'current', authorization)
  const inClosingTime = (error: unknown): Promise<Answer> => {
    // Without an answer as well: the time may have ended while one was under way.
    const isOver = error instanceof Cancelled || session.budget.remaining() <= 0
    if (!isOver) throw error
    return session.fork(session.budget.closing(CLOSING_TIME)).send(call)
  }
  let why: string
  try {
    const { status } = await session.send(call).catch(inClosingTime)
    if (status < 300 || status === 401 || (status === 404 && id !== undefined)) return
    why = `Zendesk answered ${status}`
  } catch (error) {
    why = reasonOf(error)
  }
  onLeftOver(
    `The helper token ${id ?? '(id unknown)'} could not be revoked (${why}); it expires by itself within ${duration(lifetime)}; to remove it sooner, send DELETE ${session.origin}/api/v2/oauth/tokens/${id ?? '{id}'} as an admin.`
  )
}

/** Lets pass that there was no answer, but not that there is no time for one. */
function unlessStopped(error: unknown): undefined {
  if (!(error instanceof Unanswered)) throw error
}
