import { type Secret } from '../../lib/secret.ts'

/** What a request is for. Code compares this, never a path or a sentence. */
export type Operation =
  | 'grantToken'
  | 'grantCleanupToken'
  | 'createToken'
  | 'checkToken'
  | 'verifyToken'
  | 'identifyToken'
  | 'deleteToken'
  | 'listTokens'
  | 'listClients'
  | 'whoAmI'

/** One request to Zendesk. */
export interface ZendeskRequest {
  operation: Operation
  method: 'GET' | 'POST' | 'DELETE'
  /** Path and query, such as `/api/v2/oauth/tokens/current`. */
  path: string
  /** The whole `Authorization` header. */
  authorization?: Secret | undefined
  /** The JSON text of the body. */
  body?: Secret
}

/** Whether a request is an OAuth grant: it goes to `/oauth/tokens`, and no token authorizes it. */
export function isGrant({ operation }: ZendeskRequest): boolean {
  return operation === 'grantToken' || operation === 'grantCleanupToken'
}

/** The path of a request without its query, which may hold a cursor that is not ours to print. */
export function pathOf({ path }: ZendeskRequest): string {
  return path.replace(/\?.*/s, '')
}
