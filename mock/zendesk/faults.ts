import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'

import { json, refusals, type MockResponse } from './responses.ts'

/** What may go wrong with a response. */
export type FaultKind =
  /** Nothing goes wrong: lets one request through in a list of faults. */
  | { kind: 'pass' }
  /** The connection is reset before a byte of the response. */
  | { kind: 'reset' }
  | { kind: 'reset-mid-header' }
  | { kind: 'reset-mid-body' }
  /** The connection ends in good order, but before the body does. */
  | { kind: 'close-mid-body' }
  /** Nothing comes, and the connection stays. */
  | { kind: 'stall' }
  | { kind: 'stall-mid-body' }
  /** Something that is not HTTP. */
  | { kind: 'garbage' }
  | { kind: 'html'; status?: number }
  /** The page of something in front of Zendesk: a firewall, an IP allow-list, a proxy. 403 unless `status` says otherwise. */
  | { kind: 'gateway'; status?: number; headers?: Record<string, string> }
  /** Zendesk's own 401 to a good token, from a server that has a bad moment. */
  | { kind: 'stray-401' }
  | { kind: 'empty'; status?: number }
  /** A body without end in sight: 64 MiB unless `bytes` says otherwise. */
  | { kind: 'huge'; bytes?: number; status?: number }
  /** Any response: `body` is sent as JSON, `text` as it is. */
  | { kind: 'reply'; status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | { kind: 'redirect'; location: string; status?: number }
  /** The right response, late. */
  | { kind: 'delay'; ms: number }
  /** The right response, changed. */
  | { kind: 'edit'; edit: (response: MockResponse) => MockResponse }
  /** Zendesk does what it was asked to, and the connection is reset before it can say so. */
  | { kind: 'lose-reply' }

/** `after`: Zendesk does what it was asked to, and only then this happens instead of its response. */
export type Fault = FaultKind & { after?: boolean }

/** Which requests a fault hits. */
export interface FaultMatcher {
  /** Any if left out. */
  method?: string
  /** A whole path without query and `.json`, or a pattern for it. Any if left out. */
  path?: string | RegExp
  /** Only requests with this access token. Any if left out. */
  token?: string
  /** How many requests; for a list of faults, how often it is gone through. */
  count?: number
}

/** A fault that was asked for. */
export interface FaultHandle {
  /** How many requests it has hit so far. */
  readonly hits: number
  /** Ends it. */
  clear(): void
}

/** The faults that were asked for, oldest first. */
export class Faults {
  #planned: Planned[] = []

  /** One fault hits every request that matches (or `count`); a list is gone through once (or `count` times). */
  add(matcher: FaultMatcher, faults: Fault | readonly Fault[]): FaultHandle {
    const list = 'kind' in faults ? [faults] : faults
    const times = matcher.count ?? ('kind' in faults ? Infinity : 1)
    const planned: Planned = { matcher, list, left: times * list.length, hits: 0 }
    this.#planned.push(planned)
    return {
      get hits() {
        return planned.hits
      },
      clear: () => {
        planned.left = 0
      }
    }
  }

  clear(): void {
    for (const planned of this.#planned) planned.left = 0
    this.#planned = []
  }

  /** The fault that hits this request, if any. */
  take(method: string, path: string, authorization = ''): Fault | undefined {
    const planned = this.#planned.find(
      ({ matcher, left }) => left > 0 && fits(matcher, method, path, authorization)
    )
    if (!planned) return undefined
    planned.left--
    return planned.list[planned.hits++ % planned.list.length]
  }
}

interface Planned {
  matcher: FaultMatcher
  list: readonly Fault[]
  left: number
  hits: number
}

function fits(matcher: FaultMatcher, method: string, path: string, authorization: string): boolean {
  if (matcher.token !== undefined && authorization !== `Bearer ${matcher.token}`) return false
  if (matcher.method !== undefined && matcher.method !== method) return false
  if (matcher.path === undefined) return true
  return typeof matcher.path === 'string' ? matcher.path === path : matcher.path.test(path)
}

/** Whether Zendesk carries the request out although this happens. */
export function isCarriedOut(fault: Fault): boolean {
  return fault.after === true || ['pass', 'delay', 'edit', 'lose-reply'].includes(fault.kind)
}

/** What `commit` needs to answer a request. */
export interface Answering {
  response: ServerResponse
  /** Zendesk's own response, or something made up if the request was not carried out. */
  genuine: MockResponse
  /** Sends a whole response. */
  send: (response: MockResponse) => void
  /** Ends all waits when the mock closes. */
  signal: AbortSignal
}

/** Long enough for bytes that were sent to be read before the reset that follows them. */
const beforeReset = 20

/** Lets `fault` happen to a request. */
export async function commit(fault: Fault, answering: Answering): Promise<void> {
  const { response, genuine, send, signal } = answering
  switch (fault.kind) {
    case 'pass':
      send(genuine)
      return
    case 'delay':
      await sleep(fault.ms, undefined, { signal })
      send(genuine)
      return
    case 'edit':
      send(fault.edit(genuine))
      return
    case 'reset':
    case 'lose-reply':
      reset(response)
      return
    case 'stall':
      return
    case 'reset-mid-header':
      response.socket?.write('HTTP/1.1 200 OK\r\nContent-Type: applic')
      await sleep(beforeReset, undefined, { signal })
      reset(response)
      return
    case 'reset-mid-body':
      sendHalf(answering)
      await sleep(beforeReset, undefined, { signal })
      reset(response)
      return
    case 'close-mid-body':
      sendHalf(answering)
      await sleep(beforeReset, undefined, { signal })
      response.socket?.end()
      return
    case 'stall-mid-body':
      sendHalf(answering)
      return
    case 'garbage':
      response.socket?.end('\u0000\u0001 this is not HTTP \r\n\r\n')
      return
    case 'huge':
      await sendHuge(fault, response)
      return
    case 'html':
      send(html(fault.status ?? 200))
      return
    case 'gateway':
      send(gatewayPage(fault))
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
    case 'reply':
      send(madeUp(fault))
  }
}

function html(status: number): MockResponse {
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: '<!DOCTYPE html>\n<html><head><title>Oops</title></head><body><h1>There is no help desk here</h1></body></html>\n'
  }
}

function gatewayPage({ status = 403, headers }: Extract<Fault, { kind: 'gateway' }>): MockResponse {
  const body = `<!DOCTYPE html>
<html><head><title>${status} | Access denied</title></head><body><h1>Error ${status}</h1><p>Ray ID: 8d1f</p></body></html>
`
  return { status, headers: { 'Content-Type': 'text/html', Server: 'gateway', ...headers }, body }
}

function madeUp({ status, body, text, headers }: Extract<Fault, { kind: 'reply' }>): MockResponse {
  if (text === undefined) return json(status, body ?? {}, headers)
  return { status, headers: { 'Content-Type': 'text/plain', ...headers }, body: text }
}

function sendHalf({ response, genuine }: Answering): void {
  const body = Buffer.from(genuine.body || '{"nothing":"of consequence, but long enough to be cut in two"}')
  response.writeHead(genuine.status, { ...genuine.headers, 'Content-Length': body.length })
  response.write(body.subarray(0, body.length >> 1))
}

async function sendHuge(fault: Extract<Fault, { kind: 'huge' }>, response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(65_536, 'a')
  response.writeHead(fault.status ?? 200, { 'Content-Type': 'application/json' })
  response.write('{"access_token":"')
  for (let left = fault.bytes ?? 64 * 1024 * 1024; left > 0 && !response.destroyed; left -= chunk.length) {
    if (!response.write(chunk)) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve).once('close', resolve)
      })
    }
  }
  response.end('"}')
}

function reset({ socket }: ServerResponse): void {
  // Only a plain TCP socket can send a RST; a TLS one just breaks off.
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}
