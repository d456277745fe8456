import { describe, expect, it } from '@jest/globals'

import { type Fault } from '../../../mock/zendesk.ts'
import { annotated, count, shown, VERIFIED } from '../../support/log-lines.ts'
import { expectVerified, mainThenPost, type Run } from '../../support/run-action.ts'
import { edited, GRANT, LOOK_UP, mockZendesk, theToken, changed, STRAY_401 } from '../../support/zendesk.ts'

const CHECK = 'GET current by token'
const DELETED_AS_CURRENT = ['DELETE current by token', 'GET current by token']

/** Main published the token without what only the check reports, and said so. */
function expectUnchecked({ main }: Run, token: string): void {
  expect(main).toMatchObject({ exitCode: 0, stderr: '' })
  expect(main.outputs).toMatchObject({ token, 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' })
  expect(shown(main)).toMatch(/not (be )?(checked|verified)/)
}

describe('main checks the new token with one request', () => {
  it.concurrent.each<[string, Fault]>([
    ['an HTML 401', { kind: 'gateway', status: 401 }],
    ['an empty 403', { kind: 'empty', status: 403 }],
    ['a 200 with HTML', { kind: 'html' }],
    ['a 503', { kind: 'response', status: 503 }]
  ])('and after %s it continues, and logs that the token was not checked', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, [fault])
    const run = await mainThenPost(zendesk)
    expect(run.mainRequests).toEqual(['POST grant', CHECK])
    expectUnchecked(run, theToken(zendesk).value)
    expectVerified(zendesk, run, DELETED_AS_CURRENT)
  })

  it.concurrent('and ignores a response about another token, which post does not revoke', async () => {
    const zendesk = await mockZendesk()
    const [other] = zendesk.seedTokens(1)
    zendesk.behaviour.currentIsAbout = other!.id
    const run = await mainThenPost(zendesk)
    expectUnchecked(run, theToken(zendesk).value)
    expect(shown(run.main)).not.toContain(String(other!.id))
    expectVerified(zendesk, run, DELETED_AS_CURRENT)
    expect(zendesk.activeTokens()).toEqual([other])
  })

  it.concurrent('and accepts a response that does not show how the token begins', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, [
      edited<{ token: object }>(({ token }) => ({ token: { ...token, token: undefined } }))
    ])
    const run = await mainThenPost(zendesk)
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
    expectVerified(zendesk, run, ['DELETE token by token', 'GET current by token'])
  })
})

describe('main repeats the check of the new token', () => {
  it.concurrent('after 0.5, 1 and 2 s if Zendesk rejects it: a server may not know it yet', async () => {
    const zendesk = await mockZendesk({ unknownAtFirst: { requests: 3 } })
    const run = await mainThenPost(zendesk)
    expect(run.mainRequests).toEqual(['POST grant', ...Array<string>(4).fill(CHECK)])
    expect(run.main).toMatchObject({ exitCode: 0, elapsed: 3500 })
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
    expect(shown(run.post)).toContain(VERIFIED)
  })

  const rejected = [STRAY_401, { kind: 'response', status: 503 }, { kind: 'gateway' }] as const

  it.concurrent('after a rejection until a response is about the token', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, [...rejected])
    const run = await mainThenPost(zendesk)
    expect(run.mainRequests).toEqual(['POST grant', ...Array<string>(4).fill(CHECK)])
    expect(run.main).toMatchObject({ exitCode: 0, elapsed: 3500 })
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
  })

  it.concurrent('after a rejection four times, and then fails although only one was rejected', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, [...rejected, { kind: 'html' }])
    const run = await mainThenPost(zendesk)
    expect(run.mainRequests).toHaveLength(5)
    expect(run.main.exitCode).toBe(1)
    expect(count(run.main, 'error')).toBe(1)
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('until the fourth rejection, and then fails; post revokes the token', async () => {
    const zendesk = await mockZendesk({ unknownAtFirst: { requests: 4 } })
    const run = await mainThenPost(zendesk)
    expect(run.main.exitCode).toBe(1)
    expect(count(run.main, 'error')).toBe(1)
    expect(run.mainRequests).toHaveLength(5)
    // The outputs known by then are set: only the check was still to come.
    expect(run.main.outputs['token']).toBe(theToken(zendesk).value)
    expectVerified(zendesk, run, DELETED_AS_CURRENT)
  })

  it.concurrent('at once if the connection that it reused turns out to be closed', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(LOOK_UP, [{ kind: 'reset' }])
    const run = await mainThenPost(zendesk)
    expect(run.mainRequests).toEqual(['POST grant', CHECK, CHECK])
    expect(zendesk.requests.slice(0, 3).map(({ connection }) => connection)).toEqual([1, 1, 2])
    expect(run.main).toMatchObject({ exitCode: 0, elapsed: 0 })
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
    expect(annotated(run.main)).toEqual([])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent.each([
    ['not again if the second connection is reset as well', false, 2],
    ['not if a connection of its own is reset', true, 1]
  ])('but %s: the token is not checked', async (_when, isNew, checks) => {
    const zendesk = await mockZendesk()
    const last = changed(({ headers }) => ({ headers: { ...headers, Connection: 'close' } }))
    if (isNew) zendesk.fault({ path: GRANT }, [last])
    zendesk.fault({ ...LOOK_UP, count: checks }, { kind: 'reset' })
    const run = await mainThenPost(zendesk)
    expect(run.mainRequests).toEqual(['POST grant', ...Array<string>(checks).fill(CHECK)])
    expectUnchecked(run, theToken(zendesk).value)
    expectVerified(zendesk, run, DELETED_AS_CURRENT)
  })
})
