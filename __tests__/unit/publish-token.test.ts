import { describe, expect, it } from '@jest/globals'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { main } from '../../src/main.ts'
import { shouldRevoke } from '../../src/publish-token.ts'
import { fingerprintOf } from '../../src/runner/state.ts'
import { readTokenResponse } from '../../src/zendesk/token-response.ts'
import { CURRENT, GRANT, setUpAccount, TOKENS, type Inputs } from './account.ts'
import { adminId } from '../../mock/zendesk.ts'
import { setUpRunner } from './runner-env.ts'

/*
 * What main leaves for post, and what becomes of a token that cannot be left to it.
 */

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode } = account

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

describe('post revokes a token', () => {
  const [A, C, E] = [
    { email: 'ada@acme.example', 'api-token': 'the-api-token' },
    { 'client-secret': 'the-client-secret' },
    { 'refresh-token': 'the-refresh-token' }
  ]
  const pair = { refresh_token: 'the-next-refresh-token' }

  it.each<[skip: string, credential: Inputs, response: object, expected: boolean]>([
    ['auto', E, {}, true],
    ['auto', E, pair, false],
    ['auto', A, { token: pair }, true],
    ['auto', C, pair, true],
    ['true', A, {}, false],
    ['true', E, pair, false],
    ['false', A, {}, true],
    ['false', E, pair, true]
  ])('skip-token-revoke %s, credential %j, response %j: %p', (skip, credential, json, expected) => {
    runner.inputs({ subdomain: 'acme', 'client-id': 'ci_bot', ...credential, 'skip-token-revoke': skip })
    const inputs = readMainInputs()
    expect(shouldRevoke(inputs, readTokenResponse(json, inputs.credential))).toBe(expected)
  })
})

describe('the state for post', () => {
  it('has the token, what the check reports about it, and a fingerprint of the credential instead of that', async () => {
    const inputs = clientCredentials({ 'job-summary': 'true', 'timeout-seconds': '60' })
    await run(inputs)
    const { id, value } = account.token
    const [[, early], [, late]] = runner.written('GITHUB_STATE') as [[string, string], [string, string]]
    expect(JSON.parse(early)).not.toHaveProperty('minted.id')
    const { salt } = (runner.state()['context'] as { fingerprint: { salt: string } }).fingerprint
    const { credential, origin, clientId } = readMainInputs()
    expect(JSON.parse(late)).toMatchObject({
      minted: {
        token: value,
        id,
        userId: adminId,
        lifetime: 3600,
        scopes: ['read', 'write'],
        seenWorking: true
      },
      context: {
        origin: account.zendesk.url,
        timeoutSeconds: 60,
        jobSummary: true,
        credential: 'client_credentials',
        clientId: 'ci_bot',
        fingerprint: fingerprintOf(credential, { origin, clientId }, salt)
      }
    })
    expect(runner.text('GITHUB_STATE')).not.toContain(inputs['client-secret'])
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
    expect(account.zendesk.living()).toEqual([])
    expect(runner.outputs()).toEqual({})
    expect(runner.all('add-mask')).toHaveLength(3)
  })

  it('is revoked at once although it was published, if saving fails after the check', async () => {
    breakStateAt(CURRENT)
    await expect(run(clientCredentials())).rejects.toThrow(
      /Could not save token \d+ .* was revoked at once\.$/
    )
    expect(account.zendesk.living()).toEqual([])
  })

  it('counts as revoked if it had expired', async () => {
    account.at({ path: CURRENT }, () => {
      runner.breakFile('GITHUB_STATE')
      account.zendesk.advance(3_601_000)
    })
    await expect(run(clientCredentials())).rejects.toThrow('was revoked at once.')
  })

  it('may still be active if Zendesk refuses to revoke it', async () => {
    breakStateAt(GRANT)
    account.zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 400 })
    account.zendesk.fault({ path: GRANT }, { kind: 'reply', status: 400 })
    await expect(run(clientCredentials())).rejects.toThrow(
      new RegExp(
        `${saved.source}may still be active: Zendesk refused the request \\(POST /oauth/tokens: 400\\)`
      )
    )
  })

  it('may still be active if Zendesk accepts the DELETE without effect', async () => {
    breakStateAt(GRANT)
    account.zendesk.behaviour.deleteCurrentWorks = false
    await expect(run(authorizationCode({ 'skip-token-revoke': 'false' }))).rejects.toThrow(
      /may still be active: it could not be revoked\.$/
    )
  })

  it('is revoked with a cleanup token if it is narrow, and a warning says if that one remains', async () => {
    breakStateAt(GRANT)
    account.zendesk.fault({ path: /tokens\/\d+$/, method: 'DELETE' }, [
      { kind: 'pass' },
      { kind: 'reply', status: 418 }
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
