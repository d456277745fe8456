import http from 'node:http'
import https from 'node:https'
import { type Socket } from 'node:net'
import { getProxyUrl, HttpClient } from '@actions/http-client'
import { type Secret } from '../lib/secret.ts'
import { IncompleteBody, readBody } from './body.ts'
import { NetworkError, networkError, type NetworkErrorKind } from './network-error.ts'
import { proxyProblem } from './proxy.ts'

/** One request to Zendesk. */
export interface ZendeskRequest {
  /** What it is for, as the end of `Could not …`, such as `mint a token`. */
  purpose: string
  method: 'GET' | 'POST' | 'DELETE'
  /** Path and query, such as `/api/v2/oauth/tokens/current`. */
  path: string
  /** The whole `Authorization` header. */
  authorization?: Secret | undefined
  /** The JSON text of the body. */
  body?: Secret
}

/** One complete response of Zendesk, or of something in front of it. */
export interface ZendeskResponse {
  status: number
  /** The parsed body; `undefined` if it is not JSON. */
  json: unknown
  /** Whether the body is a web page. */
  html: boolean
  /** The `Retry-After` header, unread. */
  retryAfter: string | undefined
  /** The `Location` header of a redirect, which is never followed. */
  location: string | undefined
  /** The `Date` header: the server's clock, in milliseconds since 1970. */
  date: number | undefined
  /** The request id, for Zendesk's support. */
  requestId: string | undefined
}

/** How long one request may take. */
export interface Limits {
  /** Milliseconds until the request is given up. */
  timeout: number
  /** Aborted if the job is cancelled. */
  signal: AbortSignal
  /** Milliseconds that a request which was sent may still take after that. */
  grace: number
}

/**
 * A connection to one origin, kept open between requests (through a proxy, `tunnel` opens one for each). Proxies
 * and their exceptions are http-client's (`https_proxy`, `http_proxy`, `no_proxy`); redirects are never followed.
 */
export class Connection {
  #client: HttpClient | undefined

  /**
   * @param origin such as `https://acme.zendesk.com`
   * @param userAgent the `User-Agent` of every request
   */
  constructor(
    readonly origin: string,
    readonly userAgent: string
  ) {}

  /**
   * Sends one request and reads its response, whatever its status.
   *
   * @throws {NetworkError} if no complete response came in time; the connection is then closed
   */
  async exchange(request: ZendeskRequest, limits: Limits): Promise<ZendeskResponse> {
    const url = new URL(request.path, this.origin)
    const problem = proxyProblem(url, process.env)
    if (problem !== undefined) throw problem
    const module = url.protocol === 'https:' ? https : http
    this.#client ??= new HttpClient(undefined, [], { keepAlive: true, maxSockets: 1, allowRedirects: false })
    const client = this.#client

    const headers: http.OutgoingHttpHeaders = { accept: 'application/json', 'user-agent': this.userAgent }
    if (request.authorization !== undefined) headers.authorization = request.authorization.reveal()
    if (request.body !== undefined) headers['content-type'] = 'application/json'

    const outgoing = new Outgoing()
    const info = {
      parsedUrl: url,
      options: {
        method: request.method,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port) || (module === https ? 443 : 80),
        path: url.pathname + url.search,
        headers,
        agent: client.getAgent(url.href)
      },
      // `requestRaw` instead of `request`: only the raw request shows whether it was sent, and can be ended while
      // a proxy keeps it waiting.
      httpModule: {
        request: (options: http.RequestOptions, onResponse: (message: http.IncomingMessage) => void) =>
          outgoing.track(module.request(options, onResponse))
      } as unknown as typeof http
    }

    let giveUp!: (kind: NetworkErrorKind) => void
    const givenUp = new Promise<never>((_resolve, reject) => {
      giveUp = (kind) => {
        // Before the request is sent, it is the proxy that keeps it waiting.
        const isProxy = kind === 'timeout' && !outgoing.sent && getProxyUrl(url.href) !== ''
        reject(new NetworkError(isProxy ? 'proxy' : kind, outgoing.sent))
      }
    })
    const timers = [setTimeout(giveUp, limits.timeout, 'timeout')]
    const cancel = (): void => {
      timers.push(setTimeout(giveUp, outgoing.sent ? limits.grace : 0, 'cancelled'))
      // A request that still waits for its connection must not be sent any more.
      if (!outgoing.sent) outgoing.request?.destroy()
    }
    limits.signal.addEventListener('abort', cancel)

    try {
      return await Promise.race([read(client.requestRaw(info, request.body?.reveal() ?? null)), givenUp])
    } catch (error) {
      const { request: raw, sent } = outgoing
      raw?.destroy()
      this.close()
      if (error instanceof NetworkError) throw error
      if (limits.signal.aborted && !sent) throw new NetworkError('cancelled', false)
      if (error instanceof IncompleteBody) throw new NetworkError(error.kind, true)
      throw networkError(error as NodeJS.ErrnoException, sent, raw?.reusedSocket)
    } finally {
      limits.signal.removeEventListener('abort', cancel)
      timers.forEach(clearTimeout)
    }
  }

  /** Closes the connection; the next request opens another. */
  close(): void {
    this.#client?.dispose()
    this.#client = undefined
  }
}

/** A request on its way. */
class Outgoing {
  request: http.ClientRequest | undefined
  /** Whether it was sent, so that Zendesk may have carried it out. */
  sent = false

  track(request: http.ClientRequest): http.ClientRequest {
    this.request = request
    // Node writes the request to the socket as soon as this is connected, and secure.
    return request.on('socket', (socket: Socket & { secureConnecting?: boolean }) => {
      this.sent = !socket.connecting && socket.secureConnecting !== true
      if (this.sent) return
      socket.once(socket.secureConnecting === undefined ? 'connect' : 'secureConnect', () => {
        this.sent = true
      })
    })
  }
}

async function read(response: ReturnType<HttpClient['requestRaw']>): Promise<ZendeskResponse> {
  const { message } = await response
  const text = await readBody(message)
  const { headers, statusCode } = message
  const date = Date.parse(headers.date ?? '')
  return {
    status: Number(statusCode),
    json: parse(text),
    html: /^\s*</.test(text),
    retryAfter: headers['retry-after'],
    location: headers.location,
    date: Number.isNaN(date) ? undefined : date,
    requestId: headers['x-request-id']?.toString()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
