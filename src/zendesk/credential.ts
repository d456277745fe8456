import { Secret } from '../lib/secret.ts'

/** How a confidential client's secret is sent (RFC 6749 §2.3.1, names of RFC 8414). */
export const AUTH_METHODS = ['client_secret_post', 'client_secret_basic'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

/** What the action mints with. The `kind` of a grant is its `grant_type`. */
export type Credential = AdminCredential | Grant

/** A credential with which an admin creates a token for any client of the account. */
export type AdminCredential =
  { kind: 'api_token'; email: string; apiToken: Secret } | { kind: 'access_token'; accessToken: Secret }

/** The client credentials grant (RFC 6749 §4.4). */
export interface ClientCredentials {
  kind: 'client_credentials'
  clientSecret: Secret
  authMethod: AuthMethod
}

/** A grant, which is exchanged for a token at `/oauth/tokens`. */
export type Grant =
  | ClientCredentials
  | {
      kind: 'authorization_code'
      code: Secret
      redirectUri: string
      codeVerifier: Secret | undefined
      clientSecret: Secret | undefined
      authMethod: AuthMethod
    }
  | { kind: 'refresh_token'; refreshToken: Secret; clientSecret: Secret | undefined; authMethod: AuthMethod }

export const CREDENTIAL_KINDS = [
  'api_token',
  'access_token',
  'client_credentials',
  'authorization_code',
  'refresh_token'
] as const satisfies readonly Credential['kind'][]
export type CredentialKind = Credential['kind']

/** Whether an admin creates a token with this credential, instead of exchanging it for one. */
export function isAdmin(credential: Credential): credential is AdminCredential {
  return credential.kind === 'api_token' || credential.kind === 'access_token'
}

/** Whether the grant gives a refresh token as well: revoking the access token would revoke that, too. */
export function givesRefreshToken({ kind }: Credential): boolean {
  return kind === 'authorization_code' || kind === 'refresh_token'
}

/** The part of a credential that post needs again; empty for one that works once. */
export function reusableSecret(credential: Credential): string {
  if (isAdmin(credential)) return adminAuthorization(credential).reveal()
  return credential.kind === 'client_credentials' ? credential.clientSecret.reveal() : ''
}

/** Whether a `client-id` is the numeric id of a client, and not its identifier. */
export function isNumeric(clientId: string): boolean {
  return /^\d+$/.test(clientId)
}

/** The `Authorization` header of a bearer token (RFC 6750 §2.1). */
export function bearer(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`)
}

/** The base64 part of the Basic header of an API token: `{email}/token:{api-token}`. */
export function apiTokenBasic(email: string, apiToken: string): string {
  return Buffer.from(`${email}/token:${apiToken}`).toString('base64')
}

/** The base64 part of the Basic header of a client, both halves form-encoded first (RFC 6749 §2.3.1). */
export function clientBasic(clientId: string, clientSecret: string): string {
  return Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64')
}

/** The `Authorization` header of an admin's credential. */
export function adminAuthorization(credential: AdminCredential): Secret {
  return credential.kind === 'access_token'
    ? bearer(credential.accessToken)
    : new Secret(`Basic ${apiTokenBasic(credential.email, credential.apiToken.reveal())}`)
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
