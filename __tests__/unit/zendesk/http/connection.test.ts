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
import { closedPort, sendRaw, serve, serveEmpty } from '../../../support/servers.ts'

const MIB = 1024 * 1024

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
    expect(get?.headers).toMatchObject({ accept: 'application/json', 'user-agent': USER_AGENT })
    expect(get?.headers).not.toHaveProperty('authorization')
    expect(get?.headers).not.toHaveProperty('content-type')
    expect(post?.method).toBe('POST')
    expect(post?.headers).toMatchObject({ authorization: 'Bearer abc', 'content-length': '10' })
    expect(post?.headers).toMatchObject({ 'content-type': 'application/json' })
    // Only the POST has a body.
    expect(text).toBe('{"a":"ü"}')
  })

  it('can be sent to an IPv6 address', async () => {
    expect(await errorOf(`https://[::1]:${await closedPort()}`)).toMatchObject({ kind: 'connection' })
  })
})

describe('a response', () => {
  const received = async (bytes: string | Buffer): ReturnType<typeof responseOf> =>
    responseOf((await sendRaw(bytes, 'end')).port)

  it('has a status, JSON, and the headers that matter', async () => {
    const headers = {
      date: 'Sat, 21 Nov 2026 12:00:00 GMT',
      'retry-after': '7',
      'x-request-id': 'id-1',
      location: 'https://elsewhere.example/'
    }
    const { port } = await serve((_request, response) =>
      response.writeHead(429, headers).end('{"error":"x"}')
    )
    expect(await responseOf(port)).toEqual({
      status: 429,
      json: { error: 'x' },
      html: false,
      retryAfter: '7',
      location: 'https://elsewhere.example/',
      date: Date.UTC(2026, 10, 21, 12),
      requestId: 'id-1'
    })
  })

  it('has only a status if there is nothing else that can be read', async () => {
    expect(await received('HTTP/1.1 204 No Content\r\nDate: soon\r\n\r\n')).toEqual({
      status: 204,
      json: undefined,
      html: false,
      retryAfter: undefined,
      location: undefined,
      date: undefined,
      requestId: undefined
    })
  })

  it.each<[string, unknown, boolean]>([
    ['{"a":1}', { a: 1 }, false],
    ['{"a":"<b>"}', { a: '<b>' }, false],
    ['null', null, false],
    ['[1]', [1], false],
    ['"ü"', 'ü', false],
    ['', undefined, false],
    ['{"a":1', undefined, false],
    ['not found', undefined, false],
    ['<html>', undefined, true],
    ['\ufeff\n <!doctype html>', undefined, true]
  ])('with the body %j has the JSON %j, and whether it is a web page is %s', async (body, json, html) => {
    const bytes = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    expect(await received(bytes)).toMatchObject({ json, html })
  })

  it('may arrive with its characters in halves', async () => {
    const chunks = '2\r\n"\u00c3\r\n2\r\n\u00bc"\r\n0\r\n\r\n'
    const bytes = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`
    expect((await received(Buffer.from(bytes, 'latin1'))).json).toBe('ü')
  })

  it('may follow an informational one', async () => {
    const bytes = 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
    expect((await received(bytes)).status).toBe(200)
  })

  it.each([
    ['with a Content-Length', { 'content-length': String(MIB) }],
    ['without a Content-Length', {}]
  ])('of 1 MiB is read, %s', async (_how, headers) => {
    const text = `"${'x'.repeat(MIB - 2)}"`
    const { port } = await serve((_request, response) => response.writeHead(200, headers).end(text))
    expect((await responseOf(port)).json).toHaveLength(MIB - 2)
  })

  it('of one byte more is an error', async () => {
    const { port } = await serve((_request, response) => response.end(`"${'x'.repeat(MIB - 1)}"`))
    expect(await errorOf(port)).toMatchObject({ kind: 'tooLarge', sent: true })
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
