import { describe, expect, it } from '@jest/globals'
import { type Fault, type Token } from '../../mock/zendesk.ts'
import { main } from '../../src/main.ts'
import { post } from '../../src/post.ts'
import { setUpAccount } from '../support/account.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, type Inputs } from '../support/zendesk.ts'

/*
 * What decides whether post works, for how long and with what, and which report it makes. Its words are in the tests of
 * src/report, what it sends in those of the revocation and of `dist/`.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials } = account
const NARROW = { scopes: 'tickets:read', 'job-summary': 'true' }
const REFUSAL: Fault = { kind: 'response', status: 418 }

/** Runs main, and gives its state to post. */
async function minted(inputs: Inputs): Promise<Token> {
  runner.inputs(inputs)
  await main(runner.step)
  runner.passState()
  runner.stdout = []
  runner.limits = []
  account.zendesk.forget()
  return account.token
}

/** Runs post; returns what it logs, without masks and debug lines. */
async function logged(): Promise<string[]> {
  await post(runner.step)
  return runner.logged()
}

const like = (pattern: string | RegExp): unknown => expect.stringMatching(pattern)
const summary = (): string => runner.text('GITHUB_STEP_SUMMARY').split('<h3>')[2] ?? ''

describe('post', () => {
  it.each([
    ['', 'The main step saved no token, so there is nothing to revoke.'],
    ['{"kind":"skipped","why":"true"}', 'The token is not revoked, because `skip-token-revoke` is `true`.'],
    ['{"kind":"minted"}', like(/^::warning::The state that the main step saved cannot be read/)]
  ])('sends nothing if main saved no token, and says so in one line: %s', async (state, line) => {
    process.env['STATE_zendesk'] = state
    runner.inputs(apiToken())
    await post(runner.step)
    expect(runner.stdout).toEqual([line])
    expect(account.zendesk.requests).toEqual([])
  })

  it('ignores every input but the credential, which it masks with the token', async () => {
    const secret = clientCredentials()['client-secret']!
    const { id, value } = await minted(clientCredentials({ 'job-summary': 'true' }))
    const others = { subdomain: 'evil', 'client-id': 'other', 'base-url': 'https://127.0.0.1:1' }
    const flags = { 'skip-token-revoke': 'true', 'job-summary': 'false', 'timeout-seconds': '0' }
    runner.inputs({ ...others, ...flags, 'client-secret': secret })
    expect(await logged()).toEqual([`Revoked token ${id} and verified that Zendesk rejects it.`])
    expect(runner.all('add-mask')).toEqual([secret, value])
    expect(summary()).toContain('Zendesk token revoked</h3>')
    expect(summary()).toContain('<td>revoked with the token itself; Zendesk rejects it</td>')
  })

  it.each([
    [300, 240, 5000],
    [5, 5, 1000]
  ])('has, of a timeout of %d s, at most %d s, with %d ms reserved', async (timeout, seconds, reserve) => {
    await minted(clientCredentials({ 'timeout-seconds': String(timeout) }))
    await post(runner.step)
    expect(runner.limits).toEqual([{ seconds, reserve }])
    expect(runner.text('GITHUB_STEP_SUMMARY')).toBe('')
  })

  it('does not use another credential than that of main, and warns of that if it needs one', async () => {
    const { id } = await minted(apiToken(NARROW))
    runner.inputs(apiToken({ 'api-token': 'of-somebody-else' }))
    const warning = `^::warning::Could not revoke token ${id}: .* Post was given other inputs than main, so`
    expect(await logged()).toEqual([like(warning)])
    expect(summary()).toContain('Zendesk token not revoked</h3>')
  })

  it('needs no credential that is used up', async () => {
    await minted(account.authorizationCode({ 'skip-token-revoke': 'false' }, 'tickets:read'))
    expect(await logged()).toEqual([like(/^Could not revoke .* It expires at 2026-11-21T13:00:00Z\.$/)])
  })

  it('logs why it minted a cleanup token, and warns if only that remains', async () => {
    await minted(clientCredentials(NARROW))
    account.zendesk.fault({ method: 'DELETE' }, [{ kind: 'pass' }, { kind: 'pass' }, REFUSAL, REFUSAL])
    expect(await logged()).toEqual([
      like(/^Minted a cleanup token .* to revoke the token .* The credential lacks a scope /),
      'Revoked the token (id unknown) and verified that Zendesk rejects it.',
      like(/^::warning::Could not revoke the cleanup token \d+: .* It expires at .*T12:10:00Z\./)
    ])
    expect(summary()).toContain('<td>revoked with a cleanup token; Zendesk rejects it</td>')
  })

  it('warns once, also of a cleanup token that may exist, if it fails itself, and writes no summary', async () => {
    await minted(clientCredentials(NARROW))
    account.zendesk.fault({ path: GRANT }, { kind: 'lose-response' })
    runner.clock.onSleep = () => {
      throw new Error('no luck')
    }
    const warning = /^::warning::Could not revoke the token .*: no luck\. .* The response to the mint of /
    expect((await logged()).at(-1)).toMatch(warning)
    expect(runner.all('warning')).toHaveLength(1)
    expect(summary()).toBe('')
  })

  it('warns if Zendesk was not seen to reject the revoked token, and not of other inputs', async () => {
    await minted(clientCredentials({ 'job-summary': 'true' }))
    account.zendesk.fault({ path: CURRENT, method: 'GET' }, REFUSAL)
    const warning = /^::warning::Revoked .* could not be verified: [^.]*\. It expires at /
    expect(await logged()).toEqual([like(warning)])
    expect(summary()).toContain('<td>Zendesk accepted the DELETE</td>')
  })
})
