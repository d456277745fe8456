import { describe, expect, it } from '@jest/globals'
import { readMainInputs, type MainInputs } from '../../src/inputs/inputs.ts'
import { Secret } from '../../src/lib/secret.ts'
import { publishToken, shouldRevoke } from '../../src/publish-token.ts'
import { fingerprintOf } from '../../src/runner/state.ts'
import { type ZendeskClient } from '../../src/zendesk/http/client.ts'
import { MINTED, UNKNOWN } from '../support/minted.ts'
import { ORIGIN, RecordedLog, rejectionOf } from '../support/client.ts'
import { play } from '../support/fake-client.ts'
import { setUpRunner } from '../support/runner-env.ts'

const runner = setUpRunner()
const REFRESHED = { ...MINTED, refreshToken: new Secret('the-refresh-token') }
const USELESS = { names: [], isReported: true }

/** The inputs of a step with client credentials, or with these. */
function inputsOf(more: Record<string, string> = {}): MainInputs {
  runner.inputs({ subdomain: 'acme', 'client-id': 'ci_bot', 'client-secret': 'the-client-secret', ...more })
  return readMainInputs(new RecordedLog())
}

it.each([
  ['auto', 'alone', MINTED, true],
  ['auto', 'with a refresh token', REFRESHED, false],
  ['auto', 'without a scope, as useless as its refresh token', { ...REFRESHED, scopes: USELESS }, true],
  ['true', 'without a scope', { ...MINTED, scopes: USELESS }, false],
  ['false', 'with a refresh token', REFRESHED, true]
])('shouldRevoke with skip-token-revoke %s, of a token %s', (skip, _what, token, expected) => {
  expect(shouldRevoke(inputsOf({ 'skip-token-revoke': skip }), token)).toBe(expected)
})

/** Publishes a token with these inputs and requests. */
const publish = (inputs = inputsOf(), minted = MINTED, script = ''): Promise<void> =>
  play(script, (client) => publishToken(client, inputs, minted))

describe('publishToken', () => {
  const PLACE = { origin: ORIGIN, clientId: 'ci_bot', authMethod: 'client_secret_post' }

  it('saves the token and a fingerprint of the credential, and sets the outputs', async () => {
    const more = { 'skip-token-revoke': 'false', 'job-summary': 'true', 'timeout-seconds': '60' }
    await publish(inputsOf(more), REFRESHED)
    const { salt } = runner.state()['context'] as { salt: string }
    const context = { ...PLACE, ...fingerprintOf('the-client-secret', PLACE, salt), timeoutSeconds: 60 }
    expect(runner.state()).toMatchObject({
      minted: { token: MINTED.token.reveal(), id: 7, userId: 9 },
      context: { ...context, jobSummary: true, kind: 'client_credentials' }
    })
    const tokens = { token: MINTED.token.reveal(), 'refresh-token': 'the-refresh-token' }
    const ids = { 'token-id': '7', 'client-id': '8', 'user-id': '9' }
    const rest = { scopes: 'read write', 'expires-at': '2026-11-21T13:00:00Z', 'base-url': ORIGIN }
    expect(runner.outputs()).toEqual({ ...tokens, ...ids, ...rest })
  })

  it('sets nothing that is not known, but the client id as it was given', async () => {
    await publish(inputsOf({ 'client-secret': '', 'access-token': 'the-admin-token' }), UNKNOWN)
    expect(runner.state()).toMatchObject({ context: { ...PLACE, kind: 'access_token' } })
    const empty = { 'refresh-token': '', 'token-id': '', 'user-id': '', scopes: '', 'expires-at': '' }
    expect(runner.outputs()).toMatchObject({ ...empty, 'client-id': 'ci_bot' })
  })

  it.each(['true', 'auto'])('saves nothing of a token that is left: skip-token-revoke %s', async (skip) => {
    await publish(inputsOf({ 'skip-token-revoke': skip }), REFRESHED)
    expect(runner.state()).toEqual({ kind: 'skipped', why: skip })
  })
})

describe('publishToken, if a file cannot be written,', () => {
  type File = 'GITHUB_STATE' | 'GITHUB_OUTPUT'
  const DELETED = 'DELETE 7: 204, GET: 401'
  const CANCELLED = 'DELETE 7: cancelled, cancel'
  const CLEANUP = 'POST tokens: 200 mint, GET by cleanup: 200 cleanup, DELETE 7 by cleanup: 204, GET: 401'
  const NARROW = `DELETE 7: 403, DELETE current: 403, ${CLEANUP}`
  const REMAINS = `${NARROW}, DELETE 9 by cleanup: 400, DELETE current by cleanup: 400`
  const UNSAVED = 'Could not save token 7 for post\\. .*GITHUB_STATE.*, so main tried at once\\. '
  const UNPUBLISHED = 'Could not publish token 7\\. .*GITHUB_OUTPUT.*, so main tried at once\\. '
  const REVOKED = 'Revoked token 7 and verified that Zendesk rejects it\\.'
  const NOT_REVOKED = 'Could not revoke token 7: the job was cancelled\\. It expires at .* remove it\\.'
  const KEPT = 'Could not revoke the cleanup token 9: .*400.* It expires at .*'

  it.each<[string, File, skip: string, script: string, error: string]>([
    ['revokes what it cannot save', 'GITHUB_STATE', 'auto', DELETED, UNSAVED + REVOKED],
    ['does so after a cancellation', 'GITHUB_STATE', 'auto', `${CANCELLED}, ${DELETED}`, UNSAVED + REVOKED],
    ['names what remains', 'GITHUB_STATE', 'auto', REMAINS, `${UNSAVED}${REVOKED} ${KEPT}`],
    ['revokes what it cannot publish', 'GITHUB_OUTPUT', 'true', DELETED, UNPUBLISHED + REVOKED],
    ['does not after a cancellation', 'GITHUB_OUTPUT', 'true', CANCELLED, UNPUBLISHED + NOT_REVOKED],
    ['leaves it to post otherwise', 'GITHUB_OUTPUT', 'auto', '', 'Could not write .* GITHUB_OUTPUT .*']
  ])('%s', async (_what, file, skip, script, error) => {
    const inputs = inputsOf({ 'skip-token-revoke': skip })
    runner.breakFile(file)
    const failed = (client: ZendeskClient): Promise<Error> =>
      rejectionOf(publishToken(client, inputs, MINTED))
    expect((await play(script, failed)).message).toMatch(new RegExp(`^${error}$`))
    if (file === 'GITHUB_STATE') expect(runner.outputs()).toEqual({})
    else expect(runner.state()).toHaveProperty('kind', skip === 'auto' ? 'minted' : 'skipped')
  })

  it('publishes a token that it does not save, because post would not revoke it', async () => {
    const inputs = inputsOf({ 'skip-token-revoke': 'true' })
    runner.breakFile('GITHUB_STATE')
    await publish(inputs)
    expect(runner.outputs()).toMatchObject({ 'token-id': '7' })
  })
})
