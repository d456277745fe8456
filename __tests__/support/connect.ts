import http from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, jest } from '@jest/globals'
import { Secret } from '../../src/lib/secret.ts'
import { Connection } from '../../src/zendesk/http/connection.ts'
import { type ZendeskResponse } from '../../src/zendesk/http/response.ts'
import { NetworkError } from '../../src/zendesk/http/network-error.ts'
import { type ZendeskRequest } from '../../src/zendesk/http/request.ts'
import { neverCancelled, rejectionOf, useFakeTimeouts } from './client.ts'
import { closeAll } from './servers.ts'

/*
 * Requests over real sockets, to the servers of `servers.ts`.
 */

export const GET: ZendeskRequest = { operation: 'listClients', method: 'GET', path: '/api/v2/x' }
export const POST: ZendeskRequest = {
  operation: 'grantToken',
  method: 'POST',
  path: '/oauth/tokens',
  body: new Secret('{"a":"ü"}')
}

type Limits = Parameters<Connection['exchange']>[1]

/** Milliseconds that a request has; they pass only in {@link passTimeout}. */
export const TIMEOUT = 10_000

const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']

let connection: Connection | undefined

/** Without a proxy before each test of a file, and with everything closed after it. No timeout passes by itself. */
export function usesConnections(): void {
  useFakeTimeouts()
  const clear = (): void => {
    for (const name of PROXY_VARIABLES) Reflect.deleteProperty(process.env, name)
  }
  beforeEach(clear)
  afterEach(async () => {
    jest.restoreAllMocks()
    clear()
    connection?.close()
    connection = undefined
    await closeAll()
  })
}

/** Lets all requests to other machines go through the proxy at this port. */
export function useProxy({ host, port }: { host: string; port: number }): void {
  process.env['http_proxy'] = process.env['https_proxy'] = `http://${host}:${port}`
}

/** A connection to a port of this machine, or to an origin. */
export function connect(to: number | string): Connection {
  connection = new Connection(typeof to === 'number' ? `http://127.0.0.1:${to}` : to)
  return connection
}

export function limits(given: Partial<Limits> = {}): Limits {
  return { timeout: TIMEOUT, signal: neverCancelled(), grace: 0, ...given }
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

/** Lets the time of the request under way pass. */
export function passTimeout(): void {
  jest.advanceTimersByTime(TIMEOUT)
}

/** Waits until `condition` is true, however slow the machine is. */
export async function until(condition: () => boolean): Promise<void> {
  const start = Date.now()
  while (!condition()) {
    if (Date.now() - start > 25_000) throw new Error('It never became true')
    await setImmediate()
  }
}

/** Counts the bytes that the last connection over HTTP has received from now on. */
export function countReceived(): () => number {
  const request = jest.spyOn(http, 'request')
  return () => (request.mock.results.at(-1)?.value as http.ClientRequest).socket?.bytesRead ?? 0
}
