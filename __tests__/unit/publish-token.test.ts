import { describe, expect, it } from '@jest/globals'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { Secret } from '../../src/lib/secret.ts'
import { main } from '../../src/main.ts'
import { shouldRevoke } from '../../src/publish-token.ts'
import { fingerprintOf } from '../../src/runner/state.ts'
import { adminId } from '../../mock/zendesk.ts'
import { setUpAccount } from '../support/account.ts'
import { MINTED } from '../support/minted.ts'
import { RecordedLog } from '../support/client.ts'
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
      minted: { token: value, id, userId: adminId, scopes: ['read', 'write'], seenWorking: true },
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
    expect(runner.state()).toEqual({ skipped: skip })
    expect(runner.text('GITHUB_STATE')).not.toContain(account.token.value)
  })
})

describe('a token that cannot be saved for post', () => {
  const breakStateAt = (path: string): void => {
    account.at({ path, count: 1 }, () => {
      runner.breakFile('GITHUB_STATE')
    })
  }
  const saved =
    /^Could not save (?:token \d+|the token \(id unknown\)) for post: .+ Without that, post could not have revoked the token, so it /

  it('is revoked at once, and not published', async () => {
    breakStateAt(TOKENS)
    await expect(run(apiToken())).rejects.toThrow(new RegExp(`${saved.source}was revoked at once\\.$`))
    expect(account.zendesk.activeTokens()).toEqual([])
    expect(runner.outputs()).toEqual({})
    expect(runner.all('add-mask')).toHaveLength(3)
  })

  it('is revoked at once although it was published, if saving fails after the check', async () => {
    breakStateAt(CURRENT)
    await expect(run(clientCredentials())).rejects.toThrow(
      /Could not save token \d+ .* was revoked at once\.$/
    )
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it('counts as revoked if it had expired', async () => {
    account.at({ path: CURRENT }, () => {
      runner.breakFile('GITHUB_STATE')
      account.zendesk.advance(3_601_000)
    })
    await expect(run(clientCredentials())).rejects.toThrow('was revoked at once.')
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
    await expect(run(authorizationCode({ 'skip-token-revoke': 'false' }))).rejects.toThrow(
      `so it may still be active: ${why}`
    )
  })

  it('is revoked with a cleanup token if it is narrow, and a warning says if that one remains', async () => {
    breakStateAt(GRANT)
    account.zendesk.fault({ path: /tokens\/\d+$/, method: 'DELETE' }, [
      { kind: 'pass' },
      { kind: 'response', status: 418 }
    ])
    await expect(run(clientCredentials({ scopes: 'tickets:read' }))).rejects.toThrow('was revoked at once.')
    expect(runner.all('warning')).toEqual([
      expect.stringMatching(/^Could not revoke the cleanup token \d+: .*418.* within 10 minutes\. /)
    ])
  })

  it.each([
    ['an API token', apiToken, TOKENS],
    ['client credentials', clientCredentials, GRANT]
  ])('is published all the same if post would not revoke it, with %s', async (_name, inputs, path) => {
    breakStateAt(path)
    expect((await run(inputs({ 'skip-token-revoke': 'true' })))['token-id']).toBe(String(account.token.id))
  })
})
