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

type File = 'GITHUB_STATE' | 'GITHUB_OUTPUT'

/** The error of a step, one of whose files cannot be written any more from the first request there on. */
async function errorOf(inputs: Inputs, file: File, path: string, happen?: () => void): Promise<string> {
  account.at({ path, count: 1 }, () => {
    runner.breakFile(file)
    happen?.()
  })
  return (await rejectionOf(run(inputs))).message
}

const cancel = (): void => runner.cancellation.abort()
const KEPT = { 'skip-token-revoke': 'true' }
const VERIFIED =
  /, so main tried at once\. Revoked (token \d+|the token \(id unknown\)) and verified that Zendesk/

describe('publishToken, of a token that cannot be saved for post,', () => {
  it.each<[string, () => Inputs, string, (() => void)?]>([
    ['', apiToken, TOKENS],
    ['although it was published', clientCredentials, CURRENT],
    ['although the job is cancelled', apiToken, TOKENS, cancel]
  ])('revokes it at once %s', async (_what, inputs, path, ...happen) => {
    const error = await errorOf(inputs(), 'GITHUB_STATE', path, ...happen)
    expect(error).toMatch(/^Could not save .* for post\. .*GITHUB_STATE/)
    expect(error).toMatch(VERIFIED)
    expect(account.zendesk.activeTokens()).toEqual([])
    expect(runner.outputs()['token'] !== undefined).toBe(path === CURRENT)
  })

  it('revokes it with a cleanup token if it is narrow, and names that one if it remains', async () => {
    const refusal: Fault = { kind: 'response', status: 418 }
    account.zendesk.fault({ method: 'DELETE' }, [{ kind: 'pass' }, { kind: 'pass' }, refusal, refusal])
    expect(await errorOf(clientCredentials({ scopes: 'tickets:read' }), 'GITHUB_STATE', GRANT)).toMatch(
      /verified that Zendesk rejects it\. Could not revoke the cleanup token \d+: .* It expires at 2026-11-21T12:10:00Z\. /
    )
  })

  it.each([apiToken, clientCredentials])('publishes it all the same if post would not', async (inputs) => {
    account.at({ method: 'POST', count: 1 }, () => runner.breakFile('GITHUB_STATE'))
    expect((await run(inputs(KEPT)))['token-id']).toBe(String(account.token.id))
  })
})

describe('publishToken, of a token whose outputs cannot be written,', () => {
  it.each(['auto', 'true'])('revokes it at once if post would not: skip-token-revoke %s', async (skip) => {
    const error = await errorOf(authorizationCode({ 'skip-token-revoke': skip }), 'GITHUB_OUTPUT', GRANT)
    expect(error).toMatch(/^Could not publish .*GITHUB_OUTPUT/)
    expect(error).toMatch(VERIFIED)
    expect(account.zendesk.activeTokens()).toEqual([])
  })

  it('sends nothing if the job was cancelled, and says when it expires and how to remove it', async () => {
    expect(await errorOf(clientCredentials(KEPT), 'GITHUB_OUTPUT', GRANT, cancel)).toMatch(
      /, so main tried at once\. Could not revoke .*: the job was cancelled\. It expires at .* or let `sweep` remove it\.$/
    )
    expect(account.zendesk.seen()).toEqual([`POST ${GRANT}`])
  })

  it('leaves it to post otherwise', async () => {
    const error = await errorOf(clientCredentials(), 'GITHUB_OUTPUT', GRANT)
    expect(error).toMatch(/^Could not write the file that the runner names in GITHUB_OUTPUT /)
    expect(runner.state()).toMatchObject({ kind: 'minted', minted: { token: account.token.value } })
  })
})
