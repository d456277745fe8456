import { describe, expect, it } from '@jest/globals'
import { readMainInputs } from '../../src/inputs/inputs.ts'
import { Secret } from '../../src/lib/secret.ts'
import { main } from '../../src/main.ts'
import { shouldRevoke } from '../../src/publish-token.ts'
import { fingerprintOf } from '../../src/runner/state.ts'
import { ADMIN_ID, type Fault } from '../../mock/zendesk.ts'
import { setUpAccount } from '../support/account.ts'
import { MINTED } from '../support/minted.ts'
import { RecordedLog, rejectionOf } from '../support/client.ts'
import { setUpRunner } from '../support/runner-env.ts'
import { CURRENT, GRANT, type Inputs, TOKENS } from '../support/zendesk.ts'

const runner = setUpRunner()
const account = setUpAccount(runner)
const { apiToken, clientCredentials, authorizationCode } = account

async function run(inputs: Inputs): Promise<Record<string, string>> {
  runner.inputs(inputs)
  await main(runner.step)
  return runner.outputs()
}

describe('shouldRevoke', () => {
  const refreshToken = new Secret('the-refresh-token')
  const useless = { names: [], isReported: true }

  it.each<[skip: string, what: string, token: object, expected: boolean]>([
    ['auto', 'alone', {}, true],
    ['auto', 'with a refresh token', { refreshToken }, false],
    ['auto', 'without a scope, as useless as its refresh token', { refreshToken, scopes: useless }, true],
    ['true', 'alone', {}, false],
    ['true', 'without a scope', { scopes: useless }, false],
    ['false', 'alone', {}, true],
    ['false', 'with a refresh token', { refreshToken }, true]
  ])('with skip-token-revoke %s, of a token %s', (skip, _what, token, expected) => {
    runner.inputs(clientCredentials({ 'skip-token-revoke': skip }))
    expect(shouldRevoke(readMainInputs(new RecordedLog()), { ...MINTED, ...token })).toBe(expected)
  })
})

describe('publishToken', () => {
  it('saves the token, what the check reports, and a fingerprint of the credential', async () => {
    const secret = String(account.zendesk.client('ci_bot').secret)
    await run(clientCredentials({ 'job-summary': 'true', 'timeout-seconds': '60' }))
    const { id, value } = account.token
    const [[, early], [, late]] = runner.written('GITHUB_STATE') as [[string, string], [string, string]]
    expect(JSON.parse(early)).not.toHaveProperty('minted.id')
    const place = { origin: account.zendesk.url, clientId: 'ci_bot' }
    const { salt } = runner.state()['context'] as { salt: string }
    expect(JSON.parse(late)).toMatchObject({
      minted: { token: value, id, userId: ADMIN_ID, scopes: { names: ['read', 'write'] }, seenWorking: true },
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

  it.each(['true', 'auto'])(
    'saves no token that post does not revoke: skip-token-revoke %s',
    async (skip) => {
      await run(authorizationCode({ 'skip-token-revoke': skip }))
      expect(runner.state()).toEqual({ kind: 'skipped', why: skip })
      expect(runner.text('GITHUB_STATE')).not.toContain(account.token.value)
    }
  )

  it('saves a useless token that came with a refresh token, so that post revokes it', async () => {
    account.replace({ path: GRANT }, /"scope":"[^"]*"/, '"scope":""')
    await expect(run(authorizationCode())).rejects.toThrow('Zendesk granted the token no scope')
    expect(runner.state()).toMatchObject({ kind: 'minted', minted: { token: account.token.value } })
  })
})

describe('publishToken, of a token that cannot be saved for post,', () => {
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

  it('revokes it at once, and publishes nothing', async () => {
    breakStateAt(TOKENS)
    expect(await errorOf(apiToken())).toMatch(new RegExp(unsaved.source + verified.source))
    expect(account.zendesk.activeTokens()).toEqual([])
    expect(runner.outputs()).toEqual({})
    expect(runner.all('add-mask')).toHaveLength(3)
  })

  it('revokes it at once although it was published, if saving fails after the check', async () => {
    breakStateAt(CURRENT)
    expect(await errorOf(clientCredentials())).toMatch(verified)
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it('finds that it had expired', async () => {
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
  ])('says when it expires and how to remove it if Zendesk %s', async (_what, happen, why) => {
    breakStateAt(GRANT)
    happen()
    const error = await errorOf(authorizationCode({ 'skip-token-revoke': 'false' }))
    expect(error).toContain(
      `Could not revoke the token (id unknown): ${why} It expires at 2026-11-21T13:00:00Z. `
    )
    expect(error).toMatch(/ To revoke it manually, .* or let `sweep` remove it\.$/)
  })

  it('revokes it with a cleanup token if it is narrow, and names that one if it remains', async () => {
    breakStateAt(GRANT)
    const refused: Fault = { kind: 'response', status: 418 }
    account.zendesk.fault({ method: 'DELETE' }, [{ kind: 'pass' }, { kind: 'pass' }, refused, refused])
    expect(await errorOf(clientCredentials({ scopes: 'tickets:read' }))).toMatch(
      /verified that Zendesk rejects it\. Could not revoke the cleanup token \d+: .*418.* It expires at 2026-11-21T12:10:00Z\. /
    )
    expect(runner.all('warning')).toEqual([])
  })

  it('revokes it although the job is cancelled', async () => {
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
  ])('publishes it all the same if post would not revoke it, with %s', async (_name, inputs, path) => {
    breakStateAt(path)
    expect((await run(inputs({ 'skip-token-revoke': 'true' })))['token-id']).toBe(String(account.token.id))
  })
})

describe('publishToken, of a token whose outputs cannot be written,', () => {
  const breakOutputAt = (path: string): void => {
    account.at({ path, count: 1 }, () => {
      runner.breakFile('GITHUB_OUTPUT')
    })
  }

  it.each(['auto', 'true'])('revokes it at once if post would not: skip-token-revoke %s', async (skip) => {
    breakOutputAt(GRANT)
    const { message } = await rejectionOf(run(authorizationCode({ 'skip-token-revoke': skip })))
    expect(message).toMatch(
      /^Could not publish .*GITHUB_OUTPUT.*, so main tried at once\. Revoked .* and verified that Zendesk rejects it\.$/
    )
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it('sends nothing if the job was cancelled, and says when it expires and how to remove it', async () => {
    account.at({ path: GRANT, count: 1 }, () => {
      runner.breakFile('GITHUB_OUTPUT')
      runner.cancellation.abort()
    })
    const { message } = await rejectionOf(run(clientCredentials({ 'skip-token-revoke': 'true' })))
    expect(message).toMatch(
      /, so main tried at once\. Could not revoke .*: the job was cancelled\. It expires at .* or let `sweep` remove it\.$/
    )
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`])
  })

  it('leaves it to post otherwise', async () => {
    breakOutputAt(GRANT)
    const { message } = await rejectionOf(run(clientCredentials()))
    expect(message).toMatch(/^Could not write the file that the runner names in GITHUB_OUTPUT /)
    expect(runner.state()).toMatchObject({ kind: 'minted', minted: { token: account.token.value } })
  })
})
