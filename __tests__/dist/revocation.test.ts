import { describe, expect, it } from '@jest/globals'

import { type StepResult } from '../../mock/runner.ts'
import { agentId, type Zendesk } from '../../mock/zendesk.ts'
import { asked, at, credentials, edited, sandbox } from '../support/fixtures.ts'
import { cleanupToken, mintedLine, NOTHING_MINTED, responded, revokedLine } from '../support/log-lines.ts'
import { annotated, mainAndPost, NOON, said, stream } from '../support/run-action.ts'

const CURRENT = '/api/v2/oauth/tokens/current'

const MISSING_SCOPE =
  'The credential lacks a scope (DELETE /api/v2/oauth/tokens/current: 403 ("Forbidden: You are missing the following required scopes: write"))'

/** How post ends, whatever happens. */
function expectGreen(post: StepResult): void {
  expect(post).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
}

/** What was asked in post: all after so many requests of main. */
function askedInPost(zendesk: Zendesk, main: number): string[] {
  return asked(zendesk.requests.slice(main)).map((line) => line.split(' | ').slice(0, 2).join(' | '))
}

describe('a token whose scopes do not let it revoke itself', () => {
  it.concurrent(
    'is found in the list with a cleanup token and revoked by id; the cleanup token is revoked last',
    async () => {
      const zendesk = await sandbox()
      // Others of the same client and user, which are not to be touched.
      const others = [
        ...zendesk.seedTokens(1, { scopes: ['tickets:read'], age: 90_000 }),
        ...zendesk.seedTokens(120, { scopes: ['tickets:read'], age: 0 })
      ]
      const { main, post } = await mainAndPost(
        at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
      )
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
        cleanupToken(undefined, MISSING_SCOPE),
        revokedLine()
      ])
      const list = 'GET /api/v2/oauth/tokens?client_id=360000000101&page[size]=100'
      expect(askedInPost(zendesk, 2).map((line) => line.replace(/(page\[after\]=).*? /, '$1… '))).toEqual([
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
      expect(zendesk.living()).toEqual(others)
      expectGreen(post)
    }
  )

  it.concurrent.each([
    ['if it is a JWT, since all of them begin alike', { tokenFormat: 'jwt' as const }, undefined],
    ['if two in the list could be it', {}, (token: object): object[] => [token, { ...token, id: 7 }]],
    [
      'if the one in the list is of another user',
      {},
      (token: object): object[] => [{ ...token, user_id: agentId }]
    ],
    [
      'if the one in the list is of another client',
      {},
      (token: object): object[] => [{ ...token, client_id: 1 }]
    ],
    [
      'if the one in the list has other scopes',
      {},
      (token: object): object[] => [{ ...token, scopes: ['read'] }]
    ],
    [
      'if the one in the list is 61 s older',
      {},
      (token: object): object[] => [{ ...token, created_at: new Date(NOON - 61_000).toISOString() }]
    ]
  ])('is not revoked %s', async (_where, options, change) => {
    const zendesk = await sandbox(options)
    if (change) {
      zendesk.fault(
        { method: 'GET', path: '/api/v2/oauth/tokens' },
        edited<{ tokens: { scopes: string[] }[] }>(({ tokens, ...page }) => {
          const token = tokens.find(({ scopes }) => scopes.includes('tickets:read'))!
          return { ...page, tokens: change(token) }
        })
      )
    }
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    )
    expect(annotated(post)).toEqual([
      `::warning::Could not revoke the token (id unknown): its id is not known, and no token in the list is certainly this one. It expires at 2026-11-21T13:00:00Z. To revoke it manually, find it as an admin with GET ${zendesk.url}/api/v2/oauth/tokens and send DELETE ${zendesk.url}/api/v2/oauth/tokens/{id}, or let \`sweep\` remove it.`
    ])
    const lists = zendesk.requests.filter(
      ({ method, path }) => method === 'GET' && path === '/api/v2/oauth/tokens'
    )
    expect(lists).toHaveLength(change ? 1 : 0)
    // The cleanup never stays.
    expect(zendesk.living().map(({ scopes }) => scopes)).toEqual([['tickets:read']])
    expectGreen(post)
  })

  it.concurrent(
    'expires, without a warning, if nothing but missing scopes prevents its revocation',
    async () => {
      const zendesk = await sandbox()
      const inputs = at(zendesk, {
        ...credentials.clientCredentials(zendesk, 'tickets_only'),
        scopes: 'tickets:read'
      })
      const { post } = await mainAndPost(inputs)
      expect(said(post).at(-1)).toBe(
        'Could not revoke the token (id unknown): no available token has the scope `write`. It expires at 2026-11-21T13:00:00Z.'
      )
      expect(annotated(post)).toEqual([])
      expectGreen(post)
    }
  )

  it.concurrent('revokes itself if Zendesk allows it', async () => {
    const zendesk = await sandbox({ narrowTokensManageThemselves: true })
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    )
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
    expect(zendesk.seen()).toHaveLength(4)
  })
})

describe('a cleanup token', () => {
  it.concurrent('that cannot be revoked is named in a warning', async () => {
    const zendesk = await sandbox()
    zendesk.fault(
      { method: 'DELETE', path: '/api/v2/oauth/tokens/22000000003' },
      { kind: 'reply', status: 403 }
    )
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    )
    expect(said(post).slice(3)).toEqual([
      cleanupToken(undefined, MISSING_SCOPE),
      revokedLine(),
      `::warning::Could not revoke the cleanup token 22000000003: Zendesk does not allow this (DELETE /api/v2/oauth/tokens/22000000003: 403). It expires within 10 minutes. To revoke it sooner, send DELETE ${zendesk.url}/api/v2/oauth/tokens/22000000003 as an admin.`
    ])
    expectGreen(post)
  })
})

describe('post', () => {
  it.concurrent(
    'does not use the credential of another action whose inputs it is given; the token revokes itself',
    async () => {
      const zendesk = await sandbox()
      const { post } = await mainAndPost(at(zendesk, credentials.apiToken(zendesk)), {
        postWith: at(zendesk, { email: 'gus@acme.example', 'api-token': 'an-api-token-of-somebody-else' })
      })
      const own = `Bearer ${zendesk.tokens.get(22_000_000_002)!.value}`
      expect(askedInPost(zendesk, 2)).toEqual([
        `DELETE /api/v2/oauth/tokens/22000000002 | ${own}`,
        `GET ${CURRENT} | ${own}`
      ])
      expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
      expectGreen(post)
    }
  )

  it.concurrent('warns if it was not given the credential that it needs', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, {
      ...credentials.clientCredentials(zendesk),
      scopes: 'tickets:read',
      'job-summary': true
    })
    const { post } = await mainAndPost(inputs, {
      postWith: { subdomain: 'other', 'base-url': 'http://127.0.0.1:1' }
    })
    expect(askedInPost(zendesk, 2)).toEqual([
      `DELETE ${CURRENT} | Bearer ${zendesk.tokens.get(22_000_000_002)!.value}`
    ])
    expect(annotated(post)).toHaveLength(1)
    expect(annotated(post)[0]).toContain(
      `::warning::Could not revoke the token (id unknown): ${MISSING_SCOPE}. Post was given other inputs than main, so it could not use the credential. It expires at 2026-11-21T13:00:00Z. To revoke it manually, find it as an admin `
    )
    expect(post.summary).toContain('<td>may still be active</td>')
    expectGreen(post)
  })

  it.concurrent.each([
    '',
    'garbage',
    '{}',
    '[]',
    '{"minted":{"token":"abcdefgh"},"context":{}}',
    '{"skipped":"no"}'
  ])('takes unreadable state for no token: %j', async (state) => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), 'skip-token-revoke': 'true' })
    const { post } = await mainAndPost(inputs, { postEnv: { STATE_zendesk: state } })
    expect(stream(post)).toEqual([NOTHING_MINTED])
    expect(zendesk.requests).toHaveLength(2)
    expectGreen(post)
  })
})
