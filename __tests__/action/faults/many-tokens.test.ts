import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { NOON } from '../../support/clock.ts'
import { said } from '../../support/log-lines.ts'
import { sweep } from '../../support/run-action.ts'
import { scratch } from '../../support/scratch.ts'
import { mockZendesk } from '../../support/zendesk.ts'

// Without `FULL=1` fewer tokens, but enough to show a leak.
const [few, large] = process.env['FULL'] === undefined ? [500, 1000] : [1000, 10_000]
const LIMIT = large / 4

/**
 * Sweeps `count` tokens under a rate limit. Zendesk's clock is that of the process, so a window of the limit ends
 * when all requests in flight have been refused and the first of them is sent again.
 */
async function sweepMany(count: number) {
  const perMs = 5000
  const [report, clockFile] = [scratch('memory'), scratch('clock')]
  writeFileSync(clockFile, '0')
  const zendesk = await mockZendesk({
    rateLimit: { limit: LIMIT, perMs },
    now: () => NOON + Number(readFileSync(clockFile, 'utf8'))
  })
  zendesk.seedTokens(count)
  const inputs = { 'dry-run': false, 'timeout-seconds': 3600 }
  const step = await sweep(zendesk, 'clientCredentials', inputs, { report, clockFile })
  const limited = zendesk.requests.filter(({ status }) => status === 429).length
  return { zendesk, step, limited, memory: Number(readFileSync(report, 'utf8')) }
}

it(`a sweep revokes ${large} tokens without a needless request, in no more memory than ${few}`, async () => {
  const small = await sweepMany(few)
  const many = await sweepMany(large)
  const { zendesk, step, limited } = many
  expect(said(step).at(-1)).toBe(`Revoked ${large} stale tokens (${large + 1} checked).`)
  expect(step).toMatchObject({ exitCode: 0, stderr: '' })
  expect(step.outputs).toMatchObject({ matched: String(large), revoked: String(large), failed: '0' })
  expect(JSON.parse(step.outputs['token-ids']!)).toHaveLength(Math.min(large, 5000))
  expect(step.summary.match(/<tr>/g)).toHaveLength(501)
  expect(zendesk.activeTokens()).toEqual([])
  // The list also holds the cleanup token, on a page of its own.
  expect(zendesk.requests.length - limited).toBe(1 + 1 + (large / 100 + 1) + large + 1)
  // Each time the limit is reached, it refuses one to four requests: those in flight.
  const windows = Math.floor(large / LIMIT)
  expect(limited).toBeGreaterThanOrEqual(windows)
  expect(limited).toBeLessThanOrEqual(windows * 4)
  // In KiB. To keep the responses, too, would take twice as much more; the rest is noise of the garbage collector.
  expect(many.memory).toBeLessThan(small.memory + 40_960)
  const [least, most] = [small, many].map(({ memory }) => `${(memory / 1024).toFixed(0)} MiB`)
  process.stdout.write(`sweep: peak memory ${most!} for ${large} tokens, ${least!} for ${few}\n`)
})
