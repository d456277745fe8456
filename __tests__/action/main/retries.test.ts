import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../../mock/zendesk.ts'
import { NOON } from '../../support/clock.ts'
import { annotated, count, NOTHING, published, retries, retryLine } from '../../support/log-lines.ts'
import { runStep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { clientCredentials, GRANT, mockZendesk } from '../../support/zendesk.ts'

interface Given extends StepRun {
  times?: number
  timeout?: number
}

/** Runs main, whose mint gets this response so many times, and returns the connections of its requests as well. */
async function mainWith(
  fault: Fault,
  { times = Infinity, timeout = 300, ...run }: Given = {}
): Promise<StepEnd & { connections: number[]; tokens: number }> {
  const zendesk = await mockZendesk()
  zendesk.fault({ path: GRANT, count: times }, fault)
  const inputs = clientCredentials(zendesk, { 'timeout-seconds': timeout })
  const main = await runStep('main', { inputs, ...run })
  expect(main).toMatchObject({ signal: null, stderr: '' })
  const connections = zendesk.requests.map(({ connection }) => connection)
  return { ...main, connections, tokens: zendesk.activeTokens().length }
}

const rateLimit = (retryAfter: string): Fault => ({
  kind: 'response',
  status: 429,
  headers: { 'Retry-After': retryAfter }
})
const PAGE: Fault = { kind: 'gateway', status: 429, headers: { 'Retry-After': '3' } }
const UNAVAILABLE: Fault = { kind: 'response', status: 503, body: { error: 'Unavailable' } }

describe('main waits out a rate limit', () => {
  it.concurrent.each<[string, Fault, number, number, string]>([
    ['until the date of Retry-After', rateLimit(new Date(NOON + 9000).toUTCString()), 1, 0, '9.0'],
    ['for up to a quarter more than Retry-After, and more than five times', rateLimit('4'), 7, 0.999, '5.0'],
    ['even in the web page of a gateway', PAGE, 1, 0, '3.0']
  ])('%s', async (_wait, fault, times, random, seconds) => {
    const main = await mainWith(fault, { times, random })
    const attempts = Array.from({ length: times }, (_, index) => index + 2)
    expect(retries(main)).toEqual(
      attempts.map((attempt) => retryLine('POST /oauth/tokens: 429', attempt, seconds, true))
    )
    expect([main.exitCode, annotated(main)]).toEqual([0, []])
    // After a failure the next request opens a new connection; the check reuses that of the mint.
    expect(main.connections).toEqual([1, ...attempts, times + 1])
  })

  it.concurrent('for 1, 2, 4 s and so on if Zendesk does not say how long', async () => {
    const main = await mainWith({ kind: 'response', status: 429 }, { times: 7, random: 0 })
    expect(main).toMatchObject({ exitCode: 0, elapsed: (1 + 2 + 4 + 8 + 16 + 32 + 60) * 1000 })
    expect(annotated(main)).toEqual([])
  })

  it.concurrent('but fails at once, and names the wait, if that is longer than the time left', async () => {
    const main = await mainWith(rateLimit('61'), { timeout: 60 })
    expect(annotated(main)).toEqual([
      expect.stringMatching(/^::error::.* asks to wait 61 s.*`timeout-seconds`/)
    ])
    expect(main.exitCode).toBe(1)
    expect(published(main)).toEqual(NOTHING)
    expect(main.connections).toEqual([1])
  })

  it.concurrent('but ends at once on SIGTERM', async () => {
    const main = await mainWith(rateLimit('200'), { signalAt: / as the response asks,/, signal: 'SIGTERM' })
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error::.* The job was cancelled\. /)])
    expect(main.exitCode).toBe(1)
    expect(main.connections).toEqual([1])
  })
})

describe('main retries a mint', () => {
  it.concurrent('four times, each on a new connection and after a longer wait', async () => {
    const main = await mainWith(UNAVAILABLE)
    expect(retries(main)).toEqual(
      ['0.3', '0.5', '1.0', '2.0'].map((wait, index) => retryLine('POST /oauth/tokens: 503', index + 2, wait))
    )
    expect(annotated(main)).toEqual([
      expect.stringMatching(/^::error::.*Zendesk is unavailable.*"Unavailable"/)
    ])
    expect(main.connections).toEqual([1, 2, 3, 4, 5])
    expect(main.exitCode).toBe(1)
  })

  it.concurrent('if it got no response within 30 s', async () => {
    const main = await mainWith({ kind: 'stall' }, { times: 1, random: 0 })
    expect(retries(main)).toEqual([retryLine('POST /oauth/tokens: There was no response in time', 2, '0.0')])
    expect(main).toMatchObject({ exitCode: 0, elapsed: 30_000 })
  })

  it.concurrent('until its timeout, which the error names', async () => {
    const main = await mainWith({ kind: 'stall' }, { timeout: 61 })
    expect(annotated(main)).toContainEqual(expect.stringMatching(/^::error.*\b61 s\b/))
    expect(main).toMatchObject({ exitCode: 1, elapsed: 61_000 })
  })

  it.concurrent('not after the web page of a gateway, which the error says is not from Zendesk', async () => {
    const main = await mainWith({ kind: 'gateway' })
    expect(main.connections).toEqual([1])
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*in front of Zendesk/)])
  })
})

describe('main warns once of tokens that lost responses may have left behind', () => {
  it.concurrent.each([
    ['one of them, and mints another', 1, 'An unused token', 2, 0],
    ['four of them, and mints another', 4, 'Up to 4 unused tokens', 5, 0],
    ['the five that it tries, beside the error', 5, 'Up to 5 unused tokens', 5, 1]
  ])('after %s', async (_what, times, words, tokens, exitCode) => {
    const main = await mainWith({ kind: 'lose-response' }, { times })
    expect(annotated(main)[0]).toMatch(
      new RegExp(`^::warning::${words} of client ci_bot may exist since 12:00 UTC; .*\`sweep\``)
    )
    expect(main).toMatchObject({ exitCode, tokens })
    expect([count(main, 'warning'), count(main, 'error')]).toEqual([1, exitCode])
  })
})
