import { BudgetSpent, Cancelled } from '../lib/deadline.ts'
import { type Secret } from '../lib/secret.ts'
import { adminAuthorization, bearer, isAdmin, type Credential } from './credential.ts'
import { explain, reasonOf, ZendeskError, type About, type Circumstances } from '../messages.ts'
import { Unanswered } from './network-error.ts'
import { withHelper, type Helper } from './cleanup-token.ts'
import { pages } from './pages.ts'
import { type Session } from './client.ts'
import { currentToken, revokeToken, tokenFacts, tokensOf } from './tokens.ts'

/** The token that is to die. */
export interface Target {
  token: Secret
  id: number | undefined
  scopes: readonly string[]
  /** Zendesk's clock at the mint, in milliseconds since 1970. */
  serverTime: number
}

/** With what, besides the token itself. */
export interface Means {
  /** The credential that minted the token; `undefined` where it is used up, or not at hand. */
  credential: Credential | undefined
  about: About
  /** Called with a helper token the moment it arrives. */
  mask: (secret: string) => void
  /** Called with a sentence where a helper token could not be revoked. */
  onLeftOver: (sentence: string) => void
}

/** How a revocation ended. */
export type Outcome =
  | { end: 'dead' }
  /** Zendesk took the request, but it could not be seen that the token is dead. */
  | { end: 'unverified'; why: string }
  /** The token lives on; `scopeOnly` where nothing but missing scopes stood in the way. */
  | { end: 'alive'; why: string; scopeOnly: boolean }

interface Obstacle {
  why: string
  scope: boolean
}

type Attempt = Outcome | Obstacle

/** One of the ways to revoke the token. */
type Way = () => Promise<Attempt>

const HELPER_LIFETIME = 600
/** Milliseconds to wait before asking again whether a revoked token is dead. */
const PROOF_PAUSES = [1000, 3000]
/** Milliseconds between the mint and the creation of a token that can be the one that was minted. */
const SAME_MOMENT = 60_000

/**
 * Revokes a token and proves that it is dead, one way after the other: with the credential by id, with the token
 * itself by id and as the current one, and with a helper token. Zendesk has answered 204 to a `DELETE` of the current
 * token without revoking it, so only a 401 to the token itself counts as proof.
 */
export async function revokeAndProve(session: Session, target: Target, means: Means): Promise<Outcome> {
  const obstacles: Obstacle[] = []
  try {
    for (const way of waysTo(session, target, means)) {
      const attempt = await way()
      if ('end' in attempt) return attempt
      obstacles.push(attempt)
    }
  } catch (error) {
    if (!(error instanceof Cancelled || error instanceof BudgetSpent)) throw error
    // That the time is over tells less than what it was spent on.
    const before = error instanceof BudgetSpent ? obstacles.at(-1)?.why : undefined
    obstacles.push({ why: before ?? reasonOf(error), scope: false })
  }
  const why = obstacles.map((obstacle) => obstacle.why).at(-1)
  return { end: 'alive', why: String(why), scopeOnly: obstacles.every(({ scope }) => scope) }
}

function waysTo(session: Session, target: Target, means: Means): Way[] {
  const { credential, about } = means
  const { id } = target
  const own = bearer(target.token)
  const ways: Way[] = []
  if (id !== undefined) {
    if (credential !== undefined && isAdmin(credential)) {
      const admin = adminAuthorization(credential)
      ways.push(() => attempt(session, target, id, { authorization: admin, own: false }, about))
    }
    ways.push(() => attempt(session, target, id, { authorization: own, own: true }, about))
  }
  ways.push(() => attempt(session, target, 'current', { authorization: own, own: true }, about))
  if (credential?.kind === 'client-secret') {
    ways.push(async () => {
      const terms = { ...means, credential, lifetime: HELPER_LIFETIME }
      try {
        return await withHelper(session, terms, (helper) => attemptWithHelper(session, target, helper, about))
      } catch (error) {
        if (!(error instanceof ZendeskError)) throw error
        return { why: reasonOf(error), scope: error.kind === 'invalidScope' || error.kind === 'forbidden' }
      }
    })
  }
  return ways
}

async function attempt(
  session: Session,
  target: Target,
  id: number | 'current',
  by: { authorization: Secret; own: boolean },
  about: About
): Promise<Attempt> {
  const call = revokeToken(id, by.authorization)
  const credential = by.own ? 'access-token' : about.credential
  const circumstances = { ...about, credential, call, purpose: 'revoke the token' }
  try {
    const answer = await session.send(call)
    const { status } = answer
    if (by.own && status === 401) return { end: 'dead' }
    const taken = (status >= 200 && status < 300) || (status === 404 && id !== 'current')
    if (taken) return await prove(session, target.token, about)
    const why = reasonOf(explain(answer, circumstances))
    // Whoever is asked to wait longer than there is time does not go on asking in other ways.
    if (answer.unfitting !== undefined) return { end: 'alive', why, scopeOnly: false }
    return { why, scope: status === 403 }
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    return { why: reasonOf(explain(error, circumstances)), scope: false }
  }
}

async function attemptWithHelper(
  session: Session,
  target: Target,
  helper: Helper,
  about: About
): Promise<Attempt> {
  const id = target.id ?? (await find(session, target, helper, about))
  if (id === undefined)
    return { why: 'its id is not known, and no token in the list is certainly this one', scope: false }
  return attempt(session, target, id, { authorization: helper.authorization, own: false }, about)
}

/** Asks with the token until it is refused: 401 is the proof. */
async function prove(session: Session, token: Secret, about: About): Promise<Attempt> {
  const call = currentToken(token)
  const circumstances: Circumstances = {
    ...about,
    call,
    credential: 'access-token',
    purpose: 'verify that the token is dead'
  }
  let alive = false
  try {
    for (const pause of [...PROOF_PAUSES, undefined]) {
      const answer = await session.send(call)
      const { status } = answer
      if (status === 401) return { end: 'dead' }
      if (status !== 200 && status !== 403)
        return { end: 'unverified', why: reasonOf(explain(answer, circumstances)) }
      alive = true
      if (pause !== undefined) await session.pause(pause)
    }
  } catch (error) {
    if (!alive || error instanceof Unanswered)
      return { end: 'unverified', why: reasonOf(explain(error, circumstances)) }
  }
  return { why: 'Zendesk reported the token as revoked, but it still works', scope: false }
}

/**
 * The id of the token, from the list of its user's tokens: the only one of the same client, user, scopes and first
 * ten characters that was created within a minute of the mint. All JWTs begin alike, so none of them is looked for.
 */
async function find(
  session: Session,
  { token, scopes, serverTime }: Target,
  { authorization, facts }: Helper,
  about: About
): Promise<number | undefined> {
  const prefix = token.reveal().slice(0, 10)
  if (prefix.startsWith('eyJ') || facts.clientId === undefined || facts.userId === undefined) return undefined
  const wanted = [...scopes].sort().join(' ')
  const path = tokensOf(facts.clientId, false)
  const matches: (number | undefined)[] = []
  const circumstances = { ...about, purpose: 'find the token' }
  for await (const { items } of pages(session, path, 'tokens', authorization, circumstances)) {
    for (const item of items.map(tokenFacts)) {
      const isIt =
        item.prefix === prefix &&
        item.clientId === facts.clientId &&
        item.userId === facts.userId &&
        item.scopes !== undefined &&
        [...item.scopes].sort().join(' ') === wanted &&
        item.createdAt !== undefined &&
        Math.abs(item.createdAt - serverTime) <= SAME_MOMENT
      if (isIt) matches.push(item.id)
    }
  }
  return matches.length === 1 ? matches[0] : undefined
}
