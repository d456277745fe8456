import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { runJob, type Step } from '../../mock/runner.ts'
import { revokedLine, said, stream } from '../support/log-lines.ts'
import { mainThenPost, preloaded, root, runStep } from '../support/run-action.ts'
import { at, clientCredentials, mockZendesk, TOKENS } from '../support/zendesk.ts'

describe('in a job, the action', () => {
  it.concurrent('exports variables, and writes two summaries, if its inputs say so', async () => {
    const zendesk = await mockZendesk()
    const wanted = { 'export-env': 'TRUE', 'job-summary': 'true' }
    const inputs = clientCredentials(zendesk, { subdomain: 'https://ACME.zendesk.com/', ...wanted })
    const { main, post } = await mainThenPost(zendesk, { inputs })
    const { value } = zendesk.tokens.get(22_000_000_002)!
    expect(main.env).toEqual({ ZENDESK_SUBDOMAIN: 'acme', ZENDESK_OAUTH_TOKEN: value })
    const token = '.*<td>2026-11-21T13:00:00Z</td><td>read write</td><td>22000000002</td>.*\n$'
    expect(main.summary).toMatch(new RegExp(`^<h3>Zendesk token minted</h3>\n${token}`))
    expect(post.summary).toMatch(new RegExp(`^<h3>Zendesk token revoked</h3>\n${token}`))
  })

  it.concurrent('neither revokes nor saves the token if `skip-token-revoke` is true', async () => {
    const zendesk = await mockZendesk()
    const { main, post } = await mainThenPost(zendesk, {
      inputs: clientCredentials(zendesk, { 'skip-token-revoke': 'true' })
    })
    expect(JSON.stringify(main.state)).not.toContain(main.outputs['token'])
    expect(said(main).at(-1)).toContain('It will not be revoked when the job ends.')
    expect(stream(post)).toEqual(['The token is not revoked, because `skip-token-revoke` is `true`.'])
    expect(zendesk.requests).toHaveLength(2)
  })

  it.concurrent('revokes its token even if a later step fails', async () => {
    const zendesk = await mockZendesk()
    const mint = { uses: root, with: clientCredentials(zendesk) }
    const fail = { run: ['node', '--eval', 'process.exit(3)'] as const }
    const { steps } = await runJob([mint, fail, mint], { env: preloaded() })
    const ends = steps.map(({ phase, outcome }) => `${phase} ${outcome}`)
    expect(ends).toEqual(['main success', 'run failure', 'main skipped', 'post success'])
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('revokes a token after those that were minted with it', async () => {
    const zendesk = await mockZendesk()
    const admin = { id: 'admin', uses: root, with: clientCredentials(zendesk) }
    const second: Step = {
      uses: root,
      with: ({ steps: { admin } }) => at(zendesk, { 'access-token': admin!.outputs['token']! })
    }
    await runJob([admin, second], { env: preloaded() })
    const deletions = zendesk.seen().filter((line) => line.startsWith('DELETE'))
    expect(deletions).toEqual([`DELETE ${TOKENS}/22000000003`, `DELETE ${TOKENS}/22000000002`])
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('mints and revokes by the real clock, and prints nothing to stderr', async () => {
    const zendesk = await mockZendesk({ now: Date.now })
    const { steps } = await runJob([{ uses: root, with: clientCredentials(zendesk) }])
    for (const step of steps) expect(step).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
    expect(said(steps[1]!).at(-1)).toBe(revokedLine(22_000_000_002))
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent.each([
    ['action.yml', 'main'],
    ['sweep/action.yml', 'sweep']
  ] as const)('sets each output of %s and no other', async (manifest, entry) => {
    const { outputs } = parse(readFileSync(join(root, manifest), 'utf8')) as { outputs: object }
    const step = await runStep(entry, { inputs: clientCredentials(await mockZendesk()) })
    expect(step.exitCode).toBe(0)
    expect(Object.keys(step.outputs).sort()).toEqual(Object.keys(outputs).sort())
  })
})
