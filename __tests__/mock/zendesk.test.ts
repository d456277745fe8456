import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startZendesk, type Zendesk, type ZendeskOptions } from '../../mock/zendesk.ts'

/*
 * What no other test would notice if the mock were wrong: the fault matrix has all faults, the sweep the lists and pages,
 * and the examples the API of later steps.
 */

const TOKENS = '/api/v2/oauth/tokens'
const CURRENT = `${TOKENS}/current`
const ME = '/api/v2/users/me'
const NOON = Date.parse('2026-11-24T12:00:00Z')

let zendesk: Zendesk
/** Milliseconds by which the clock goes on each time it is read. */
let tick: number

beforeEach(async () => {
  let now = NOON
  tick = 0
  zendesk = await startZendesk({ now: () => (now += tick) })
})
afterEach(() => zendesk.close())

const set = (options: ZendeskOptions): object => Object.assign(zendesk.behaviour, options)

/** Sends a request, with an Authorization header and a body as JSON if they are given. */
async function ask(method: string, path: string, authorization = '', sent?: object) {
  const json = sent && { 'content-type': 'application/json' }
  const headers = { ...json, ...(authorization && { authorization }) }
  const init = { method, headers, redirect: 'manual', ...(sent && { body: JSON.stringify(sent) }) } as const
  const response = await fetch(zendesk.url + path, init)
  const body = JSON.parse((await response.text()) || '{}') as Record<string, unknown>
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
}
type Response = Awaited<ReturnType<typeof ask>>

const basic = (name: string, secret: string): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
const admin = (): string => basic(`${zendesk.credentials.email}/token`, zendesk.credentials.apiToken)
const newestToken = () => [...zendesk.tokens.values()].at(-1)!
/** The Authorization header with the newest token. */
const bearer = (): string => `Bearer ${newestToken().value}`

const grant = (body: object, authorization?: string): Promise<Response> =>
  ask('POST', '/oauth/tokens', authorization, { grant_type: 'client_credentials', ...body })
const grantTo = (client: string, more: object = {}): Promise<Response> =>
  grant({ client_id: client, client_secret: zendesk.client(client).secret, ...more })
const mint = (client: string, scopes = ['read', 'write'], authorization = admin()): Promise<Response> =>
  ask('POST', TOKENS, authorization, { token: { client_id: zendesk.client(client).id, scopes } })

describe('POST /api/v2/oauth/tokens', () => {
  it.each([
    ['no credential', 401, "Couldn't authenticate you", () => ''],
    ['a password', 401, "Couldn't authenticate you", () => basic('ada@acme.example', 'password')],
    ['an unknown access token', 401, 'invalid_token', () => 'Bearer no-such-token'],
    ['an agent', 403, expect.anything(), () => basic('gus@acme.example/token', zendesk.users[1]!.apiToken!)]
  ])('refuses %s', async (_what, status, error, authorization) => {
    const token = { client_id: zendesk.client('ci_bot').id, scopes: ['read'] }
    expect(await ask('POST', TOKENS, authorization(), { token })).toMatchObject({ status, body: { error } })
  })

  it('refuses a client identifier that is no number, and an access token without `write`', async () => {
    const byName = await ask('POST', TOKENS, admin(), { token: { client_id: 'ci_bot', scopes: ['read'] } })
    expect(byName).toMatchObject({ status: 422, body: { error: 'RecordInvalid' } })
    await mint('ci_bot', ['tickets:write'])
    expect((await mint('ci_bot', ['read'], bearer())).status).toBe(403)
  })
})

describe('POST /oauth/tokens', () => {
  it('grants the scopes that it knows, for the time that was asked for', async () => {
    const granted = await grantTo('ci_bot', { scope: 'tickets:read no:such', expires_in: 300 })
    const body = { token_type: 'bearer', scope: 'tickets:read', expires_in: 300 }
    expect(granted).toMatchObject({ status: 201, body })
    expect((await ask('GET', '/api/v2/tickets.json', bearer())).status).toBe(200)
    zendesk.advance(300_000)
    expect((await ask('GET', '/api/v2/tickets.json', bearer())).status).toBe(401)
  })

  it.each([
    ['ci_bot', { client_secret: 'wrong-secret' }, 'invalid_client', / used unsupported credentials type\.$/],
    ['ci_bot', { client_id: '360000000101' }, 'invalid_client'],
    ['zis_acme', {}, 'invalid_client'],
    ['browser_app', {}, 'unauthorized_client'],
    ['tickets_only', { scope: 'read' }, 'invalid_scope'],
    ['tickets_only', { scope: 'tickets:read hc:read' }, 'invalid_scope'],
    ['ci_bot', { scope: ['read', 'write'] }, 'invalid_scope'],
    ['ci_bot', { expires_in: 299 }, 'invalid_request'],
    ['ci_bot', { expires_in: 172_801 }, 'invalid_request'],
    ['ci_bot', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['ci_bot', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant', / redirection URI\)\.$/]
  ])('refuses %s with %j: %s', async (client, more, error, words = /./) => {
    const status = error === 'invalid_client' ? 401 : 400
    const body = { error, error_description: expect.stringMatching(words) }
    expect(await grantTo(client, more)).toMatchObject({ status, body })
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.each(['invalid_scope', 'invalid_request'] as const)('can refuse to choose scopes: %s', async (error) => {
    set({ scopeRequired: error })
    expect(await grantTo('ci_bot')).toMatchObject({ status: 400, body: { error } })
    expect((await grantTo('ci_bot', { scope: 'read' })).status).toBe(201)
  })

  it('takes a form-encoded body', async () => {
    const client = { client_id: 'agent_bot', client_secret: zendesk.client('agent_bot').secret! }
    const granted = { scope: 'read tickets:write', expires_in: 600 }
    const sent = { grant_type: 'client_credentials', ...client, ...granted, expires_in: '600' }
    const init = { method: 'POST', body: new URLSearchParams(sent) }
    expect(await (await fetch(`${zendesk.url}/oauth/tokens`, init)).json()).toMatchObject(granted)
  })

  it("cuts `expires_in` to the client's own maximum, and reports what it grants", async () => {
    zendesk.client('ci_bot').longestLifetime = 900
    expect((await grantTo('ci_bot', { scope: 'read', expires_in: 3600 })).body['expires_in']).toBe(900)
    const { body } = await ask('GET', CURRENT, bearer())
    expect(body['token']).toMatchObject({ expires_at: '2026-11-24T12:15:00Z' })
    expect((await grantTo('ci_bot', { expires_in: 300 })).body['expires_in']).toBe(300)
  })

  it('gives a token its lifetime exactly, also if the clock goes on while it mints', async () => {
    set({ apiTokensExpire: true })
    tick = 1
    await mint('ci_bot')
    await grantTo('ci_bot', { expires_in: 600 })
    const minted = [...zendesk.tokens.values()].filter(({ origin }) => origin === 'minted')
    expect(minted.map(({ createdAt, expiresAt }) => expiresAt! - createdAt)).toEqual([1_800_000, 600_000])
  })

  it('takes the secret from a form-encoded Basic header, but not from there and the body', async () => {
    const { secret } = zendesk.client('agent_bot')
    const encoded = new URLSearchParams([['', secret!]]).toString().slice(1)
    const body = { client_id: 'agent_bot', scope: 'read' }
    expect((await grant(body, basic('agent_bot', encoded))).status).toBe(201)
    expect((await grant(body, basic('agent_bot', secret!))).status).toBe(401)
    expect((await grant({ ...body, client_secret: secret }, basic('agent_bot', encoded))).status).toBe(400)
  })

  it('responds with the lifetime that was sent, if the options say so', async () => {
    set({ reportExpiresIn: 'if-sent' })
    expect((await grantTo('ci_bot')).body).not.toHaveProperty('expires_in')
    expect((await grantTo('ci_bot', { expires_in: 600 })).body['expires_in']).toBe(600)
  })

  it('grants JWTs, which all begin alike and say when they were issued, if `tokenFormat` says so', async () => {
    set({ tokenFormat: 'jwt' })
    const { access_token: first } = (await grantTo('ci_bot')).body
    await grantTo('ci_bot')
    const { value } = newestToken()
    expect(value).toMatch(/^eyJ/)
    expect(String(first).slice(0, 10)).toBe(value.slice(0, 10))
    const payload = Buffer.from(value.split('.')[1]!, 'base64url').toString()
    expect(JSON.parse(payload)).toMatchObject({ iat: NOON / 1000 })
    expect((await ask('GET', CURRENT, bearer())).status).toBe(200)
  })
})

describe('an authorization code', () => {
  const verifier = 'a-verifier-of-at-least-43-characters-as-the-rfc-has-it'
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
  const redirect_uri = 'http://localhost:1234/back'
  const pkce = { codeChallenge, codeChallengeMethod: 'S256' } as const
  const consent = { client: 'browser_app', redirectUri: redirect_uri, scope: 'read tickets:write', ...pkce }
  const authorize = (): string => zendesk.authorize(consent)
  const exchange = (code: string, more: object = {}): Promise<Response> => {
    const redirected = { code, redirect_uri, code_verifier: verifier }
    return grantTo('browser_app', { grant_type: 'authorization_code', ...redirected, ...more })
  }
  const refresh = (refresh_token: unknown): Promise<Response> =>
    grantTo('browser_app', { grant_type: 'refresh_token', refresh_token })

  it.each([
    ['another verifier', { code_verifier: 'x' }],
    ['no verifier', { code_verifier: undefined }],
    ['another redirect URI', { redirect_uri: 'x' }],
    ['another client', { client_id: 'ci_bot' }],
    ['an age of more than 120 seconds', {}, 120_001]
  ])('is refused with %s', async (_what, more, later = 0) => {
    const code = authorize()
    zendesk.advance(later)
    const secret = 'client_id' in more ? { client_secret: zendesk.client('ci_bot').secret } : {}
    expect((await exchange(code, { ...more, ...secret })).body['error']).toBe('invalid_grant')
  })

  it('gives tokens once; the refresh token works once, too, and revokes the access token before', async () => {
    const code = authorize()
    const first = await exchange(code)
    expect(first.body['scope']).toBe('read tickets:write')
    expect((await exchange(code)).body['error']).toBe('invalid_grant')
    const second = await refresh(first.body['refresh_token'])
    expect(second.status).toBe(201)
    expect(zendesk.activeTokens()).toEqual([newestToken()])
    expect((await refresh(first.body['refresh_token'])).body['error']).toBe('invalid_grant')

    // Revoking the access token revokes its refresh token, too.
    await ask('DELETE', `${TOKENS}/${newestToken().id}`, admin())
    expect((await refresh(second.body['refresh_token'])).body['error']).toBe('invalid_grant')
  })
})

describe('the rest of the API', () => {
  it.each([
    ['write', 'GET', CURRENT, 'users:read, read'],
    ['write', 'DELETE', CURRENT, 'users:read, read'],
    ['write', 'POST', '/api/v2/tickets', 'users:read, read'],
    ['write', 'GET', ME, 'users:read, read'],
    ['hc:read tickets:write', 'GET', CURRENT, 'read'],
    ['hc:read tickets:write', 'DELETE', CURRENT, 'write'],
    ['hc:read tickets:write', 'GET', '/api/v2/search.json?query=printer', 'read'],
    ['hc:read tickets:write', 'GET', ME, 'users:read, read'],
    ['hc:read tickets:write', 'POST', '/api/v2/apps/validate', 'apps:write, write']
  ])('refuses a token with %s at %s %s, which needs %s', async (scope, method, path, missing) => {
    await grantTo('ci_bot', { scope })
    const description = `You are missing the following required scopes: ${missing}`
    expect(await ask(method, path, bearer())).toMatchObject({ status: 403, body: { description } })
    expect(zendesk.activeTokens()).toHaveLength(1)
  })

  it('says when a token was used', async () => {
    await grantTo('ci_bot')
    for (const used_at of [null, '2026-11-24T12:00:00Z']) {
      expect((await ask('GET', TOKENS, admin())).body['tokens']).toMatchObject([{}, { used_at }])
      await ask('GET', CURRENT, bearer())
    }
  })

  it('shows an anonymous user to wrong credentials, and has no other endpoints', async () => {
    const user = { name: 'Anonymous user' }
    expect(await ask('GET', `${ME}.json`, 'Bearer wrong')).toMatchObject({ status: 200, body: { user } })
    expect(await ask('GET', '/nowhere')).toMatchObject({ status: 404, body: { error: 'InvalidEndpoint' } })
  })

  it.each([
    ['GET', '/', 301, 'missing-404'],
    ['GET', CURRENT, 404, 'missing-404'],
    ['POST', '/oauth/tokens', 404, 'missing-404'],
    ['POST', '/oauth/tokens', 301, 'missing-301'],
    ['POST', TOKENS, 404, 'missing-301'],
    ['DELETE', `${TOKENS}/1`, 404, 'missing-301']
  ] as const)('responds to %s %s with a %i if the account is %s', async (method, path, status, helpDesk) => {
    set({ helpDesk })
    const closed = 'https://www.zendesk.com/app/help-center-closed/?utm_content=acme.zendesk.com&'
    const missing = { status, body: { error: { title: 'No help desk at acme.zendesk.com' } } }
    const moved = { status, headers: { location: expect.stringContaining(closed) } }
    expect(await ask(method, path, admin())).toMatchObject(status === 404 ? missing : moved)
  })

  it('grants a token outside the IP rules, and nothing else', async () => {
    set({ outsideIpRules: true })
    expect((await grantTo('ci_bot', { scope: 'read write' })).status).toBe(201)
    for (const method of ['GET', 'DELETE']) expect((await ask(method, CURRENT, bearer())).status).toBe(403)
    expect((await mint('ci_bot')).body['error']).toMatchObject({ title: 'Forbidden' })
  })
})

it('the mock sends a `Date` that is ahead, and each request id twice, if the options say so', async () => {
  set({ dateSkew: -60_000, repeatRequestId: true })
  const { headers } = await ask('GET', ME)
  expect(headers['date']).toBe('Tue, 24 Nov 2026 11:59:00 GMT')
  expect(headers['x-request-id']).toMatch(/^([\w-]{36}), \1$/)
})
