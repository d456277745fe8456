import { Secret } from '../lib/secret.ts'
import { clientBasic, type Grant } from './credential.ts'
import { type ZendeskRequest } from './http/connection.ts'

/** What a grant asks for. */
export interface GrantRequest {
  /** The client's unique identifier. */
  clientId: string
  /** If empty, none is sent, and Zendesk grants what the client is configured for. */
  scopes: readonly string[]
  /** Seconds until the token expires, 300 to 172800. */
  expiresIn: number | undefined
}

/**
 * The request that exchanges a grant for an access token: RFC 6749 §4.1.3 (authorization code, with RFC 7636 for its
 * verifier), §4.4.2 (client credentials) and §6 (refresh token), as JSON, at `/oauth/tokens` and not below `/api/v2`
 * (https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/). The client secret is sent in the
 * body or in the header, never in both.
 */
export function exchangeGrant(
  grant: Grant,
  { clientId, scopes, expiresIn }: GrantRequest,
  purpose = 'mint a token'
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
    purpose,
    method: 'POST',
    path: '/oauth/tokens',
    authorization: basic ? new Secret(`Basic ${clientBasic(clientId, clientSecret.reveal())}`) : undefined,
    body: new Secret(JSON.stringify(body))
  }
}
