import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { ORIGIN, testClient } from '../clock.ts'
import { errorOf, POST, responseOf, usesConnections } from './connect.ts'
import { closedPort, sendRaw, serve, serveEmpty, serveUntrusted, tunnelTo } from './servers.ts'

const HOST = 'http://acme.example.test'
const REFUSAL = 'HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'

usesConnections()

describe('a proxy', () => {
  it('is asked for a tunnel to the host, with its own user name and password', async () => {
    const server = await serve((request, response) =>
      response.end(JSON.stringify({ host: request.headers.host }))
    )
    const proxy = await tunnelTo(server.port)
    process.env['http_proxy'] = `http://us%40er:pass%3Aword@127.0.0.1:${proxy.port}`
    expect(await responseOf(HOST)).toMatchObject({
      status: 200,
      json: { host: expect.stringMatching(/^acme\.example\.test/) as unknown as string }
    })
    expect(proxy.requests.map(({ url }) => url)).toEqual(['acme.example.test:80'])
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('us@er:pass:word').toString('base64')}`
    )
  })

  it('does not see the credential', async () => {
    const proxy = await tunnelTo((await serveEmpty()).port)
    process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`
    await responseOf(HOST, { ...POST, authorization: new Secret('Bearer abcdefgh') })
    expect(JSON.stringify(proxy.requests[0]?.rawHeaders)).not.toMatch(/abcdefgh|authorization/i)
  })

  it('does not make the certificate of the server trusted', async () => {
    const proxy = await tunnelTo((await serveUntrusted()).port)
    process.env['https_proxy'] = `http://127.0.0.1:${proxy.port}`
    expect(await errorOf('https://acme.example.test', POST)).toMatchObject({
      kind: 'certificate',
      sent: false
    })
  })

  it.each([403, 407, 502])(
    'that refuses with %d is an error of its own, and no lost response',
    async (status) => {
      const { port } = await sendRaw(REFUSAL.replace('407', String(status)), 'end')
      process.env['https_proxy'] = `http://127.0.0.1:${port}`
      expect(await errorOf(ORIGIN, POST)).toMatchObject({
        kind: 'proxyRefused',
        sent: false,
        code: String(status)
      })
    }
  )

  it('that refuses is not asked again', async () => {
    const { port, connections } = await sendRaw(REFUSAL, 'end')
    process.env['https_proxy'] = `http://127.0.0.1:${port}`
    const { client, clock } = testClient()
    await expect(client.send(POST)).rejects.toMatchObject({ kind: 'proxyRefused' })
    expect([connections(), clock.sleeps]).toEqual([1, []])
  })

  it('that does not listen is at fault, not the server', async () => {
    process.env['https_proxy'] = `http://127.0.0.1:${await closedPort()}`
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'proxy', sent: false, code: 'ECONNREFUSED' })
  })

  it('that ends the connection is at fault, not the server', async () => {
    const { port } = await sendRaw('', 'end')
    process.env['https_proxy'] = `http://127.0.0.1:${port}`
    expect(await errorOf(ORIGIN, POST)).toMatchObject({ kind: 'proxy', sent: false })
  })

  it('that does not respond in time is at fault, not the server', async () => {
    const { port } = await sendRaw('', 'keep')
    process.env['https_proxy'] = `http://127.0.0.1:${port}`
    expect(await errorOf(ORIGIN, POST, { timeout: 60 })).toMatchObject({ kind: 'proxy', sent: false })
  })

  it('is not at fault if the server behind it does not respond in time', async () => {
    const proxy = await tunnelTo((await sendRaw('', 'keep')).port)
    process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`
    expect(await errorOf(HOST, POST, { timeout: 80 })).toMatchObject({ kind: 'timeout', sent: true })
  })

  it('with an https:// URL is refused, and gets no connection and no password', async () => {
    const { port, connections } = await serveUntrusted()
    process.env['https_proxy'] = `https://user:password@127.0.0.1:${port}`
    expect(await errorOf(ORIGIN, POST)).toMatchObject({
      kind: 'proxyIsHttps',
      sent: false,
      code: 'https_proxy'
    })
    expect(connections()).toBe(0)
  })

  it('with a URL that cannot be read is not bypassed', async () => {
    process.env['https_proxy'] = 'proxy.acme.example:8080'
    expect(await errorOf(ORIGIN, POST)).toMatchObject({
      kind: 'proxyUnreadable',
      sent: false,
      code: 'https_proxy'
    })
  })

  it('is not used for this machine', async () => {
    const { port } = await serveEmpty()
    process.env['http_proxy'] = `http://127.0.0.1:${await closedPort()}`
    expect((await responseOf(port)).status).toBe(200)
  })
})
