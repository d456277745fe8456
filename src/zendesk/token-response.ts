import { asObject } from '../lib/json.ts'
import { type Secret } from '../lib/secret.ts'
import { isoTime } from '../lib/time.ts'
import { type ZendeskClient } from './http/client.ts'
import { type ZendeskResponse } from './http/response.ts'
import { type ZendeskRequest } from './http/request.ts'
import { givesRefreshToken, isAdmin, type Credential } from './credential.ts'
import { type LostResponses } from './lost-responses.ts'
import { positiveInteger, scopesOf, tokenFacts, usableToken, type TokenFacts } from './token-facts.ts'

/** What the response to a mint reports. */
export interface TokenResponse {
  /** `undefined` if the response has no token that can be used. */
  token: Secret | undefined
  /** With the grants that use one. */
  refreshToken: Secret | undefined
  facts: TokenFacts
  /** Seconds until the token expires, if the response to a grant reports them. */
  expiresIn: number | undefined
  /** The `Date` header: Zendesk's clock at the mint, in milliseconds since 1970. */
  date: number | undefined
}

/**
 * Sends a mint, and masks the tokens in each response to it before anything is logged about it.
 *
 * @param options.lost counts the responses that were lost
 */
export async function sendMint(
  client: ZendeskClient,
  request: ZendeskRequest,
  { credential, lost, grace }: { credential: Credential; lost: LostResponses; grace: number }
): Promise<{ response: ZendeskResponse; reported: TokenResponse }> {
  const response = await client.send(request, {
    grace,
    observer: {
      response: (each) => {
        const { token, refreshToken } = readTokenResponse(each, credential)
        for (const secret of [token, refreshToken]) if (secret !== undefined) client.log.mask(secret.reveal())
      },
      lost: (sentAt) => lost.add(sentAt),
      retry: () => lost.retry()
    }
  })
  return { response, reported: readTokenResponse(response, credential) }
}

/** Reads the response to a mint with the given kind of credential; a value of the wrong type is as if not reported. */
export function readTokenResponse({ json, date }: ZendeskResponse, credential: Credential): TokenResponse {
  const response = asObject(json)
  if (isAdmin(credential)) {
    const { token } = response
    const value = usableToken(asObject(token)['full_token'])
    return { token: value, refreshToken: undefined, facts: tokenFacts(token), expiresIn: undefined, date }
  }
  return {
    token: usableToken(response['access_token']),
    // A refresh token that is not published is lost, so any visible text is accepted.
    refreshToken: givesRefreshToken(credential) ? usableToken(response['refresh_token'], 1) : undefined,
    facts: { ...tokenFacts({}), scopes: scopesOf(response['scope']) },
    expiresIn: usableLifetime(response['expires_in']),
    date
  }
}

/** Seconds that lead to a valid time. */
function usableLifetime(value: unknown): number | undefined {
  const seconds = positiveInteger(value)
  return seconds !== undefined && isoTime(seconds * 1000) !== '' ? seconds : undefined
}
