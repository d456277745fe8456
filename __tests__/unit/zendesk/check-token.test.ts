import { describe, expect, it, jest } from '@jest/globals'
import { checkToken, type CheckedToken } from '../../../src/zendesk/check-token.ts'
import { rejectionOf } from '../../support/client.ts'
import { transcribed, type TranscribedOptions } from '../../support/fake-client.ts'
import { MINTED } from '../../support/minted.ts'
import { response } from './responses.ts'

const NEW = { ...MINTED, id: undefined, seenWorking: false }

/** What is known of a new token after these requests and pauses. */
async function checked(lines: string[], options: TranscribedOptions = {}): Promise<CheckedToken> {
  const { client, transcript } = transcribed(lines, options)
  const result = await checkToken(client.real, NEW)
  expect(transcript.left).toEqual([])
  return result
}

/** The error that the check ends with. */
function failed(lines: string[], options?: TranscribedOptions): Promise<Error> {
  return rejectionOf(checked(lines, options))
}

const REJECTED = { kind: 'newTokenRejected', request: { operation: 'checkToken' }, response: { status: 401 } }

describe('checkToken', () => {
  it('returns what Zendesk reports about a token that works', async () => {
    expect(await checked(['GET current: 200'])).toEqual({ token: { ...NEW, id: 7, seenWorking: true } })
  })

  it.each([
    ['403', true],
    ['404', false]
  ])('lets a narrow token pass: %s, seen working: %p', async (status, seenWorking) => {
    expect(await checked([`GET current: ${status}`])).toEqual({ token: { ...NEW, seenWorking } })
  })

  it.each(['302', '400', '503', '204', '201', '401 page', '404 page', '429 too long', 'another'])(
    'does not ask again after what says nothing, and returns the error: %s',
    async (reply) => {
      const replies = { another: response(200, { token: { id: 5, token: 'klmnopqrst' } }) }
      const { token, unchecked } = await checked([`GET current: ${reply}`], { replies })
      expect(token).toBe(NEW)
      expect(unchecked).toMatchObject({
        request: { operation: 'checkToken' },
        response: { status: expect.any(Number) }
      })
    }
  )

  it.each(['connection', 'timeout', 'deadline'])(
    'does not ask again if there is no response: %s',
    async (kind) => {
      expect(await checked([`GET current: ${kind}`])).toMatchObject({ token: NEW, unchecked: { kind } })
    }
  )

  it('leaves the token unchecked if there is no time for any request', async () => {
    expect(await checked([], { seconds: 0 })).toMatchObject({ token: NEW, unchecked: { kind: 'deadline' } })
  })

  it('makes single attempts, and lets none take longer than 10 s from the start', async () => {
    const { client } = transcribed(['GET current: 401', 'wait 0.5 s', 'GET current: 200'])
    const send = jest.spyOn(client, 'trySend')
    await checkToken(client.real, NEW)
    expect(send.mock.calls.map(([, options]) => options)).toEqual(
      Array(2).fill({ single: true, until: 10_000 })
    )
  })

  it('ends with a job that is cancelled', async () => {
    expect(await failed(['GET current: cancelled', 'cancel'])).toMatchObject({ kind: 'cancelled' })
  })
})

describe('checkToken, of a token that was rejected,', () => {
  const ONCE = ['GET current: 401', 'wait 0.5 s']

  it('asks up to three more times, 0.5, 1 and 2 s apart, and then fails', async () => {
    const lines = [
      ...ONCE,
      'GET current: 401',
      'wait 1 s',
      'GET current: 401',
      'wait 2 s',
      'GET current: 401'
    ]
    expect(await failed(lines)).toMatchObject(REJECTED)
  })

  it.each([
    ['200', true],
    ['403', true],
    ['404', false]
  ])('succeeds if a response about it follows: %s', async (status, seenWorking) => {
    const { token, unchecked } = await checked([...ONCE, `GET current: ${status}`])
    expect([token.seenWorking, unchecked]).toEqual([seenWorking, undefined])
  })

  it('fails if nothing follows that is about it, and counts that as one of the four', async () => {
    const lines = [
      ...ONCE,
      'GET current: 503',
      'wait 1 s',
      'GET current: 401 page',
      'wait 2 s',
      'GET current: 422'
    ]
    expect(await failed(lines)).toMatchObject(REJECTED)
    const broken = [...ONCE, 'GET current: connection', 'wait 1 s', 'GET current: 429', 'wait 2 s']
    expect(await failed([...broken, 'GET current: brokenOff'])).toMatchObject(REJECTED)
  })

  it('begins no wait that would end after 10 s, or after the time of the step', async () => {
    expect(await failed(['GET current: 401', '9.5 s pass'])).toMatchObject(REJECTED)
    expect(await failed([...ONCE, 'GET current: 401', '8.5 s pass'])).toMatchObject(REJECTED)
    expect(await failed(['GET current: 401', '4.5 s pass'], { seconds: 5 })).toMatchObject(REJECTED)
  })

  it('ends with a job that is cancelled while it waits', async () => {
    expect(await failed([...ONCE, 'cancel'])).toMatchObject({ kind: 'cancelled' })
  })
})
