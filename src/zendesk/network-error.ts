/** Why a request got no complete reply. */
export type Reason =
  | 'dns'
  | 'certificate'
  | 'tls'
  | 'connection'
  | 'proxy'
  | 'proxy refused'
  | 'proxy unreadable'
  | 'broken off'
  | 'too large'
  | 'timeout'
  | 'cancelled'
  /** Node refuses to make such a request: no fault of the network. */
  | 'unsendable'

/** A request that got no complete reply. */
export class Unanswered extends Error {
  /**
   * @param sent whether the whole request had been handed to the network, so that it may have been carried out
   * @param code what the system called it, such as `ECONNREFUSED`
   */
  constructor(
    readonly reason: Reason,
    readonly sent: boolean,
    readonly code = ''
  ) {
    super(`${reason} ${code}`.trim())
  }
}

const TUNNEL = 'tunneling socket could not be established, '
const CERTIFICATE = /CERT|CRL|^UNABLE_TO_|^INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH|certificate/

/**
 * Tells from an error of Node, or of the `tunnel` package below http-client, what went wrong. `tunnel` reports
 * everything that happens at a proxy as `ECONNRESET`, so its message has to be read.
 */
export function unanswered(error: NodeJS.ErrnoException, sent: boolean): Unanswered {
  const { code = '', message } = error
  if (message.startsWith(TUNNEL)) {
    const status = /statusCode=(\d+)/.exec(message)?.[1]
    if (status !== undefined) return new Unanswered('proxy refused', false, status)
    if (CERTIFICATE.test(message)) return new Unanswered('certificate', false, 'of the proxy')
    return new Unanswered('proxy', false, /\bE[A-Z_]{4,}\b/.exec(message)?.[0])
  }
  if (message === 'got illegal response body from proxy')
    return new Unanswered('proxy', false, 'illegal reply')
  if (code.startsWith('ERR_INVALID')) return new Unanswered('unsendable', false, code)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new Unanswered('dns', false, code)
  if (CERTIFICATE.test(code)) return new Unanswered('certificate', false, code)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return new Unanswered('tls', sent, code)
  return new Unanswered(sent ? 'broken off' : 'connection', sent, code)
}
