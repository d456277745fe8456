import dns from 'node:dns'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../../src/lib/secret.ts'
import { USER_AGENT } from '../../../../src/lib/version.ts'
import { ORIGIN, rejectionOf, testClient, type TestClient } from '../../../support/client.ts'
import {
  connect,
  countReceived,
  errorOf,
  GET,
  limits,
  passTimeout,
  POST,
  responseOf,
  TIMEOUT,
  until,
  useProxy,
  usesConnections
} from '../../../support/connect.ts'
import {
  CA,
  closedPort,
  connectProxy,
  type Listening,
  sendRaw,
  serve,
  serveEmpty,
  serveTls
} from '../../../support/servers.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Le'
const CHUNKS = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n'

usesConnections()

describe('Connection: a request', () => {
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

describe('Connection', () => {
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

describe('Connection: a request that was sent', () => {
  it.each<[string, string, 'end' | 'reset']>([
    ['ends before its first byte', '', 'end'],
    ['ends in its head', HEAD, 'end'],
    ['ends between two chunks', CHUNKS, 'end'],
    ['is reset between two chunks', CHUNKS, 'reset']
  ])('fails as broken off if its response %s', async (_what, bytes, then) => {
    const { port } = await sendRaw(bytes, then)
    expect(await errorOf(port, POST)).toMatchObject({ kind: 'brokenOff', sent: true, staleConnection: false })
  })

  it.each([
    ['has an invalid chunk', 'HPE_INVALID_CHUNK_SIZE', CHUNKS.replace('2\r\n', 'zz\r\n')],
    ['has an invalid chunk after another', 'HPE_INVALID_CHUNK_SIZE', `${CHUNKS}zz\r\n`],
    ['is not HTTP', 'HPE_INVALID_CONSTANT', 'SSH-2.0-OpenSSH_9.6\r\n'],
    [
      'has more than 64 KiB of headers',
      'HPE_HEADER_OVERFLOW',
      `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(65_536)}\r\n`
    ],
    ['is a 101', '101', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n']
  ])('has a response that cannot be used, at once, if it %s', async (_what, code, bytes) => {
    const { port } = await sendRaw(bytes, () => undefined)
    const expected = { kind: 'unusableResponse', sent: true, code, staleConnection: false }
    expect(await errorOf(port, POST)).toMatchObject(expected)
  })

  it('does not take a connection that broke in the body for one that was closed while it was kept', async () => {
    const server = await serve((_request, response) => {
      if (server.requests() === 1) response.end('{}')
      else
        response.writeHead(200, { 'content-length': 9 }).write('{', () => response.socket?.resetAndDestroy())
    })
    const connection = connect(server.port)
    await connection.exchange(GET, limits())
    const broken = { kind: 'brokenOff', sent: true, staleConnection: false }
    await expect(connection.exchange(POST, limits())).rejects.toMatchObject(broken)
    expect(server.connections()).toBe(1)
  })

  it('times out if its response stalls in its head', async () => {
    const received = countReceived()
    const { port } = await sendRaw(HEAD, () => {
      void until(() => received() === HEAD.length).then(passTimeout)
    })
    expect(await errorOf(port, POST)).toMatchObject({ kind: 'timeout', sent: true })
  })

  it('times out even if its response still arrives, byte by byte', async () => {
    const received = countReceived()
    let response: ServerResponse | undefined
    const { port } = await serve((_request, outgoing) => {
      response = outgoing.writeHead(200, { 'content-length': 100_000 })
      response.write('x')
    })
    const error = errorOf(port, POST)
    await until(() => received() > 0)
    jest.advanceTimersByTime(TIMEOUT - 1)
    const soFar = received()
    response?.write('x')
    await until(() => received() > soFar)
    jest.advanceTimersByTime(1)
    expect(await error).toMatchObject({ kind: 'timeout', sent: true })
  })
})

describe('Connection: a request over TLS', () => {
  it.each([
    ['a new connection', 1, false],
    ['a reused connection', 2, true]
  ])('was sent if its response breaks off on %s', async (_what, broken, staleConnection) => {
    const request = https.request.bind(https)
    jest
      .spyOn(https, 'request')
      .mockImplementation(((url: URL, options: object) =>
        request(url, { ...options, ca: CA })) as typeof https.request)
    const server = await serveTls((incoming, response) =>
      server.requests() === broken ? incoming.socket.destroy() : response.end('{}')
    )
    const connection = connect(`https://localhost:${server.port}`)
    for (let count = 1; count < broken; count += 1) await connection.exchange(GET, limits())
    await expect(connection.exchange(POST, limits())).rejects.toMatchObject({
      kind: 'brokenOff',
      sent: true,
      staleConnection
    })
  })
})

describe('Connection: a request that was not sent', () => {
  it('fails if its credential is not possible in a header: no retry, and the error does not show it', async () => {
    const { port, connections } = await serveEmpty()
    const { client, clock } = testClient({ origin: `http://127.0.0.1:${port}` })
    const error = await rejectionOf(client.send({ ...GET, authorization: new Secret('Bearer € abc') }))
    client.close()
    const cause = { kind: 'unsendable', sent: false, code: 'ERR_INVALID_CHAR' }
    expect(error).toMatchObject({ kind: 'unsendable', cause })
    expect(String(error) + String(error.cause)).not.toContain('€')
    expect([connections(), clock.sleeps]).toEqual([0, []])
  })

  it.each<[string, () => Promise<Listening>, string]>([
    ['does not speak TLS', serveEmpty, 'tls'],
    ['does not respond to the TLS handshake in time', () => sendRaw('', passTimeout), 'tlsTimeout']
  ])('fails if the server %s', async (_what, listening, kind) => {
    const { port } = await listening()
    expect(await errorOf(`https://127.0.0.1:${port}`, POST)).toMatchObject({ kind, sent: false })
  })
})

describe('Connection: if the job is cancelled', () => {
  it('a request that was sent ends at once without a grace', async () => {
    const job = new AbortController()
    let waited = NaN
    const { port } = await serve(() => {
      const start = jest.now()
      job.abort()
      jest.advanceTimersToNextTimer()
      waited = jest.now() - start
    })
    const error = await errorOf(port, POST, { signal: job.signal })
    expect(error).toMatchObject({ kind: 'cancelled', sent: true })
    expect(waited).toBe(0)
  })

  it('a request that is still connecting ends at once, and is never sent, whatever its grace', async () => {
    const { port, requests } = await serveEmpty()
    const job = new AbortController()
    const error = errorOf(port, POST, { signal: job.signal, grace: 60_000 })
    job.abort()
    expect(await error).toMatchObject({ kind: 'cancelled', sent: false })
    await responseOf(port)
    expect(requests()).toBe(1)
  })
})

describe('Connection: a client', () => {
  const clientOf = (port: number): TestClient => testClient({ origin: `http://127.0.0.1:${port}` })

  it.each([
    ['is kept over a pause of 2 s', 2000, 1],
    ['is not kept over a longer pause', 2001, 2]
  ])('has a connection that %s', async (_what, pause, expected) => {
    const { port, connections } = await serveEmpty()
    const { client } = clientOf(port)
    await client.send(GET)
    await client.pause(pause)
    await client.send(GET)
    client.close()
    expect(connections()).toBe(expected)
  })

  it('sends a single attempt again if a kept connection was closed', async () => {
    const server = await serve((request, response) =>
      server.requests() === 2 ? request.socket.destroy() : response.end('{}')
    )
    const { client, clock } = clientOf(server.port)
    await client.send(GET)
    expect((await client.send(GET, { single: true })).status).toBe(200)
    client.close()
    expect([server.requests(), clock.sleeps]).toEqual([3, []])
  })

  it('retries a request that was not sent, and reports none as lost', async () => {
    const { client, clock } = clientOf(await closedPort())
    const lost: number[] = []
    const sending = client.send(POST, { observer: { lost: (sentAt) => lost.push(sentAt) } })
    await expect(sending).rejects.toMatchObject({ kind: 'connection' })
    expect([lost, clock.sleeps.length]).toEqual([[], 4])
  })
})

describe('Connection: a proxy', () => {
  const HOST = 'http://acme.example.test'

  it.each([
    ['https_proxy', 'https://acme.example.test', 'acme.example.test:443'],
    ['http_proxy', HOST, 'acme.example.test:80']
  ])('in %s for %s is asked to connect to %s', async (variable, origin, target) => {
    const proxy = await connectProxy(await closedPort())
    process.env[variable] = `http://${proxy.host}:${proxy.port}`
    await errorOf(origin)
    expect(proxy.asked.map(({ url }) => url)).toEqual([target])
  })

  it('does not see the credential', async () => {
    const proxy = await connectProxy((await serveEmpty()).port)
    useProxy(proxy)
    await responseOf(HOST, { ...POST, authorization: new Secret('Bearer abcdefgh') })
    expect(JSON.stringify(proxy.asked[0]?.rawHeaders)).not.toMatch(/abcdefgh|authorization/i)
  })

  it.each<[string, string, 'end' | (() => void)]>([
    ['ends the connection', 'proxyBroken', 'end'],
    ['does not respond in time', 'proxyTimeout', passTimeout]
  ])('that %s is at fault, not the server', async (_what, kind, then) => {
    const listening = await sendRaw('', then)
    const { port } = listening
    useProxy(listening)
    const proxy = { variable: 'https_proxy', address: `127.0.0.1:${port}`, hasUser: false }
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind, sent: false, proxy })
  })

  it('whose host name cannot be looked up in time is not even asked', async () => {
    process.env['https_proxy'] = 'http://proxy.example.test:3128'
    jest.spyOn(dns, 'lookup').mockImplementation(() => {
      setImmediate(passTimeout)
    })
    const proxy = { variable: 'https_proxy', address: 'proxy.example.test:3128' }
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'lookupTimeout', sent: false, proxy })
  })

  it('can have an IPv6 address', async () => {
    process.env['https_proxy'] = `http://[::1]:${await closedPort()}`
    const { kind, code } = await errorOf(ORIGIN)
    expect([kind, code]).toEqual([
      'proxy',
      expect.stringMatching(/^E(?:CONNREFUSED|ADDRNOTAVAIL|NETUNREACH)$/)
    ])
  })

  it('is not at fault if the server behind it does not respond in time', async () => {
    useProxy(await connectProxy((await sendRaw('', passTimeout)).port))
    expect(await errorOf(HOST, POST)).toMatchObject({ kind: 'timeout', sent: true })
  })
})
