import { describe, expect, it } from '@jest/globals'
import { adminId } from '../../mock/zendesk.ts'
import { main } from '../../src/main.ts'
import { CLIENTS, CURRENT, GRANT, setUpAccount, TOKENS, type Inputs } from './account.ts'
import { setUpRunner } from './runner-env.ts'

/*
 * The main step: which requests it sends, and what it gives to post, to later steps and to the reader of the log.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, accessToken, clientCredentials, authorizationCode, refreshToken } = account

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

describe('main sends', () => {
  it('one request for an API token, if client-id is a number', async () => {
    const { id } = account.zendesk.client('ci_bot')
    await run(apiToken({ 'client-id': String(id) }))
    expect(account.zendesk.seen()).toEqual([`POST ${TOKENS}`])
    expect(account.zendesk.requests[0]!.json).toEqual({ token: { client_id: id, scopes: ['read', 'write'] } })
  })

  it('a look-up of the client before the mint, if client-id is an identifier', async () => {
    await run(accessToken())
    expect(account.zendesk.seen()).toEqual([`GET ${CLIENTS}`, `POST ${TOKENS}`])
    expect(account.zendesk.connections).toBe(1)
  })

  it('a mint and a check with the new token for client credentials', async () => {
    await run(clientCredentials({ scopes: 'read tickets:write', 'expires-in': '300' }))
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`, `GET ${CURRENT}`])
    expect(account.zendesk.requests[0]!.json).toEqual({
      grant_type: 'client_credentials',
      client_id: 'ci_bot',
      client_secret: account.zendesk.client('ci_bot').secret,
      scope: 'read tickets:write',
      expires_in: 300
    })
    expect(account.zendesk.requests[1]!.headers.authorization).toBe(`Bearer ${account.token.value}`)
    expect(account.zendesk.connections).toBe(1)
  })

  it('no scope with a grant if `scopes` is empty', async () => {
    await run(clientCredentials())
    expect(account.zendesk.requests[0]!.json).not.toHaveProperty('scope')
  })

  it('its version with each request', async () => {
    await run(clientCredentials())
    for (const { headers } of account.zendesk.requests) {
      expect(headers).toMatchObject({
        accept: 'application/json',
        'user-agent': expect.stringMatching(/^create-zendesk-token\/\d+\.\d+\.\d+$/)
      })
    }
  })

  it('nothing if an input is invalid', async () => {
    await expect(run(clientCredentials({ scopes: '!' }))).rejects.toThrow('scopes')
    expect(account.zendesk.requests).toEqual([])
  })

  it.each([
    ['GITHUB_STATE', {}],
    ['GITHUB_OUTPUT', {}],
    ['GITHUB_ENV', { 'export-env': 'true' }]
  ])('nothing if the runner has no %s, which would be written', async (variable, more) => {
    Reflect.deleteProperty(process.env, variable)
    await expect(run(clientCredentials(more))).rejects.toThrow(variable)
    expect(account.zendesk.requests).toEqual([])
  })

  it('its requests within 300 seconds, or another timeout', async () => {
    await run(clientCredentials())
    await run(clientCredentials({ 'timeout-seconds': '7' }))
    expect(runner.deadlines).toEqual([
      [300, undefined],
      [7, undefined]
    ])
  })
})

describe('main sets the outputs', () => {
  it('to all that Zendesk reports about a token of a grant', async () => {
    const outputs = await run(clientCredentials())
    expect(outputs).toEqual({
      token: account.token.value,
      'refresh-token': '',
      'token-id': String(account.token.id),
      'client-id': String(account.zendesk.client('ci_bot').id),
      'user-id': String(adminId),
      scopes: 'read write',
      'expires-at': '2026-11-21T13:00:00Z',
      'base-url': account.zendesk.url
    })
  })

  it('to all that Zendesk reports about a token minted with an API token, without an expiry if there is none', async () => {
    expect(await run(apiToken())).toMatchObject({
      token: account.token.value,
      'token-id': String(account.token.id),
      'expires-at': '',
      'refresh-token': ''
    })
  })

  it('to the expiry that Zendesk sets on a token minted with an API token', async () => {
    account.zendesk.behaviour.apiTokensExpire = true
    expect((await run(apiToken()))['expires-at']).toBe('2026-11-21T12:30:00Z')
    expect(runner.logged().at(-1)).toContain('; expires in 30 minutes)')
  })

  it('to no refresh token with an API token, and one that comes is no secret to mask', async () => {
    account.replace({ path: TOKENS }, /"refresh_token":null/, '"refresh_token":"refresh-me-now"')
    expect((await run(apiToken()))['refresh-token']).toBe('')
    expect(runner.all('add-mask')).not.toContain('refresh-me-now')
  })

  it('to the refresh token of an authorization code, and to its successor', async () => {
    const first = await run(authorizationCode())
    expect(first['refresh-token']).toBe(account.token.refreshToken)
    const second = await run(refreshToken(first['refresh-token']!))
    expect(second['refresh-token']).toBe(account.token.refreshToken)
    expect(second['refresh-token']).not.toBe(first['refresh-token'])
    for (const { token, 'refresh-token': refresh } of [first, second])
      expect(runner.all('add-mask')).toEqual(expect.arrayContaining([token, refresh]))
  })

  it('to the inputs if the check reports nothing, as for a narrow token', async () => {
    expect(await run(clientCredentials({ scopes: 'tickets:read' }))).toMatchObject({
      'client-id': 'ci_bot',
      'token-id': '',
      'user-id': '',
      scopes: 'tickets:read',
      'expires-at': '2026-11-21T13:00:00Z'
    })
  })

  it('to the scopes that the check reports, if the response to the mint reports none', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    expect((await run(clientCredentials({ scopes: 'read' })))['scopes']).toBe('read')
    expect(runner.logged().at(-1)).toContain('(scopes: read; ')
  })

  it('to no scopes if neither reports them', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 403 })
    expect((await run(clientCredentials({ scopes: 'read' })))['scopes']).toBe('')
    expect(runner.logged().at(-1)).toContain('scopes: not reported; ')
  })
})

describe('main keeps the order', () => {
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

  it('mask the inputs, mint, mask the tokens, save state, set outputs, check, and report', async () => {
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

  it('mask the inputs before an error about them', async () => {
    const inputs = clientCredentials({ scopes: '!' })
    await expect(run(inputs)).rejects.toThrow()
    expect(runner.stdout).toEqual([`::add-mask::${inputs['client-secret']!}`])
  })

  it('save state before the outputs, so that post revokes the token even if these cannot be written', async () => {
    account.at({ path: GRANT }, () => {
      runner.breakFile('GITHUB_OUTPUT')
    })
    await expect(run(clientCredentials())).rejects.toThrow('GITHUB_OUTPUT')
    expect(runner.state()).toHaveProperty('minted.token', account.token.value)
  })

  it('mask the tokens before a debug line in which the server could repeat them', async () => {
    account.edit({ path: GRANT }, ({ headers, body }) => {
      const { access_token: token } = JSON.parse(body) as { access_token: string }
      return { headers: { ...headers, 'x-request-id': token } }
    })
    const { token } = await run(clientCredentials())
    expect(runner.stdout.filter((line) => line.includes(token!))).toEqual([`::add-mask::${token!}`])
  })

  it('show no secret outside of masks', async () => {
    const outputs = await run(authorizationCode())
    const visible = runner.stdout.filter((line) => !line.startsWith('::add-mask::')).join('\n')
    for (const secret of [outputs['token']!, outputs['refresh-token']!, 'a-verifier-of-some-length'])
      expect(visible).not.toContain(secret)
  })

  it.each([
    ['an API token', apiToken, TOKENS],
    ['client credentials', clientCredentials, GRANT]
  ])(
    'save state and set outputs when the job is cancelled during the mint, with %s',
    async (_name, inputs, path) => {
      account.at({ method: 'POST', path }, () => {
        runner.cancellation.abort()
      })
      await expect(run(inputs({ 'export-env': 'true' }))).rejects.toThrow('The job was cancelled')
      const { value } = account.token
      expect(runner.outputs()['token']).toBe(value)
      expect(runner.state()).toHaveProperty('minted.token', value)
      expect(runner.all('add-mask')).toContain(value)
      expect(account.zendesk.seen().at(-1)).toBe(`POST ${path}`)
      expect(runner.text('GITHUB_ENV')).toBe('')
      expect(runner.logged().join()).not.toContain('Minted')
    }
  )
})

describe('main checks a new token of a grant', () => {
  it('and fails if Zendesk keeps rejecting it, with outputs and state kept', async () => {
    account.zendesk.fault({ path: CURRENT }, { kind: 'stray-401' })
    await expect(run(clientCredentials())).rejects.toThrow('Could not use the new token: Zendesk rejected')
    expect(runner.clock.sleeps).toEqual([500, 1000, 2000])
    expect(runner.outputs()['token']).toBe(account.token.value)
    expect(runner.state()).toMatchObject({ minted: { token: account.token.value, seenWorking: false } })
  })

  it('and waits for servers that do not know it yet', async () => {
    account.zendesk.behaviour.unknownAtFirst = { requests: 2 }
    expect((await run(clientCredentials()))['token-id']).toBe(String(account.token.id))
    expect(runner.clock.sleeps).toEqual([500, 1000])
  })

  it.each([
    ['500', { kind: 'reply', status: 500 }, 'Zendesk is unavailable (GET /api/v2/oauth/tokens/current: 500)'],
    ['a web page', { kind: 'gateway' }, 'Something in front of Zendesk answered with a web page ('],
    ['a broken connection', { kind: 'reset' }, 'The connection broke before the response was complete (']
  ] as const)('and says that it did not if the response is %s', async (_what, fault, why) => {
    account.zendesk.fault({ path: CURRENT }, fault)
    await run(clientCredentials({ scopes: 'read write' }))
    expect(runner.logged()).toEqual([
      expect.stringContaining(`The new token was not checked: ${why}`),
      expect.stringMatching(/^Minted a token \(id unknown; scopes: read write; /)
    ])
    expect(runner.state()).toHaveProperty('minted.seenWorking', false)
  })

  it('and takes a JSON 403 as a sign of a narrow token that works', async () => {
    await run(clientCredentials({ scopes: 'tickets:read' }))
    expect(runner.state()).toHaveProperty('minted.seenWorking', true)
  })

  it('and ignores facts about another token', async () => {
    const [other] = account.zendesk.seedTokens(1)
    account.zendesk.behaviour.currentIsAbout = other!.id
    expect((await run(clientCredentials()))['token-id']).toBe('')
    expect(runner.logged().join()).toContain('The new token was not checked: ')
  })
})

describe('main fails if Zendesk grants no scope at all', () => {
  it.each([
    ['an API token', apiToken],
    ['client credentials', clientCredentials]
  ])('and leaves the token to post, with %s', async (_name, inputs) => {
    account.zendesk.behaviour.reportScopes = 'empty'
    await expect(run(inputs())).rejects.toThrow(
      /^Zendesk granted the token no scope, so it can do nothing\. Check `scopes`, and the allowed scopes of the client/
    )
    expect(runner.state()).toHaveProperty('minted.token', account.token.value)
    expect(runner.outputs()['token']).toBe(account.token.value)
    expect(account.seen('GET')).not.toContain(`GET ${CURRENT}`)
  })

  it('also if only the check shows it', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.replace({ path: CURRENT }, /"scopes":\[[^\]]*\]/, '"scopes":[]')
    await expect(run(clientCredentials())).rejects.toThrow('no scope')
    expect(runner.state()).toHaveProperty('minted.scopes', [])
  })
})

describe('main says about scopes', () => {
  it.each([
    ['client credentials', clientCredentials],
    ['an API token', apiToken]
  ])('which were granted by default, with %s', async (_name, inputs) => {
    await run(inputs())
    expect(runner.logged().join('\n')).toMatch(/: read write\. Set `scopes` to request fewer\.$/m)
  })

  it('that the default scopes were not reported', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 403 })
    await run(clientCredentials())
    expect(runner.logged().join('\n')).toContain('scopes that it did not report. Set `scopes`')
  })

  it('which requested ones were not granted', async () => {
    account.replace({ path: GRANT }, /"scope":"[^"]+"/, '"scope":"read"')
    await run(clientCredentials({ scopes: 'read tickets:read tickets:write users:write' }))
    expect(runner.all('warning')).toEqual([
      'Zendesk did not grant tickets:write users:write. Check the names, and the allowed scopes of the client in Admin Center.'
    ])
    expect(runner.logged().join()).not.toContain('to request fewer')
  })

  it('that one is unknown and was not granted', async () => {
    await run(clientCredentials({ scopes: 'read ticket:write' }))
    expect(runner.all('warning')).toEqual([
      '`scopes`: Zendesk documents no scope ticket:write (did you mean tickets:write?).',
      expect.stringMatching(/^Zendesk did not grant ticket:write\. /)
    ])
  })

  it('nothing about those that are missing, if neither response reports scopes, or none were requested', async () => {
    account.zendesk.behaviour.reportScopes = 'absent'
    account.zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 403 })
    await run(clientCredentials({ scopes: 'tickets:write' }))
    account.zendesk.clearFaults()
    await run(authorizationCode({}, 'tickets:read'))
    expect(runner.all('warning')).toEqual([])
  })
})

describe('main promises in its last line', () => {
  const lastLine = async (inputs: Inputs): Promise<string> => {
    await run(inputs)
    return String(runner.logged().at(-1))
  }

  it('that post revokes a token that may revoke itself', async () => {
    expect(await lastLine(clientCredentials())).toBe(
      `Minted token ${account.token.id} (scopes: read write; expires in 1 hour). It will be revoked when the job ends.`
    )
  })

  it('that post revokes a narrow token if an API token may do it', async () => {
    expect(await lastLine(apiToken({ scopes: 'tickets:read' }))).toMatch(
      /\(scopes: tickets:read; does not expire\)\. It will be revoked when the job ends\.$/
    )
  })

  it('only an attempt with a cleanup token, for a narrow token of client credentials', async () => {
    const line = await lastLine(clientCredentials({ scopes: 'tickets:read' }))
    expect(line).toMatch(
      /^Minted a token \(id unknown; scopes: tickets:read; expires in 1 hour\)\. Its scopes do not include `write`, so post will try to revoke it with a cleanup token[.;] /
    )
    expect(line).toMatch(/[iI]t expires at 2026-11-21T13:00:00Z/)
  })

  it('only an attempt, for a narrow token of another grant', async () => {
    const inputs = authorizationCode({ 'skip-token-revoke': 'false' }, 'tickets:read')
    expect(await lastLine(inputs)).toMatch(/so post will try to revoke it[.;] /)
  })

  it('a revocation for the scope `unrestricted`', async () => {
    expect(await lastLine(clientCredentials({ scopes: 'unrestricted' }))).toMatch(/will be revoked/)
  })

  it('nothing if the token is not revoked', async () => {
    expect(await lastLine(authorizationCode())).toMatch(/ It will not be revoked when the job ends\.$/)
  })
})

describe('main warns', () => {
  it('that an API token or access token may stop any day, with an info line', async () => {
    await run(apiToken())
    await run(accessToken())
    expect(runner.logged().filter((line) => line.includes('deprecated'))).toEqual([
      'Zendesk has deprecated the endpoint that mints with `api-token`; it may stop any day, and API tokens stop working on 2027-04-30. Use `client-secret` instead.',
      'Zendesk has deprecated the endpoint that mints with `access-token`; it may stop any day. Use `client-secret` instead.'
    ])
    expect(runner.all('warning')).toEqual([])
  })

  it('of the end of API tokens from 90 days before it, and of nothing with other credentials', async () => {
    const start = Date.parse('2027-01-30T00:00:00Z')
    runner.clock.start = start - 1
    await run(apiToken())
    expect(runner.all('warning')).toEqual([])
    runner.clock.start = start
    await run(apiToken())
    expect(runner.all('warning')).toEqual([expect.stringContaining('API tokens stop working on 2027-04-30')])
    await run(accessToken())
    await run(clientCredentials())
    expect(runner.all('warning')).toHaveLength(1)
  })

  it('of nothing in a good run with client credentials and scopes', async () => {
    await run(clientCredentials({ scopes: 'read write' }))
    expect(runner.logged()).toEqual([expect.stringMatching(/^Minted token \d+ /)])
  })
})

describe('main writes for later steps', () => {
  it('neither environment nor summary by default', async () => {
    await run(clientCredentials())
    expect([runner.text('GITHUB_ENV'), runner.text('GITHUB_STEP_SUMMARY')]).toEqual(['', ''])
  })

  it('an environment for zcli and a summary if both are wanted', async () => {
    const { token } = await run(clientCredentials({ 'export-env': 'true', 'job-summary': 'true' }))
    expect(runner.written('GITHUB_ENV')).toEqual([
      ['ZENDESK_SUBDOMAIN', 'acme'],
      ['ZENDESK_OAUTH_TOKEN', token]
    ])
    const summary = runner.text('GITHUB_STEP_SUMMARY')
    const { host } = new URL(account.zendesk.url)
    const cells = ['active', '2026-11-21T13:00:00Z', 'read write', account.token.id, adminId, host]
    expect(summary).toContain('<h3>Zendesk token minted</h3>')
    expect(summary).toContain(cells.map((cell) => `<td>${cell}</td>`).join(''))
    expect(summary).not.toContain(token)
  })
})
