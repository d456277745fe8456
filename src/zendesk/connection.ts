import http from 'node:http'
import https from 'node:https'
import { getProxyUrl, HttpClient } from '@actions/http-client'
import { type Secret } from '../lib/secret.ts'
import { IncompleteBody, readBody } from './body.ts'
import { Unanswered, unanswered, type Reason } from './network-error.ts'
import { unreadableProxy } from './proxy.ts'

/** One request to Zendesk. */
export interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  /** Path and query, such as `/api/v2/oauth/tokens/current`. */
  path: string
  /** The whole `Authorization` header. */
  authorization?: Secret | undefined
  /** The JSON text of the body. */
  body?: Secret
}

/** One complete reply of Zendesk, or of whatever answered in its place. */
export interface Reply {
  status: number
  /** The parsed body; `undefined` where it is not JSON. */
  json: unknown
  /** Whether the body is a web page. */
  html: boolean
  /** The `Retry-After` header, unread. */
  retryAfter: string | undefined
  /** The `Location` header of a redirect, which is never followed. */
  location: string | undefined
  /** The server's clock, in milliseconds since 1970, from the `Date` header. */
  date: number | undefined
  /** The request id, for Zendesk's support. */
  requestId: string | undefined
}

/** How long one exchange may take. */
export interface Limits {
  /** Milliseconds until the exchange is given up. */
  timeout: number
  /** Aborted where the job is cancelled. */
  stop: AbortSignal
  /** Milliseconds that the exchange may go on after that. */
  grace: number
}

/** What a socket tells of its state; the second is true during the handshake of TLS. */
interface Connecting {
  connecting: boolean
  secureConnecting: boolean
}

/**
 * A connection to one origin, kept open between requests (through a proxy `tunnel` opens one for each). Proxies
 * and their exceptions are http-client's (`https_proxy`, `http_proxy`, `no_proxy`), redirects are never followed.
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
   * Sends one request and reads its reply, whatever its status.
   *
   * @throws {Unanswered} where no complete reply came in time; the connection is then dropped
   */
  async exchange(call: Call, limits: Limits): Promise<Reply> {
    const url = new URL(call.path, this.origin)
    const variable = unreadableProxy(url, process.env)
    if (variable !== undefined) throw new Unanswered('proxy unreadable', false, variable)
    const module = url.protocol === 'https:' ? https : http
    this.#client ??= new HttpClient(undefined, [], { keepAlive: true, maxSockets: 1, allowRedirects: false })
    const client = this.#client

    const headers: http.OutgoingHttpHeaders = { accept: 'application/json', 'user-agent': this.userAgent }
    if (call.authorization !== undefined) headers.authorization = call.authorization.reveal()
    if (call.body !== undefined) headers['content-type'] = 'application/json'

    let request: http.ClientRequest | undefined
    let sent = false
    const info = {
      parsedUrl: url,
      options: {
        method: call.method,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port) || (module === https ? 443 : 80),
        path: url.pathname + url.search,
        headers,
        agent: client.getAgent(url.href)
      },
      // `requestRaw` and not `request`: only the raw request tells whether it was sent, and can be ended
      // while a proxy keeps it waiting.
      httpModule: {
        request: (options: http.RequestOptions, onReply: (message: http.IncomingMessage) => void) => {
          request = module.request(options, onReply)
          request.on('finish', () => {
            // One that still waits for its connection "finishes" as well when it is destroyed.
            const { connecting, secureConnecting } = Object(request?.socket) as Partial<Connecting>
            sent = connecting !== true && secureConnecting !== true
          })
          return request
        }
      } as unknown as typeof http
    }

    let giveUp!: (reason: Reason) => void
    const givenUp = new Promise<never>((_resolve, reject) => {
      giveUp = (reason) => {
        // Before the request is sent, a proxy is who keeps it waiting.
        const isProxy = reason === 'timeout' && !sent && getProxyUrl(url.href) !== ''
        reject(new Unanswered(isProxy ? 'proxy' : reason, sent))
      }
    })
    const timers = [
      setTimeout(() => {
        giveUp('timeout')
      }, limits.timeout)
    ]
    const cancel = (): void => {
      timers.push(
        setTimeout(() => {
          giveUp('cancelled')
        }, limits.grace)
      )
    }
    limits.stop.addEventListener('abort', cancel)

    try {
      return await Promise.race([this.#read(client.requestRaw(info, call.body?.reveal() ?? null)), givenUp])
    } catch (error) {
      request?.destroy()
      this.drop()
      if (error instanceof Unanswered) throw error
      if (error instanceof IncompleteBody) throw new Unanswered(error.reason, sent)
      throw unanswered(error as NodeJS.ErrnoException, sent)
    } finally {
      limits.stop.removeEventListener('abort', cancel)
      timers.forEach(clearTimeout)
    }
  }

  /** Closes the connection; the next request opens another. */
  drop(): void {
    this.#client?.dispose()
    this.#client = undefined
  }

  async #read(response: ReturnType<HttpClient['requestRaw']>): Promise<Reply> {
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
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
