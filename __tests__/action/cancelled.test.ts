import { expect, it } from '@jest/globals'
import { type Zendesk } from '../../mock/zendesk.ts'
import { cancelDuring, describeSignals } from '../support/cancel.ts'
import { annotated, count, NOTHING, published, shown, VERIFIED } from '../support/log-lines.ts'
import { LINES, theToken } from '../support/requests.ts'
import { mainThenPost, runStep, type StepRun } from '../support/run-action.ts'
import { caFile, connectProxy, gate, tls } from '../support/servers.ts'
import { clientCredentials, DELETION_BY_ID, GRANT, mockZendesk } from '../support/zendesk.ts'

/* How each step ends when it is cancelled at each point of its work is in `faults/kills.test.ts`. */

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

  it.concurrent('is answered, masks, saves and publishes the token, and fails; post revokes it', async () => {
    const zendesk = await mockZendesk()
    const cancel = cancelDuring(zendesk, { path: GRANT }, 'SIGHUP', 'response late')
    const run = await mainThenPost(zendesk, { mainRun: cancel })
    const { value } = theToken(zendesk)
    expect(run.main).toMatchObject({ exitCode: 1, signal: null, stderr: '', outputs: { token: value } })
    expect(run.main.stdout).toContain(`::add-mask::${value}`)
    expect(count(run.main, 'error')).toBe(1)
    expect(run.mainRequests).toEqual(['POST grant'])
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('gets no response, waits 6 s for one, and fails', async () => {
    const zendesk = await mockZendesk()
    const cancel = cancelDuring(zendesk, { path: GRANT }, 'SIGHUP')
    const main = await runStep('main', { inputs: clientCredentials(zendesk), ...cancel })
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '', elapsed: 6000 })
    expect(count(main, 'error')).toBe(1)
    expect(zendesk.requests).toHaveLength(1)
  })
})

describeSignals('post, cancelled while its DELETE', () => {
  const answered = (zendesk: Zendesk): StepRun =>
    cancelDuring(zendesk, DELETION_BY_ID, 'SIGINT', 'response late')
  const stalled = (zendesk: Zendesk): StepRun => cancelDuring(zendesk, DELETION_BY_ID, 'SIGTERM')
  const unavailable = (zendesk: Zendesk): StepRun => {
    zendesk.fault(DELETION_BY_ID, { kind: 'response', status: 503 })
    return { signalAt: /; attempt 2/, signal: 'SIGTERM' }
  }

  it.concurrent.each([
    ['is answered, warns that it was accepted and not verified', answered, /accepted.*not be verified/, 0],
    ['gets no response, waits 2 s for one, and warns that it was sent', stalled, /\bsent\b/, 2000],
    ['waits to be retried, sends nothing more, and warns', unavailable, /job was cancelled/, 0]
  ])('%s', async (_what, cancel, words, elapsed) => {
    const zendesk = await mockZendesk()
    const { post, postRequests } = await mainThenPost(zendesk, { postRun: cancel(zendesk) })
    expect(postRequests).toEqual([LINES.byId])
    expect(annotated(post)).toEqual([expect.stringMatching(words)])
    expect(post.elapsed).toBe(elapsed)
  })
})
