import { describe, expect, it } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Cancelled } from '../../../src/lib/deadline.ts'
import { Secret } from '../../../src/lib/secret.ts'
import {
  withCleanupToken,
  type CleanupTerms,
  type CleanupToken,
  type RemainingToken
} from '../../../src/zendesk/cleanup-token.ts'
import { ORIGIN, testClient, type TestClient } from '../clock.ts'

const TOKENS = '/api/v2/oauth/tokens'
const TOKEN = 'cleanup-token-1'
const rejection = { error: 'invalid_token' }
const page = '<html>no</html>'

useNock()

/** The server mints a cleanup token, or responds with something else. */
function minting(status = 200, body: unknown = { access_token: TOKEN, token_type: 'bearer' }): void {
  const request = {
    grant_type: 'client_credentials',
    client_id: 'ci_bot',
    client_secret: 'the-client-secret',
    scope: 'read write',
    expires_in: 600
  }
  nock(ORIGIN)
    .post('/oauth/tokens', request)
    .reply(status, body as nock.Body)
}

function own(): nock.Scope {
  return nock(ORIGIN, { reqheaders: { authorization: `Bearer ${TOKEN}` } })
}

/** The server reports facts about the cleanup token. */
function reporting(body: unknown = { token: { id: 9, client_id: 41, user_id: 7 } }, status = 200): void {
  own()
    .get(`${TOKENS}/current`)
    .reply(status, body as nock.Body)
}

/** The server responds to the DELETE of the cleanup token, `during` which something may happen. */
function revoking(status = 204, body: unknown = '', id: number | string = 9, during?: () => void): void {
  own()
    .delete(`${TOKENS}/${id}`)
    .reply(() => {
      during?.()
      return [status, body as nock.Body]
    })
}

const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })

interface Run<Result> {
  result: Result | undefined
  error: Error | undefined
  remaining: RemainingToken[]
  test: TestClient
}

async function run<Result>(
  work: (token: CleanupToken) => Promise<Result>,
  test = testClient(),
  terms: Partial<CleanupTerms> = {}
): Promise<Run<Result>> {
  const remaining: RemainingToken[] = []
  let result: Result | undefined
  let error: Error | undefined
  const all: CleanupTerms = {
    credential: {
      kind: 'client_credentials',
      clientSecret: new Secret('the-client-secret'),
      authMethod: 'client_secret_post'
    },
    clientId: 'ci_bot',
    lifetime: 600,
    onRemaining: (problem) => remaining.push(problem),
    ...terms
  }
  try {
    result = await withCleanupToken(test.client, all, work)
  } catch (caught) {
    error = caught as Error
  }
  return { result, error, remaining, test }
}

const done = (): Promise<string> => Promise.resolve('done')

describe('with a cleanup token, the work', () => {
  it('gets the token and what Zendesk reports about it, and returns its result', async () => {
    minting()
    reporting()
    revoking()
    const seen: unknown[] = []
    const test = testClient()
    const { result, remaining } = await run(
      ({ authorization, facts }) => {
        seen.push(authorization.reveal(), facts?.id, facts?.clientId, facts?.userId)
        return done()
      },
      test,
      { onMint: () => seen.push('minted') }
    )
    expect(result).toBe('done')
    expect(seen).toEqual(['minted', `Bearer ${TOKEN}`, 9, 41, 7])
    expect(remaining).toEqual([])
  })

  it('has the token masked before anything is logged about the response to its mint', async () => {
    minting()
    reporting()
    revoking()
    const { log } = (await run(done)).test
    expect(log.of('mask')).toEqual([TOKEN])
    expect(log.lines[0]).toBe(`mask: ${TOKEN}`)
  })

  it('fails with its own error, after the token is revoked', async () => {
    minting()
    reporting()
    revoking()
    const failure = new Error('the work failed')
    expect((await run(() => Promise.reject(failure))).error).toBe(failure)
  })

  it.each<[string, unknown, number]>([
    ['refuses the look-up', {}, 403],
    ['responds without a token', {}, 200],
    ['responds with plain text', 'plain', 200],
    ['reports another token', { token: { id: 9, token: 'klmnopqrst' } }, 200]
  ])(
    'gets no facts if Zendesk %s, and the token is revoked as the current one',
    async (_what, body, status) => {
      minting()
      reporting(body, status)
      revoking(204, '', 'current')
      const { result, remaining } = await run(({ facts }) => Promise.resolve([facts]))
      expect([result, remaining]).toEqual([[undefined], []])
    }
  )

  it('gets no facts if the look-up has no response', async () => {
    minting()
    own().get(`${TOKENS}/current`).times(5).replyWithError(reset)
    revoking(204, '', 'current')
    expect((await run(({ facts }) => Promise.resolve([facts]))).result).toEqual([undefined])
  })

  it('is not started if the job is cancelled during the mint, and the token is revoked', async () => {
    minting()
    revoking(204, '', 'current')
    const test = testClient()
    test.client.log.mask = test.cancel
    const { error, remaining } = await run(() => Promise.reject(new Error('started')), test)
    expect(error).toMatchObject({ kind: 'cancelled' })
    expect(remaining).toEqual([])
  })

  it('is not started after a fault of ours', async () => {
    minting()
    revoking(204, '', 'current')
    const fault = new TypeError('ours')
    const onMint = (): never => {
      throw fault
    }
    expect((await run(done, testClient(), { onMint })).error).toBe(fault)
  })
})

describe('if a cleanup token cannot be minted, the error', () => {
  it.each([
    [401, { error: 'invalid_client' }, 'invalidClient'],
    [400, { error: 'invalid_scope' }, 'invalidScope'],
    [400, { error: 'unauthorized_client' }, 'unauthorizedClient'],
    [302, { access_token: TOKEN }, 'redirect']
  ])('says why: %d %j', async (status, body, kind) => {
    minting(status, body)
    const { error, remaining, test } = await run(done)
    expect(error).toMatchObject({ kind, request: { purpose: 'mint a cleanup token' } })
    // What is logged about a refusal must not show a token that came with it.
    expect(test.log.of('mask')).toEqual(status === 302 ? [TOKEN] : [])
    expect(remaining).toEqual([])
  })

  it.each([{}, { access_token: 'short' }])(
    'says that the response %j has none, and that one may exist',
    async (body) => {
      minting(200, body)
      const { error, remaining } = await run(done)
      expect(error).toMatchObject({ kind: 'unusableResponse' })
      expect(remaining).toEqual([
        { id: undefined, lifetime: 600, lost: expect.stringMatching(/^An unused token of client ci_bot /) }
      ])
    }
  )

  it('says that there was no response', async () => {
    nock(ORIGIN).post('/oauth/tokens').times(5).replyWithError(reset)
    expect((await run(done)).error).toMatchObject({ kind: 'connection' })
  })
})

describe('a lost response to the mint of a cleanup token', () => {
  it('is reported once, with the number of tokens that may exist', async () => {
    minting(502, {})
    minting(504, {})
    minting()
    reporting()
    revoking()
    expect((await run(done)).remaining).toEqual([
      {
        id: undefined,
        lifetime: 600,
        lost: 'Up to 2 unused tokens of client ci_bot may exist since 12:00 UTC; they expire after 10 minutes, and `sweep` removes them.'
      }
    ])
  })

  it('is not a 429, after which nothing was minted', async () => {
    minting(429, {})
    minting()
    reporting()
    revoking()
    expect((await run(done)).remaining).toEqual([])
  })
})

describe('a cleanup token is revoked', () => {
  it('if its DELETE is accepted when sent once more, 1 s after a stray 401', async () => {
    minting()
    reporting()
    revoking(401, rejection)
    revoking()
    const { remaining, test } = await run(done)
    expect([remaining, test.clock.sleeps]).toEqual([[], [1000]])
  })

  it.each<[string, number, unknown]>([
    ['rejected twice', 401, rejection],
    ['not found', 404, {}]
  ])('if it was seen working and its DELETE is %s', async (_what, status, body) => {
    minting()
    reporting()
    revoking(status, body)
    if (status === 401) revoking(status, body)
    expect((await run(done)).remaining).toEqual([])
  })

  it('if the job is cancelled during the work', async () => {
    minting()
    reporting()
    revoking()
    const test = testClient()
    const { error, remaining } = await run(() => {
      test.cancel()
      return Promise.reject(new Cancelled())
    }, test)
    expect(error).toBeInstanceOf(Cancelled)
    expect(remaining).toEqual([])
  })

  it('by a second DELETE if the job is cancelled during the first', async () => {
    minting()
    reporting()
    const test = testClient()
    revoking(500, {}, 9, test.cancel)
    revoking()
    expect((await run(done, test)).remaining).toEqual([])
  })

  it('by a second DELETE if the deadline is reached during the first, and the connection fails', async () => {
    minting()
    reporting()
    const test = testClient({ seconds: 20, reserve: 5000 })
    own()
      .delete((path) => {
        test.clock.pass(15_000 - test.clock.elapsed())
        return path === `${TOKENS}/9`
      })
      .replyWithError(reset)
    revoking(404, {})
    expect((await run(done, test)).remaining).toEqual([])
  })

  it('in the time that is reserved for it, if the deadline is reached during the work', async () => {
    minting()
    reporting()
    revoking()
    const test = testClient({ seconds: 240, reserve: 5000 })
    const { remaining } = await run(() => {
      test.clock.pass(236_000)
      return done()
    }, test)
    expect(remaining).toEqual([])
  })
})

describe('a cleanup token that may remain active is reported', () => {
  it.each<[string, number, unknown, number | undefined, string]>([
    ['a 403', 403, {}, 9, 'forbidden'],
    ['a redirect', 302, {}, 9, 'redirect'],
    ['a 422', 422, {}, 9, 'unexpected'],
    ['a page with 200', 200, page, 9, 'gateway'],
    ['a page with 404', 404, page, 9, 'gateway'],
    ['a page with 401', 401, page, 9, 'gateway'],
    ['a 404 although its id is not known', 404, {}, undefined, 'unexpected']
  ])('with its id and the error after %s', async (_what, status, body, id, kind) => {
    minting()
    reporting(id === undefined ? {} : { token: { id } })
    revoking(status, body, id ?? 'current')
    const { result, remaining } = await run(done)
    expect(result).toBe('done')
    expect(remaining).toMatchObject([{ id, lifetime: 600, error: { kind } }])
    expect(remaining[0]).toHaveProperty('error.request.purpose', 'revoke the cleanup token')
  })

  it('if it was never seen working, since two 401s are no proof then', async () => {
    minting()
    reporting({})
    revoking(401, rejection, 'current')
    revoking(401, rejection, 'current')
    expect((await run(done)).remaining).toMatchObject([
      { id: undefined, error: { kind: 'credentialsRejected' } }
    ])
  })

  it('if its DELETE has no response', async () => {
    minting()
    reporting()
    own().delete(`${TOKENS}/9`).times(5).replyWithError(reset)
    const { result, remaining } = await run(done)
    expect(result).toBe('done')
    expect(remaining).toMatchObject([{ id: 9, error: { kind: 'connection' } }])
  })

  it('if no time is left for its DELETE', async () => {
    minting()
    reporting()
    const test = testClient({ seconds: 240 })
    const { remaining } = await run(() => {
      test.clock.pass(240_000.5)
      return done()
    }, test)
    expect(remaining).toMatchObject([{ id: 9, error: { kind: 'deadline' } }])
  })

  it.each(['GET', 'DELETE'])('but a fault of ours in its %s is thrown', async (method) => {
    minting()
    if (method === 'DELETE') reporting()
    else revoking(204, '', 'current')
    const test = testClient()
    const fault = new TypeError('ours')
    const send = test.client.send.bind(test.client)
    test.client.send = (request, options) =>
      request.method === method ? Promise.reject(fault) : send(request, options)
    expect((await run(done, test)).error).toBe(fault)
  })
})
