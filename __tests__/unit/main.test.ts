import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { adminId, startZendesk, type Token, type Zendesk } from '../../mock/zendesk.ts'
import { mint } from '../../src/main.ts'
import { fingerprintOf } from '../../src/runner/state.ts'
import { setStage } from './runner-env.ts'

const stage = setStage()
let zendesk: Zendesk

beforeEach(async () => {
  zendesk = await startZendesk({ now: () => stage.world.now() })
})
afterEach(async () => {
  await zendesk.close()
})

type Given = Record<string, string>

const account = (): Given => ({ subdomain: 'acme', 'client-id': 'ci_bot', 'base-url': zendesk.url })
const secretOf = (client: string): string => String(zendesk.client(client).secret)
const withA = (more: Given = {}): Given => ({
  ...account(),
  email: zendesk.credentials.email,
  'api-token': zendesk.credentials.apiToken,
  ...more
})
const withB = (more: Given = {}): Given => ({
  ...account(),
  'access-token': zendesk.credentials.accessToken,
  ...more
})
const withC = (more: Given = {}): Given => ({ ...account(), 'client-secret': secretOf('ci_bot'), ...more })
function withD(more: Given = {}): Given {
  const redirectUri = 'https://acme.example/back'
  const challenge = { codeChallenge: 'a-verifier-of-some-length', codeChallengeMethod: 'plain' } as const
  const code = zendesk.authorize({ client: 'browser_app', redirectUri, scope: 'read write', ...challenge })
  const grant = {
    'authorization-code': code,
    'redirect-uri': redirectUri,
    'code-verifier': challenge.codeChallenge
  }
  return { ...account(), 'client-id': 'browser_app', ...grant, ...more }
}

async function run(inputs: Given): Promise<Record<string, string>> {
  stage.inputs(inputs)
  await mint(stage.step)
  return stage.outputs()
}

/** The one token that lives. */
function living(): Token {
  expect(zendesk.living()).toHaveLength(1)
  return zendesk.living()[0]!
}

const CURRENT = '/api/v2/oauth/tokens/current'
const CREATE = '/api/v2/oauth/tokens'
const GRANT = '/oauth/tokens'
/** What the scene looked like when a request that matches arrived. */
interface Scene {
  outputs: Record<string, string>
  states: number
  said: string[]
}
function sceneAt(method: string, path: string): { scene?: Scene } {
  const seen: { scene?: Scene } = {}
  zendesk.fault(
    { method, path },
    {
      kind: 'edit',
      edit: (reply) => {
        const states = stage.written('GITHUB_STATE').length
        seen.scene = { outputs: stage.outputs(), states, said: [...stage.said] }
        return reply
      }
    }
  )
  return seen
}

describe('the requests of main', () => {
  it('are one mint with A and a number, on one connection', async () => {
    await run(withA({ 'client-id': String(zendesk.client('ci_bot').id) }))
    expect(zendesk.seen()).toEqual([`POST ${CREATE}`])
    expect(zendesk.requests[0]!.json).toEqual({
      token: { client_id: zendesk.client('ci_bot').id, scopes: ['read', 'write'] }
    })
  })

  it('are a look-up before it with an identifier', async () => {
    await run(withB())
    expect(zendesk.seen()).toEqual(['GET /api/v2/oauth/clients', `POST ${CREATE}`])
    expect(zendesk.connections).toBe(1)
  })

  it('are a mint and a check with C', async () => {
    await run(withC({ scopes: 'read tickets:write', 'expires-in': '300' }))
    expect(zendesk.seen()).toEqual([`POST ${GRANT}`, `GET ${CURRENT}`])
    expect(zendesk.requests[0]!.json).toEqual({
      grant_type: 'client_credentials',
      client_id: 'ci_bot',
      client_secret: secretOf('ci_bot'),
      scope: 'read tickets:write',
      expires_in: 300
    })
    expect(zendesk.requests[1]!.headers.authorization).toBe(`Bearer ${living().value}`)
    expect(zendesk.connections).toBe(1)
  })

  it('tell who sends them, by the version', async () => {
    await run(withC())
    for (const { headers } of zendesk.requests) {
      expect(headers).toMatchObject({
        accept: 'application/json',
        'user-agent': expect.stringMatching(/^create-zendesk-token\/\d+\.\d+\.\d+$/)
      })
    }
  })

  it('are none where an input is wrong', async () => {
    await expect(run(withC({ scopes: '!' }))).rejects.toThrow('scopes')
    expect(zendesk.requests).toEqual([])
  })

  it.each(['GITHUB_STATE', 'GITHUB_OUTPUT'])('are none where the runner has no %s', async (variable) => {
    Reflect.deleteProperty(process.env, variable)
    await expect(run(withC())).rejects.toThrow(variable)
    expect(zendesk.requests).toEqual([])
  })

  it('are none where the runner has no GITHUB_ENV that is to be written', async () => {
    delete process.env['GITHUB_ENV']
    await expect(run(withC({ 'export-env': 'true' }))).rejects.toThrow('GITHUB_ENV')
    expect(zendesk.requests).toEqual([])
    await run(withC())
  })

  it('share a budget of 300 seconds, or another', async () => {
    await run(withC())
    await run(withC({ 'timeout-seconds': '7' }))
    expect(stage.budgets).toEqual([
      [300, undefined],
      [7, undefined]
    ])
  })
})

describe('the outputs of main', () => {
  it('are everything that is known, with C', async () => {
    const outputs = await run(withC())
    const { id, value } = living()
    expect(outputs).toEqual({
      token: value,
      'refresh-token': '',
      'token-id': String(id),
      'client-id': String(zendesk.client('ci_bot').id),
      'user-id': String(adminId),
      scopes: 'read write',
      'expires-at': '2026-11-21T13:00:00Z',
      'base-url': zendesk.url
    })
  })

  it('are everything that is known, with A, and no expiry where Zendesk sets none', async () => {
    const outputs = await run(withA())
    const { id, value } = living()
    expect(outputs).toMatchObject({
      token: value,
      'token-id': String(id),
      'expires-at': '',
      'refresh-token': ''
    })
  })

  it('have an expiry that Zendesk sets, with A', async () => {
    const outputs = await run(withA({ 'client-id': 'tickets_only', scopes: 'tickets:read' }))
    expect(outputs['expires-at']).toBe('2026-11-21T12:30:00Z')
    expect(stage.spoken().at(-1)).toMatch('it lives 30 minutes')
  })

  it('never have a refresh token with A', async () => {
    zendesk.fault(
      { path: CREATE },
      {
        kind: 'edit',
        edit: (reply) => ({
          ...reply,
          body: reply.body.replace(/"refresh_token":null/, '"refresh_token":"refresh-me-now"')
        })
      }
    )
    expect((await run(withA()))['refresh-token']).toBe('')
    expect(stage.all('add-mask')).toContain('refresh-me-now')
  })

  it('have a refresh token with D and E', async () => {
    const first = await run(withD())
    expect(first['refresh-token']).toBe(living().refreshToken)
    const second = await run({
      ...account(),
      'client-id': 'browser_app',
      'refresh-token': first['refresh-token']!
    })
    expect(second['refresh-token']).toBe(living().refreshToken)
    expect(second['refresh-token']).not.toBe(first['refresh-token'])
    for (const { token, 'refresh-token': refresh } of [first, second])
      expect(stage.all('add-mask')).toEqual(expect.arrayContaining([token, refresh]))
  })

  it('are the client as given and nothing more where the check tells nothing', async () => {
    zendesk.behaviour.unknownScopes = 'keep'
    const outputs = await run(withC({ scopes: 'tickets:read' }))
    expect(outputs).toMatchObject({
      'client-id': 'ci_bot',
      'token-id': '',
      'user-id': '',
      scopes: 'tickets:read',
      'expires-at': '2026-11-21T13:00:00Z'
    })
    expect(stage.spoken()).toEqual([
      'Token (id unknown) minted, with the scopes tickets:read; it lives 1 hour, and is revoked when the job ends.'
    ])
  })

  it('have the scopes that the check tells where the reply told none, and so has everything else', async () => {
    zendesk.fault(
      { path: GRANT },
      { kind: 'edit', edit: (reply) => ({ ...reply, body: reply.body.replace('"scope":"read",', '') }) }
    )
    expect((await run(withC({ scopes: 'read' })))['scopes']).toBe('read')
    const first = await run(withD())
    zendesk.clearFaults()
    zendesk.fault(
      { path: GRANT },
      { kind: 'edit', edit: (reply) => ({ ...reply, body: reply.body.replace('"scope":"read write",', '') }) }
    )
    const refresh = { 'refresh-token': first['refresh-token']! }
    const outputs = await run({ ...account(), 'client-id': 'browser_app', ...refresh })
    expect(outputs['scopes']).toBe('read write')
    expect(stage.spoken().at(-1)).toContain('with the scopes read write')
  })
})

describe('the order of main', () => {
  it('is masks of secrets, the request, masks of tokens, state, outputs, the check, and the last line', async () => {
    const atMint = sceneAt('POST', GRANT)
    const atCheck = sceneAt('GET', CURRENT)
    await run(withD())
    const { id, value, refreshToken } = living()
    expect(atMint.scene).toMatchObject({ outputs: {}, states: 0 })
    expect(atMint.scene!.said.every((line) => line.startsWith('::add-mask::'))).toBe(true)
    expect(atMint.scene!.said).toHaveLength(2)
    expect(atCheck.scene!.outputs).toMatchObject({
      token: value,
      'refresh-token': refreshToken,
      'token-id': ''
    })
    expect(atCheck.scene!.states).toBe(1)
    expect(atCheck.scene!.said.filter((line) => !line.startsWith('::debug::')).slice(-2)).toEqual([
      `::add-mask::${value}`,
      `::add-mask::${String(refreshToken)}`
    ])
    expect(stage.outputs()['token-id']).toBe(String(id))
    expect(stage.said.at(-1)).toMatch(new RegExp(`^Token ${id} minted`))
  })

  it('has the masks before an error of the inputs', async () => {
    await expect(run(withC({ scopes: '!' }))).rejects.toThrow()
    expect(stage.said).toEqual([`::add-mask::${secretOf('ci_bot')}`])
  })

  it('has the state before the outputs, so that post revokes although they cannot be written', async () => {
    zendesk.fault(
      { path: GRANT },
      {
        kind: 'edit',
        edit: (reply) => {
          stage.breakFile('GITHUB_OUTPUT')
          return reply
        }
      }
    )
    await expect(run(withC())).rejects.toThrow()
    expect(stage.state()).toHaveProperty('minted.token', living().value)
  })

  it('has the masks of tokens before a debug line in which the server could repeat them', async () => {
    zendesk.fault(
      { path: GRANT },
      {
        kind: 'edit',
        edit: (reply) => {
          const { access_token: token } = JSON.parse(reply.body) as { access_token: string }
          return { ...reply, headers: { ...reply.headers, 'x-request-id': token } }
        }
      }
    )
    const { token } = await run(withC())
    expect(stage.said.filter((line) => line.includes(token!))).toEqual([`::add-mask::${token}`])
  })

  it('has no secret outside masks', async () => {
    const outputs = await run(withD())
    const visible = stage.said.filter((line) => !line.startsWith('::add-mask::')).join('\n')
    for (const secret of [outputs['token']!, outputs['refresh-token']!, 'a-verifier-of-some-length'])
      expect(visible).not.toContain(secret)
  })
})

describe('the state that main leaves', () => {
  it('has what post needs, learns what the check tells, and has no credential', async () => {
    await run(withC({ 'job-summary': 'true', 'timeout-seconds': '60' }))
    const { id, value } = living()
    const [, early] = stage.written('GITHUB_STATE')[0]!
    expect(JSON.parse(early)).not.toHaveProperty('minted.id')
    const { salt } = (stage.state()['context'] as { fingerprint: { salt: string } }).fingerprint
    expect(stage.state()).toMatchObject({
      minted: { token: value, id, userId: adminId, lifetime: 3600, scopes: ['read', 'write'] },
      context: {
        origin: zendesk.url,
        timeoutSeconds: 60,
        jobSummary: true,
        credential: 'client-secret',
        client: { id: 'ci_bot', authMethod: 'client_secret_post' },
        fingerprint: fingerprintOf(secretOf('ci_bot'), salt)
      }
    })
    expect(stage.text('GITHUB_STATE')).not.toContain(secretOf('ci_bot'))
  })

  it('tells how a client’s secret travels', async () => {
    await run(withC({ 'token-endpoint-auth-method': 'client_secret_basic' }))
    expect(stage.state()).toHaveProperty('context.client.authMethod', 'client_secret_basic')
  })

  it.each([
    ['true', 'true'],
    ['auto', 'auto']
  ])('has no token where it is not revoked: skip-token-revoke %s', async (skip, skipped) => {
    await run(withD({ 'skip-token-revoke': skip }))
    expect(stage.state()).toEqual({ skipped })
    expect(stage.text('GITHUB_STATE')).not.toContain(living().value)
    expect(stage.spoken().at(-1)).toMatch(/and is left alive when the job ends\.$/)
  })

  it.each([
    ['false', withD],
    ['auto', withC],
    ['auto', withA],
    ['false', withA]
  ])('has the token where it is revoked: skip-token-revoke %s', async (skip, inputs) => {
    await run(inputs({ 'skip-token-revoke': skip }))
    expect(stage.state()).toHaveProperty('minted.token', living().value)
    expect(stage.spoken().at(-1)).toMatch(/and is revoked when the job ends\.$/)
  })
})

describe('a state file that cannot be written', () => {
  const breakAt = (path: string): void => {
    zendesk.fault(
      { method: path === CURRENT ? 'GET' : 'POST', path },
      {
        kind: 'edit',
        edit: (reply) => {
          stage.breakFile('GITHUB_STATE')
          return reply
        }
      }
    )
  }

  it('lets the token be revoked at once, and no output be set', async () => {
    breakAt(CREATE)
    await expect(run(withA())).rejects.toThrow(
      /^The runner's state file could not be written \(.+\), so post could not have revoked the token: Token \d+ was revoked at once; check the disk/
    )
    expect(zendesk.living()).toEqual([])
    expect(stage.outputs()).toEqual({})
    expect(stage.all('add-mask')).toHaveLength(3)
  })

  it('tells the token that could not be revoked', async () => {
    breakAt(GRANT)
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 400 })
    zendesk.fault({ path: GRANT }, [{ kind: 'pass' }, { kind: 'reply', status: 400 }])
    await expect(run(withC())).rejects.toThrow(
      /Token \(id unknown\) may still be alive \(.+\); check the disk/
    )
  })

  it('lets the token be revoked where it breaks while the token is checked', async () => {
    breakAt(CURRENT)
    await expect(run(withC())).rejects.toThrow(/Token \d+ was revoked at once; check the disk/)
    expect(zendesk.living()).toEqual([])
  })

  it('does not matter where post has nothing to revoke', async () => {
    breakAt(CREATE)
    expect((await run(withA({ 'skip-token-revoke': 'true' })))['token']).toBe(living().value)
  })

  it('does not matter where post has nothing to revoke, with a check either', async () => {
    breakAt(GRANT)
    expect((await run(withC({ 'skip-token-revoke': 'true' })))['token-id']).toBe(String(living().id))
  })
})

describe('the check of a new token', () => {
  it('ends the step where the token is refused, with outputs and state kept', async () => {
    zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 401 })
    await expect(run(withC())).rejects.toThrow('Zendesk refuses the token that it has just given')
    expect(stage.world.sleeps).toEqual([500, 1000, 2000])
    expect(stage.outputs()['token']).toBe(living().value)
    expect(stage.state()).toHaveProperty('minted.token', living().value)
  })

  it('may be skipped, which is said', async () => {
    zendesk.fault({ path: CURRENT }, { kind: 'reply', status: 500 })
    await run(withC())
    expect(stage.spoken()).toEqual([
      'The new token was not checked: Zendesk answered 500.',
      expect.stringMatching(/^Token \(id unknown\) minted/)
    ])
  })
})

describe('a job that is cancelled while the mint is on its way', () => {
  it.each([
    ['A', withA, CREATE],
    ['C', withC, GRANT]
  ])('hands the token to post, and fails, with %s', async (_name, inputs, path) => {
    zendesk.fault(
      { method: 'POST', path },
      {
        kind: 'edit',
        edit: (reply) => {
          stage.stop.abort()
          return reply
        }
      }
    )
    await expect(run(inputs({ 'export-env': 'true' }))).rejects.toThrow(/cancelled/)
    expect(stage.outputs()['token']).toBe(living().value)
    expect(stage.state()).toHaveProperty('minted.token', living().value)
    expect(stage.all('add-mask')).toContain(living().value)
    expect(zendesk.seen().at(-1)).toBe(`POST ${path}`)
    expect(stage.spoken().filter((line) => line.includes('minted,'))).toEqual([])
  })
})

describe('a refresh token', () => {
  it('is handed over although the access token beside it cannot be used', async () => {
    zendesk.fault(
      { path: GRANT },
      {
        kind: 'edit',
        edit: (reply) => ({
          ...reply,
          body: reply.body.replace(/"access_token":"[^"]+"/, '"access_token":1')
        })
      }
    )
    await expect(run(withD())).rejects.toThrow('something that cannot be used')
    expect(stage.outputs()).toEqual({ 'refresh-token': living().refreshToken })
    expect(stage.all('add-mask')).toContain(living().refreshToken)
  })
})

describe('what main warns of and tells', () => {
  it('is the end of A and B', async () => {
    await run(withA())
    await run(withB())
    expect(stage.spoken().filter((line) => line.includes('deprecated'))).toEqual([
      'Zendesk has deprecated the endpoint that mints with api-token and access-token; it may stop any day, and API tokens stop working on 2027-04-30. Use client-secret instead.',
      'Zendesk has deprecated the endpoint that mints with api-token and access-token; it may stop any day. Use client-secret instead.'
    ])
    expect(stage.all('warning')).toEqual([])
  })

  it('is a warning from 90 days before the end of A, and never with B or C', async () => {
    const start = Date.parse('2027-01-30T00:00:00Z')
    stage.world.start = start - 1
    await run(withA())
    expect(stage.all('warning')).toEqual([])
    stage.world.start = start
    await run(withA())
    expect(stage.all('warning')).toEqual([expect.stringContaining('API tokens stop working on 2027-04-30')])
    await run(withB())
    await run(withC())
    expect(stage.all('warning')).toHaveLength(1)
    expect(stage.all('error')).toEqual([])
  })

  it('is nothing of that with C', async () => {
    await run(withC())
    expect(stage.spoken()).toEqual([
      expect.stringMatching(
        /^Token \d+ minted, with the scopes read write; it lives 1 hour, and is revoked when the job ends\.$/
      )
    ])
  })

  it('is the warnings about the inputs', async () => {
    zendesk.behaviour.unknownScopes = 'keep'
    await run(withC({ scopes: 'read ticket:write' }))
    expect(stage.all('warning')).toEqual([
      'scopes: Zendesk documents no scope ticket:write (did you mean tickets:write?)'
    ])
  })

  it('is scopes that were not granted', async () => {
    await run(withC({ scopes: 'read ticket:write write tickets:write' }))
    expect(stage.all('warning')).toEqual(
      [
        expect.stringContaining('(did you mean'),
        'Zendesk did not grant ticket:write: check the names, and the allowed scopes of the client in Admin Center.'
      ].slice(0, stage.all('warning').length)
    )
    zendesk.fault(
      { path: GRANT },
      {
        kind: 'edit',
        edit: (reply) => ({ ...reply, body: reply.body.replace(/"scope":"[^"]+"/, '"scope":"read"') })
      }
    )
    stage.said = []
    await run(withC({ scopes: 'read tickets:read tickets:write users:write' }))
    expect(stage.all('warning')).toEqual([
      'Zendesk did not grant tickets:write users:write: check the names, and the allowed scopes of the client in Admin Center.'
    ])
  })

  it('is nothing of scopes where the reply tells none, or E asked for none', async () => {
    zendesk.fault(
      { path: GRANT },
      { kind: 'edit', edit: (reply) => ({ ...reply, body: reply.body.replace(/"scope":"[^"]+",?/, '') }) }
    )
    await run(withC({ scopes: 'tickets:write' }))
    zendesk.clearFaults()
    await run(withD())
    expect(stage.all('warning')).toEqual([])
  })
})

describe('what main leaves for later steps besides', () => {
  it('is nothing by default', async () => {
    await run(withC())
    expect([stage.text('GITHUB_ENV'), stage.text('GITHUB_STEP_SUMMARY')]).toEqual(['', ''])
  })

  it('is an environment for zcli and a summary where they are wanted', async () => {
    const { token } = await run(withC({ 'export-env': 'true', 'job-summary': 'true' }))
    expect(stage.written('GITHUB_ENV')).toEqual([
      ['ZENDESK_SUBDOMAIN', 'acme'],
      ['ZENDESK_OAUTH_TOKEN', token]
    ])
    const text = stage.text('GITHUB_STEP_SUMMARY')
    expect(text).toMatch('<h3>Zendesk token minted</h3>')
    for (const cell of [
      new URL(zendesk.url).host,
      living().id,
      adminId,
      'read write',
      '2026-11-21T13:00:00Z',
      'alive'
    ])
      expect(text).toContain(`<td>${cell}</td>`)
    expect(text).not.toContain(token)
  })
})
