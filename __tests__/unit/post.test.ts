import { describe, expect, it } from '@jest/globals'
import { type Token } from '../../mock/zendesk.ts'
import { main } from '../../src/main.ts'
import { post, reportFailure } from '../../src/post.ts'
import { runnerLog } from '../../src/runner/log.ts'
import { CURRENT, GRANT, setUpAccount, TOKENS, type Inputs } from './account.ts'
import { setUpRunner } from './runner-env.ts'

/*
 * The post step: which ways to revoke a token it has, and what it says of each end. Here `Revoked token …` stands for
 * a proof: Zendesk's own 401 to the token.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, accessToken, clientCredentials, authorizationCode } = account

const narrow = { scopes: 'tickets:read' }

/** Runs main, and gives its state to post. */
async function minted(inputs: Inputs): Promise<Token> {
  runner.inputs(inputs)
  await main(runner.step)
  runner.passState()
  runner.stdout = []
  runner.deadlines = []
  account.zendesk.forget()
  return account.token
}

/** Runs post; returns what it says, without masks and debug lines. */
async function said(): Promise<string[]> {
  await post(runner.step)
  return runner.logged()
}

const revoked = (id: number): string => `Revoked token ${id} and verified that Zendesk rejects it.`
const MANUALLY = (id: number): string =>
  `To revoke it manually, send DELETE ${account.zendesk.url}${TOKENS}/${id} as an admin, or let \`sweep\` remove it.`
const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'

describe('post sends nothing', () => {
  it.each([
    ['nothing was minted', undefined, 'No token was minted, so there is nothing to revoke.'],
    ['the state is incomplete', '{"minted":{}}', 'No token was minted, so there is nothing to revoke.'],
    [
      'skip-token-revoke is true',
      '{"skipped":"true"}',
      'The token is not revoked, because `skip-token-revoke` is `true`.'
    ],
    [
      'a refresh token came with the token',
      '{"skipped":"auto"}',
      'The token is not revoked, because that would revoke its refresh token, too.'
    ]
  ])('if %s, and says so in one line', async (_why, state, line) => {
    if (state !== undefined) process.env['STATE_zendesk'] = state
    runner.inputs(apiToken())
    await post(runner.step)
    expect(runner.stdout).toEqual([line])
    expect(account.zendesk.requests).toEqual([])
  })
})

describe('post revokes the token, and verifies it,', () => {
  it.each([
    ['API token', apiToken],
    ['access token', accessToken]
  ])('with the %s that minted it', async (_name, inputs) => {
    const { id, value } = await minted(inputs())
    expect(await said()).toEqual([revoked(id)])
    expect(account.zendesk.seen()).toEqual([`DELETE ${TOKENS}/${id}`, `GET ${CURRENT}`])
    expect(account.zendesk.requests[0]!.headers.authorization).not.toContain(value)
    expect(account.zendesk.requests[1]!.headers.authorization).toBe(`Bearer ${value}`)
    expect(account.zendesk.living()).toEqual([])
  })

  it('with the token itself, if a grant minted it', async () => {
    const { id, value } = await minted(clientCredentials())
    expect(await said()).toEqual([revoked(id)])
    expect(account.zendesk.seen()).toEqual([`DELETE ${TOKENS}/${id}`, `GET ${CURRENT}`])
    expect(account.zendesk.requests[0]!.headers.authorization).toBe(`Bearer ${value}`)
  })

  it('with the API token, if the token itself may not', async () => {
    const { id } = await minted(apiToken(narrow))
    expect(await said()).toEqual([revoked(id)])
  })

  it('with a cleanup token, if the token of client credentials may not, and says why', async () => {
    const { value } = await minted(clientCredentials(narrow))
    expect(await said()).toEqual([
      expect.stringMatching(
        /^Minted a cleanup token \(read write.*\) to revoke the token \(id unknown\), because.*: .*"Forbidden: You are missing the following required scopes: write"/
      ),
      'Revoked the token (id unknown) and verified that Zendesk rejects it.'
    ])
    expect(account.zendesk.living()).toEqual([])
    const cleanup = [...account.zendesk.tokens.values()].at(-1)!
    const { 'client-secret': secret } = clientCredentials()
    expect(runner.all('add-mask')).toEqual([secret, value, cleanup.value])
  })

  it('with another way, if Zendesk accepts the first DELETE without effect', async () => {
    account.zendesk.fault({ path: CURRENT }, [{ kind: 'reply', status: 404 }])
    account.zendesk.behaviour.deleteCurrentWorks = false
    await minted(clientCredentials())
    expect(await said()).toEqual([
      expect.stringMatching(/because.*: Zendesk accepted the DELETE, but the token still works\.$/),
      'Revoked the token (id unknown) and verified that Zendesk rejects it.'
    ])
  })

  it('with one retry more if its clock or Zendesk’s has jumped: a clock is no reason to skip', async () => {
    const { id } = await minted(clientCredentials())
    runner.clock.jump(365 * 86_400_000)
    account.zendesk.advance(-365 * 86_400_000)
    expect(await said()).toEqual([revoked(id)])
    expect(account.zendesk.living()).toEqual([])
  })

  it('in one request, if the token has expired by the clock of Zendesk', async () => {
    const { id } = await minted(clientCredentials())
    account.zendesk.advance(3_601_000)
    expect(await said()).toEqual([`Token ${id} had expired, and Zendesk rejects it.`])
    expect(account.zendesk.seen()).toEqual([`DELETE ${TOKENS}/${id}`])
  })
})

describe('post decides by the state of main, and', () => {
  it('masks the credential and the token before anything else', async () => {
    const { value } = await minted(clientCredentials())
    await post(runner.step)
    const { 'client-secret': secret } = clientCredentials()
    expect(runner.stdout.slice(0, 2)).toEqual([`::add-mask::${secret!}`, `::add-mask::${value}`])
    expect(runner.all('add-mask')).toHaveLength(2)
  })

  it('masks no input of another credential', async () => {
    const { value } = await minted(authorizationCode({ 'skip-token-revoke': 'false' }))
    runner.inputs(clientCredentials({ 'api-token': 'the-api-token-of-others', 'refresh-token': 'not-ours' }))
    await post(runner.step)
    expect(runner.all('add-mask')).toEqual([value])
  })

  it('ignores every input but the credential', async () => {
    const { id } = await minted(clientCredentials({ 'job-summary': 'true' }))
    runner.inputs({
      subdomain: 'evil',
      'client-id': 'other',
      'base-url': 'https://127.0.0.1:1',
      'skip-token-revoke': 'true',
      'job-summary': 'false',
      'timeout-seconds': '0',
      'client-secret': clientCredentials()['client-secret']!
    })
    expect(await said()).toEqual([revoked(id)])
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('<h3>Zendesk token revoked</h3>')
  })

  it.each([
    ['another', 'another-api-token-than-that-one'],
    ['none', '']
  ])('uses no other credential than main: %s', async (_which, other) => {
    const { id, value } = await minted(apiToken())
    runner.inputs(apiToken({ 'api-token': other }))
    expect(await said()).toEqual([revoked(id)])
    for (const { headers } of account.zendesk.requests) expect(headers.authorization).toBe(`Bearer ${value}`)
  })

  it.each([
    [300, 240, 5000],
    [60, 60, 5000],
    [5, 5, 1000],
    [3600, 240, 5000]
  ])('has, of a timeout of %d s, at most %d s, with %d ms reserved', async (timeout, seconds, reserve) => {
    await minted(clientCredentials({ 'timeout-seconds': String(timeout) }))
    await post(runner.step)
    expect(runner.deadlines).toEqual([[seconds, reserve]])
  })
})

describe('post gives one warning, with the expiry and what to do,', () => {
  /** The one line that post says, which is a warning. */
  async function warning(): Promise<string> {
    await post(runner.step)
    expect(runner.all('warning')).toHaveLength(1)
    expect(runner.logged().at(-1)).toMatch(/^::warning::/)
    expect(runner.all('warning')[0]).not.toMatch(/\.[.;:]|undefined/)
    return runner.all('warning')[0]!
  }
  const refuse = (): void => {
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 400 })
    account.zendesk.fault({ path: GRANT }, { kind: 'reply', status: 400 })
  }

  it('if Zendesk refuses to revoke the token', async () => {
    const { id } = await minted(clientCredentials())
    refuse()
    expect(await warning()).toBe(
      `Could not revoke token ${id}: Zendesk refused the request (POST /oauth/tokens: 400). ${EXPIRES} ${MANUALLY(id)}`
    )
  })

  it('which says how to find a token whose id is not known', async () => {
    await minted(clientCredentials(narrow))
    refuse()
    const tokens = account.zendesk.url + TOKENS
    expect(await warning()).toMatch(
      `find it as an admin with GET ${tokens} and send DELETE ${tokens}/{id}, or let \`sweep\` remove it.`
    )
  })

  it('if its id is not known, and a JWT cannot be found in the list', async () => {
    account.zendesk.behaviour.tokenFormat = 'jwt'
    await minted(clientCredentials({ scopes: 'tickets:read' }))
    expect(await warning()).toContain('its id is not known, and no token in the list is certainly this one')
  })

  it('if a token that never expires lacks only the scope', async () => {
    account.zendesk.behaviour.tellExpiresIn = 'never'
    await minted(authorizationCode({ 'skip-token-revoke': 'false' }, 'tickets:read'))
    const state = JSON.parse(process.env['STATE_zendesk']!) as { minted: Inputs }
    Object.assign(state.minted, { expiresAt: '', expiry: 'never' })
    process.env['STATE_zendesk'] = JSON.stringify(state)
    expect(await warning()).toMatch(/\. It does not expire\. To revoke it manually, /)
  })

  it('if a token lacks only the scope, but Zendesk did not report when it expires', async () => {
    account.zendesk.behaviour.tellExpiresIn = 'never'
    await minted(authorizationCode({ 'skip-token-revoke': 'false' }, 'tickets:read'))
    expect(await warning()).toContain(EXPIRES)
  })

  it('if a gateway’s page answers, although the token is narrow', async () => {
    await minted(authorizationCode({ 'skip-token-revoke': 'false' }, 'tickets:read'))
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'gateway' })
    expect(await warning()).toContain('Something in front of Zendesk answered with a web page')
  })

  it('if a 403 does not name the scope, and the token has `write`', async () => {
    await minted(authorizationCode({ 'skip-token-revoke': 'false' }))
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 403 })
    expect(await warning()).toContain('Zendesk does not allow this')
  })

  it('if it was given other inputs than main, which it says', async () => {
    const { id } = await minted(apiToken(narrow))
    runner.inputs({})
    const line = await warning()
    expect(line).toContain(
      ' Post was given other inputs than main, so it could not use the credential. It does not expire. '
    )
    expect(line).toMatch(/^Could not revoke token \d+: The credential lacks a scope \(/)
    expect(line.endsWith(MANUALLY(id))).toBe(true)
  })

  it('if it was given other inputs, although the token is narrow and expires', async () => {
    account.zendesk.behaviour.apiTokensExpire = true
    await minted(apiToken(narrow))
    runner.inputs({})
    expect(await warning()).toContain(
      'other inputs than main, so it could not use the credential. It expires at'
    )
  })

  it('if the token was revoked, but Zendesk was not seen to reject it', async () => {
    const { id } = await minted(clientCredentials())
    account.zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'reply', status: 418 })
    expect(await warning()).toBe(
      `Revoked token ${id} (Zendesk accepted the DELETE), but this could not be verified: Zendesk refused the request (GET ${CURRENT}: 418). ${EXPIRES} ${MANUALLY(id)}`
    )
  })

  it('also about the cleanup token, if that remains', async () => {
    await minted(clientCredentials(narrow))
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 403 })
    expect(await warning()).toMatch(
      /^Could not revoke the token \(id unknown\): .* remove it\. Could not revoke the cleanup token \d+: .*It expires within 10 minutes\. To revoke it sooner, send DELETE \S+ as an admin\.$/
    )
  })

  it('about the cleanup token alone, if only that remains', async () => {
    await minted(clientCredentials(narrow))
    account.zendesk.fault({ path: /\/tokens\/\d+$/, method: 'DELETE' }, [
      { kind: 'pass' },
      { kind: 'reply', status: 418 }
    ])
    expect(await warning()).toMatch(/^Could not revoke the cleanup token \d+: .*418/)
    expect(runner.logged().at(-2)).toBe(
      'Revoked the token (id unknown) and verified that Zendesk rejects it.'
    )
  })

  it('if the time is over, while 5 s are left to say so', async () => {
    const { id } = await minted(clientCredentials())
    const wait = { kind: 'reply', status: 503, headers: { 'Retry-After': '50' } } as const
    account.zendesk.fault({ method: 'DELETE' }, wait)
    expect(await warning()).toMatch(
      new RegExp(`^Could not revoke token ${id}: Zendesk is unavailable \\(DELETE `)
    )
    expect(runner.clock.elapsed()).toBeLessThanOrEqual(235_000)
  })

  it('if the job is cancelled before the DELETE', async () => {
    const { id } = await minted(clientCredentials())
    runner.cancellation.abort()
    expect(await warning()).toBe(
      `Could not revoke token ${id}: the job was cancelled. ${EXPIRES} ${MANUALLY(id)}`
    )
    expect(account.zendesk.requests).toEqual([])
  })

  it('if the job is cancelled after a DELETE that was not answered, which it says', async () => {
    const { id } = await minted(clientCredentials())
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'lose-reply' })
    runner.clock.onSleep = () => {
      runner.cancellation.abort()
    }
    expect(await warning()).toBe(
      `Could not revoke token ${id}: the job was cancelled. The DELETE was sent and not answered. ${EXPIRES} ${MANUALLY(id)}`
    )
  })

  it('if the job is cancelled after a DELETE that Zendesk accepted, which it does not verify any more', async () => {
    const { id } = await minted(clientCredentials())
    account.at({ method: 'DELETE' }, () => {
      runner.cancellation.abort()
    })
    expect(await warning()).toMatch(
      `Revoked token ${id} (Zendesk accepted the DELETE), but this could not be verified: the job was cancelled. `
    )
    expect(account.seen('GET')).toEqual([])
  })
})

describe('post gives an info line instead of a warning', () => {
  it('if only the scope is missing, and Zendesk reported an expiry', async () => {
    await minted(authorizationCode({ 'skip-token-revoke': 'false' }, 'tickets:read'))
    expect(await said()).toEqual([
      'Could not revoke the token (id unknown): no available token has the scope `write`. It expires at 2026-11-21T13:00:00Z.'
    ])
  })

  it('if the client may not have the scopes of a cleanup token either', async () => {
    const { secret } = account.zendesk.client('tickets_only')
    await minted(clientCredentials({ 'client-id': 'tickets_only', 'client-secret': String(secret) }))
    expect(await said()).toEqual([
      expect.stringContaining('no available token has the scope `write`. It expires at')
    ])
  })
})

describe('the summary of post', () => {
  it.each([
    ['revoked, and Zendesk rejects it', (): void => undefined],
    [
      'expired, and Zendesk rejects it',
      (): void => {
        account.zendesk.advance(3_601_000)
      }
    ],
    [
      'revoked, not verified',
      (): void => {
        account.zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 418 })
      }
    ],
    [
      'may still be active',
      (): void => {
        account.zendesk.fault({}, { kind: 'reply', status: 418 })
      }
    ]
  ])('says that the token is %s', async (state, happen) => {
    const { id } = await minted(clientCredentials({ 'job-summary': 'true' }))
    happen()
    await post(runner.step)
    expect(runner.text('GITHUB_STEP_SUMMARY')).toMatch(new RegExp(`<td>${state}</td>.*<td>${id}</td>`))
  })

  it('is not written unless `job-summary` is set', async () => {
    await minted(clientCredentials())
    await post(runner.step)
    expect(runner.text('GITHUB_STEP_SUMMARY')).toBe('')
  })
})

describe('a post step that fails itself', () => {
  it.each([
    [new Error('no luck'), 'no luck'],
    ['no luck at all', 'no luck at all']
  ])('warns of the token that may remain: %s', async (error, why) => {
    // Whatever another test has reported counts no more.
    await post(runner.step)
    const { id } = await minted(clientCredentials())
    reportFailure(runnerLog, error)
    expect(runner.stdout).toEqual([
      `::warning::Could not revoke token ${id}: ${why}. ${EXPIRES} ${MANUALLY(id)}`
    ])
  })

  it('says nothing if the outcome was reported before', async () => {
    await minted(clientCredentials())
    await post(runner.step)
    runner.stdout = []
    reportFailure(runnerLog, new Error('no luck'))
    expect(runner.stdout).toEqual([])
  })

  it.each([undefined, '{"skipped":"true"}'])('says nothing if there is no token: %s', (state) => {
    if (state !== undefined) process.env['STATE_zendesk'] = state
    reportFailure(runnerLog, new Error('no luck'))
    expect(runner.stdout).toEqual([])
  })
})
