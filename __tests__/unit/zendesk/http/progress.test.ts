import { EventEmitter } from 'node:events'
import { type ClientRequest } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { Progress } from '../../../../src/zendesk/http/progress.ts'

const PROXY = { variable: 'https_proxy', address: 'proxy:3128', hasUser: false }
const HANDSHAKE = ['lookup', 'connect', 'secureConnect', 'response']

// What Node says of a socket when it gives it to a request: `secureConnecting` is missing without TLS.
const PLAIN = { connecting: true }
const TLS = { connecting: true, secureConnecting: true }
const KEPT = { connecting: false, secureConnecting: false }
const REFUSED = { connecting: false, destroyed: true }
const TUNNEL = { connecting: false }
const TLS_TUNNEL = { connecting: false, secureConnecting: true }

describe('Progress', () => {
  it.each([
    ['to a host name with TLS', 'acme', TLS, HANDSHAKE, 'lookup lookup connect tls response body'],
    ['to a host name without TLS', 'acme', PLAIN, HANDSHAKE, 'lookup lookup connect response response body'],
    ['to an IPv4 address', '10.0.0.1', PLAIN, [], 'connect connect'],
    ['to an IPv6 address', '[::1]', PLAIN, [], 'connect connect'],
    ['on a connection that was kept', 'acme', KEPT, ['response'], 'lookup response body'],
    ['on a socket that the system refuses', '10.0.0.1', REFUSED, [], 'connect connect'],
    ['through a proxy with TLS', 'acme', TLS_TUNNEL, ['secureConnect'], 'proxy tls response'],
    ['through a proxy without TLS', 'acme', TUNNEL, ['response'], 'proxy response body']
  ])('of a request %s goes from event to event', (what, host, given, events, expected) => {
    const [request, socket] = [new EventEmitter(), Object.assign(new EventEmitter(), given)]
    const progress = new Progress(new URL(`https://${host}`), what.includes('proxy') ? PROXY : undefined)
    progress.follow(request as unknown as ClientRequest)
    const phases = [progress.phase]
    request.emit('socket', socket)
    phases.push(progress.phase)
    for (const event of events) {
      ;(event === 'response' ? request : socket).emit(event)
      phases.push(progress.phase)
    }
    expect(phases.join(' ')).toBe(expected)
  })

  it.each([
    ['proxy', 'proxyTimeout', false],
    ['lookup', 'lookupTimeout', false],
    ['connect', 'connectTimeout', false],
    ['tls', 'tlsTimeout', false],
    ['response', 'timeout', true],
    ['body', 'timeout', true]
  ] as const)('in the phase %s would time out as %s, and was sent: %s', (phase, timeoutKind, isSent) => {
    const progress = Object.assign(new Progress(new URL('https://acme'), undefined), { phase })
    expect(progress).toMatchObject({ timeoutKind, isSent })
  })
})
