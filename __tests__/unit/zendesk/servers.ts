import * as http from 'node:http'
import * as https from 'node:https'
import * as net from 'node:net'

/*
 * Tiny servers for what nock cannot do: stalls, broken replies, garbage, proxies. Each listens on 127.0.0.1 at a
 * port that the system chooses, and is closed with all its connections by `closeAll`.
 */

const open = new Set<{ server: net.Server; sockets: Set<net.Socket> }>()

export interface Listening {
  port: number
  /** How many connections were made to it. */
  connections: () => number
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
  return { port: (server.address() as net.AddressInfo).port, connections: () => connections }
}

/** A server that answers by HTTP. */
export function serve(answer: http.RequestListener): Promise<Listening> {
  return listen(http.createServer(answer))
}

/** A server that answers by HTTPS, with a certificate that nobody trusts. */
export function serveTls(cert: string, key: string, answer: http.RequestListener): Promise<Listening> {
  const server = https.createServer({ cert, key }, answer)
  server.on('tlsClientError', () => undefined)
  return listen(server)
}

/** A server that sends these bytes to whatever it is asked, and then ends the connection, or resets or keeps it. */
export function sendRaw(bytes: string, then: 'end' | 'reset' | 'keep'): Promise<Listening> {
  const server = net.createServer((socket) => {
    socket.once('data', () => {
      socket.write(bytes, () => {
        if (then === 'end') socket.end()
        // A reset overtakes bytes that were sent just before it, so these are given a moment.
        if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 10)
      })
    })
  })
  return listen(server)
}

/** A proxy that leads every CONNECT to `port` of this machine; `asked` is what it was asked for. */
export async function tunnelTo(port: number): Promise<Listening & { asked: http.IncomingMessage[] }> {
  const asked: http.IncomingMessage[] = []
  const proxy = http.createServer()
  proxy.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    asked.push(request)
    const onward = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  return { ...(await listen(proxy)), asked }
}

/** A port at which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
