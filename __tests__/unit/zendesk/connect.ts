import { afterEach, beforeEach } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  Connection,
  type Limits,
  type ZendeskRequest,
  type ZendeskResponse
} from '../../../src/zendesk/connection.ts'
import { NetworkError } from '../../../src/zendesk/network-error.ts'
import { neverCancelled, rejectionOf } from '../clock.ts'
import { closeAll } from './servers.ts'

/*
 * Requests over real sockets, to the servers of `servers.ts`.
 */

export const GET: ZendeskRequest = { purpose: 'read x', method: 'GET', path: '/api/v2/x' }
export const POST: ZendeskRequest = {
  purpose: 'mint a token',
  method: 'POST',
  path: '/oauth/tokens',
  body: new Secret('{"a":"ü"}')
}

const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']

let connection: Connection | undefined

/** Without a proxy before each test of a file, and with everything closed after it. */
export function usesConnections(): void {
  const clear = (): void => {
    for (const name of PROXY_VARIABLES) Reflect.deleteProperty(process.env, name)
  }
  beforeEach(clear)
  afterEach(async () => {
    clear()
    connection?.close()
    connection = undefined
    await closeAll()
  })
}

/** Lets all requests to other machines go through the proxy at this port. */
export function useProxy({ port }: { port: number }): void {
  process.env['http_proxy'] = process.env['https_proxy'] = `http://127.0.0.1:${port}`
}

/** A connection to a port of this machine, or to an origin. */
export function connect(to: number | string): Connection {
  connection = new Connection(typeof to === 'number' ? `http://127.0.0.1:${to}` : to, 'tests/1')
  return connection
}

export function limits(given: Partial<Limits> = {}): Limits {
  return { timeout: 5000, signal: neverCancelled(), grace: 0, ...given }
}

export function responseOf(
  to: number | string,
  request = GET,
  given: Partial<Limits> = {}
): Promise<ZendeskResponse> {
  return connect(to).exchange(request, limits(given))
}

export async function errorOf(
  to: number | string,
  request = GET,
  given: Partial<Limits> = {}
): Promise<NetworkError> {
  const error = await rejectionOf(responseOf(to, request, given))
  if (!(error instanceof NetworkError)) throw error
  return error
}
