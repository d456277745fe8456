/*
 * Lines of the log that more than one test expects.
 */

const nameOf = (id?: number | string): string => (id === undefined ? 'the token (id unknown)' : `token ${id}`)

export const NOTHING_MINTED = 'No token was minted, so there is nothing to revoke.'
export const KEPT_FOR_REFRESH = 'The token is not revoked, because that would revoke its refresh token, too.'
export const NOT_REVOKED_LATER = 'It will not be revoked when the job ends.'

/** The last line of main. */
export function mintedLine(
  id: number | undefined,
  scopes: string,
  expires = 'expires in 1 hour',
  then = 'It will be revoked when the job ends.'
): string {
  const token = id === undefined ? 'a token (id unknown; ' : `token ${id} (`
  return `Minted ${token}scopes: ${scopes}; ${expires}). ${then}`
}

/** The last line of post. */
export function revokedLine(id?: number | string): string {
  return `Revoked ${nameOf(id)} and verified that Zendesk rejects it.`
}

/** The line of main about the default scopes. */
export function defaultScopes(granted = 'read write'): string {
  return `\`scopes\` is empty, and Zendesk granted: ${granted}. Set \`scopes\` to request fewer.`
}

/** The debug line of a response. */
export function responded(request: string, status: number): string {
  return `::debug::${request}: ${status} after N ms, request id ID`
}

/** The line before another attempt of a request. */
export function retryLine(what: string, attempt: number, seconds: string, hasRetryAfter = false): string {
  return `${what}; attempt ${attempt}${hasRetryAfter ? ', as the response asks,' : ' of 5'} in ${seconds} s`
}
