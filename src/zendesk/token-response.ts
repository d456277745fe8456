import { object } from '../lib/json.ts'
import { Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { givesRefreshToken, isAdmin, type Credential } from './credential.ts'
import { positiveInteger, scopesOf, tokenFacts, usableToken, type TokenFacts } from './tokens.ts'

/** What the response to a mint reports. */
export interface TokenResponse {
  /** `undefined` if the response has no token that can be used. */
  token: Secret | undefined
  /** With the grants that use one. */
  refreshToken: Secret | undefined
  facts: TokenFacts
  /** Seconds until the token expires, if the response to a grant reports them. */
  expiresIn: number | undefined
}

/** Reads the response to a mint with the given kind of credential; a value of the wrong type is as if not reported. */
export function readTokenResponse(json: unknown, credential: Credential): TokenResponse {
  const response = object(json)
  if (isAdmin(credential)) {
    const token = object(response['token'])
    return {
      token: usableToken(token['full_token']),
      refreshToken: undefined,
      facts: tokenFacts(token),
      expiresIn: undefined
    }
  }
  return {
    token: usableToken(response['access_token']),
    refreshToken: givesRefreshToken(credential) ? usableRefreshToken(response['refresh_token']) : undefined,
    facts: { ...tokenFacts({}), scopes: scopesOf(response['scope']) },
    expiresIn: usableLifetime(response['expires_in'])
  }
}

/** The tokens in the response to a mint, to be masked before anything is logged about it. */
export function secretsIn(json: unknown, credential: Credential): Secret[] {
  const { token, refreshToken } = readTokenResponse(json, credential)
  return [token, refreshToken].filter((secret) => secret !== undefined)
}

/** A refresh token that is not published is lost, so any visible text is accepted. */
function usableRefreshToken(value: unknown): Secret | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value) ? new Secret(value) : undefined
}

/** Seconds that lead to a time which a calendar has. */
function usableLifetime(value: unknown): number | undefined {
  const seconds = positiveInteger(value)
  return seconds !== undefined && isoTime(seconds * 1000) !== '' ? seconds : undefined
}
