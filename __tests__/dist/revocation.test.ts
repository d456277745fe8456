import { describe, expect, it } from '@jest/globals'

import { type StepResult } from '../../mock/runner.ts'
import { agentId, type Zendesk } from '../../mock/zendesk.ts'
import { asked, at, basicOf, credentials, sandbox } from '../support/fixtures.ts'
import { annotated, mainAndPost, NOON, said, stream } from '../support/run-action.ts'

const CURRENT = '/api/v2/oauth/tokens/current'

/** What post has to end as, whatever happens. */
function expectCalm(post: StepResult): void {
  expect(post).toMatchObject({ exitCode: 0, stderr: '', outcome: 'success' })
}

/** What was asked in post: all after so many requests of main. */
function askedInPost(zendesk: Zendesk, main: number): string[] {
  return asked(zendesk.requests.slice(main)).map((line) => line.split(' | ').slice(0, 2).join(' | '))
}

describe('a token too narrow to manage itself', () => {
  it.concurrent(
    'is found in the list by a helper token, deleted by id and proven dead; the helper goes last',
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
      const [minted, helper] = [...zendesk.tokens.values()].slice(-2)
      expect(stream(main)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${minted!.value}`,
        '::debug::POST /oauth/tokens answered 201 after N ms, request id ID',
        '::debug::GET /api/v2/oauth/tokens/current answered 403 after N ms, request id ID',
        'Token (id unknown) minted, with the scopes tickets:read; it lives 1 hour, and is revoked when the job ends.'
      ])
      expect(main.outputs).toMatchObject({ 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' })
      expect(said(post)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${minted!.value}`,
        `::add-mask::${helper!.value}`,
        'Token (id unknown) revoked, and verified dead.'
      ])
      const list = 'GET /api/v2/oauth/tokens?client_id=360000000101&page[size]=100'
      expect(askedInPost(zendesk, 2).map((line) => line.replace(/(page\[after\]=).*? /, '$1… '))).toEqual([
        `DELETE ${CURRENT} | Bearer ${minted!.value}`,
        `POST /oauth/tokens | {"grant_type":"client_credentials","client_id":"ci_bot","client_secret":"${secret}","scope":"read write","expires_in":600}`,
        `GET ${CURRENT} | Bearer ${helper!.value}`,
        `${list} | Bearer ${helper!.value}`,
        `${list}&page[after]=… | Bearer ${helper!.value}`,
        `DELETE /api/v2/oauth/tokens/${minted!.id} | Bearer ${helper!.value}`,
        `GET ${CURRENT} | Bearer ${minted!.value}`,
        `DELETE /api/v2/oauth/tokens/${helper!.id} | Bearer ${helper!.value}`
      ])
      expect(zendesk.connections).toBe(2)
      expect(zendesk.living()).toEqual(others)
      expectCalm(post)
    }
  )

  it.concurrent.each([
    ['where it is a JWT, for those begin alike', { tokenFormat: 'jwt' as const }, undefined],
    ['where two in the list could be it', {}, (token: object): object[] => [token, { ...token, id: 7 }]],
    [
      'where the one in the list is of another user',
      {},
      (token: object): object[] => [{ ...token, user_id: agentId }]
    ],
    [
      'where the one in the list is of another client',
      {},
      (token: object): object[] => [{ ...token, client_id: 1 }]
    ],
    [
      'where the one in the list has other scopes',
      {},
      (token: object): object[] => [{ ...token, scopes: ['read'] }]
    ],
    [
      'where the one in the list is 61 s older',
      {},
      (token: object): object[] => [{ ...token, created_at: new Date(NOON - 61_000).toISOString() }]
    ]
  ])('is not looked for, or not taken, %s', async (_where, options, change) => {
    const zendesk = await sandbox(options)
    if (change) {
      zendesk.fault(
        { method: 'GET', path: '/api/v2/oauth/tokens' },
        {
          kind: 'edit',
          edit: (reply) => {
            const page = JSON.parse(reply.body) as { tokens: { scopes: string[] }[] }
            const [it] = page.tokens.filter(({ scopes }) => scopes.includes('tickets:read'))
            return { ...reply, body: JSON.stringify({ ...page, tokens: change(it!) }) }
          }
        }
      )
    }
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    )
    expect(annotated(post)).toEqual([
      `::warning::Token (id unknown) may still be alive: its id is not known, and no token in the list is certainly this one; it expires by itself at 2026-11-21T13:00:00Z; to remove it by hand, find it as an admin with GET ${zendesk.url}/api/v2/oauth/tokens and send DELETE ${zendesk.url}/api/v2/oauth/tokens/{id}, or let \`sweep\` remove it.`
    ])
    const lists = zendesk.requests.filter(
      ({ method, path }) => method === 'GET' && path === '/api/v2/oauth/tokens'
    )
    expect(lists).toHaveLength(change ? 1 : 0)
    // The helper never stays.
    expect(zendesk.living().map(({ scopes }) => scopes)).toEqual([['tickets:read']])
    expectCalm(post)
  })

  it.concurrent('is left to its expiry, without a warning, where scopes alone stand in the way', async () => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, {
      ...credentials.clientCredentials(zendesk, 'tickets_only'),
      scopes: 'tickets:read'
    })
    const { post } = await mainAndPost(inputs)
    expect(said(post).at(-1)).toBe(
      'Token (id unknown) could not be revoked, since no token at hand has the scope `write`; it expires by itself at 2026-11-21T13:00:00Z.'
    )
    expect(annotated(post)).toEqual([])
    expectCalm(post)
  })

  it.concurrent('manages itself where Zendesk lets it', async () => {
    const zendesk = await sandbox({ narrowTokensManageThemselves: true })
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    )
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
    expect(zendesk.seen()).toHaveLength(4)
  })
})

describe('the proof', () => {
  it.concurrent('catches a 204 that revoked nothing, asks three times, and takes the next way', async () => {
    const zendesk = await sandbox({ deleteCurrentWorks: false })
    const { main, post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'write' })
    )
    expect(main.outputs['token-id']).toBe('')
    expect(zendesk.seen().slice(2)).toEqual([
      `DELETE ${CURRENT}`,
      ...Array<string>(3).fill(`GET ${CURRENT}`),
      'POST /oauth/tokens',
      `GET ${CURRENT}`,
      'GET /api/v2/oauth/tokens',
      'DELETE /api/v2/oauth/tokens/22000000002',
      `GET ${CURRENT}`,
      'DELETE /api/v2/oauth/tokens/22000000003'
    ])
    expect(said(post).at(-1)).toBe('Token (id unknown) revoked, and verified dead.')
    expect(zendesk.living()).toEqual([])
    // The wait of 3 s is not spent on an open connection.
    expect(zendesk.requests.slice(2, 7).map(({ connection }) => connection)).toEqual([2, 2, 2, 3, 3])
  })

  it.concurrent('asks again after 1 and 3 s while the token still works', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ path: CURRENT }, [
      { kind: 'pass' },
      { kind: 'reply', status: 200 },
      { kind: 'reply', status: 403 },
      { kind: 'pass' }
    ])
    const { post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)))
    expect(zendesk.seen().slice(2)).toEqual([
      'DELETE /api/v2/oauth/tokens/22000000002',
      ...Array<string>(3).fill(`GET ${CURRENT}`)
    ])
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })

  it.concurrent('says so where the token outlives every way', async () => {
    const zendesk = await sandbox()
    zendesk.fault({ method: 'DELETE' }, { kind: 'reply', status: 204 })
    const { post } = await mainAndPost(at(zendesk, credentials.apiToken(zendesk)))
    const admin = `Basic ${basicOf(zendesk)}`
    const own = `Bearer ${zendesk.tokens.get(22_000_000_002)!.value}`
    expect(askedInPost(zendesk, 2)).toEqual([
      `DELETE /api/v2/oauth/tokens/22000000002 | ${admin}`,
      ...Array<string>(3).fill(`GET ${CURRENT} | ${own}`),
      `DELETE /api/v2/oauth/tokens/22000000002 | ${own}`,
      ...Array<string>(3).fill(`GET ${CURRENT} | ${own}`),
      `DELETE ${CURRENT} | ${own}`,
      ...Array<string>(3).fill(`GET ${CURRENT} | ${own}`)
    ])
    expect(annotated(post)).toEqual([
      `::warning::Token 22000000002 may still be alive: Zendesk reported the token as revoked, but it still works; it does not expire by itself; to remove it by hand, send DELETE ${zendesk.url}/api/v2/oauth/tokens/22000000002 as an admin, or let \`sweep\` remove it.`
    ])
    expectCalm(post)
  })

  it.concurrent.each([
    [
      '418',
      { kind: 'reply', status: 418 },
      1,
      'Zendesk refused the request: GET /api/v2/oauth/tokens/current at HOST answered 418; check the inputs of this step against what Zendesk says'
    ],
    [
      'five 500s',
      { kind: 'reply', status: 500 },
      5,
      'Zendesk is not working at the moment: GET /api/v2/oauth/tokens/current at HOST answered 500; see https://status.zendesk.com, and run the job again later'
    ],
    [
      'five broken connections',
      { kind: 'reset' },
      5,
      'The connection broke before the reply was complete: GET /api/v2/oauth/tokens/current at HOST (ECONNRESET); run the job again; if it stays so, check what stands between the runner and HOST'
    ]
  ] as const)('stops and warns where %s leave it open', async (_what, fault, times, why) => {
    const zendesk = await sandbox()
    zendesk.fault({ path: CURRENT }, [{ kind: 'pass' }, ...Array<typeof fault>(times).fill(fault)])
    const { post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      preload: { random: 0 }
    })
    expect(zendesk.seen().slice(2)).toEqual([
      'DELETE /api/v2/oauth/tokens/22000000002',
      ...Array<string>(times).fill(`GET ${CURRENT}`)
    ])
    expect(annotated(post)).toEqual([
      `::warning::Token 22000000002 revoked, not verified: Could not verify that the token is dead: ${why.replaceAll('HOST', `127.0.0.1:${zendesk.port}`)}; it expires by itself at 2026-11-21T13:00:00Z; to remove it by hand, send DELETE ${zendesk.url}/api/v2/oauth/tokens/22000000002 as an admin, or let \`sweep\` remove it.`
    ])
    expectCalm(post)
  })
})

describe('a refused DELETE', () => {
  it.concurrent('of a token that is gone already leads to the proof', async () => {
    const zendesk = await sandbox()
    const { post } = await mainAndPost(at(zendesk, credentials.apiToken(zendesk)), {
      post: {
        onStart: () => {
          zendesk.tokens.get(22_000_000_002)!.revoked = true
        }
      }
    })
    expect(zendesk.requests.at(-2)).toMatchObject({ method: 'DELETE', status: 404 })
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })

  it.concurrent('of the token itself by 401 is the proof', async () => {
    const zendesk = await sandbox()
    const { post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      post: {
        onStart: () => {
          zendesk.tokens.get(22_000_000_002)!.revoked = true
        }
      }
    })
    expect(zendesk.seen().slice(2)).toEqual(['DELETE /api/v2/oauth/tokens/22000000002'])
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })

  it.concurrent.each([401, 403, 500])(
    'with the credential by %i is followed by one with the token',
    async (status) => {
      const zendesk = await sandbox()
      const times = status === 500 ? 5 : 1
      zendesk.fault({ method: 'DELETE', count: times }, { kind: 'reply', status })
      const { post } = await mainAndPost(at(zendesk, credentials.apiToken(zendesk)), {
        preload: { random: 0 }
      })
      const own = `Bearer ${zendesk.tokens.get(22_000_000_002)!.value}`
      expect(askedInPost(zendesk, 2)).toEqual([
        ...Array<string>(times).fill(`DELETE /api/v2/oauth/tokens/22000000002 | Basic ${basicOf(zendesk)}`),
        `DELETE /api/v2/oauth/tokens/22000000002 | ${own}`,
        `GET ${CURRENT} | ${own}`
      ])
      expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
      expect(annotated(post)).toEqual([])
    }
  )
})

describe('a helper token', () => {
  it.concurrent('that cannot be revoked is told of', async () => {
    const zendesk = await sandbox()
    zendesk.fault(
      { method: 'DELETE', path: '/api/v2/oauth/tokens/22000000003' },
      { kind: 'reply', status: 403 }
    )
    const { post } = await mainAndPost(
      at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    )
    expect(said(post).slice(3)).toEqual([
      'Token (id unknown) revoked, and verified dead.',
      `::warning::The helper token 22000000003 could not be revoked (Zendesk answered 403); it expires by itself within 10 minutes; to remove it sooner, send DELETE ${zendesk.url}/api/v2/oauth/tokens/22000000003 as an admin.`
    ])
    expectCalm(post)
  })
})

describe('what post is given', () => {
  it.concurrent(
    'may be the inputs of another action: a foreign credential is not used, and the token revokes itself',
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
      expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
      expectCalm(post)
    }
  )

  it.concurrent('may lack the credential that a narrow token needs: the warning says so', async () => {
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
    expect(annotated(post)[0]).toMatch(
      /^::warning::Token \(id unknown\) may still be alive: Could not revoke the token: Zendesk does not allow this: DELETE .*, and a credential with the scopes `read write` \(the post step was given other inputs than the main step, so it could not use the credential\); it expires by itself at 2026-11-21T13:00:00Z; to remove it by hand, /
    )
    expect(post.summary).toContain('<td>may still be alive</td>')
    expectCalm(post)
  })

  it.concurrent.each([
    '',
    'garbage',
    '{}',
    '[]',
    '{"minted":{"token":"abcdefgh"},"context":{}}',
    '{"skipped":"no"}'
  ])('may be state that nobody can read: %j means that nothing was minted', async (state) => {
    const zendesk = await sandbox()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), 'skip-token-revoke': 'true' })
    const { post } = await mainAndPost(inputs, { postEnv: { STATE_zendesk: state } })
    expect(stream(post)).toEqual(['No token was minted, so there is nothing to revoke.'])
    expect(zendesk.requests).toHaveLength(2)
    expectCalm(post)
  })
})

describe('a token whose time is over', () => {
  const lifetime = 3600_000

  it.concurrent('is skipped from 60 s after its expiry, by the time since the mint', async () => {
    // Zendesk's clock is years behind, which must not matter.
    const zendesk = await sandbox({ now: () => Date.UTC(2020, 0, 1) })
    const { main, post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      postPreload: { now: NOON + lifetime + 60_001 }
    })
    expect(main.outputs['expires-at']).toBe('2020-01-01T01:00:00Z')
    expect(stream(post)).toEqual(['Token 22000000002 has expired, so there is nothing to revoke.'])
    expect(zendesk.requests).toHaveLength(2)
    expectCalm(post)
  })

  it.concurrent('is revoked until then', async () => {
    const zendesk = await sandbox()
    const { post } = await mainAndPost(at(zendesk, credentials.clientCredentials(zendesk)), {
      postPreload: { now: NOON + lifetime + 60_000 },
      post: {
        onStart: () => {
          zendesk.advance(lifetime + 60_000)
        }
      }
    })
    expect(zendesk.seen().slice(2)).toEqual(['DELETE /api/v2/oauth/tokens/22000000002'])
    expect(said(post).at(-1)).toBe('Token 22000000002 revoked, and verified dead.')
  })
})
