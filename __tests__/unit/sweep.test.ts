import { describe, expect, it } from '@jest/globals'
import { type Fault } from '../../mock/zendesk.ts'
import { sweep } from '../../src/sweep.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CLIENTS, CURRENT, type Inputs, TOKENS } from '../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)
const inputsOf = (kind: 'apiToken' | 'accessToken' | 'clientCredentials', more: Inputs = {}): Inputs =>
  account[kind]({ 'dry-run': 'false', ...more })
const REFUSAL: Fault = { kind: 'response', status: 403 }

async function run(...inputs: Parameters<typeof inputsOf>): Promise<Record<string, string>> {
  runner.inputs(inputsOf(...inputs))
  await sweep(runner.step)
  return runner.outputs()
}

const active = (): number[] => account.zendesk.activeTokens().map(({ id }) => id)
const summary = (): string => runner.text('GITHUB_STEP_SUMMARY')

describe('sweep', () => {
  it('masks its secrets, and then sends nothing if an input is invalid or the runner has no output file', async () => {
    await expect(run('apiToken', { 'older-than': '59m' })).rejects.toThrow('older-than')
    expect(runner.stdout).toEqual(runner.all('add-mask').map((secret) => `::add-mask::${secret}`))
    expect(runner.stdout).toHaveLength(2)
    delete process.env['GITHUB_OUTPUT']
    await expect(run('apiToken')).rejects.toThrow('GITHUB_OUTPUT')
    expect(account.zendesk.requests).toEqual([])
  })

  it.each([
    ['600', 5000],
    ['10', 2000]
  ])('has, of a timeout of %s s, all but a reserve of %d ms for its requests', async (timeout, reserve) => {
    await run('apiToken', { 'timeout-seconds': timeout, 'job-summary': 'false' })
    expect(runner.limits).toEqual([{ seconds: Number(timeout), reserve }])
    expect(summary()).toBe('')
  })

  it('looks up the client if Zendesk does not report that of its cleanup token', async () => {
    account.replace({ path: CURRENT }, /"client_id":\d+/, '"client_id":null')
    account.zendesk.seedTokens(1)
    await run('clientCredentials')
    expect(account.seen('GET')).toContain(`GET ${CLIENTS}`)
    expect(active()).toEqual([])
  })

  it('does not count its cleanup token, however old that looks, and warns if it remains', async () => {
    const old = '"created_at":"2026-01-01T00:00:00Z","used_at":null,"x":'
    account.replace({ path: TOKENS }, /"created_at":.*?"used_at":/, old)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'response', status: 418 })
    expect((await run('clientCredentials'))['matched']).toBe('0')
    const warning = /^::warning::Could not revoke the cleanup token \d+: .* It expires at .*T12:12:00Z\./
    const line = 'No stale tokens (1 checked).'
    expect(runner.logged()).toEqual([expect.stringMatching(warning), line])
  })

  it('revokes what it found if the list of all users breaks off, and takes a JSON 404 as revoked', async () => {
    const [first] = account.zendesk.seedTokens(150)
    account.zendesk.fault({ path: TOKENS }, [{ kind: 'pass' }, REFUSAL])
    account.zendesk.fault({ path: `${TOKENS}/${first!.id}` }, { kind: 'response', status: 404 })
    const error = /^Could not list the tokens: .* Revoked 100 stale tokens before that\.$/
    await expect(run('apiToken', { 'all-users': 'true' })).rejects.toThrow(error)
    expect(active()).toHaveLength(51)
  })

  it('logs its progress while it reads a long list, and revokes nothing in a dry run', async () => {
    account.zendesk.seedTokens(250)
    account.zendesk.fault({ path: TOKENS }, [{ kind: 'pass' }])
    account.at({ path: TOKENS, count: 1 }, () => runner.clock.pass(15_000))
    await run('apiToken', { 'dry-run': 'true' })
    expect(runner.logged()[0]).toBe('Listed 200 tokens so far, 200 of them stale.')
    expect(runner.logged()).toHaveLength(2)
    expect(account.seen('DELETE')).toEqual([])
  })

  it('logs its progress every 15 seconds while it revokes', async () => {
    account.zendesk.seedTokens(250)
    account.at({ method: 'DELETE' }, () => runner.clock.pass(200))
    await run('apiToken')
    const progress = expect.stringMatching(/^Revoked \d+ of 250 tokens so far\.$/)
    expect(runner.logged().slice(0, -1)).toEqual([progress, progress, progress])
  })
})

describe('sweep lists nothing, and fails, if', () => {
  const expectNothing = (): void => {
    expect(account.seen('GET')).not.toContain(`GET ${TOKENS}`)
    expect(runner.outputs()).toEqual({ matched: '0', revoked: '0', failed: '0', 'token-ids': '[]' })
  }

  it('it may not look up its cleanup token', async () => {
    account.zendesk.fault({ path: CURRENT, method: 'GET' }, REFUSAL)
    const error = 'Could not look up the token that the sweep works with: Zendesk does not allow this'
    await expect(run('clientCredentials')).rejects.toThrow(error)
    expectNothing()
  })

  const kinds = ['accessToken', 'clientCredentials'] as const

  it.each(kinds)('the user of its token is not reported, unless `all-users` is set: %s', async (kind) => {
    account.zendesk.seedTokens(1)
    account.replace({ path: CURRENT }, /"user_id":\d+,/, '')
    await expect(run(kind)).rejects.toThrow('Zendesk does not report which token this sweep works with')
    expectNothing()
    expect(await run(kind, { 'all-users': 'true' })).toMatchObject({ revoked: '1' })
  })
})

describe('sweep, of a token that it cannot revoke,', () => {
  it('tries no other if the wait that Zendesk asks for does not fit', async () => {
    account.zendesk.seedTokens(20)
    const limited: Fault = { kind: 'response', status: 429, headers: { 'Retry-After': '3600' } }
    account.zendesk.fault({ method: 'DELETE' }, limited)
    await expect(run('apiToken')).rejects.toThrow(/^Could not revoke 20 of 20 .* asks to wait 3600 s/)
    expect(account.seen('DELETE').length).toBeLessThanOrEqual(4)
  })

  it('goes on with the others, names it even if its outputs cannot be written, and writes its summary', async () => {
    const ids = account.zendesk.seedTokens(12).map(({ id }) => id)
    const kept = ids.slice(0, 4)
    for (const id of kept) account.zendesk.fault({ path: `${TOKENS}/${id}` }, REFUSAL)
    account.at({ path: CURRENT, method: 'GET' }, () => runner.breakFile('GITHUB_OUTPUT'))
    const error = `^Could not write .* GITHUB_OUTPUT .* Could not revoke 4 of 12 stale tokens: ${kept.join(', ')}\\.`
    await expect(run('accessToken')).rejects.toThrow(new RegExp(error))
    expect(summary()).toContain('<td>not revoked')
  })

  it('fails for what went wrong, even if that is a mistake of ours', async () => {
    account.zendesk.seedTokens(1)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reset' })
    runner.clock.onSleep = () => {
      throw new Error('a mistake of ours')
    }
    await expect(run('apiToken')).rejects.toThrow('a mistake of ours')
    expect(summary()).toContain('<td>not revoked</td>')
  })
})
