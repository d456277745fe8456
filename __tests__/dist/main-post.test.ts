import { createHash } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { runJob } from '../../mock/runner.ts'
import { adminId, type Zendesk } from '../../mock/zendesk.ts'
import { asked, at, basicOf, credentials, sandbox } from '../support/fixtures.ts'
import {
  defaultScopes,
  KEPT_FOR_REFRESH,
  mintedLine,
  NOTHING_MINTED,
  NOT_REVOKED_LATER,
  responded,
  revokedLine
} from '../support/log-lines.ts'
import { annotated, mainAndPost, preloaded, root, said, stream, userAgent } from '../support/run-action.ts'

const redirectUri = 'https://app.example/callback'
const verifier = 'a-code-verifier-of-at-least-forty-three-characters'
const challenge = createHash('sha256').update(verifier).digest('base64url')

const deprecated = (input: string): string =>
  `Zendesk has deprecated the endpoint that mints with \`${input}\`; it may stop any day`
const API_TOKENS_END = `${deprecated('api-token')}, and API tokens stop working on 2027-04-30. Use \`client-secret\` instead.`

/** A code that was asked for with PKCE, or without. */
function codeOf(zendesk: Zendesk, client: string, pkce: boolean): Record<string, string> {
  const asked = pkce ? { codeChallenge: challenge, codeChallengeMethod: 'S256' as const } : {}
  const code = zendesk.authorize({ client, redirectUri, scope: 'read write', ...asked })
  return {
    'client-id': client,
    'authorization-code': code,
    'redirect-uri': redirectUri,
    ...(pkce && { 'code-verifier': verifier })
  }
}

describe('with an API token, the action', () => {
  it.concurrent(
    'mints for a numeric client-id with one request, and prints every line in its place',
    async () => {
      const zendesk = await sandbox()
      const inputs = at(zendesk, { ...credentials.apiToken(zendesk), 'client-id': 360_000_000_101 })
      const { main, post } = await mainAndPost(inputs)
      const { apiToken } = zendesk.credentials
      const token = zendesk.tokens.get(22_000_000_002)!

      expect(stream(main)).toEqual([
        `::add-mask::${apiToken}`,
        `::add-mask::${basicOf(zendesk)}`,
        API_TOKENS_END,
        `::add-mask::${token.value}`,
        responded('POST /api/v2/oauth/tokens', 201),
        defaultScopes(),
        mintedLine(22_000_000_002, 'read write', 'does not expire')
      ])
      expect(stream(post)).toEqual([
        `::add-mask::${apiToken}`,
        `::add-mask::${basicOf(zendesk)}`,
        `::add-mask::${token.value}`,
        responded('DELETE /api/v2/oauth/tokens/22000000002', 204),
        responded('GET /api/v2/oauth/tokens/current', 401),
        revokedLine(22_000_000_002)
      ])
      expect(main.outputs).toEqual({
        token: token.value,
        'token-id': '22000000002',
        'client-id': '360000000101',
        'user-id': String(adminId),
        scopes: 'read write',
        'expires-at': '',
        'base-url': zendesk.url,
        'refresh-token': ''
      })
      expect(asked(zendesk.requests)).toEqual([
        `POST /api/v2/oauth/tokens | Basic ${basicOf(zendesk)} | {"token":{"client_id":360000000101,"scopes":["read","write"]}}`,
        `DELETE /api/v2/oauth/tokens/22000000002 | Basic ${basicOf(zendesk)}`,
        `GET /api/v2/oauth/tokens/current | Bearer ${token.value}`
      ])
      expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 2, 2])
      for (const { headers } of zendesk.requests) {
        expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': userAgent })
      }
      expect(zendesk.requests[0]!.headers['content-type']).toBe('application/json')
      for (const step of [main, post])
        expect(step).toMatchObject({ exitCode: 0, stderr: '', env: {}, summary: '' })
      expect(post).toMatchObject({ outputs: {}, state: {} })
    }
  )

  it.concurrent('finds the client on a later page of the list, over one connection', async () => {
    const zendesk = await sandbox({ clientsBefore: 250 })
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.apiToken(zendesk), email: 'ada@acme.example/token' })
    )
    const seen = zendesk.requests.map(({ method, target }) => `${method} ${target}`)
    // The sandbox's cursor ends in characters that have to be encoded.
    const cursor = (id: number): string =>
      encodeURIComponent(`${Buffer.from(`id:${id}`).toString('base64')}+=`)
    expect(seen).toEqual([
      'GET /api/v2/oauth/clients?page[size]=100',
      `GET /api/v2/oauth/clients?page[size]=100&page[after]=${cursor(350_000_000_100)}`,
      `GET /api/v2/oauth/clients?page[size]=100&page[after]=${cursor(350_000_000_200)}`,
      'POST /api/v2/oauth/tokens',
      'DELETE /api/v2/oauth/tokens/22000000002',
      'GET /api/v2/oauth/tokens/current'
    ])
    expect(zendesk.requests[3]!.json).toEqual({
      token: { client_id: 360_000_000_101, scopes: ['read', 'write'] }
    })
    expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 2, 2])
    expect(zendesk.requests[0]!.headers.authorization).toBe(`Basic ${basicOf(zendesk)}`)
    expect(main.outputs).toMatchObject({ 'client-id': '360000000101' })
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
  })

  it.concurrent('warns from 90 days before API tokens stop working', async () => {
    const zendesk = await sandbox()
    const { main } = await mainAndPost(at(zendesk, credentials.apiToken(zendesk)), {
      preload: { now: Date.UTC(2027, 0, 30) }
    })
    expect(annotated(main)).toEqual([`::warning::${API_TOKENS_END}`])
  })
})

describe('with an access token, the action', () => {
  it.concurrent('mints with it, and revokes by id with it', async () => {
    const zendesk = await sandbox()
    const { accessToken } = zendesk.credentials
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.accessToken(zendesk), scopes: 'tickets:read, tickets:write' })
    )
    const { value } = zendesk.tokens.get(22_000_000_002)!
    expect(said(main)).toEqual([
      `::add-mask::${accessToken}`,
      `${deprecated('access-token')}. Use \`client-secret\` instead.`,
      `::add-mask::${value}`,
      mintedLine(22_000_000_002, 'tickets:read tickets:write', 'does not expire')
    ])
    expect(said(post)).toEqual([
      `::add-mask::${accessToken}`,
      `::add-mask::${value}`,
      revokedLine(22_000_000_002)
    ])
    expect(asked(zendesk.requests)).toEqual([
      `GET /api/v2/oauth/clients?page[size]=100 | Bearer ${accessToken}`,
      `POST /api/v2/oauth/tokens | Bearer ${accessToken} | {"token":{"client_id":360000000101,"scopes":["tickets:read","tickets:write"]}}`,
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${accessToken}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
    expect(zendesk.connections).toBe(2)
  })

  it.concurrent('reports the expiry that Zendesk sets', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, {
      ...credentials.accessToken(zendesk),
      'client-id': 'tickets_only',
      scopes: 'tickets:read'
    })
    const { main, post } = await mainAndPost(inputs)
    expect(main.outputs).toMatchObject({ 'expires-at': '2026-11-21T12:30:00Z', scopes: 'tickets:read' })
    expect(said(main).at(-1)).toBe(mintedLine(22_000_000_002, 'tickets:read', 'expires in 30 minutes'))
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
  })
})

describe('with client credentials, the action', () => {
  it.concurrent(
    'mints, checks, publishes and revokes, and saves one value in state, without the credential',
    async () => {
      const zendesk = await sandbox()
      const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), 'expires-in': 900 })
      const { main, post } = await mainAndPost(inputs)
      const secret = zendesk.client('ci_bot').secret!
      const { value } = zendesk.tokens.get(22_000_000_002)!

      expect(stream(main)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${value}`,
        responded('POST /oauth/tokens', 201),
        responded('GET /api/v2/oauth/tokens/current', 200),
        defaultScopes(),
        mintedLine(22_000_000_002, 'read write', 'expires in 15 minutes')
      ])
      expect(stream(post)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${value}`,
        responded('DELETE /api/v2/oauth/tokens/22000000002', 204),
        responded('GET /api/v2/oauth/tokens/current', 401),
        revokedLine(22_000_000_002)
      ])
      expect(asked(zendesk.requests)).toEqual([
        `POST /oauth/tokens | {"grant_type":"client_credentials","client_id":"ci_bot","client_secret":"${secret}","expires_in":900}`,
        `GET /api/v2/oauth/tokens/current | Bearer ${value}`,
        `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${value}`,
        `GET /api/v2/oauth/tokens/current | Bearer ${value}`
      ])
      expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 1, 2, 2])
      expect(main.outputs).toEqual({
        token: value,
        'token-id': '22000000002',
        'client-id': '360000000101',
        'user-id': String(adminId),
        scopes: 'read write',
        'expires-at': '2026-11-21T12:15:00Z',
        'base-url': zendesk.url,
        'refresh-token': ''
      })
      for (const step of [main, post])
        expect(step).toMatchObject({ exitCode: 0, stderr: '', env: {}, summary: '' })

      const [[key, state], ...others] = Object.entries(main.state) as [[string, string]]
      const saved = JSON.parse(state) as { context: { fingerprint: { salt: string; hash: string } } }
      const { salt, hash } = saved.context.fingerprint
      expect([key, others]).toEqual(['zendesk', []])
      expect(state).not.toContain(secret)
      expect(salt).toMatch(/^[\da-f]{32}$/)
      expect(hash).toBe(
        createHash('sha256')
          .update(JSON.stringify([salt, zendesk.url, 'ci_bot', secret]))
          .digest('hex')
      )
      expect(saved).toEqual({
        minted: {
          token: value,
          id: 22_000_000_002,
          clientId: 360_000_000_101,
          userId: adminId,
          scopes: ['read', 'write'],
          mintedAt: Date.UTC(2026, 10, 21, 12),
          lifetime: 900,
          seenWorking: true,
          scopesReported: true,
          expiry: 'reported',
          expiredAfter: Date.UTC(2026, 10, 21, 12, 15),
          expiresAt: '2026-11-21T12:15:00Z'
        },
        context: {
          origin: zendesk.url,
          timeoutSeconds: 300,
          jobSummary: false,
          credential: 'client_credentials',
          clientId: 'ci_bot',
          fingerprint: { salt, hash }
        }
      })
    }
  )

  it.concurrent(
    'sends a secret with every awkward character in a Basic header, and never in the body',
    async () => {
      const zendesk = await sandbox()
      const inputs = at(zendesk, {
        ...credentials.clientCredentials(zendesk, 'agent_bot'),
        'token-endpoint-auth-method': 'Client_Secret_Basic'
      })
      const { main, post } = await mainAndPost(inputs)
      const { value } = zendesk.tokens.get(22_000_000_002)!
      const basic = Buffer.from('agent_bot:sandbox+secret%2Bof%2Fagent_bot%3A50%25%260123456789').toString(
        'base64'
      )
      const masks = ['::add-mask::sandbox secret+of/agent_bot:50%25&0123456789', `::add-mask::${basic}`]
      expect(said(main).slice(0, 3)).toEqual([...masks, `::add-mask::${value}`])
      expect(said(post)).toEqual([...masks, `::add-mask::${value}`, revokedLine(22_000_000_002)])
      expect(asked(zendesk.requests)[0]).toBe(
        `POST /oauth/tokens | Basic ${basic} | {"grant_type":"client_credentials","client_id":"agent_bot","expires_in":3600}`
      )
    }
  )

  it.concurrent.each([
    ['if the response reports no lifetime', { tellExpiresIn: 'never', grantStatus: 200 }],
    ['if the token is a JWT', { tokenFormat: 'jwt' }]
  ] as const)('works %s', async (_where, options) => {
    const zendesk = await sandbox(options)
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)))
    expect(main.outputs).toMatchObject({ 'token-id': '22000000002', 'expires-at': '2026-11-21T13:00:00Z' })
    expect(annotated(main)).toEqual([])
    expect(said(post).at(-1)).toBe(revokedLine(22_000_000_002))
  })

  it.concurrent('warns of a scope that was requested and not granted, and of an unknown one', async () => {
    const zendesk = await sandbox()
    const { main } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'read\ntickets:wrote' })
    )
    const warnings = annotated(main)
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatch(/^::warning::.*tickets:wrote.*tickets:write/)
    expect(warnings[1]).toMatch(/^::warning::Zendesk did not grant tickets:wrote\. /)
    expect(main.outputs['scopes']).toBe('read')
  })
})

describe('with an authorization code, the action', () => {
  it.concurrent.each([
    ['PKCE for a public client', 'browser_app', true, undefined],
    ['a secret in the body', 'ci_bot', false, 'client_secret_post'],
    ['a secret in a Basic header', 'ci_bot', false, 'client_secret_basic'],
    ['PKCE and a secret in the body', 'ci_bot', true, 'client_secret_post'],
    ['PKCE and a secret in a Basic header', 'ci_bot', true, 'client_secret_basic']
  ])(
    'exchanges it with %s, and does not revoke the token and its refresh token',
    async (_how, client, pkce, method) => {
      const zendesk = await sandbox()
      const given = codeOf(zendesk, client, pkce)
      const secret = zendesk.client(client).secret
      const inputs = at(zendesk, {
        ...given,
        ...(method !== undefined && { 'client-secret': secret!, 'token-endpoint-auth-method': method })
      })
      const { main, post } = await mainAndPost(inputs)
      const { value, refreshToken } = zendesk.tokens.get(22_000_000_002)!
      const basic = Buffer.from(`${client}:${secret ?? ''}`).toString('base64')
      const isBasic = method === 'client_secret_basic'

      expect(said(main)).toEqual([
        ...(method ? [`::add-mask::${secret!}`] : []),
        `::add-mask::${given['authorization-code']!}`,
        ...(pkce ? [`::add-mask::${verifier}`] : []),
        ...(isBasic ? [`::add-mask::${basic}`] : []),
        `::add-mask::${value}`,
        `::add-mask::${refreshToken!}`,
        defaultScopes(),
        mintedLine(22_000_000_002, 'read write', 'expires in 1 hour', NOT_REVOKED_LATER)
      ])
      const { authorization } = zendesk.requests[0]!.headers
      expect(authorization).toBe(isBasic ? `Basic ${basic}` : undefined)
      expect(zendesk.requests[0]!.json).toEqual({
        grant_type: 'authorization_code',
        code: given['authorization-code'],
        redirect_uri: redirectUri,
        ...(pkce && { code_verifier: verifier }),
        client_id: client,
        ...(method === 'client_secret_post' && { client_secret: secret }),
        expires_in: 3600
      })
      expect(main.outputs).toMatchObject({
        token: value,
        'refresh-token': refreshToken,
        'token-id': '22000000002'
      })
      expect(main.state).toEqual({ zendesk: '{"skipped":"auto"}' })
      expect(stream(post)).toEqual([KEPT_FOR_REFRESH])
      expect(zendesk.seen()).toEqual(['POST /oauth/tokens', 'GET /api/v2/oauth/tokens/current'])
      expect(zendesk.connections).toBe(1)
      expect(zendesk.living()).toHaveLength(1)
    }
  )

  it.concurrent('revokes the token with itself if skip-token-revoke is false', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, { ...codeOf(zendesk, 'browser_app', true), 'skip-token-revoke': 'False' })
    const { main, post } = await mainAndPost(inputs)
    const { value, refreshToken } = zendesk.tokens.get(22_000_000_002)!
    const state = String(main.state['zendesk'])
    for (const secret of [refreshToken!, verifier, String(inputs['authorization-code'])]) {
      expect(state).not.toContain(secret)
    }
    // The code is used up, so post neither needs nor masks it.
    expect(said(post)).toEqual([`::add-mask::${value}`, revokedLine(22_000_000_002)])
    expect(asked(zendesk.requests).slice(2)).toEqual([
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${value}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
  })

  it.concurrent('names the cause if the code was used before', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, codeOf(zendesk, 'browser_app', true))
    await mainAndPost(inputs)
    const { main, post } = await mainAndPost(inputs)
    expect(annotated(main)).toEqual([
      `::error::Could not mint a token: Zendesk rejected the grant (invalid_grant). An authorization code works once, for 120 seconds, and only with the same \`redirect-uri\`, \`code-verifier\` and client. Get another. POST /oauth/tokens at 127.0.0.1:${zendesk.port}: 400 ("invalid_grant: The provided authorization grant is invalid, expired, revoked, does not match the redirection URI, or was issued to another client.").`
    ])
    expect(main).toMatchObject({ exitCode: 1, outputs: {}, state: {} })
    expect(stream(post)).toEqual([NOTHING_MINTED])
  })
})

describe('with a refresh token, the action', () => {
  async function refreshed(zendesk: Zendesk): Promise<string> {
    const { main } = await mainAndPost(at(zendesk, codeOf(zendesk, 'browser_app', true)))
    return main.outputs['refresh-token']!
  }

  it.concurrent('masks and publishes the new refresh token, and does not revoke the token', async () => {
    const zendesk = await sandbox()
    const first = await refreshed(zendesk)
    zendesk.forget()
    const inputs = at(zendesk, { 'client-id': 'browser_app', 'refresh-token': first })
    const { main, post } = await mainAndPost(inputs)
    const { value, refreshToken } = zendesk.tokens.get(22_000_000_003)!
    expect(said(main)).toEqual([
      `::add-mask::${first}`,
      `::add-mask::${value}`,
      `::add-mask::${refreshToken!}`,
      defaultScopes(),
      mintedLine(22_000_000_003, 'read write', 'expires in 1 hour', NOT_REVOKED_LATER)
    ])
    expect(asked(zendesk.requests)).toEqual([
      `POST /oauth/tokens | {"grant_type":"refresh_token","refresh_token":"${first}","client_id":"browser_app","expires_in":3600}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
    expect(main.outputs).toMatchObject({ token: value, 'refresh-token': refreshToken })
    expect(refreshToken).not.toBe(first)
    expect(main.state).toEqual({ zendesk: '{"skipped":"auto"}' })
    expect(post).toMatchObject({ exitCode: 0, stderr: '' })
    expect(zendesk.living().map(({ id }) => id)).toEqual([22_000_000_003])
  })

  it.concurrent(
    'publishes the new refresh token even if the access token beside it cannot be used',
    async () => {
      const zendesk = await sandbox()
      const first = await refreshed(zendesk)
      const edit = (reply: { body: string }) => ({
        ...(JSON.parse(reply.body) as object),
        access_token: 'short'
      })
      zendesk.fault(
        { path: '/oauth/tokens' },
        { kind: 'edit', edit: (reply) => ({ ...reply, body: JSON.stringify(edit(reply)) }) }
      )
      const { main, post } = await mainAndPost(
        at(zendesk, { 'client-id': 'browser_app', 'refresh-token': first })
      )
      const { refreshToken } = zendesk.tokens.get(22_000_000_003)!
      expect(main.outputs).toEqual({ 'refresh-token': refreshToken })
      expect(said(main).slice(0, 2)).toEqual([`::add-mask::${first}`, `::add-mask::${refreshToken!}`])
      expect(annotated(main)).toHaveLength(1)
      expect(annotated(main)[0]).toMatch(/^::error::Could not mint a token: The response cannot be used\. /)
      expect(main.exitCode).toBe(1)
      expect(post.exitCode).toBe(0)
    }
  )

  it.concurrent('publishes the new refresh token even if Zendesk rejects the new token', async () => {
    const zendesk = await sandbox()
    const first = await refreshed(zendesk)
    zendesk.fault({ path: '/api/v2/oauth/tokens/current' }, { kind: 'stray-401' })
    const { main } = await mainAndPost(at(zendesk, { 'client-id': 'browser_app', 'refresh-token': first }))
    expect(main.exitCode).toBe(1)
    expect(main.outputs['refresh-token']).toBe(zendesk.tokens.get(22_000_000_003)!.refreshToken)
  })
})

describe('the action', () => {
  it.concurrent('exports variables with export-env, and writes a table with job-summary', async () => {
    const zendesk = await sandbox()
    const { main, post } = await mainAndPost(
      at(zendesk, {
        ...credentials.clientCredentials(zendesk),
        subdomain: 'https://ACME.zendesk.com/',
        'export-env': 'TRUE',
        'job-summary': 'true'
      })
    )
    const { value } = zendesk.tokens.get(22_000_000_002)!
    const table = (title: string, state: string): string =>
      `<h3>${title}</h3>\n<table><tr><th>State</th><th>Expires</th><th>Scopes</th><th>Token</th><th>User</th><th>Account</th></tr><tr><td>${state}</td><td>2026-11-21T13:00:00Z</td><td>read write</td><td>22000000002</td><td>900100001</td><td>127.0.0.1:${zendesk.port}</td></tr></table>\n`
    expect(main.env).toEqual({ ZENDESK_SUBDOMAIN: 'acme', ZENDESK_OAUTH_TOKEN: value })
    expect(main.summary).toBe(table('Zendesk token minted', 'active'))
    expect(post.summary).toBe(table('Zendesk token revoked', 'revoked, and Zendesk rejects it'))
  })

  it.concurrent('saves not even the token with skip-token-revoke: true', async () => {
    const zendesk = await sandbox()
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), 'skip-token-revoke': 'true' })
    )
    expect(main.state).toEqual({ zendesk: '{"skipped":"true"}' })
    expect(said(main).at(-1)).toMatch(NOT_REVOKED_LATER)
    expect(stream(post)).toEqual(['The token is not revoked, because `skip-token-revoke` is `true`.'])
    expect(zendesk.requests).toHaveLength(2)
  })

  it.concurrent(
    'reports all invalid inputs in one error, after the masks and without a request',
    async () => {
      const zendesk = await sandbox()
      const { apiToken } = zendesk.credentials
      const { main, post } = await mainAndPost(
        at(zendesk, {
          'api-token': apiToken,
          'client-secret': 'tooshor',
          'expires-in': 10,
          'job-summary': 'maybe'
        })
      )
      const [mask, error, ...rest] = stream(main)
      expect([mask, rest]).toEqual([`::add-mask::${apiToken}`, []])
      expect(error).toMatch(/^::error::\d invalid inputs: /)
      for (const input of ['email', 'client-secret', 'expires-in', 'job-summary'])
        expect(error).toContain(input)
      expect(main).toMatchObject({ exitCode: 1, outputs: {}, state: {}, stderr: '' })
      expect(stream(post)).toEqual([NOTHING_MINTED])
      expect(zendesk.requests).toEqual([])
    }
  )
})

describe('of several steps in one job', () => {
  it.concurrent("a token minted with another step's token is revoked before that one", async () => {
    const zendesk = await sandbox()
    const { steps } = await runJob(
      [
        { id: 'admin', uses: root, with: at(zendesk, credentials.clientCredentials(zendesk)) },
        {
          id: 'zis',
          uses: root,
          with: ({ steps: { admin } }) =>
            at(zendesk, {
              'client-id': 'zis_acme',
              'access-token': admin!.outputs['token']!,
              scopes: 'zis:read'
            })
        },
        {
          run: {
            script: async ({ context, print }) => {
              const url = `${zendesk.url}/api/services/zis/integrations/acme/configs`
              const authorization = `Bearer ${context.steps['zis']!.outputs['token']!}`
              print(String((await fetch(url, { headers: { authorization } })).status))
            }
          }
        }
      ],
      { env: preloaded() }
    )
    expect(steps.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(Array(5).fill([0, '']))
    expect(steps[2]!.stdout).toEqual(['200'])
    expect(said(steps[3]!).at(-1)).toBe(revokedLine(22_000_000_003))
    expect(said(steps[4]!).at(-1)).toBe(revokedLine(22_000_000_002))
    const admin = steps[0]!.outputs['token']!
    const zis = steps[1]!.outputs['token']!
    expect(asked(zendesk.requests).slice(-4)).toEqual([
      `DELETE /api/v2/oauth/tokens/22000000003 | Bearer ${admin}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${zis}`,
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${admin}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${admin}`
    ])
    expect(zendesk.living()).toEqual([])
  })
})

describe('with the real clock', () => {
  it.concurrent.each(['apiToken', 'clientCredentials'] as const)(
    'the action mints and revokes with %s, and prints nothing to stderr',
    async (kind) => {
      const zendesk = await sandbox({ now: Date.now })
      const { steps } = await runJob([{ uses: root, with: at(zendesk, credentials[kind](zendesk)) }])
      for (const step of steps) expect(step).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
      expect(said(steps[1]!).at(-1)).toBe(revokedLine(22_000_000_002))
      expect(zendesk.living()).toEqual([])
    }
  )
})
