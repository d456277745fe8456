import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { withCleanupToken, type CleanupTerms, type Remaining } from '../../../src/zendesk/cleanup-token.ts'
import { type ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { NOON } from '../../support/clock.ts'
import { transcribed, type TranscribedOptions } from '../../support/fake-client.ts'
import { response } from './responses.ts'

const MINT = 'POST /oauth/tokens: mint'
const LOOK_UP = 'GET current by the cleanup token: cleanup'
const GONE = 'DELETE 9 by the cleanup token: 204'
const REJECTED = 'GET current by the cleanup token: 401'
const CREDENTIAL = {
  kind: 'client_credentials',
  clientSecret: new Secret('the-client-secret'),
  authMethod: 'client_secret_post'
} as const

interface Given extends TranscribedOptions {
  work?: (token: MintedToken) => Promise<string>
  onMint?: () => void
}

interface Run {
  result: string | undefined
  /** What was thrown. */
  error: unknown
  remaining: Remaining[]
  /** The token that the work was given. */
  token: MintedToken | undefined
  unidentified: ZendeskError | undefined
  masked: string[]
}

/** Works with a cleanup token, with these requests and pauses. */
async function run(lines: string[], { work, onMint, ...world }: Given = {}): Promise<Run> {
  const { client, transcript } = transcribed(lines, world)
  const remaining: Remaining[] = []
  const terms: CleanupTerms = { credential: CREDENTIAL, clientId: 'ci_bot', lifetime: 600, remaining }
  const done: Run = {
    result: undefined,
    error: undefined,
    remaining,
    token: undefined,
    unidentified: undefined,
    masked: []
  }
  try {
    done.result = await withCleanupToken(
      client.real,
      { ...terms, ...(onMint && { onMint }) },
      async (token, unidentified) => {
        Object.assign(done, { token, unidentified })
        return (await work?.(token)) ?? 'done'
      }
    )
  } catch (error) {
    done.error = error
  }
  expect(transcript.left).toEqual([])
  done.masked = client.log.of('mask')
  return done
}

/** The token may be active, for this reason. */
const mayRemain = (kind: string): unknown => [
  {
    token: expect.anything(),
    outcome: expect.objectContaining({ obstacle: expect.objectContaining({ kind }) })
  }
]

describe('withCleanupToken', () => {
  it('mints a masked token, looks it up, works with it, and revokes it by id', async () => {
    const onMint = jest.fn()
    const { result, token, remaining, masked } = await run([MINT, LOOK_UP, GONE], { onMint })
    expect(result).toBe('done')
    expect(token).toMatchObject({ id: 9, clientId: 8, userId: 9, seenWorking: true })
    expect(masked).toEqual(['the-cleanup-token'])
    expect(onMint).toHaveBeenCalledTimes(1)
    expect(remaining).toEqual([])
  })

  it('requests `read write` for the lifetime, and gives the mint 4 s to be answered after a cancellation', async () => {
    const { client, transcript } = transcribed([MINT, LOOK_UP, GONE])
    const send = jest.spyOn(client, 'send')
    const terms = { credential: CREDENTIAL, clientId: 'ci_bot', lifetime: 720, remaining: [] }
    await withCleanupToken(client.real, terms, () => Promise.resolve())
    const [[request, options] = []] = send.mock.calls
    expect(JSON.parse(request?.body?.reveal() ?? '')).toMatchObject({ scope: 'read write', expires_in: 720 })
    expect(options).toMatchObject({ grace: 4000 })
    expect(transcript.left).toEqual([])
  })

  it('does not revoke the token before the work has ended', async () => {
    const { client, transcript } = transcribed([MINT, LOOK_UP, GONE])
    const terms = { credential: CREDENTIAL, clientId: 'ci_bot', lifetime: 600, remaining: [] }
    const left = await withCleanupToken(client.real, terms, async () => {
      await setImmediate()
      return [...transcript.left]
    })
    expect(left).toEqual([GONE])
  })

  it.each<[string, Error, Given]>([
    ['the work', new Error('ours'), { work: () => Promise.reject(new Error('ours')) }],
    [
      'the announcement of the mint',
      new Error('ours'),
      {
        onMint: () => {
          throw new Error('ours')
        }
      }
    ]
  ])('revokes the token even if %s fails', async (_what, error, given) => {
    const lines =
      given.work === undefined ? ['DELETE current by the cleanup token: 204', REJECTED] : [LOOK_UP, GONE]
    expect(await run([MINT, ...lines], given)).toMatchObject({ error, remaining: [] })
  })

  it.each<[string, string, object, string | undefined]>([
    ['Zendesk does not let it', '403', { id: undefined, seenWorking: true }, 'forbidden'],
    ['the response is about another token', 'other', { id: undefined, seenWorking: false }, undefined],
    ['there is no response', 'connection', { id: undefined, seenWorking: false }, 'connection'],
    ['Zendesk rejects it', '401', { id: undefined, seenWorking: false }, 'newTokenRejected'],
    ['its id is not reported', 'no id', { id: undefined, userId: 9, seenWorking: true }, undefined]
  ])('works if the token cannot be looked up, and says why: %s', async (_why, reply, token, kind) => {
    const replies = {
      other: response(200, { token: { id: 5, token: 'klmnopqrst' } }),
      'no id': response(200, { token: { user_id: 9 } })
    }
    const lines = [MINT, `GET current by the cleanup token: ${reply}`]
    const end = ['DELETE current by the cleanup token: 204', REJECTED]
    const done = await run([...lines, ...end], { replies })
    expect(done).toMatchObject({ result: 'done', token, remaining: [] })
    expect(done.unidentified?.kind).toBe(kind)
  })
})

describe('the mint of withCleanupToken', () => {
  it('fails after a redirect, and masks a token that comes with it', async () => {
    const redirect = response(302, { access_token: 'the-cleanup-token' })
    expect(await run(['POST /oauth/tokens: redirect'], { replies: { redirect } })).toMatchObject({
      error: { kind: 'redirect', request: { operation: 'grantCleanupToken' } },
      token: undefined,
      remaining: [],
      masked: ['the-cleanup-token']
    })
  })

  it.each([
    ['a 200 without a usable token', 'short', 'unusableResponse'],
    ['a lost response', 'timeout', 'timeout']
  ])('fails after %s, and reports that a token may exist', async (_what, reply, kind) => {
    const replies = { short: response(200, { access_token: 'short' }) }
    expect(await run([`POST /oauth/tokens: ${reply}`], { replies })).toMatchObject({
      error: { kind },
      remaining: [{ lost: { count: 1, since: NOON }, lifetime: 600 }]
    })
  })

  it('reports that a token may exist if only the second attempt got a response', async () => {
    const { result, remaining } = await run(['POST /oauth/tokens: timeout, mint', LOOK_UP, GONE])
    expect(result).toBe('done')
    expect(remaining).toMatchObject([{ lost: { count: 1 } }])
  })
})

describe('the revocation of withCleanupToken', () => {
  const RECHECKED = ['wait 1 s', REJECTED, 'wait 3 s', REJECTED]

  it.each<[string, string[]]>([
    ['a JSON 404 by id', ['DELETE 9 by the cleanup token: 404', REJECTED, ...RECHECKED]],
    ['a rejection', ['DELETE 9 by the cleanup token: 401', ...RECHECKED]],
    [
      'a stray 404',
      ['DELETE 9 by the cleanup token: 404', 'GET current by the cleanup token: cleanup', GONE]
    ],
    [
      'a refusal by id and a 204 of the current one',
      ['DELETE 9 by the cleanup token: 403', 'DELETE current by the cleanup token: 204', REJECTED]
    ]
  ])('verifies the end of the token after %s', async (_what, lines) => {
    expect((await run([MINT, LOOK_UP, ...lines])).remaining).toEqual([])
  })

  it.each<[string, string, string[]]>([
    [
      'is refused',
      'other',
      ['DELETE 9 by the cleanup token: 401 page', 'DELETE current by the cleanup token: 404']
    ],
    [
      'is accepted without effect',
      'still works',
      [
        'DELETE 9 by the cleanup token: 403',
        'DELETE current by the cleanup token: 204',
        ...[LOOK_UP, 'wait 1 s', LOOK_UP, 'wait 3 s', LOOK_UP]
      ]
    ]
  ])('reports a token that may remain active if it %s', async (_what, kind, lines) => {
    expect((await run([MINT, LOOK_UP, ...lines])).remaining).toEqual(mayRemain(kind))
  })

  it('believes no rejection of a token that was never seen working', async () => {
    const lines = [MINT, REJECTED, 'DELETE current by the cleanup token: 401', ...RECHECKED]
    expect((await run(lines)).remaining).toEqual(mayRemain('other'))
  })
})

describe('withCleanupToken in a job that is cancelled, or at the deadline,', () => {
  it('revokes a token that was not looked up, as the current one', async () => {
    const lines = [MINT, 'GET current by the cleanup token: cancelled', 'cancel']
    const end = ['DELETE current by the cleanup token: 204', REJECTED]
    expect(await run([...lines, ...end])).toMatchObject({
      error: { kind: 'cancelled' },
      token: undefined,
      remaining: []
    })
  })

  it.each<[string, string[]]>([
    ['is cancelled', [LOOK_UP, 'cancel', GONE]],
    ['reaches the deadline', [LOOK_UP, '15 s pass', GONE]],
    [
      'ends while the token is revoked',
      [LOOK_UP, 'DELETE 9 by the cleanup token: timeout', '15 s pass', GONE]
    ]
  ])('has 4 s to revoke the token if the work %s', async (_what, lines) => {
    expect((await run([MINT, ...lines], { seconds: 20, reserve: 5000 })).remaining).toEqual([])
  })

  it('proves nothing by rejections in that time, but by a DELETE of the current token', async () => {
    const lines = [MINT, LOOK_UP, 'cancel']
    expect((await run([...lines, 'DELETE 9 by the cleanup token: 401'])).remaining).toEqual(
      mayRemain('no time')
    )
    const refused = 'DELETE 9 by the cleanup token: 403'
    const current = ['DELETE current by the cleanup token: 204', REJECTED]
    expect((await run([...lines, refused, ...current])).remaining).toEqual([])
  })

  it('reports the token if there is no time at all', async () => {
    const lines = [MINT, LOOK_UP, '20 s pass']
    expect((await run(lines, { seconds: 20, reserve: 5000 })).remaining).toEqual(mayRemain('stopped'))
  })
})
