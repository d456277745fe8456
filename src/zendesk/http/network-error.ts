/** Why a request got no complete response. */
export const NETWORK_CAUSES = {
  dns: 'The host name was not found (DNS)',
  certificate: 'The certificate of the server is not trusted (TLS)',
  tls: 'The secure connection failed (TLS)',
  connection: 'The server could not be reached',
  proxy: 'The proxy could not be reached',
  proxyRefused: 'The proxy refused the connection',
  proxyUnreadable: 'The proxy URL cannot be read',
  proxyIsHttps: 'The proxy URL begins with https://',
  brokenOff: 'The connection broke before the response was complete',
  tooLarge: 'The response is larger than 1 MiB',
  timeout: 'There was no response in time',
  cancelled: 'The job was cancelled',
  // Node refuses to make such a request: the network is not at fault.
  unsendable: 'The request could not be sent'
}

export type NetworkErrorKind = keyof typeof NETWORK_CAUSES

/** A request that got no complete response. */
export class NetworkError extends Error {
  /**
   * @param sent whether the request was on its way, so that Zendesk may have carried it out
   * @param code what the system or the proxy called it, such as `ECONNREFUSED` or `407`
   * @param staleConnection whether a connection that was kept open turned out to be closed
   */
  constructor(
    readonly kind: NetworkErrorKind,
    readonly sent: boolean,
    readonly code = '',
    readonly staleConnection = false
  ) {
    super(`${NETWORK_CAUSES[kind]}${code && `: ${code}`}`)
  }
}

const TUNNEL = 'tunneling socket could not be established, '
const CERTIFICATE = /CERT|CRL|^UNABLE_TO_|^INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH|certificate/

/**
 * Classifies an error of Node, or of the `tunnel` package below http-client. `tunnel` reports everything that
 * happens at a proxy as `ECONNRESET`, so its message has to be read.
 *
 * @param reused whether the request was sent over a connection that was kept open
 */
export function networkError(error: NodeJS.ErrnoException, sent: boolean, reused = false): NetworkError {
  const { code = '', message } = error
  if (message.startsWith(TUNNEL)) {
    const status = /statusCode=(\d+)/.exec(message)?.[1]
    if (status !== undefined) return new NetworkError('proxyRefused', false, status)
    if (CERTIFICATE.test(message)) return new NetworkError('certificate', false, 'of the proxy')
    return new NetworkError('proxy', false, /\bE[A-Z_]{4,}\b/.exec(message)?.[0])
  }
  if (message === 'got illegal response body from proxy')
    return new NetworkError('proxy', false, 'invalid response')
  if (code.startsWith('ERR_INVALID')) return new NetworkError('unsendable', false, code)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new NetworkError('dns', false, code)
  if (CERTIFICATE.test(code)) return new NetworkError('certificate', false, code)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return new NetworkError('tls', sent, code)
  return new NetworkError(sent ? 'brokenOff' : 'connection', sent, code, reused)
}
