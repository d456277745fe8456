import { describe, expect, it } from '@jest/globals'
import { type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, count, infoLines, shown, VERIFIED } from '../../support/log-lines.ts'
import { mintedTokens } from '../../support/requests.ts'
import { mainThenPost, runStep } from '../../support/run-action.ts'
import {
  at,
  clientCredentials,
  credentials,
  edited,
  GRANT,
  type Inputs,
  mockZendesk
} from '../../support/zendesk.ts'

const PROMISE = 'It will be revoked when the job ends.'
const ATTEMPT =
  'so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'

type InputsOf = (zendesk: Zendesk) => Inputs
const apiToken: InputsOf = (zendesk) => at(zendesk, credentials.apiToken(zendesk))
it.concurrent('without `scopes`, main requests none and logs what Zendesk granted', async () => {
  const zendesk = await mockZendesk()
  const main = await runStep('main', { inputs: clientCredentials(zendesk, {}, 'tickets_only') })
  const line =
    '`scopes` is empty, and Zendesk granted: tickets:read tickets:write. Set `scopes` to request fewer.'
  expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: 'tickets:read tickets:write' } })
  expect(infoLines(main)).toContain(line)
  expect(annotated(main)).toEqual([])
})

it.concurrent.each<[string, 'empty' | 'absent', InputsOf, number]>([
  ['fails and post revokes the token if Zendesk grants `""`', 'empty', clientCredentials, 1],
  ['fails and post revokes the token if Zendesk grants `[]`', 'empty', apiToken, 1],
  ['succeeds if Zendesk reports no scopes', 'absent', clientCredentials, 0]
])('main %s', async (_what, reportScopes, inputsOf, exitCode) => {
  const zendesk = await mockZendesk({ reportScopes })
  const { main, post } = await mainThenPost(zendesk, { inputs: inputsOf(zendesk) })
  expect([main.exitCode, annotated(main).length, count(main, 'error')]).toEqual(Array(3).fill(exitCode))
  expect(shown(post)).toContain(VERIFIED)
  expect(zendesk.activeTokens()).toEqual([])
})

describe('the last line of main', () => {
  it.concurrent.each<[string, boolean, InputsOf]>([
    ['tickets:read read write', true, clientCredentials],
    ['unrestricted', true, clientCredentials],
    ['write', false, clientCredentials],
    ['read hc:write', false, clientCredentials],
    ['tickets:read', true, apiToken]
  ])('promises that a token with the scopes %s will be revoked: %s', async (scopes, isPromised, inputsOf) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, { inputs: { ...inputsOf(zendesk), scopes } })
    expect(infoLines(run.main).at(-1)).toContain(isPromised ? PROMISE : ATTEMPT)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(mintedTokens(zendesk)).toHaveLength(isPromised ? 1 : 2)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('does not promise it if `write` was not granted, of which main warns', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT }, [edited((body) => ({ ...body, scope: 'read' }))])
    const inputs = clientCredentials(zendesk, { scopes: 'read write tickets:wrote' })
    const main = await runStep('main', { inputs })
    expect(infoLines(main).at(-1)).toContain(ATTEMPT)
    expect(annotated(main)).toEqual([
      expect.stringMatching(/^::warning::.*tickets:wrote.*tickets:write/),
      expect.stringMatching(/^::warning::Zendesk did not grant write tickets:wrote\. /)
    ])
  })
})

it.concurrent.each([
  ['write', 'read', 'mint', '360000000101'],
  ['read', 'tickets:write', 'look up the client', 'ci_bot']
])('the error names `%s` if a token with only `%s` cannot %s', async (missing, scope, _do, client) => {
  const zendesk = await mockZendesk()
  const [token] = zendesk.seedTokens(1, { client: 'admin_tools', scopes: [scope] })
  const inputs = at(zendesk, { 'access-token': token!.value, 'client-id': client })
  const main = await runStep('main', { inputs })
  expect(main.exitCode).toBe(1)
  const words = new RegExp(`^::error.*(scope.*\`${missing}\`|required scopes: ${missing})`)
  expect(annotated(main)).toEqual([expect.stringMatching(words)])
})
