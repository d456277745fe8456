import { describe, expect, it, jest } from '@jest/globals'
import { checkToken, type CheckedToken } from '../../../src/zendesk/check-token.ts'
import { rejectionOf } from '../../support/client.ts'
import { play, type Circumstances } from '../../support/fake-client.ts'
import { MINTED } from '../../support/minted.ts'

const NEW = { ...MINTED, id: undefined, seenWorking: false }

/** What is known of a new token after these requests and pauses. */
function checked(script: string, circumstances?: Circumstances): Promise<CheckedToken> {
  return play(script, (client) => checkToken(client, NEW), circumstances)
}

describe('checkToken', () => {
  it.each<[string, object]>([
    ['GET: 200', { id: 7, seenWorking: true }],
    ['GET: 403', { seenWorking: true }],
    ['GET: 404', {}],
    ['GET: 401, wait 0.5, GET: 200', { id: 7, seenWorking: true }],
    ['GET: 401, wait 0.5, GET: 403', { seenWorking: true }],
    ['GET: 401, wait 0.5, GET: 404', {}]
  ])('lets a token pass, with what Zendesk reports, also a narrow one: %s', async (script, known) => {
    expect(await checked(script)).toEqual({ token: { ...NEW, ...known } })
  })

  const silent = ['302', '503', '204', '201', '401 page', '404 page', '429 too long', '200 other']

  it.each(silent)('does not ask again after what says nothing, and returns the error: %s', async (reply) => {
    const bodies = { '200 other': { token: { id: 5, token: 'klmnopqrst' } } }
    const { token, unchecked } = await checked(`GET: ${reply}`, { bodies })
    expect(token).toBe(NEW)
    const status = Number(reply.slice(0, 3))
    expect(unchecked).toMatchObject({ request: { operation: 'checkToken' }, response: { status } })
  })

  it.each(['connection', 'timeout', 'deadline'])('does not ask again after none: %s', async (kind) => {
    expect(await checked(`GET: ${kind}`)).toMatchObject({ token: NEW, unchecked: { kind } })
  })

  it('leaves the token unchecked if there is no time for any request', async () => {
    expect(await checked('', { seconds: 0 })).toMatchObject({ token: NEW, unchecked: { kind: 'deadline' } })
  })

  it('makes single attempts, and lets none take longer than 10 s from the start', async () => {
    await play('GET: 401, wait 0.5, GET: 200', async (client) => {
      const respond = jest.spyOn(client.world, 'respond')
      await checkToken(client, NEW)
      const options = respond.mock.calls.map(([, options]) => options)
      expect(options).toEqual(Array(2).fill({ single: true, until: 10_000 }))
    })
  })

  const ONCE = 'GET: 401, wait 0.5'

  it.each<[string, string, Circumstances?]>([
    ['rejections, 0.5, 1 and 2 s apart', `${ONCE}, GET: 401, wait 1, GET: 401, wait 2, GET: 401`],
    ['what is not about it', `${ONCE}, GET: 503, wait 1, GET: 401 page, wait 2, GET: 422`],
    ['errors', `${ONCE}, GET: connection, wait 1, GET: 429, wait 2, GET: brokenOff`],
    ['no wait beyond 10 s', 'GET: 401, pass 9.5'],
    ['no second wait beyond 10 s', `${ONCE}, GET: 401, pass 8.5`],
    ['no wait beyond the time of the step', 'GET: 401, pass 4.5', { seconds: 5 }]
  ])('fails after a rejection that is followed by %s', async (_what, script, circumstances = {}) => {
    const error = await play(script, (client) => rejectionOf(checkToken(client, NEW)), circumstances)
    expect(error).toMatchObject({ kind: 'newTokenRejected', response: { status: 401 } })
    expect(error).toMatchObject({ request: { operation: 'checkToken' } })
  })

  it.each(['GET: cancelled, cancel', `${ONCE}, cancel`])('ends if it is cancelled: %s', async (script) => {
    expect(await rejectionOf(checked(script))).toMatchObject({ kind: 'cancelled' })
  })
})
