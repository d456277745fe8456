import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { startZendesk, type Zendesk } from '../../mock/zendesk.ts'
import { main, post, sweep } from '../../src/index.ts'
import { saveForPost as save } from '../../src/runner/state.ts'
import { Secret } from '../../src/lib/secret.ts'
import { setUpRunner } from './runner-env.ts'

const runner = setUpRunner()
let zendesk: Zendesk
let exits: unknown[]
let listeners: Map<string | symbol, (argument?: unknown) => void>

beforeEach(async () => {
  zendesk = await startZendesk()
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
afterEach(async () => {
  await zendesk.close()
})

/** Lets a step end that this process, unlike a real one, outlives. */
async function outlive(): Promise<void> {
  listeners.get('SIGTERM')!()
  // Its one request is under way.
  while (runner.all('debug').length === 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
}

const inputs = (more: Record<string, string> = {}): void => {
  runner.inputs({
    subdomain: 'acme',
    'client-id': 'ci_bot',
    'client-secret': String(zendesk.client('ci_bot').secret),
    'base-url': zendesk.url,
    ...more
  })
}

describe('main', () => {
  it('ends with exit code 1 and one error where there is no token', async () => {
    await main()
    expect(exits).toEqual([1])
    expect(runner.stdout).toHaveLength(1)
    expect(runner.all('error')).toEqual([expect.stringMatching(/^3 invalid inputs: \(1\) `subdomain`:/)])
  })

  it('says what is thrown, although it is no error', async () => {
    zendesk.fault({}, { kind: 'delay', ms: 20 })
    inputs()
    const run = main()
    listeners.get('uncaughtException')!('out of the blue')
    await run
    expect(exits).toEqual([1])
    expect(runner.logged()).toEqual(['::error::out of the blue'])
    await outlive()
  })
})

describe('main and post', () => {
  it('mint a token and revoke it, with exit code 0', async () => {
    inputs()
    await main()
    expect(zendesk.living()).toHaveLength(1)
    runner.passState()
    await post()
    expect(exits).toEqual([0, 0])
    expect(zendesk.living()).toEqual([])
    expect(runner.logged().at(-1)).toMatch(/^Revoked token \d+ and verified that Zendesk rejects it\.$/)
  })
})

describe('post', () => {
  it('ends with exit code 0 where nothing was minted', async () => {
    await post()
    expect(exits).toEqual([0])
    expect(runner.stdout).toEqual(['No token was minted, so there is nothing to revoke.'])
  })

  it('ends with exit code 0 and one warning where it fails', async () => {
    zendesk.fault({}, { kind: 'delay', ms: 20 })
    const token = new Secret('a-token-to-be-revoked')
    save({
      minted: {
        token,
        id: 7,
        clientId: 8,
        userId: 9,
        scopes: ['read'],
        scopesReported: true,
        expiresAt: '',
        expiry: 'never',
        expiredAfter: undefined,
        lifetime: undefined,
        mintedAt: Date.now(),
        seenWorking: true
      },
      context: {
        origin: zendesk.url,
        timeoutSeconds: 60,
        jobSummary: false,
        credential: 'refresh_token',
        clientId: 'ci_bot',
        fingerprint: { salt: 'salt', hash: 'hash' }
      }
    })
    runner.passState()
    const run = post()
    listeners.get('uncaughtException')!(new Error('something broke'))
    await run
    expect(exits).toEqual([0])
    expect(runner.logged()).toEqual([
      expect.stringMatching(
        /^::warning::Could not revoke token 7: something broke\. It does not expire\. To revoke it manually/
      )
    ])
    await outlive()
  })
})

describe('sweep', () => {
  it('ends with exit code 1 and one error where its inputs are wrong', async () => {
    await sweep()
    expect(exits).toEqual([1])
    expect(runner.all('error')).toHaveLength(1)
  })

  it('ends with exit code 0 where nothing is left over', async () => {
    inputs({ 'dry-run': 'false' })
    await sweep()
    expect(exits).toEqual([0])
    expect(runner.logged()).toEqual([expect.stringMatching(/^No stale tokens \(\d+ checked\)\.$/)])
  })
})
