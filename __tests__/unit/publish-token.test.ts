import { describe, expect, it } from '@jest/globals'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { Secret } from '../../src/lib/secret.ts'
import { main } from '../../src/main.ts'
import { shouldRevoke } from '../../src/publish-token.ts'
import { fingerprintOf } from '../../src/runner/state.ts'
import { adminId, type Fault } from '../../mock/zendesk.ts'
import { setUpAccount } from '../support/account.ts'
import { MINTED } from '../support/minted.ts'
import { RecordedLog, rejectionOf } from '../support/client.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, type Inputs, TOKENS } from '../support/zendesk.ts'

/*
 * What main saves for post, and what becomes of a token that cannot be saved.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode } = account

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

it.each<[skip: string, comes: 'comes' | 'does not come', expected: boolean]>([
  ['auto', 'does not come', true],
  ['auto', 'comes', false],
  ['true', 'does not come', false],
  ['true', 'comes', false],
  ['false', 'does not come', true],
  ['false', 'comes', true]
])('skip-token-revoke %s, and a refresh token %s: post revokes the token: %p', (skip, comes, expected) => {
  runner.inputs(clientCredentials({ 'skip-token-revoke': skip }))
  const refreshToken = comes === 'comes' ? new Secret('the-refresh-token') : undefined
  expect(shouldRevoke(readMainInputs(new RecordedLog()), { ...MINTED, refreshToken })).toBe(expected)
})

describe('the state for post', () => {
  it('has the token, what the check reports, and a fingerprint of the credential', async () => {
    const secret = String(account.zendesk.client('ci_bot').secret)
    await run(clientCredentials({ 'job-summary': 'true', 'timeout-seconds': '60' }))
    const { id, value } = account.token
    const [[, early], [, late]] = runner.written('GITHUB_STATE') as [[string, string], [string, string]]
    expect(JSON.parse(early)).not.toHaveProperty('minted.id')
    const place = { origin: account.zendesk.url, clientId: 'ci_bot' }
    const { salt } = runner.state()['context'] as { salt: string }
    expect(JSON.parse(late)).toMatchObject({
      minted: { token: value, id, userId: adminId, scopes: { names: ['read', 'write'] }, seenWorking: true },
      context: {
        ...place,
        ...fingerprintOf(secret, place, salt),
        timeoutSeconds: 60,
        jobSummary: true,
        kind: 'client_credentials'
      }
    })
    expect(runner.text('GITHUB_STATE')).not.toContain(secret)
  })

  it.each(['true', 'auto'])('has no token if post does not revoke it: skip-token-revoke %s', async (skip) => {
    await run(authorizationCode({ 'skip-token-revoke': skip }))
    expect(runner.state()).toEqual({ kind: 'skipped', why: skip })
    expect(runner.text('GITHUB_STATE')).not.toContain(account.token.value)
  })
})

describe('a token that cannot be saved for post', () => {
  const breakStateAt = (path: string): void => {
    account.at({ path, count: 1 }, () => {
      runner.breakFile('GITHUB_STATE')
    })
  }
  /** The error of a step that has inputs like these. */
  const errorOf = async (inputs: Inputs): Promise<string> => (await rejectionOf(run(inputs))).message
  const unsaved =
    /^Could not save (?:token \d+|the token \(id unknown\)) for post\. .*GITHUB_STATE.* Without it post could not revoke the token, so main tried at once\. /
  const verified = /Revoked (?:token \d+|the token \(id unknown\)) and verified that Zendesk rejects it\.$/

  it('is revoked at once, and not published', async () => {
    breakStateAt(TOKENS)
    expect(await errorOf(apiToken())).toMatch(new RegExp(unsaved.source + verified.source))
    expect(account.zendesk.activeTokens()).toEqual([])
    expect(runner.outputs()).toEqual({})
    expect(runner.all('add-mask')).toHaveLength(3)
  })

  it('is revoked at once although it was published, if saving fails after the check', async () => {
    breakStateAt(CURRENT)
    expect(await errorOf(clientCredentials())).toMatch(verified)
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it('counts as revoked if it had expired', async () => {
    account.at({ path: CURRENT }, () => {
      runner.breakFile('GITHUB_STATE')
      account.zendesk.advance(3_601_000)
    })
    expect(await errorOf(clientCredentials())).toMatch(/ Zendesk rejects token \d+, which had expired\.$/)
  })

  it.each<[string, () => void, string]>([
    [
      'refuses the DELETE',
      () => account.zendesk.fault({ method: 'DELETE' }, { kind: 'response', status: 400 }),
      'Zendesk refused the request (DELETE /api/v2/oauth/tokens/current: 400).'
    ],
    [
      'accepts the DELETE without effect',
      () => (account.zendesk.behaviour.deleteCurrentWorks = false),
      'Zendesk accepted the DELETE, but the token still works.'
    ]
  ])('may still be active if Zendesk %s', async (_what, happen, why) => {
    breakStateAt(GRANT)
    happen()
    const error = await errorOf(authorizationCode({ 'skip-token-revoke': 'false' }))
    expect(error).toContain(
      `Could not revoke the token (id unknown): ${why} It expires at 2026-11-21T13:00:00Z. `
    )
    expect(error).toMatch(/ To revoke it manually, .* or let `sweep` remove it\.$/)
  })

  it('is revoked with a cleanup token if it is narrow, and the error says if that one remains', async () => {
    breakStateAt(GRANT)
    const refused: Fault = { kind: 'response', status: 418 }
    account.zendesk.fault({ method: 'DELETE' }, [{ kind: 'pass' }, { kind: 'pass' }, refused, refused])
    expect(await errorOf(clientCredentials({ scopes: 'tickets:read' }))).toMatch(
      /verified that Zendesk rejects it\. Could not revoke the cleanup token \d+: .*418.* It expires at 2026-11-21T12:10:00Z\. /
    )
    expect(runner.all('warning')).toEqual([])
  })

  it('is revoked although the job is cancelled', async () => {
    account.at({ path: TOKENS, count: 1 }, () => {
      runner.breakFile('GITHUB_STATE')
      runner.cancellation.abort()
    })
    expect(await errorOf(apiToken())).toMatch(verified)
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it.each([
    ['an API token', apiToken, TOKENS],
    ['client credentials', clientCredentials, GRANT]
  ])('is published all the same if post would not revoke it, with %s', async (_name, inputs, path) => {
    breakStateAt(path)
    expect((await run(inputs({ 'skip-token-revoke': 'true' })))['token-id']).toBe(String(account.token.id))
  })
})
