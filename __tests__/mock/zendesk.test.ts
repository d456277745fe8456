import { createHash } from 'node:crypto'
import { Agent, get } from 'node:http'

import { afterEach, describe, expect, it } from '@jest/globals'

import {
  AGENT_ID,
  DEFAULT_CLIENTS,
  startZendesk,
  type Fault,
  type Zendesk,
  type ZendeskOptions
} from '../../mock/zendesk.ts'

const CURRENT = '/api/v2/oauth/tokens/current'
const NOON = Date.parse('2026-11-24T12:00:00Z')
const HOUR = 3_600_000

let zendesk: Zendesk
afterEach(async () => {
  await zendesk.close()
})

interface Response {
  status: number
  headers: Headers
  /** The body as JSON, with any members. */
  body: Body
}
interface Body {
  [name: string]: unknown
  access_token: string
  refresh_token: string
  expires_in: number
  scope: string
  token: { id: number; scopes: string[]; full_token: string; token: string; [name: string]: unknown }
  tokens: { id: number; token: string; [name: string]: unknown }[]
  clients: unknown[]
  meta: { has_more: boolean; after_cursor: string }
}

async function start(options?: ZendeskOptions): Promise<void> {
  zendesk = await startZendesk(options)
}

async function request(
  method: string,
  path: string,
  { body, authorization }: { body?: unknown; authorization?: string } = {}
): Promise<Response> {
  const response = await fetch(zendesk.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(authorization !== undefined && { authorization })
    },
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text || '{}') as Body }
}

const basic = (name: string, secret: string): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
const bearer = (token: string): string => `Bearer ${token}`
const admin = (): string => basic(`${zendesk.credentials.email}/token`, zendesk.credentials.apiToken)

const grant = (body: object, authorization?: string): Promise<Response> =>
  request('POST', '/oauth/tokens', { body, ...(authorization && { authorization }) })

const clientCredentials = (identifier: string, more: object = {}): Promise<Response> =>
  grant({
    grant_type: 'client_credentials',
    client_id: identifier,
    client_secret: zendesk.client(identifier).secret,
    ...more
  })

const mint = (identifier: string, scopes = ['read', 'write'], authorization = admin()): Promise<Response> =>
  request('POST', '/api/v2/oauth/tokens', {
    body: { token: { client_id: zendesk.client(identifier).id, scopes } },
    authorization
  })

async function statusWith(token: string, path = CURRENT, method = 'GET'): Promise<number> {
  return (await request(method, path, { authorization: bearer(token) })).status
}

/** Asks for a page of tokens or clients after the other, and returns their sizes. */
async function pageSizes(name: 'tokens' | 'clients', query: string): Promise<number[]> {
  const sizes: number[] = []
  let more = ''
  do {
    const path = `/api/v2/oauth/${name}?${query}${more}`
    const { body } = await request('GET', path, { authorization: admin() })
    sizes.push(body[name].length)
    more = body.meta.has_more ? `&page[after]=${encodeURIComponent(body.meta.after_cursor)}` : ''
  } while (more)
  return sizes
}

describe('POST /api/v2/oauth/tokens', () => {
  it('mints a token with an API token or an access token, and sends a `Date` that `dateSkew` changes', async () => {
    await start({ now: () => NOON, dateSkew: -60_000 })
    const { status, headers, body } = await mint('ci_bot')
    expect(status).toBe(201)
    expect(headers.get('x-request-id')).toBeTruthy()
    expect(headers.get('date')).toBe('Tue, 24 Nov 2026 11:59:00 GMT')
    expect(body.token).toMatchObject({
      client_id: zendesk.client('ci_bot').id,
      scopes: ['read', 'write'],
      token: body.token.full_token.slice(0, 10),
      expires_at: null
    })
    const second = await mint('tickets_only', ['tickets:read'], bearer(body.token.full_token))
    expect(second.body.token['expires_at']).toBe('2026-11-24T12:30:00Z')
    expect(zendesk.activeTokens()).toHaveLength(2)
  })

  it.each<[string, () => string | undefined, number, unknown]>([
    ['no credential', () => undefined, 401, "Couldn't authenticate you"],
    ['a password', () => basic('ada@acme.example', 'password'), 401, "Couldn't authenticate you"],
    ['an unknown access token', () => bearer('no-such-token'), 401, 'invalid_token'],
    [
      'the API token of an agent',
      () => basic('gus@acme.example/token', zendesk.users.find(({ id }) => id === AGENT_ID)!.apiToken!),
      403,
      expect.anything()
    ]
  ])('refuses %s', async (_what, authorization, status, error) => {
    await start()
    const response = await mint('ci_bot', ['read'], authorization() ?? '')
    expect([response.status, response.body['error']]).toEqual([status, error])
  })

  it('refuses a client identifier that is no number, and an access token without `write`', async () => {
    await start()
    const body = { token: { client_id: 'ci_bot', scopes: ['read'] } }
    const response = await request('POST', '/api/v2/oauth/tokens', { body, authorization: admin() })
    expect([response.status, response.body['error']]).toEqual([422, 'RecordInvalid'])
    const narrow = (await mint('ci_bot', ['tickets:write'])).body.token.full_token
    expect((await mint('ci_bot', ['read'], bearer(narrow))).status).toBe(403)
  })
})

it('gives a token its lifetime exactly, also if the clock goes on while it mints', async () => {
  let now = NOON
  await start({ apiTokensExpire: true, now: () => now++ })
  await mint('ci_bot')
  await clientCredentials('ci_bot', { expires_in: 600 })
  const minted = [...zendesk.tokens.values()].filter(({ origin }) => origin === 'minted')
  expect(minted.map(({ createdAt, expiresAt }) => (expiresAt ?? 0) - createdAt)).toEqual([HOUR / 2, 600_000])
})

describe('POST /oauth/tokens', () => {
  it('grants client credentials', async () => {
    await start()
    const { status, body } = await clientCredentials('ci_bot', {
      scope: 'tickets:read no:such',
      expires_in: 300
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({ token_type: 'bearer', scope: 'tickets:read', expires_in: 300 })
    expect(await statusWith(body.access_token, '/api/v2/tickets.json')).toBe(200)
    zendesk.advance(300_000)
    expect(await statusWith(body.access_token, '/api/v2/tickets.json')).toBe(401)
  })

  it.each<[string, object, number, string]>([
    ['ci_bot', { client_secret: 'wrong-secret' }, 401, 'invalid_client'],
    ['ci_bot', { client_id: '360000000101' }, 401, 'invalid_client'],
    ['zis_acme', {}, 401, 'invalid_client'],
    ['browser_app', {}, 400, 'unauthorized_client'],
    ['tickets_only', { scope: 'read' }, 400, 'invalid_scope'],
    ['tickets_only', { scope: 'tickets:read hc:read' }, 400, 'invalid_scope'],
    ['ci_bot', { scope: ['read', 'write'] }, 400, 'invalid_scope'],
    ['ci_bot', { expires_in: 299 }, 400, 'invalid_request'],
    ['ci_bot', { expires_in: 172_801 }, 400, 'invalid_request'],
    ['ci_bot', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['ci_bot', { grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_grant']
  ])('refuses %s with %j: %i %s', async (identifier, more, status, error) => {
    await start()
    const response = await clientCredentials(identifier, more)
    expect([response.status, response.body['error']]).toEqual([status, error])
    expect(zendesk.activeTokens()).toEqual([])
  })

  it('refuses in the words of the library that Zendesk uses', async () => {
    await start()
    const words = async (more: object): Promise<unknown> =>
      (await clientCredentials('ci_bot', more)).body['error_description']
    expect(await words({ client_secret: 'wrong-secret' })).toMatch(
      /^The client identifier provided is invalid, .*, or used unsupported credentials type\.$/
    )
    expect(await words({ grant_type: 'refresh_token', refresh_token: 'x' })).toMatch(
      /^The provided access grant is invalid, expired, or revoked \(e\.g\. .* redirection URI\)\.$/
    )
  })

  it.each(['invalid_scope', 'invalid_request'] as const)(
    'refuses a grant without `scope` with %s if `scopeRequired` says so',
    async (scopeRequired) => {
      await start({ scopeRequired })
      const { status, body } = await clientCredentials('ci_bot')
      expect([status, body['error']]).toEqual([400, scopeRequired])
      expect((await clientCredentials('ci_bot', { scope: 'read' })).status).toBe(201)
    }
  )

  it('takes a form-encoded body', async () => {
    await start()
    const { secret = '' } = zendesk.client('agent_bot')
    const form = { grant_type: 'client_credentials', client_id: 'agent_bot', client_secret: secret }
    const response = await fetch(`${zendesk.url}/oauth/tokens`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, scope: 'read tickets:write', expires_in: '600' })
    })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ scope: 'read tickets:write', expires_in: 600 })
  })

  it("cuts `expires_in` to the client's own maximum, and reports what it grants", async () => {
    const clients = DEFAULT_CLIENTS.map((client) => ({ ...client, longestLifetime: 900 }))
    await start({ clients, now: () => NOON })
    const { body } = await clientCredentials('ci_bot', { scope: 'read', expires_in: 3600 })
    expect(body.expires_in).toBe(900)
    const current = await request('GET', CURRENT, { authorization: bearer(body.access_token) })
    expect(current.body.token['expires_at']).toBe('2026-11-24T12:15:00Z')
    expect((await clientCredentials('ci_bot', { expires_in: 300 })).body.expires_in).toBe(300)
  })

  it('takes the secret from a form-encoded Basic header, but not from there and the body', async () => {
    await start()
    const { secret } = zendesk.client('agent_bot')
    const encoded = new URLSearchParams([['', secret!]]).toString().slice(1)
    const body = { grant_type: 'client_credentials', client_id: 'agent_bot', scope: 'read' }
    expect((await grant(body, basic('agent_bot', encoded))).status).toBe(201)
    expect((await grant(body, basic('agent_bot', secret!))).status).toBe(401)
    expect((await grant({ ...body, client_secret: secret }, basic('agent_bot', encoded))).status).toBe(400)
  })

  it('responds with a 200 without `expires_in` if the options say so', async () => {
    await start({ grantStatus: 200, reportExpiresIn: 'never' })
    const { status, body } = await clientCredentials('ci_bot', { expires_in: 600 })
    expect([status, body.expires_in]).toEqual([200, undefined])
  })

  it('reports `expires_in` only to a request that had it if the options say so', async () => {
    await start({ reportExpiresIn: 'if-sent' })
    expect((await clientCredentials('ci_bot')).body).not.toHaveProperty('expires_in')
    expect((await clientCredentials('ci_bot', { expires_in: 600 })).body.expires_in).toBe(600)
  })

  it('grants JWTs, which all begin alike and say when they were issued, if `tokenFormat` says so', async () => {
    await start({ tokenFormat: 'jwt', now: () => NOON })
    const first = (await clientCredentials('ci_bot')).body.access_token
    const second = (await clientCredentials('ci_bot')).body.access_token
    expect(await statusWith(first)).toBe(200)
    expect(first).toMatch(/^eyJ/)
    expect(first.slice(0, 10)).toBe(second.slice(0, 10))
    const payload = Buffer.from(first.split('.')[1]!, 'base64url').toString()
    expect(JSON.parse(payload)).toMatchObject({ iat: NOON / 1000 })
  })
})

describe('an authorization code', () => {
  const verifier = 'a-verifier-of-at-least-43-characters-as-the-rfc-has-it'
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
  const redirectUri = 'http://localhost:1234/back'
  const consent = { client: 'browser_app', redirectUri, codeChallenge, codeChallengeMethod: 'S256' } as const

  const exchange = (code: string, more: object = {}): Promise<Response> =>
    grant({
      grant_type: 'authorization_code',
      client_id: 'browser_app',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...more
    })

  it.each([
    ['another verifier', { code_verifier: 'x' }, 0],
    ['no verifier', { code_verifier: undefined }, 0],
    ['another redirect URI', { redirect_uri: 'x' }, 0],
    ['another client', { client_id: 'ci_bot', client_secret: 'the right one' }, 0],
    ['an age of more than 120 seconds', {}, 120_001]
  ])('is refused with %s', async (_what, more, later) => {
    await start()
    const code = zendesk.authorize(consent)
    zendesk.advance(later)
    const secret = 'client_secret' in more ? { client_secret: zendesk.client('ci_bot').secret } : {}
    expect((await exchange(code, { ...more, ...secret })).body['error']).toBe('invalid_grant')
  })

  it('gives tokens once', async () => {
    await start()
    const code = zendesk.authorize({ ...consent, scope: 'read tickets:write' })
    expect((await exchange(code)).body.scope).toBe('read tickets:write')
    expect((await exchange(code)).body['error']).toBe('invalid_grant')
  })

  it('gives a refresh token, which works once and revokes the access token before', async () => {
    await start()
    const first = await exchange(zendesk.authorize(consent))
    const refresh = (token: string): Promise<Response> =>
      grant({ grant_type: 'refresh_token', client_id: 'browser_app', refresh_token: token })
    const second = await refresh(first.body.refresh_token)
    expect(second.status).toBe(201)
    expect(await statusWith(first.body.access_token)).toBe(401)
    expect(await statusWith(second.body.access_token)).toBe(200)
    expect((await refresh(first.body.refresh_token)).body['error']).toBe('invalid_grant')

    // Revoking the access token revokes its refresh token, too.
    const { id } = zendesk.activeTokens()[0]!
    await request('DELETE', `/api/v2/oauth/tokens/${id}`, { authorization: admin() })
    expect((await refresh(second.body.refresh_token)).body['error']).toBe('invalid_grant')
  })
})

describe('GET /api/v2/oauth/tokens and clients', () => {
  it('return up to 100 on a page, by client and by user', async () => {
    await start({ clientsBefore: 250 })
    zendesk.seedTokens(230, { age: (index) => index * 1000 })
    zendesk.seedTokens(3, { client: 'tickets_only' })
    zendesk.seedTokens(4, { userId: AGENT_ID })
    const { id } = zendesk.client('ci_bot')
    expect(await pageSizes('tokens', `client_id=${id}&page[size]=100`)).toEqual([100, 100, 30])
    expect(await pageSizes('tokens', `client_id=${id}&all=true&page[size]=1000`)).toEqual([100, 100, 34])
    expect(await pageSizes('clients', 'page[size]=50')).toEqual([50, 50, 50, 50, 50, 6])
  })

  it('return when a token was used, and when its refresh token expires', async () => {
    await start({ now: () => NOON })
    const [token] = zendesk.seedTokens(1, { client: 'tickets_only', refreshExpiresIn: 24 * HOUR })
    const shown = async (): Promise<unknown> =>
      (await request('GET', '/api/v2/oauth/tokens', { authorization: admin() })).body.tokens[1]
    expect(await shown()).toMatchObject({
      refresh_token: token!.refreshToken!.slice(0, 10),
      refresh_token_expires_at: '2026-11-25T12:00:00Z',
      used_at: null
    })
    await statusWith(token!.value)
    expect(await shown()).toMatchObject({ used_at: '2026-11-24T12:00:00Z' })
  })
})

describe('the rest of the API', () => {
  it('needs `read` to show a token, and `write` to revoke it', async () => {
    await start()
    const narrow = (await clientCredentials('ci_bot', { scope: 'tickets:read' })).body.access_token
    const wide = (await clientCredentials('ci_bot', { scope: 'read write' })).body.access_token
    expect(await statusWith(narrow)).toBe(403)
    expect(await statusWith(narrow, CURRENT, 'DELETE')).toBe(403)
    expect(await statusWith(narrow, '/api/v2/search.json?query=x')).toBe(403)
    expect(await statusWith(wide, CURRENT, 'DELETE')).toBe(204)
    expect(await statusWith(wide)).toBe(401)
  })

  it.each([
    ['GET', CURRENT],
    ['DELETE', CURRENT],
    ['POST', '/api/v2/tickets'],
    ['GET', '/api/v2/users/me']
  ])('refuses a token with `write` and without `read`: %s %s', async (method, path) => {
    await start()
    const token = (await clientCredentials('ci_bot', { scope: 'write' })).body.access_token
    const { status, body } = await request(method, path, { authorization: bearer(token) })
    expect(status).toBe(403)
    expect(body['description']).toBe('You are missing the following required scopes: users:read, read')
    expect(zendesk.activeTokens()).toHaveLength(1)
  })

  it.each([
    ['GET', CURRENT, 'read'],
    ['GET', '/api/v2/search.json?query=printer', 'read'],
    ['GET', '/api/v2/users/me', 'users:read, read'],
    ['POST', '/api/v2/apps/validate', 'apps:write, write']
  ])('names the scopes that are missing for %s %s', async (method, path, scopes) => {
    await start()
    const token = (await clientCredentials('ci_bot', { scope: 'hc:read tickets:write' })).body.access_token
    const { status, body } = await request(method, path, { authorization: bearer(token) })
    expect(status).toBe(403)
    expect(body['description']).toBe(`You are missing the following required scopes: ${scopes}`)
  })

  it('creates and finds tickets', async () => {
    await start()
    const authorization = admin()
    const found = await request('GET', '/api/v2/search.json?query=type:ticket%20printer', { authorization })
    expect(found.body['results']).toMatchObject([{ id: 1 }])
    const body = { ticket: { subject: 'Help me' } }
    const created = await request('POST', '/api/v2/tickets.json', { body, authorization })
    expect(created).toMatchObject({ status: 201, body: { ticket: { id: 4, subject: 'Help me' } } })
    const tickets = await request('GET', '/api/v2/tickets', { authorization })
    expect(tickets.body['count']).toBe(4)
    expect((await request('POST', '/api/v2/tickets', { body: {}, authorization })).status).toBe(400)
  })

  it('includes ZIS, and shows an anonymous user to wrong credentials', async () => {
    await start()
    const { accessToken } = zendesk.credentials
    expect(await statusWith(accessToken, '/api/services/zis/integrations/acme/configs')).toBe(200)
    const anonymous = await request('GET', '/api/v2/users/me.json', { authorization: bearer('wrong') })
    expect(anonymous).toMatchObject({ status: 200, body: { user: { name: 'Anonymous user' } } })
    expect(await request('GET', '/nowhere')).toMatchObject({
      status: 404,
      body: { error: 'InvalidEndpoint' }
    })
  })
})

describe('an address without an account', () => {
  const noHelpDesk = { error: { title: 'No help desk at acme.zendesk.com' } }
  const closed = 'https://www.zendesk.com/app/help-center-closed/?utm_content=acme.zendesk.com&'

  it.each([
    ['GET', '/', 301, 'missing-404'],
    ['GET', CURRENT, 404, 'missing-404'],
    ['POST', '/oauth/tokens', 404, 'missing-404'],
    ['POST', '/oauth/tokens', 301, 'missing-301'],
    ['POST', '/api/v2/oauth/tokens', 404, 'missing-301'],
    ['DELETE', '/api/v2/oauth/tokens/1', 404, 'missing-301']
  ] as const)('responds to %s %s with a %i if it is %s', async (method, path, status, helpDesk) => {
    await start({ helpDesk })
    const response = await request(method, path, { authorization: admin() })
    expect(response.status).toBe(status)
    if (status === 404) expect(response.body).toMatchObject(noHelpDesk)
    else expect(response.headers.get('location')).toContain(closed)
  })
})

it('from outside the IP rules only a grant succeeds', async () => {
  await start({ outsideIpRules: true })
  const { status, body } = await clientCredentials('ci_bot', { scope: 'read write' })
  expect(status).toBe(201)
  expect(await statusWith(body.access_token)).toBe(403)
  expect(await statusWith(body.access_token, CURRENT, 'DELETE')).toBe(403)
  expect((await mint('ci_bot')).body['error']).toMatchObject({ title: 'Forbidden' })
})

describe('the mock', () => {
  it('sends each request id twice if `repeatRequestId` says so', async () => {
    await start({ repeatRequestId: true })
    const { headers } = await request('GET', '/api/v2/users/me')
    expect(headers.get('x-request-id')).toMatch(/^([\w-]{36}), \1$/)
  })

  it('keeps connections, counts them, and records requests', async () => {
    await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        get(`${zendesk.url}/api/v2/users/me.json?x=1`, { agent }, (response) => {
          response.resume().once('end', resolve)
        }).once('error', reject)
      })
    await ask()
    await ask()
    agent.destroy()
    await ask()
    expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 1, 2])
    expect(zendesk.connections).toBe(2)
    expect(zendesk.seen()[0]).toBe('GET /api/v2/users/me')
    expect(zendesk.requests[0]).toMatchObject({ status: 200, target: '/api/v2/users/me.json?x=1', body: '' })
    zendesk.forget()
    expect([zendesk.requests.length, zendesk.connections]).toEqual([0, 0])
  })
})

describe('a fault', () => {
  const me = (): Promise<Response> => request('GET', '/api/v2/users/me')

  it.each(['stall', 'stall-mid-body'] as const)('%s never ends the response', async (kind) => {
    await start()
    zendesk.fault({}, { kind })
    const fetched = fetch(zendesk.url, { signal: AbortSignal.timeout(60) })
    await expect(fetched.then((response) => response.text())).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it.each<[Fault, number]>([
    [{ kind: 'reset' }, 0],
    [{ kind: 'lose-response' }, 1],
    [{ kind: 'html', status: 502 }, 0],
    [{ kind: 'html', status: 502, after: true }, 1]
  ])('%j makes a mint fail that created %i tokens', async (fault, created) => {
    await start()
    zendesk.fault({ method: 'POST', path: /tokens$/ }, fault)
    await expect(clientCredentials('ci_bot')).rejects.toThrow()
    expect(zendesk.activeTokens()).toHaveLength(created)
    zendesk.clearFaults()
    expect((await clientCredentials('ci_bot')).status).toBe(201)
  })

  it('can be one of a list, of which each hits one request', async () => {
    await start()
    const handle = zendesk.fault({ method: 'GET' }, [
      { kind: 'empty', status: 500 },
      { kind: 'pass' },
      { kind: 'redirect', location: 'https://elsewhere.example/' },
      { kind: 'response', status: 418, body: { teapot: true }, headers: { 'Retry-After': '7' } },
      { kind: 'delay', ms: 5 },
      { kind: 'edit', edit: (response) => ({ ...response, status: 203 }) },
      { kind: 'stray-401' }
    ])
    const responses: Response[] = []
    for (let index = 0; index < 8; index++) responses.push(await me())
    expect(responses.map(({ status }) => status)).toEqual([500, 200, 302, 418, 200, 203, 401, 200])
    expect(responses[3]).toMatchObject({ body: { teapot: true } })
    expect(responses[3]?.headers.get('retry-after')).toBe('7')
    expect(responses[6]?.body['error']).toBe('invalid_token')
    expect(handle.hits).toBe(7)
  })

  it.each<[Fault, number, string, string | null]>([
    [{ kind: 'html' }, 200, 'help desk', null],
    [{ kind: 'gateway' }, 403, 'Access denied', null],
    [{ kind: 'gateway', status: 429, headers: { 'Retry-After': '9' } }, 429, 'Access denied', '9']
  ])('%j responds with a web page', async (fault, status, text, retryAfter) => {
    await start()
    zendesk.fault({}, fault)
    const response = await fetch(zendesk.url)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(response.headers.get('retry-after')).toBe(retryAfter)
    expect(await response.text()).toContain(text)
  })

  it('can hit only the requests with one token', async () => {
    await start()
    const { accessToken } = zendesk.credentials
    zendesk.fault({ token: accessToken }, { kind: 'stray-401' })
    expect((await me()).status).toBe(200)
    expect(await statusWith(accessToken)).toBe(401)
  })

  it('can send a body of any size', async () => {
    await start()
    zendesk.fault({}, { kind: 'huge', bytes: 2_000_000 })
    expect((await (await fetch(zendesk.url)).text()).length).toBeGreaterThan(2_000_000)
  })
})
