import { describe, expect, it, jest } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import {
  withCleanupToken,
  type CleanupTerms,
  type CleanupToken,
  type RemainingToken
} from '../../../src/zendesk/cleanup-token.ts'
import { ORIGIN, testClient, type TestClient } from '../clock.ts'

const TOKENS = '/api/v2/oauth/tokens'
const TOKEN = 'abcdefghij-cleanup'
const MINT = 'POST /oauth/tokens'
const LOOK_UP = `GET ${TOKENS}/current`
const REVOKE = `DELETE ${TOKENS}/9`
const REVOKE_CURRENT = `DELETE ${TOKENS}/current`
const rejection = { error: 'invalid_token' }

useNock()

/** A request and the response to it; without a status the connection breaks. */
type Exchange = [request: string, status?: number, body?: unknown]

const minted: Exchange = [MINT, 200, { access_token: TOKEN, token_type: 'bearer' }]
const found: Exchange = [LOOK_UP, 200, { token: { id: 9, client_id: 41, user_id: 7, token: 'abcdefghij' } }]
const hidden: Exchange = [LOOK_UP, 403, {}]
const gone: Exchange = [REVOKE, 204]

interface Run {
  /** What the work returned. */
  result: unknown
  /** What was thrown. */
  error: Error | undefined
  remaining: RemainingToken[]
  /** The cleanup token that the work was given. */
  token: CleanupToken | undefined
}

/** Works with a cleanup token, which has to make these requests in this order. */
async function run(
  exchanges: Exchange[],
  test = testClient(),
  work: () => Promise<unknown> = () => Promise.resolve('done'),
  more: Partial<CleanupTerms> = {}
): Promise<Run> {
  for (const [request, status, body = ''] of exchanges) {
    const [method = '', path = ''] = request.split(' ')
    const options = request === MINT ? {} : { reqheaders: { authorization: `Bearer ${TOKEN}` } }
    const expected = nock(ORIGIN, options).intercept(path, method)
    if (status === undefined) expected.replyWithError(new Error('reset'))
    else expected.reply(status, body as nock.Body)
  }
  const run: Run = { result: undefined, error: undefined, remaining: [], token: undefined }
  const terms: CleanupTerms = {
    credential: {
      kind: 'client_credentials',
      clientSecret: new Secret('the-client-secret'),
      authMethod: 'client_secret_post'
    },
    clientId: 'ci_bot',
    lifetime: 600,
    onRemaining: (problem) => run.remaining.push(problem),
    ...more
  }
  try {
    run.result = await withCleanupToken(test.client, terms, (token) => {
      run.token = token
      return work()
    })
  } catch (error) {
    run.error = error as Error
  }
  const made = test.log.of('debug').map((line) => line.split(': ')[0])
  expect(made).toEqual(exchanges.map(([request]) => request))
  return run
}

/** Calls `act` when the response to a request that begins like this was read. */
function after(request: string, { client, log }: TestClient, act: () => void): void {
  client.log.debug = (line) => {
    log.lines.push(`debug: ${line}`)
    if (line.startsWith(request)) act()
  }
}

describe('a cleanup token', () => {
  it('is minted with read and write for its lifetime, masked, announced, used and revoked by its id', async () => {
    const test = testClient()
    const mint = jest.spyOn(test.client, 'send')
    const onMint = jest.fn()
    const { result, token, remaining } = await run([minted, found, gone], test, undefined, { onMint })
    expect(JSON.parse(mint.mock.calls[0]?.[0].body?.reveal() ?? '')).toEqual({
      grant_type: 'client_credentials',
      client_id: 'ci_bot',
      client_secret: 'the-client-secret',
      scope: 'read write',
      expires_in: 600
    })
    expect(test.log.lines.slice(0, 2)).toEqual([
      `mask: ${TOKEN}`,
      expect.stringMatching(/^debug: POST/) as unknown
    ])
    expect(onMint).toHaveBeenCalledTimes(1)
    expect(token?.authorization.reveal()).toBe(`Bearer ${TOKEN}`)
    expect(token?.facts).toMatchObject({ id: 9, clientId: 41, userId: 7 })
    expect([result, remaining]).toEqual(['done', []])
  })

  it('is revoked after work that fails, which is then what is thrown', async () => {
    const fault = new Error('the work failed')
    const { error, remaining } = await run([minted, found, gone], testClient(), () => Promise.reject(fault))
    expect(error).toBe(fault)
    expect(remaining).toEqual([])
  })

  it('is revoked as the current one if the announcement fails', async () => {
    const fault = new Error('ours')
    const onMint = (): void => {
      throw fault
    }
    const { error } = await run([minted, [REVOKE_CURRENT, 204]], testClient(), undefined, { onMint })
    expect(error).toBe(fault)
  })

  it.each<[string, Exchange[]]>([
    ['Zendesk does not let it look', [hidden]],
    ['the response is about another token', [[LOOK_UP, 200, { token: { id: 8, token: 'klmnopqrst' } }]]],
    ['the response is not JSON', [[LOOK_UP, 200, 'plain']]],
    ['it is rejected', [[LOOK_UP, 401, rejection]]],
    ['the connection fails five times', Array<Exchange>(5).fill([LOOK_UP])]
  ])('works without facts, and is revoked as the current one, if %s', async (_what, lookUps) => {
    const exchanges: Exchange[] = [minted, ...lookUps, [REVOKE_CURRENT, 204]]
    const { result, token, remaining } = await run(exchanges)
    expect(token?.facts).toBeUndefined()
    expect([result, remaining]).toEqual(['done', []])
  })

  it('is revoked as the current one if only its id is not reported', async () => {
    const exchanges: Exchange[] = [minted, [LOOK_UP, 200, { token: { user_id: 7 } }], [REVOKE_CURRENT, 204]]
    expect((await run(exchanges)).token?.facts).toMatchObject({ id: undefined, userId: 7 })
  })
})

describe('the mint of a cleanup token', () => {
  it.each<[number, unknown, string]>([
    [401, { error: 'invalid_client' }, 'invalidClient'],
    [400, { error: 'invalid_scope' }, 'invalidScope'],
    [300, { access_token: TOKEN }, 'redirect'],
    [302, { access_token: TOKEN }, 'redirect'],
    [200, '<html>', 'subdomainUnknown']
  ])('throws if it is refused with %d %j', async (status, body, kind) => {
    const test = testClient()
    const onMint = jest.fn()
    const { error, token, remaining } = await run([[MINT, status, body]], test, undefined, { onMint })
    expect(error).toMatchObject({ kind, request: { purpose: 'mint a cleanup token' }, response: { status } })
    expect([token, onMint.mock.calls, remaining]).toEqual([undefined, [], []])
    // A token that comes with a refusal is not used, but secret.
    expect(test.log.of('mask')).toEqual(kind === 'redirect' ? [TOKEN] : [])
  })

  it.each([{}, { access_token: 'short' }])(
    'throws after a 200 with %j, and says that an unknown token may exist',
    async (body) => {
      const { error, remaining } = await run([[MINT, 200, body]])
      expect(error).toMatchObject({ kind: 'unusableResponse' })
      expect(remaining).toEqual([
        {
          id: undefined,
          lifetime: 600,
          lost: 'An unused token of client ci_bot may exist since 12:00 UTC; it expires after 10 minutes, and `sweep` removes it.'
        }
      ])
    }
  )

  it('says once how many unused tokens may exist if responses to it were lost', async () => {
    const { result, remaining } = await run([[MINT, 502], [MINT, 504], minted, found, gone])
    expect(result).toBe('done')
    expect(remaining).toEqual([
      { id: undefined, lifetime: 600, lost: expect.stringContaining('Up to 2 unused tokens') as unknown }
    ])
  })

  it('says nothing of that if it had to wait', async () => {
    const { result, remaining } = await run([[MINT, 429, {}], minted, found, gone])
    expect([result, remaining]).toEqual(['done', []])
  })

  it('throws if the connection fails five times', async () => {
    expect((await run(Array<Exchange>(5).fill([MINT]))).error).toHaveProperty('response', undefined)
  })

  it('does not mask a refresh token, which nobody uses', async () => {
    const test = testClient()
    await run([[MINT, 200, { access_token: TOKEN, refresh_token: 'read' }], found, gone], test)
    expect(test.log.of('mask')).toEqual([TOKEN])
  })
})

describe('the revocation of a cleanup token', () => {
  it('is sent once more, 1 s later, if it is rejected', async () => {
    const test = testClient()
    const { remaining } = await run([minted, found, [REVOKE, 401, rejection], gone], test)
    expect([test.clock.sleeps, remaining]).toEqual([[1000], []])
  })

  it('counts as done if it is rejected twice and the id is known, so that the token was seen working', async () => {
    const rejected: Exchange = [REVOKE, 401, rejection]
    const { result, remaining } = await run([minted, found, rejected, rejected])
    expect([result, remaining]).toEqual(['done', []])
  })

  it('does not count as done if it is rejected twice and the id is not known', async () => {
    const rejected: Exchange = [REVOKE_CURRENT, 401, rejection]
    const { result, remaining } = await run([minted, hidden, rejected, rejected])
    expect(result).toBe('done')
    expect(remaining).toMatchObject([{ id: undefined, error: { kind: 'credentialsRejected' } }])
  })

  it('counts as done after a JSON 404 by id', async () => {
    expect((await run([minted, found, [REVOKE, 404, {}]])).remaining).toEqual([])
  })

  it('does not count as done after a JSON 404 without one', async () => {
    const { remaining } = await run([minted, hidden, [REVOKE_CURRENT, 404, {}]])
    expect(remaining).toMatchObject([{ id: undefined, lifetime: 600, error: { kind: 'unexpected' } }])
  })

  it.each<[string, number, unknown, string]>([
    ['an HTML 401', 401, '<html>', 'gateway'],
    ['an empty 401', 401, '', 'credentialsRejected'],
    ['a 403', 403, {}, 'forbidden'],
    ['an HTML 404', 404, '<html>', 'gateway'],
    ['a 200 with a web page', 200, '<html>', 'gateway'],
    ['a 300', 300, {}, 'redirect']
  ])('leaves a token that may remain active after %s', async (_what, status, body, kind) => {
    const { result, remaining } = await run([minted, found, [REVOKE, status, body]])
    expect(result).toBe('done')
    expect(remaining).toMatchObject([
      { id: 9, lifetime: 600, error: { kind, request: { purpose: 'revoke the cleanup token' } } }
    ])
    expect(remaining[0]).not.toHaveProperty('lost')
  })

  it('leaves a token that may remain active if the connection fails five times', async () => {
    const { result, remaining } = await run([minted, found, ...Array<Exchange>(5).fill([REVOKE])])
    expect(result).toBe('done')
    expect(remaining).toMatchObject([{ id: 9, error: { response: undefined } }])
  })

  it('throws a fault of ours on', async () => {
    const test = testClient()
    const fault = new Error('ours')
    after('DELETE', test, () => {
      throw fault
    })
    const { error, remaining } = await run([minted, found, gone], test)
    expect([error, remaining]).toEqual([fault, []])
  })
})

describe('a cancelled job', () => {
  it('gives a mint that was sent 4 s', async () => {
    const test = testClient()
    const send = jest.spyOn(test.client, 'send')
    await run([minted, found, gone], test)
    expect(send.mock.calls[0]?.[1]).toMatchObject({ grace: 4000 })
  })

  it('revokes a token that was just minted', async () => {
    const test = testClient()
    after('POST', test, test.cancel)
    const { error, token, remaining } = await run([minted, [REVOKE_CURRENT, 204]], test)
    expect(error).toMatchObject({ kind: 'cancelled' })
    expect([token, remaining]).toEqual([undefined, []])
  })

  it('does not mint again after a lost response, but says that an unused token may exist', async () => {
    const test = testClient()
    after('POST', test, test.cancel)
    const { error, remaining } = await run([[MINT, 502]], test)
    expect(error).toMatchObject({ kind: 'cancelled' })
    expect(remaining).toMatchObject([{ lost: expect.stringContaining('An unused token') as unknown }])
  })

  it('does not mint at all if it was cancelled before', async () => {
    const test = testClient()
    test.cancel()
    const { error, remaining } = await run([], test)
    expect([error, remaining]).toMatchObject([{ kind: 'cancelled' }, []])
  })

  it('revokes the token if it is cancelled during the work', async () => {
    const test = testClient()
    const forCleanup = jest.spyOn(test.client.deadline, 'forCleanup')
    const work = (): Promise<void> => {
      test.cancel()
      test.client.deadline.check()
      return Promise.resolve()
    }
    const { error, remaining } = await run([minted, found, gone], test, work)
    expect(error).toHaveProperty('message', 'The job was cancelled.')
    expect(remaining).toEqual([])
    expect(forCleanup.mock.calls).toEqual([[4000]])
  })

  it('sends a revocation again that was under way', async () => {
    const test = testClient()
    after('DELETE', test, test.cancel)
    const { result, remaining } = await run([minted, found, [REVOKE, 500], gone], test)
    expect([result, remaining]).toEqual(['done', []])
  })

  it('sends a rejected revocation once more without the wait', async () => {
    const test = testClient()
    test.clock.onSleep = test.cancel
    const rejected: Exchange = [REVOKE, 401, rejection]
    expect((await run([minted, found, rejected, rejected], test)).remaining).toEqual([])
  })

  it('leaves a token that may remain active if that is refused', async () => {
    const test = testClient()
    after('GET', test, test.cancel)
    const { remaining } = await run([minted, found, [REVOKE, 403, {}]], test)
    expect(remaining).toMatchObject([{ id: 9, error: { kind: 'forbidden' } }])
  })
})

describe('at the deadline', () => {
  /** Work that ends `ms` milliseconds after the start. */
  const workUntil =
    ({ clock }: TestClient, ms: number) =>
    (): Promise<void> => {
      clock.pass(ms - clock.elapsed())
      return Promise.resolve()
    }

  it('the token is revoked in the time that is reserved for cleanup', async () => {
    const test = testClient({ seconds: 240, reserve: 5000 })
    const { remaining } = await run([minted, found, gone], test, workUntil(test, 236_000))
    expect(remaining).toEqual([])
  })

  it('the token is revoked if the time ends between two attempts', async () => {
    const test = testClient({ seconds: 20, reserve: 5000 })
    test.clock.onSleep = () => {
      test.clock.pass(15_000)
    }
    const { remaining } = await run([minted, found, [REVOKE, 401, rejection], [REVOKE, 404, {}]], test)
    expect(remaining).toEqual([])
  })

  it('the token is revoked if the time ends with an attempt that gets no response', async () => {
    const test = testClient({ seconds: 20, reserve: 5000 })
    after('DELETE', test, () => {
      test.clock.pass(Math.max(0, 15_000 - test.clock.elapsed()))
    })
    expect((await run([minted, found, [REVOKE], gone], test)).remaining).toEqual([])
  })

  it('the token may remain active if no time is left at all', async () => {
    const test = testClient({ seconds: 240 })
    const { result, remaining } = await run([minted, found], test, workUntil(test, 240_000))
    expect(result).toBeUndefined()
    expect(remaining).toMatchObject([{ id: 9, error: { kind: 'deadline' } }])
  })

  it('the token is revoked unused if the time ends before it was looked up', async () => {
    const test = testClient({ seconds: 20, reserve: 5000 })
    after('POST', test, () => {
      test.clock.pass(15_000)
    })
    const { error, token, remaining } = await run([minted, [REVOKE_CURRENT, 204]], test)
    expect(error).toMatchObject({ kind: 'deadline' })
    expect([token, remaining]).toEqual([undefined, []])
  })
})
