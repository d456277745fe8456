import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/*
 * Small servers for what nock cannot do: stalls, broken responses, garbage, proxies. Each listens on 127.0.0.1 at a
 * port that the system chooses, and `closeAll` closes it with all its connections.
 */

const certificates = join(import.meta.dirname, 'fixtures/tls')
const pem = (name: string): string => readFileSync(join(certificates, `${name}.pem`), 'utf8')

const open = new Set<{ server: net.Server; sockets: Set<net.Socket> }>()

export interface Listening {
  port: number
  /** How many connections were made to it. */
  connections: () => number
  /** How many requests it has seen. */
  requests: () => number
}

/** Closes every server that was started, and every connection to one. */
export async function closeAll(): Promise<void> {
  for (const { server, sockets } of open) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  open.clear()
}

export async function listen(server: net.Server): Promise<Listening> {
  const sockets = new Set<net.Socket>()
  let connections = 0
  let requests = 0
  for (const event of ['request', 'connect']) server.prependListener(event, () => (requests += 1))
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  open.add({ server, sockets })
  const { port } = server.address() as net.AddressInfo
  return { port, connections: () => connections, requests: () => requests }
}

/** An HTTP server. */
export function serve(respond: http.RequestListener): Promise<Listening> {
  return listen(http.createServer({ keepAliveTimeout: 0 }, respond))
}

/** An HTTP server whose response to every request is `{}`. */
export function serveEmpty(): Promise<Listening> {
  return serve((_request, response) => response.end('{}'))
}

/** The certificate of the CA that `serveTls` needs to be trusted. */
export const CA = pem('ca')

/** An HTTPS server for localhost, with a certificate of {@link CA}. */
export function serveTls(respond: http.RequestListener): Promise<Listening> {
  const server = https.createServer(
    { keepAliveTimeout: 0, cert: pem('server'), key: pem('server-key') },
    respond
  )
  return listen(server)
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

/** A proxy that connects every CONNECT to `port` of this machine; `asked` are the CONNECTs. */
export async function tunnelTo(port: number): Promise<Listening & { asked: http.IncomingMessage[] }> {
  const asked: http.IncomingMessage[] = []
  const proxy = http.createServer()
  proxy.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    asked.push(request)
    const target = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(target).pipe(socket)
    })
    target.on('error', () => socket.destroy())
    socket.on('close', () => target.destroy())
  })
  return { ...(await listen(proxy)), asked }
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
