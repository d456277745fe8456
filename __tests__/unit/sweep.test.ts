import { describe, expect, it } from '@jest/globals'
import { adminId, agentId, type Fault } from '../../mock/zendesk.ts'
import { sweep } from '../../src/sweep.ts'
import { CLIENTS, CURRENT, GRANT, setUpAccount, TOKENS, type Inputs } from './account.ts'
import { setUpRunner } from './runner-env.ts'

/*
 * The sweep: which tokens it takes for stale, how it revokes them, and when it ends red.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const ME = '/api/v2/users/me'
const HOUR = 3_600_000
const live = { 'dry-run': 'false' }
const apiToken = (more: Inputs = {}): Inputs => account.apiToken({ ...live, ...more })
const accessToken = (more: Inputs = {}): Inputs => account.accessToken({ ...live, ...more })
const clientCredentials = (more: Inputs = {}): Inputs => account.clientCredentials({ ...live, ...more })

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await sweep(runner.step)
  return runner.outputs()
}

const seed = (...[count, how]: Parameters<typeof account.zendesk.seedTokens>): number[] =>
  account.zendesk.seedTokens(count, how).map(({ id }) => id)
const active = (): number[] => account.zendesk.living().map(({ id }) => id)
const cancelAtSleep = (): void => {
  runner.clock.onSleep = () => {
    runner.cancellation.abort()
  }
}

describe('a sweep sends', () => {
  it('with an API token: who am I, the look-up of the client, the list and the deletions', async () => {
    const [first, second] = seed(2)
    expect(await run(apiToken())).toEqual({
      matched: '2',
      revoked: '2',
      failed: '0',
      'token-ids': `[${first},${second}]`
    })
    expect(account.zendesk.seen().slice(0, 3)).toEqual([`GET ${ME}`, `GET ${CLIENTS}`, `GET ${TOKENS}`])
    expect(account.seen('DELETE').sort()).toEqual([`DELETE ${TOKENS}/${first}`, `DELETE ${TOKENS}/${second}`])
    const { id } = account.zendesk.client('ci_bot')
    expect(account.zendesk.requests[2]!.target).toBe(`${TOKENS}?client_id=${id}&page[size]=100`)
    expect(active()).toEqual([])
    expect(runner.logged().at(-1)).toBe('Revoked 2 stale tokens (2 checked).')
  })

  it('with an access token: the same, but asks for that token instead of the user', async () => {
    const [stale] = seed(1, { client: 'admin_tools' })
    runner.clock.jump(30 * 24 * HOUR)
    await run(accessToken({ 'client-id': 'admin_tools' }))
    expect(account.zendesk.seen()).toEqual([
      `GET ${CURRENT}`,
      `GET ${CLIENTS}`,
      `GET ${TOKENS}`,
      `DELETE ${TOKENS}/${stale}`
    ])
    expect([...account.zendesk.tokens.values()][0]!.revoked).toBe(false)
  })

  it('with client credentials: the mint of a cleanup token, which is revoked at the end', async () => {
    const [stale] = seed(1)
    await run(clientCredentials())
    const cleanup = [...account.zendesk.tokens.values()].at(-1)!
    expect(account.zendesk.seen()).toEqual([
      `POST ${GRANT}`,
      `GET ${CURRENT}`,
      `GET ${TOKENS}`,
      `DELETE ${TOKENS}/${stale}`,
      `DELETE ${TOKENS}/${cleanup.id}`
    ])
    expect(account.zendesk.requests[0]!.json).toMatchObject({ scope: 'read write', expires_in: 720 })
    expect(runner.all('add-mask')).toContain(cleanup.value)
    expect(active()).toEqual([])
  })

  it('a look-up of the client if Zendesk does not report that of the cleanup token', async () => {
    account.replace({ path: CURRENT }, /"client_id":\d+/, '"client_id":null')
    seed(1)
    await run(clientCredentials())
    expect(account.seen('GET')).toContain(`GET ${CLIENTS}`)
    expect(active()).toEqual([])
  })

  it('`all=true` with each page, and no question about the user, if `all-users` is set', async () => {
    seed(101, { userId: agentId })
    await run(apiToken({ 'all-users': 'true' }))
    const lists = account.zendesk.requests.filter(({ path }) => path === TOKENS)
    expect(lists.map(({ query }) => [query.get('all'), query.get('page[size]')])).toEqual([
      ['true', '100'],
      ['true', '100']
    ])
    expect(account.seen('GET')).not.toContain(`GET ${ME}`)
    expect(active()).toEqual([])
  })

  it.each([
    ['5', 600],
    ['600', 720],
    ['3600', 3720]
  ])('with a timeout of %s s: a cleanup token that expires in %d s', async (timeout, lifetime) => {
    await run(clientCredentials({ 'timeout-seconds': timeout }))
    expect(account.zendesk.requests[0]!.json).toMatchObject({ expires_in: lifetime })
  })

  it('nothing if an input is invalid or the runner has no output file, and masks the secrets before', async () => {
    await expect(run(apiToken({ 'older-than': '59m' }))).rejects.toThrow('older-than')
    expect(runner.all('add-mask')).toHaveLength(2)
    expect(runner.stdout).toHaveLength(2)
    delete process.env['GITHUB_OUTPUT']
    await expect(run(apiToken())).rejects.toThrow('GITHUB_OUTPUT')
    expect(account.zendesk.requests).toEqual([])
  })

  it.each([
    ['600', [600, 5000]],
    ['10', [10, 2000]]
  ])('all its requests within a timeout of %s s, less a reserve', async (timeout, deadline) => {
    await run(apiToken({ 'timeout-seconds': timeout }))
    expect(runner.deadlines).toEqual([deadline])
  })
})

describe('a sweep revokes', () => {
  it('nothing unless `dry-run` is false: it only lists', async () => {
    const [stale] = seed(1)
    const outputs = await run(account.apiToken())
    expect(outputs).toEqual({ matched: '1', revoked: '0', failed: '0', 'token-ids': `[${stale}]` })
    expect(active()).toEqual([stale])
    expect(runner.logged().at(-1)).toBe(
      `Found 1 stale token (1 checked). \`dry-run: 'false'\` would revoke: ${stale}.`
    )
  })

  it('no token of another client, or that is new, in use or expired', async () => {
    account.zendesk.behaviour.filterByClient = false
    seed(1, { client: 'browser_app' })
    seed(1, { age: 23 * HOUR })
    seed(1, { usedAgo: 23 * HOUR })
    seed(1, { expiresIn: -1000 })
    const [stale] = seed(1, { usedAgo: 25 * HOUR, expiresIn: HOUR })
    expect(await run(apiToken())).toMatchObject({ matched: '1', 'token-ids': `[${stale}]` })
    expect(account.seen('DELETE')).toHaveLength(1)
  })

  it.each([
    ['an API token', apiToken],
    ['an access token', accessToken],
    ['client credentials', clientCredentials]
  ])('no token of another user without `all-users`, even if it is listed, with %s', async (_name, inputs) => {
    const [own] = seed(1, { userId: adminId })
    seed(1, { userId: agentId })
    account.replace({ path: CLIENTS }, /$/, '')
    // As if Zendesk ignored who is asking.
    account.edit({ path: TOKENS, method: 'GET' }, ({ body }) => {
      const page = JSON.parse(body) as { tokens: { user_id: number; id: number }[] }
      page.tokens.push({ ...page.tokens.find(({ id }) => id === own)!, id: own! + 1, user_id: agentId })
      return { body: JSON.stringify(page) }
    })
    expect(await run(inputs())).toMatchObject({ 'token-ids': `[${own}]` })
    expect(active()).toEqual([own! + 1])
  })

  it.each([
    ['an access token', accessToken, 'admin_tools'],
    ['client credentials', clientCredentials, 'ci_bot']
  ])('never the token that it works with, however old it looks, with %s', async (_name, inputs, client) => {
    account.edit({ path: TOKENS }, ({ body }) => ({
      body: body
        .replace(/"created_at":"[^"]+"/g, '"created_at":"2026-01-01T00:00:00Z"')
        .replace(/"used_at":"[^"]+"/g, '"used_at":null')
    }))
    expect((await run(inputs({ 'client-id': client })))['matched']).toBe('0')
    expect(runner.logged().at(-1)).toBe('No stale tokens (1 checked).')
  })

  it('what `older-than` says', async () => {
    seed(1, { age: 2 * HOUR })
    expect((await run(apiToken({ 'older-than': '3h' })))['matched']).toBe('0')
    expect((await run(apiToken({ 'older-than': '90m' })))['matched']).toBe('1')
  })

  it.each([
    ['Zendesk’s clock', (): unknown => (account.zendesk.behaviour.dateSkew = 2 * HOUR)],
    [
      'the runner’s clock',
      (): unknown => {
        account.zendesk.behaviour.dateSkew = -2 * HOUR
        account.zendesk.advance(-2 * HOUR)
        runner.clock.jump(2 * HOUR)
        return (account.zendesk.behaviour.dateSkew = 0)
      }
    ]
  ])('no token that only %s makes old', async (_which, skew) => {
    seed(1, { age: 23 * HOUR })
    skew()
    expect((await run(account.apiToken()))['matched']).toBe('0')
  })

  it('a token that is old by the runner’s clock, if the response has no time', async () => {
    seed(1, { age: 25 * HOUR })
    account.edit({ path: TOKENS }, ({ headers }) => ({ headers: { ...headers, Date: 'soon' } }))
    expect((await run(account.apiToken()))['matched']).toBe('1')
  })

  it('no token whose refresh token is valid', async () => {
    seed(1, { refreshExpiresIn: HOUR })
    const [expired] = seed(1, { refreshExpiresIn: -HOUR })
    expect((await run(account.apiToken()))['token-ids']).toBe(`[${expired}]`)
  })

  it('four tokens at a time, each on its own connection', async () => {
    seed(12)
    let now = 0
    let most = 0
    account.at({ method: 'DELETE' }, () => {
      most = Math.max(most, ++now)
      setTimeout(() => now--, 5)
    })
    await run(apiToken())
    const deletions = account.zendesk.requests.filter(({ method }) => method === 'DELETE')
    expect(deletions).toHaveLength(12)
    expect(new Set(deletions.map(({ connection }) => connection)).size).toBe(4)
    expect(most).toBeGreaterThan(1)
  })

  it('a token that is gone already: a JSON 404', async () => {
    seed(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 404 })
    expect(await run(apiToken())).toMatchObject({ revoked: '1', failed: '0' })
  })

  it('what it found before the list broke off, and ends red', async () => {
    seed(150)
    account.zendesk.fault({ path: TOKENS }, [{ kind: 'pass' }, { kind: 'reply', status: 403 }])
    await expect(run(clientCredentials())).rejects.toThrow(
      /^Could not list the tokens: .* Revoked 100 stale tokens before that\.$/
    )
    expect(runner.outputs()).toMatchObject({ matched: '100', revoked: '100', failed: '0' })
    expect(active()).toHaveLength(50)
  })
})

describe('a sweep lists and revokes nothing, and ends red, if', () => {
  const nothing = (): void => {
    expect(account.seen('GET')).not.toContain(`GET ${TOKENS}`)
    expect(active()).toHaveLength(1)
    expect(runner.outputs()).toEqual({ matched: '0', revoked: '0', failed: '0', 'token-ids': '[]' })
  }
  const unknown = 'Zendesk does not report which token this sweep works with, or whose it is'

  it.each<[string, Fault, string]>([
    [
      'is anonymous',
      { kind: 'reply', status: 200, body: { user: { id: null } } },
      'rejected the credentials'
    ],
    ['is a web page', { kind: 'html' }, 'There is no Zendesk account at this address'],
    ['is refused', { kind: 'reply', status: 403 }, 'Zendesk does not allow this']
  ])('the user of the API token %s', async (_what, fault, why) => {
    seed(1)
    account.zendesk.fault({ path: ME }, fault)
    await expect(run(apiToken())).rejects.toThrow(`Could not look up the user of \`api-token\`: `)
    await expect(run(apiToken())).rejects.toThrow(why)
    nothing()
  })

  it.each([
    ['access token', accessToken],
    ['cleanup token', clientCredentials]
  ])('the user of the %s is not reported, unless `all-users` is set', async (_name, inputs) => {
    seed(1)
    account.replace({ path: CURRENT }, /"user_id":\d+,/, '')
    await expect(run(inputs())).rejects.toThrow(unknown)
    nothing()
    expect(await run(inputs({ 'all-users': 'true' }))).toMatchObject({ revoked: '1' })
  })

  it.each([
    ['access token', accessToken],
    ['cleanup token', clientCredentials]
  ])('the id of the %s is not reported, even if `all-users` is set', async (_name, inputs) => {
    seed(1)
    account.replace({ path: CURRENT }, /"id":\d+,/, '')
    await expect(run(inputs({ 'all-users': 'true' }))).rejects.toThrow(unknown)
    nothing()
  })

  it.each([
    ['access token', accessToken],
    ['cleanup token', clientCredentials]
  ])('Zendesk reports another token than the %s', async (_name, inputs) => {
    const [other] = seed(1)
    account.zendesk.behaviour.currentIsAbout = other!
    await expect(run(inputs())).rejects.toThrow(unknown)
    nothing()
  })

  it.each<[string, Fault]>([
    ['refused', { kind: 'reply', status: 403 }],
    ['lost', { kind: 'reset' }]
  ])('the question about the access token is %s', async (_what, fault) => {
    seed(1)
    account.zendesk.fault({ path: CURRENT }, fault)
    await expect(run(accessToken())).rejects.toThrow('Could not look up the `access-token`: ')
    nothing()
  })

  it('the question about the cleanup token is refused, and revokes that', async () => {
    seed(1)
    account.zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'reply', status: 403 })
    await expect(run(clientCredentials())).rejects.toThrow(unknown)
    expect(account.seen('DELETE')).toEqual([`DELETE ${CURRENT}`])
    nothing()
  })

  it('it gets no cleanup token, or there is no such client', async () => {
    seed(1)
    const wrong = clientCredentials({ 'client-secret': 'not-the-secret' })
    await expect(run(wrong)).rejects.toThrow(
      'Could not mint a cleanup token: Zendesk rejected the OAuth client'
    )
    nothing()
    await expect(run(apiToken({ 'client-id': 'nobody' }))).rejects.toThrow('Could not look up the client')
    nothing()
  })

  it('the list is a web page', async () => {
    seed(1)
    account.zendesk.fault({ path: TOKENS }, { kind: 'html' })
    await expect(run(apiToken())).rejects.toThrow('Could not list the tokens: There is no Zendesk account')
    expect(active()).toHaveLength(1)
  })
})

describe('a sweep that cannot revoke a token', () => {
  it('goes on, and ends with one error that names the token', async () => {
    const [first, second, third] = seed(3)
    account.zendesk.fault({ path: `${TOKENS}/${second}` }, { kind: 'reply', status: 403 })
    await expect(run(apiToken())).rejects.toThrow(
      new RegExp(`^Could not revoke 1 of 3 stale tokens: ${second}\\. Could not revoke token ${second}: `)
    )
    expect(runner.outputs()).toEqual({
      matched: '3',
      revoked: '2',
      failed: '1',
      'token-ids': `[${first},${second},${third}]`
    })
    expect(active()).toEqual([second])
  })

  it.each([200, 204, 404])('takes no web page for an answer: %d', async (status) => {
    seed(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'html', status })
    // A 204 has no body to be a web page.
    if (status === 204) expect(await run(apiToken())).toMatchObject({ revoked: '1' })
    else await expect(run(apiToken())).rejects.toThrow('Could not revoke 1 of 1 stale token: ')
  })

  it('revokes the other eight if the connections of the first four are reset, whatever is retried', async () => {
    const ids = seed(12)
    for (const id of ids.slice(0, 4)) account.zendesk.fault({ path: `${TOKENS}/${id}` }, { kind: 'reset' })
    await expect(run(apiToken())).rejects.toThrow(
      `Could not revoke 4 of 12 stale tokens: ${ids.slice(0, 4).join(', ')}.`
    )
    expect(runner.outputs()).toMatchObject({ revoked: '8', failed: '4' })
    expect(active()).toEqual(ids.slice(0, 4))
  })

  it('tries no other once the job is cancelled, and names them all', async () => {
    const ids = seed(20)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 500 })
    cancelAtSleep()
    await expect(run(apiToken())).rejects.toThrow(
      new RegExp(`^Could not revoke 20 of 20 stale tokens: .*${ids.at(-1)}\\. .*cancelled`)
    )
    expect(account.seen('DELETE').length).toBeLessThanOrEqual(4)
    expect(runner.outputs()).toMatchObject({ matched: '20', revoked: '0', failed: '20' })
  })

  it('tries no other once a wait does not fit into the time', async () => {
    seed(20)
    const limit: Fault = { kind: 'reply', status: 429, headers: { 'Retry-After': '3600' } }
    account.zendesk.fault({ method: 'DELETE' }, limit)
    await expect(run(apiToken())).rejects.toThrow(/^Could not revoke 20 of 20 .* asks to wait 3600 s/)
    expect(account.seen('DELETE').length).toBeLessThanOrEqual(4)
  })

  it('ends red with what went wrong, whatever that is', async () => {
    seed(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reset' })
    runner.clock.onSleep = () => {
      throw new Error('a mistake in here')
    }
    await expect(run(apiToken())).rejects.toThrow('a mistake in here')
  })
})

describe('the cleanup token of a sweep', () => {
  it.each([
    ['fails', (): void => undefined],
    ['is cancelled', cancelAtSleep]
  ])('is revoked although the sweep %s', async (_how, happen) => {
    const [stale] = seed(1)
    account.zendesk.fault({ path: `${TOKENS}/${stale}` }, { kind: 'reply', status: 500 })
    happen()
    await expect(run(clientCredentials())).rejects.toThrow('Could not revoke 1 of 1 stale token')
    expect(active()).toEqual([stale])
  })

  it('gets a warning if it cannot be revoked', async () => {
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 418 })
    await run(clientCredentials())
    expect(runner.all('warning')).toEqual([
      expect.stringMatching(
        /^Could not revoke the cleanup token \d+: .*418\)\. It expires within 12 minutes\. To revoke it sooner, send DELETE /
      )
    ])
  })
})

describe('a sweep reports', () => {
  it('what is doubtful in its inputs', async () => {
    await run(clientCredentials())
    expect(runner.all('warning')).toEqual([])
    await expect(run(clientCredentials({ 'client-id': '123' }))).rejects.toThrow('invalid_client')
    expect(runner.all('warning')).toEqual([expect.stringContaining('`client-id`: 123 is a number')])
  })

  it('its progress every 15 seconds while it revokes', async () => {
    seed(250)
    account.at({ path: /tokens/ }, () => {
      runner.clock.pass(200)
    })
    runner.clock.pass(20_000)
    await run(apiToken())
    const lines = runner.logged().filter((line) => line.includes('so far'))
    expect(lines[0]).toMatch(/^Revoked \d+ of 250 tokens so far\.$/)
    expect(lines).toHaveLength(3)
  })

  it('its progress while it reads a long list', async () => {
    seed(250)
    account.zendesk.fault({ path: TOKENS }, [{ kind: 'pass' }])
    account.at({ path: TOKENS, count: 1 }, () => {
      runner.clock.pass(15_000)
    })
    await run(account.apiToken())
    expect(runner.logged().filter((line) => line.includes('so far'))).toEqual([
      'Listed 200 tokens so far, 200 of them stale.'
    ])
  })

  it('a job summary, unless `job-summary` is false', async () => {
    seed(1)
    await run(apiToken({ 'job-summary': 'false' }))
    expect(runner.text('GITHUB_STEP_SUMMARY')).toBe('')
    const [stale] = seed(1)
    await run(apiToken())
    const summary = runner.text('GITHUB_STEP_SUMMARY')
    expect(summary).toContain('<h3>Zendesk tokens of ci_bot</h3>')
    expect(summary).toContain(
      `<td>${stale}</td><td>${adminId}</td><td>read write</td><td>2 days</td><td>never</td><td>revoked</td>`
    )
  })

  it('a job summary although it fails', async () => {
    seed(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 403 })
    await expect(run(apiToken())).rejects.toThrow()
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('Revoked: 0. Failed: 1.')
  })
})
