/*
 * The grants against an OAuth server that this project did not write, at Zendesk's paths: the requests must be what
 * the RFCs say, and not only what our mock expects.
 */
import { generateKeyPairSync } from 'node:crypto'
import { type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import type Provider from 'oidc-provider'
import { type InputValue } from '../../mock/runner.ts'
import { annotated, KEPT_FOR_REFRESH, revokedLine, said } from '../support/log-lines.ts'
import { runStep, type StepEnd } from '../support/run-action.ts'
import { serve } from '../support/servers.ts'
import { codeChallenge, CODE_VERIFIER, GRANT, REDIRECT_URI, TOKENS, type Inputs } from '../support/zendesk.ts'

// Each of these characters is special in a form, in a URL or in a Basic header.
const CLIENT_SECRET = 'secret+&=%:/"?#@~of-a-client'

/** The client that uses each authentication method. */
const IDS = { none: 'public_app', client_secret_post: 'posting_app', client_secret_basic: 'basic:app/%20' }
type Method = keyof typeof IDS

/** The request for a grant that came last. */
let grant: { authorization: string | undefined; body: Record<string, unknown> }
/** The id of each token that was requested; the OAuth server gives none. */
const ids = new Map<string, number>()
let provider: Provider
let url: string

/** Zendesk's token endpoints: reports or revokes the token that the request was sent with. */
async function tokenResponse(message: IncomingMessage): Promise<{ status: number; body?: object }> {
  const value = message.headers.authorization?.replace(/^Bearer /, '') ?? ''
  const token = (await provider.AccessToken.find(value)) ?? (await provider.ClientCredentials.find(value))
  if (token === undefined) return { status: 401, body: { error: 'invalid_token' } }
  const id = ids.get(value) ?? ids.size + 1
  ids.set(value, id)
  if (message.method === 'DELETE') {
    if (message.url !== `${TOKENS}/${id}`) return { status: 404 }
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
  const clients = Object.entries(IDS).map(([token_endpoint_auth_method, client_id]) => ({
    client_id,
    token_endpoint_auth_method,
    ...(token_endpoint_auth_method !== 'none' && { client_secret: CLIENT_SECRET }),
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: [REDIRECT_URI],
    id_token_signed_response_alg: 'ES256',
    scope: 'read write'
  }))
  // It warns that it does not support Node 20, and that its store in memory is not for production.
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { default: OAuthServer } = await import('oidc-provider')
  provider = new OAuthServer('https://acme.zendesk.com', {
    clients,
    scopes: ['read', 'write', 'offline_access'],
    routes: { token: GRANT },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    pkce: { required: () => false },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    ttl: { AccessToken: 3600, AuthorizationCode: 60, ClientCredentials: 3600, Grant: 7200, RefreshToken: 60 },
    cookies: { keys: ['no cookie is ever set'] },
    jwks: { keys: [{ ...key, kid: 'test', use: 'sig' }] }
  })
  warn.mockRestore()
  const { port: providerPort } = await serve(provider.callback())
  const { port } = await serve((message, response) => {
    const respond = async (): Promise<void> => {
      if (message.url !== GRANT) {
        const { status, body } = await tokenResponse(message)
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(body && JSON.stringify(body))
        return
      }
      const { authorization } = message.headers
      const body = (await json(message)) as Record<string, unknown>
      grant = { authorization, body }
      const granted = await fetch(`http://127.0.0.1:${providerPort}${GRANT}`, {
        method: 'POST',
        // The form that this server wants; Zendesk accepts both.
        body: new URLSearchParams(body as Record<string, string>),
        headers: { ...(authorization !== undefined && { authorization }) }
      })
      response.writeHead(granted.status, { 'Content-Type': 'application/json' }).end(await granted.text())
    }
    respond().catch((error: unknown) => response.destroy(error as Error))
  })
  url = `http://127.0.0.1:${port}`
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

function inputsOf(method: Method): Inputs {
  const secret = { 'client-secret': CLIENT_SECRET, 'token-endpoint-auth-method': method }
  return { 'client-id': IDS[method], ...(method !== 'none' && secret) }
}

/** Both steps succeeded, and main sent its secret in this way. */
function expectSuccess({ main, post }: { main: StepEnd; post: StepEnd }, method: Method): void {
  for (const step of [main, post]) expect([annotated(step), step.exitCode, step.stderr]).toEqual([[], 0, ''])
  expect([grant.authorization !== undefined, 'client_secret' in grant.body]).toEqual([
    method === 'client_secret_basic',
    method === 'client_secret_post'
  ])
}

describe('an OAuth server accepts', () => {
  it.each<[Method, boolean]>([
    ['none', true],
    ['client_secret_post', false],
    ['client_secret_basic', true]
  ])('a code with the method %s (PKCE: %p), and its refresh token once', async (method, usesPkce) => {
    const client = inputsOf(method)
    const first = await run({
      ...client,
      'authorization-code': await codeFor(IDS[method], usesPkce),
      'redirect-uri': REDIRECT_URI,
      ...(usesPkce && { 'code-verifier': CODE_VERIFIER })
    })
    expectSuccess(first, method)
    const { outputs } = first.main
    expect(outputs).toMatchObject({ scopes: 'read write', 'client-id': '1', 'user-id': '2' })
    expect(said(first.post)).toEqual([KEPT_FOR_REFRESH])

    const refresh = { ...client, 'refresh-token': outputs['refresh-token']!, 'skip-token-revoke': false }
    const next = await run(refresh)
    expectSuccess(next, method)
    expect(grant.body['grant_type']).toBe('refresh_token')
    expect(next.main.outputs['refresh-token']).toMatch(/^.{8,}$/)
    expect(said(next.post).at(-1)).toBe(revokedLine(next.main.outputs['token-id']))
    expect(await provider.AccessToken.find(next.main.outputs['token']!)).toBeUndefined()
    expect(await errorOf(refresh)).toMatch(/\(invalid_grant\).*The refresh token was used/)
  })

  const methods = ['client_secret_post', 'client_secret_basic'] as const
  it.each(methods)('client credentials with the method %s, and post revokes the token', async (method) => {
    const ended = await run({ ...inputsOf(method), scopes: 'read' })
    expectSuccess(ended, method)
    const { outputs } = ended.main
    expect(outputs).toMatchObject({ scopes: 'read', 'refresh-token': '' })
    expect(said(ended.post).at(-1)).toBe(revokedLine(outputs['token-id']))
    expect(await provider.ClientCredentials.find(outputs['token']!)).toBeUndefined()
  })
})

it('the error names the cause if an OAuth server rejects a verifier or a secret', async () => {
  const code = { 'authorization-code': await codeFor('public_app', true), 'redirect-uri': REDIRECT_URI }
  const wrongVerifier = { 'client-id': 'public_app', ...code, 'code-verifier': `b${CODE_VERIFIER}` }
  expect(await errorOf(wrongVerifier)).toContain('(invalid_grant)')
  const wrongSecret = { 'client-id': 'posting_app', 'client-secret': 'another-secret' }
  expect(await errorOf(wrongSecret)).toContain('(invalid_client)')
})

async function errorOf(inputs: Inputs<InputValue>): Promise<string> {
  const { main, post } = await run(inputs)
  expect([main.exitCode, post.exitCode]).toEqual([1, 0])
  expect(annotated(main)).toEqual([expect.stringMatching(/^::error::/)])
  return annotated(main)[0]!
}
