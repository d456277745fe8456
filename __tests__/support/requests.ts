/*
 * The requests that a mock received, and the tokens that the action minted there.
 */
import { type RecordedRequest, type Token, type Zendesk } from '../../mock/zendesk.ts'
import { GRANT } from './zendesk.ts'

/** The tokens that the action minted, oldest first: the token of the step, then cleanup tokens. */
export function mintedTokens({ tokens }: Zendesk): Token[] {
  return [...tokens.values()].filter(({ origin }) => origin !== 'standing' && origin !== 'seeded')
}

/** The token that the step minted. */
export function theToken(zendesk: Zendesk): Token {
  return mintedTokens(zendesk)[0]!
}

/** Revokes the token of the step, as a later step of the job might. */
export function revokeElsewhere(zendesk: Zendesk): Token {
  return Object.assign(theToken(zendesk), { revoked: true })
}

/** The requests to the letter, one line each: method and target, the Authorization header, and the body. */
export function requestLog(requests: readonly RecordedRequest[]): string[] {
  return requests.map(({ method, target, headers, body }) =>
    [`${method} ${target}`, headers.authorization, body].filter(Boolean).join(' | ')
  )
}

/** Requests of post with the token itself, as `requestLines` writes them. */
export const LINES = {
  byId: 'DELETE token by token',
  byCurrent: 'DELETE current by token',
  verify: 'GET current by token'
}

/** Each request as `DELETE token by cleanup`: the method, what it is about, and who sent it. */
export function requestLines(zendesk: Zendesk, requests: readonly RecordedRequest[]): string[] {
  const minted = mintedTokens(zendesk)
  const nameOf = (token: Token | undefined): string => {
    const index = token ? minted.indexOf(token) : -1
    return index > 0 ? 'cleanup' : index === 0 ? 'token' : 'other'
  }
  return requests.map(({ method, path, headers: { authorization = '' } }) => {
    if (path === GRANT) return `${method} grant`
    const [, id] = /^\/api\/v2\/oauth\/tokens\/(\d+)$/.exec(path) ?? []
    const subject =
      id === undefined
        ? path.replace(/^\/api\/v2\/oauth\/tokens$/, '/tokens').replace(/^.*\//, '')
        : nameOf(zendesk.tokens.get(Number(id)))
    const bearer = authorization.replace(/^Bearer /, '')
    const sender = nameOf(minted.find(({ value }) => value === bearer))
    return `${method} ${subject} by ${sender === 'other' ? 'credential' : sender}`
  })
}
