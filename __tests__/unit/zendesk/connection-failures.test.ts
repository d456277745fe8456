import { type ServerResponse } from 'node:http'
import https from 'node:https'
import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type ZendeskRequest } from '../../../src/zendesk/connection.ts'
import { ZendeskError } from '../../../src/zendesk/zendesk-error.ts'
import { FakeClock, NOON, testClient } from '../clock.ts'
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
  usesConnections
} from './connect.ts'
import {
  CA,
  closedPort,
  sendRaw,
  serve,
  serveEmpty,
  serveTls,
  serveUntrusted,
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
    const received = countReceived()
    const { port } = await sendRaw(bytes, () => {
      void until(() => received() === bytes.length).then(passTimeout)
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

describe('a request over TLS', () => {
  it.each([
    ['a new connection', 1, false],
    ['a reused connection', 2, true]
  ])('was sent if its response breaks off on %s', async (_what, broken, staleConnection) => {
    const request = https.request.bind(https)
    jest
      .spyOn(https, 'request')
      .mockImplementation(((url: URL, options: object) =>
        request(url, { ...options, ca: CA })) as typeof https.request)
    const server = await serveTls('server', (incoming, response) =>
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
    ['does not respond to the TLS handshake in time', () => sendRaw('', passTimeout), 'timeout']
  ])('fails if the server %s', async (_what, listening, kind) => {
    const { port } = await listening()
    expect(await errorOf(`https://127.0.0.1:${port}`, POST)).toMatchObject({ kind, sent: false })
  })
})

describe('if the job is cancelled', () => {
  it('a request that was sent has its grace, and its response counts', async () => {
    const job = new AbortController()
    const { port } = await serve((_request, response) => {
      job.abort()
      jest.advanceTimersByTime(19)
      response.end('{"a":1}')
    })
    expect((await responseOf(port, POST, { signal: job.signal, grace: 20 })).json).toEqual({ a: 1 })
  })

  it.each([
    ['after its grace', 20],
    ['at once, without a grace', 0]
  ])('a request that was sent ends %s', async (_when, grace) => {
    const job = new AbortController()
    let waited = NaN
    const { port } = await serve(() => {
      const start = jest.now()
      job.abort()
      jest.advanceTimersToNextTimer()
      waited = jest.now() - start
    })
    const error = await errorOf(port, POST, { signal: job.signal, grace })
    expect(error).toMatchObject({ kind: 'cancelled', sent: true })
    expect(waited).toBe(grace)
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

  it('a request whose TLS handshake is under way ends at once, whatever its grace', async () => {
    const job = new AbortController()
    const { port } = await sendRaw('', () => job.abort())
    const error = await errorOf(`https://127.0.0.1:${port}`, POST, { signal: job.signal, grace: 60_000 })
    expect(error).toMatchObject({ kind: 'cancelled', sent: false })
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
    const server = await serve((_request, response) =>
      response.writeHead(server.requests() === 1 ? 500 : 200).end('{}')
    )
    const { client } = clientOf(server.port)
    expect((await client.send(GET)).status).toBe(200)
    client.close()
    expect(server.connections()).toBe(2)
  })

  it('retries after a response that broke off, and reports each as lost', async () => {
    const server = await serve((request, response) =>
      server.requests() < 3 ? request.socket.destroy() : response.end('{}')
    )
    const { client, clock } = clientOf(server.port, new FakeClock(0.5))
    const lost: number[] = []
    expect((await client.send(POST, { onLostResponse: (sentAt) => lost.push(sentAt) })).status).toBe(200)
    client.close()
    expect(clock.sleeps).toEqual([250, 500])
    expect(lost).toEqual([NOON, NOON + 250])
  })

  it.each([
    ['a single attempt is made again at once, and succeeds', 1, 2, [200, 3, 0]],
    ['a single attempt is made again at once, and fails if that breaks, too', 1, 3, ['brokenOff', 3, 0]],
    ['that counts as one of five attempts, with a wait', 5, 2, [200, 3, 1]]
  ])('if a kept connection was closed: %s', async (_what, attempts, last, expected) => {
    const server = await serve((request, response) =>
      [2, last].includes(server.requests()) ? request.socket.destroy() : response.end('{}')
    )
    const { client, clock } = clientOf(server.port)
    await client.send(GET)
    const outcome = await client.trySend(GET, { attempts })
    client.close()
    const result = outcome instanceof ZendeskError ? outcome.kind : outcome.status
    expect([result, server.requests(), clock.sleeps.length]).toEqual(expected)
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
