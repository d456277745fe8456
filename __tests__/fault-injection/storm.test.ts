import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, describe, expect, it } from '@jest/globals'

import { startZendesk } from '../../mock/zendesk.ts'
import { Bench, stateVariables, type Ended } from './support/step.ts'

/*
 * All jobs of a large matrix start in the same moment, against Zendesk's smallest limit of 200 requests a minute, and
 * end in the same moment. With `FULL=1` it is the full size; without it fewer jobs meet a limit that is smaller in proportion.
 */

const JOBS = process.env['FULL'] === undefined ? 15 : 250
const LIMIT = Math.ceil((JOBS * 200) / 250)
const MINUTE = 60_000
/** How much faster time runs in the account, and in the processes while they wait: a minute is 1 s, or 6 s. */
const SPEED = JOBS > 100 ? 10 : 60

/** Milliseconds until a process is killed, and the test fails. */
const PATIENCE = 280_000

const bench = new Bench()

afterAll(() => {
  bench.close()
})

/** Starts all processes, and lets them go when each of them is ready to send its first request. */
async function atOnce(
  name: string,
  start: (env: Record<string, string>) => Promise<Ended>[]
): Promise<Ended[]> {
  const barrier = join(bench.folder, name)
  const running = start({ TEST_BARRIER: barrier, TEST_PATIENCE: 'Infinity' })
  const isReady = (file: string): boolean => file.startsWith(`${name}.`)
  while (readdirSync(bench.folder).filter(isReady).length < running.length) await sleep(20)
  writeFileSync(barrier, '')
  return Promise.all(running)
}

describe('a storm', () => {
  it('gives every job a token, takes every one back, and spreads out what it tries again', async () => {
    const from = Date.now()
    const zendesk = await startZendesk({
      now: () => from + (Date.now() - from) * SPEED,
      rateLimit: { limit: LIMIT, perMs: MINUTE }
    })
    try {
      const inputs = {
        subdomain: 'acme',
        'client-id': 'ci_bot',
        'client-secret': zendesk.client('ci_bot').secret!,
        'base-url': zendesk.url,
        'expires-in': 172_800,
        'timeout-seconds': 3600
      }
      const jobs = Array.from({ length: JOBS }, (_, index) => index)
      const mains = await atOnce('mains', (env) =>
        jobs.map(() => bench.run('main', { inputs, env, speed: SPEED, timeoutMs: PATIENCE }))
      )
      const { requests } = zendesk
      const mainRequests = requests.length
      const minted = zendesk.living()
      const posts = await atOnce('posts', (env) =>
        mains.map(({ state }) =>
          bench.run('post', {
            inputs,
            env: { ...env, ...stateVariables(state) },
            speed: SPEED,
            timeoutMs: PATIENCE
          })
        )
      )

      expect(mains.map(({ exitCode }) => exitCode)).toEqual(Array(JOBS).fill(0))
      expect(new Set(mains.map(({ outputs }) => outputs['token'])).size).toBe(JOBS)
      expect(minted).toHaveLength(JOBS)
      expect(posts.filter(({ lines }) => !lines.at(-1)?.endsWith('revoked, and verified dead.'))).toEqual([])
      expect(zendesk.living()).toEqual([])
      const all = [...mains, ...posts]
      expect(all.map(({ stderr }) => stderr).join('')).toBe('')
      expect(all.flatMap(({ lines }) => lines).filter((line) => /^::(error|warning)/.test(line))).toEqual([])

      // Each refusal but that of a check, which is not repeated, is waited out, and each wait has a part of its own: what is asked for are whole seconds.
      const isCheck = (path: string, index: number): boolean =>
        index < mainRequests && path === '/api/v2/oauth/tokens/current'
      const refused = requests.filter(({ status, path }, index) => status === 429 && !isCheck(path, index))
      const waits = all
        .flatMap(({ lines }) => lines)
        .flatMap((line) => /as it asks, try \d+ in ([\d.]+) s/.exec(line)?.[1] ?? [])
      expect(refused.length).toBeGreaterThan(JOBS / 4)
      expect(waits).toHaveLength(refused.length)
      expect(waits.filter((wait) => !wait.endsWith('.0')).length).toBeGreaterThan(waits.length / 2)
      expect(new Set(waits).size).toBeGreaterThan(waits.length / 4)
      const numbers = waits.map(Number)
      process.stdout.write(
        `storm: ${JOBS} mains and then ${JOBS} posts at once, ${LIMIT} requests a minute: ` +
          `${mainRequests} and ${requests.length - mainRequests} requests, ${refused.length} of them refused, ` +
          `each waited out for ${Math.min(...numbers)} to ${Math.max(...numbers)} s; at most ` +
          `${busiest(requests.map(({ at }) => at))} requests in one second of ` +
          `${Math.round((requests.at(-1)!.at - requests[0]!.at) / 1000)}; no errors, no warnings, no token left\n`
      )
    } finally {
      await zendesk.close()
    }
  }, 300_000)
})

/** The most requests within one second. */
function busiest(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length))
}
