import { describe, expect, it } from '@jest/globals'

import { type Fault } from '../../../mock/zendesk.ts'
import { cancelAtLine } from '../../support/cancel.ts'
import { NOON } from '../../support/clock.ts'
import {
  annotated,
  NOTHING,
  NOTHING_SAVED,
  published,
  retryLine,
  said,
  count
} from '../../support/log-lines.ts'
import { mainThenPost, runStep } from '../../support/run-action.ts'
import { mockZendesk, clientCredentials, GRANT } from '../../support/zendesk.ts'

const MINT = { path: GRANT }

function rateLimit(retryAfter: string): Fault {
  return { kind: 'response', status: 429, headers: { 'Retry-After': retryAfter } }
}

describe('main waits out a rate limit', () => {
  it.concurrent.each<[string, Fault, number, number, string]>([
    ['until the date of Retry-After', rateLimit(new Date(NOON + 9000).toUTCString()), 1, 0, '9.0'],
    ['for up to a quarter more than Retry-After, and more than five times', rateLimit('4'), 7, 0.999, '5.0'],
    [
      'even in the web page of a gateway',
      { kind: 'gateway', status: 429, headers: { 'Retry-After': '3' } },
      1,
      0,
      '3.0'
    ]
  ])('%s', async (_wait, fault, count, random, seconds) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...MINT, count }, fault)
    const { main } = await mainThenPost(zendesk, { mainRun: { random } })
    const attempts = Array.from({ length: count }, (_, index) => index + 2)
    expect(said(main).slice(1, 1 + count)).toEqual(
      attempts.map((attempt) => retryLine('POST /oauth/tokens: 429', attempt, seconds, true))
    )
    expect(annotated(main)).toEqual([])
    expect(main).toMatchObject({ exitCode: 0, stderr: '' })
    const requests = zendesk.requests.slice(0, count + 2)
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      ...Array<string>(count + 1).fill('POST /oauth/tokens'),
      'GET /api/v2/oauth/tokens/current'
    ])
    // After a failure the next request opens a new connection; the check reuses that of the mint.
    expect(requests.map(({ connection }) => connection)).toEqual([1, ...attempts, count + 1])
  })

  it.concurrent('for 1, 2, 4 s and so on if Zendesk does not say how long', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...MINT, count: 7 }, { kind: 'response', status: 429 })
    const { main } = await mainThenPost(zendesk, { mainRun: { random: 0 } })
    expect(main).toMatchObject({ exitCode: 0, elapsed: (1 + 2 + 4 + 8 + 16 + 32 + 60) * 1000 })
    expect(annotated(main)).toEqual([])
  })

  it.concurrent(
    'but fails at once if the wait is longer than the time left, and the error names the wait',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault(MINT, rateLimit('61'))
      const { main, post } = await mainThenPost(zendesk, {
        inputs: clientCredentials(zendesk, { 'timeout-seconds': 60 })
      })
      expect(said(main).slice(1)).toEqual([
        `::error::Could not mint a token: Zendesk limits the rate of requests. It asks to wait 61 s, more than this step has left. Start fewer jobs at once, or raise \`timeout-seconds\`. POST /oauth/tokens at 127.0.0.1:${zendesk.port}: 429.`
      ])
      expect(main).toMatchObject({ exitCode: 1, stderr: '' })
      expect(published(main)).toEqual(NOTHING)
      expect(said(post)).toEqual([NOTHING_SAVED])
      expect(zendesk.requests).toHaveLength(1)
    }
  )

  // Windows has no signals: a process that is sent one ends at once.
  const onPosix = process.platform === 'win32' ? it.skip : it
  onPosix.each(['SIGINT', 'SIGTERM'] as const)('but ends at once on %s', async (signal) => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT, rateLimit('200'))
    const { main } = await mainThenPost(zendesk, {
      mainRun: cancelAtLine(' as the response asks,', signal)
    })
    expect(annotated(main)).toEqual([
      expect.stringMatching(/^::error::Could not mint a token: The job was cancelled\. /)
    ])
    expect(main).toMatchObject({ exitCode: 1, signal: null, stderr: '' })
    expect(zendesk.requests).toHaveLength(1)
  })
})

describe('main retries a mint', () => {
  it.concurrent('four times, each on a new connection and after a longer wait', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT, { kind: 'response', status: 503, body: { error: 'Unavailable' } })
    const { main } = await mainThenPost(zendesk)
    expect(said(main).slice(1)).toEqual([
      retryLine('POST /oauth/tokens: 503', 2, '0.3'),
      retryLine('POST /oauth/tokens: 503', 3, '0.5'),
      retryLine('POST /oauth/tokens: 503', 4, '1.0'),
      retryLine('POST /oauth/tokens: 503', 5, '2.0'),
      `::error::Could not mint a token: Zendesk is unavailable. See https://status.zendesk.com, and run the job again later. POST /oauth/tokens at 127.0.0.1:${zendesk.port}: 503 ("Unavailable").`
    ])
    expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 2, 3, 4, 5])
    expect(main.exitCode).toBe(1)
  })

  it.concurrent('until its timeout, which the error names', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT, { kind: 'stall' })
    const { main } = await mainThenPost(zendesk, {
      inputs: clientCredentials(zendesk, { 'timeout-seconds': 61 })
    })
    expect(main.exitCode).toBe(1)
    expect(annotated(main)).toContainEqual(expect.stringMatching(/^::error.*\b61 s\b/))
  })

  it.concurrent('not after the web page of a gateway, which the error says is not from Zendesk', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT, { kind: 'gateway', status: 403 })
    const { main } = await mainThenPost(zendesk)
    expect(zendesk.requests).toHaveLength(1)
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*in front of Zendesk/)])
  })

  it.concurrent('if it got no response within 30 s', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT, [{ kind: 'stall' }])
    const { main } = await mainThenPost(zendesk, {
      mainRun: { random: 0 }
    })
    expect(said(main)[1]).toBe(retryLine('POST /oauth/tokens: There was no response in time', 2, '0.0'))
    expect(main.exitCode).toBe(0)
  })
})

describe('main warns once of tokens that lost responses may have left behind', () => {
  it.concurrent.each([
    [1, 'An unused token'],
    [4, 'Up to 4 unused tokens']
  ])('after %i of them, and mints another', async (lost, words) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...MINT, count: lost }, { kind: 'lose-response' })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(0)
    expect(annotated(main)).toEqual([
      expect.stringMatching(`^::warning::${words} of client ci_bot may exist since 12:00 UTC; .*\`sweep\``)
    ])
    expect(zendesk.activeTokens()).toHaveLength(lost + 1)
  })

  it.concurrent('beside the error, after the five that it tries', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(MINT, { kind: 'lose-response' })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(1)
    expect([count(main, 'warning'), count(main, 'error')]).toEqual([1, 1])
    expect(zendesk.activeTokens()).toHaveLength(5)
  })
})
