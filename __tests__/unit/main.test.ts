import { describe, expect, it } from '@jest/globals'
import { main } from '../../src/main.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, type Inputs } from '../support/zendesk.ts'

/*
 * The main step, as far as the tests of `dist/` do not show it: in which order it works, and what it says about scopes
 * and about the end of the token.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, accessToken, clientCredentials, authorizationCode } = account

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

/** Lets no response report the scopes of a new token. */
const reportNoScopes = (): void => {
  account.zendesk.behaviour.reportScopes = 'absent'
  account.zendesk.fault({ path: CURRENT }, { kind: 'response', status: 403 })
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

  it('warns of the end of API tokens from 90 days before it, and of nothing with other credentials', async () => {
    const start = Date.parse('2027-01-30T00:00:00Z')
    runner.clock.start = start - 1
    await run(apiToken())
    expect(runner.all('warning')).toEqual([])
    runner.clock.start = start
    await run(accessToken())
    await run(clientCredentials())
    expect(runner.all('warning')).toEqual([])
    await run(apiToken())
    expect(runner.all('warning')).toEqual([expect.stringContaining('API tokens stop working on 2027-04-30')])
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

  it('exports an environment and writes a summary if both are wanted', async () => {
    const { token } = await run(clientCredentials({ 'export-env': 'true', 'job-summary': 'true' }))
    expect(runner.written('GITHUB_ENV')).toContainEqual(['ZENDESK_OAUTH_TOKEN', token])
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('<h3>Zendesk token minted</h3>')
    expect(runner.text('GITHUB_STEP_SUMMARY')).not.toContain(token)
  })
})

describe('the order of main is', () => {
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

  it('to mask the inputs, mint, mask the tokens, save state, set outputs, check, and report', async () => {
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

  it('to save state before the outputs, so that post revokes the token even if these cannot be written', async () => {
    account.at({ path: GRANT }, () => {
      runner.breakFile('GITHUB_OUTPUT')
    })
    await expect(run(clientCredentials())).rejects.toThrow('GITHUB_OUTPUT')
    expect(runner.state()).toHaveProperty('minted.token', account.token.value)
  })

  it('to mask the token before a debug line in which the server could repeat it', async () => {
    account.edit({ path: GRANT }, ({ headers, body }) => {
      const { access_token: token } = JSON.parse(body) as { access_token: string }
      return { headers: { ...headers, 'x-request-id': token } }
    })
    const { token } = await run(clientCredentials())
    expect(runner.stdout.filter((line) => line.includes(token!))).toEqual([`::add-mask::${token!}`])
  })
})

describe('the scopes of a new token', () => {
  it('are those that the check reports, if the response to the mint reports none', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    expect((await run(clientCredentials({ scopes: 'read' })))['scopes']).toBe('read')
    expect(runner.logged().at(-1)).toContain('(scopes: read; ')
  })

  it('are not known if neither reports them, and none is said to be missing', async () => {
    reportNoScopes()
    expect((await run(clientCredentials({ scopes: 'read write' })))['scopes']).toBe('')
    expect(runner.logged()).toEqual([
      'Minted a token (id unknown; scopes: not reported; expires in 1 hour). Zendesk did not report its scopes, so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'
    ])
  })

  it('are not known if they are the default and are not reported', async () => {
    reportNoScopes()
    await run(clientCredentials())
    expect(runner.logged()[0]).toBe(
      '`scopes` is empty, and Zendesk granted: scopes that it did not report. Set `scopes` to request fewer.'
    )
  })

  it('may be none, which is an error although only the check shows it', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.replace({ path: CURRENT }, /"scopes":\[[^\]]*\]/, '"scopes":[]')
    await expect(run(clientCredentials())).rejects.toThrow(
      /^Zendesk granted the token no scope, so it can do nothing\. Check `scopes`, and the allowed scopes of the client/
    )
    expect(runner.state()).toHaveProperty('minted.scopes.names', [])
  })

  it('may be fewer than requested, which is a warning', async () => {
    account.replace({ path: GRANT }, /"scope":"[^"]+"/, '"scope":"read"')
    await run(clientCredentials({ scopes: 'read tickets:read tickets:write users:write' }))
    expect(runner.all('warning')).toEqual([
      'Zendesk did not grant tickets:write users:write. Check the names, and the allowed scopes of the client in Admin Center.'
    ])
  })
})

describe('the last line of main promises', () => {
  const attempt = 'Its scopes do not include both `read` and `write`, so post will try to revoke it'
  const expires = 'otherwise it expires at 2026-11-21T13:00:00Z.'
  const narrow = 'tickets:read'
  const narrowCode = (): Inputs => authorizationCode({ 'skip-token-revoke': 'false' }, narrow)

  it.each<[string, () => Inputs, string]>([
    [
      'a revocation by the API token',
      () => apiToken({ scopes: narrow }),
      'It will be revoked when the job ends.'
    ],
    ['a revocation by the token', () => clientCredentials(), 'It will be revoked when the job ends.'],
    ['none of a token with a refresh token', authorizationCode, 'It will not be revoked when the job ends.'],
    [
      'an attempt with a cleanup token',
      () => clientCredentials({ scopes: narrow }),
      `${attempt} with a cleanup token; ${expires}`
    ],
    ['only an attempt with the narrow token of a code', narrowCode, `${attempt}; ${expires}`]
  ])('%s', async (_what, inputs, end) => {
    await run(inputs())
    expect(
      runner
        .logged()
        .at(-1)!
        .split(/(?<=\)\.) /)[1]
    ).toBe(end)
  })
})
