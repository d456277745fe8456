import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage } from 'node:http'
import { type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type RecordedRequest, type Zendesk } from '../../mock/zendesk.ts'

type Listener = (request: RecordedRequest) => void

/**
 * Watches the requests that reach a mock. It calls listeners, and marks a request that will get no response, so that
 * the process which sent it does not wait for one (see preload/time.js).
 */
export class RequestWatch {
  /** A folder with a file for each port whose request stalls. */
  readonly stalled = mkdtempSync(join(tmpdir(), 'stalled-'))
  readonly #servers = new Map<number, { zendesk: Zendesk; listeners: Set<Listener> }>()

  constructor() {
    subscribe('http.server.request.start', this.#onRequest)
  }

  add(zendesk: Zendesk): void {
    this.#servers.set(zendesk.port, { zendesk, listeners: new Set() })
  }

  /** Calls `listener` with each request as soon as it has been recorded. */
  listen(zendesk: Zendesk, listener: Listener): void {
    this.#servers.get(zendesk.port)!.listeners.add(listener)
  }

  close(): void {
    unsubscribe('http.server.request.start', this.#onRequest)
    rmSync(this.stalled, { recursive: true, force: true, maxRetries: 3 })
  }

  readonly #onRequest = (message: unknown): void => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket }
    const server = this.#servers.get(socket.localPort ?? 0)
    if (!server) return
    const look = (): void => {
      const record = server.zendesk.requests.findLast(({ headers }) => headers === request.headers)
      // The mock records a request once it has read all of it.
      if (!record) {
        if (!socket.destroyed) setImmediate(look)
        return
      }
      if (record.fault?.startsWith('stall')) this.#markStalled(socket)
      for (const listener of server.listeners) listener(record)
    }
    request.once('end', () => setImmediate(look))
  }

  #markStalled(socket: Socket): void {
    if (socket.destroyed) return
    const file = join(this.stalled, String(socket.remotePort))
    writeFileSync(file, '')
    socket.once('close', () => {
      rmSync(file, { force: true })
    })
  }
}
