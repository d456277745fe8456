import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from '@jest/globals'
import { startZendesk, type RecordedRequest, type Token, type Zendesk } from '../../mock/zendesk.ts'
import { Act, type ActRun, type Job } from './act.ts'

export interface Scenario {
  zendesk: Zendesk
  /** Runs a workflow, and checks its exit code and that its log shows no secret. */
  run: (job: Job, wanted?: { exitCode: number }) => Promise<ActRun>
  /** The tokens that were minted in this scenario, oldest first. */
  minted: () => Token[]
}

/** For files of this run. */
export const scratch = mkdtempSync(join(tmpdir(), 'create-zendesk-token-e2e-'))

const act = new Act(scratch)
const TIME_LIMIT = 180_000

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A test with its own mock of Zendesk. If it fails, the logs of its runs are printed. */
export function scenario(
  title: string,
  test: (scenario: Scenario) => Promise<void>,
  options: Parameters<typeof startZendesk>[0] = {}
): void {
  const runTest = async (): Promise<void> => {
    const zendesk = await startZendesk(options)
    const logs: string[] = []
    const run: Scenario['run'] = async (job, { exitCode } = { exitCode: 0 }) => {
      const result = await act.run(job)
      logs.push(result.text)
      const tokens = [...zendesk.tokens.values()].flatMap(({ value, refreshToken }) => [value, refreshToken])
      const secrets = [...Object.values(job.secrets ?? {}), ...tokens].filter((secret) => secret !== null)
      expect(secrets.filter((secret) => result.text.includes(secret))).toEqual([])
      expect(result.exitCode).toBe(exitCode)
      return result
    }
    const minted: Scenario['minted'] = () =>
      [...zendesk.tokens.values()].filter(({ origin }) => origin !== 'standing' && origin !== 'seeded')
    try {
      await test({ zendesk, run, minted })
    } catch (error) {
      process.stdout.write(`${title}\n${logs.join('\n')}\n${zendesk.requests.map(line).join('\n')}\n`)
      throw error
    } finally {
      await zendesk.close()
    }
  }
  it(title, runTest, TIME_LIMIT)
}

/** Post logged of so many tokens that it revoked and verified them, and no token is active. */
export function expectRevoked({ zendesk }: Scenario, { printed }: ActRun, tokens: number): void {
  const revoked = printed.filter((line) => /^Revoked .* verified that Zendesk rejects it\.$/.test(line))
  expect(revoked).toHaveLength(tokens)
  expect(zendesk.activeTokens()).toEqual([])
}

export const bearerOf = ({ headers }: RecordedRequest): string | undefined =>
  /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]

const line = ({ method, target, status, fault }: RecordedRequest): string =>
  `${method} ${target} ${status ?? ''} ${fault ?? ''}`.trimEnd()
