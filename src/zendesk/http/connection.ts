import http from 'node:http'
import https from 'node:https'
import { HttpClient } from '@actions/http-client'
import { USER_AGENT } from '../../lib/version.ts'
import { lookup } from './lookup.ts'
import { NetworkError, networkError, type NetworkErrorKind } from './network-error.ts'
import { Progress } from './progress.ts'
import { adaptToProxy, proxyFor } from './proxy.ts'
import { readResponse } from './read-response.ts'
import { type ZendeskRequest } from './request.ts'
import { type ZendeskResponse } from './response.ts'

/** Bytes: four times what Node accepts by default. */
const HEADER_LIMIT = 64 * 1024

/** How long a request may take. */
interface Limits {
  /** Milliseconds until it is given up. */
  timeout: number
  /** Aborted if the job is cancelled. */
  signal: AbortSignal
  /** Milliseconds that a request which was sent may still take after that. */
  grace: number
}

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
   * @throws {NetworkError} if no complete response came in time; the connection is then closed
   */
  async exchange(request: ZendeskRequest, { timeout, signal, grace }: Limits): Promise<ZendeskResponse> {
    const url = new URL(request.path, this.origin)
    const proxy = proxyFor(url, process.env)
    const options = { method: request.method, headers: headersOf(request) }
    const progress = new Progress(url, proxy)

    let raw: http.ClientRequest | undefined
    let giveUp!: (kind: NetworkErrorKind) => void
    const givenUp = new Promise<never>((_resolve, reject) => {
      giveUp = (kind) => reject(new NetworkError(kind, progress.isSent, '', { proxy }))
    })
    const timers = [setTimeout(() => giveUp(progress.timeoutKind), timeout)]
    const cancel = (): void => {
      timers.push(setTimeout(giveUp, progress.isSent ? grace : 0, 'cancelled'))
      // A request that still waits for its connection must not be sent any more.
      if (!progress.isSent) raw?.destroy()
    }
    signal.addEventListener('abort', cancel)

    try {
      raw = this.#start(url, options, proxy !== undefined)
      progress.follow(raw)
      const response = readResponse(raw)
      raw.end(request.body?.reveal())
      return await Promise.race([response, givenUp])
    } catch (error) {
      raw?.destroy()
      this.close()
      if (error instanceof NetworkError) throw error
      if (signal.aborted && !progress.isSent) throw new NetworkError('cancelled', false)
      const staleConnection = raw?.reusedSocket === true && progress.phase === 'response'
      throw networkError(error as NodeJS.ErrnoException, progress.isSent, { staleConnection, proxy })
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

  #start(url: URL, options: https.RequestOptions, isProxied: boolean): http.ClientRequest {
    this.#client ??= new HttpClient(undefined, [], { keepAlive: true, maxSockets: 1 })
    const agent = this.#client.getAgent(url.href)
    if (isProxied) adaptToProxy(agent)
    const { request } = url.protocol === 'https:' ? https : http
    // Whatever the environment says, a credential is never sent over TLS that is not verified.
    return request(url, { ...options, agent, lookup, maxHeaderSize: HEADER_LIMIT, rejectUnauthorized: true })
  }
}

function headersOf({ authorization, body }: ZendeskRequest): http.OutgoingHttpHeaders {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    ...(authorization && { authorization: authorization.reveal() }),
    ...(body && { 'content-type': 'application/json' })
  }
}
