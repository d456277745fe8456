import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage } from 'node:http'
import { type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import { type RecordedRequest, type Zendesk } from '../../mock/zendesk.ts'
import { scratch } from './scratch.ts'

/*
 * Watches the requests that reach a mock. It calls listeners, and marks a request that will get no response, so that
 * the process which sent it does not wait for one (see preload/time.js).
 */

type Listener = (request: RecordedRequest) => void

/** A folder with a file for each connection whose request stalls. */
export const stalled = scratch('stalled')
mkdirSync(stalled)

const mocks = new Map<number, { zendesk: Zendesk; listeners: Set<Listener> }>()

subscribe('http.server.request.start', onRequest)
afterAll(() => {
  unsubscribe('http.server.request.start', onRequest)
})

/** Watches this mock from now on. */
export function watch(zendesk: Zendesk): void {
  mocks.set(zendesk.port, { zendesk, listeners: new Set() })
}

/** Calls `listener` with each request as soon as the mock has recorded it. */
export function onEachRequest(zendesk: Zendesk, listener: Listener): void {
  mocks.get(zendesk.port)!.listeners.add(listener)
}

function onRequest(message: unknown): void {
  const { request, socket } = message as { request: IncomingMessage; socket: Socket }
  const mock = mocks.get(socket.localPort ?? 0)
  if (!mock) return
  const look = (): void => {
    const record = mock.zendesk.requests.findLast(({ headers }) => headers === request.headers)
    // The mock records a request once it has read all of it.
    if (!record) {
      if (!socket.destroyed) setImmediate(look)
      return
    }
    if (record.fault?.startsWith('stall')) markStalled(socket)
    for (const listener of mock.listeners) listener(record)
  }
  request.once('end', () => setImmediate(look))
}

function markStalled(socket: Socket): void {
  if (socket.destroyed) return
  // Both ports: several mocks may be connected to from the same port at the same time.
  const file = join(stalled, `${socket.localPort ?? 0}-${socket.remotePort ?? 0}`)
  writeFileSync(file, '')
  socket.once('close', () => {
    rmSync(file, { force: true })
  })
}
