import { type Secret } from './lib/secret.ts'
import { type MintInputs } from './inputs/inputs.ts'
import { type Log } from './runner/log.ts'
import { setSecretOutput } from './runner/outputs.ts'
import { numericClientId } from './zendesk/clients.ts'
import { adminAuthorization, comesInPairs, isAdmin, type Credential } from './zendesk/credential.ts'
import { explain, ZendeskError, type About } from './messages.ts'
import { exchangeGrant } from './zendesk/grants.ts'
import { type Call } from './zendesk/connection.ts'
import { LostReply } from './zendesk/lost-response.ts'
import { readMintReply, secretsIn, type MintReply } from './zendesk/token-response.ts'
import { type Answer, type Session } from './zendesk/client.ts'
import { createToken, revokeToken } from './zendesk/tokens.ts'
import { errorCode } from './zendesk/error-response.ts'

/** Milliseconds that a mint in flight is given to answer after the job was cancelled. */
const GRACE = 6000

/** A reply to the mint, and when Zendesk gave it by its own clock, in milliseconds since 1970. */
export interface Asked {
  reply: MintReply
  token: Secret
  serverTime: number
}

/**
 * Asks Zendesk for the token, after looking up the client where that is needed, and masks what comes. A mint whose
 * reply was lost is tried again, with a warning that the first try may have left a token behind.
 *
 * @returns a reply that holds a token
 * @throws {ZendeskError} where there was none
 */
export async function askForToken(
  session: Session,
  inputs: MintInputs,
  about: About,
  log: Log
): Promise<Asked> {
  const { credential } = inputs
  const call = await mintCall(session, inputs, about)
  const circumstances = { ...about, call, purpose: 'mint a token', deprecatedMint: isAdmin(credential) }
  const lost = new LostReply(inputs.clientId, inputs.expiresIn)
  let answer: Answer
  try {
    answer = await session.send(call, {
      grace: GRACE,
      onReply: ({ json }) => {
        for (const secret of secretsIn(json, credential)) log.mask(secret.reveal())
      },
      ...lost.watch((note) => {
        log.warning(`The reply to a mint was lost. ${note}`)
      })
    })
  } catch (error) {
    throw withNote(explain(error, circumstances), lost)
  }
  const reply = readMintReply(answer.json, credential)
  const { token, refreshToken } = reply
  if (answer.status < 300 && token !== undefined) {
    return { reply, token, serverTime: answer.date ?? session.budget.world.now() }
  }
  // A refresh token replaces the one that was sent, so it is handed over even where the rest cannot be used.
  if (refreshToken !== undefined && comesInPairs(credential)) setSecretOutput('refresh-token', refreshToken)
  const failure = explain(answer, { ...circumstances, afterLostReply: lost.sentAt !== undefined })
  const isRefusal = errorCode(answer.json) !== undefined
  if (answer.status < 300 && !isRefusal && !(await dropUnusable(session, credential, reply.facts.id, log))) {
    lost.sentAt ??= session.budget.world.now()
  }
  throw withNote(failure, lost)
}

async function mintCall(session: Session, inputs: MintInputs, about: About): Promise<Call> {
  const { credential, scopes } = inputs
  if (!isAdmin(credential)) return exchangeGrant(credential, inputs)
  return createToken(
    credential,
    await numericClientId(session, adminAuthorization(credential), about),
    scopes
  )
}

/** Revokes a token that was created, but told in a way that nobody can use; tells whether that was possible. */
async function dropUnusable(
  session: Session,
  credential: Credential,
  id: number | undefined,
  log: Log
): Promise<boolean> {
  if (id === undefined || !isAdmin(credential)) return false
  try {
    const { status } = await session.send(revokeToken(id, adminAuthorization(credential)))
    if (status >= 300) return false
    log.info(`Zendesk created token ${id}, but its reply held no usable token, so it was revoked at once.`)
    return true
  } catch {
    return false
  }
}

/** The error, with the note on a lost reply behind it where that has not been told yet. */
function withNote(error: unknown, lost: LostReply): unknown {
  let noted = error
  lost.tell((note) => {
    if (error instanceof ZendeskError) noted = new ZendeskError(`${error.message} ${note}`, error.kind)
  })
  return noted
}
