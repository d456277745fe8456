import { Secret } from '../lib/secret.ts'

/** How a confidential client's secret travels (RFC 6749 §2.3.1, names of RFC 8414). */
export const AUTH_METHODS = ['client_secret_post', 'client_secret_basic'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

/** What the workflow author trusts this action with: one of five. */
export type Credential =
  | { kind: 'api-token'; email: string; apiToken: Secret }
  | { kind: 'access-token'; accessToken: Secret }
  | { kind: 'client-secret'; clientSecret: Secret; authMethod: AuthMethod }
  | {
      kind: 'authorization-code'
      code: Secret
      redirectUri: string
      codeVerifier: Secret | undefined
      clientSecret: Secret | undefined
      authMethod: AuthMethod
    }
  | { kind: 'refresh-token'; refreshToken: Secret; clientSecret: Secret | undefined; authMethod: AuthMethod }

/** The inputs that choose a credential. */
export const CREDENTIAL_KINDS = [
  'api-token',
  'access-token',
  'client-secret',
  'authorization-code',
  'refresh-token'
] as const satisfies readonly Credential['kind'][]
export type CredentialKind = Credential['kind']

/** Credentials A and B, with which an admin creates a token for a client. */
export type AdminCredential = Extract<Credential, { kind: 'api-token' | 'access-token' }>

/** Credential C: the client credentials grant. */
export type ClientCredential = Extract<Credential, { kind: 'client-secret' }>

/** Credentials C, D and E, which are exchanged for a token at `/oauth/tokens`. */
export type Grant = Exclude<Credential, AdminCredential>

/** Whether a credential is one with which an admin creates a token, and not one that is exchanged for it. */
export function isAdmin(credential: Credential): credential is AdminCredential {
  return credential.kind === 'api-token' || credential.kind === 'access-token'
}

/** Whether a credential is exchanged for a pair: an access token, and the refresh token that lives and dies with it. */
export function comesInPairs({ kind }: Credential): boolean {
  return kind === 'authorization-code' || kind === 'refresh-token'
}

/** The `Authorization` header of a bearer token (RFC 6750 §2.1). */
export function bearer(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`)
}

/** The base64 half of the Basic header of an API token: `{email}/token:{api-token}`. */
export function apiTokenBasic(email: string, apiToken: string): string {
  return Buffer.from(`${email}/token:${apiToken}`).toString('base64')
}

/** The base64 half of the Basic header of a client, both halves form-encoded first (RFC 6749 §2.3.1). */
export function clientBasic(clientId: string, clientSecret: string): string {
  return Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64')
}

/** The `Authorization` header of an admin's credential. */
export function adminAuthorization(credential: AdminCredential): Secret {
  return credential.kind === 'access-token'
    ? bearer(credential.accessToken)
    : new Secret(`Basic ${apiTokenBasic(credential.email, credential.apiToken.reveal())}`)
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
