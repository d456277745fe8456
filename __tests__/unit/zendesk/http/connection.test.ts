import dns from 'node:dns'
import { getEventListeners, once } from 'node:events'
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../../src/lib/secret.ts'
import { USER_AGENT } from '../../../../src/lib/version.ts'
import { ORIGIN, testClient } from '../../../support/client.ts'
import { connect, errorOf, GET, passTimeout, POST, usesConnections } from '../../../support/connect.ts'
import {
  CA,
  closedPort,
  connectProxy,
  sendRaw,
  serve,
  serveEmpty,
  serveTls
} from '../../../support/servers.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKS = `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`
const HUGE_HEAD = `${OK}x: ${'x'.repeat(65_536)}`
const INVALID_CHUNK = 'HPE_INVALID_CHUNK_SIZE'
const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'

usesConnections()

describe('Connection: a request', () => {
  it('has a path with its query, the credential, JSON with its length in bytes, and no needless header', async () => {
    const received: unknown[] = []
    const { port } = await serve((incoming, response) => {
      void text(incoming).then((body) => {
        received.push([incoming.method, incoming.url, incoming.headers, body])
        response.end('{}')
      })
    })
    const path = '/x?page[size]=100&page[after]=a%2Bb'
    await connect(port)({ ...GET, path })
    await connect(port)({ ...POST, authorization: new Secret('Bearer abc') })
    const accepts = { accept: 'application/json', 'accept-encoding': 'identity', connection: 'keep-alive' }
    const always = { ...accepts, 'user-agent': USER_AGENT, host: `127.0.0.1:${port}` }
    const json = { authorization: 'Bearer abc', 'content-type': 'application/json', 'content-length': '10' }
    const post = ['POST', '/oauth/tokens', { ...always, ...json }, '{"a":"ü"}']
    expect(received).toEqual([['GET', path, always, ''], post])
  })

  it('can be sent to an IPv6 address, also of a proxy', async () => {
    const address = `[::1]:${await closedPort()}`
    expect(await errorOf(`https://${address}`)).toMatchObject({ kind: 'connection', sent: false })
    process.env['https_proxy'] = `http://${address}`
    const code = expect.stringMatching(/^E(?:CONNREFUSED|ADDRNOTAVAIL|NETUNREACH)$/)
    expect(await errorOf(ORIGIN)).toMatchObject({ kind: 'proxy', code })
  })
})

describe('Connection', () => {
  it('is closed after a failure, and the next request opens another', async () => {
    let isClosed: Promise<unknown> | undefined
    const server = await serve((request, response) => {
      if (server.requests() > 1) response.end('{}')
      else {
        isClosed = once(request.socket, 'close')
        passTimeout()
      }
    })
    const send = connect(server.port)
    await expect(send()).rejects.toMatchObject({ kind: 'timeout' })
    expect((await send()).status).toBe(200)
    await isClosed
    expect(server.connections()).toBe(2)
  })

  it('is kept by a client over a pause of 2 s, not over a longer one, and replaced if it was closed', async () => {
    const server = await serve((request, response) =>
      server.requests() === 4 ? request.socket.destroy() : response.end('{}')
    )
    const { client } = testClient({ origin: `http://127.0.0.1:${server.port}` })
    const connections: number[] = []
    for (const pause of [2000, 2001, 0]) {
      await client.send(GET)
      await client.pause(pause)
      connections.push(server.connections())
    }
    expect((await client.send(GET, { single: true })).status).toBe(200)
    client.close()
    expect([...connections, server.connections(), server.requests()]).toEqual([1, 1, 2, 3, 5])
  })

  it('leaves no listener at the signal of the job', async () => {
    const { signal } = new AbortController()
    await connect((await serveEmpty()).port)(GET, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('Connection: a request that was sent', () => {
  it.each<[string, string, string, string, 'end' | 'reset' | undefined]>([
    ['ends before its first byte', 'brokenOff', '', '', 'end'],
    ['ends in its head', 'brokenOff', '', `${OK}Content-Le`, 'end'],
    ['ends between two chunks', 'brokenOff', '', CHUNKS, 'end'],
    ['is reset between two chunks', 'brokenOff', '', CHUNKS, 'reset'],
    ['has an invalid chunk', 'unusableResponse', INVALID_CHUNK, CHUNKS.replace('2\r', 'zz\r'), undefined],
    ['has an invalid chunk after another', 'unusableResponse', INVALID_CHUNK, `${CHUNKS}zz\r\n`, undefined],
    ['is not HTTP', 'unusableResponse', 'HPE_INVALID_CONSTANT', 'SSH-2.0-OpenSSH_9.6\r\n', undefined],
    ['has over 64 KiB of headers', 'unusableResponse', 'HPE_HEADER_OVERFLOW', HUGE_HEAD, undefined],
    ['is a 101', 'unusableResponse', '101', UPGRADE, undefined]
  ])('fails at once if its response %s: %s %s', async (_what, kind, code, bytes, then) => {
    const { port } = await sendRaw(bytes, then ?? (() => undefined))
    const expected = { kind, sent: true, staleConnection: false, ...(code !== '' && { code }) }
    expect(await errorOf(port, POST)).toMatchObject(expected)
  })

  it('does not take a connection that broke in the body for one that was closed while it was kept', async () => {
    const server = await serve((_request, response) => {
      if (server.requests() === 1) response.end('{}')
      else response.writeHead(200).write('{', () => response.socket?.resetAndDestroy())
    })
    const send = connect(server.port)
    await send()
    await expect(send(POST)).rejects.toMatchObject({ kind: 'brokenOff', sent: true, staleConnection: false })
    expect(server.connections()).toBe(1)
  })

  it('times out even if its response still arrives, byte by byte', async () => {
    const request = jest.spyOn(http, 'request')
    let response: ServerResponse | undefined
    const { port } = await serve((_request, outgoing) => (response = outgoing).flushHeaders())
    const error = errorOf(port, POST, { timeout: 1000 })
    const sent = request.mock.results[0]!.value as ClientRequest
    const [incoming] = (await once(sent, 'response')) as [IncomingMessage]
    jest.advanceTimersByTime(999)
    response?.write('x')
    await once(incoming, 'data')
    jest.advanceTimersByTime(1)
    expect(await error).toMatchObject({ kind: 'timeout', sent: true })
  })

  it('over TLS was sent if its response breaks off, on a new connection or a reused one', async () => {
    const request = https.request.bind(https)
    const withCa = (url: URL, options: object): ClientRequest => request(url, { ...options, ca: CA })
    jest.spyOn(https, 'request').mockImplementation(withCa as typeof https.request)
    const server = await serveTls((incoming, response) =>
      server.requests() === 2 ? response.end('{}') : incoming.socket.destroy()
    )
    const send = connect(`https://localhost:${server.port}`)
    const broken = { kind: 'brokenOff', sent: true }
    await expect(send(POST)).rejects.toMatchObject({ ...broken, staleConnection: false })
    await send()
    await expect(send(POST)).rejects.toMatchObject({ ...broken, staleConnection: true })
  })
})

describe('Connection: a request that was not sent', () => {
  it('fails if its credential is not possible in a header, and the error does not show it', async () => {
    const { port, connections } = await serveEmpty()
    const error = await errorOf(port, { ...GET, authorization: new Secret('Bearer € abc') })
    expect(error).toMatchObject({ kind: 'unsendable', sent: false, code: 'ERR_INVALID_CHAR' })
    expect(String(error)).not.toContain('€')
    expect(connections()).toBe(0)
  })

  it.each([
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
    await connect(port)()
    expect(requests()).toBe(1)
  })
})

describe('Connection: a proxy', () => {
  const HOST = 'http://acme.example.test'
  const silentPort = async (): Promise<number> => (await sendRaw('', passTimeout)).port

  it('is asked to connect to the server, and does not see the credential', async () => {
    const proxy = await connectProxy((await serveEmpty()).port)
    process.env['http_proxy'] = `http://${proxy.host}:${proxy.port}`
    await connect(HOST)({ ...POST, authorization: new Secret('Bearer abcdefgh') })
    expect(proxy.asked.map(({ url }) => url)).toEqual(['acme.example.test:80'])
    expect(JSON.stringify(proxy.asked[0]?.rawHeaders)).not.toMatch(/abcdefgh|authorization/i)
  })

  it.each([
    ['ends the connection', 'proxyBroken', false, () => sendRaw('', 'end')],
    ['does not respond in time', 'proxyTimeout', false, () => sendRaw('', passTimeout)],
    ['connects to a server that does not', 'timeout', true, async () => connectProxy(await silentPort())]
  ])('that %s: %s, and sent: %s', async (_what, kind, sent, listening) => {
    const { host, port } = await listening()
    process.env['http_proxy'] = `http://${host}:${port}`
    const proxy = { variable: 'http_proxy', address: `${host}:${port}`, hasUser: false }
    expect(await errorOf(HOST, POST)).toMatchObject({ kind, sent, proxy })
  })

  it('whose host name cannot be looked up in time is not even asked', async () => {
    process.env['https_proxy'] = 'http://proxy.example.test:3128'
    jest.spyOn(dns, 'lookup').mockImplementation(() => void setImmediate(passTimeout))
    const proxy = { variable: 'https_proxy', address: 'proxy.example.test:3128' }
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'lookupTimeout', sent: false, proxy })
  })
})
