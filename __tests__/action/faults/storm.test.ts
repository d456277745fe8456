import { readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, jest } from '@jest/globals'
import { type Zendesk } from '../../../mock/zendesk.ts'
import { NOON } from '../../support/clock.ts'
import { annotated, retries, said, VERIFIED } from '../../support/log-lines.ts'
import { runStep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { scratch } from '../../support/scratch.ts'
import { clientCredentials, CURRENT, mockZendesk } from '../../support/zendesk.ts'

/*
 * All jobs of a large matrix start at once and end at once, under Zendesk's lowest rate limit of 200 requests a minute.
 * Without `FULL=1` there are fewer jobs, and the limit is lower in proportion.
 */

const JOBS = process.env['FULL'] === undefined ? 15 : 250
const LIMIT = Math.ceil((JOBS * 200) / 250)
const MINUTE = 60_000

// 500 processes may take minutes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(1_200_000)
/** How much faster time runs in the mock, and in the processes while they wait: a minute takes 6 s, or 1 s. */
const SPEED = JOBS > 100 ? 10 : 60

/** The mock's clock. Once stopped, it continues when every job has sent a request. */
class Clock {
  zendesk: Zendesk | undefined
  #stoppedAt = NOON
  #requests = 0
  #startedAt = 0

  readonly now = (): number => {
    if (this.#startedAt === 0 && (this.zendesk?.requests.length ?? 0) >= this.#requests + JOBS)
      this.#startedAt = performance.now()
    return this.#stoppedAt + (this.#startedAt && (performance.now() - this.#startedAt) * SPEED)
  }

  stop(): void {
    this.#stoppedAt = this.now()
    this.#startedAt = 0
    this.#requests = this.zendesk?.requests.length ?? 0
  }
}

/** Starts all processes, and lets them continue when all are ready to send their first request. */
async function atOnce(start: (run: StepRun, index: number) => Promise<StepEnd>): Promise<StepEnd[]> {
  const barrier = scratch('barrier')
  const running = Array.from({ length: JOBS }, (_, index) =>
    // A random number for each job, the same in every run.
    start({ barrier, speed: SPEED, random: (index + 0.5) / JOBS }, index)
  )
  const isReady = (file: string): boolean => file.startsWith(`${basename(barrier)}.`)
  while (readdirSync(dirname(barrier)).filter(isReady).length < JOBS) await sleep(20)
  writeFileSync(barrier, '')
  return Promise.all(running)
}

it(`${JOBS} jobs at once all mint and revoke a token under a limit of ${LIMIT} requests a minute`, async () => {
  const clock = new Clock()
  const zendesk = await mockZendesk({ now: clock.now, rateLimit: { limit: LIMIT, perMs: MINUTE } })
  const inputs = clientCredentials(zendesk, { 'expires-in': 172_800, 'timeout-seconds': 3600 })
  clock.zendesk = zendesk
  clock.stop()
  const mains = await atOnce((run) => runStep('main', { ...run, inputs }))
  const { requests } = zendesk
  const mainRequests = requests.length
  const minted = zendesk.activeTokens()
  clock.stop()
  const posts = await atOnce((run, index) => runStep('post', { ...run, inputs, state: mains[index]!.state }))

  const all = [...mains, ...posts]
  expect(all.flatMap(annotated)).toEqual([])
  expect(all.filter(({ exitCode, stderr }) => exitCode !== 0 || stderr !== '')).toEqual([])
  expect(new Set(mains.map(({ outputs }) => outputs['token'])).size).toBe(JOBS)
  expect(minted).toHaveLength(JOBS)
  expect(posts.filter((post) => !said(post).at(-1)?.includes(VERIFIED))).toEqual([])
  expect(zendesk.activeTokens()).toEqual([])

  // Each 429 is waited out, except that of a check, which is not repeated.
  const isCheck = (path: string, index: number): boolean => index < mainRequests && path === CURRENT
  const refused = requests.filter(({ status, path }, index) => status === 429 && !isCheck(path, index))
  const wait = /attempt \d+, as the response asks, in ([\d.]+) s/
  const waits = all.flatMap(retries).flatMap((line) => wait.exec(line)?.slice(1).map(Number) ?? [])
  expect(waits).toHaveLength(refused.length)
  // At least so many exceed the limit in the first minute of main, and of post.
  expect(refused.length).toBeGreaterThanOrEqual(2 * (JOBS - LIMIT))
  // Zendesk asks for whole seconds, and each job adds a random share.
  expect(waits.filter((wait) => !Number.isInteger(wait)).length).toBeGreaterThan(waits.length / 2)
  const [least, most] = [Math.min(...waits), Math.max(...waits)]
  process.stdout.write(`storm: ${refused.length} refusals, each waited out for ${least} to ${most} s\n`)
})
