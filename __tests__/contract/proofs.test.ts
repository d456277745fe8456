import { describe, expect, it } from '@jest/globals'

import { type Fault } from '../../mock/zendesk.ts'
import {
  annotated,
  at,
  BY_ID,
  cancelAtLine,
  cancelAtRequest,
  cancelDuring,
  count,
  credentials,
  CURRENT,
  edited,
  expectCalm,
  HOUR,
  infoLines,
  mainThenPost,
  MINT,
  mintedTokens,
  mockZendesk,
  NOON,
  requestLines,
  revokeElsewhere,
  runStep,
  shown,
  theToken,
  VERIFIED
} from './adapter.ts'

const byId = { method: 'DELETE', path: BY_ID }
const byCurrent = { method: 'DELETE', path: CURRENT }
const deletions = { method: 'DELETE' }
const question = { method: 'GET', path: CURRENT }
const missingScope: Fault = {
  kind: 'response',
  status: 403,
  body: { error: 'Forbidden', description: 'You are missing the following required scopes: write' }
}
const forbidden: Fault = {
  kind: 'response',
  status: 403,
  body: { error: { title: 'Forbidden', message: 'You do not have access to this page.' } }
}
const notFound: Fault = {
  kind: 'response',
  status: 404,
  body: { error: 'RecordNotFound', description: 'Not found' }
}
/** Says that it revoked, and did not. */
const idle204: Fault = { kind: 'empty', status: 204 }

describe('the check of a new token', () => {
  it.concurrent.each<[string, Fault]>([
    ['an HTML 401', { kind: 'gateway', status: 401 }],
    ['an HTML 403', { kind: 'gateway', status: 403 }],
    ['an HTML 404', { kind: 'gateway', status: 404 }],
    ['an empty 401', { kind: 'empty', status: 401 }],
    ['an empty 403', { kind: 'empty', status: 403 }],
    ['a 401 whose `error` is no string', { kind: 'response', status: 401, body: { error: { title: 'No' } } }],
    ['a 401 whose body is a JSON array', { kind: 'response', status: 401, body: ['error'] }],
    ['a 200 with HTML', { kind: 'html' }]
  ])('continues after %s, once, and logs that the token was not checked', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(question, [fault])
    const { main, post, mainRequests } = await mainThenPost(
      zendesk,
      at(zendesk, credentials.clientCredentials(zendesk))
    )
    expect(main).toMatchObject({ exitCode: 0, stderr: '' })
    expect(mainRequests).toEqual(['POST grant', 'GET current by token'])
    expect(main.outputs).toMatchObject({ token: theToken(zendesk).value, 'token-id': '', 'user-id': '' })
    expect(shown(main)).toMatch(/not (be )?(checked|verified)/)
    expect(shown(post)).toContain(VERIFIED)
  })

  it.concurrent('waits until every server of Zendesk knows the token', async () => {
    const zendesk = await mockZendesk({ unknownAtFirst: { requests: 3 } })
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.mainRequests).toEqual(['POST grant', ...Array<string>(4).fill('GET current by token')])
    expect(run.main).toMatchObject({ exitCode: 0, elapsed: 3500 })
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent(
    'fails after the fourth rejection, and post finds, revokes and verifies the token',
    async () => {
      const zendesk = await mockZendesk({ unknownAtFirst: { requests: 4 } })
      const inputs = at(zendesk, credentials.clientCredentials(zendesk))
      const run = await mainThenPost(zendesk, inputs)
      expect(run.main.exitCode).toBe(1)
      expect(count(run.main, 'error')).toBe(1)
      expect(run.mainRequests).toHaveLength(5)
      // The outputs known by then are there: only the check was still to come.
      expect(run.main.outputs['token']).toBe(theToken(zendesk).value)
      expect(run.postRequests).toEqual(['DELETE current by token', 'GET current by token'])
      expect(shown(run.post)).toContain(VERIFIED)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('does not believe facts about another token, and post leaves that one alone', async () => {
    const zendesk = await mockZendesk()
    const [other] = zendesk.seedTokens(1)
    zendesk.behaviour.currentIsAbout = other!.id
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.main.outputs).toMatchObject({ 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' })
    expect(shown(run.main)).toMatch(/not (be )?(checked|verified)/)
    expect(shown(run.main)).not.toContain(String(other!.id))
    expect(run.postRequests).toEqual(['DELETE current by token', 'GET current by token'])
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([other])
  })

  it.concurrent('believes facts without a prefix', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(question, [
      edited<{ token: object }>(({ token }) => ({ token: { ...token, token: undefined } }))
    ])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.main.outputs['token-id']).toBe(String(theToken(zendesk).id))
    expect(run.postRequests).toEqual(['DELETE token by token', 'GET current by token'])
  })
})

describe('a rejected deletion is no proof by itself', () => {
  it.concurrent(
    'a stray 401: the token is still active, so the same deletion is sent once more',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault(byId, [{ kind: 'stray-401' }])
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
      expect(run.postRequests).toEqual([
        'DELETE token by token',
        'GET current by token',
        'DELETE token by token',
        'GET current by token'
      ])
      expect(run.post.elapsed).toBe(1000)
      expect(shown(run.post)).toContain(VERIFIED)
      expect(annotated(run.post)).toEqual([])
    }
  )

  it.concurrent('a second stray 401 after a first: asked again after 3 s more', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(byId, [{ kind: 'stray-401' }])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () => zendesk.fault(question, [{ kind: 'stray-401' }])
    })
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'GET current by token',
      'GET current by token',
      'DELETE token by token',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('the same deletion rejected twice: the next way', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(byId, { kind: 'stray-401' })
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'GET current by token',
      'DELETE token by token',
      'DELETE current by token',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent(
    'every deletion rejected, whoever sends it: one warning, and the token is active',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault(deletions, { kind: 'stray-401' })
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
      expect(run.postRequests.slice(0, 4)).toEqual([
        'DELETE token by token',
        'GET current by token',
        'DELETE token by token',
        'DELETE current by token'
      ])
      expect(run.postRequests).toContain('DELETE token by cleanup')
      expect(count(run.post, 'warning')).toBe(1)
      expect(zendesk.activeTokens()).toContain(theToken(zendesk))
    }
  )

  it.concurrent(
    'revoked by a later step: three rejections of a token that was seen to work are the proof',
    async () => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
        between: revokeElsewhere(zendesk)
      })
      expect(run.postRequests).toEqual([
        'DELETE token by token',
        'GET current by token',
        'GET current by token'
      ])
      expect(shown(run.post)).toContain(VERIFIED)
      expect(annotated(run.post)).toEqual([])
    }
  )

  it.concurrent('a JSON 403 in the check counts as seen to work', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, inputs, { between: revokeElsewhere(zendesk) })
    expect(run.postRequests).toEqual([
      'DELETE current by token',
      'GET current by token',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent.each<[string, Fault]>([
    ['a gateway answered the check', { kind: 'gateway' }],
    ['the check got a JSON 404', notFound]
  ])('three rejections are no proof if %s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(question, [fault])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () =>
        zendesk.fault({ token: theToken(zendesk).value }, Array<Fault>(3).fill({ kind: 'stray-401' }))
    })
    // The next way finds it in the list.
    expect(run.postRequests).toEqual([
      'DELETE current by token',
      'GET current by token',
      'GET current by token',
      'POST grant',
      'GET tokens by cleanup',
      'DELETE token by cleanup',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('a token that no server knows for longer than post waits is never "verified"', async () => {
    const zendesk = await mockZendesk({ unknownAtFirst: { requests: 1000 } })
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.main.exitCode).toBe(1)
    expect(run.postRequests.slice(0, 3)).toEqual([
      'DELETE current by token',
      'GET current by token',
      'GET current by token'
    ])
    expect(shown(run.post)).not.toContain(VERIFIED)
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent('5 s are enough to verify a token that was revoked elsewhere', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), 'timeout-seconds': 5 })
    const run = await mainThenPost(zendesk, inputs, { between: revokeElsewhere(zendesk) })
    expect(annotated(run.post)).toEqual([])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent.each(['apiToken', 'accessToken'] as const)(
    'a JSON 404 to the %s: asked at once and after 1 and 3 s, and then the proof',
    async (credential) => {
      const zendesk = await mockZendesk()
      const inputs = at(zendesk, credentials[credential](zendesk))
      const run = await mainThenPost(zendesk, inputs, { between: revokeElsewhere(zendesk) })
      expect(run.postRequests).toEqual([
        'DELETE token by credential',
        'GET current by token',
        'GET current by token',
        'GET current by token'
      ])
      expect(shown(run.post)).toContain(VERIFIED)
      expect(annotated(run.post)).toEqual([])
    }
  )

  it.concurrent('a JSON 404 of an active token: the same deletion once more', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(byId, [notFound])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'GET current by token',
      'DELETE token by token',
      'GET current by token'
    ])
    expect(run.post.elapsed).toBe(0)
    expect(shown(run.post)).toContain(VERIFIED)
  })
})

describe('a page of a gateway says nothing about the token', () => {
  it.concurrent.each([401, 403, 404])(
    'HTML %i to the deletion by id: the next way, at once',
    async (status) => {
      const zendesk = await mockZendesk()
      zendesk.fault(byId, [{ kind: 'gateway', status }])
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
      expect(run.postRequests).toEqual([
        'DELETE token by token',
        'DELETE current by token',
        'GET current by token'
      ])
      expect(shown(run.post)).toContain(VERIFIED)
    }
  )

  it.concurrent.each<[string, Fault]>([
    ['HTML 401', { kind: 'gateway', status: 401 }],
    ['HTML 403', { kind: 'gateway', status: 403 }],
    ['HTML 404', { kind: 'gateway', status: 404 }],
    ['empty 401', { kind: 'empty', status: 401 }],
    ['empty 403', { kind: 'empty', status: 403 }],
    ['JSON 403 without a reason', forbidden]
  ])('every deletion gets %s: a warning with id, expiry and how to revoke it', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(deletions, fault)
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'DELETE current by token',
      'POST grant',
      'DELETE token by cleanup'
    ])
    const { id } = theToken(zendesk)
    const [warning = ''] = annotated(run.post)
    expect(warning).toContain('::warning')
    expect(warning).toContain(String(id))
    expect(warning).toContain(new Date(NOON + HOUR).toISOString().replace('.000', ''))
    expect(warning).toContain(`DELETE ${zendesk.url}/api/v2/oauth/tokens/${id}`)
    expect(shown(run.post)).not.toContain(VERIFIED)
  })

  it.concurrent('a gateway in front of everything in post: no info line about a scope', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'read write' })
    const run = await mainThenPost(zendesk, inputs, { between: () => zendesk.fault({}, { kind: 'gateway' }) })
    expect(count(run.post, 'warning')).toBe(1)
    expect(infoLines(run.post).join('\n')).not.toMatch(/scope/)
  })

  it.concurrent('not even for a token of narrow scopes is an HTML 403 a missing scope', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'read' })
    const run = await mainThenPost(zendesk, inputs, { between: () => zendesk.fault({}, { kind: 'gateway' }) })
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent('a 200 with HTML is no accepted deletion', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(byId, [{ kind: 'html' }])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'DELETE current by token',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
  })
})

describe('the verification after an accepted deletion', () => {
  it.concurrent.each<[string, Fault]>([
    ['an HTML 401', { kind: 'gateway', status: 401 }],
    ['an empty 401', { kind: 'empty', status: 401 }],
    ['a 401 whose `error` is no string', { kind: 'response', status: 401, body: { error: { title: 'No' } } }],
    ['an HTML 403', { kind: 'gateway', status: 403 }],
    ['an HTML 404', { kind: 'gateway', status: 404 }],
    ['a JSON 404', notFound],
    ['a 200 with HTML', { kind: 'html' }],
    ['a redirect', { kind: 'redirect', location: 'https://elsewhere.example/' }]
  ])('stops at %s, and warns that it could not be verified', async (_what, fault) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () => zendesk.fault(question, fault)
    })
    expect(run.postRequests).toEqual(['DELETE token by token', 'GET current by token'])
    expect(count(run.post, 'warning')).toBe(1)
    expect(annotated(run.post)[0]).toMatch(/revoked.*(not|n't) (be )?verif/i)
    expect(shown(run.post)).not.toContain(VERIFIED)
  })

  it.concurrent('stops at facts about another token', async () => {
    const zendesk = await mockZendesk()
    const [other] = zendesk.seedTokens(1)
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () =>
        zendesk.fault(question, {
          kind: 'response',
          status: 200,
          body: { token: { id: other!.id, token: other!.value.slice(0, 10) } }
        })
    })
    expect(run.postRequests).toEqual(['DELETE token by token', 'GET current by token'])
    expect(count(run.post, 'warning')).toBe(1)
    expect(zendesk.activeTokens()).toEqual([other])
  })

  it.concurrent('retries a failure, and takes the rejection that follows', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () =>
        zendesk.fault(question, [
          { kind: 'reset' },
          { kind: 'response', status: 503 },
          { kind: 'gateway', status: 429, headers: { 'Retry-After': '2' } }
        ])
    })
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      ...Array<string>(4).fill('GET current by token')
    ])
    expect(shown(run.post)).toContain(VERIFIED)
    expect(annotated(run.post)).toEqual([])
  })

  it.concurrent('asks again after 1 and 3 s if a 204 revoked nothing, then takes the next way', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(byId, [idle204])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'GET current by token',
      'GET current by token',
      'GET current by token',
      'DELETE current by token',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('takes a JSON 403 for an active token', async () => {
    const zendesk = await mockZendesk({ deleteCurrentWorks: false })
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'write' })
    const run = await mainThenPost(zendesk, inputs)
    expect(run.postRequests).toEqual([
      'DELETE current by token',
      'GET current by token',
      'GET current by token',
      'GET current by token',
      'POST grant',
      'GET tokens by cleanup',
      'DELETE token by cleanup',
      'GET current by token'
    ])
    expect(shown(run.post)).toContain(VERIFIED)
  })

  it.concurrent('a 204 that revokes nothing, everywhere: a warning', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(deletions, idle204)
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(count(run.post, 'warning')).toBe(1)
    expect(zendesk.activeTokens()).toContain(theToken(zendesk))
  })
})

describe('no clock decides', () => {
  it.concurrent.each([
    ['a day ahead', 24 * HOUR],
    ['a day behind', -24 * HOUR]
  ])('the clock of the runner in post is %s: one deletion, one verification', async (_where, shift) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      postRun: { now: NOON + shift }
    })
    expect(run.postRequests).toEqual(['DELETE token by token', 'GET current by token'])
    expect(shown(run.post)).toContain(VERIFIED)
    expect(shown(run.post)).not.toMatch(/had expired/)
  })

  it.concurrent('an expired token costs one request', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () => {
        zendesk.advance(2 * HOUR)
      }
    })
    expect(run.postRequests).toEqual(['DELETE token by token'])
    expect(shown(run.post)).toMatch(/had (already )?expired/)
    expect(annotated(run.post)).toEqual([])
  })

  it.concurrent('an expired token costs one request also if the runner is a day behind', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () => {
        zendesk.advance(2 * HOUR)
      },
      mainRun: { now: NOON - 24 * HOUR },
      postRun: { now: NOON - 24 * HOUR }
    })
    expect(run.postRequests).toEqual(['DELETE token by token'])
  })

  it.concurrent('a runner that is ahead does not make a stray 401 an expiry', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(byId, [{ kind: 'stray-401' }])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      postRun: { now: NOON + 24 * HOUR }
    })
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'GET current by token',
      'DELETE token by token',
      'GET current by token'
    ])
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent.each([2 * HOUR, -2 * HOUR])(
    'a `Date` that is always %i ms off does not make a stray 401 an expiry',
    async (dateSkew) => {
      const zendesk = await mockZendesk({ dateSkew })
      zendesk.fault(byId, [{ kind: 'stray-401' }])
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
      expect(shown(run.post)).not.toMatch(/had (already )?expired/)
      expect(shown(run.post)).toContain(VERIFIED)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('a lifetime that was requested, but never reported, proves nothing', async () => {
    const zendesk = await mockZendesk({ reportExpiresIn: 'never' })
    zendesk.fault(question, [{ kind: 'gateway' }])
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
      between: () => {
        theToken(zendesk).expiresAt = null
        zendesk.advance(2 * HOUR)
        zendesk.fault(byCurrent, [{ kind: 'stray-401' }])
      },
      postRun: { now: NOON + 2 * HOUR }
    })
    expect(run.postRequests).toEqual([
      'DELETE current by token',
      'GET current by token',
      'DELETE current by token',
      'GET current by token'
    ])
    expect(zendesk.activeTokens()).toEqual([])
  })
})

describe('the ways to revoke', () => {
  it.concurrent('a cleanup token is the last; one info line says that it was minted', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...byId, count: 1 }, forbidden)
    zendesk.fault(byCurrent, forbidden)
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(run.postRequests).toEqual([
      'DELETE token by token',
      'DELETE current by token',
      'POST grant',
      'DELETE token by cleanup',
      'GET current by token'
    ])
    const grant = zendesk.requests.filter(({ path }) => path === MINT)[1]!
    expect(grant.json).toMatchObject({ scope: 'read write', expires_in: 600 })
    expect(infoLines(run.post).filter((line) => /cleanup token/i.test(line))).toHaveLength(1)
    expect(run.post.stdout).toContain(`::add-mask::${mintedTokens(zendesk)[1]!.value}`)
    expect(zendesk.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      headers: { authorization: `Bearer ${mintedTokens(zendesk)[1]!.value}` }
    })
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.concurrent('no cleanup token, no line about one', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)))
    expect(shown(run.post)).not.toMatch(/cleanup token/i)
  })

  it.concurrent('scopes alone in the way of a token that expires: an info line, no warning', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, {
      ...credentials.clientCredentials(zendesk, 'tickets_only'),
      scopes: 'tickets:read'
    })
    const run = await mainThenPost(zendesk, inputs)
    expect(run.postRequests).toEqual(['DELETE current by token', 'POST grant'])
    expect(annotated(run.post)).toEqual([])
    expect(infoLines(run.post).at(-1)).toContain('2026-11-21T13:00:00Z')
  })

  it.concurrent('the same of a token whose expiry was not reported: a warning', async () => {
    const zendesk = await mockZendesk({ reportExpiresIn: 'never' })
    const inputs = at(zendesk, {
      ...credentials.clientCredentials(zendesk, 'tickets_only'),
      scopes: 'tickets:read'
    })
    const run = await mainThenPost(zendesk, inputs)
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent(
    'Zendesk names the missing scope, though the token was granted it: an info line',
    async () => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, at(zendesk, credentials.clientCredentials(zendesk)), {
        between: () => {
          const { id, value } = theToken(zendesk)
          zendesk.fault({ method: 'DELETE', path: `/api/v2/oauth/tokens/${id}` }, missingScope)
          zendesk.fault({ method: 'DELETE', token: value }, missingScope)
        }
      })
      expect(annotated(run.post)).toEqual([])
      expect(zendesk.activeTokens()).toEqual([theToken(zendesk)])
    }
  )

  it.concurrent('a rate limit on the cleanup token is another obstacle than a scope: a warning', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, inputs, {
      between: () =>
        zendesk.fault({ path: MINT }, { kind: 'response', status: 429, headers: { 'Retry-After': '900' } })
    })
    expect(count(run.post, 'warning')).toBe(1)
  })
})

describe('the credential in post', () => {
  it.concurrent('the API token is not sent to an origin that the state did not have', async () => {
    const [zendesk, elsewhere] = [await mockZendesk(), await mockZendesk()]
    const inputs = at(zendesk, credentials.apiToken(zendesk))
    const main = await runStep('main', { inputs })
    await runStep('post', { inputs, state: replaced(main.state, zendesk.url, elsewhere.url) })
    expect(elsewhere.requests.map(({ headers }) => headers.authorization ?? '').join()).not.toContain('Basic')
  })

  it.concurrent.each(['origin', 'client'])('no cleanup token is minted for another %s', async (what) => {
    const [zendesk, elsewhere] = [await mockZendesk(), await mockZendesk()]
    const inputs = at(zendesk, { ...credentials.clientCredentials(zendesk), scopes: 'tickets:read' })
    const main = await runStep('main', { inputs })
    zendesk.forget()
    const state =
      what === 'origin'
        ? replaced(main.state, zendesk.url, elsewhere.url)
        : replaced(main.state, 'ci_bot', 'tickets_only')
    expect(state).not.toEqual(main.state)
    const post = await runStep('post', { inputs, state })
    expect(post.exitCode).toBe(0)
    const sent = [...zendesk.requests, ...elsewhere.requests]
    expect(sent.map(({ path }) => path)).not.toContain(MINT)
    expect(sent.map(({ body }) => body).join()).not.toContain(zendesk.client('ci_bot').secret)
  })
})

describe('a signal in post', () => {
  it.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s while a deletion is answered: accepted, not verified, and said so',
    async (signal) => {
      const zendesk = await mockZendesk()
      const inputs = at(zendesk, credentials.clientCredentials(zendesk))
      const main = await runStep('main', { inputs })
      const boundary = zendesk.requests.length
      const { preload, onStart } = cancelDuring(zendesk, byId, signal, 'response late')
      const post = await runStep('post', { inputs, state: main.state, onStart, ...preload })
      expectCalm(zendesk, post)
      expect(requestLines(zendesk, zendesk.requests.slice(boundary))).toEqual(['DELETE token by token'])
      expect(count(post, 'warning')).toBe(1)
      expect(annotated(post)[0]).toMatch(/accepted/)
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent(
    'a deletion that is not answered gets 2 s, and the warning says that it was sent',
    async () => {
      const zendesk = await mockZendesk()
      const inputs = at(zendesk, credentials.clientCredentials(zendesk))
      const main = await runStep('main', { inputs })
      const boundary = zendesk.requests.length
      zendesk.fault(byId, { kind: 'stall' })
      const { preload, onStart } = cancelAtRequest(zendesk, boundary + 1, 'SIGTERM')
      const post = await runStep('post', { inputs, state: main.state, onStart, ...preload })
      expectCalm(zendesk, post)
      expect(requestLines(zendesk, zendesk.requests.slice(boundary))).toEqual(['DELETE token by token'])
      expect(post.elapsed).toBe(2000)
      expect(annotated(post)).toEqual([expect.stringMatching(/^::warning.*\bsent\b/)])
    }
  )

  it.concurrent('during a wait: nothing more is sent', async () => {
    const zendesk = await mockZendesk()
    const inputs = at(zendesk, credentials.clientCredentials(zendesk))
    const main = await runStep('main', { inputs })
    const boundary = zendesk.requests.length
    zendesk.fault(byId, { kind: 'response', status: 503 })
    const { preload, onLine } = cancelAtLine('503', 'SIGTERM')
    const post = await runStep('post', { inputs, state: main.state, onLine, ...preload })
    expectCalm(zendesk, post)
    expect(requestLines(zendesk, zendesk.requests.slice(boundary))).toEqual(['DELETE token by token'])
    expect(count(post, 'warning')).toBe(1)
  })
})

function replaced(state: Record<string, string>, from: string, to: string): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.replaceAll(from, to)]))
}
