import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import { main, post, sweep } from '../../src/index.ts'
import { saveForPost } from '../../src/runner/state.ts'
import { setUpAccount } from '../support/account.ts'
import { MINTED } from '../support/minted.ts'
import { setUpRunner } from '../support/runner-env.ts'

/*
 * The entry points, in this process instead of one of their own.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
let exits: unknown[]
let listeners: Map<string | symbol, (argument?: unknown) => void>

beforeEach(() => {
  exits = []
  listeners = new Map()
  jest.spyOn(process, 'exit').mockImplementation((code) => {
    exits.push(code)
    return undefined as never
  })
  jest.spyOn(process, 'on').mockImplementation((event, listener) => {
    listeners.set(event, listener as () => void)
    return process
  })
  jest.spyOn(process.stdout, 'on').mockReturnValue(process.stdout)
  jest.spyOn(process, 'removeAllListeners').mockReturnValue(process)
  // The clock of a step starts with its process, which is an old one here; and no timer may keep it alive.
  const started = performance.now()
  const elapsed = performance.now.bind(performance)
  jest.spyOn(performance, 'now').mockImplementation(() => elapsed() - started)
  const realTimer = globalThis.setTimeout
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(((run: () => void, ms: number) => realTimer(run, ms).unref()) as typeof setTimeout)
})

describe('main', () => {
  it('ends with exit code 1 and one error if there is no token', async () => {
    await main()
    expect(exits).toEqual([1])
    expect(runner.stdout).toEqual([
      expect.stringMatching(/^::error::3 invalid inputs: \(1\) `client-secret`:/)
    ])
  })

  it('mints a token, and post revokes it, with exit code 0', async () => {
    runner.inputs(account.clientCredentials())
    await main()
    expect(account.zendesk.activeTokens()).toHaveLength(1)
    runner.passState()
    await post()
    expect(exits).toEqual([0, 0])
    expect(account.zendesk.activeTokens()).toEqual([])
    expect(runner.logged().at(-1)).toMatch(/^Revoked token \d+ and verified that Zendesk rejects it\.$/)
  })
})

describe('post', () => {
  it('ends with exit code 0 if nothing was minted', async () => {
    await post()
    expect(exits).toEqual([0])
    expect(runner.stdout).toEqual(['The main step saved no token, so there is nothing to revoke.'])
  })

  it('ends with exit code 0 and one warning if it fails', async () => {
    account.zendesk.fault({}, { kind: 'delay', ms: 20 })
    const authMethod = 'client_secret_post'
    const context = {
      origin: account.zendesk.url,
      clientId: 'ci_bot',
      authMethod,
      salt: 'salt',
      hash: 'hash'
    } as const
    saveForPost({
      kind: 'minted',
      minted: MINTED,
      context: { ...context, timeoutSeconds: 60, jobSummary: false, kind: 'refresh_token' }
    })
    runner.passState()
    const run = post()
    listeners.get('uncaughtException')!(new Error('something broke'))
    await run
    expect(exits).toEqual([0])
    expect(runner.logged()).toEqual([
      expect.stringMatching(
        /^::warning::Could not revoke token 7: something broke\. It expires at 2026-11-21T13:00:00Z\. To revoke/
      )
    ])
    // This process, unlike a real one, outlives the step, whose one request is under way.
    listeners.get('SIGTERM')!()
    while (runner.all('debug').length === 0) await new Promise(setImmediate)
    await new Promise(setImmediate)
  })
})

describe('sweep', () => {
  it.each([
    ['1 and one error if its inputs are invalid', 1, /^::error::/, {}],
    ['0 if no token is stale', 0, /^No stale tokens \(\d+ checked\)\.$/, undefined]
  ])('ends with exit code %s', async (_how, code, line, inputs = account.clientCredentials()) => {
    runner.inputs(inputs)
    await sweep()
    expect(exits).toEqual([code])
    expect(runner.logged()).toEqual([expect.stringMatching(line)])
  })
})
