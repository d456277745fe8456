import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { describe, expect, it } from '@jest/globals'

import { caFile, connectProxy, tls } from '../support/net.ts'
import {
  annotated,
  cancelAtLine,
  cancelAtRequest,
  cancelDuring,
  clientCredentials,
  count,
  deletionById,
  lookUp,
  mainThenPost,
  MINT,
  mockZendesk,
  nothing,
  published,
  runStep,
  shown,
  theToken,
  VERIFIED
} from '../support/adapter.ts'

// Windows has no signals that a process could handle.
const [describeSignals, itWithSignals] =
  process.platform === 'win32' ? [describe.skip, it.skip] : [describe, it.concurrent]
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

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
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()))
    waiting.push(socket)
    result.connections++
    result.onConnection()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const result: Gate = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    onConnection: () => undefined,
    open: () => {
      for (const socket of waiting.splice(0)) {
        const other = connect(port, host)
        sockets.add(other.on('error', () => socket.destroy()))
        socket.pipe(other).pipe(socket)
      }
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
  return result
}

describeSignals('main, cancelled while its mint', () => {
  it.each<[string, NodeJS.Signals, boolean]>([
    ...SIGNALS.map((signal): [string, NodeJS.Signals, boolean] => [
      'waits for the TLS handshake',
      signal,
      false
    ]),
    ['waits for a proxy', 'SIGTERM', true]
  ])('%s (%s), never sends it', async (_what, signal, viaProxy) => {
    const zendesk = await mockZendesk({ tls: tls.good })
    const proxy = await connectProxy(zendesk.port, () => undefined)
    const door = await gate(viaProxy ? proxy : { host: '127.0.0.1', port: zendesk.port })
    let opening: NodeJS.Timeout | undefined
    try {
      const origin = viaProxy ? 'acme.zendesk.com' : `localhost:${door.port}`
      const main = await runStep('main', {
        inputs: clientCredentials(zendesk, { 'base-url': `https://${origin}` }),
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
      expect(zendesk.requests).toEqual([])
    } finally {
      clearTimeout(opening)
      door.close()
      proxy.close()
    }
  })

  it.concurrent.each(SIGNALS)(
    'is answered (%s), masks, saves and publishes the token, and fails; post revokes it',
    async (signal) => {
      const zendesk = await mockZendesk()
      const { preload, onStart } = cancelDuring(zendesk, { path: MINT }, signal, 'response late')
      const run = await mainThenPost(zendesk, { mainRun: { onStart, ...preload } })
      const { value } = theToken(zendesk)
      expect(run.main).toMatchObject({ exitCode: 1, signal: null, stderr: '', outputs: { token: value } })
      expect(run.main.stdout).toContain(`::add-mask::${value}`)
      expect(count(run.main, 'error')).toBe(1)
      expect(run.mainRequests).toEqual(['POST grant'])
      expect(shown(run.post)).toContain(VERIFIED)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('gets no response, waits 6 s for one, and fails', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: MINT }, { kind: 'stall' })
    const { preload, onStart } = cancelAtRequest(zendesk, 1, 'SIGHUP')
    const main = await runStep('main', { inputs: clientCredentials(zendesk), onStart, ...preload })
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '', elapsed: 6000 })
    expect(count(main, 'error')).toBe(1)
    expect(zendesk.requests).toHaveLength(1)
  })
})

itWithSignals('main, cancelled during the check, ends it and fails; post revokes the token', async () => {
  const zendesk = await mockZendesk()
  zendesk.fault(lookUp, [{ kind: 'stall' }])
  const { preload, onStart } = cancelAtRequest(zendesk, 2, 'SIGHUP')
  const run = await mainThenPost(zendesk, { mainRun: { onStart, ...preload } })
  expect(run.main).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
  expect(run.main.outputs['token']).toBe(theToken(zendesk).value)
  expect(shown(run.post)).toContain(VERIFIED)
})

describeSignals('post, cancelled', () => {
  it.concurrent.each(SIGNALS)(
    'while its DELETE is answered (%s), warns that it was accepted and not verified',
    async (signal) => {
      const zendesk = await mockZendesk()
      const { preload, onStart } = cancelDuring(zendesk, deletionById, signal, 'response late')
      const { post, postRequests } = await mainThenPost(zendesk, { postRun: { onStart, ...preload } })
      expect(postRequests).toEqual(['DELETE token by token'])
      expect(annotated(post)).toEqual([expect.stringMatching(/^::warning.*accepted.*not be verified/)])
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent(
    'while its DELETE gets no response, waits 2 s for one, and warns that it was sent',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault(deletionById, { kind: 'stall' })
      // After the two requests of main.
      const { preload, onStart } = cancelAtRequest(zendesk, 3, 'SIGTERM')
      const { post, postRequests } = await mainThenPost(zendesk, { postRun: { onStart, ...preload } })
      expect(postRequests).toEqual(['DELETE token by token'])
      expect(post.elapsed).toBe(2000)
      expect(annotated(post)).toEqual([expect.stringMatching(/^::warning.*\bsent\b/)])
    }
  )

  it.concurrent('while it waits to retry its DELETE, sends nothing more, and warns', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(deletionById, { kind: 'response', status: 503 })
    const { preload, onLine } = cancelAtLine('503', 'SIGTERM')
    const { post, postRequests } = await mainThenPost(zendesk, { postRun: { onLine, ...preload } })
    expect(postRequests).toEqual(['DELETE token by token'])
    expect(count(post, 'warning')).toBe(1)
  })
})
