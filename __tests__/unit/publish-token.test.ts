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
import { CURRENT, FALSE_204, GRANT, type Inputs, TOKENS } from '../support/zendesk.ts'

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
    ['true', 'without a scope', { scopes: useless }, false],
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
    const place = { origin: account.zendesk.url, clientId: 'ci_bot' }
    const { salt } = runner.state()['context'] as { salt: string }
    const context = { ...place, ...fingerprintOf(secret, place, salt), timeoutSeconds: 60, jobSummary: true }
    const scopes = { names: ['read', 'write'], isReported: true }
    expect(runner.state()).toMatchObject({
      minted: { token: value, id, userId: ADMIN_ID, scopes, seenWorking: true },
      context: { ...context, kind: 'client_credentials', authMethod: 'client_secret_post' }
    })
    expect(runner.text('GITHUB_STATE')).not.toContain(secret)
  })

  it.each(['true', 'auto'])(
    'saves no token that post does not revoke: skip-token-revoke %s',
    async (skip) => {
      await run(authorizationCode({ 'skip-token-revoke': skip }))
      expect(runner.state()).toEqual({ kind: 'skipped', why: skip })
    }
  )
})

/** The error of a step whose file cannot be written once something else has happened at the first request there. */
async function errorOf(
  inputs: Inputs,
  file: 'STATE' | 'OUTPUT',
  path: string,
  happen?: () => unknown
): Promise<string> {
  account.at({ path, count: 1 }, () => {
    runner.breakFile(`GITHUB_${file}`)
    happen?.()
  })
  return (await rejectionOf(run(inputs))).message
}

const cancel = (): void => runner.cancellation.abort()
const expire = (): void => account.zendesk.advance(3_601_000)
const deletions = (fault: Fault | Fault[]): unknown => account.zendesk.fault({ method: 'DELETE' }, fault)
const REFUSAL: Fault = { kind: 'response', status: 418 }
const CODE = { 'skip-token-revoke': 'false' }
const KEPT = { 'skip-token-revoke': 'true' }
const VERIFIED = /Revoked (?:token \d+|the token \(id unknown\)) and verified that Zendesk rejects it\.$/
const BY_HAND = 'It expires at 2026-11-21T13:00:00Z\\. To revoke it manually, .* or let `sweep` remove it\\.$'

describe('publishToken, of a token that cannot be saved for post,', () => {
  it('revokes it at once, and publishes nothing', async () => {
    expect(await errorOf(apiToken(), 'STATE', TOKENS)).toMatch(
      /^Could not save token \d+ for post\. .*GITHUB_STATE.*, so main tried at once\. Revoked token \d+ and verified/
    )
    expect(account.zendesk.activeTokens()).toEqual([])
    expect(runner.outputs()).toEqual({})
  })

  it.each<[string, () => Inputs, string, RegExp, (() => unknown)?]>([
    ['revokes it although it was published', clientCredentials, CURRENT, VERIFIED],
    ['revokes it although the job is cancelled', apiToken, TOKENS, VERIFIED, cancel],
    [
      'finds that it had expired',
      clientCredentials,
      CURRENT,
      / rejects token \d+, which had expired\.$/,
      expire
    ]
  ])('%s', async (_what, inputs, path, error, ...happen) => {
    expect(await errorOf(inputs(), 'STATE', path, ...happen)).toMatch(error)
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it.each<[string, Fault, string]>([
    ['refuses the DELETE', REFUSAL, 'Zendesk refused the request \\(.*: 418\\)\\.'],
    ['accepts it without effect', FALSE_204, 'Zendesk accepted the DELETE, but the token still works\\.']
  ])('says when it expires and how to remove it if Zendesk %s', async (_what, fault, why) => {
    deletions(fault)
    const error = new RegExp(`Could not revoke the token \\(id unknown\\): ${why} ${BY_HAND}`)
    expect(await errorOf(authorizationCode(CODE), 'STATE', GRANT)).toMatch(error)
  })

  it('revokes it with a cleanup token if it is narrow, and names that one if it remains', async () => {
    deletions([{ kind: 'pass' }, { kind: 'pass' }, REFUSAL, REFUSAL])
    const error = await errorOf(clientCredentials({ scopes: 'tickets:read' }), 'STATE', GRANT)
    expect(error).toMatch(
      /verified that Zendesk rejects it\. Could not revoke the cleanup token \d+: .*418.* It expires at 2026-11-21T12:10:00Z\. /
    )
  })

  it.each([apiToken, clientCredentials])(
    'publishes it all the same if post would not revoke it',
    async (inputs) => {
      account.at({ method: 'POST', count: 1 }, () => runner.breakFile('GITHUB_STATE'))
      expect((await run(inputs(KEPT)))['token-id']).toBe(String(account.token.id))
    }
  )
})

describe('publishToken, of a token whose outputs cannot be written,', () => {
  it.each(['auto', 'true'])('revokes it at once if post would not: skip-token-revoke %s', async (skip) => {
    expect(await errorOf(authorizationCode({ 'skip-token-revoke': skip }), 'OUTPUT', GRANT)).toMatch(
      /^Could not publish .*GITHUB_OUTPUT.*, so main tried at once\. Revoked .* and verified that Zendesk rejects it\.$/
    )
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it('sends nothing if the job was cancelled, and says when it expires and how to remove it', async () => {
    const why = ', so main tried at once\\. Could not revoke .*: the job was cancelled\\.'
    const error = await errorOf(clientCredentials(KEPT), 'OUTPUT', GRANT, cancel)
    expect(error).toMatch(new RegExp(`${why} ${BY_HAND}`))
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`])
  })

  it('leaves it to post otherwise', async () => {
    const error = await errorOf(clientCredentials(), 'OUTPUT', GRANT)
    expect(error).toMatch(/^Could not write the file that the runner names in GITHUB_OUTPUT /)
    expect(runner.state()).toMatchObject({ kind: 'minted', minted: { token: account.token.value } })
  })
})
