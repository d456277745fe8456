import { EventEmitter } from 'node:events'
import { type ClientRequest } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { type ProxySetting } from '../../../../src/zendesk/http/proxy.ts'
import { Progress } from '../../../../src/zendesk/http/progress.ts'

const PROXY: ProxySetting = { variable: 'https_proxy', address: 'proxy:3128', hasUser: false }

/** What Node says of a socket when it gives it to a request. */
interface FakeSocket {
  connecting: boolean
  destroyed?: boolean
  /** Missing without TLS. */
  secureConnecting?: boolean
}

/** What is reported after each event of a request, and whether it counts as sent. */
function progressOf(host: string, socket: FakeSocket, events: string[], setting?: ProxySetting): unknown[] {
  const [request, given] = [new EventEmitter(), Object.assign(new EventEmitter(), socket)]
  const progress = new Progress(new URL(`https://${host}`), setting)
  const seen = (): string => `${progress.timeoutKind}${progress.isSent ? ', sent' : ''}`
  progress.follow(request as unknown as ClientRequest)
  const before = seen()
  request.emit('socket', given)
  return [
    before,
    seen(),
    ...events.map((event) => {
      ;(event === 'response' ? request : given).emit(event)
      return seen()
    })
  ]
}

describe('Progress', () => {
  it.each<[string, string, FakeSocket, string[], string[]]>([
    [
      'a host name with TLS',
      'acme.example',
      { connecting: true, secureConnecting: true },
      ['lookup', 'connect', 'secureConnect', 'response'],
      ['lookupTimeout', 'lookupTimeout', 'connectTimeout', 'tlsTimeout', 'timeout, sent', 'timeout, sent']
    ],
    [
      'a host name without TLS',
      'localhost',
      { connecting: true },
      ['lookup', 'connect', 'response'],
      ['lookupTimeout', 'lookupTimeout', 'connectTimeout', 'timeout, sent', 'timeout, sent']
    ],
    ['an IPv4 address', '10.0.0.1', { connecting: true }, [], ['connectTimeout', 'connectTimeout']],
    ['an IPv6 address', '[::1]', { connecting: true }, [], ['connectTimeout', 'connectTimeout']],
    [
      'a connection that was kept',
      'acme.example',
      { connecting: false, secureConnecting: false },
      [],
      ['lookupTimeout', 'timeout, sent']
    ],
    [
      'a socket that the system refuses',
      '10.0.0.1',
      { connecting: false, destroyed: true },
      [],
      ['connectTimeout', 'connectTimeout']
    ]
  ])('of a request to %s', (_what, host, socket, events, expected) => {
    expect(progressOf(host, socket, events)).toEqual(expected)
  })

  it.each<[string, FakeSocket, string[], string[]]>([
    [
      'with TLS',
      { connecting: false, secureConnecting: true },
      ['secureConnect'],
      ['proxyTimeout', 'tlsTimeout', 'timeout, sent']
    ],
    ['without TLS', { connecting: false }, [], ['proxyTimeout', 'timeout, sent']]
  ])('of a request through a proxy, %s', (_what, socket, events, expected) => {
    expect(progressOf('acme.example', socket, events, PROXY)).toEqual(expected)
  })

  it('has the phase `response` until the response begins', () => {
    const request = new EventEmitter()
    const progress = new Progress(new URL('http://10.0.0.1'), undefined)
    progress.follow(request as unknown as ClientRequest)
    request.emit('socket', Object.assign(new EventEmitter(), { connecting: false }))
    expect(progress.phase).toBe('response')
    request.emit('response')
    expect(progress.phase).toBe('body')
  })
})
