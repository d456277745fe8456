import { type ProxySetting } from './proxy.ts'

/** Why a request got no complete response. */
export const NETWORK_CAUSES = {
  dns: 'The host name was not found (DNS)',
  certificate: 'The certificate of the server is not trusted (TLS)',
  clientCertificate: 'The server demands a client certificate (TLS)',
  tls: 'The secure connection failed (TLS)',
  connection: 'The server could not be reached',
  proxy: 'The proxy could not be reached',
  proxyBroken: 'The proxy gave no usable response to CONNECT',
  proxyUnreachable: 'The proxy could not reach the server',
  proxyRefused: 'The proxy refused the connection',
  proxyUnreadable: 'The proxy URL cannot be read',
  proxyIsHttps: 'The proxy URL begins with https://',
  brokenOff: 'The connection broke before the response was complete',
  unusableResponse: 'The response cannot be used',
  tooLarge: 'The response is larger than 1 MiB',
  proxyTimeout: 'The proxy did not respond in time',
  lookupTimeout: 'Looking up the host name took too long (DNS)',
  connectTimeout: 'Connecting to the server took too long',
  tlsTimeout: 'Setting up the secure connection took too long (TLS)',
  timeout: 'There was no response in time',
  cancelled: 'The job was cancelled',
  // Node refuses to make such a request: the network is not at fault.
  unsendable: 'The request could not be sent'
}

export type NetworkErrorKind = keyof typeof NETWORK_CAUSES

/** What is known of a network error beside its kind. */
export interface NetworkErrorDetails {
  /** Whether a connection that was kept open turned out to be closed. */
  staleConnection?: boolean
  /** The proxy between the runner and the server, if there is one. */
  proxy?: ProxySetting | undefined
}

/** A request that got no complete response. */
export class NetworkError extends Error {
  readonly staleConnection: boolean
  readonly proxy: ProxySetting | undefined

  /**
   * @param sent whether the request was on its way, so that Zendesk may have carried it out
   * @param code what the system or the proxy called it, such as `ECONNREFUSED` or `407`
   */
  constructor(
    readonly kind: NetworkErrorKind,
    readonly sent: boolean,
    readonly code = '',
    { staleConnection = false, proxy }: NetworkErrorDetails = {}
  ) {
    super(`${NETWORK_CAUSES[kind]}${code && `: ${code}`}`)
    this.staleConnection = staleConnection
    this.proxy = proxy
  }
}

const TUNNEL = 'tunneling socket could not be established, '
// Node calls what it has no name for, such as a key that is too weak, UNSPECIFIED.
const CERTIFICATE = /CERT|CRL|^UNABLE_TO_|^INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH|^UNSPECIFIED$/

/**
 * Classifies an error of Node, or of the `tunnel` package below http-client. `tunnel` reports everything that
 * happens at a proxy as `ECONNRESET`, so its message has to be read.
 *
 * @param sent whether the request was written to its connection
 */
export function networkError(
  error: NodeJS.ErrnoException,
  sent: boolean,
  details: NetworkErrorDetails = {}
): NetworkError {
  const { code = '', message } = error
  const unsent = (kind: NetworkErrorKind, named = code): NetworkError =>
    new NetworkError(kind, false, named, { proxy: details.proxy })
  if (message.startsWith(TUNNEL)) {
    const status = /statusCode=(\d+)/.exec(message)?.[1]
    if (status === undefined) {
      const [named = ''] = /\bE[A-Z_]{4,}\b/.exec(message) ?? []
      return unsent(['', 'ECONNRESET', 'EPIPE'].includes(named) ? 'proxyBroken' : 'proxy', named)
    }
    // What squid, tinyproxy, privoxy and mitmproxy say if they cannot reach the host now.
    return unsent(/^(?:5..|429)$/.test(status) ? 'proxyUnreachable' : 'proxyRefused', status)
  }
  if (message === 'got illegal response body from proxy') return unsent('proxyBroken', '')
  if (code.startsWith('ERR_INVALID')) return unsent('unsendable')
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return unsent('dns')
  // In TLS 1.3 the server says so after the request was written, and before it reads any of it.
  if (/_ALERT_.*CERT/.test(code)) return unsent('clientCertificate')
  if (CERTIFICATE.test(code)) return unsent('certificate')
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return new NetworkError('tls', sent, code, details)
  // Node's parser refuses the response, and would refuse it again.
  if (code.startsWith('HPE_')) return new NetworkError('unusableResponse', true, code)
  return new NetworkError(sent ? 'brokenOff' : 'connection', sent, code, details)
}
