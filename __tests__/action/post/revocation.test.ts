import { describe, expect, it } from '@jest/globals'

import { type InputValue, type StepResult } from '../../../mock/runner.ts'
import { agentId, type Zendesk } from '../../../mock/zendesk.ts'
import { NOON } from '../../support/clock.ts'
import {
  annotated,
  mintedLine,
  NOTHING_MINTED,
  responded,
  revokedLine,
  said,
  stream
} from '../../support/log-lines.ts'
import { mainThenPost } from '../../support/run-action.ts'
import { at, credentials, edited, mockZendesk, requestLog, clientCredentials } from '../../support/zendesk.ts'

const CURRENT = '/api/v2/oauth/tokens/current'

const MISSING_SCOPE =
  'The credential lacks a scope (DELETE /api/v2/oauth/tokens/current: 403 ("Forbidden: You are missing the following required scopes: write"))'

const CLEANUP_MINTED = `Minted a cleanup token (read write, 10 minutes) to revoke the token (id unknown), because: ${MISSING_SCOPE}.`

/** The inputs for a token that may not revoke itself. */
function narrowInputs(zendesk: Zendesk, more: Record<string, InputValue> = {}): Record<string, InputValue> {
  return clientCredentials(zendesk, { scopes: 'tickets:read', ...more })
}

/** Post succeeds, whatever happens. */
function expectSuccess(post: StepResult): void {
  expect(post).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
}

/** The requests of post, after the two of main. */
function postRequests({ requests }: Zendesk): string[] {
  return requestLog(requests.slice(2))
}

describe('post revokes a token whose scopes do not let it revoke itself', () => {
  it.concurrent(
    'with a cleanup token, which finds it in the list, deletes it by id, and is revoked last',
    async () => {
      const zendesk = await mockZendesk()
      // Tokens of the same client and user that must not be revoked.
      const others = [
        ...zendesk.seedTokens(1, { scopes: ['tickets:read'], age: 90_000 }),
        ...zendesk.seedTokens(120, { scopes: ['tickets:read'], age: 0 })
      ]
      const { main, post } = await mainThenPost(zendesk, { inputs: narrowInputs(zendesk) })
      const secret = zendesk.client('ci_bot').secret!
      const [minted, cleanup] = [...zendesk.tokens.values()].slice(-2)
      expect(stream(main)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${minted!.value}`,
        responded('POST /oauth/tokens', 201),
        responded('GET /api/v2/oauth/tokens/current', 403),
        mintedLine(
          undefined,
          'tickets:read',
          'expires in 1 hour',
          'Its scopes do not include `write`, so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'
        )
      ])
      expect(main.outputs).toMatchObject({ 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' })
      expect(said(post)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${minted!.value}`,
        `::add-mask::${cleanup!.value}`,
        CLEANUP_MINTED,
        revokedLine()
      ])
      const list = 'GET /api/v2/oauth/tokens?client_id=360000000101&page[size]=100'
      expect(postRequests(zendesk).map((line) => line.replace(/(page\[after\]=).*? /, '$1… '))).toEqual([
        `DELETE ${CURRENT} | Bearer ${minted!.value}`,
        `POST /oauth/tokens | {"grant_type":"client_credentials","client_id":"ci_bot","client_secret":"${secret}","scope":"read write","expires_in":600}`,
        `GET ${CURRENT} | Bearer ${cleanup!.value}`,
        `${list} | Bearer ${cleanup!.value}`,
        `${list}&page[after]=… | Bearer ${cleanup!.value}`,
        `DELETE /api/v2/oauth/tokens/${minted!.id} | Bearer ${cleanup!.value}`,
        `GET ${CURRENT} | Bearer ${minted!.value}`,
        `DELETE /api/v2/oauth/tokens/${cleanup!.id} | Bearer ${cleanup!.value}`
      ])
      expect(zendesk.connections).toBe(2)
      expect(zendesk.activeTokens()).toEqual(others)
      expectSuccess(post)
    }
  )

  it.concurrent.each<[condition: string, listed: object[] | undefined]>([
    ['the token is a JWT, since all JWTs begin alike', undefined],
    ['two tokens in the list match', [{}, { id: 7 }]],
    ['the token in the list is of another user', [{ user_id: agentId }]],
    ['the token in the list is of another client', [{ client_id: 1 }]],
    ['the token in the list has other scopes', [{ scopes: ['read'] }]],
    ['the token in the list is 61 s older', [{ created_at: new Date(NOON - 61_000).toISOString() }]]
  ])('but not if %s: it warns', async (_condition, listed) => {
    const zendesk = await mockZendesk()
    if (listed) {
      zendesk.fault(
        { method: 'GET', path: '/api/v2/oauth/tokens' },
        edited<{ tokens: { scopes: string[] }[] }>(({ tokens, ...page }) => {
          const token = tokens.find(({ scopes }) => scopes.includes('tickets:read'))!
          return { ...page, tokens: listed.map((change) => ({ ...token, ...change })) }
        })
      )
    } else zendesk.behaviour.tokenFormat = 'jwt'
    const { post } = await mainThenPost(zendesk, { inputs: narrowInputs(zendesk) })
    expect(annotated(post)).toEqual([
      `::warning::Could not revoke the token (id unknown): its id is not known, and no token in the list is certainly this one. It expires at 2026-11-21T13:00:00Z. To revoke it manually, find it as an admin with GET ${zendesk.url}/api/v2/oauth/tokens and send DELETE ${zendesk.url}/api/v2/oauth/tokens/{id}, or let \`sweep\` remove it.`
    ])
    const lists = zendesk.requests.filter(
      ({ method, path }) => method === 'GET' && path === '/api/v2/oauth/tokens'
    )
    expect(lists).toHaveLength(listed ? 1 : 0)
    // The cleanup token is revoked.
    expect(zendesk.activeTokens().map(({ scopes }) => scopes)).toEqual([['tickets:read']])
    expectSuccess(post)
  })

  it.concurrent('with the token itself, if Zendesk allows it', async () => {
    const zendesk = await mockZendesk({ narrowTokensManageThemselves: true })
    const { post } = await mainThenPost(zendesk, { inputs: narrowInputs(zendesk) })
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
    expect(zendesk.seen()).toHaveLength(4)
  })
})

describe('post', () => {
  it.concurrent('warns of a cleanup token that it cannot revoke', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(
      { method: 'DELETE', path: '/api/v2/oauth/tokens/22000000003' },
      { kind: 'response', status: 403 }
    )
    const { post } = await mainThenPost(zendesk, { inputs: narrowInputs(zendesk) })
    expect(said(post).slice(3)).toEqual([
      CLEANUP_MINTED,
      revokedLine(),
      `::warning::Could not revoke the cleanup token 22000000003: Zendesk does not allow this (DELETE /api/v2/oauth/tokens/22000000003: 403). It expires within 10 minutes. To revoke it sooner, send DELETE ${zendesk.url}/api/v2/oauth/tokens/22000000003 as an admin.`
    ])
    expectSuccess(post)
  })

  it.concurrent(
    'revokes with the token itself if the runner gives it the inputs of another action',
    async () => {
      const zendesk = await mockZendesk()
      const { post } = await mainThenPost(zendesk, {
        inputs: at(zendesk, credentials.apiToken(zendesk)),
        postRun: {
          inputs: at(zendesk, { email: 'gus@acme.example', 'api-token': 'an-api-token-of-somebody-else' })
        }
      })
      const own = `Bearer ${zendesk.tokens.get(22_000_000_002)!.value}`
      expect(postRequests(zendesk)).toEqual([
        `DELETE /api/v2/oauth/tokens/22000000002 | ${own}`,
        `GET ${CURRENT} | ${own}`
      ])
      expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
      expectSuccess(post)
    }
  )

  it.concurrent('warns that its inputs differ from those of main, if it needs the credential', async () => {
    const zendesk = await mockZendesk()
    const { post } = await mainThenPost(zendesk, {
      inputs: narrowInputs(zendesk, { 'job-summary': true }),
      postRun: { inputs: { subdomain: 'other', 'base-url': 'http://127.0.0.1:1' } }
    })
    expect(postRequests(zendesk)).toEqual([
      `DELETE ${CURRENT} | Bearer ${zendesk.tokens.get(22_000_000_002)!.value}`
    ])
    expect(annotated(post)).toHaveLength(1)
    expect(annotated(post)[0]).toContain(
      `::warning::Could not revoke the token (id unknown): ${MISSING_SCOPE}. Post was given other inputs than main, so it could not use the credential. It expires at 2026-11-21T13:00:00Z. To revoke it manually, find it as an admin `
    )
    expect(post.summary).toContain('<td>may still be active</td>')
    expectSuccess(post)
  })

  it.concurrent.each([
    '',
    'garbage',
    '{}',
    '[]',
    '{"minted":{"token":"abcdefgh"},"context":{}}',
    '{"skipped":"no"}'
  ])('revokes nothing if it cannot read the state: %j', async (state) => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'skip-token-revoke': 'true' })
    const { post } = await mainThenPost(zendesk, { inputs, postRun: { state: { zendesk: state } } })
    expect(stream(post)).toEqual([NOTHING_MINTED])
    expect(zendesk.requests).toHaveLength(2)
    expectSuccess(post)
  })
})
