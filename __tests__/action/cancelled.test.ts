import { describe, expect, it } from '@jest/globals'

import { cancelAtLine, cancelAtRequest, cancelDuring } from '../support/cancel.ts'
import { annotated, count, NOTHING, published, shown, VERIFIED } from '../support/log-lines.ts'
import { LINES, theToken } from '../support/requests.ts'
import { mainThenPost, runStep } from '../support/run-action.ts'
import { caFile, connectProxy, gate, tls } from '../support/servers.ts'
import { clientCredentials, DELETION_BY_ID, GRANT, LOOK_UP, mockZendesk } from '../support/zendesk.ts'

// Windows has no signals that a process could handle.
const [describeSignals, itWithSignals] =
  process.platform === 'win32' ? [describe.skip, it.skip] : [describe, it.concurrent]
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

describeSignals('main, cancelled while its mint', () => {
  it.each<[string, NodeJS.Signals]>([
    ['the TLS handshake', 'SIGINT'],
    ['a proxy', 'SIGTERM']
  ])('waits for %s (%s), never sends it', async (what, signal) => {
    const zendesk = await mockZendesk({ tls: tls.good })
    const viaProxy = what === 'a proxy'
    const target = viaProxy ? await connectProxy(zendesk.port) : { host: '127.0.0.1', port: zendesk.port }
    let opening: NodeJS.Timeout | undefined
    let cancel = (): unknown => undefined
    const door = await gate(target, () => {
      if (opening) return
      cancel()
      // A process that ignores the signal connects in the end; one that obeys has long ended.
      opening = setTimeout(door.open, 1500)
    })
    const origin = viaProxy ? 'acme.zendesk.com' : `localhost:${door.port}`
    const proxy = viaProxy ? { https_proxy: `http://127.0.0.1:${door.port}` } : {}
    const main = await runStep('main', {
      inputs: clientCredentials(zendesk, { 'base-url': `https://${origin}` }),
      env: { NODE_EXTRA_CA_CERTS: caFile, ...proxy },
      onStart: ({ kill }) => {
        cancel = () => kill(signal)
      }
    })
    clearTimeout(opening)
    expect(door.connections()).toBe(1)
    expect(main).toMatchObject({ exitCode: 1, stderr: '' })
    expect(published(main)).toEqual(NOTHING)
    expect(count(main, 'error')).toBe(1)
    expect(zendesk.requests).toEqual([])
  })

  it.concurrent.each(SIGNALS)(
    'is answered (%s), masks, saves and publishes the token, and fails; post revokes it',
    async (signal) => {
      const zendesk = await mockZendesk()
      const cancel = cancelDuring(zendesk, { path: GRANT }, signal, 'response late')
      const run = await mainThenPost(zendesk, { mainRun: cancel })
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
    zendesk.fault({ path: GRANT }, { kind: 'stall' })
    const cancel = cancelAtRequest(zendesk, 1, 'SIGHUP')
    const main = await runStep('main', { inputs: clientCredentials(zendesk), ...cancel })
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '', elapsed: 6000 })
    expect(count(main, 'error')).toBe(1)
    expect(zendesk.requests).toHaveLength(1)
  })
})

itWithSignals('main, cancelled during the check, ends it and fails; post revokes the token', async () => {
  const zendesk = await mockZendesk()
  zendesk.fault(LOOK_UP, [{ kind: 'stall' }])
  const cancel = cancelAtRequest(zendesk, 2, 'SIGHUP')
  const run = await mainThenPost(zendesk, { mainRun: cancel })
  expect(run.main).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
  expect(run.main.outputs['token']).toBe(theToken(zendesk).value)
  expect(shown(run.post)).toContain(VERIFIED)
})

describeSignals('post, cancelled while its DELETE', () => {
  it.concurrent('is answered (SIGINT), warns that it was accepted and not verified', async () => {
    const zendesk = await mockZendesk()
    const cancel = cancelDuring(zendesk, DELETION_BY_ID, 'SIGINT', 'response late')
    const { post, postRequests } = await mainThenPost(zendesk, { postRun: cancel })
    expect(postRequests).toEqual([LINES.byId])
    expect(annotated(post)).toEqual([expect.stringMatching(/^::warning.*accepted.*not be verified/)])
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('gets no response, waits 2 s for one, and warns that it was sent', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(DELETION_BY_ID, { kind: 'stall' })
    // After the two requests of main.
    const cancel = cancelAtRequest(zendesk, 3, 'SIGTERM')
    const { post, postRequests } = await mainThenPost(zendesk, { postRun: cancel })
    expect(postRequests).toEqual([LINES.byId])
    expect(post.elapsed).toBe(2000)
    expect(annotated(post)).toEqual([expect.stringMatching(/^::warning.*\bsent\b/)])
  })

  it.concurrent('waits to be retried, sends nothing more, and warns', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(DELETION_BY_ID, { kind: 'response', status: 503 })
    const cancel = cancelAtLine('503', 'SIGTERM')
    const { post, postRequests } = await mainThenPost(zendesk, { postRun: cancel })
    expect(postRequests).toEqual([LINES.byId])
    expect(count(post, 'warning')).toBe(1)
  })
})
