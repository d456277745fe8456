import { setTimeout } from 'node:timers/promises'
import https from 'node:https'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type ZendeskRequest } from '../../../src/zendesk/connection.ts'
import { FakeClock, NOON, testClient } from '../clock.ts'
import { connect, errorOf, GET, limits, POST, responseOf, usesConnections } from './connect.ts'
import {
  CA,
  closedPort,
  sendRaw,
  serve,
  serveEmpty,
  serveTls,
  serveUntrusted,
  tunnelTo,
  type Listening
} from './servers.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Le'
const BODY = 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"token":{'
const CHUNKS = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n'

const UNSENDABLE: ZendeskRequest = { ...GET, authorization: new Secret('Bearer € abc') }

const serveTooMuch = (): Promise<Listening> =>
  serve((_request, response) => response.end('x'.repeat(1024 * 1024 + 1)))

usesConnections()

describe('a request that was sent', () => {
  it.each<[string, string, 'end' | 'reset']>([
    ['ends before its first byte', '', 'end'],
    ['is reset before its first byte', '', 'reset'],
    ['ends in its head', HEAD, 'end'],
    ['is reset in its head', HEAD, 'reset'],
    ['ends in its body', BODY, 'end'],
    ['is reset in its body', BODY, 'reset'],
    ['ends between two chunks', CHUNKS, 'end'],
    ['is reset between two chunks', CHUNKS, 'reset'],
    ['has an invalid chunk', CHUNKS.replace('2\r\n', 'zz\r\n'), 'end'],
    ['is not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'end'],
    ['is garbage', '\u0000\u0001\u0002\u0003garbage\r\n\r\n', 'end']
  ])('fails as broken off if its response %s', async (_what, bytes, then) => {
    const { port } = await sendRaw(bytes, then)
    expect(await errorOf(port, POST)).toMatchObject({ kind: 'brokenOff', sent: true, staleConnection: false })
  })

  it.each([
    ['before its first byte', ''],
    ['in its head', HEAD],
    ['in its body', BODY]
  ])('times out if its response stalls %s', async (_where, bytes) => {
    const { port } = await sendRaw(bytes, 'keep')
    expect(await errorOf(port, POST, { timeout: 60 })).toMatchObject({ kind: 'timeout', sent: true })
  })

  it('times out if its response arrives byte by byte for ever', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      const timer = setInterval(() => response.write('x'), 5)
      response.on('close', () => {
        clearInterval(timer)
      })
    })
    expect(await errorOf(port, POST, { timeout: 60 })).toMatchObject({ kind: 'timeout', sent: true })
  })
})

describe('a request over TLS', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  it.each([
    ['a new connection', 1, false],
    ['a reused connection', 2, true]
  ])('was sent if its response breaks off on %s', async (_what, broken, staleConnection) => {
    const request = https.request.bind(https)
    jest
      .spyOn(https, 'request')
      .mockImplementation(((options: object, onResponse: () => void) =>
        request({ ...options, ca: CA }, onResponse)) as typeof https.request)
    let requests = 0
    const { port } = await serveTls('server', (incoming, response) => {
      requests += 1
      if (requests === broken) incoming.socket.destroy()
      else response.end('{}')
    })
    const connection = connect(`https://localhost:${port}`)
    for (let count = 1; count < broken; count += 1) await connection.exchange(GET, limits())
    await expect(connection.exchange(POST, limits())).rejects.toMatchObject({
      kind: 'brokenOff',
      sent: true,
      staleConnection
    })
  })
})

describe('a request that was not sent', () => {
  it('fails if nothing listens', async () => {
    const error = { kind: 'connection', sent: false, code: 'ECONNREFUSED' }
    expect(await errorOf(await closedPort(), POST)).toMatchObject(error)
  })

  it('fails if its credential is not possible in a header, and the error does not show it', async () => {
    const { port, connections } = await serveEmpty()
    const error = await errorOf(port, UNSENDABLE)
    expect(error).toMatchObject({ kind: 'unsendable', sent: false, code: 'ERR_INVALID_CHAR' })
    expect(error.message).not.toContain('€')
    expect(connections()).toBe(0)
  })

  it.each<[string, () => Promise<Listening>, string]>([
    ['has a certificate that is not trusted', serveUntrusted, 'certificate'],
    ['does not speak TLS', serveEmpty, 'tls'],
    ['does not respond to the TLS handshake', () => sendRaw('', 'keep'), 'timeout']
  ])('fails if the server %s', async (_what, listening, kind) => {
    const { port } = await listening()
    const error = await errorOf(`https://127.0.0.1:${port}`, POST, {
      timeout: kind === 'timeout' ? 60 : 5000
    })
    expect(error).toMatchObject({ kind, sent: false })
  })
})

describe('if the job is cancelled', () => {
  /** A server that cancels the job when a request arrives, and responds a moment later, or never. */
  async function cancelledBy(responds: boolean): Promise<{ port: number; signal: AbortSignal }> {
    const job = new AbortController()
    const { port } = await serve((_request, response) => {
      job.abort()
      if (responds) void setTimeout(30).then(() => response.end('{"a":1}'))
    })
    return { port, signal: job.signal }
  }

  it('a request that was sent has its grace, and its response counts', async () => {
    const { port, signal } = await cancelledBy(true)
    expect((await responseOf(port, POST, { signal, grace: 5000 })).json).toEqual({ a: 1 })
  })

  it.each([
    ['after its grace', 20],
    ['at once, without a grace', 0]
  ])('a request that was sent ends %s', async (_when, grace) => {
    const { port, signal } = await cancelledBy(false)
    expect(await errorOf(port, POST, { signal, grace })).toMatchObject({ kind: 'cancelled', sent: true })
  })

  it('a request that is still connecting ends at once, and is never sent, whatever its grace', async () => {
    let requests = 0
    const { port } = await serve(() => (requests += 1))
    const job = new AbortController()
    const error = errorOf(port, POST, { signal: job.signal, grace: 60_000 })
    job.abort()
    expect(await error).toMatchObject({ kind: 'cancelled', sent: false })
    await setTimeout(30)
    expect(requests).toBe(0)
  })

  it('a request whose TLS handshake is under way ends at once, whatever its grace', async () => {
    const job = new AbortController()
    const { port } = await sendRaw('', 'keep')
    void setTimeout(30).then(() => {
      job.abort()
    })
    const error = await errorOf(`https://127.0.0.1:${port}`, POST, { signal: job.signal, grace: 60_000 })
    expect(error).toMatchObject({ kind: 'cancelled', sent: false })
  })

  it('a request that waits for a proxy ends at once, and is never sent, even if the proxy connects then', async () => {
    let requests = 0
    const server = await serve((_request, response) => {
      requests += 1
      response.end('{}')
    })
    const job = new AbortController()
    let connectNow = (): void => undefined
    const proxy = await tunnelTo(server.port, (connect) => {
      connectNow = connect
      job.abort()
    })
    process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`
    const error = await errorOf('http://acme.example.test', POST, { signal: job.signal, grace: 60_000 })
    expect(error).toMatchObject({ kind: 'cancelled', sent: false })

    connectNow()
    await setTimeout(60)
    expect(requests).toBe(0)
  })
})

describe('a client', () => {
  const clientOf = (port: number, clock = new FakeClock()): ReturnType<typeof testClient> =>
    testClient({ origin: `http://127.0.0.1:${port}`, clock })

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

  it('opens a new connection for a retry', async () => {
    let status = 500
    const { port, connections } = await serve((_request, response) => {
      response.writeHead(status).end('{}')
      status = 200
    })
    const { client } = clientOf(port)
    expect((await client.send(GET)).status).toBe(200)
    client.close()
    expect(connections()).toBe(2)
  })

  it('retries after a response that broke off, and reports each as lost', async () => {
    let requests = 0
    const { port } = await serve((request, response) => {
      requests += 1
      if (requests < 3) request.socket.destroy()
      else response.end('{}')
    })
    const { client, clock } = clientOf(port, new FakeClock(0.5))
    const lost: number[] = []
    expect((await client.send(POST, { onLostResponse: (sentAt) => lost.push(sentAt) })).status).toBe(200)
    client.close()
    expect(clock.sleeps).toEqual([250, 500])
    expect(lost).toEqual([NOON, NOON + 250])
  })

  it('retries a request that was not sent, and reports none as lost', async () => {
    const { client, clock } = clientOf(await closedPort())
    const lost: number[] = []
    const sending = client.send(POST, { onLostResponse: (sentAt) => lost.push(sentAt) })
    await expect(sending).rejects.toMatchObject({ kind: 'connection' })
    expect([lost, clock.sleeps.length]).toEqual([[], 4])
  })

  it.each<[string, string, () => Promise<Listening>, string, ZendeskRequest]>([
    ['a certificate that is not trusted', 'https', serveUntrusted, 'certificate', POST],
    ['a response that is too large', 'http', serveTooMuch, 'tooLarge', GET],
    ['a request that cannot be sent', 'http', serveEmpty, 'unsendable', UNSENDABLE]
  ])('does not retry after %s', async (_what, scheme, listening, kind, request) => {
    const { port } = await listening()
    const { client, clock } = testClient({ origin: `${scheme}://127.0.0.1:${port}` })
    await expect(client.send(request)).rejects.toMatchObject({ kind })
    client.close()
    expect(clock.sleeps).toEqual([])
  })
})
