import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'

const fixtures = join(import.meta.dirname, 'fixtures/tls')
const pem = (name: string): string => readFileSync(join(fixtures, `${name}.pem`), 'utf8')

/** The certificate of the CA that signed `tls.good` and `tls.wrongName`, for `NODE_EXTRA_CA_CERTS`. */
export const caFile = join(fixtures, 'ca.pem')

/** Certificates of acme.zendesk.com and localhost, of another host, and of a CA that nobody trusts. */
export const tls = {
  good: { key: pem('server-key'), cert: pem('server') },
  wrongName: { key: pem('server-key'), cert: pem('wrong-name') },
  wrongCa: { key: pem('server-key'), cert: pem('wrong-ca') }
}

/** For ports that will refuse connections: on 127.0.0.1 another test may soon use a closed port. */
const quietHost = process.platform === 'darwin' ? '127.0.0.1' : '127.0.0.2'

/** A server that listens. */
export interface Listener {
  host: string
  port: number
  /** Refuses connections from now on; those that are open stay. */
  stop: () => void
  close: () => void
}

async function listen(server: Server, host: string): Promise<Listener> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy()))
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host,
    port,
    stop: () => {
      server.close()
    },
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    }
  }
}

/** Passes each connection on to the port that `target` returns at that moment. */
export function relay(target: () => number, host = quietHost): Promise<Listener> {
  const server = createServer((socket) => {
    couple(socket, connect(target(), '127.0.0.1'))
  })
  return listen(server, host)
}

/** A TLS server that gets no requests, because of its certificate. */
export function impostor(identity: { key: string; cert: string }): Promise<Listener> {
  const server = createTlsServer(identity, (socket) => socket.on('error', () => undefined).end('never'))
  server.on('tlsClientError', () => undefined)
  return listen(server, '127.0.0.1')
}

/** A proxy that connects every host to the port `target`, or refuses with the status that `refusal` returns. */
export function connectProxy(target: number, refusal: () => number | undefined): Promise<Listener> {
  const server = createHttpServer()
  server.on('connect', (_request, socket: Socket) => {
    const status = refusal()
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    couple(socket, connect(target, '127.0.0.1'))
  })
  return listen(server, quietHost)
}

function couple(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a]
  ] as const) {
    from.on('error', () => to.destroy()).pipe(to)
  }
}
