import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { ORIGIN, testClient } from '../clock.ts'
import {
  connect,
  errorOf,
  limits,
  passTimeout,
  POST,
  responseOf,
  until,
  useProxy,
  usesConnections
} from './connect.ts'
import { closedPort, sendRaw, serve, serveEmpty, serveUntrusted, tunnelTo } from './servers.ts'

const HOST = 'http://acme.example.test'
const refusal = (status: number): string => `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`

usesConnections()

describe('a proxy', () => {
  it.each([
    ['https_proxy', 'https://acme.example.test', 'acme.example.test:443'],
    ['http_proxy', 'http://acme.example.test', 'acme.example.test:80'],
    ['https_proxy', 'https://acme.example.test:8443', 'acme.example.test:8443']
  ])('in %s for %s is asked to connect to %s', async (variable, origin, target) => {
    const proxy = await tunnelTo(await closedPort())
    process.env[variable] = `http://127.0.0.1:${proxy.port}`
    await errorOf(origin)
    expect(proxy.asked.map(({ url }) => url)).toEqual([target])
  })

  it('gets its own user name and password, and connects to the server', async () => {
    const server = await serve((request, response) =>
      response.end(JSON.stringify({ host: request.headers.host }))
    )
    const proxy = await tunnelTo(server.port)
    process.env['http_proxy'] = `http://us%40er:pass%3Aword@127.0.0.1:${proxy.port}`
    expect(await responseOf(HOST)).toMatchObject({
      status: 200,
      json: { host: expect.stringMatching(/^acme\.example\.test/) as unknown as string }
    })
    const basic = Buffer.from('us@er:pass:word').toString('base64')
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(`Basic ${basic}`)
  })

  it('does not see the credential', async () => {
    const proxy = await tunnelTo((await serveEmpty()).port)
    useProxy(proxy)
    await responseOf(HOST, { ...POST, authorization: new Secret('Bearer abcdefgh') })
    expect(JSON.stringify(proxy.asked[0]?.rawHeaders)).not.toMatch(/abcdefgh|authorization/i)
  })

  it('does not make the certificate of the server trusted', async () => {
    useProxy(await tunnelTo((await serveUntrusted()).port))
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'certificate', sent: false })
  })

  it.each([403, 407, 502])('that refuses with %d is at fault, not the server', async (status) => {
    useProxy(await sendRaw(refusal(status), 'end'))
    expect(await errorOf(ORIGIN, POST)).toMatchObject({
      kind: 'proxyRefused',
      sent: false,
      code: String(status)
    })
  })

  it.each<[string, 'end' | (() => void)]>([
    ['ends the connection', 'end'],
    ['does not respond in time', passTimeout]
  ])('that %s is at fault, not the server', async (_what, then) => {
    useProxy(await sendRaw('', then))
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'proxy', sent: false })
  })

  it.each<[string, string, (job: AbortController) => void]>([
    ['proxy', 'its time is over', passTimeout],
    [
      'cancelled',
      'the job is cancelled, whatever its grace,',
      (job) => {
        job.abort()
        jest.advanceTimersByTime(0)
      }
    ]
  ])('gets no request (%s) if it connects only after %s', async (kind, _when, end) => {
    const server = await serveEmpty()
    const job = new AbortController()
    let connectNow = (): void => undefined
    const proxy = await tunnelTo(server.port, (ready) => {
      connectNow = ready
      end(job)
    })
    useProxy(proxy)
    const error = await errorOf(HOST, POST, { signal: job.signal, grace: 60_000 })
    expect(error).toMatchObject({ kind, sent: false })

    connectNow()
    await until(() => proxy.asked[0]?.socket.destroyed === true)
    expect(server.requests()).toBe(0)
  })

  it('that does not respond in time does not keep the next request waiting', async () => {
    const { port } = await serveEmpty()
    const proxy = await tunnelTo(port, (connectNow) =>
      proxy.asked.length === 1 ? passTimeout() : connectNow()
    )
    useProxy(proxy)
    const connection = connect(HOST)
    await expect(connection.exchange(POST, limits())).rejects.toMatchObject({ kind: 'proxy' })
    expect((await connection.exchange(POST, limits())).status).toBe(200)
  })

  it('does not count as the server: behind it, a TLS handshake is not yet a request', async () => {
    useProxy(await tunnelTo((await sendRaw('', passTimeout)).port))
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'proxy', sent: false })
  })

  it('that does not listen is at fault, not the server', async () => {
    useProxy({ port: await closedPort() })
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'proxy', sent: false, code: 'ECONNREFUSED' })
  })

  it('that refuses is not asked again', async () => {
    const proxy = await sendRaw(refusal(407), 'end')
    useProxy(proxy)
    const { client, clock } = testClient()
    await expect(client.send(POST)).rejects.toMatchObject({ kind: 'proxyRefused' })
    expect([proxy.connections(), clock.sleeps]).toEqual([1, []])
  })

  it('is not at fault if the server behind it does not respond in time', async () => {
    useProxy(await tunnelTo((await sendRaw('', passTimeout)).port))
    expect(await errorOf(HOST, POST)).toMatchObject({ kind: 'timeout', sent: true })
  })

  it('with an https:// URL is refused, and gets no connection and no password', async () => {
    const { port, connections } = await serveUntrusted()
    process.env['https_proxy'] = `https://user:password@127.0.0.1:${port}`
    const expected = { kind: 'proxyIsHttps', sent: false, code: 'https_proxy' }
    expect(await errorOf(ORIGIN, POST)).toMatchObject(expected)
    expect(connections()).toBe(0)
  })

  it('with a URL that cannot be read is not bypassed', async () => {
    process.env['https_proxy'] = 'proxy.acme.example:8080'
    const expected = { kind: 'proxyUnreadable', sent: false, code: 'https_proxy' }
    expect(await errorOf(ORIGIN, POST)).toMatchObject(expected)
  })

  it('is not used for this machine', async () => {
    const { port } = await serveEmpty()
    useProxy({ port: await closedPort() })
    expect((await responseOf(port)).status).toBe(200)
  })
})
