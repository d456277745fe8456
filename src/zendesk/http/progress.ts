import { type ClientRequest } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { isLookingUp } from './lookup.ts'
import { type NetworkErrorKind } from './network-error.ts'
import { withoutBrackets, type ProxySetting } from './proxy.ts'

/** What a request waits for. */
type Phase = 'proxy' | 'lookup' | 'connect' | 'tls' | 'response' | 'body'

const TIMEOUTS: Readonly<Record<Phase, NetworkErrorKind>> = {
  proxy: 'proxyTimeout',
  lookup: 'lookupTimeout',
  connect: 'connectTimeout',
  tls: 'tlsTimeout',
  response: 'timeout',
  body: 'timeout'
}

/** How far a request has come. */
export class Progress {
  phase: Phase

  constructor({ hostname }: URL, proxy: ProxySetting | undefined) {
    if (proxy !== undefined) this.phase = 'proxy'
    else this.phase = isIP(withoutBrackets(hostname)) === 0 ? 'lookup' : 'connect'
  }

  /** Whether the request was written to its connection: Node does so as soon as this is connected, and secure. */
  get isSent(): boolean {
    return this.phase === 'response' || this.phase === 'body'
  }

  /** The error if it takes too long now. */
  get timeoutKind(): NetworkErrorKind {
    return this.phase === 'proxy' && isLookingUp() ? 'lookupTimeout' : TIMEOUTS[this.phase]
  }

  /** Follows a request that was just made. */
  follow(request: ClientRequest): void {
    const reach = (phase: Phase) => () => void (this.phase = phase)
    request.on('response', reach('body'))
    request.on('socket', (socket: Socket & { secureConnecting?: boolean }) => {
      // Without a free file descriptor, the socket is destroyed before it could connect.
      if (socket.destroyed) return
      const isTls = socket.secureConnecting !== undefined
      if (socket.connecting) {
        socket.once('lookup', reach('connect'))
        socket.once('connect', reach(isTls ? 'tls' : 'response'))
      } else this.phase = socket.secureConnecting === true ? 'tls' : 'response'
      if (isTls) socket.once('secureConnect', reach('response'))
    })
  }
}
