import { type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { Unanswered } from '../../../src/zendesk/network-error.ts'
import { Connection, type Call, type Limits, type Reply } from '../../../src/zendesk/connection.ts'
import { FakeWorld, neverStopped, ORIGIN, talk, thrownBy } from '../clock.ts'
import { closeAll, deadPort, sendRaw, serve, serveTls, tunnelTo } from './servers.ts'

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBrzCCAVagAwIBAgIUGWgCmQi5MKLQDTNjLtXWExwqUtIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIzMzUwNVoYDzIxMjYxMDI4
MjMzNTA1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ6Piz2J7umDuT9e3qks1r3w0PibhF6Vc6TnYht2SeYqhpM1Scwed08
nDaeGv46VN8nY8UtN3ZZy+rxK2Xa670go4GDMIGAMB0GA1UdDgQWBBQXyQY1uaZB
AuDGzeLPz+9wQr4lQDAfBgNVHSMEGDAWgBQXyQY1uaZBAuDGzeLPz+9wQr4lQDAP
BgNVHRMBAf8EBTADAQH/MC0GA1UdEQQmMCSCCWxvY2FsaG9zdIIRYWNtZS5leGFt
cGxlLnRlc3SHBH8AAAEwCgYIKoZIzj0EAwIDRwAwRAIgYnRNJdjuR0bdQR9rCuFm
1/gSV9xlQFFOO34ylmeOT1MCIC+UtVLOyU4Jh86H1nOyvrHIKSRYDt80cpAkQbEV
34hv
-----END CERTIFICATE-----`
/** Of a certificate that nobody trusts: there is nothing to be had with it. */
const KEY = ['-----BEGIN', 'PRIVATE KEY-----\n'].join(' ')
  .concat(`MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOBK+pRfj1vS37Q47
YIacY34LHqEK4Qp7cp9LtyJr8M2hRANCAAQ6Piz2J7umDuT9e3qks1r3w0PibhF6
Vc6TnYht2SeYqhpM1Scwed08nDaeGv46VN8nY8UtN3ZZy+rxK2Xa670g
-----END PRIVATE KEY-----`)

const MIB = 1024 * 1024
const GET: Call = { method: 'GET', path: '/api/v2/x' }
const POST: Call = { method: 'POST', path: '/oauth/tokens', body: new Secret('{"a":"ü"}') }
const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']

let connection: Connection | undefined

beforeEach(() => {
  for (const name of PROXIES) Reflect.deleteProperty(process.env, name)
})

afterEach(async () => {
  for (const name of PROXIES) Reflect.deleteProperty(process.env, name)
  connection?.drop()
  connection = undefined
  await closeAll()
})

function connect(to: number | string): Connection {
  connection = new Connection(typeof to === 'number' ? `http://127.0.0.1:${to}` : to, 'tests/1')
  return connection
}

function ask(to: number | string, call = GET, limits: Partial<Limits> = {}): Promise<Reply> {
  return connect(to).exchange(call, { timeout: 5000, stop: neverStopped(), grace: 0, ...limits })
}

async function failure(to: number | string, call = GET, limits: Partial<Limits> = {}): Promise<Unanswered> {
  const error = await thrownBy(ask(to, call, limits))
  if (!(error instanceof Unanswered)) throw error
  return error
}

/** The reply of a server that sends exactly this. */
async function replyTo(bytes: string): Promise<Reply> {
  return ask((await sendRaw(bytes, 'end')).port)
}

describe('what a request looks like', () => {
  async function seen(call: Call): Promise<IncomingMessage & { text: string }> {
    let told: IncomingMessage | undefined
    let text = ''
    const { port } = await serve((request, response) => {
      told = request
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => response.end('{}'))
    })
    await ask(port, call)
    return Object.assign(told!, { text })
  }

  it('is the method, the path with its query, and who asks for what', async () => {
    const { method, url, headers, text } = await seen({ ...GET, path: '/x?page[size]=100&page[after]=a%2Bb' })
    expect([method, url, text]).toEqual(['GET', '/x?page[size]=100&page[after]=a%2Bb', ''])
    expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': 'tests/1' })
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('content-type')
  })

  it('holds the credential and the JSON that it is given, with their length', async () => {
    const { method, headers, text } = await seen({ ...POST, authorization: new Secret('Bearer abc') })
    expect([method, text]).toEqual(['POST', '{"a":"ü"}'])
    expect(headers).toMatchObject({
      authorization: 'Bearer abc',
      'content-type': 'application/json',
      'content-length': '10'
    })
  })

  it('goes to the port of its origin', async () => {
    const { headers } = await seen(GET)
    expect(headers.host).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it.each([
    ['https_proxy', 'https://acme.example.test', 'acme.example.test:443'],
    ['http_proxy', 'http://acme.example.test', 'acme.example.test:80'],
    ['https_proxy', 'https://acme.example.test:8443', 'acme.example.test:8443']
  ])('goes to the port of its origin, or to the usual one: %s %s', async (variable, origin, reached) => {
    const proxy = await tunnelTo(await deadPort())
    process.env[variable] = `http://127.0.0.1:${proxy.port}`
    await failure(origin)
    expect(proxy.asked.map(({ url }) => url)).toEqual([reached])
  })

  it('goes to an address of IPv6 as to any other', async () => {
    expect(await failure(`https://[::1]:${await deadPort()}`)).toMatchObject({ reason: 'connection' })
  })
})

describe('what a reply tells', () => {
  it('is its status, its JSON, and the headers that matter', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(429, {
        date: 'Sat, 21 Nov 2026 12:00:00 GMT',
        'retry-after': '7',
        'x-request-id': 'id-1',
        location: 'https://elsewhere.example/'
      })
      response.end('{"error":"x"}')
    })
    expect(await ask(port)).toEqual({
      status: 429,
      json: { error: 'x' },
      html: false,
      retryAfter: '7',
      location: 'https://elsewhere.example/',
      date: Date.UTC(2026, 10, 21, 12),
      requestId: 'id-1'
    })
  })

  it('is nothing that the reply does not tell', async () => {
    expect(await replyTo('HTTP/1.1 204 No Content\r\n\r\n')).toEqual({
      status: 204,
      json: undefined,
      html: false,
      retryAfter: undefined,
      location: undefined,
      date: undefined,
      requestId: undefined
    })
  })

  it('has no time where the Date is none', async () => {
    expect((await replyTo('HTTP/1.1 200 OK\r\nDate: soon\r\nContent-Length: 0\r\n\r\n')).date).toBeUndefined()
  })

  it.each([
    ['<html>', true],
    ['\ufeff\n <!doctype html>', true],
    ['{"a":"<b>"}', false],
    ['not found', false],
    ['', false]
  ])('is a web page or not: %j', async (body, html) => {
    expect((await replyTo(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`)).html).toBe(html)
  })

  it.each([
    ['{"a":1}', { a: 1 }],
    ['null', null],
    ['[1]', [1]],
    ['"ü"', 'ü'],
    ['', undefined],
    ['{"a":1', undefined],
    ['plain', undefined],
    ['<html>', undefined]
  ])('has the JSON of %j', async (body, json) => {
    const length = Buffer.byteLength(body)
    expect((await replyTo(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`)).json).toEqual(json)
  })

  it('puts together letters that arrive in halves', async () => {
    const { port } = await serve((_request, response) => {
      const bytes = Buffer.from('"üü"')
      response.write(bytes.subarray(0, 2))
      setTimeout(() => response.end(bytes.subarray(2)), 10)
    })
    expect((await ask(port)).json).toBe('üü')
  })

  it.each([301, 302, 303, 307, 308])('is a redirect that is not followed: %d', async (status) => {
    let requests = 0
    const { port } = await serve((_request, response) => {
      requests += 1
      response.writeHead(status, { location: '/elsewhere' })
      response.end()
    })
    expect(await ask(port, POST)).toMatchObject({ status, location: '/elsewhere' })
    expect(requests).toBe(1)
  })

  it('passes a reply by that is only preliminary', async () => {
    expect(
      (await replyTo('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')).status
    ).toBe(200)
  })
})

describe('how much of a reply is read', () => {
  it.each([
    ['with a length', { 'content-length': String(MIB) }],
    ['without one', {}]
  ])('is a whole MiB, %s', async (_how, headers) => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, headers)
      response.end(`"${'x'.repeat(MIB - 2)}"`)
    })
    expect((await ask(port)).json).toHaveLength(MIB - 2)
  })

  it('is not a byte more', async () => {
    const { port } = await serve((_request, response) => response.end(`"${'x'.repeat(MIB - 1)}"`))
    expect(await failure(port)).toMatchObject({ reason: 'too large', sent: true })
  })

  it('ends in the middle of a reply that never ends', async () => {
    const ended = new Promise<void>((resolve) => {
      void serve((_request, response) => {
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        response.on('close', resolve)
        more()
      }).then(async ({ port }) => {
        expect(await failure(port)).toMatchObject({ reason: 'too large' })
      })
    })
    await ended
  })
})

describe('a reply that never becomes complete', () => {
  it.each<[string, string, 'end' | 'reset']>([
    ['ends before its first byte', '', 'end'],
    ['is reset before its first byte', '', 'reset'],
    ['ends in its head', 'HTTP/1.1 200 OK\r\nContent-Le', 'end'],
    ['is reset in its head', 'HTTP/1.1 200 OK\r\nContent-Le', 'reset'],
    ['ends in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"token":{', 'end'],
    ['is reset in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"token":{', 'reset'],
    ['ends between two chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n', 'end'],
    [
      'is reset between two chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
      'reset'
    ],
    ['has chunks of nonsense', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n', 'end'],
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'end'],
    ['is garbage', '\u0000\u0001\u0002\u0003garbage\r\n\r\n', 'end']
  ])('is lost where it %s', async (_what, bytes, then) => {
    const { port } = await sendRaw(bytes, then)
    expect(await failure(port, POST)).toMatchObject({ reason: 'broken off', sent: true })
  })

  it.each([
    ['before its first byte', ''],
    ['in its head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"token":{']
  ])('is given up where it stalls %s', async (_where, bytes) => {
    const { port } = await sendRaw(bytes, 'keep')
    expect(await failure(port, POST, { timeout: 60 })).toMatchObject({ reason: 'timeout', sent: true })
  })

  it('is given up where it drips so slowly that it would take for ever', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      const timer = setInterval(() => response.write('x'), 5)
      response.on('close', () => {
        clearInterval(timer)
      })
    })
    expect(await failure(port, POST, { timeout: 60 })).toMatchObject({ reason: 'timeout', sent: true })
  })
})

describe('a request that is not sent', () => {
  it('is told from a lost reply where nobody listens', async () => {
    expect(await failure(await deadPort(), POST)).toMatchObject({
      reason: 'connection',
      sent: false,
      code: 'ECONNREFUSED'
    })
  })

  it('is told where its credential cannot stand in a header', async () => {
    const { port, connections } = await serve((_request, response) => response.end())
    const error = await thrownBy(ask(port, { ...GET, authorization: new Secret('Bearer € abc') }))
    expect(error).toMatchObject({ code: 'ERR_INVALID_CHAR' })
    expect(error.message).not.toContain('€')
    expect(connections()).toBe(0)
  })

  it('is told where the certificate of the server is not trusted', async () => {
    const { port } = await serveTls(CERTIFICATE, KEY, (_request, response) => response.end('{}'))
    expect(await failure(`https://127.0.0.1:${port}`, POST)).toMatchObject({
      reason: 'certificate',
      sent: false,
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT'
    })
  })

  it('is told where the server speaks no TLS', async () => {
    const { port } = await serve((_request, response) => response.end('{}'))
    expect(await failure(`https://127.0.0.1:${port}`, POST)).toMatchObject({ reason: 'tls', sent: false })
  })

  it('is told where the server never says hello', async () => {
    const { port } = await sendRaw('', 'keep')
    expect(await failure(`https://127.0.0.1:${port}`, POST, { timeout: 60 })).toMatchObject({
      reason: 'timeout',
      sent: false
    })
  })
})

describe('a cancelled job', () => {
  it('gives a request in flight its grace, and then ends it', async () => {
    const { port } = await sendRaw('', 'keep')
    const stop = new AbortController()
    setTimeout(() => {
      stop.abort()
    }, 20)
    const started = performance.now()
    const error = await failure(port, POST, { stop: stop.signal, grace: 50 })
    expect(error).toMatchObject({ reason: 'cancelled', sent: true })
    expect(performance.now() - started).toBeGreaterThanOrEqual(65)
  })

  it('takes a reply that comes in time', async () => {
    const { port } = await serve((_request, response) => setTimeout(() => response.end('{"a":1}'), 60))
    const stop = new AbortController()
    setTimeout(() => {
      stop.abort()
    }, 10)
    expect((await ask(port, POST, { stop: stop.signal, grace: 5000 })).json).toEqual({ a: 1 })
  })
})

describe('a connection', () => {
  const limits = { timeout: 5000, stop: neverStopped(), grace: 0 }

  it('is one for many requests', async () => {
    const { port, connections } = await serve((_request, response) => response.end('{}'))
    const one = connect(port)
    for (let count = 0; count < 4; count += 1) await one.exchange(POST, limits)
    expect(connections()).toBe(1)
  })

  it('is another after it was dropped', async () => {
    const { port, connections } = await serve((_request, response) => response.end('{}'))
    const one = connect(port)
    await one.exchange(GET, limits)
    one.drop()
    one.drop()
    await one.exchange(GET, limits)
    expect(connections()).toBe(2)
  })

  it('is another after a failure, and the failed one is closed', async () => {
    let first = true
    let closed = false
    const { port, connections } = await serve((request, response) => {
      if (!first) return response.end('{}')
      first = false
      request.socket.on('close', () => (closed = true))
      return undefined
    })
    const one = connect(port)
    await thrownBy(one.exchange(GET, { ...limits, timeout: 40 }))
    expect((await one.exchange(GET, limits)).status).toBe(200)
    expect([connections(), closed]).toEqual([2, true])
  })

  it.each([
    ['is kept over a short pause', 2000, 1],
    ['is not kept over a long one', 2001, 2]
  ])('%s of a session', async (_what, pause, expected) => {
    const { port, connections } = await serve((_request, response) => response.end('{}'))
    const { session } = talk({ origin: `http://127.0.0.1:${port}` })
    await session.send(GET)
    await session.pause(pause)
    await session.send(GET)
    session.close()
    expect(connections()).toBe(expected)
  })

  it('is dropped before a session tries again', async () => {
    let status = 500
    const { port, connections } = await serve((_request, response) => {
      response.statusCode = status
      status = 200
      response.end('{}')
    })
    const { session } = talk({ origin: `http://127.0.0.1:${port}` })
    expect((await session.send(GET)).status).toBe(200)
    session.close()
    expect(connections()).toBe(2)
  })

  it('leaves no listener at the signal of the job', async () => {
    const { port } = await serve((_request, response) => response.end('{}'))
    const stop = new AbortController()
    let listeners = 0
    const { signal } = stop
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...told: Parameters<typeof add>) => {
      listeners += 1
      add(...told)
    }
    signal.removeEventListener = (...told: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...told)
    }
    await ask(port, GET, { stop: signal })
    expect(listeners).toBe(0)
  })
})

describe('a session, of failures on real sockets', () => {
  it('tries a reply again that broke off, and tells that it may be lost', async () => {
    let requests = 0
    const { port } = await serve((_request, response) => {
      requests += 1
      if (requests < 3) response.socket?.destroy()
      else response.end('{}')
    })
    const { session, world } = talk({ origin: `http://127.0.0.1:${port}`, world: new FakeWorld(0.5) })
    const lost: number[] = []
    expect((await session.send(POST, { onLostReply: (sentAt) => lost.push(sentAt) })).status).toBe(200)
    session.close()
    expect(world.sleeps).toEqual([250, 500])
    expect(lost).toEqual([session.budget.world.now() - 750, session.budget.world.now() - 500])
  })

  it('does not take a request for lost that never left', async () => {
    const { session, world } = talk({ origin: `http://127.0.0.1:${await deadPort()}` })
    const lost: number[] = []
    await thrownBy(session.send(POST, { onLostReply: (sentAt) => lost.push(sentAt) }))
    expect([lost.length, world.sleeps.length]).toEqual([0, 4])
  })

  it('does not try again where the certificate is not trusted', async () => {
    const { port } = await serveTls(CERTIFICATE, KEY, (_request, response) => response.end('{}'))
    const { session, world } = talk({ origin: `https://127.0.0.1:${port}` })
    expect(await thrownBy(session.send(POST))).toMatchObject({ reason: 'certificate' })
    expect(world.sleeps).toEqual([])
  })

  it('does not try again what is too large', async () => {
    const { port } = await serve((_request, response) => response.end('x'.repeat(MIB + 1)))
    const { session, world } = talk({ origin: `http://127.0.0.1:${port}` })
    expect(await thrownBy(session.send(GET))).toMatchObject({ reason: 'too large' })
    expect(world.sleeps).toEqual([])
  })

  it('does not try again what can never be sent', async () => {
    const { session, world } = talk({ origin: `http://127.0.0.1:${await deadPort()}` })
    await thrownBy(session.send({ ...GET, authorization: new Secret('Bearer € abc') }))
    expect(world.sleeps).toEqual([])
  })
})

describe('a proxy', () => {
  const HOST = 'http://acme.example.test'

  it('is asked for a tunnel to the host, with its own user name and password', async () => {
    const server = await serve((request, response) =>
      response.end(JSON.stringify({ host: request.headers.host }))
    )
    const proxy = await tunnelTo(server.port)
    process.env['http_proxy'] = `http://us%40er:pass%3Aword@127.0.0.1:${proxy.port}`
    expect(await ask(HOST)).toMatchObject({
      status: 200,
      json: { host: expect.stringMatching(/^acme\.example\.test/) as unknown as string }
    })
    expect(proxy.asked.map(({ url }) => url)).toEqual(['acme.example.test:80'])
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('us@er:pass:word').toString('base64')}`
    )
  })

  it('sees no credential', async () => {
    const proxy = await tunnelTo((await serve((_request, response) => response.end('{}'))).port)
    process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`
    await ask(HOST, { ...POST, authorization: new Secret('Bearer abcdefgh') })
    expect(JSON.stringify(proxy.asked[0]?.rawHeaders)).not.toMatch(/abcdefgh|authorization/i)
  })

  it('does not make a certificate trusted', async () => {
    const server = await serveTls(CERTIFICATE, KEY, (_request, response) => response.end('{}'))
    const proxy = await tunnelTo(server.port)
    process.env['https_proxy'] = `http://127.0.0.1:${proxy.port}`
    expect(await failure('https://acme.example.test', POST)).toMatchObject({
      reason: 'certificate',
      sent: false
    })
  })

  it.each([403, 407, 502])(
    'that refuses with %d is an error of its own, and never a lost reply',
    async (status) => {
      const { port } = await sendRaw(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`, 'end')
      process.env['https_proxy'] = `http://127.0.0.1:${port}`
      expect(await failure(ORIGIN, POST)).toMatchObject({
        reason: 'proxy refused',
        sent: false,
        code: String(status)
      })
    }
  )

  it('that refuses is not asked again', async () => {
    const { port, connections } = await sendRaw('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n', 'end')
    process.env['https_proxy'] = `http://127.0.0.1:${port}`
    const { session, world } = talk()
    expect(await thrownBy(session.send(POST))).toMatchObject({ reason: 'proxy refused' })
    expect([connections(), world.sleeps]).toEqual([1, []])
  })

  it('that is not there is told from a server that is not', async () => {
    process.env['https_proxy'] = `http://127.0.0.1:${await deadPort()}`
    expect(await failure(ORIGIN, POST)).toMatchObject({
      reason: 'proxy',
      sent: false,
      code: 'ECONNREFUSED'
    })
  })

  it('that hangs up is not the server', async () => {
    const { port } = await sendRaw('', 'end')
    process.env['https_proxy'] = `http://127.0.0.1:${port}`
    expect(await failure(ORIGIN, POST)).toMatchObject({ reason: 'proxy', sent: false })
  })

  it('that keeps a request waiting is given up in time', async () => {
    const { port } = await sendRaw('', 'keep')
    process.env['https_proxy'] = `http://127.0.0.1:${port}`
    expect(await failure(ORIGIN, POST, { timeout: 60 })).toMatchObject({ reason: 'proxy', sent: false })
  })

  it('with a certificate that is not trusted gets no password', async () => {
    const { port } = await serveTls(CERTIFICATE, KEY, (_request, response) => response.end('{}'))
    process.env['https_proxy'] = `https://user:password@127.0.0.1:${port}`
    expect(await failure(ORIGIN, POST)).toMatchObject({ reason: 'certificate', sent: false })
  })

  it('whose address cannot be read is not passed by', async () => {
    process.env['https_proxy'] = 'proxy.acme.example:8080'
    expect(await failure(ORIGIN, POST)).toMatchObject({
      reason: 'proxy unreadable',
      sent: false,
      code: 'https_proxy'
    })
  })

  it('does not stand before this machine', async () => {
    const { port } = await serve((_request, response) => response.end('{}'))
    process.env['http_proxy'] = `http://127.0.0.1:${await deadPort()}`
    expect((await ask(port)).status).toBe(200)
  })
})
