import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { beforeAll, describe, expect, it } from '@jest/globals'

import { type Fault, type Zendesk } from '../../mock/zendesk.ts'
import { caFile, connectProxy, tls } from '../support/net.ts'
import {
  annotated,
  at,
  cancelAtRequest,
  cancelDuring,
  count,
  credentials,
  CURRENT,
  mainThenPost,
  MINT,
  mockZendesk,
  nothing,
  published,
  runStep,
  shown,
  theToken,
  VERIFIED
} from './adapter.ts'

const question = { method: 'GET', path: CURRENT }

/** Accepts connections, and passes nothing on until it is opened. */
interface Gate {
  port: number
  connections: number
  onConnection: () => void
  open: () => void
  close: () => void
}

async function gate({ host, port }: { host: string; port: number }): Promise<Gate> {
  const waiting: Socket[] = []
  const sockets = new Set<Socket>()
  let isOpen = false
  const couple = (socket: Socket): void => {
    const other = connect(port, host)
    sockets.add(other)
    for (const [from, to] of [
      [socket, other],
      [other, socket]
    ] as const) {
      from.on('error', () => to.destroy()).pipe(to)
    }
  }
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()))
    result.connections++
    if (isOpen) couple(socket)
    else waiting.push(socket)
    result.onConnection()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const result: Gate = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    onConnection: () => undefined,
    open: () => {
      isOpen = true
      waiting.splice(0).forEach(couple)
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
  return result
}

let secure: Zendesk
beforeAll(async () => {
  secure = await mockZendesk({ tls: tls.good })
})

/** What only the proxy of the environment can find, or else a name server that knows this one. */
const account = (): string => `https://acme.zendesk.com:${secure.port}`

describe('a proxy whose URL begins with https://', () => {
  it.each(['https_proxy', 'HTTPS_PROXY'])(
    'in %s is refused before any connection, and the error says to write http://',
    async (name) => {
      const proxy = await gate({ host: '127.0.0.1', port: secure.port })
      try {
        const main = await runStep('main', {
          inputs: at(secure, { ...credentials.clientCredentials(secure), 'base-url': account() }),
          env: { [name]: `https://ci:a-proxy-password@127.0.0.1:${proxy.port}` }
        })
        expect(main).toMatchObject({ exitCode: 1, stderr: '' })
        expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*http:\/\//)])
        expect(shown(main)).not.toContain('a-proxy-password')
        expect(main.stdout).toContain('::add-mask::a-proxy-password')
        expect(proxy.connections).toBe(0)
      } finally {
        proxy.close()
      }
    }
  )

  it('does not matter for a host of no_proxy', async () => {
    const main = await runStep('main', {
      inputs: at(secure, { ...credentials.clientCredentials(secure), 'base-url': account() }),
      env: { NODE_EXTRA_CA_CERTS: caFile, https_proxy: 'https://127.0.0.1:9', no_proxy: 'acme.zendesk.com' },
      lookups: 9
    })
    expect(main).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

describe('a cancel while the mint is still connecting', () => {
  it.each<[string, NodeJS.Signals, boolean]>([
    ['the TLS handshake hangs', 'SIGINT', false],
    ['the TLS handshake hangs', 'SIGTERM', false],
    ['the TLS handshake hangs', 'SIGHUP', false],
    ['the proxy does not answer CONNECT', 'SIGTERM', true]
  ])('(%s, %s) abandons it: nothing is sent later', async (_what, signal, viaProxy) => {
    const proxy = await connectProxy(secure.port, () => undefined)
    const door = await gate(viaProxy ? proxy : { host: '127.0.0.1', port: secure.port })
    secure.forget()
    let opening: NodeJS.Timeout | undefined
    try {
      const main = await runStep('main', {
        inputs: at(secure, {
          ...credentials.clientCredentials(secure),
          'base-url': viaProxy ? account() : `https://localhost:${door.port}`
        }),
        env: {
          NODE_EXTRA_CA_CERTS: caFile,
          ...(viaProxy && { https_proxy: `http://127.0.0.1:${door.port}` })
        },
        onStart: ({ kill }) => {
          door.onConnection = () => {
            if (opening) return
            kill(signal)
            // A process that ignores the signal connects in the end; one that obeys has long ended.
            opening = setTimeout(door.open, 1500)
          }
        }
      })
      expect(door.connections).toBe(1)
      expect(main).toMatchObject({ exitCode: 1, stderr: '' })
      expect(published(main)).toEqual(nothing)
      expect(count(main, 'error')).toBe(1)
      expect(secure.requests).toEqual([])
    } finally {
      clearTimeout(opening)
      door.close()
      proxy.close()
    }
  })
})

describe('a cancel while the mint is answered', () => {
  it.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: the token is masked, saved and published, the step fails, and post revokes it',
    async (signal) => {
      const zendesk = await mockZendesk()
      const { preload, onStart } = cancelDuring(zendesk, { path: MINT }, signal, 'response late')
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
        mainRun: { onStart, ...preload }
      })
      const { value } = theToken(zendesk)
      expect(run.main).toMatchObject({ exitCode: 1, signal: null, stderr: '', outputs: { token: value } })
      expect(run.main.stdout).toContain(`::add-mask::${value}`)
      expect(count(run.main, 'error')).toBe(1)
      expect(run.mainRequests).toEqual(['POST grant'])
      expect(shown(run.post)).toContain(VERIFIED)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('a mint that is not answered gets 6 s', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, { kind: 'stall' })
    const { preload, onStart } = cancelAtRequest(zendesk, 1, 'SIGHUP')
    const main = await runStep('main', {
      inputs: at(zendesk, credentials.clientCredentials(zendesk)),
      onStart,
      ...preload
    })
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '', elapsed: 6000 })
    expect(count(main, 'error')).toBe(1)
    expect(zendesk.requests).toHaveLength(1)
  })

  it.concurrent('SIGHUP during the check ends it, and post revokes the token', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(question, [{ kind: 'stall' }])
    const { preload, onStart } = cancelAtRequest(zendesk, 2, 'SIGHUP')
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      mainRun: { onStart, ...preload }
    })
    expect(run.main).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
    expect(run.main.outputs['token']).toBe(theToken(zendesk).value)
    expect(shown(run.post)).toContain(VERIFIED)
  })
})

describe('a timeout', () => {
  it.concurrent.each([7, 61])('names the %i s of the step', async (seconds) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, { kind: 'stall' })
    const main = await runStep('main', {
      inputs: at(zendesk, { ...credentials.clientCredentials(zendesk), 'timeout-seconds': seconds })
    })
    expect(main.exitCode).toBe(1)
    const errors = annotated(main).filter((line) => line.startsWith('::error'))
    expect(errors).toEqual([expect.stringMatching(new RegExp(`\\b${seconds} ?s(econds)?\\b`))])
  })
})

describe('a reused connection that turns out closed', () => {
  it.concurrent('the check asks once more, at once', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(question, [{ kind: 'reset' }])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.mainRequests).toEqual(['POST grant', 'GET current by token', 'GET current by token'])
    expect(zendesk.requests.slice(0, 3).map(({ connection }) => connection)).toEqual([1, 1, 2])
    expect(run.main).toMatchObject({ exitCode: 0, elapsed: 0 })
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
    expect(annotated(run.main)).toEqual([])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('only once, and then the token is not checked', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...question, count: 2 }, { kind: 'reset' })
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.mainRequests).toEqual(['POST grant', 'GET current by token', 'GET current by token'])
    expect(run.main.exitCode).toBe(0)
    expect(shown(run.main)).toMatch(/not (be )?(checked|verified)/)
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('a new connection that is reset is not asked again', async () => {
    const zendesk = await mockZendesk()
    const last: Fault = {
      kind: 'edit',
      edit: (response) => ({ ...response, headers: { ...response.headers, Connection: 'close' } })
    }
    zendesk.fault({ path: MINT }, [last])
    zendesk.fault(question, [{ kind: 'reset' }])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.mainRequests).toEqual(['POST grant', 'GET current by token'])
    expect(run.main.exitCode).toBe(0)
    expect(shown(run.main)).toMatch(/not (be )?(checked|verified)/)
  })
})

describe('lost responses to the mint', () => {
  it.concurrent.each([
    [1, /an unused token/i],
    [2, /up to 2 tokens|up to 2 unused tokens/i],
    [4, /up to 4 tokens|up to 4 unused tokens/i]
  ])('%i of them: one warning says how many tokens may exist', async (lost, words) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT, count: lost }, { kind: 'lose-response' })
    const main = await runStep('main', { inputs: at(zendesk, credentials.clientCredentials(zendesk)) })
    expect(main.exitCode).toBe(0)
    expect(annotated(main)).toEqual([expect.stringMatching(words)])
    expect(annotated(main)[0]).toMatch(/^::warning.*ci_bot.*12:00.*sweep/)
    expect(zendesk.activeTokens()).toHaveLength(lost + 1)
  })

  it.concurrent('all five: the warning comes beside the error', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, { kind: 'lose-response' })
    const main = await runStep('main', { inputs: at(zendesk, credentials.clientCredentials(zendesk)) })
    expect(main.exitCode).toBe(1)
    expect([count(main, 'warning'), count(main, 'error')]).toEqual([1, 1])
    expect(zendesk.activeTokens()).toHaveLength(5)
  })
})

describe('a gateway in front of the mint', () => {
  it.concurrent.each([401, 403])(
    'HTML %i: the error says that something in front of Zendesk answered',
    async (status) => {
      const zendesk = await mockZendesk()
      zendesk.fault({ path: MINT }, { kind: 'gateway', status })
      const main = await runStep('main', { inputs: at(zendesk, credentials.clientCredentials(zendesk)) })
      expect(main.exitCode).toBe(1)
      expect(zendesk.requests).toHaveLength(1)
      expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*in front of Zendesk/)])
    }
  )

  it.concurrent('HTML 429: waited out, with its Retry-After', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT, count: 7 }, { kind: 'gateway', status: 429, headers: { 'Retry-After': '3' } })
    const main = await runStep('main', {
      inputs: at(zendesk, credentials.clientCredentials(zendesk)),
      random: 0
    })
    expect(main).toMatchObject({ exitCode: 0, elapsed: 21_000 })
  })
})
