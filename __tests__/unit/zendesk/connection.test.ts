import { EventEmitter, getEventListeners, once } from 'node:events'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { USER_AGENT } from '../../../src/lib/version.ts'
import { type ZendeskRequest } from '../../../src/zendesk/connection.ts'
import {
  connect,
  countReceived,
  errorOf,
  GET,
  limits,
  passTimeout,
  POST,
  responseOf,
  until,
  usesConnections
} from './connect.ts'
import { closedPort, sendRaw, serve, serveEmpty } from './servers.ts'

const MIB = 1024 * 1024

usesConnections()

describe('a request', () => {
  async function received(request: ZendeskRequest): Promise<IncomingMessage & { text: string }> {
    let message: IncomingMessage | undefined
    let text = ''
    const { port } = await serve((incoming, response) => {
      message = incoming
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
      incoming.on('end', () => response.end('{}'))
    })
    await responseOf(port, request)
    return Object.assign(message!, { text })
  }

  it('has a method, a path with its query, and no header that it does not need', async () => {
    const path = '/x?page[size]=100&page[after]=a%2Bb'
    const { method, url, headers, text } = await received({ ...GET, path })
    expect([method, url, text]).toEqual(['GET', path, ''])
    expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': USER_AGENT })
    expect(headers.host).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('content-type')
  })

  it('has the credential, and the JSON of its body with its length in bytes', async () => {
    const { method, headers, text } = await received({ ...POST, authorization: new Secret('Bearer abc') })
    expect([method, text]).toEqual(['POST', '{"a":"ü"}'])
    expect(headers).toMatchObject({
      authorization: 'Bearer abc',
      'content-type': 'application/json',
      'content-length': '10'
    })
  })

  it('can be sent to an IPv6 address', async () => {
    expect(await errorOf(`https://[::1]:${await closedPort()}`)).toMatchObject({ kind: 'connection' })
  })
})

describe('a response', () => {
  const received = async (bytes: string): ReturnType<typeof responseOf> =>
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

  it('has only a status if there is nothing else', async () => {
    expect(await received('HTTP/1.1 204 No Content\r\n\r\n')).toEqual({
      status: 204,
      json: undefined,
      html: false,
      retryAfter: undefined,
      location: undefined,
      date: undefined,
      requestId: undefined
    })
  })

  it('has no time if its Date cannot be read', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nDate: soon\r\nContent-Length: 0\r\n\r\n'
    expect((await received(bytes)).date).toBeUndefined()
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
    const received = countReceived()
    const bytes = Buffer.from('"üü"')
    let response!: ServerResponse
    const { port } = await serve((_request, outgoing) => {
      response = outgoing
      response.write(bytes.subarray(0, 2))
    })
    const result = responseOf(port)
    await until(() => received() > 0)
    response.end(bytes.subarray(2))
    expect((await result).json).toBe('üü')
  })

  it.each([301, 302, 303, 307, 308])('with %d is returned: no redirect is followed', async (status) => {
    const { port, requests } = await serve((_request, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end()
    )
    expect(await responseOf(port, POST)).toMatchObject({ status, location: '/elsewhere' })
    expect(requests()).toBe(1)
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

  it('that never ends is an error, and its connection is closed', async () => {
    const closed = new EventEmitter()
    const { port } = await serve((_request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', more).on('close', () => closed.emit('close'))
      more()
    })
    const isClosed = once(closed, 'close')
    expect(await errorOf(port)).toMatchObject({ kind: 'tooLarge' })
    await isClosed
  })
})

describe('a connection', () => {
  it('is used for many requests', async () => {
    const { port, connections } = await serveEmpty()
    const connection = connect(port)
    for (let count = 0; count < 4; count += 1) await connection.exchange(POST, limits())
    expect(connections()).toBe(1)
  })

  it('is opened again after it was closed, even twice', async () => {
    const { port, connections } = await serveEmpty()
    const connection = connect(port)
    await connection.exchange(GET, limits())
    connection.close()
    connection.close()
    await connection.exchange(GET, limits())
    expect(connections()).toBe(2)
  })

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

  it('that was kept open and turns out to be closed is noted in the error', async () => {
    const server = await serve((request, response) =>
      server.requests() === 1 ? response.end('{}') : request.socket.destroy()
    )
    const connection = connect(server.port)
    await connection.exchange(GET, limits())
    for (const staleConnection of [true, false]) {
      const error = { kind: 'brokenOff', sent: true, staleConnection }
      await expect(connection.exchange(GET, limits())).rejects.toMatchObject(error)
    }
  })

  it('leaves no listener at the signal of the job', async () => {
    const { port } = await serveEmpty()
    const { signal } = new AbortController()
    await responseOf(port, GET, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
