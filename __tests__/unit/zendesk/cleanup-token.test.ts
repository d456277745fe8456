import { describe, expect, it, jest } from '@jest/globals'
import { ORIGIN, testClient, type TestClient } from '../../support/client.ts'
import { nock, useNock } from '../../support/nock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { withCleanupToken, type CleanupTerms, type CleanupToken } from '../../../src/zendesk/cleanup-token.ts'
import { CAUSES, type ErrorKind } from '../../../src/zendesk/http/zendesk-error.ts'

/*
 * What the tests of `action/` do not show of a cleanup token: rare responses, exact waits and what is reported.
 */

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
  work?: () => void
  onMint?: () => void
}

/** Works with a cleanup token, which has to make these requests in this order. */
async function run(exchanges: Exchange[], given: Given = {}): Promise<Run> {
  const { test = testClient(), work, onMint = () => undefined } = given
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
    run.result = await withCleanupToken(test.client, terms, async (token) => {
      run.token = token
      work?.()
      return Promise.resolve('done')
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
  it('is revoked as the current one if the announcement of its mint fails', async () => {
    const fault = new Error('ours')
    const onMint = (): void => {
      throw fault
    }
    expect((await run([minted, [REVOKE_CURRENT, 204]], { onMint })).error).toBe(fault)
  })

  it.each<[string, Exchange, object | undefined]>([
    ['Zendesk refuses to show it', hidden, undefined],
    ['the response is about another token', [LOOK_UP, 200, { token: { id: 8, token: 'klmnop' } }], undefined],
    ['the response is not JSON', [LOOK_UP, 200, 'plain'], undefined],
    ['it is rejected', [LOOK_UP, 401, rejection], undefined],
    ['only its id is not reported', [LOOK_UP, 200, { token: { user_id: 7 } }], { id: undefined, userId: 7 }]
  ])('is used, and revoked as the current one, if %s', async (_what, lookUp, facts) => {
    const { result, token, remaining } = await run([minted, lookUp, [REVOKE_CURRENT, 204]])
    if (facts === undefined) expect(token?.facts).toBeUndefined()
    else expect(token?.facts).toMatchObject(facts)
    expect([result, remaining]).toEqual(['done', []])
  })
})

describe('the mint of a cleanup token', () => {
  it('fails after a redirect, and masks a token that comes with it', async () => {
    const test = testClient()
    const onMint = jest.fn()
    const { error, token, remaining } = await run([[MINT, 302, { access_token: TOKEN }]], { test, onMint })
    expect(error).toMatchObject({ kind: 'redirect', request: { operation: 'grantCleanupToken' } })
    expect([token, onMint.mock.calls, remaining]).toEqual([undefined, [], []])
    expect(test.log.of('mask')).toEqual([TOKEN])
  })

  it('fails after a 200 without a usable token, and reports that an unknown token may exist', async () => {
    const { error, remaining } = await run([[MINT, 200, { access_token: 'short' }]])
    expect(error).toMatchObject({ kind: 'unusableResponse' })
    expect(remaining).toEqual([
      'The response to the mint of a cleanup token was lost. An unused token of client ci_bot may exist since 12:00 UTC; it expires after 10 minutes, and `sweep` removes it.'
    ])
  })
})

describe('the revocation of a cleanup token', () => {
  it.each<[string, Exchange[], number[]]>([
    ['if a rejection 1 s earlier was stray', [rejected, gone], [1000]],
    ['after two rejections 1 s apart, as the token was seen working', [rejected, rejected], [1000]],
    ['after a JSON 404 by id', [[REVOKE, 404, {}]], []]
  ])('is done %s', async (_what, exchanges, sleeps) => {
    const test = testClient()
    const { result, remaining } = await run([minted, found, ...exchanges], { test })
    expect([result, remaining, test.clock.sleeps]).toEqual(['done', [], sleeps])
  })

  it.each<[string, string, Exchange[], ErrorKind]>([
    ['an HTML 401', '9', [found, [REVOKE, 401, '<html>']], 'gateway'],
    ['an empty 401', '9', [found, [REVOKE, 401, '']], 'credentialsRejected'],
    ['an HTML 404', '9', [found, [REVOKE, 404, '<html>']], 'gateway'],
    ['a 200 with a web page', '9', [found, [REVOKE, 200, '<html>']], 'gateway'],
    ['a 300', '9', [found, [REVOKE, 300, {}]], 'redirect'],
    [
      'two rejections',
      '(id unknown)',
      [hidden, [REVOKE_CURRENT, 401, rejection], [REVOKE_CURRENT, 401, rejection]],
      'credentialsRejected'
    ],
    ['a JSON 404', '(id unknown)', [hidden, [REVOKE_CURRENT, 404, {}]], 'unexpected']
  ])('may leave it active after %s: %s', async (_what, id, exchanges, kind) => {
    const { result, remaining } = await run([minted, ...exchanges])
    expect([result, remaining]).toEqual(['done', [active(kind, id)]])
  })

  it('that fails without an id is reported with what to do', async () => {
    const { remaining } = await run([minted, hidden, [REVOKE_CURRENT, 403, {}]])
    expect(remaining).toEqual([
      `Could not revoke the cleanup token (id unknown): Zendesk does not allow this (DELETE ${TOKENS}/current: 403). It expires within 10 minutes. To revoke it sooner, send DELETE ${ORIGIN}${TOKENS}/{id} as an admin.`
    ])
  })
})

describe('if the job is cancelled or the deadline is reached, a cleanup token', () => {
  /** Lets the time be over, but for the 5 s that are reserved for cleanup. */
  const end = ({ clock }: TestClient, ms = 15_000): void => clock.pass(ms - clock.elapsed())

  it.each<[string, (test: TestClient) => void, Exchange[], object]>([
    [
      'is revoked unused if it was not looked up',
      (test) => after('POST', test, () => end(test)),
      [minted, [REVOKE_CURRENT, 204]],
      { error: { kind: 'deadline' }, token: undefined, remaining: [] }
    ],
    [
      'is revoked if an attempt got no response',
      (test) => after('DELETE', test, () => end(test)),
      [minted, found, [REVOKE], gone],
      { remaining: [] }
    ],
    [
      'may remain active if its revocation is refused',
      (test) => after('GET', test, test.cancel),
      [minted, found, [REVOKE, 403, {}]],
      { remaining: [active('forbidden')] }
    ],
    [
      'is revoked once more after a rejection, without the wait',
      (test) => (test.clock.onSleep = test.cancel),
      [minted, found, rejected, rejected],
      { remaining: [] }
    ],
    [
      'is revoked if the time ends between two attempts',
      (test) => (test.clock.onSleep = () => end(test)),
      [minted, found, rejected, [REVOKE, 404, {}]],
      { remaining: [] }
    ],
    [
      'may remain active if no time is left at all',
      (test) => after('GET', test, () => end(test, 20_000)),
      [minted, found],
      { remaining: [active('deadline')] }
    ]
  ])('%s', async (_what, setUp, exchanges, expected) => {
    const test = testClient({ seconds: 20, reserve: 5000 })
    setUp(test)
    expect(await run(exchanges, { test })).toMatchObject(expected)
  })

  it('has 4 s to be minted if that was sent, and 4 s to be revoked after its use', async () => {
    const test = testClient()
    const send = jest.spyOn(test.client, 'send')
    const forCleanup = jest.spyOn(test.client.deadline, 'forCleanup')
    const work = (): void => {
      test.cancel()
      test.client.deadline.check()
    }
    const { error, remaining } = await run([minted, found, gone], { test, work })
    expect(error).toHaveProperty('message', 'The job was cancelled.')
    expect(remaining).toEqual([])
    expect(send.mock.calls[0]?.[1]).toMatchObject({ grace: 4000 })
    expect(forCleanup.mock.calls).toEqual([[4000]])
  })
})
