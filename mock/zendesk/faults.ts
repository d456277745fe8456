import { type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'

import { json, refusals, type MockResponse } from './responses.ts'

/** What may go wrong with a response. */
export type FaultKind =
  /** Nothing goes wrong. */
  | { kind: 'pass' }
  /** The connection is reset before a byte of the response. */
  | { kind: 'reset' }
  | { kind: 'reset-mid-header' }
  | { kind: 'reset-mid-body' }
  /** The connection is closed before the body is complete. */
  | { kind: 'close-mid-body' }
  /** There is no response, and the connection stays open. */
  | { kind: 'stall' }
  | { kind: 'stall-mid-body' }
  /** Something that is not HTTP. */
  | { kind: 'garbage' }
  | { kind: 'html'; status?: number }
  /** The page of something in front of Zendesk: a firewall, an IP allow-list, a proxy. 403 unless `status` says otherwise. */
  | { kind: 'gateway'; status?: number; headers?: Record<string, string> }
  /** Zendesk's own 401, although the token is active. */
  | { kind: 'stray-401' }
  | { kind: 'empty'; status?: number }
  /** A very long body: 64 MiB unless `bytes` says otherwise. */
  | { kind: 'huge'; bytes?: number }
  /** Any response: `body` is sent as JSON, `text` as plain text. */
  | { kind: 'response'; status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | { kind: 'redirect'; location: string; status?: number }
  /** The right response, late. */
  | { kind: 'delay'; ms: number }
  /** The right response, changed. */
  | { kind: 'edit'; edit: (response: MockResponse) => MockResponse }
  /** Zendesk carries the request out, and the connection is reset before the response. */
  | { kind: 'lose-response' }

/** `after`: Zendesk carries the request out first. */
export type Fault = FaultKind & { after?: boolean }

/** Which requests a fault hits. */
export interface FaultMatcher {
  /** Any if left out. */
  method?: string
  /** A whole path without query and `.json`, or a pattern for it. Any if left out. */
  path?: string | RegExp
  /** Only requests with this access token. Any if left out. */
  token?: string
  /** How many requests; any number if left out. A list of faults ends with its last one anyway. */
  count?: number
}

/** A fault that was set up. */
export interface FaultHandle {
  /** How many requests it has hit so far. */
  readonly hits: number
}

/** The faults that were set up, oldest first. */
export class Faults {
  #planned: Planned[] = []

  /** One fault hits every request that matches (or `count`); of a list, each fault hits one. */
  add(matcher: FaultMatcher, faults: Fault | readonly Fault[]): FaultHandle {
    const list = 'kind' in faults ? [faults] : faults
    const most = 'kind' in faults ? (matcher.count ?? Infinity) : list.length
    const planned: Planned = { matcher, list, most, hits: 0 }
    this.#planned.push(planned)
    return planned
  }

  clear(): void {
    this.#planned = []
  }

  /** The fault that hits this request, if any. */
  take(method: string, path: string, authorization = ''): Fault | undefined {
    const planned = this.#planned.find(
      ({ matcher, hits, most }) => hits < most && fits(matcher, method, path, authorization)
    )
    return planned?.list[planned.hits++ % planned.list.length]
  }
}

interface Planned {
  matcher: FaultMatcher
  list: readonly Fault[]
  most: number
  hits: number
}

function fits(matcher: FaultMatcher, method: string, path: string, authorization: string): boolean {
  if (matcher.token !== undefined && authorization !== `Bearer ${matcher.token}`) return false
  if (matcher.method !== undefined && matcher.method !== method) return false
  if (matcher.path === undefined) return true
  return typeof matcher.path === 'string' ? matcher.path === path : matcher.path.test(path)
}

/** Whether Zendesk carries the request out before this happens. */
export function isCarriedOut(fault: Fault): boolean {
  return fault.after === true || ['pass', 'delay', 'edit', 'lose-response'].includes(fault.kind)
}

/** The request that a fault hits. */
export interface FaultyExchange {
  /** Where the response goes. */
  output: ServerResponse
  /** The response without the fault; empty if the request was not carried out. */
  response: MockResponse
  /** Sends a whole response. */
  send: (response: MockResponse) => void
  /** Ends all waits when the mock closes. */
  signal: AbortSignal
}

/** Milliseconds in which bytes that were sent are read before the reset that follows them. */
const BEFORE_RESET = 20

/** Responds to a request as `fault` says. */
export async function respondWith(fault: Fault, exchange: FaultyExchange): Promise<void> {
  const { output, response, send, signal } = exchange
  const soon = (): Promise<void> => sleep(BEFORE_RESET, undefined, { signal })
  switch (fault.kind) {
    case 'pass':
      send(response)
      return
    case 'delay':
      await sleep(fault.ms, undefined, { signal })
      send(response)
      return
    case 'edit':
      send(fault.edit(response))
      return
    case 'reset':
    case 'lose-response':
      reset(output)
      return
    case 'stall':
      return
    case 'reset-mid-header':
      output.socket?.write('HTTP/1.1 200 OK\r\nContent-Type: applic')
      await soon()
      reset(output)
      return
    case 'reset-mid-body':
      sendHalf(exchange)
      await soon()
      reset(output)
      return
    case 'close-mid-body':
      sendHalf(exchange)
      await soon()
      output.socket?.end()
      return
    case 'stall-mid-body':
      sendHalf(exchange)
      return
    case 'garbage':
      output.socket?.end('\u0000\u0001 this is not HTTP \r\n\r\n')
      return
    case 'huge':
      await sendHuge(fault.bytes ?? 64 * 1024 * 1024, output)
      return
    case 'html':
      send(page(fault.status ?? 200, 'There is no help desk here'))
      return
    case 'gateway':
      send(page(fault.status ?? 403, 'Access denied', { Server: 'gateway', ...fault.headers }))
      return
    case 'stray-401':
      send(refusals.invalidToken().response)
      return
    case 'empty':
      send({ status: fault.status ?? 200, headers: {}, body: '' })
      return
    case 'redirect':
      send({ status: fault.status ?? 302, headers: { Location: fault.location }, body: '' })
      return
    case 'response':
      send(anyResponse(fault))
  }
}

function anyResponse({ status, body, text, headers }: Extract<Fault, { kind: 'response' }>): MockResponse {
  if (text === undefined) return json(status, body ?? {}, headers)
  return { status, headers: { 'Content-Type': 'text/plain', ...headers }, body: text }
}

function page(status: number, title: string, headers: Record<string, string> = {}): MockResponse {
  const body = `<!DOCTYPE html>\n<html><head><title>${status} | ${title}</title></head><body><h1>${title}</h1></body></html>\n`
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body }
}

function sendHalf({ output, response }: FaultyExchange): void {
  const body = Buffer.from(response.body || '{"nothing":"of consequence, but long enough to be cut in two"}')
  output.writeHead(response.status, { ...response.headers, 'Content-Length': body.length })
  output.write(body.subarray(0, body.length >> 1))
}

async function sendHuge(bytes: number, output: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(65_536, 'a')
  output.writeHead(200, { 'Content-Type': 'application/json' })
  output.write('{"access_token":"')
  for (let left = bytes; left > 0 && !output.destroyed; left -= chunk.length) {
    if (!output.write(chunk)) {
      await new Promise<void>((resolve) => {
        output.once('drain', resolve).once('close', resolve)
      })
    }
  }
  output.end('"}')
}

function reset({ socket }: ServerResponse): void {
  // A TLS socket cannot send a RST.
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}
