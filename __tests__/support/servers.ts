/*
 * Servers for what neither the mock nor nock can do: stalls, broken responses, garbage, certificates, proxies. Each
 * listens at a port that the system chooses, and is closed with all its connections after the tests of the file, if
 * not before.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterAll } from '@jest/globals'

const certificates = join(import.meta.dirname, 'fixtures/tls')
const pem = (name: string): string => readFileSync(join(certificates, `${name}.pem`), 'utf8')

/** The file with the certificate of the CA that signed `tls.good` and `tls.wrongName`, for `NODE_EXTRA_CA_CERTS`. */
export const caFile = join(certificates, 'ca.pem')
export const CA = pem('ca')

/** The files of certificates that signed themselves, so that each is its own CA. */
export const selfSigned = {
  expired: join(certificates, 'expired.pem'),
  notYetValid: join(certificates, 'not-yet-valid.pem')
}

/** Certificates of acme.zendesk.com and localhost, of another host, of a CA that nobody trusts, and for another time. */
export const tls = {
  good: { key: pem('server-key'), cert: pem('server') },
  wrongName: { key: pem('server-key'), cert: pem('wrong-name') },
  wrongCa: { key: pem('server-key'), cert: pem('wrong-ca') },
  expired: { key: pem('server-key'), cert: pem('expired') },
  notYetValid: { key: pem('server-key'), cert: pem('not-yet-valid') }
}

/** For ports that will refuse connections: on 127.0.0.1 another test may soon use a closed port. */
const quietHost = process.platform === 'darwin' ? '127.0.0.1' : '127.0.0.2'

/** A server that listens. */
type Listening = Awaited<ReturnType<typeof listen>>

const open = new Set<{ server: net.Server; sockets: Set<net.Socket> }>()
afterAll(closeAll)

/** Closes every server that was started, and every connection to one. */
export async function closeAll(): Promise<void> {
  for (const { server, sockets } of open) {
    for (const socket of sockets) socket.destroy()
    // One that was stopped may be closed already, which is an error that says so.
    await new Promise((resolve) => server.close(resolve))
  }
  open.clear()
}

async function listen(server: net.Server, host = '127.0.0.1') {
  const sockets = new Set<net.Socket>()
  let connections = 0
  let requests = 0
  for (const event of ['request', 'connect']) server.prependListener(event, () => (requests += 1))
  server.on('connection', (socket: net.Socket) => {
    connections += 1
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()))
  })
  open.add({ server, sockets })
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    host,
    port,
    /** How many connections were made to it. */
    connections: () => connections,
    /** How many requests it has seen. */
    requests: () => requests,
    /** Refuses connections from now on; those that are open stay. */
    stop: () => void server.close(),
    /** Accepts connections again. */
    restart: () => once(server.listen(port, host), 'listening')
  }
}

/** An HTTP server. */
export function serve(respond: http.RequestListener): Promise<Listening> {
  return listen(http.createServer({ keepAliveTimeout: 0 }, respond))
}

/** An HTTP server whose response to every request is `{}`. */
export function serveEmpty(): Promise<Listening> {
  return serve((_request, response) => response.end('{}'))
}

/** An HTTPS server for localhost, with a certificate of {@link CA}. */
export function serveTls(respond: http.RequestListener): Promise<Listening> {
  return listen(https.createServer({ keepAliveTimeout: 0, ...tls.good }, respond))
}

/** A TLS server that gets no requests, because of its certificate or of the one that it demands. */
export function impostor(options: TlsOptions): Promise<Listening> {
  const server = createTlsServer(options, (socket) => socket.on('error', () => undefined).end('never'))
  return listen(server.on('tlsClientError', () => undefined))
}

/** A server that responds to anything with these bytes, and then ends or resets the connection, or keeps it and acts. */
export function sendRaw(bytes: string | Buffer, then: 'end' | 'reset' | (() => void)): Promise<Listening> {
  const server = net.createServer((socket) => {
    socket.once('data', () => {
      socket.write(bytes, () => {
        if (then === 'end') socket.end()
        // A reset overtakes bytes that were sent just before it, so it waits a moment.
        else if (then === 'reset') void setTimeout(10).then(() => socket.resetAndDestroy())
        else then()
      })
    })
  })
  return listen(server)
}

/** Passes each connection on to the port that `target` returns at that moment. */
export function relay(target: () => number, host = quietHost): Promise<Listening> {
  const server = net.createServer((socket) => couple(socket, net.connect(target(), '127.0.0.1')))
  return listen(server, host)
}

/** Accepts connections to a server, and passes nothing on until it is opened. */
export async function gate(
  { host, port }: Pick<Listening, 'host' | 'port'>,
  onConnection: () => void
): Promise<Listening & { open: () => void }> {
  const waiting: net.Socket[] = []
  const server = net.createServer((socket) => {
    waiting.push(socket)
    onConnection()
  })
  const open = (): void => {
    for (const socket of waiting.splice(0)) couple(socket, net.connect(port, host))
  }
  return { ...(await listen(server)), open }
}

/**
 * A proxy that connects every CONNECT to the port `target` of this machine, or refuses it with the status that
 * `refusal` returns; `asked` are the CONNECTs.
 */
export async function connectProxy(
  target: number,
  refusal: () => number | undefined = () => undefined
): Promise<Listening & { asked: http.IncomingMessage[] }> {
  const asked: http.IncomingMessage[] = []
  const server = http.createServer()
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    asked.push(request)
    const status = refusal()
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const other = net.connect(target, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      couple(socket, other)
    })
    other.on('error', () => socket.destroy())
  })
  return { ...(await listen(server, quietHost)), asked }
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const { port, stop } = await listen(net.createServer())
  stop()
  return port
}

/** Passes bytes both ways; if one of the two breaks, so does the other. */
function couple(a: net.Socket, b: net.Socket): void {
  a.on('error', () => b.destroy()).pipe(b)
  b.on('error', () => a.destroy()).pipe(a)
}
