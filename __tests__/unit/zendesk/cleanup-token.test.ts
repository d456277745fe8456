import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Cancelled } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { withHelper, type Helper, type HelperTerms } from '../../../src/zendesk/cleanup-token.ts'
import { ORIGIN, talk, thrownBy, type Talk } from '../clock.ts'

const TOKENS = '/api/v2/oauth/tokens'
const HELPER = 'helper-token-1'

useNock()

interface Seen extends HelperTerms {
  masked: string[]
  left: string[]
}

function terms(): Seen {
  const masked: string[] = []
  const left: string[] = []
  return {
    credential: {
      kind: 'client-secret',
      clientSecret: new Secret('the-client-secret'),
      authMethod: 'client_secret_post'
    },
    about: { origin: ORIGIN, credential: 'client-secret', clientId: 'ci_bot' },
    lifetime: 600,
    mask: (secret) => masked.push(secret),
    onLeftOver: (sentence) => left.push(sentence),
    masked,
    left
  }
}

function mints(status = 200, body: unknown = { access_token: HELPER, token_type: 'bearer' }): void {
  nock(ORIGIN)
    .post('/oauth/tokens', {
      grant_type: 'client_credentials',
      client_id: 'ci_bot',
      client_secret: 'the-client-secret',
      scope: 'read write',
      expires_in: 600
    })
    .reply(status, body as nock.Body)
}

function withIt(): nock.Scope {
  return nock(ORIGIN, { reqheaders: { authorization: `Bearer ${HELPER}` } })
}

function tells(id: number | undefined = 9): void {
  withIt()
    .get(`${TOKENS}/current`)
    .reply(200, { token: { id, client_id: 41, user_id: 7 } })
}

function run<Result>(by: Talk, given: Seen, work: (helper: Helper) => Promise<Result>): Promise<Result> {
  return withHelper(by.session, given, work)
}

describe('withHelper', () => {
  it('mints, masks, works and revokes by id, and gives what the work gave', async () => {
    mints()
    tells()
    withIt().delete(`${TOKENS}/9`).reply(204)
    const given = terms()
    const result = await run(talk(), given, (helper) => {
      expect(given.masked).toEqual([HELPER])
      expect(helper.authorization.reveal()).toBe(`Bearer ${HELPER}`)
      expect(helper.facts).toMatchObject({ id: 9, clientId: 41, userId: 7 })
      return Promise.resolve('done')
    })
    expect(result).toBe('done')
    expect(given.left).toEqual([])
  })

  it('revokes it after work that failed, and fails as the work did', async () => {
    mints()
    tells()
    withIt().delete(`${TOKENS}/9`).reply(204)
    const failed = new Error('the work failed')
    expect(await thrownBy(run(talk(), terms(), () => Promise.reject(failed)))).toBe(failed)
  })

  it.each([
    ['refuses to tell', 403, {}],
    ['tells no id', 200, { token: {} }],
    ['tells nonsense', 200, 'plain']
  ])('works, and revokes it as the current one, where Zendesk %s', async (_what, status, body) => {
    mints()
    withIt().get(`${TOKENS}/current`).reply(status, body)
    withIt().delete(`${TOKENS}/current`).reply(204)
    const given = terms()
    expect(await run(talk(), given, ({ facts }) => Promise.resolve(facts.id))).toBeUndefined()
    expect(given.left).toEqual([])
  })

  it('works where there is no answer to what it is', async () => {
    mints()
    withIt()
      .get(`${TOKENS}/current`)
      .times(5)
      .replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    withIt().delete(`${TOKENS}/current`).reply(204)
    expect(await run(talk(), terms(), () => Promise.resolve('done'))).toBe('done')
  })

  it.each([
    [401, { error: 'invalid_client' }, 'invalidClient'],
    [400, { error: 'invalid_scope' }, 'invalidScope'],
    [400, { error: 'unauthorized_client' }, 'unauthorizedClient'],
    [200, {}, 'unusableReply'],
    [200, { access_token: 'short' }, 'unusableReply'],
    [302, { access_token: HELPER }, 'redirect']
  ])('tells why there is none: %d %j', async (status, body, kind) => {
    mints(status, body)
    const given = terms()
    const error = await thrownBy(run(talk(), given, () => Promise.reject(new Error('not reached'))))
    expect(error).toMatchObject({ kind })
    expect(error.message).toMatch(
      /^Could not mint a helper token: .*POST \/oauth\/tokens at acme\.zendesk\.com/
    )
    // What is told of a refusal must not show a token that came with it.
    expect(given.masked).toEqual(status === 302 ? [HELPER] : [])
  })

  it('tells once that an unused one may exist, where replies to its mint were lost', async () => {
    mints(502, {})
    mints(504, {})
    mints()
    tells()
    withIt().delete(`${TOKENS}/9`).reply(204)
    const given = terms()
    expect(await run(talk(), given, () => Promise.resolve('done'))).toBe('done')
    expect(given.left).toEqual([
      expect.stringMatching(
        /^The reply to the mint of a helper token was lost\. An unused token of client ci_bot may exist since \d\d:\d\d UTC; it expires after 10 minutes, and `sweep` removes it\.$/
      )
    ])
  })

  it('tells nothing of that where the mint was refused for a moment', async () => {
    mints(429, {})
    mints()
    tells()
    withIt().delete(`${TOKENS}/9`).reply(204)
    const given = terms()
    await run(talk(), given, () => Promise.resolve())
    expect(given.left).toEqual([])
  })

  it('masks a refresh token as well, which no helper should have', async () => {
    mints(200, { access_token: HELPER, refresh_token: 'refresh-1' })
    tells()
    withIt().delete(`${TOKENS}/9`).reply(204)
    const given = terms()
    await run(talk(), given, () => Promise.resolve())
    expect(given.masked).toEqual([HELPER, 'refresh-1'])
  })

  it('tells why there was no reply', async () => {
    const by = talk()
    nock(ORIGIN)
      .post('/oauth/tokens')
      .times(5)
      .replyWithError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))
    expect(await thrownBy(run(by, terms(), () => Promise.resolve()))).toMatchObject({ kind: 'connection' })
  })

  it.each([
    [401, 9],
    [404, 9],
    [401, undefined]
  ])('takes %d to the revocation for a dead helper, with the id %s', async (status, id) => {
    mints()
    tells(id ?? 0)
    withIt()
      .delete(`${TOKENS}/${id ?? 'current'}`)
      .reply(status)
    const given = terms()
    await run(talk(), given, () => Promise.resolve())
    expect(given.left).toEqual([])
  })

  it.each([
    [403, 9],
    [404, 0],
    [302, 9],
    [422, 9]
  ])(
    'says, where the revocation is answered %d, which helper lives, how long, and what to do',
    async (status, id) => {
      mints()
      tells(id)
      withIt()
        .delete(`${TOKENS}/${id === 0 ? 'current' : id}`)
        .reply(status)
      const given = terms()
      await run(talk(), given, () => Promise.resolve())
      expect(given.left).toHaveLength(1)
      expect(given.left[0]).toMatch(id === 0 ? /helper token \(id unknown\)/ : /helper token 9 /)
      expect(given.left[0]).toMatch(new RegExp(`${status}.*within 10 minutes; .*DELETE`))
    }
  )

  it('says so where the revocation has no answer, and gives what the work gave', async () => {
    mints()
    tells()
    withIt()
      .delete(`${TOKENS}/9`)
      .times(5)
      .replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    const given = terms()
    expect(await run(talk(), given, () => Promise.resolve('done'))).toBe('done')
    expect(given.left).toEqual([expect.stringContaining('helper token 9')])
  })

  it('revokes it in a cancelled job', async () => {
    mints()
    tells()
    const revoked = withIt().delete(`${TOKENS}/9`).reply(204)
    const by = talk()
    const work = (): Promise<void> => {
      by.cancel()
      return Promise.reject(new Cancelled())
    }
    const given = terms()
    expect(await thrownBy(run(by, given, work))).toBeInstanceOf(Cancelled)
    expect([revoked.isDone(), given.left]).toEqual([true, []])
  })

  it('revokes it in a job that is cancelled while it is minted', async () => {
    const by = talk()
    nock(ORIGIN)
      .post('/oauth/tokens')
      .reply(() => {
        by.cancel()
        return [200, { access_token: HELPER }]
      })
    withIt().delete(`${TOKENS}/current`).reply(204)
    const given = terms()
    expect(await thrownBy(run(by, given, () => Promise.resolve()))).toBeInstanceOf(Cancelled)
    expect([given.masked, given.left]).toEqual([[HELPER], []])
  })

  it('revokes it after the time for the work is over, in what is kept for that', async () => {
    mints()
    tells()
    const revoked = withIt().delete(`${TOKENS}/9`).reply(204)
    const by = talk({ seconds: 240, reserve: 5000 })
    const given = terms()
    await run(by, given, () => {
      by.world.pass(236_000)
      return Promise.resolve()
    })
    expect([revoked.isDone(), given.left]).toEqual([true, []])
  })

  it('says, in whole seconds if in any, that there was no time left to revoke it', async () => {
    mints()
    tells()
    const by = talk({ seconds: 240 })
    const given = terms()
    await run(by, given, () => {
      by.world.pass(240_000.5)
      return Promise.resolve()
    })
    expect(given.left).toEqual([expect.stringContaining('helper token 9')])
    expect(given.left[0]).not.toMatch(/\d\.\d/)
  })

  it('revokes it in the time kept for that where the time for the work ends while it is being revoked', async () => {
    mints()
    tells()
    const by = talk({ seconds: 20, reserve: 5000 })
    withIt()
      .delete((path) => {
        const isIt = path === `${TOKENS}/9`
        // Asked more than once, the time ends once.
        if (isIt) by.world.pass(Math.max(0, 15_000 - by.world.elapsed()))
        return isIt
      })
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    const again = withIt().delete(`${TOKENS}/9`).reply(404)
    const given = terms()
    await run(by, given, () => Promise.resolve())
    expect([again.isDone(), given.left]).toEqual([true, []])
  })

  it('revokes it where the job is cancelled while it is being revoked', async () => {
    mints()
    tells()
    const by = talk()
    let revoked = 0
    withIt()
      .delete(`${TOKENS}/9`)
      .reply(() => {
        by.cancel()
        return [500]
      })
    const again = withIt()
      .delete(`${TOKENS}/9`)
      .optionally()
      .reply(() => {
        revoked += 1
        return [204]
      })
    const given = terms()
    await run(by, given, () => Promise.resolve())
    expect([again.isDone(), revoked, given.left]).toEqual([true, 1, []])
  })
})
