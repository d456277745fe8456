import { describe, expect, it, jest } from '@jest/globals'
import { nock, useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { withCleanupToken, type CleanupTerms, type CleanupToken } from '../../../src/zendesk/cleanup-token.ts'
import { CAUSES, type ErrorKind } from '../../../src/zendesk/zendesk-error.ts'
import { ORIGIN, testClient, type TestClient } from '../clock.ts'

const TOKENS = '/api/v2/oauth/tokens'
const TOKEN = 'abcdefghij-cleanup'
const MINT = 'POST /oauth/tokens'
const LOOK_UP = `GET ${TOKENS}/current`
const REVOKE = `DELETE ${TOKENS}/9`
const REVOKE_CURRENT = `DELETE ${TOKENS}/current`

useNock()

/** A request and the response to it; without a status the connection breaks. */
type Exchange = [request: string, status?: number, body?: unknown]

const rejection = { error: 'invalid_token' }
const minted: Exchange = [MINT, 200, { access_token: TOKEN, token_type: 'bearer' }]
const found: Exchange = [LOOK_UP, 200, { token: { id: 9, client_id: 41, user_id: 7, token: 'abcdefghij' } }]
const hidden: Exchange = [LOOK_UP, 403, {}]
const gone: Exchange = [REVOKE, 204]
const rejected: Exchange = [REVOKE, 401, rejection]
const fiveTimes = (request: string): Exchange[] => Array<Exchange>(5).fill([request])

/** The sentence about a token that could not be revoked. */
const active = (kind: ErrorKind, id = '9'): unknown =>
  expect.stringContaining(`Could not revoke the cleanup token ${id}: ${CAUSES[kind]} (DELETE ${TOKENS}/`)

interface Run {
  /** What the work returned. */
  result: unknown
  /** What was thrown. */
  error: Error | undefined
  /** What is said about tokens that may remain active. */
  remaining: string[]
  /** The cleanup token that the work was given. */
  token: CleanupToken | undefined
}

interface Given {
  test?: TestClient
  work?: () => Promise<unknown>
  onMint?: () => void
}

/** Works with a cleanup token, which has to make these requests in this order. */
async function run(exchanges: Exchange[], given: Given = {}): Promise<Run> {
  const { test = testClient(), work = () => Promise.resolve('done'), onMint = () => undefined } = given
  for (const [request, status, body = ''] of exchanges) {
    const [method = '', path = ''] = request.split(' ')
    const options = request === MINT ? {} : { reqheaders: { authorization: `Bearer ${TOKEN}` } }
    const expected = nock(ORIGIN, options).intercept(path, method)
    if (status === undefined) expected.replyWithError(new Error('reset'))
    else expected.reply(status, body as nock.Body)
  }
  const run: Run = { result: undefined, error: undefined, remaining: [], token: undefined }
  const clientSecret = new Secret('the-client-secret')
  const terms: CleanupTerms = {
    credential: { kind: 'client_credentials', clientSecret, authMethod: 'client_secret_post' },
    clientId: 'ci_bot',
    lifetime: 600,
    onRemaining: (sentence) => run.remaining.push(sentence),
    onMint
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

/** Does something when the response to a request that begins like this was read. */
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
    const { result, token, remaining } = await run([minted, found, gone], { test, onMint })
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

  it('is revoked after work that fails, whose error is thrown', async () => {
    const fault = new Error('the work failed')
    const { error, remaining } = await run([minted, found, gone], { work: () => Promise.reject(fault) })
    expect([error, remaining]).toEqual([fault, []])
  })

  it('is revoked as the current one if the announcement fails', async () => {
    const fault = new Error('ours')
    const onMint = (): void => {
      throw fault
    }
    expect((await run([minted, [REVOKE_CURRENT, 204]], { onMint })).error).toBe(fault)
  })

  it.each<[string, Exchange[]]>([
    ['Zendesk refuses to show it', [hidden]],
    ['the response is about another token', [[LOOK_UP, 200, { token: { id: 8, token: 'klmnopqrst' } }]]],
    ['the response is not JSON', [[LOOK_UP, 200, 'plain']]],
    ['it is rejected', [[LOOK_UP, 401, rejection]]],
    ['the connection fails five times', fiveTimes(LOOK_UP)]
  ])('works without facts, and is revoked as the current one, if %s', async (_what, lookUps) => {
    const { result, token, remaining } = await run([minted, ...lookUps, [REVOKE_CURRENT, 204]])
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
    [401, { error: 'invalid_client' }, 'invalid_client'],
    [400, { error: 'invalid_scope' }, 'invalid_scope'],
    [300, { access_token: TOKEN }, 'redirect'],
    [302, { access_token: TOKEN }, 'redirect'],
    [200, '<html>', 'subdomainUnknown']
  ])('fails after %d %j as %s, and masks a token that comes with it', async (status, body, kind) => {
    const test = testClient()
    const onMint = jest.fn()
    const { error, token, remaining } = await run([[MINT, status, body]], { test, onMint })
    expect(error).toMatchObject({ kind, request: { purpose: 'mint a cleanup token' }, response: { status } })
    expect([token, onMint.mock.calls, remaining]).toEqual([undefined, [], []])
    expect(test.log.of('mask')).toEqual(kind === 'redirect' ? [TOKEN] : [])
  })

  it.each([{}, { access_token: 'short' }])(
    'fails after a 200 with %j, and reports that an unknown token may exist',
    async (body) => {
      const { error, remaining } = await run([[MINT, 200, body]])
      expect(error).toMatchObject({ kind: 'unusableResponse' })
      expect(remaining).toEqual([
        'The response to the mint of a cleanup token was lost. An unused token of client ci_bot may exist since 12:00 UTC; it expires after 10 minutes, and `sweep` removes it.'
      ])
    }
  )

  it('fails if the connection fails five times', async () => {
    expect((await run(fiveTimes(MINT))).error).toHaveProperty('response', undefined)
  })

  it('reports once how many unused tokens may exist after lost responses', async () => {
    const { result, remaining } = await run([[MINT, 502], [MINT, 504], minted, found, gone])
    expect([result, remaining]).toEqual(['done', [expect.stringContaining('Up to 2 unused tokens')]])
  })

  it('reports no unused token after a wait that Zendesk asked for', async () => {
    const { result, remaining } = await run([[MINT, 429, {}], minted, found, gone])
    expect([result, remaining]).toEqual(['done', []])
  })

  it('does not mask a refresh token, which nobody uses', async () => {
    const test = testClient()
    await run([[MINT, 200, { access_token: TOKEN, refresh_token: 'read' }], found, gone], { test })
    expect(test.log.of('mask')).toEqual([TOKEN])
  })
})

describe('the revocation of a cleanup token', () => {
  it('is sent once more, 1 s later, if it is rejected', async () => {
    const test = testClient()
    const { remaining } = await run([minted, found, rejected, gone], { test })
    expect([test.clock.sleeps, remaining]).toEqual([[1000], []])
  })

  it.each<[string, Exchange[]]>([
    ['two rejections, as the token was seen working', [found, rejected, rejected]],
    ['a JSON 404 by id', [found, [REVOKE, 404, {}]]]
  ])('is done after %s', async (_what, exchanges) => {
    const { result, remaining } = await run([minted, ...exchanges])
    expect([result, remaining]).toEqual(['done', []])
  })

  it.each<[string, Exchange[], ErrorKind]>([
    ['an HTML 401', [[REVOKE, 401, '<html>']], 'gateway'],
    ['an empty 401', [[REVOKE, 401, '']], 'credentialsRejected'],
    ['a 403', [[REVOKE, 403, {}]], 'forbidden'],
    ['an HTML 404', [[REVOKE, 404, '<html>']], 'gateway'],
    ['a 200 with a web page', [[REVOKE, 200, '<html>']], 'gateway'],
    ['a 300', [[REVOKE, 300, {}]], 'redirect'],
    ['a connection that fails five times', fiveTimes(REVOKE), 'connection']
  ])('may leave the token active after %s', async (_what, exchanges, kind) => {
    const { result, remaining } = await run([minted, found, ...exchanges])
    expect([result, remaining]).toEqual(['done', [active(kind)]])
  })

  it.each<[string, Exchange[], ErrorKind]>([
    ['two rejections', Array<Exchange>(2).fill([REVOKE_CURRENT, 401, rejection]), 'credentialsRejected'],
    ['a JSON 404', [[REVOKE_CURRENT, 404, {}]], 'unexpected']
  ])('may leave a token without an id active after %s', async (_what, exchanges, kind) => {
    const { result, remaining } = await run([minted, hidden, ...exchanges])
    expect([result, remaining]).toEqual(['done', [active(kind, '(id unknown)')]])
  })

  it.each<[string, string, Exchange]>([
    ['9', '9', found],
    ['(id unknown)', '{id}', hidden]
  ])('that fails for token %s is reported with what to do', async (shown, id, lookUp) => {
    const { remaining } = await run([minted, lookUp, [lookUp === found ? REVOKE : REVOKE_CURRENT, 403, {}]])
    expect(remaining).toEqual([
      `Could not revoke the cleanup token ${shown}: Zendesk does not allow this (DELETE ${TOKENS}/${id === '9' ? 9 : 'current'}: 403). It expires within 10 minutes. To revoke it sooner, send DELETE ${ORIGIN}${TOKENS}/${id} as an admin.`
    ])
  })

  it('throws a fault of ours on', async () => {
    const test = testClient()
    const fault = new Error('ours')
    after('DELETE', test, () => {
      throw fault
    })
    const { error, remaining } = await run([minted, found, gone], { test })
    expect([error, remaining]).toEqual([fault, []])
  })
})

describe('if the job is cancelled, a cleanup token', () => {
  const cancelAfter = (request: string) => (test: TestClient) => after(request, test, test.cancel)

  it.each<[string, (test: TestClient) => void, Exchange[], object]>([
    [
      'is not minted if that was before',
      (test) => test.cancel(),
      [],
      { error: { kind: 'cancelled' }, remaining: [] }
    ],
    [
      'is not minted again after a lost response, and an unused token is reported',
      cancelAfter('POST'),
      [[MINT, 502]],
      { error: { kind: 'cancelled' }, remaining: [expect.stringContaining('An unused token')] }
    ],
    [
      'is revoked unused after its mint',
      cancelAfter('POST'),
      [minted, [REVOKE_CURRENT, 204]],
      { error: { kind: 'cancelled' }, token: undefined, remaining: [] }
    ],
    [
      'may remain active if its revocation is refused',
      cancelAfter('GET'),
      [minted, found, [REVOKE, 403, {}]],
      { remaining: [active('forbidden')] }
    ],
    [
      'is revoked by another request if its revocation is under way',
      cancelAfter('DELETE'),
      [minted, found, [REVOKE, 500], gone],
      { result: 'done', remaining: [] }
    ],
    [
      'is revoked once more after a rejection, without the wait',
      (test) => (test.clock.onSleep = test.cancel),
      [minted, found, rejected, rejected],
      { remaining: [] }
    ]
  ])('%s', async (_what, setUp, exchanges, expected) => {
    const test = testClient()
    setUp(test)
    expect(await run(exchanges, { test })).toMatchObject(expected)
  })

  it('has 4 s to be minted if that was sent', async () => {
    const test = testClient()
    const send = jest.spyOn(test.client, 'send')
    await run([minted, found, gone], { test })
    expect(send.mock.calls[0]?.[1]).toMatchObject({ grace: 4000 })
  })

  it('is revoked within 4 s if it is used', async () => {
    const test = testClient()
    const forCleanup = jest.spyOn(test.client.deadline, 'forCleanup')
    const work = (): Promise<void> => {
      test.cancel()
      test.client.deadline.check()
      return Promise.resolve()
    }
    const { error, remaining } = await run([minted, found, gone], { test, work })
    expect(error).toHaveProperty('message', 'The job was cancelled.')
    expect(remaining).toEqual([])
    expect(forCleanup.mock.calls).toEqual([[4000]])
  })
})

describe('at the deadline, a cleanup token', () => {
  it.each<[string, string, number, Exchange[], object]>([
    [
      'is revoked unused if it was not looked up',
      'POST',
      15_000,
      [minted, [REVOKE_CURRENT, 204]],
      { error: { kind: 'deadline' }, token: undefined, remaining: [] }
    ],
    ['is revoked in the time reserved for cleanup', 'GET', 15_000, [minted, found, gone], { remaining: [] }],
    [
      'is revoked if an attempt got no response',
      'DELETE',
      15_000,
      [minted, found, [REVOKE], gone],
      { remaining: [] }
    ],
    [
      'may remain active if no time is left at all',
      'GET',
      20_000,
      [minted, found],
      { remaining: [active('deadline')] }
    ]
  ])('%s', async (_what, request, ms, exchanges, expected) => {
    const test = testClient({ seconds: 20, reserve: 5000 })
    after(request, test, () => test.clock.pass(Math.max(0, ms - test.clock.elapsed())))
    expect(await run(exchanges, { test })).toMatchObject(expected)
  })

  it('is revoked if the time ends between two attempts', async () => {
    const test = testClient({ seconds: 20, reserve: 5000 })
    test.clock.onSleep = () => test.clock.pass(15_000)
    const { remaining } = await run([minted, found, rejected, [REVOKE, 404, {}]], { test })
    expect(remaining).toEqual([])
  })
})
