import { describe, expect, it } from '@jest/globals'

import { type InputValue } from '../../../mock/runner.ts'
import { type Zendesk, type ZendeskOptions } from '../../../mock/zendesk.ts'
import { annotated, count, infoLines, shown, VERIFIED } from '../../support/log-lines.ts'
import { mainThenPost, runStep } from '../../support/run-action.ts'
import {
  at,
  clientCredentials,
  credentials,
  edited,
  GRANT,
  json403,
  lookUp,
  mintedTokens,
  mockZendesk
} from '../../support/zendesk.ts'

const PROMISE = 'will be revoked when the job ends'

type InputsOf = (zendesk: Zendesk) => Record<string, InputValue>
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
    [
      'the `read write` that it requests with an access token',
      (zendesk) => at(zendesk, credentials.accessToken(zendesk)),
      'read write'
    ]
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
    [
      'an API token and `[]`',
      { reportScopes: 'empty' },
      (zendesk) => at(zendesk, credentials.apiToken(zendesk))
    ],
    [
      'an access token and `[]`',
      { reportScopes: 'empty' },
      (zendesk) => at(zendesk, credentials.accessToken(zendesk))
    ]
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

describe('main promises that the token will be revoked', () => {
  it.concurrent.each(['read write', 'read tickets:read write', 'unrestricted'])(
    'if it may revoke itself: %s',
    async (scopes) => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, { inputs: clientCredentials(zendesk, { scopes }) })
      expect(infoLines(run.main).filter((text) => text.includes(PROMISE))).toHaveLength(1)
      expect(annotated(run.main)).toEqual([])
      expect(shown(run.post)).toContain(VERIFIED)
    }
  )

  it.concurrent.each(['tickets:read', 'read', 'tickets:write', 'read hc:write'])(
    'not if it may not: %s; then the line says when the token expires',
    async (scopes) => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, { inputs: clientCredentials(zendesk, { scopes }) })
      expect(shown(run.main)).not.toContain(PROMISE)
      const [line] = infoLines(run.main).filter((text) => text.startsWith('Minted'))
      expect(line).toMatch(/cleanup token/)
      expect(line).toContain('2026-11-21T13:00:00Z')
      // Post tries it all the same, and succeeds here.
      expect(shown(run.post)).toContain(VERIFIED)
      expect(mintedTokens(zendesk)).toHaveLength(2)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('if an API token can do it, whatever the scopes', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.apiToken(zendesk), scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, { inputs })
    expect(shown(run.main)).toContain(PROMISE)
    // The verification would need `read`, but a revoked token gets a 401 first.
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('not if `write` was requested, but not granted: it warns', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT }, [edited((body) => ({ ...body, scope: 'read' }))])
    const main = await runStep('main', { inputs: clientCredentials(zendesk, { scopes: 'read write' }) })
    expect(shown(main)).not.toContain(PROMISE)
    expect(count(main, 'warning')).toBe(1)
    expect(annotated(main)[0]).toMatch(/write/)
  })
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
  const withMany = edited<{ token: object }>(({ token }) => ({ token: { ...token, scopes: many(13_000) } }))

  /** A grant with so many scopes, whose check reports nothing. */
  async function grantedMany(length: number): Promise<Zendesk> {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT }, [edited((body) => ({ ...body, scope: many(length).join(' ') }))])
    zendesk.fault(lookUp, [json403])
    return zendesk
  }

  it.concurrent('if Zendesk grants 200, it publishes them', async () => {
    const zendesk = await grantedMany(200)
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { scopes: many(200).join(' ') } })
  })

  it.concurrent.each([300, 13_000])('if Zendesk grants %i, it publishes none', async (length) => {
    const zendesk = await grantedMany(length)
    const run = await mainThenPost(zendesk)
    expect(run.main).toMatchObject({ exitCode: 0, outputs: { scopes: '' } })
    expect(JSON.stringify(run.main.state).length).toBeLessThan(16_384)
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('in the response to a mint with an API token', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ method: 'POST', path: '/api/v2/oauth/tokens' }, [withMany])
    const run = await mainThenPost(zendesk, { inputs: at(zendesk, credentials.apiToken(zendesk)) })
    expect(run.main).toMatchObject({ exitCode: 0, outputs: { scopes: '' } })
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('in the response to the check, and keeps those of the grant', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(lookUp, [withMany])
    const run = await mainThenPost(zendesk)
    expect(run.main).toMatchObject({ exitCode: 0, outputs: { scopes: 'read write' } })
    expect(shown(run.post)).toContain(VERIFIED)
  })
})
