import { describe, expect, it } from '@jest/globals'

import { type InputValue } from '../../../mock/runner.ts'
import { type Fault, type FaultMatcher, type Zendesk, type ZendeskOptions } from '../../../mock/zendesk.ts'
import { annotated, count, infoLines, shown, VERIFIED } from '../../support/log-lines.ts'
import { mainThenPost, runStep } from '../../support/run-action.ts'
import {
  at,
  clientCredentials,
  credentials,
  edited,
  GRANT,
  JSON_403,
  LOOK_UP,
  mintedTokens,
  mockZendesk,
  TOKENS
} from '../../support/zendesk.ts'

const PROMISE = 'It will be revoked when the job ends.'
const ATTEMPT =
  'so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'

type InputsOf = (zendesk: Zendesk) => Record<string, InputValue>
const apiToken: InputsOf = (zendesk) => at(zendesk, credentials.apiToken(zendesk))
const accessToken: InputsOf = (zendesk) => at(zendesk, credentials.accessToken(zendesk))
const withScopes =
  (scopes: string): InputsOf =>
  (zendesk) =>
    clientCredentials(zendesk, { scopes })

describe('without `scopes`, main logs what Zendesk granted', () => {
  it.concurrent.each<[string, InputsOf, string]>([
    [
      'all that a client with fewer allowed scopes may have',
      (zendesk) => clientCredentials(zendesk, {}, 'tickets_only'),
      'tickets:read tickets:write'
    ],
    ['the `read write` that it requests with an access token', accessToken, 'read write']
  ])('%s', async (_what, inputsOf, granted) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: inputsOf(zendesk) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: granted } })
    expect(infoLines(main).filter((line) => line.includes('`scopes`'))).toEqual([
      expect.stringContaining(granted)
    ])
    expect(annotated(main)).toEqual([])
  })
})

describe('the error about rejected scopes', () => {
  it.concurrent.each<[string, ZendeskOptions, InputsOf, RegExp]>([
    [
      'says to set `scopes` if the account does not mint without them',
      { scopeRequired: 'invalid_scope' },
      clientCredentials,
      /^::error.*invalid_scope.*`scopes`|^::error.*`scopes`.*invalid_scope/
    ],
    [
      'names the allowed scopes of the client if `scopes` has others',
      {},
      (zendesk) => clientCredentials(zendesk, { scopes: 'read' }, 'tickets_only'),
      /^::error.*allowed scopes/i
    ]
  ])('%s', async (_what, options, inputsOf, words) => {
    const zendesk = await mockZendesk(options)
    const main = await runStep('main', { inputs: inputsOf(zendesk) })
    expect(main.exitCode).toBe(1)
    expect(annotated(main)).toEqual([expect.stringMatching(words)])
    expect(zendesk.requests).toHaveLength(1)
  })
})

describe('a token that Zendesk reports to have no scope makes main fail, and post revokes it', () => {
  it.concurrent.each<[string, ZendeskOptions, InputsOf]>([
    ['a grant that reports `""`', { reportScopes: 'empty' }, clientCredentials],
    ['a grant whose only scope Zendesk does not know', {}, withScopes('no_such:read')],
    ['an API token and `[]`', { reportScopes: 'empty' }, apiToken],
    ['an access token and `[]`', { reportScopes: 'empty' }, accessToken]
  ])('%s', async (_what, options, inputsOf) => {
    const zendesk = await mockZendesk(options)
    const run = await mainThenPost(zendesk, { inputs: inputsOf(zendesk) })
    expect(run.main.exitCode).toBe(1)
    expect(count(run.main, 'error')).toBe(1)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('but not a token whose scopes Zendesk does not report', async () => {
    const zendesk = await mockZendesk({ reportScopes: 'absent' })
    const run = await mainThenPost(zendesk, { inputs: clientCredentials(zendesk, { scopes: 'read write' }) })
    expect(run.main.exitCode).toBe(0)
    expect(annotated(run.main)).toEqual([])
  })
})

describe('the last line of main', () => {
  it.concurrent.each([
    ['read write', true],
    ['tickets:read read write', true],
    ['unrestricted', true],
    ['write', false],
    ['read hc:write', false],
    ['tickets:read', false]
  ])(
    'promises that a token with the scopes %s will be revoked: %s; post does it',
    async (scopes, isPromised) => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, { inputs: clientCredentials(zendesk, { scopes }) })
      expect(infoLines(run.main).at(-1)).toContain(isPromised ? PROMISE : ATTEMPT)
      expect(annotated(run.main)).toEqual([])
      expect(shown(run.post)).toContain(VERIFIED)
      expect(mintedTokens(zendesk)).toHaveLength(isPromised ? 1 : 2)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('promises it if an API token can do it, whatever the scopes', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.apiToken(zendesk), scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, { inputs })
    expect(infoLines(run.main).at(-1)).toContain(PROMISE)
    // The verification would need `read`, but a revoked token gets a 401 first.
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent(
    'does not promise it if `write` was requested and not granted, of which main warns',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault({ path: GRANT }, [edited((body) => ({ ...body, scope: 'read' }))])
      const main = await runStep('main', {
        inputs: clientCredentials(zendesk, { scopes: 'read write tickets:wrote' })
      })
      expect(infoLines(main).at(-1)).toContain(ATTEMPT)
      expect(annotated(main)).toEqual([
        expect.stringMatching(/^::warning::.*tickets:wrote.*tickets:write/),
        expect.stringMatching(/^::warning::Zendesk did not grant write tickets:wrote\. /)
      ])
    }
  )
})

it.concurrent.each([
  ['write', ['read'], 'mint', '360000000101'],
  ['read', ['tickets:write'], 'look up the client', 'ci_bot']
])(
  'the error names the scope %s if an access token with only %j cannot %s',
  async (missing, scopes, _request, clientId) => {
    const zendesk = await mockZendesk()
    const [token] = zendesk.seedTokens(1, { client: 'admin_tools', scopes })
    const inputs = at(zendesk, { 'access-token': token!.value, 'client-id': clientId })
    const main = await runStep('main', { inputs })
    expect(main.exitCode).toBe(1)
    const errors = annotated(main).filter((line) => line.startsWith('::error'))
    expect(errors).toEqual([expect.stringMatching(new RegExp(`\`${missing}\`|required scopes: ${missing}`))])
    expect(errors[0]).toMatch(/scope/)
  }
)

describe('main treats scopes of more than 4 kB as not reported', () => {
  const many = (length: number): string[] =>
    Array.from({ length }, (_, index) => `scope_${10_000 + index}:read`)
  const granted = (length: number): Fault => edited((body) => ({ ...body, scope: many(length).join(' ') }))
  const reported = edited<{ token: object }>(({ token }) => ({ token: { ...token, scopes: many(13_000) } }))

  it.concurrent.each<[string, FaultMatcher, Fault, InputsOf, string]>([
    [
      '200 in the response to a grant are published',
      { path: GRANT },
      granted(200),
      clientCredentials,
      many(200).join(' ')
    ],
    ['300 in it are not', { path: GRANT }, granted(300), clientCredentials, ''],
    ['nor 13,000', { path: GRANT }, granted(13_000), clientCredentials, ''],
    ['nor in that to a mint with an API token', { method: 'POST', path: TOKENS }, reported, apiToken, ''],
    [
      'nor in that to the check, and those of the grant stay',
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
    const run = await mainThenPost(zendesk, { inputs: inputsOf(zendesk) })
    expect(run.main).toMatchObject({ exitCode: 0, outputs: { scopes } })
    expect(JSON.stringify(run.main.state).length).toBeLessThan(16_384)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })
})
