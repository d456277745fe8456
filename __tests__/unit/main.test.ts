import { describe, expect, it } from '@jest/globals'
import { main } from '../../src/main.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, STRAY_401, type Inputs } from '../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)
const { accessToken, clientCredentials, authorizationCode } = account

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

describe('main', () => {
  it.each([
    ['GITHUB_STATE', {}],
    ['GITHUB_OUTPUT', {}],
    ['GITHUB_ENV', { 'export-env': 'true' }]
  ])('mints nothing if the runner has no %s, which would be written', async (variable, more) => {
    Reflect.deleteProperty(process.env, variable)
    await expect(run(clientCredentials(more))).rejects.toThrow(variable)
    expect(account.zendesk.requests).toEqual([])
  })

  it('has all of its timeout for its work', async () => {
    await run(clientCredentials({ 'timeout-seconds': '7' }))
    expect(runner.limits).toEqual([{ seconds: 7 }])
  })

  it('says first what is deprecated', async () => {
    await run(accessToken())
    expect(runner.logged()[0]).toMatch(/^Zendesk has deprecated the endpoint that mints with `access-token`;/)
  })

  it('says why it did not check a token of a grant', async () => {
    account.zendesk.fault({ path: CURRENT }, { kind: 'response', status: 500 })
    await run(clientCredentials({ scopes: 'read write' }))
    expect(runner.logged()).toEqual([
      'The new token was not checked: Zendesk is unavailable (GET /api/v2/oauth/tokens/current: 500).',
      expect.stringMatching(/^Minted a token \(id unknown; scopes: read write; /)
    ])
    expect(runner.state()).toHaveProperty('minted.seenWorking', false)
  })

  it('does not check the token if the job is cancelled after the mint, and says what becomes of it', async () => {
    account.at({ path: GRANT }, () => {
      runner.cancellation.abort()
    })
    await expect(run(clientCredentials({ 'skip-token-revoke': 'true' }))).rejects.toThrow(
      /^The job was cancelled\. Post will not revoke the token \(id unknown\)\. It expires at /
    )
    expect(account.zendesk.seen()).not.toContain(`GET ${CURRENT}`)
  })

  it('is not green if Zendesk rejects the new token', async () => {
    account.zendesk.fault({ path: CURRENT }, STRAY_401)
    await expect(run(clientCredentials())).rejects.toThrow(
      /^Could not use the new token: Zendesk rejected the token\. Run the job again\./
    )
  })

  it('says what becomes of the token if the job is cancelled during the check', async () => {
    account.zendesk.fault({ path: CURRENT }, STRAY_401)
    runner.clock.onSleep = () => {
      runner.cancellation.abort()
    }
    await expect(run(clientCredentials())).rejects.toThrow(
      /^The job was cancelled\. Post will try to revoke the token \(id unknown\)\. It expires at /
    )
  })

  it('is not green if the job is cancelled after the check', async () => {
    account.zendesk.fault({ path: CURRENT }, { kind: 'response', status: 500 })
    const { log } = runner.step
    const info = (text: string): void => {
      log.info(text)
      runner.cancellation.abort()
    }
    runner.inputs(clientCredentials({ scopes: 'read write', 'export-env': 'true' }))
    await expect(main({ ...runner.step, log: { ...log, info } })).rejects.toThrow(
      /^The job was cancelled\. Post will try to revoke the token \(id unknown\)\. It expires at /
    )
    expect(runner.logged()).toEqual([expect.stringMatching(/^The new token was not checked: /)])
    expect(runner.written('GITHUB_ENV')).toEqual([])
  })

  it('exports an environment and writes a summary if both are wanted', async () => {
    const { token } = await run(clientCredentials({ 'export-env': 'true', 'job-summary': 'true' }))
    expect(runner.written('GITHUB_ENV')).toContainEqual(['ZENDESK_OAUTH_TOKEN', token])
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('<h3>Zendesk token minted</h3>')
    expect(runner.text('GITHUB_STEP_SUMMARY')).not.toContain(token)
  })
})

describe('main, step by step,', () => {
  /** What was done by the time a request that matches was answered. */
  function seenAt(method: string, path: string): { states: number; outputs: Inputs; said: string[] } {
    const seen = { states: 0, outputs: {}, said: [] as string[] }
    account.at({ method, path }, () => {
      seen.states = runner.written('GITHUB_STATE').length
      seen.outputs = runner.outputs()
      seen.said = runner.stdout.filter((line) => !line.startsWith('::debug::'))
    })
    return seen
  }

  it('masks the inputs, mints, masks the tokens, saves state, sets outputs, checks, and reports', async () => {
    const atMint = seenAt('POST', GRANT)
    const atCheck = seenAt('GET', CURRENT)
    const inputs = authorizationCode()
    await run(inputs)
    const { id, value, refreshToken: refresh } = account.token
    const masks = ['authorization-code', 'code-verifier'].map((name) => `::add-mask::${inputs[name]!}`)
    expect(atMint).toEqual({ states: 0, outputs: {}, said: masks })
    expect(atCheck).toMatchObject({
      states: 1,
      outputs: { token: value, 'refresh-token': refresh, 'token-id': '' },
      said: [...masks, `::add-mask::${value}`, `::add-mask::${String(refresh)}`]
    })
    expect(runner.outputs()['token-id']).toBe(String(id))
    expect(runner.stdout.at(-1)).toMatch(new RegExp(`^Minted token ${id} `))
  })

  it('saves state before the outputs, so that post revokes the token even if these cannot be written', async () => {
    account.at({ path: GRANT }, () => {
      runner.breakFile('GITHUB_OUTPUT')
    })
    await expect(run(clientCredentials())).rejects.toThrow('GITHUB_OUTPUT')
    expect(runner.state()).toHaveProperty('minted.token', account.token.value)
  })

  it('masks the token before a debug line in which the server could repeat it', async () => {
    account.edit({ path: GRANT }, ({ headers, body }) => {
      const { access_token: token } = JSON.parse(body) as { access_token: string }
      return { headers: { ...headers, 'x-request-id': token } }
    })
    const { token } = await run(clientCredentials())
    expect(runner.stdout.filter((line) => line.includes(token!))).toEqual([`::add-mask::${token!}`])
  })
})

describe('main, after the check,', () => {
  it('exposes the scopes that only the check reports', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    expect((await run(clientCredentials({ scopes: 'read' })))['scopes']).toBe('read')
    expect(runner.logged().at(-1)).toContain('(scopes: read; ')
  })

  it('exposes no scopes if nothing reports them', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.zendesk.fault({ path: CURRENT }, { kind: 'response', status: 403 })
    expect((await run(clientCredentials({ scopes: 'read write' })))['scopes']).toBe('')
    expect(runner.logged()).toEqual([
      'Minted a token (id unknown; scopes: not reported; expires in 1 hour). Zendesk did not report its scopes, so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'
    ])
  })

  it('fails if only the check shows that the token has no scope, and post revokes it', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.replace({ path: CURRENT }, /"scopes":\[[^\]]*\]/, '"scopes":[]')
    await expect(run(clientCredentials())).rejects.toThrow(/^Zendesk granted the token no scope/)
    expect(runner.state()).toMatchObject({
      kind: 'minted',
      minted: { scopes: { names: [], isReported: true } }
    })
  })

  it('warns of the scopes that were not granted', async () => {
    account.replace({ path: GRANT }, /"scope":"[^"]+"/, '"scope":"read"')
    await run(clientCredentials({ scopes: 'read users:write' }))
    expect(runner.all('warning')).toEqual([expect.stringMatching(/^Zendesk did not grant users:write\./)])
  })
})

describe('the last line of main', () => {
  it('promises a revocation', async () => {
    await run(clientCredentials())
    expect(runner.logged().at(-1)).toMatch(/\)\. It will be revoked when the job ends\.$/)
  })

  it('promises none of a token with a refresh token', async () => {
    await run(authorizationCode())
    expect(runner.logged().at(-1)).toMatch(/\)\. It will not be revoked when the job ends\.$/)
  })
})
