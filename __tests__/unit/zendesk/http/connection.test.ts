import { EventEmitter, getEventListeners, once } from 'node:events'
import { type IncomingMessage } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../../src/lib/secret.ts'
import { USER_AGENT } from '../../../../src/lib/version.ts'
import {
  connect,
  errorOf,
  GET,
  limits,
  passTimeout,
  POST,
  responseOf,
  usesConnections
} from '../../../support/connect.ts'
import { closedPort, serve, serveEmpty } from '../../../support/servers.ts'

usesConnections()

describe('a request', () => {
  it('has a path with its query, the credential, JSON with its length in bytes, and no needless header', async () => {
    const received: IncomingMessage[] = []
    let text = ''
    const { port } = await serve((incoming, response) => {
      received.push(incoming)
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
      incoming.on('end', () => response.end('{}'))
    })
    const path = '/x?page[size]=100&page[after]=a%2Bb'
    await responseOf(port, { ...GET, path })
    await responseOf(port, { ...POST, authorization: new Secret('Bearer abc') })
    const [get, post] = received
    expect(get).toMatchObject({ method: 'GET', url: path })
    const always = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': USER_AGENT }
    expect(get?.headers).toMatchObject(always)
    expect(get?.headers).not.toHaveProperty('authorization')
    expect(get?.headers).not.toHaveProperty('content-type')
    expect(post?.method).toBe('POST')
    expect(post?.headers).toMatchObject({ ...always, authorization: 'Bearer abc', 'content-length': '10' })
    expect(post?.headers).toMatchObject({ 'content-type': 'application/json' })
    // Only the POST has a body.
    expect(text).toBe('{"a":"ü"}')
  })

  it('can be sent to an IPv6 address', async () => {
    expect(await errorOf(`https://[::1]:${await closedPort()}`)).toMatchObject({ kind: 'connection' })
  })
})

describe('a connection', () => {
  it('is closed after a failure, and the next request opens another', async () => {
    const closed = new EventEmitter()
    const isClosed = once(closed, 'close')
    const server = await serve((request, response) => {
      if (server.requests() > 1) response.end('{}')
      else {
        request.socket.on('close', () => closed.emit('close'))
        passTimeout()
      }
    })
    const connection = connect(server.port)
    await expect(connection.exchange(GET, limits())).rejects.toMatchObject({ kind: 'timeout' })
    expect((await connection.exchange(GET, limits())).status).toBe(200)
    await isClosed
    expect(server.connections()).toBe(2)
  })

  it('leaves no listener at the signal of the job', async () => {
    const { port } = await serveEmpty()
    const { signal } = new AbortController()
    await responseOf(port, GET, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
