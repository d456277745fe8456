/*
 * The grants against an OAuth server that this project did not write, at Zendesk's paths: the requests must be what
 * the RFCs say, and not only what our mock expects.
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type Provider from 'oidc-provider'

import { type InputValue, type StepResult } from '../../mock/runner.ts'
import { annotated, KEPT_FOR_REFRESH, revokedLine, said } from '../support/log-lines.ts'
import { runStep, type StepEnd } from '../support/run-action.ts'
import { codeChallenge, CODE_VERIFIER, REDIRECT_URI, type Inputs } from '../support/zendesk.ts'

// Each of these characters is special in a form, in a URL or in a Basic header.
const CLIENT_SECRET = 'secret+&=%:/"?#@~of-a-client'

/** The requests for a grant, newest last. */
const grants: { authorization: string | undefined; body: Record<string, unknown> }[] = []
/** The id of each token that was requested; the OAuth server gives none. */
const ids = new Map<string, number>()
const servers: Server[] = []
let provider: Provider
let url: string

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** JSON as the form that this server wants; Zendesk accepts both. */
function form(body: Record<string, unknown>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [name, String(value)])
  )
}

/** Zendesk's token endpoints: reports or revokes the token that the request was sent with. */
async function tokenResponse(message: IncomingMessage): Promise<{ status: number; body?: object }> {
  const value = message.headers.authorization?.replace(/^Bearer /, '') ?? ''
  const token = (await provider.AccessToken.find(value)) ?? (await provider.ClientCredentials.find(value))
  if (token === undefined) return { status: 401, body: { error: 'invalid_token' } }
  const id = ids.get(value) ?? ids.size + 1
  ids.set(value, id)
  if (message.method === 'DELETE') {
    if (message.url !== `/api/v2/oauth/tokens/${id}`) return { status: 404 }
    await token.destroy()
    return { status: 204 }
  }
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString()
  const scopes = token.scope?.split(' ') ?? []
  const times = { created_at: time(token.iat), expires_at: time(token.exp) }
  return { status: 200, body: { token: { id, client_id: 1, user_id: 2, scopes, ...times } } }
}

beforeAll(async () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const client = (client_id: string, token_endpoint_auth_method: string): object => ({
    client_id,
    token_endpoint_auth_method,
    ...(token_endpoint_auth_method !== 'none' && { client_secret: CLIENT_SECRET }),
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: [REDIRECT_URI],
    id_token_signed_response_alg: 'ES256',
    scope: 'read write'
  })
  // It warns that it does not support Node 20, and that its store in memory is not for production.
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { default: OAuthServer } = await import('oidc-provider')
  provider = new OAuthServer('https://acme.zendesk.com', {
    clients: [
      client('public_app', 'none'),
      client('posting_app', 'client_secret_post'),
      client('basic:app/%20', 'client_secret_basic')
    ],
    scopes: ['read', 'write', 'offline_access'],
    routes: { token: '/oauth/tokens' },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    pkce: { required: () => false },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId })
    }),
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 120,
      ClientCredentials: 3600,
      Grant: 86_400,
      RefreshToken: 86_400
    },
    cookies: { keys: ['no cookie is ever set'] },
    jwks: { keys: [{ ...key, kid: 'test', use: 'sig' }] }
  })
  warn.mockRestore()
  const providerUrl = await listen(provider.callback())
  url = await listen((message, response) => {
    const respond = async (): Promise<void> => {
      if (message.url !== '/oauth/tokens') {
        const { status, body } = await tokenResponse(message)
        response.writeHead(status, { 'Content-Type': 'application/json' })
        response.end(body && JSON.stringify(body))
        return
      }
      const body = (await json(message)) as Record<string, unknown>
      const { authorization } = message.headers
      grants.push({ authorization, body })
      const granted = await fetch(`${providerUrl}/oauth/tokens`, {
        method: 'POST',
        body: form(body),
        headers: { ...(authorization !== undefined && { authorization }) }
      })
      response.writeHead(granted.status, { 'Content-Type': 'application/json' }).end(await granted.text())
    }
    respond().catch((error: unknown) => {
      response.destroy(error as Error)
    })
  })
})

afterAll(async () => {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise((resolve) => {
          server.close(resolve)
          server.closeAllConnections()
        })
    )
  )
})

/** An authorization code for this client, as a user's consent gives it. */
async function codeFor(clientId: string, usesPkce: boolean): Promise<string> {
  const grant = new provider.Grant({ accountId: 'ada', clientId })
  grant.addOIDCScope('read write')
  const code = new provider.AuthorizationCode({
    client: await provider.Client.find(clientId),
    accountId: 'ada',
    grantId: await grant.save(),
    redirectUri: REDIRECT_URI,
    scope: 'read write',
    ...(usesPkce && { codeChallenge, codeChallengeMethod: 'S256' })
  })
  return code.save()
}

async function run(more: Inputs<InputValue>): Promise<{ main: StepEnd; post: StepEnd }> {
  const inputs = { subdomain: 'acme', 'base-url': url, ...more }
  const main = await runStep('main', { inputs, now: Date.now() })
  return { main, post: await runStep('post', { inputs, now: Date.now(), state: main.state }) }
}

/** The client that uses each authentication method. */
const CLIENTS = {
  none: 'public_app',
  client_secret_post: 'posting_app',
  client_secret_basic: 'basic:app/%20'
}

function inputsOf(method: keyof typeof CLIENTS): Record<string, string> {
  const secret = { 'client-secret': CLIENT_SECRET, 'token-endpoint-auth-method': method }
  return { 'client-id': CLIENTS[method], ...(method !== 'none' && secret) }
}

/** The authentication method of the newest request for a grant. */
function methodUsed(): keyof typeof CLIENTS {
  const { authorization, body } = grants.at(-1)!
  if (authorization !== undefined && !('client_secret' in body)) return 'client_secret_basic'
  return authorization === undefined && 'client_secret' in body ? 'client_secret_post' : 'none'
}

function expectSuccess(...steps: StepResult[]): void {
  for (const step of steps) {
    expect([annotated(step), step.exitCode, step.stderr]).toEqual([[], 0, ''])
  }
}

describe('an OAuth server accepts', () => {
  it.each([
    ['none', true],
    ['client_secret_post', false],
    ['client_secret_post', true],
    ['client_secret_basic', false],
    ['client_secret_basic', true]
  ] as const)(
    'an authorization code with the authentication method %s (PKCE: %p), and then its refresh token',
    async (method, usesPkce) => {
      const client = inputsOf(method)
      const code = {
        'authorization-code': await codeFor(CLIENTS[method], usesPkce),
        'redirect-uri': REDIRECT_URI,
        ...(usesPkce && { 'code-verifier': CODE_VERIFIER })
      }
      const first = await run({ ...client, ...code })
      expectSuccess(first.main, first.post)
      expect(methodUsed()).toBe(method)
      const { outputs } = first.main
      expect(outputs).toMatchObject({ scopes: 'read write', 'client-id': '1', 'user-id': '2' })
      expect(said(first.post)).toEqual([KEPT_FOR_REFRESH])

      const { main, post } = await run({
        ...client,
        'refresh-token': outputs['refresh-token']!,
        'skip-token-revoke': false
      })
      expectSuccess(main, post)
      expect(methodUsed()).toBe(method)
      expect(grants.at(-1)!.body['grant_type']).toBe('refresh_token')
      expect(main.outputs['token']).not.toBe(outputs['token'])
      expect(main.outputs['refresh-token']).toMatch(/^.{8,}$/)
      expect(main.outputs['refresh-token']).not.toBe(outputs['refresh-token'])
      expect(said(post).at(-1)).toBe(revokedLine(main.outputs['token-id']))
      expect(await provider.AccessToken.find(main.outputs['token']!)).toBeUndefined()
    }
  )

  it.each(['client_secret_post', 'client_secret_basic'] as const)(
    'client credentials with the authentication method %s, and post revokes the token',
    async (method) => {
      const { main, post } = await run({ ...inputsOf(method), scopes: 'read' })
      expectSuccess(main, post)
      expect(methodUsed()).toBe(method)
      expect(main.outputs).toMatchObject({ scopes: 'read', 'refresh-token': '' })
      expect(said(post).at(-1)).toBe(revokedLine(main.outputs['token-id']))
      expect(await provider.ClientCredentials.find(main.outputs['token']!)).toBeUndefined()
    }
  )
})

describe('the error names the cause if an OAuth server rejects', () => {
  const errorOf = async (inputs: Record<string, string>): Promise<string> => {
    const { main, post } = await run(inputs)
    expect([main.exitCode, post.exitCode]).toEqual([1, 0])
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error::/)])
    return annotated(main)[0]!
  }

  it('an authorization code with the wrong verifier, or a refresh token that was used before', async () => {
    const code = await codeFor('public_app', true)
    const inputs = { 'client-id': 'public_app', 'authorization-code': code, 'redirect-uri': REDIRECT_URI }
    const wrongVerifier = CODE_VERIFIER.replace('a-', 'b-')
    expect(await errorOf({ ...inputs, 'code-verifier': wrongVerifier })).toContain('(invalid_grant)')
    const { main } = await run({ ...inputs, 'code-verifier': CODE_VERIFIER })
    const refresh = { 'client-id': 'public_app', 'refresh-token': main.outputs['refresh-token']! }
    const used = await run(refresh)
    expectSuccess(used.main, used.post)
    expect(await errorOf(refresh)).toMatch(/\(invalid_grant\).*The refresh token was used/)
  })

  it('client credentials with the wrong secret', async () => {
    const inputs = { 'client-id': 'posting_app', 'client-secret': 'another-secret' }
    expect(await errorOf(inputs)).toContain('(invalid_client)')
  })
})
