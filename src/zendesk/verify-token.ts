import { BudgetSpent } from '../lib/deadline.ts'
import { type Secret } from '../lib/secret.ts'
import { explain, reasonOf, type About } from '../messages.ts'
import { Unanswered } from './network-error.ts'
import { type Answer, type Session } from './client.ts'
import { currentToken, tokenFacts, type TokenFacts } from './tokens.ts'
import { object } from './error-response.ts'

/** Milliseconds for the whole check. */
const CHECK_TIME = 10_000
/** Milliseconds to wait after each 401: a token may take a moment to be known everywhere. */
const PAUSES = [500, 1000, 2000]

/** What the check told: facts of the token, or why it could not be checked. */
export interface Checked {
  facts?: TokenFacts
  unchecked?: string
}

/**
 * Uses the new token once, to see that it works and to learn what the mint's reply does not tell.
 *
 * @returns what Zendesk tells of the token; neither where the token is too narrow to ask
 * @throws {ZendeskError} where Zendesk still refuses the token after four requests
 * @throws {Cancelled} where the job is cancelled
 */
export async function checkToken(session: Session, token: Secret, about: About): Promise<Checked> {
  const { budget } = session
  const deadline = budget.world.elapsed() + CHECK_TIME
  const call = currentToken(token)
  const refused = (answer: Answer): unknown => {
    const circumstances = {
      ...about,
      call,
      credential: 'access-token',
      purpose: 'use the new token'
    } as const
    return explain(answer, circumstances, 'newTokenRefused')
  }
  const ask = (): Promise<Answer> =>
    session.send(call, { tries: 1, timeout: Math.max(1, deadline - budget.world.elapsed()) })
  let refusal: Answer | undefined
  try {
    let answer = await ask()
    for (const pause of PAUSES) {
      if (answer.status !== 401) break
      refusal = answer
      await session.pause(pause)
      answer = await ask()
    }
    const { status, json } = answer
    if (status === 401) throw refused(answer)
    if (status === 403 || status === 404) return {}
    const told = object(json)['token']
    return status === 200 && told !== undefined
      ? { facts: tokenFacts(told) }
      : {
          unchecked:
            status === 200 ? 'Zendesk answered 200 without telling of a token' : `Zendesk answered ${status}`
        }
  } catch (error) {
    if (!(error instanceof Unanswered || error instanceof BudgetSpent)) throw error
    // A token that was refused a moment ago is not taken for a good one.
    if (refusal !== undefined) throw refused(refusal)
    return { unchecked: reasonOf(error) }
  }
}
