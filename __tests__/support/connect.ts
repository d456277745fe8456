/*
 * Requests over real sockets, to the servers of `servers.ts`.
 */
import { afterEach, beforeEach, jest } from '@jest/globals'
import { Secret } from '../../src/lib/secret.ts'
import { Connection } from '../../src/zendesk/http/connection.ts'
import { type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import { type ZendeskResponse } from '../../src/zendesk/http/response.ts'
import { neverCancelled, rejectionOf, useFakeTimeouts } from './client.ts'
import { closeAll } from './servers.ts'

export const GET: ZendeskRequest = { operation: 'listClients', method: 'GET', path: '/api/v2/x' }
export const POST: ZendeskRequest = {
  operation: 'grantToken',
  method: 'POST',
  path: '/oauth/tokens',
  body: new Secret('{"a":"ü"}')
}

type Limits = Partial<Parameters<Connection['exchange']>[1]>

/** Milliseconds that a request has; they pass only in {@link passTimeout}. */
const TIMEOUT = 10_000

let connection: Connection | undefined

/** Without a proxy before each test of a file, and with everything closed after it. No timeout passes by itself. */
export function usesConnections(): void {
  useFakeTimeouts()
  beforeEach(() => void jest.replaceProperty(process, 'env', {}))
  afterEach(async () => {
    jest.restoreAllMocks()
    connection?.close()
    await closeAll()
  })
}

/** What sends requests over one connection to a port of this machine, or to an origin. */
export function connect(
  to: number | string
): (request?: ZendeskRequest, given?: Limits) => Promise<ZendeskResponse> {
  const opened = new Connection(typeof to === 'number' ? `http://127.0.0.1:${to}` : to)
  connection = opened
  return (request = GET, given = {}) =>
    opened.exchange(request, { timeout: TIMEOUT, signal: neverCancelled(), grace: 0, ...given })
}

/** The error of one request. */
export function errorOf(to: number | string, request = GET, given: Limits = {}): Promise<Error> {
  return rejectionOf(connect(to)(request, given))
}

/** Lets the time of the request under way pass. */
export function passTimeout(): void {
  jest.advanceTimersByTime(TIMEOUT)
}
