import { describe, expect, it, jest } from '@jest/globals'
import { ORIGIN, rejectionOf, testClient } from '../../support/client.ts'
import { NOON } from '../../support/clock.ts'
import { nock, useNock } from '../../support/nock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { type ZendeskResponse } from '../../../src/zendesk/http/response.ts'
import { mintedToken } from '../../../src/zendesk/token.ts'
import { tokenFacts } from '../../../src/zendesk/token-facts.ts'
import { verifyToken } from '../../../src/zendesk/check-token.ts'
import { type ZendeskError } from '../../../src/zendesk/http/zendesk-error.ts'

const PATH = '/api/v2/oauth/tokens/current'
const rejection = { error: 'invalid_token' }
const about = (token?: string): unknown => ({ token: { id: 5, token } })
const works: Verified = { seenWorking: true, id: 5, unchecked: undefined }

useNock()

function current(): nock.Interceptor {
  return nock(ORIGIN, { reqheaders: { authorization: 'Bearer abcdefghij-new' } }).get(PATH)
}

/** Responds to the requests of the check in this order; a 401 without a body is a rejection. */
function responses(...all: [status: number, body?: unknown, headers?: Record<string, string>][]): void {
  for (const [status, body = status === 401 ? rejection : {}, headers = {}] of all)
    current().reply(status, body as nock.Body, headers)
}

/** What is known about a new token after the check, and why it was not checked. */
interface Verified {
  seenWorking: boolean
  id: number | undefined
  unchecked: ZendeskError | undefined
}

async function verify({ client } = testClient()): Promise<Verified> {
  const token = new Secret('abcdefghij-new')
  const nothing = { refreshToken: undefined, facts: tokenFacts({}), expiresIn: undefined, date: undefined }
  const minted = mintedToken({ token, ...nothing }, { scopes: [], expiresIn: undefined }, NOON)
  const unchecked = await verifyToken(client, minted)
  return { seenWorking: minted.seenWorking, id: minted.id, unchecked }
}

describe('a new token', () => {
  it.each<[string, number, unknown, string]>([
    ['a redirect', 302, '', 'redirect'],
    ['a 400', 400, {}, 'unexpected'],
    ['a 429', 429, {}, 'rateLimit'],
    ['a 503', 503, {}, 'outage'],
    ['a 204', 204, '', 'unusableResponse'],
    ['a 201 about it', 201, about('abcdefghij'), 'unusableResponse'],
    ['a 200 without a token', 200, {}, 'unusableResponse'],
    ['a 200 that is no JSON', 200, 'plain', 'unusableResponse'],
    ['a 200 with a web page', 200, '<html>', 'subdomainUnknown']
  ])('is not checked after %s, and not requested again', async (_what, status, body, kind) => {
    responses([status, body, { 'retry-after': '2' }])
    const test = testClient()
    const unchecked = { kind, response: { status } }
    expect(await verify(test)).toMatchObject({ seenWorking: false, id: undefined, unchecked })
    expect(test.clock.sleeps).toEqual([])
  })
})

describe('a new token that is rejected', () => {
  it('is used up to three more times, 0.5, 1 and 2 s apart, and is an error then', async () => {
    responses([401], [401], [401], [401, { error: 'invalid_token', error_description: 'It is gone.' }])
    const test = testClient()
    expect(await rejectionOf(verify(test))).toMatchObject({
      kind: 'newTokenRejected',
      request: { operation: 'checkToken' },
      response: { status: 401, json: { error_description: 'It is gone.' } }
    })
    expect(test.clock.sleeps).toEqual([500, 1000, 2000])
  })

  it.each([
    [403, true],
    [404, false]
  ])('counts as any other one if a JSON %d follows', async (status, seenWorking) => {
    responses([401], [status])
    expect(await verify()).toEqual({ ...works, id: undefined, seenWorking })
  })

  it('is not checked if a response follows that says nothing about it', async () => {
    responses([401], [500])
    expect(await verify()).toMatchObject({ seenWorking: false, unchecked: { kind: 'outage' } })
  })

  it('is an error if the connection fails then', async () => {
    responses([401])
    current().replyWithError(new Error('reset'))
    const response = { status: 401, json: rejection }
    expect(await rejectionOf(verify())).toMatchObject({ kind: 'newTokenRejected', response })
  })
})

describe('the check of a new token', () => {
  it('has 10 s in all: no pause that would end later', async () => {
    const test = testClient()
    responses([401], [401])
    test.clock.onSleep = () => test.clock.pass(8500)
    expect(await rejectionOf(verify(test))).toMatchObject({ kind: 'newTokenRejected' })
    expect(test.clock.sleeps).toEqual([500])
  })

  it('lets no request take longer than the 10 s', async () => {
    const test = testClient()
    const rejected = { status: 401, json: rejection, html: false } as ZendeskResponse
    const send = jest.spyOn(test.client, 'send').mockResolvedValue(rejected)
    test.clock.onSleep = (ms) => test.clock.pass(ms === 500 ? 1500 : 20_000)
    await rejectionOf(verify(test))
    expect(send.mock.calls.map(([, given]) => given)).toEqual(Array(3).fill({ single: true, until: 10_000 }))
  })

  it('reports that the time of the step is over', async () => {
    const test = testClient({ seconds: 7 })
    test.clock.pass(7000)
    expect(await verify(test)).toMatchObject({ seenWorking: false, unchecked: { kind: 'deadline' } })
  })

  it('takes a rejected token for one that does not work if the time of the step ends while it waits', async () => {
    responses([401])
    const error = await rejectionOf(verify(testClient({ seconds: 0.4 })))
    expect(error).toMatchObject({ kind: 'newTokenRejected' })
  })

  it('ends with a job that is cancelled while it waits', async () => {
    responses([401])
    const test = testClient()
    test.clock.onSleep = test.cancel
    expect(await rejectionOf(verify(test))).toMatchObject({ kind: 'cancelled' })
  })
})
