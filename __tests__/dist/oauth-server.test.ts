/*
 * The grants against an OAuth server that this project did not write, at Zendesk's paths: what is sent has to be
 * what the RFCs say, and not only what the sandbox expects.
 */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type Provider from 'oidc-provider'

import { runJob, type InputValue, type StepResult } from '../../mock/runner.ts'
import { KEPT_FOR_REFRESH, revokedLine } from '../support/log-lines.ts'
import { annotated, preloaded, root, said } from '../support/run-action.ts'

const redirectUri = 'https://app.example/callback'
const verifier = 'a-code-verifier-of-at-least-forty-three-characters'
const challenge = createHash('sha256').update(verifier).digest('base64url')
// Every character here means something to somebody: to a form, to a URL, to a Basic header.
const clientSecret = 'secret +&=%:/"?#@~ of a client'

/** What arrived at `/oauth/tokens`, newest last. */
const grants: { authorization: string | undefined; body: Record<string, unknown> }[] = []
/** The id of each token that was asked for; the server itself knows none. */
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

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** JSON to the form that this server wants; Zendesk takes both. */
function form(body: Record<string, unknown>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [name, String(value)])
  )
}

/** What Zendesk has beside the grants: the token that a request is made with, seen and revoked. */
async function answerForToken(message: IncomingMessage): Promise<{ status: number; body?: object }> {
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
  return {
    status: 200,
    body: {
      token: {
        id,
        client_id: 1,
        user_id: 2,
        scopes,
        created_at: time(token.iat),
        expires_at: time(token.exp)
      }
    }
  }
}

beforeAll(async () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const client = (client_id: string, token_endpoint_auth_method: string): object => ({
    client_id,
    token_endpoint_auth_method,
    ...(token_endpoint_auth_method !== 'none' && { client_secret: clientSecret }),
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: 'ES256',
    scope: 'read write'
  })
  // It warns of an older Node, and that tokens in memory are not for production.
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
  const behind = await listen(provider.callback())
  url = await listen((message, response) => {
    const answer = async (): Promise<void> => {
      if (message.url !== '/oauth/tokens') {
        const { status, body } = await answerForToken(message)
        response.writeHead(status, { 'Content-Type': 'application/json' })
        response.end(body && JSON.stringify(body))
        return
      }
      const body = JSON.parse(await textOf(message)) as Record<string, unknown>
      const { authorization } = message.headers
      grants.push({ authorization, body })
      const reply = await fetch(`${behind}/oauth/tokens`, {
        method: 'POST',
        body: form(body),
        headers: { ...(authorization !== undefined && { authorization }) }
      })
      response.writeHead(reply.status, { 'Content-Type': 'application/json' }).end(await reply.text())
    }
    answer().catch((error: unknown) => {
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

/** What a user's agreement gives: a code for this client. */
async function codeFor(clientId: string, pkce: boolean): Promise<string> {
  const grant = new provider.Grant({ accountId: 'ada', clientId })
  grant.addOIDCScope('read write')
  const code = new provider.AuthorizationCode({
    client: await provider.Client.find(clientId),
    accountId: 'ada',
    grantId: await grant.save(),
    redirectUri,
    scope: 'read write',
    ...(pkce && { codeChallenge: challenge, codeChallengeMethod: 'S256' })
  })
  return code.save()
}

async function job(inputs: Record<string, InputValue>): Promise<StepResult[]> {
  const { steps } = await runJob([{ uses: root, with: { subdomain: 'acme', 'base-url': url, ...inputs } }], {
    env: preloaded({ now: Date.now() })
  })
  return [...steps]
}

/** The client that authenticates in this way. */
const clients = {
  none: 'public_app',
  client_secret_post: 'posting_app',
  client_secret_basic: 'basic:app/%20'
}

function inputsOf(method: keyof typeof clients): Record<string, string> {
  const secret = { 'client-secret': clientSecret, 'token-endpoint-auth-method': method }
  return { 'client-id': clients[method], ...(method !== 'none' && secret) }
}

/** How the secret travelled in the newest request. */
function travelled(): keyof typeof clients {
  const { authorization, body } = grants.at(-1)!
  if (authorization !== undefined && !('client_secret' in body)) return 'client_secret_basic'
  return authorization === undefined && 'client_secret' in body ? 'client_secret_post' : 'none'
}

function expectGreen(steps: StepResult[]): void {
  for (const step of steps) {
    expect([annotated(step), step.exitCode, step.stderr]).toEqual([[], 0, ''])
  }
}

describe('an authorization code', () => {
  it.each([
    ['none', true],
    ['client_secret_post', false],
    ['client_secret_post', true],
    ['client_secret_basic', false],
    ['client_secret_basic', true]
  ] as const)('is exchanged with %s (PKCE: %p), and its refresh token rotates', async (method, pkce) => {
    const client = inputsOf(method)
    const code = {
      'authorization-code': await codeFor(clients[method], pkce),
      'redirect-uri': redirectUri,
      ...(pkce && { 'code-verifier': verifier })
    }
    const [main, post] = await job({ ...client, ...code })
    expectGreen([main!, post!])
    expect(travelled()).toBe(method)
    expect(main!.outputs).toMatchObject({ scopes: 'read write', 'client-id': '1', 'user-id': '2' })
    expect(said(post!)).toEqual([KEPT_FOR_REFRESH])

    const [rotated, revoked] = await job({
      ...client,
      'refresh-token': main!.outputs['refresh-token']!,
      'skip-token-revoke': false
    })
    expectGreen([rotated!, revoked!])
    expect(travelled()).toBe(method)
    expect(grants.at(-1)!.body['grant_type']).toBe('refresh_token')
    expect(rotated!.outputs['token']).not.toBe(main!.outputs['token'])
    expect(rotated!.outputs['refresh-token']).toMatch(/^.{8,}$/)
    expect(rotated!.outputs['refresh-token']).not.toBe(main!.outputs['refresh-token'])
    expect(said(revoked!).at(-1)).toBe(revokedLine(rotated!.outputs['token-id']))
    expect(await provider.AccessToken.find(rotated!.outputs['token']!)).toBeUndefined()
  })

  it('is refused with the wrong verifier, and a refresh token when it comes twice', async () => {
    const code = await codeFor('public_app', true)
    const inputs = { 'client-id': 'public_app', 'authorization-code': code, 'redirect-uri': redirectUri }
    const [wrong] = await job({ ...inputs, 'code-verifier': verifier.replace('a-', 'b-') })
    expect(annotated(wrong!)).toEqual([expect.stringMatching(/^::error::.*\(invalid_grant\)/)])
    const [main] = await job({ ...inputs, 'code-verifier': verifier })
    const refresh = { 'client-id': 'public_app', 'refresh-token': main!.outputs['refresh-token']! }
    expectGreen(await job(refresh))
    const [twice, post] = await job(refresh)
    expect(annotated(twice!)).toEqual([
      expect.stringMatching(/^::error::.*\(invalid_grant\).*The refresh token was used/)
    ])
    expect([twice!.exitCode, post!.exitCode]).toEqual([1, 0])
  })
})

describe('client credentials', () => {
  it.each(['client_secret_post', 'client_secret_basic'] as const)(
    'mint by %s, and post revokes',
    async (method) => {
      const [main, post] = await job({ ...inputsOf(method), scopes: 'read' })
      expectGreen([main!, post!])
      expect(travelled()).toBe(method)
      expect(main!.outputs).toMatchObject({ scopes: 'read', 'refresh-token': '' })
      expect(said(post!).at(-1)).toBe(revokedLine(main!.outputs['token-id']))
      expect(await provider.ClientCredentials.find(main!.outputs['token']!)).toBeUndefined()
    }
  )

  it('with the wrong secret are refused as invalid_client', async () => {
    const [main, post] = await job({ 'client-id': 'posting_app', 'client-secret': 'another secret' })
    expect(annotated(main!)).toEqual([expect.stringMatching(/^::error::.*\(invalid_client\)/)])
    expect([main!.exitCode, post!.exitCode]).toEqual([1, 0])
  })
})
