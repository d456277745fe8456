/** What the browser brought back from the authorization page (RFC 6749 §4.1.2); empty is what it did not bring. */
export interface AuthorizationResponse {
  code: string
  /** The code as it stands in the input, where it may be percent-encoded. */
  rawCode: string
  /** Why there is no code, such as `access_denied`. */
  error: string
}

/**
 * Reads the `authorization-code` input: the code itself, the address that the browser was sent to, or its query, as
 * `code=X&state=Y` or `X&state=Y`.
 */
export function authorizationResponse(value: string): AuthorizationResponse {
  const isAddress = /^(?:[a-z][\w+.-]*:\/\/|\?)/i.test(value)
  // Elsewhere a `?` behind a `=` or `&` is part of a parameter.
  const query = value.replace(isAddress ? /^[^?]*\?/ : /^[^=&]*\?/, '')
  const parameter = (name: string): string => new RegExp(`(?:^|&)${name}=([^&#]*)`).exec(query)?.[1] ?? ''
  const error = percentDecoded(parameter('error'))
  if (error !== '') return { code: '', rawCode: '', error }

  const [, first = value] = /^([^=&]+=*)&[\w.-]+=/.exec(value) ?? []
  const rawCode = parameter('code') || (isAddress ? '' : first)
  return { code: rawCode === value ? value : percentDecoded(rawCode), rawCode, error }
}

/** Text without percent-encoding. What is not ASCII comes out wrong, which no code is. */
export function percentDecoded(text: string): string {
  return text.replace(/%[\da-f]{2}/gi, (encoded) => String.fromCharCode(parseInt(encoded.slice(1), 16)))
}
