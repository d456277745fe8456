import { createHash } from 'node:crypto'
import { Agent, get } from 'node:http'

import { afterEach, describe, expect, it } from '@jest/globals'

import { agentId, startZendesk, type Zendesk, type ZendeskOptions } from '../../mock/zendesk.ts'

let zendesk: Zendesk
afterEach(async () => {
  await zendesk.close()
})

interface Answer {
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
  tokens: { id: number; token: string }[]
  client: { identifier: string; secret: string }
  clients: { identifier: string }[]
  meta: { has_more: boolean; after_cursor: string }
}

async function start(options?: ZendeskOptions): Promise<void> {
  zendesk = await startZendesk(options)
}

async function call(
  method: string,
  path: string,
  { body, authorization }: { body?: unknown; authorization?: string } = {}
): Promise<Answer> {
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
const grant = (body: object, authorization?: string): Promise<Answer> =>
  call('POST', '/oauth/tokens', { body, ...(authorization && { authorization }) })
const machine = (identifier: string, more: object = {}): Promise<Answer> =>
  grant({
    grant_type: 'client_credentials',
    client_id: identifier,
    client_secret: zendesk.client(identifier).secret,
    ...more
  })
const mint = (identifier: string, scopes = ['read', 'write']): Promise<Answer> =>
  call('POST', '/api/v2/oauth/tokens', {
    body: { token: { client_id: zendesk.client(identifier).id, scopes } },
    authorization: admin()
  })
const statusWith = async (token: string, path = '/api/v2/oauth/tokens/current'): Promise<number> =>
  (await call('GET', path, { authorization: bearer(token) })).status

describe('POST /api/v2/oauth/tokens', () => {
  it('mints with an API token and with an access token', async () => {
    await start()
    const { status, headers, body } = await mint('ci_bot')
    expect(status).toBe(201)
    expect(headers.get('x-request-id')).toBeTruthy()
    expect(headers.get('date')).toBeTruthy()
    expect(body.token).toMatchObject({
      client_id: zendesk.client('ci_bot').id,
      scopes: ['read', 'write'],
      token: body.token.full_token.slice(0, 10),
      expires_at: null
    })
    const again = await call('POST', '/api/v2/oauth/tokens', {
      body: { token: { client_id: zendesk.client('tickets_only').id, scopes: ['tickets:read'] } },
      authorization: bearer(body.token.full_token)
    })
    expect(again.body.token['expires_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(zendesk.living()).toHaveLength(2)
  })

  it('mints tokens that expire after 30 minutes on demand', async () => {
    await start({ apiTokensExpire: true, now: () => Date.parse('2026-11-24T12:00:00Z') })
    expect((await mint('ci_bot')).body.token['expires_at']).toBe('2026-11-24T12:30:00Z')
  })

  it('refuses all others', async () => {
    await start()
    const attempt = async (authorization?: string, clientId: unknown = 360000000101): Promise<unknown[]> => {
      const { status, body } = await call('POST', '/api/v2/oauth/tokens', {
        body: { token: { client_id: clientId, scopes: ['read'] } },
        ...(authorization && { authorization })
      })
      return [status, body['error']]
    }
    const agent = zendesk.users.find(({ id }) => id === agentId)!
    expect(await attempt()).toEqual([401, "Couldn't authenticate you"])
    expect(await attempt(basic('ada@acme.example', 'password'))).toEqual([401, "Couldn't authenticate you"])
    expect(await attempt(bearer('no such token'.replaceAll(' ', '-')))).toEqual([401, 'invalid_token'])
    expect((await attempt(basic(`${agent.email}/token`, agent.apiToken!)))[0]).toBe(403)
    expect(await attempt(admin(), 'ci_bot')).toEqual([422, 'RecordInvalid'])
    const { body } = await mint('ci_bot', ['tickets:write'])
    expect((await attempt(bearer(body.token.full_token)))[0]).toBe(403)
    zendesk.behaviour.mintEndpoint = 'gone-410'
    expect((await attempt(admin()))[0]).toBe(410)
    zendesk.behaviour.mintEndpoint = 'gone-404'
    expect(await attempt(admin())).toEqual([404, 'InvalidEndpoint'])
  })
})

describe('POST /oauth/tokens', () => {
  it('grants client credentials', async () => {
    await start()
    const { status, body } = await machine('ci_bot', { scope: 'tickets:read no:such', expires_in: 300 })
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
    ['ci_bot', { expires_in: 299 }, 400, 'invalid_request'],
    ['ci_bot', { expires_in: 172_801 }, 400, 'invalid_request'],
    ['ci_bot', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['ci_bot', { grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_grant']
  ])('refuses %s with %j: %i %s', async (identifier, more, status, error) => {
    await start()
    const answer = await machine(identifier, more)
    expect([answer.status, answer.body['error']]).toEqual([status, error])
    expect(zendesk.living()).toEqual([])
  })

  it('grants what the client is configured for if no scope is sent', async () => {
    await start()
    expect((await machine('ci_bot')).body.scope).toBe('read write')
    expect((await machine('tickets_only')).body.scope).toBe('tickets:read tickets:write')
    zendesk.behaviour.scopeRequired = true
    expect((await machine('ci_bot')).body['error']).toBe('invalid_scope')
    expect((await machine('ci_bot', { scope: 'unrestricted' })).body.scope).toBe('unrestricted')
  })

  it('reports no scopes on demand', async () => {
    await start({ reportScopes: 'empty' })
    expect((await machine('ci_bot')).body.scope).toBe('')
    expect((await mint('ci_bot')).body.token.scopes).toEqual([])
    zendesk.behaviour.reportScopes = 'absent'
    expect((await machine('ci_bot')).body).not.toHaveProperty('scope')
    expect((await mint('ci_bot')).body.token).not.toHaveProperty('scopes')
  })

  it('takes the secret by Basic, form-encoded, but not both ways', async () => {
    await start({ grantStatus: 200, tellExpiresIn: 'when-asked' })
    const { secret } = zendesk.client('agent_bot')
    const encoded = new URLSearchParams([['', secret!]]).toString().slice(1)
    const body = { grant_type: 'client_credentials', client_id: 'agent_bot', scope: 'read' }
    const good = await grant(body, basic('agent_bot', encoded))
    expect([good.status, good.body.expires_in]).toEqual([200, undefined])
    expect((await grant(body, basic('agent_bot', secret!))).status).not.toBe(200)
    expect((await grant({ ...body, client_secret: secret }, basic('agent_bot', encoded))).status).toBe(400)
  })

  it('gives a token that is refused everywhere for scopes in an array, and JWTs that begin alike', async () => {
    await start({ tokenFormat: 'jwt' })
    const refused = await machine('ci_bot', { scope: ['read', 'write'] })
    expect(await statusWith(refused.body.access_token)).toBe(401)
    const accepted = await machine('ci_bot', { scope: 'read' })
    expect(await statusWith(accepted.body.access_token)).toBe(200)
    expect(accepted.body.access_token).toMatch(/^eyJ/)
    expect(accepted.body.access_token.slice(0, 10)).toBe(refused.body.access_token.slice(0, 10))
  })

  it('exchanges a code once, with its verifier, within 120 seconds; and rotates refresh tokens', async () => {
    await start()
    const verifier = 'a-verifier-of-at-least-43-characters-as-the-rfc-has-it'
    const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
    const redirectUri = 'http://localhost:1234/back'
    const agreed = { client: 'browser_app', redirectUri, codeChallenge, codeChallengeMethod: 'S256' } as const
    const exchange = (code: string, more: object = {}): Promise<Answer> =>
      grant({
        grant_type: 'authorization_code',
        client_id: 'browser_app',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...more
      })
    expect((await exchange(zendesk.authorize(agreed), { code_verifier: 'x' })).body['error']).toBe(
      'invalid_grant'
    )
    expect((await exchange(zendesk.authorize(agreed), { redirect_uri: 'x' })).body['error']).toBe(
      'invalid_grant'
    )
    const late = zendesk.authorize(agreed)
    zendesk.advance(120_001)
    expect((await exchange(late)).body['error']).toBe('invalid_grant')

    const code = zendesk.authorize({ ...agreed, scope: 'read tickets:write' })
    const first = await exchange(code)
    expect(first.body.scope).toBe('read tickets:write')
    expect((await exchange(code)).body['error']).toBe('invalid_grant')

    const refresh = {
      grant_type: 'refresh_token',
      client_id: 'browser_app',
      refresh_token: first.body.refresh_token
    }
    const second = await grant(refresh)
    expect(second.status).toBe(201)
    expect(await statusWith(first.body.access_token)).toBe(401)
    expect(await statusWith(second.body.access_token)).toBe(200)
    expect((await grant(refresh)).body['error']).toBe('invalid_grant')

    // Revoking the access token takes its refresh token along.
    const { id } = zendesk.living()[0]!
    await call('DELETE', `/api/v2/oauth/tokens/${id}`, { authorization: admin() })
    const { status } = await grant({ ...refresh, refresh_token: second.body.refresh_token })
    expect(status).toBe(400)
  })

  it('redirects from the browser with a code', async () => {
    await start()
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'ci_bot',
      redirect_uri: 'https://app.example/back?x=1',
      scope: 'read',
      state: 'abc'
    })
    const { status, headers } = await call('GET', `/oauth/authorizations/new?${query.toString()}`)
    const location = new URL(headers.get('location')!)
    expect([status, location.host, location.searchParams.get('state')]).toEqual([302, 'app.example', 'abc'])
    const { body } = await machine('ci_bot', {
      grant_type: 'authorization_code',
      code: location.searchParams.get('code'),
      redirect_uri: 'https://app.example/back?x=1'
    })
    expect(body.access_token).toBeTruthy()
  })
})

describe('tokens', () => {
  it('are listed in pages, without revoked ones', async () => {
    await start({ clientsBefore: 250 })
    zendesk.seedTokens(230, { age: (index) => index * 1000 })
    zendesk.seedTokens(3, { client: 'tickets_only' })
    zendesk.seedTokens(4, { userId: agentId })
    const list = async (query: string, name: 'tokens' | 'clients' = 'tokens'): Promise<number[]> => {
      const sizes: number[] = []
      let more = ''
      do {
        const { body } = await call('GET', `/api/v2/oauth/${name}?${query}${more}`, {
          authorization: admin()
        })
        sizes.push(body[name].length)
        more = body.meta.has_more ? `&page[after]=${encodeURIComponent(body.meta.after_cursor)}` : ''
      } while (more)
      return sizes
    }
    const id = zendesk.client('ci_bot').id
    expect(await list(`client_id=${id}&page[size]=100`)).toEqual([100, 100, 30])
    expect(await list(`client_id=${id}&all=true&page[size]=1000`)).toEqual([100, 100, 34])
    expect(await list('page[size]=50', 'clients')).toEqual([50, 50, 50, 50, 50, 6])
    zendesk.behaviour.filterByClient = false
    expect(await list(`client_id=${id}`)).toEqual([100, 100, 34])
    const cursor = await call('GET', '/api/v2/oauth/tokens?page[after]=x', { authorization: admin() })
    expect(cursor.status).toBe(400)
  })

  it('need read to be shown and write to be deleted, and are revoked for good', async () => {
    await start()
    const narrow = (await machine('ci_bot', { scope: 'tickets:read' })).body.access_token
    const wide = (await machine('ci_bot', { scope: 'read write' })).body.access_token
    const current = '/api/v2/oauth/tokens/current'
    const remove = async (token: string): Promise<number> =>
      (await call('DELETE', current, { authorization: bearer(token) })).status
    expect([await statusWith(narrow), await remove(narrow)]).toEqual([403, 403])
    expect(await statusWith(narrow, '/api/v2/search.json?query=x')).toBe(403)
    zendesk.behaviour.narrowTokensManageThemselves = true
    expect([await statusWith(narrow), await remove(narrow), await statusWith(narrow)]).toEqual([
      200, 204, 401
    ])
    expect([await remove(wide), await statusWith(wide)]).toEqual([204, 401])
    const unknown = await call('GET', '/api/v2/oauth/tokens/1', { authorization: admin() })
    expect(unknown).toMatchObject({ status: 404, body: { error: 'RecordNotFound' } })
  })

  it('stay active after DELETE current if the bug is on', async () => {
    await start({ deleteCurrentWorks: false })
    const { full_token: token, id } = (await mint('zis_acme')).body.token
    const authorization = bearer(token)
    expect((await call('DELETE', '/api/v2/oauth/tokens/current', { authorization })).status).toBe(204)
    expect(await statusWith(token)).toBe(200)
    expect((await call('DELETE', `/api/v2/oauth/tokens/${id}`, { authorization })).status).toBe(204)
    expect(await statusWith(token)).toBe(401)
  })
})

describe('a new token', () => {
  const get = (token: string): Promise<number> => statusWith(token)

  it('is refused for its first requests, or for a time, if that is asked for', async () => {
    await start({ unknownAtFirst: { requests: 2 }, now: () => 0 })
    const first = (await machine('ci_bot')).body.access_token
    expect([await get(first), await get(first), await get(first)]).toEqual([401, 401, 200])
    zendesk.behaviour.unknownAtFirst = { ms: 6000 }
    const second = (await machine('ci_bot')).body.access_token
    expect(await get(second)).toBe(401)
    zendesk.advance(6000)
    expect(await get(second)).toBe(200)
    expect(zendesk.living()).toHaveLength(2)
  })

  it('may get the facts of another token from `current`', async () => {
    await start()
    const [other] = zendesk.seedTokens(1)
    zendesk.behaviour.currentIsAbout = other!.id
    const { access_token } = (await machine('ci_bot')).body
    const { body } = await call('GET', '/api/v2/oauth/tokens/current', {
      authorization: bearer(access_token)
    })
    expect(body.token).toMatchObject({ id: other!.id, token: other!.value.slice(0, 10) })
  })

  it('is shown with its refresh token, and when it was used', async () => {
    await start({ now: () => Date.parse('2026-11-24T12:00:00Z') })
    const [pair] = zendesk.seedTokens(1, { refreshExpiresIn: 86_400_000 })
    const { body } = await call('GET', `/api/v2/oauth/tokens/${pair!.id}`, { authorization: admin() })
    expect(body.token).toMatchObject({
      refresh_token: pair!.refreshToken!.slice(0, 10),
      refresh_token_expires_at: '2026-11-25T12:00:00Z',
      used_at: null
    })
    await get(pair!.value)
    expect(pair!.usedAt).toBe(Date.parse('2026-11-24T12:00:00Z'))
  })
})

describe('clients', () => {
  it('get a new secret, which ends the old one at once', async () => {
    await start()
    const { id, secret } = zendesk.client('ci_bot')
    const path = `/api/v2/oauth/clients/${id}/generate_secret`
    const { status, body } = await call('PUT', path, { authorization: admin() })
    expect([status, body.client.identifier]).toEqual([200, 'ci_bot'])
    expect((await machine('ci_bot', { client_secret: secret })).body['error']).toBe('invalid_client')
    expect((await machine('ci_bot', { client_secret: body.client.secret })).status).toBe(201)
    expect(zendesk.client('ci_bot').secret).toBe(body.client.secret)
  })

  it('are created, and shown to their owner', async () => {
    await start()
    const create = (client: object): Promise<Answer> =>
      call('POST', '/api/v2/oauth/clients', { body: { client }, authorization: admin() })
    const { status, body } = await create({ name: 'New', identifier: 'new_bot', kind: 'confidential' })
    expect(status).toBe(201)
    expect((await machine('new_bot', { client_secret: body.client.secret })).status).toBe(201)
    expect((await create({ name: 'New', identifier: 'new_bot' })).status).toBe(422)
    expect((await create({ name: '', identifier: 'x' })).status).toBe(422)
    expect((await create({ name: 'X', identifier: 'white space' })).status).toBe(422)
    expect((await create({ name: 'X', identifier: 'x', kind: 'odd' })).status).toBe(422)
    const own = await call('GET', '/api/v2/users/me/oauth/clients', { authorization: admin() })
    expect(own.body.clients.map(({ identifier }) => identifier)).toContain('new_bot')
    expect(own.body.clients.map(({ identifier }) => identifier)).not.toContain('agent_bot')
  })
})

describe('the rest of the API', () => {
  it('names the scopes that a token lacks', async () => {
    await start()
    const token = (await machine('ci_bot', { scope: 'hc:read tickets:write' })).body.access_token
    const refusal = async (method: string, path: string): Promise<unknown> =>
      (await call(method, path, { authorization: bearer(token), body: method === 'GET' ? undefined : {} }))
        .body['description']
    const words = 'You are missing the following required scopes:'
    expect(await refusal('GET', '/api/v2/oauth/tokens/current')).toBe(`${words} read`)
    expect(await refusal('GET', '/api/v2/search.json?query=printer')).toBe(`${words} read`)
    expect(await refusal('GET', '/api/v2/users/me')).toBe(`${words} users:read, read`)
    expect(await refusal('POST', '/api/v2/help_center/sections/1/articles')).toBe(`${words} hc:write, write`)
    expect(await statusWith(token, '/api/v2/help_center/articles.json')).toBe(200)
  })

  it('searches and changes tickets', async () => {
    await start()
    const authorization = admin()
    const found = await call('GET', '/api/v2/search.json?query=type:ticket%20printer', { authorization })
    expect(found.body['results']).toMatchObject([{ id: 1 }])
    const change = { body: { ticket: { tags: ['stale'] } }, authorization }
    const changed = await call('PUT', '/api/v2/tickets/1', change)
    expect(changed).toMatchObject({ status: 200, body: { ticket: { id: 1, tags: ['stale'] } } })
    expect((await call('PUT', '/api/v2/tickets/99', change)).status).toBe(404)
    expect((await call('PUT', '/api/v2/tickets/1', { body: {}, authorization })).status).toBe(400)
  })

  it('has a `Date` that is off by as much as is asked for', async () => {
    await start({ now: () => Date.parse('2026-11-24T12:00:00Z'), dateSkew: -60_000 })
    const { headers } = await call('GET', '/api/v2/users/me')
    expect(headers.get('date')).toBe('Tue, 24 Nov 2026 11:59:00 GMT')
  })

  it('knows tickets, users and ZIS as well as they are needed', async () => {
    await start()
    const authorization = bearer(zendesk.credentials.accessToken)
    const created = await call('POST', '/api/v2/tickets.json', {
      body: { ticket: { subject: 'Help me' } },
      authorization
    })
    expect(created).toMatchObject({ status: 201, body: { ticket: { id: 4, subject: 'Help me' } } })
    expect(await statusWith(zendesk.credentials.accessToken, '/api/v2/tickets/4')).toBe(200)
    const anonymous = await call('GET', '/api/v2/users/me.json', { authorization: bearer('wrong') })
    expect(anonymous).toMatchObject({ status: 200, body: { user: { name: 'Anonymous user' } } })
    const bundles = '/api/services/zis/registry/acme/bundles'
    const refused = await call('POST', bundles, { body: {}, authorization })
    expect(JSON.stringify(refused.body)).toContain('OAuth being disabled for this API request')
    expect((await call('POST', bundles, { body: {}, authorization: admin() })).status).toBe(200)
    expect(
      await statusWith(zendesk.credentials.accessToken, '/api/services/zis/integrations/acme/configs')
    ).toBe(200)
    expect(await call('GET', '/nowhere')).toMatchObject({ status: 404, body: { error: 'InvalidEndpoint' } })
    expect(zendesk.seen()[0]).toBe('POST /api/v2/tickets')
    expect(zendesk.requests[0]).toMatchObject({ connection: 1, status: 201, json: { ticket: {} } })
  })

  it('keeps connections, and counts them', async () => {
    await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        get(`${zendesk.url}/api/v2/users/me`, { agent }, (response) => {
          response.resume().once('end', resolve)
        }).once('error', reject)
      })
    await ask()
    await ask()
    agent.destroy()
    await ask()
    expect(zendesk.requests.map(({ connection }) => connection)).toEqual([1, 1, 2])
    expect(zendesk.connections).toBe(2)
    zendesk.forget()
    expect([zendesk.requests.length, zendesk.connections]).toEqual([0, 0])
  })

  it('limits the rate', async () => {
    let now = Date.parse('2026-11-21T12:00:00.400Z')
    await start({ rateLimit: { limit: 2, perMs: 60_000 }, now: () => now })
    const wait = async (): Promise<unknown[]> => {
      const { status, headers } = await call('GET', '/api/v2/users/me')
      return [status, headers.get('retry-after')]
    }
    expect([await wait(), await wait()]).toEqual([
      [200, null],
      [200, null]
    ])
    now += 30_000
    expect(await wait()).toEqual([429, '30'])
    zendesk.behaviour.rateLimit!.retryAfter = 'date'
    expect(await wait()).toEqual([429, 'Sat, 21 Nov 2026 12:01:01 GMT'])
    zendesk.behaviour.rateLimit!.retryAfter = 'absent'
    expect(await wait()).toEqual([429, null])
    now += 30_000
    expect(await wait()).toEqual([200, null])
  })
})

describe('faults', () => {
  const me = (): Promise<Answer> => call('GET', '/api/v2/users/me')

  it.each([
    'reset',
    'reset-mid-header',
    'reset-mid-body',
    'close-mid-body',
    'garbage',
    'lose-reply'
  ] as const)('%s breaks off the response', async (kind) => {
    await start()
    const handle = zendesk.fault({ path: '/api/v2/users/me', count: 1 }, { kind })
    await expect(me()).rejects.toThrow()
    expect((await me()).status).toBe(200)
    expect(handle.hits).toBe(1)
    expect(zendesk.requests.map(({ fault }) => fault)).toEqual([kind, undefined])
  })

  it.each(['stall', 'stall-mid-body'] as const)('%s never ends', async (kind) => {
    await start()
    zendesk.fault({}, { kind })
    const signal = AbortSignal.timeout(60)
    const fetched = fetch(zendesk.url, { signal }).then((response) => response.text())
    await expect(fetched).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('carries out a request whose response is lost, and none whose fault comes before', async () => {
    await start()
    zendesk.fault({ method: 'POST', path: /tokens$/ }, [
      { kind: 'reset' },
      { kind: 'lose-reply' },
      { kind: 'stall-mid-body' },
      { kind: 'html', status: 502, after: true }
    ])
    await expect(machine('ci_bot')).rejects.toThrow()
    expect(zendesk.living()).toHaveLength(0)
    await expect(machine('ci_bot')).rejects.toThrow()
    expect(zendesk.living()).toHaveLength(1)
    zendesk.clearFaults()
    zendesk.fault({}, { kind: 'html', status: 502, after: true })
    await expect(machine('ci_bot')).rejects.toThrow(SyntaxError)
    expect(zendesk.living()).toHaveLength(2)
  })

  it('responds with whatever is asked for', async () => {
    await start()
    const handle = zendesk.fault({ method: 'GET' }, [
      { kind: 'empty', status: 500 },
      { kind: 'pass' },
      { kind: 'redirect', location: 'https://elsewhere.example/' },
      { kind: 'reply', status: 418, body: { teapot: true }, headers: { 'Retry-After': '7' } },
      { kind: 'delay', ms: 5 },
      { kind: 'edit', edit: (response) => ({ ...response, status: 203 }) }
    ])
    const answers: Answer[] = []
    for (let index = 0; index < 7; index++) answers.push(await me())
    expect(answers.map(({ status }) => status)).toEqual([500, 200, 302, 418, 200, 203, 200])
    expect(answers[3]).toMatchObject({ body: { teapot: true } })
    expect(answers[3]?.headers.get('retry-after')).toBe('7')
    expect(handle.hits).toBe(6)
  })

  it('has the pages of a gateway, and a stray 401', async () => {
    await start()
    zendesk.fault({}, [
      { kind: 'gateway' },
      { kind: 'gateway', status: 429, headers: { 'Retry-After': '9' } }
    ])
    const responses = [await fetch(zendesk.url), await fetch(zendesk.url)]
    expect(responses.map(({ status }) => status)).toEqual([403, 429])
    expect(responses[1]?.headers.get('retry-after')).toBe('9')
    expect(responses[0]?.headers.get('content-type')).toBe('text/html')
    expect(await responses[0]?.text()).toContain('Access denied')
    zendesk.fault({}, [{ kind: 'stray-401' }])
    expect(await me()).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    expect((await me()).status).toBe(200)
  })

  it('hits only requests with a given token', async () => {
    await start()
    const { accessToken } = zendesk.credentials
    zendesk.fault({ token: accessToken }, { kind: 'stray-401' })
    expect((await me()).status).toBe(200)
    expect(await statusWith(accessToken)).toBe(401)
  })

  it('streams a body of any size', async () => {
    await start()
    zendesk.fault({}, { kind: 'huge', bytes: 2_000_000 })
    const text = await (await fetch(zendesk.url)).text()
    expect(text.length).toBeGreaterThan(2_000_000)
  })
})
