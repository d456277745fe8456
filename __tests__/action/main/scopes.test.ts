import { describe, expect, it } from '@jest/globals'
import { type Fault, type FaultMatcher, type Zendesk, type ZendeskOptions } from '../../../mock/zendesk.ts'
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
  JSON_403,
  LOOK_UP,
  mockZendesk,
  TOKENS
} from '../../support/zendesk.ts'

const PROMISE = 'It will be revoked when the job ends.'
const ATTEMPT =
  'so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'

type InputsOf = (zendesk: Zendesk) => Inputs
const apiToken: InputsOf = (zendesk) => at(zendesk, credentials.apiToken(zendesk))
/** A client with fewer allowed scopes. */
const ticketsOnly =
  (scopes: string): InputsOf =>
  (zendesk) =>
    clientCredentials(zendesk, { scopes }, 'tickets_only')

it.concurrent('without `scopes`, main requests none and logs what Zendesk granted', async () => {
  const zendesk = await mockZendesk()
  const main = await runStep('main', { inputs: ticketsOnly('')(zendesk) })
  const line =
    '`scopes` is empty, and Zendesk granted: tickets:read tickets:write. Set `scopes` to request fewer.'
  expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: 'tickets:read tickets:write' } })
  expect(infoLines(main)).toContain(line)
  expect(annotated(main)).toEqual([])
})

it.concurrent.each<[string, ZendeskOptions, InputsOf, RegExp]>([
  ['`scopes`', { scopeRequired: 'invalid_scope' }, clientCredentials, /^::error.*invalid_scope.*`scopes`/],
  ['the allowed scopes of the client', {}, ticketsOnly('read'), /^::error.*allowed scopes/i]
])('the error about rejected scopes leads to %s', async (_what, options, inputsOf, words) => {
  const zendesk = await mockZendesk(options)
  const main = await runStep('main', { inputs: inputsOf(zendesk) })
  expect(main.exitCode).toBe(1)
  expect(annotated(main)).toEqual([expect.stringMatching(words)])
  expect(zendesk.requests).toHaveLength(1)
})

it.concurrent.each<[string, ZendeskOptions, InputsOf, number]>([
  [
    'fails and post revokes the token if Zendesk grants `""`',
    { reportScopes: 'empty' },
    clientCredentials,
    1
  ],
  ['fails and post revokes the token if Zendesk grants `[]`', { reportScopes: 'empty' }, apiToken, 1],
  ['succeeds if Zendesk reports no scopes', { reportScopes: 'absent' }, clientCredentials, 0]
])('main %s', async (_what, options, inputsOf, exitCode) => {
  const zendesk = await mockZendesk(options)
  const run = await mainThenPost(zendesk, { inputs: inputsOf(zendesk) })
  expect([run.main.exitCode, annotated(run.main).length]).toEqual([exitCode, exitCode])
  expect(count(run.main, 'error')).toBe(exitCode)
  expect(shown(run.post)).toContain(VERIFIED)
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
  ['write', ['read'], 'mint', '360000000101'],
  ['read', ['tickets:write'], 'look up the client', 'ci_bot']
])(
  'the error names the scope %s if an access token with only %j cannot %s',
  async (missing, scopes, _do, client) => {
    const zendesk = await mockZendesk()
    const [token] = zendesk.seedTokens(1, { client: 'admin_tools', scopes })
    const inputs = at(zendesk, { 'access-token': token!.value, 'client-id': client })
    const main = await runStep('main', { inputs })
    expect(main.exitCode).toBe(1)
    const errors = annotated(main).filter((line) => line.startsWith('::error'))
    expect(errors).toEqual([
      expect.stringMatching(new RegExp(`scope.*\`${missing}\`|required scopes: ${missing}`))
    ])
  }
)

describe('main treats scopes of more than 4 kB as not reported', () => {
  const many = (length: number): string[] =>
    Array.from({ length }, (_, index) => `scope_${10_000 + index}:read`)
  const granted: Fault = edited((body) => ({ ...body, scope: many(300).join(' ') }))
  const reported = edited<{ token: object }>(({ token }) => ({ token: { ...token, scopes: many(13_000) } }))

  it.concurrent.each<[string, FaultMatcher, Fault, InputsOf, string]>([
    ['300 in the response to a grant', { path: GRANT }, granted, clientCredentials, ''],
    ['13,000 in that to a mint with an API token', { method: 'POST', path: TOKENS }, reported, apiToken, ''],
    [
      '13,000 in that to the check, and those of the grant stay',
      LOOK_UP,
      reported,
      clientCredentials,
      'read write'
    ]
  ])('%s', async (_where, matcher, fault, inputsOf, scopes) => {
    const zendesk = await mockZendesk()
    zendesk.fault(matcher, [fault])
    // The check of a grant would report the right ones.
    if (matcher.path === GRANT) zendesk.fault(LOOK_UP, [JSON_403])
    const { main } = await mainThenPost(zendesk, { inputs: inputsOf(zendesk) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { scopes } })
    expect(JSON.stringify(main.state).length).toBeLessThan(16_384)
    expect(zendesk.activeTokens()).toEqual([])
  })
})
