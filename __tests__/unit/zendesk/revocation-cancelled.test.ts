import { describe, expect, it, jest } from '@jest/globals'
import { useNock } from './net.ts'
import { testClient } from '../clock.ts'
import { clientCredentials, del, get, OWN, revoke, STILL_WORKS, verified, type Exchange } from './revoke.ts'

useNock()

describe('if the job is cancelled, a revocation', () => {
  it('sends nothing if that was before', async () => {
    const test = testClient()
    test.cancel()
    const { outcome, why } = await revoke([], { test })
    expect([outcome.result, why]).toEqual(['active', 'cancelled'])
  })

  it.each<[string, Exchange, object]>([
    ['knows that it was accepted', del(OWN, 5, 204), { result: 'unverified' }],
    ['knows that it was sent', del(OWN, 5, 502), { result: 'active', deleteSent: true }]
  ])('sends nothing after its DELETE, and %s', async (_what, exchange, expected) => {
    const test = testClient()
    test.client.log.debug = test.cancel
    const { outcome, why } = await revoke([exchange], { test })
    expect(outcome).toMatchObject(expected)
    expect(why).toBe('cancelled')
  })

  it('ends while it requests the token', async () => {
    const test = testClient()
    const last = { ...get(503), meanwhile: test.cancel }
    const { outcome, why } = await revoke([del(OWN, 5, 404), last], { test })
    expect([outcome.result, why]).toEqual(['active', 'cancelled'])
  })

  const stillWorks = 'Zendesk accepted the DELETE, but the token still works'
  it.each<[string, Exchange[], string]>([
    ['the DELETE was rejected', [del(OWN, 5, 401)], 'cancelled'],
    [stillWorks, [del(OWN, 5, 204), get(200)], stillWorks]
  ])('ends while it waits because %s', async (_what, exchanges, reason) => {
    const test = testClient()
    test.clock.onSleep = test.cancel
    const { outcome, why } = await revoke(exchanges, { test })
    expect([outcome.result, why]).toEqual(['active', reason])
  })

  it('gives only its DELETEs 2 s to finish', async () => {
    const test = testClient()
    const send = jest.spyOn(test.client, 'send')
    expect((await revoke([del(OWN, 5, 204), get(401)], { test })).outcome).toEqual(
      verified('the token itself')
    )
    expect(send.mock.calls.map(([{ method }, options]) => [method, options?.grace])).toEqual([
      ['DELETE', 2000],
      ['GET', undefined]
    ])
  })
})

describe('at the deadline, a revocation', () => {
  it.each<[string, Exchange[], string]>([
    ['the deadline, while it waits because the DELETE was rejected', [del(OWN, 5, 401)], 'deadline'],
    ['a token that still works, while it waits to ask again', [del(OWN, 5, 204), get(200)], STILL_WORKS]
  ])('fails for %s', async (_what, exchanges, expected) => {
    const test = testClient({ seconds: 5 })
    test.clock.onSleep = () => test.clock.pass(6000)
    const { outcome, why } = await revoke(exchanges, { test })
    expect([outcome.result, why]).toEqual(['active', expected])
  })

  it('fails for the last obstacle, and no longer for missing scope alone', async () => {
    const test = testClient({ seconds: 5 })
    const meanwhile = (): void => test.clock.pass(6000)
    const { outcome, why } = await revoke([{ ...del(OWN, 5, 403), meanwhile }], { test })
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false })
    expect(why).toBe('forbidden')
  })

  it('fails for the deadline if nothing was tried', async () => {
    const test = testClient({ seconds: 5 })
    test.clock.pass(6000)
    expect((await revoke([], { test, credential: clientCredentials })).why).toBe('deadline')
  })
})
