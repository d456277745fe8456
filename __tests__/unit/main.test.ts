import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { main } from '../../src/main.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, STRAY_401, type Inputs } from '../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)
const { accessToken, clientCredentials, authorizationCode } = account
const OUTAGE: Fault = { kind: 'response', status: 500 }

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

const cancel = (): void => runner.cancellation.abort()
const atCheck = (fault: Fault): unknown => account.zendesk.fault({ path: CURRENT }, fault)

describe('main', () => {
  it.each(['STATE', 'OUTPUT', 'ENV'])('mints nothing if the runner has no GITHUB_%s', async (name) => {
    Reflect.deleteProperty(process.env, `GITHUB_${name}`)
    await expect(run(clientCredentials({ 'export-env': 'true' }))).rejects.toThrow(`GITHUB_${name}`)
    expect(account.zendesk.requests).toEqual([])
  })

  it('masks the inputs, says what is deprecated, and has all of its timeout for its work', async () => {
    const inputs = accessToken({ 'timeout-seconds': '7' })
    const { token } = await run(inputs)
    expect(runner.all('add-mask')).toEqual([inputs['access-token'], token])
    expect(runner.logged()[0]).toMatch(/^Zendesk has deprecated the endpoint that mints with `access-token`;/)
    expect(runner.limits).toEqual([{ seconds: 7 }])
  })

  it('says at last what becomes of the token', async () => {
    await run(authorizationCode({ scopes: 'read write' }))
    const last = /^Minted .*\)\. It will not be revoked when the job ends\.$/
    expect(runner.logged()).toEqual([expect.stringMatching(last)])
  })

  it('saves state before the outputs, so that post revokes the token even if these cannot be written', async () => {
    account.at({ path: GRANT }, () => runner.breakFile('GITHUB_OUTPUT'))
    await expect(run(clientCredentials())).rejects.toThrow('GITHUB_OUTPUT')
    expect(runner.state()).toHaveProperty('minted.token', account.token.value)
  })

  it('says why it did not check a token of a grant, exports an environment and writes a summary', async () => {
    atCheck(OUTAGE)
    const wanted = { scopes: 'read write', 'export-env': 'true', 'job-summary': 'true' }
    const { token } = await run(clientCredentials(wanted))
    expect(runner.logged()).toEqual([
      'The new token was not checked: Zendesk is unavailable (GET /api/v2/oauth/tokens/current: 500).',
      expect.stringMatching(/^Minted a token \(id unknown; .*\)\. It will be revoked when the job ends\.$/)
    ])
    expect(runner.state()).toHaveProperty('minted.seenWorking', false)
    expect(runner.written('GITHUB_ENV')).toContainEqual(['ZENDESK_OAUTH_TOKEN', token])
    const summary = runner.text('GITHUB_STEP_SUMMARY')
    expect(summary).toContain('<h3>Zendesk token minted</h3>')
    expect(summary).not.toContain(token)
  })

  it('exposes the scopes that only the check reports, and none if nothing does', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    expect((await run(clientCredentials({ scopes: 'read' })))['scopes']).toBe('read')
    expect(runner.logged().at(-1)).toContain('(scopes: read; ')
    atCheck({ kind: 'response', status: 403 })
    expect((await run(clientCredentials({ scopes: 'read write' })))['scopes']).toBe('')
  })
})

describe('main is not green, and says what becomes of the token, if', () => {
  const CANCELLED = /^The job was cancelled\. Post will try to revoke the token \(id unknown\)\. It expires /

  it('the job is cancelled before the check, which it does not send', async () => {
    account.at({ path: GRANT }, cancel)
    const error = /^The job was cancelled\. Post will not revoke the token \(id unknown\)\. It expires at /
    await expect(run(clientCredentials({ 'skip-token-revoke': 'true' }))).rejects.toThrow(error)
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`])
  })

  it('Zendesk rejects it, or the job is cancelled during the check', async () => {
    atCheck(STRAY_401)
    await expect(run(clientCredentials())).rejects.toThrow(/^Could not use the new token: Zendesk rejected /)
    runner.clock.onSleep = cancel
    await expect(run(clientCredentials())).rejects.toThrow(CANCELLED)
  })

  it('the job is cancelled after the check', async () => {
    atCheck(OUTAGE)
    const { log } = runner.step
    const info = (text: string): void => {
      log.info(text)
      cancel()
    }
    runner.inputs(clientCredentials({ scopes: 'read write', 'export-env': 'true' }))
    await expect(main({ ...runner.step, log: { ...log, info } })).rejects.toThrow(CANCELLED)
    expect(runner.logged()).toEqual([expect.stringMatching(/^The new token was not checked: /)])
    expect(runner.written('GITHUB_ENV')).toEqual([])
  })

  it('only the check shows that it has no scope; post revokes it', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.replace({ path: CURRENT }, /"scopes":\[[^\]]*\]/, '"scopes":[]')
    await expect(run(clientCredentials())).rejects.toThrow(/^Zendesk granted the token no scope/)
    expect(runner.state()).toMatchObject({ minted: { scopes: { names: [], isReported: true } } })
  })
})
