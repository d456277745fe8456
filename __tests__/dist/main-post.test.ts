import { createHash } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { runJob } from '../../mock/runner.ts'
import { adminId, type Zendesk } from '../../mock/zendesk.ts'
import { asked, at, basicOf, credentials, sandbox } from '../support/fixtures.ts'
import { annotated, mainAndPost, preloaded, root, said, stream, userAgent } from '../support/run-action.ts'

const redirectUri = 'https://app.example/callback'
const verifier = 'a-code-verifier-of-at-least-forty-three-characters'
const challenge = createHash('sha256').update(verifier).digest('base64url')

const deprecated =
  'Zendesk has deprecated the endpoint that mints with api-token and access-token; it may stop any day'

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

describe('credential A, an API token', () => {
  it.concurrent(
    'mints for a numeric client-id with one request, and says every line in its place',
    async () => {
      const zendesk = await sandbox()
      const inputs = at(zendesk, { ...credentials.apiToken(zendesk), 'client-id': 360_000_000_101 })
      const { main, post } = await mainAndPost(inputs)
      const { apiToken } = zendesk.credentials
      const token = zendesk.tokens.get(22_000_000_002)!

      expect(stream(main)).toEqual([
        `::add-mask::${apiToken}`,
        `::add-mask::${basicOf(zendesk)}`,
        `${deprecated}, and API tokens stop working on 2027-04-30. Use client-secret instead.`,
        `::add-mask::${token.value}`,
        '::debug::POST /api/v2/oauth/tokens answered 201 after N ms, request id ID',
        'Token 22000000002 minted, with the scopes read write; it does not expire by itself, and is revoked when the job ends.'
      ])
      expect(stream(post)).toEqual([
        `::add-mask::${apiToken}`,
        `::add-mask::${basicOf(zendesk)}`,
        `::add-mask::${token.value}`,
        '::debug::DELETE /api/v2/oauth/tokens/22000000002 answered 204 after N ms, request id ID',
        '::debug::GET /api/v2/oauth/tokens/current answered 401 after N ms, request id ID',
        'Token 22000000002 revoked, and verified dead.'
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

  it.concurrent('finds an identifier on a later page of clients, over one connection', async () => {
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
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })

  it.concurrent('warns louder from 90 days before API tokens stop working', async () => {
    const zendesk = await sandbox()
    const { main } = await mainAndPost(at(zendesk, credentials.apiToken(zendesk)), {
      preload: { now: Date.UTC(2027, 0, 30) }
    })
    expect(annotated(main)).toEqual([
      `::warning::${deprecated}, and API tokens stop working on 2027-04-30. Use client-secret instead.`
    ])
  })
})

describe('credential B, an access token', () => {
  it.concurrent('mints with the bearer, and revokes with it by id', async () => {
    const zendesk = await sandbox()
    const { accessToken } = zendesk.credentials
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.accessToken(zendesk), scopes: 'tickets:read, tickets:write' })
    )
    const { value } = zendesk.tokens.get(22_000_000_002)!
    expect(said(main)).toEqual([
      `::add-mask::${accessToken}`,
      `${deprecated}. Use client-secret instead.`,
      `::add-mask::${value}`,
      'Token 22000000002 minted, with the scopes tickets:read tickets:write; it does not expire by itself, and is revoked when the job ends.'
    ])
    expect(said(post)).toEqual([
      `::add-mask::${accessToken}`,
      `::add-mask::${value}`,
      'Token 22000000002 revoked, and verified dead.'
    ])
    expect(asked(zendesk.requests)).toEqual([
      `GET /api/v2/oauth/clients?page[size]=100 | Bearer ${accessToken}`,
      `POST /api/v2/oauth/tokens | Bearer ${accessToken} | {"token":{"client_id":360000000101,"scopes":["tickets:read","tickets:write"]}}`,
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${accessToken}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
    expect(zendesk.connections).toBe(2)
  })

  it.concurrent('tells the expiry that Zendesk sets', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, {
      ...credentials.accessToken(zendesk),
      'client-id': 'tickets_only',
      scopes: 'tickets:read'
    })
    const { main, post } = await mainAndPost(inputs)
    expect(main.outputs).toMatchObject({ 'expires-at': '2026-11-21T12:30:00Z', scopes: 'tickets:read' })
    expect(said(main).at(-1)).toContain('it lives 30 minutes, and is revoked')
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })
})

describe('credential C, a client secret', () => {
  it.concurrent(
    'mints, checks, hands over and revokes, and leaves in state one value without the credential',
    async () => {
      const zendesk = await sandbox()
      const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), 'expires-in': 900 })
      const { main, post } = await mainAndPost(inputs)
      const secret = zendesk.client('ci_bot').secret!
      const { value } = zendesk.tokens.get(22_000_000_002)!

      expect(stream(main)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${value}`,
        '::debug::POST /oauth/tokens answered 201 after N ms, request id ID',
        '::debug::GET /api/v2/oauth/tokens/current answered 200 after N ms, request id ID',
        'Token 22000000002 minted, with the scopes read write; it lives 15 minutes, and is revoked when the job ends.'
      ])
      expect(stream(post)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${value}`,
        '::debug::DELETE /api/v2/oauth/tokens/22000000002 answered 204 after N ms, request id ID',
        '::debug::GET /api/v2/oauth/tokens/current answered 401 after N ms, request id ID',
        'Token 22000000002 revoked, and verified dead.'
      ])
      expect(asked(zendesk.requests)).toEqual([
        `POST /oauth/tokens | {"grant_type":"client_credentials","client_id":"ci_bot","client_secret":"${secret}","scope":"read write","expires_in":900}`,
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
      expect(hash).toBe(createHash('sha256').update(`${salt}:${secret}`).digest('hex'))
      expect(saved).toEqual({
        minted: {
          token: value,
          id: 22_000_000_002,
          clientId: 360_000_000_101,
          userId: adminId,
          scopes: ['read', 'write'],
          granted: ['read', 'write'],
          mintedAt: Date.UTC(2026, 10, 21, 12),
          serverTime: Date.UTC(2026, 10, 21, 12),
          lifetime: 900,
          expiresAt: '2026-11-21T12:15:00Z'
        },
        context: {
          origin: zendesk.url,
          timeoutSeconds: 300,
          jobSummary: false,
          credential: 'client-secret',
          client: { id: 'ci_bot', authMethod: 'client_secret_post' },
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
      expect(said(post)).toEqual([
        ...masks,
        `::add-mask::${value}`,
        'Token 22000000002 revoked, and verified dead.'
      ])
      expect(asked(zendesk.requests)[0]).toBe(
        `POST /oauth/tokens | Basic ${basic} | {"grant_type":"client_credentials","client_id":"agent_bot","scope":"read write","expires_in":3600}`
      )
    }
  )

  it.concurrent.each([
    ['where the reply tells no lifetime', { tellExpiresIn: 'never', grantStatus: 200 }],
    ['where the token is a JWT', { tokenFormat: 'jwt' }]
  ] as const)('works as well %s', async (_where, options) => {
    const zendesk = await sandbox(options)
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)))
    expect(main.outputs).toMatchObject({ 'token-id': '22000000002', 'expires-at': '2026-11-21T13:00:00Z' })
    expect(annotated(main)).toEqual([])
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })

  it.concurrent(
    'warns of a scope that was asked for and not granted, and of one that nobody knows',
    async () => {
      const zendesk = await sandbox()
      const { main } = await mainAndPost(
        at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'read\ntickets:wrote' })
      )
      const warnings = annotated(main)
      expect(warnings).toHaveLength(2)
      expect(warnings[0]).toMatch(/^::warning::.*tickets:wrote.*tickets:write/)
      expect(warnings[1]).toMatch(/^::warning::Zendesk did not grant tickets:wrote: /)
      expect(main.outputs['scopes']).toBe('read')
    }
  )
})

describe('credential D, an authorization code', () => {
  it.concurrent.each([
    ['PKCE for a public client', 'browser_app', true, undefined],
    ['a secret in the body', 'ci_bot', false, 'client_secret_post'],
    ['a secret in a Basic header', 'ci_bot', false, 'client_secret_basic'],
    ['PKCE and a secret in the body', 'ci_bot', true, 'client_secret_post'],
    ['PKCE and a secret in a Basic header', 'ci_bot', true, 'client_secret_basic']
  ])('is exchanged with %s, and auto leaves the pair alive', async (_how, client, pkce, method) => {
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
      'Token 22000000002 minted, with the scopes read write; it lives 1 hour, and is left alive when the job ends.'
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
    expect(stream(post)).toEqual([
      'The token is left alive, since revoking it would kill the refresh token that came with it.'
    ])
    expect(zendesk.seen()).toEqual(['POST /oauth/tokens', 'GET /api/v2/oauth/tokens/current'])
    expect(zendesk.connections).toBe(1)
    expect(zendesk.living()).toHaveLength(1)
  })

  it.concurrent('is revoked with the token itself where skip-token-revoke is false', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, { ...codeOf(zendesk, 'browser_app', true), 'skip-token-revoke': 'False' })
    const { main, post } = await mainAndPost(inputs)
    const { value, refreshToken } = zendesk.tokens.get(22_000_000_002)!
    const state = String(main.state['zendesk'])
    for (const secret of [refreshToken!, verifier, String(inputs['authorization-code'])]) {
      expect(state).not.toContain(secret)
    }
    // The code is used up, so post neither needs nor masks it.
    expect(said(post)).toEqual([`::add-mask::${value}`, 'Token 22000000002 revoked, and verified dead.'])
    expect(asked(zendesk.requests).slice(2)).toEqual([
      `DELETE /api/v2/oauth/tokens/22000000002 | Bearer ${value}`,
      `GET /api/v2/oauth/tokens/current | Bearer ${value}`
    ])
  })

  it.concurrent('names the cause where the code was used before', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, codeOf(zendesk, 'browser_app', true))
    await mainAndPost(inputs)
    const { main, post } = await mainAndPost(inputs)
    expect(annotated(main)).toEqual([
      `::error::Could not mint a token: Zendesk refused the grant (invalid_grant): POST /oauth/tokens at 127.0.0.1:${zendesk.port} answered 400 ("invalid_grant: The provided authorization grant is invalid, expired, revoked, does not match the redirection URI, or was issued to another client."); an authorization code works once and for 120 seconds, and only with the \`redirect-uri\`, \`code-verifier\` and client that it was asked for with: get another.`
    ])
    expect(main).toMatchObject({ exitCode: 1, outputs: {}, state: {} })
    expect(stream(post)).toEqual(['No token was minted, so there is nothing to revoke.'])
  })
})

describe('credential E, a refresh token', () => {
  async function refreshed(zendesk: Zendesk): Promise<string> {
    const { main } = await mainAndPost(at(zendesk, codeOf(zendesk, 'browser_app', true)))
    return main.outputs['refresh-token']!
  }

  it.concurrent(
    'is rotated: the successor is masked and handed over, and auto leaves the pair alive',
    async () => {
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
        'Token 22000000003 minted, with the scopes read write; it lives 1 hour, and is left alive when the job ends.'
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
    }
  )

  it.concurrent('hands the successor over even where the access token beside it cannot be used', async () => {
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
    expect(annotated(main)[0]).toMatch(
      /^::error::Could not mint a token: Zendesk answered with something that cannot be used/
    )
    expect(main.exitCode).toBe(1)
    expect(post.exitCode).toBe(0)
  })

  it.concurrent('hands the successor over even where the new token is refused at its check', async () => {
    const zendesk = await sandbox()
    const first = await refreshed(zendesk)
    zendesk.fault({ path: '/api/v2/oauth/tokens/current' }, { kind: 'reply', status: 401 })
    const { main } = await mainAndPost(at(zendesk, { 'client-id': 'browser_app', 'refresh-token': first }))
    expect(main.exitCode).toBe(1)
    expect(main.outputs['refresh-token']).toBe(zendesk.tokens.get(22_000_000_003)!.refreshToken)
  })
})

describe('options', () => {
  it.concurrent('export-env and job-summary tell later steps and people what there is', async () => {
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
      `<h3>${title}</h3>\n<table><tr><th>Account</th><th>Token</th><th>User</th><th>Scopes</th><th>Expires</th><th>State</th></tr><tr><td>127.0.0.1:${zendesk.port}</td><td>22000000002</td><td>900100001</td><td>read write</td><td>2026-11-21T13:00:00Z</td><td>${state}</td></tr></table>\n`
    expect(main.env).toEqual({ ZENDESK_SUBDOMAIN: 'acme', ZENDESK_OAUTH_TOKEN: value })
    expect(main.summary).toBe(table('Zendesk token minted', 'alive'))
    expect(post.summary).toBe(table('Zendesk token revoked', 'revoked, and verified dead'))
  })

  it.concurrent('skip-token-revoke: true leaves not even the token in state', async () => {
    const zendesk = await sandbox()
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), 'skip-token-revoke': 'true' })
    )
    expect(main.state).toEqual({ zendesk: '{"skipped":"true"}' })
    expect(said(main).at(-1)).toContain('it lives 1 hour, and is left alive when the job ends.')
    expect(stream(post)).toEqual(['The token is left alive, as skip-token-revoke says.'])
    expect(zendesk.requests).toHaveLength(2)
  })

  it.concurrent(
    'tells everything that is wrong with the inputs in one error, after the masks and without a request',
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
      expect(error).toMatch(/^::error::The inputs need \d corrections: /)
      for (const input of ['email', 'client-secret', 'expires-in', 'job-summary'])
        expect(error).toContain(input)
      expect(main).toMatchObject({ exitCode: 1, outputs: {}, state: {}, stderr: '' })
      expect(stream(post)).toEqual(['No token was minted, so there is nothing to revoke.'])
      expect(zendesk.requests).toEqual([])
    }
  )
})

describe('several steps in one job', () => {
  it.concurrent("a token minted for ZIS with another step's token is revoked before that one", async () => {
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
    expect(said(steps[3]!).at(-1)).toBe('Token 22000000003 revoked, and verified dead.')
    expect(said(steps[4]!).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
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
    'credential %s mints and revokes, and nothing is said on stderr',
    async (kind) => {
      const zendesk = await sandbox({ now: Date.now })
      const { steps } = await runJob([{ uses: root, with: at(zendesk, credentials[kind](zendesk)) }])
      for (const step of steps) expect(step).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
      expect(said(steps[1]!).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
      expect(zendesk.living()).toEqual([])
    }
  )
})
