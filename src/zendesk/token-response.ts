import { Secret } from '../lib/secret.ts'
import { isAdmin, type Credential } from './credential.ts'
import { scopesOf, tokenFacts, usableId, usableToken, type TokenFacts } from './tokens.ts'
import { object } from './error-response.ts'

/** What the reply to a mint tells. */
export interface MintReply {
  /** `undefined` where the reply holds no token that can be used. */
  token: Secret | undefined
  refreshToken: Secret | undefined
  facts: Pick<TokenFacts, 'id' | 'clientId' | 'userId' | 'scopes' | 'expiresAt' | 'createdAt'>
  /** Seconds that the token lives, where a grant's reply tells; a token created by an admin tells `expiresAt`. */
  expiresIn: number | undefined
}

/** Reads the reply to a mint with the given kind of credential; wrong types are as if not told. */
export function readMintReply(json: unknown, credential: Credential): MintReply {
  const reply = object(json)
  if (isAdmin(credential)) {
    const token = object(reply['token'])
    return {
      token: usableToken(token['full_token']),
      refreshToken: usableRefreshToken(token['refresh_token']),
      facts: tokenFacts(token),
      expiresIn: undefined
    }
  }
  return {
    token: usableToken(reply['access_token']),
    refreshToken: usableRefreshToken(reply['refresh_token']),
    facts: {
      id: undefined,
      clientId: undefined,
      userId: undefined,
      scopes: scopesOf(reply['scope']),
      expiresAt: undefined,
      createdAt: undefined
    },
    // Seconds are numbers like ids: positive, whole, and small enough to reckon with.
    expiresIn: usableId(reply['expires_in'])
  }
}

/** The tokens in a reply to a mint, which are to be masked before anything is said of it. */
export function secretsIn(json: unknown, credential: Credential): Secret[] {
  const { token, refreshToken } = readMintReply(json, credential)
  return [token, refreshToken].filter((secret) => secret !== undefined)
}

/** Any visible text: a refresh token that is not handed over is lost, so nothing more is asked of its form. */
function usableRefreshToken(value: unknown): Secret | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value) ? new Secret(value) : undefined
}
