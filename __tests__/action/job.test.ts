import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

import { runJob } from '../../mock/runner.ts'
import { NOT_REVOKED_LATER, revokedLine, said, stream } from '../support/log-lines.ts'
import { mainThenPost, preloaded, root, runStep } from '../support/run-action.ts'
import { at, credentials, mockZendesk, clientCredentials } from '../support/zendesk.ts'

describe('in a job, the action', () => {
  it.concurrent(
    'exports variables if `export-env` is true, and writes two summaries if `job-summary` is true',
    async () => {
      const zendesk = await mockZendesk()
      const { main, post } = await mainThenPost(zendesk, {
        inputs: clientCredentials(zendesk, {
          subdomain: 'https://ACME.zendesk.com/',
          'export-env': 'TRUE',
          'job-summary': 'true'
        })
      })
      const { value } = zendesk.tokens.get(22_000_000_002)!
      const table = (title: string, state: string): string =>
        `<h3>${title}</h3>\n<table><tr><th>State</th><th>Expires</th><th>Scopes</th><th>Token</th><th>User</th><th>Account</th></tr><tr><td>${state}</td><td>2026-11-21T13:00:00Z</td><td>read write</td><td>22000000002</td><td>900100001</td><td>127.0.0.1:${zendesk.port}</td></tr></table>\n`
      expect(main.env).toEqual({ ZENDESK_SUBDOMAIN: 'acme', ZENDESK_OAUTH_TOKEN: value })
      expect(main.summary).toBe(table('Zendesk token minted', 'It will be revoked when the job ends.'))
      expect(post.summary).toBe(
        table('Zendesk token revoked', 'revoked with the token itself; Zendesk rejects it')
      )
    }
  )

  it.concurrent(
    'neither revokes the token nor saves it in state if `skip-token-revoke` is true',
    async () => {
      const zendesk = await mockZendesk()
      const { main, post } = await mainThenPost(zendesk, {
        inputs: clientCredentials(zendesk, { 'skip-token-revoke': 'true' })
      })
      expect(JSON.stringify(main.state)).not.toContain(main.outputs['token'])
      expect(said(main).at(-1)).toMatch(NOT_REVOKED_LATER)
      expect(stream(post)).toEqual(['The token is not revoked, because `skip-token-revoke` is `true`.'])
      expect(zendesk.requests).toHaveLength(2)
    }
  )

  it.concurrent('revokes its token even if a later step fails', async () => {
    const zendesk = await mockZendesk()
    const mint = { uses: root, with: clientCredentials(zendesk) }
    const fail = { run: ['node', '--eval', 'process.exit(3)'] as const }
    const { steps } = await runJob([mint, fail, mint], { env: preloaded() })
    expect(steps.map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual([
      'main success',
      'run failure',
      'main skipped',
      'post success'
    ])
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent.each(['apiToken', 'clientCredentials'] as const)(
    'mints and revokes by the real clock, and prints nothing to stderr (%s)',
    async (kind) => {
      const zendesk = await mockZendesk({ now: Date.now })
      const { steps } = await runJob([{ uses: root, with: at(zendesk, credentials[kind](zendesk)) }])
      for (const step of steps) expect(step).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
      expect(said(steps[1]!).at(-1)).toBe(revokedLine(22_000_000_002))
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent.each([
    ['action.yml', 'main', 'apiToken'],
    ['action.yml', 'main', 'clientCredentials'],
    ['sweep/action.yml', 'sweep', 'clientCredentials']
  ] as const)('sets each output of %s and no other (%s, %s)', async (manifest, entry, kind) => {
    const { outputs } = parse(readFileSync(join(root, manifest), 'utf8')) as { outputs: object }
    const zendesk = await mockZendesk()
    const step = await runStep(entry, { inputs: at(zendesk, credentials[kind](zendesk)) })
    expect(step.exitCode).toBe(0)
    expect(Object.keys(step.outputs).sort()).toEqual(Object.keys(outputs).sort())
  })
})
