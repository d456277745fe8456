import { Secret } from '../lib/secret.ts'
import { bearer, clientBasic, type Grant } from './credential.ts'
import { type ZendeskRequest } from './http/request.ts'

/*
 * Every request that this action can send. The pages of Zendesk's documentation are below
 * https://developer.zendesk.com/api-reference/ticketing/, SECURITY.md lists the requests.
 */

export const TOKENS_PATH = '/api/v2/oauth/tokens'

/** What a grant asks for. */
export interface GrantTerms {
  /** The client's unique identifier. */
  clientId: string
  /** If empty, none is sent, and Zendesk grants what the client is configured for. */
  scopes: readonly string[]
  /** Seconds until the token expires, 300 to 172800. */
  expiresIn: number | undefined
}

/**
 * Exchanges a grant for an access token: RFC 6749 §4.1.3 (authorization code, with RFC 7636 for its verifier), §4.4.2
 * (client credentials) and §6 (refresh token), as JSON (oauth/grant_type_tokens/). The client secret is sent in the
 * body or in the header, never in both.
 */
export function grantRequest(
  grant: Grant,
  { clientId, scopes, expiresIn }: GrantTerms,
  operation: 'grantToken' | 'grantCleanupToken' = 'grantToken'
): ZendeskRequest {
  const { clientSecret, authMethod } = grant
  const basic = clientSecret !== undefined && authMethod === 'client_secret_basic'
  const body = {
    grant_type: grant.kind,
    ...(grant.kind === 'refresh_token' && { refresh_token: grant.refreshToken.reveal() }),
    ...(grant.kind === 'authorization_code' && {
      code: grant.code.reveal(),
      redirect_uri: grant.redirectUri,
      code_verifier: grant.codeVerifier?.reveal()
    }),
    client_id: clientId,
    client_secret: basic ? undefined : clientSecret?.reveal(),
    scope: scopes.length > 0 ? scopes.join(' ') : undefined,
    expires_in: expiresIn
  }
  return {
    operation,
    method: 'POST',
    path: '/oauth/tokens',
    authorization: basic ? new Secret(`Basic ${clientBasic(clientId, clientSecret.reveal())}`) : undefined,
    body: new Secret(JSON.stringify(body))
  }
}

/**
 * Creates a token for the client with the numeric id `clientId`, as an admin (oauth/oauth_tokens/#create-token,
 * deprecated on 2026-08-26).
 */
export function createTokenRequest(
  authorization: Secret,
  clientId: number,
  scopes: readonly string[]
): ZendeskRequest {
  const body = new Secret(JSON.stringify({ token: { client_id: clientId, scopes } }))
  return { operation: 'createToken', method: 'POST', path: TOKENS_PATH, authorization, body }
}

/**
 * Asks for the token that the request is made with: 200 while it is active, 401 once it is not
 * (oauth/oauth_tokens/#show-token).
 */
export function currentTokenRequest(
  token: Secret,
  operation: 'checkToken' | 'verifyToken' | 'identifyToken'
): ZendeskRequest {
  return { operation, method: 'GET', path: `${TOKENS_PATH}/current`, authorization: bearer(token) }
}

/** Revokes the token with this id, or the one that the request is made with (oauth/oauth_tokens/#revoke-token). */
export function deleteTokenRequest(id: number | 'current', authorization: Secret): ZendeskRequest {
  return { operation: 'deleteToken', method: 'DELETE', path: `${TOKENS_PATH}/${id}`, authorization }
}

/**
 * Lists the tokens of the client with the numeric id `clientId`, of all users only as an admin
 * (oauth/oauth_tokens/#list-tokens).
 */
export function listTokensRequest(clientId: number, authorization: Secret, allUsers = false): ZendeskRequest {
  const all = allUsers ? '&all=true' : ''
  const path = `${TOKENS_PATH}?client_id=${clientId}${all}`
  return { operation: 'listTokens', method: 'GET', path, authorization }
}

/** Lists the clients of the account, as an admin (oauth/oauth_clients/#list-clients). */
export function listClientsRequest(authorization: Secret): ZendeskRequest {
  return { operation: 'listClients', method: 'GET', path: '/api/v2/oauth/clients', authorization }
}

/** Asks for the user of the credential (users/users/#show-self). */
export function whoAmIRequest(authorization: Secret): ZendeskRequest {
  return { operation: 'whoAmI', method: 'GET', path: '/api/v2/users/me', authorization }
}
