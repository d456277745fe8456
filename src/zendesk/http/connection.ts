import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { type Socket } from 'node:net'
import { getProxyUrl, HttpClient } from '@actions/http-client'
import { USER_AGENT } from '../../lib/version.ts'
import { NetworkError, networkError, type NetworkErrorKind } from './network-error.ts'
import { checkProxy } from './proxy.ts'
import { type ZendeskRequest } from './request.ts'
import { type ZendeskResponse } from './response.ts'

/** 1 MiB: far above any response of Zendesk's token endpoints. */
const BODY_LIMIT = 1024 * 1024

/**
 * A connection to one origin, kept open between requests (through a proxy, `tunnel` opens one for each). Only the
 * agent is http-client's, with its proxies and their exceptions: its requests do not show whether they were sent, and
 * cannot be ended while a proxy keeps them waiting.
 */
export class Connection {
  #client: HttpClient | undefined

  /** @param origin such as `https://acme.zendesk.com` */
  constructor(readonly origin: string) {}

  /**
   * Sends one request and reads its response, whatever its status. No redirect is followed.
   *
   * @param limits.timeout milliseconds until the request is given up
   * @param limits.signal aborted if the job is cancelled
   * @param limits.grace milliseconds that a request which was sent may still take after that
   * @throws {NetworkError} if no complete response came in time; the connection is then closed
   */
  async exchange(
    request: ZendeskRequest,
    { timeout, signal, grace }: { timeout: number; signal: AbortSignal; grace: number }
  ): Promise<ZendeskResponse> {
    const url = new URL(request.path, this.origin)
    checkProxy(url, process.env)
    this.#client ??= new HttpClient(undefined, [], { keepAlive: true, maxSockets: 1 })
    const agent = this.#client.getAgent(url.href)
    const headers: http.OutgoingHttpHeaders = { accept: 'application/json', 'user-agent': USER_AGENT }
    if (request.authorization !== undefined) headers.authorization = request.authorization.reveal()
    if (request.body !== undefined) headers['content-type'] = 'application/json'

    let raw: http.ClientRequest | undefined
    const progress = { sent: false }
    let giveUp!: (kind: NetworkErrorKind) => void
    const givenUp = new Promise<never>((_resolve, reject) => {
      giveUp = (kind) => {
        // Before the request is sent, it is the proxy that keeps it waiting.
        const isProxy = kind === 'timeout' && !progress.sent && getProxyUrl(url.href) !== ''
        reject(new NetworkError(isProxy ? 'proxy' : kind, progress.sent))
      }
    })
    const timers = [setTimeout(giveUp, timeout, 'timeout')]
    const cancel = (): void => {
      timers.push(setTimeout(giveUp, progress.sent ? grace : 0, 'cancelled'))
      // A request that still waits for its connection must not be sent any more.
      if (!progress.sent) raw?.destroy()
    }
    signal.addEventListener('abort', cancel)

    try {
      const { request: start } = url.protocol === 'https:' ? https : http
      raw = start(url, { method: request.method, headers, agent })
      onceSent(raw, () => (progress.sent = true))
      raw.end(request.body?.reveal())
      return await Promise.race([read(raw), givenUp])
    } catch (error) {
      raw?.destroy()
      this.close()
      if (error instanceof NetworkError) throw error
      if (signal.aborted && !progress.sent) throw new NetworkError('cancelled', false)
      throw networkError(error as NodeJS.ErrnoException, progress.sent, raw?.reusedSocket)
    } finally {
      signal.removeEventListener('abort', cancel)
      timers.forEach(clearTimeout)
    }
  }

  /** Closes the connection; the next request opens another. */
  close(): void {
    this.#client?.dispose()
    this.#client = undefined
  }
}

/** Calls `listener` when Node writes the request to the socket: as soon as this is connected, and secure. */
function onceSent(request: http.ClientRequest, listener: () => void): void {
  request.on('socket', (socket: Socket & { secureConnecting?: boolean }) => {
    if (!socket.connecting && socket.secureConnecting !== true) listener()
    else socket.once(socket.secureConnecting === undefined ? 'connect' : 'secureConnect', listener)
  })
}

async function read(request: http.ClientRequest): Promise<ZendeskResponse> {
  // Node can report an error of the connection after the response has begun, too.
  request.on('error', () => undefined)
  const [message] = (await once(request, 'response')) as [http.IncomingMessage]
  const text = await readBody(message)
  const { headers, statusCode } = message
  const date = Date.parse(headers.date ?? '')
  return {
    status: Number(statusCode),
    json: parse(text),
    html: /^\s*</.test(text),
    retryAfter: headers['retry-after'],
    rateLimitReset: (headers['ratelimit-reset'] ?? headers['rate-limit-reset'])?.toString(),
    location: headers.location,
    date: Number.isNaN(date) ? undefined : date,
    requestId: headers['x-request-id']?.toString()
  }
}

/** Unlike http-client's `readBody()`, this settles if the peer drops the connection half-way. */
async function readBody(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > BODY_LIMIT) throw new NetworkError('tooLarge', true)
    }
  } catch (error) {
    throw error instanceof NetworkError ? error : new NetworkError('brokenOff', true)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
