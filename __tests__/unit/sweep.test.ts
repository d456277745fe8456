import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { sweep } from '../../src/sweep.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CLIENTS, CURRENT, type Inputs, TOKENS } from '../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)
const LIVE = { 'dry-run': 'false' }
const apiToken = (more: Inputs = {}): Inputs => account.apiToken({ ...LIVE, ...more })
const accessToken = (more: Inputs = {}): Inputs => account.accessToken({ ...LIVE, ...more })
const clientCredentials = (more: Inputs = {}): Inputs => account.clientCredentials({ ...LIVE, ...more })

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await sweep(runner.step)
  return runner.outputs()
}

const active = (): number[] => account.zendesk.activeTokens().map(({ id }) => id)

describe('sweep', () => {
  it('masks its secrets, and then sends nothing if an input is invalid or the runner has no output file', async () => {
    await expect(run(apiToken({ 'older-than': '59m' }))).rejects.toThrow('older-than')
    expect(runner.stdout).toHaveLength(2)
    expect(runner.all('add-mask')).toHaveLength(2)
    delete process.env['GITHUB_OUTPUT']
    await expect(run(apiToken())).rejects.toThrow('GITHUB_OUTPUT')
    expect(account.zendesk.requests).toEqual([])
  })

  it.each([
    ['600', 5000],
    ['10', 2000]
  ])('has, of a timeout of %s s, all but a reserve of %d ms for its requests', async (timeout, reserve) => {
    await run(apiToken({ 'timeout-seconds': timeout, 'job-summary': 'false' }))
    expect(runner.limits).toEqual([{ seconds: Number(timeout), reserve }])
  })

  it('warns of a number as client id', async () => {
    await expect(run(clientCredentials({ 'client-id': '123' }))).rejects.toThrow('invalid_client')
    expect(runner.all('warning')).toEqual([expect.stringContaining('`client-id`: 123 is a number')])
  })

  it('looks up the client if Zendesk does not report that of its cleanup token', async () => {
    account.replace({ path: CURRENT }, /"client_id":\d+/, '"client_id":null')
    account.zendesk.seedTokens(1)
    await run(clientCredentials())
    expect(account.seen('GET')).toContain(`GET ${CLIENTS}`)
    expect(active()).toEqual([])
  })

  it('does not count its cleanup token, however old that looks', async () => {
    const old = '"created_at":"2026-01-01T00:00:00Z"'
    account.edit({ path: TOKENS }, ({ body }) => ({
      body: body.replace(/"created_at":"[^"]+"/, old).replace(/"used_at":"[^"]+"/, '"used_at":null')
    }))
    expect((await run(clientCredentials()))['matched']).toBe('0')
    expect(runner.logged()).toEqual(['No stale tokens (1 checked).'])
  })

  it('warns if its cleanup token cannot be revoked', async () => {
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'response', status: 418 })
    await run(clientCredentials())
    expect(runner.all('warning')).toEqual([
      expect.stringMatching(
        /^Could not revoke the cleanup token \d+: .*418\)\. It expires at 2026-11-21T12:12:00Z\. To revoke it manually, delete it in Admin Center /
      )
    ])
  })

  it('revokes what it found if the list of all users breaks off, and takes a JSON 404 as revoked', async () => {
    const [first] = account.zendesk.seedTokens(150)
    account.zendesk.fault({ path: TOKENS }, [{ kind: 'pass' }, { kind: 'response', status: 403 }])
    account.zendesk.fault({ path: `${TOKENS}/${first!.id}` }, { kind: 'response', status: 404 })
    await expect(run(apiToken({ 'all-users': 'true' }))).rejects.toThrow(
      /^Could not list the tokens: .* Revoked 100 stale tokens before that\.$/
    )
    expect(active()).toHaveLength(51)
  })
})

describe('sweep logs its progress', () => {
  const progress = (): string[] => runner.logged().filter((line) => line.includes('so far'))

  it('while it reads a long list', async () => {
    account.zendesk.seedTokens(250)
    account.zendesk.fault({ path: TOKENS }, [{ kind: 'pass' }])
    account.at({ path: TOKENS, count: 1 }, () => {
      runner.clock.pass(15_000)
    })
    await run(account.apiToken())
    expect(progress()).toEqual(['Listed 200 tokens so far, 200 of them stale.'])
  })

  it('every 15 seconds while it revokes', async () => {
    account.zendesk.seedTokens(250)
    account.at({ method: 'DELETE' }, () => {
      runner.clock.pass(200)
    })
    await run(apiToken())
    expect(progress()).toHaveLength(3)
    expect(progress()[0]).toMatch(/^Revoked \d+ of 250 tokens so far\.$/)
  })
})

describe('sweep lists nothing, and fails, if', () => {
  const nothing = (): void => {
    expect(account.seen('GET')).not.toContain(`GET ${TOKENS}`)
    expect(runner.outputs()).toEqual({ matched: '0', revoked: '0', failed: '0', 'token-ids': '[]' })
  }

  it.each<[string, Fault, string]>([
    [
      'is anonymous',
      { kind: 'response', status: 200, body: { user: { id: null } } },
      'Zendesk rejected the credentials'
    ],
    ['is a web page', { kind: 'html' }, 'There is no Zendesk account at this address'],
    ['is refused', { kind: 'response', status: 403 }, 'Zendesk does not allow this']
  ])('the user of the API token %s', async (_what, fault, why) => {
    account.zendesk.fault({ path: '/api/v2/users/me' }, fault)
    await expect(run(apiToken())).rejects.toThrow(`Could not look up the user of \`api-token\`: ${why}`)
    nothing()
  })

  const unknown = 'Zendesk does not report which token this sweep works with, or whose it is'

  it.each([
    ['access token', accessToken],
    ['cleanup token', clientCredentials]
  ])('the %s may not be looked up', async (_name, inputs) => {
    account.zendesk.fault({ path: CURRENT, method: 'GET' }, { kind: 'response', status: 403 })
    await expect(run(inputs())).rejects.toThrow(
      'Could not look up the token that the sweep works with: Zendesk does not allow this'
    )
    nothing()
  })

  it.each([
    ['access token', accessToken],
    ['cleanup token', clientCredentials]
  ])('the user of the %s is not reported, unless `all-users` is set', async (_name, inputs) => {
    account.zendesk.seedTokens(1)
    account.replace({ path: CURRENT }, /"user_id":\d+,/, '')
    await expect(run(inputs())).rejects.toThrow(unknown)
    nothing()
    expect(await run(inputs({ 'all-users': 'true' }))).toMatchObject({ revoked: '1' })
  })
})

describe('sweep, of a token that it cannot revoke,', () => {
  it.each<[string, Fault]>([
    ['connections break', { kind: 'reset' }],
    ['Zendesk refuses', { kind: 'response', status: 403 }],
    ['a web page says that they are gone', { kind: 'gateway', status: 404 }]
  ])('goes on with the others if %s', async (_what, fault) => {
    const ids = account.zendesk.seedTokens(12).map(({ id }) => id)
    const kept = ids.slice(0, 4)
    for (const id of kept) account.zendesk.fault({ path: `${TOKENS}/${id}` }, fault)
    await expect(run(apiToken())).rejects.toThrow(
      `Could not revoke 4 of 12 stale tokens: ${kept.join(', ')}.`
    )
    expect(active()).toEqual(kept)
  })

  it('tries no other if the wait that Zendesk asks for does not fit', async () => {
    account.zendesk.seedTokens(20)
    const limit: Fault = { kind: 'response', status: 429, headers: { 'Retry-After': '3600' } }
    account.zendesk.fault({ method: 'DELETE' }, limit)
    await expect(run(apiToken())).rejects.toThrow(/^Could not revoke 20 of 20 .* asks to wait 3600 s/)
    expect(account.seen('DELETE').length).toBeLessThanOrEqual(4)
  })

  it('names it even if its outputs cannot be written, and writes its summary', async () => {
    const [kept] = account.zendesk.seedTokens(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'response', status: 403 })
    account.at({ path: CURRENT, method: 'GET' }, () => {
      runner.breakFile('GITHUB_OUTPUT')
    })
    await expect(run(accessToken())).rejects.toThrow(
      new RegExp(`^Could not write .* GITHUB_OUTPUT .* Could not revoke 1 of 1 stale token: ${kept!.id}\\.`)
    )
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('<td>not revoked')
  })

  it('fails for what went wrong, even if that is a mistake of ours', async () => {
    account.zendesk.seedTokens(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reset' })
    runner.clock.onSleep = () => {
      throw new Error('a mistake of ours')
    }
    await expect(run(apiToken())).rejects.toThrow('a mistake of ours')
    expect(runner.text('GITHUB_STEP_SUMMARY')).toContain('<td>not revoked</td>')
  })
})
