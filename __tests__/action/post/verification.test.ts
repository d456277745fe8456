import { describe, expect, it } from '@jest/globals'

import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, count, shown, VERIFIED } from '../../support/log-lines.ts'
import { expectVerified, mainThenPost } from '../../support/run-action.ts'
import {
  anyDeletion,
  clientCredentials,
  deletionById,
  false204,
  foreignResponses,
  json404,
  LINES,
  lookUp,
  mockZendesk,
  theToken
} from '../../support/zendesk.ts'

/** The response of Zendesk to a request with another token. */
function aboutAnother(zendesk: Zendesk): Fault {
  const { id, value } = zendesk.seedTokens(1)[0]!
  return { kind: 'response', status: 200, body: { token: { id, token: value.slice(0, 10) } } }
}

describe('after an accepted DELETE, post asks for the token', () => {
  it.concurrent.each<[string, Fault | ((zendesk: Zendesk) => Fault)]>([
    ...foreignResponses,
    ['a JSON 404', json404],
    ['a redirect', { kind: 'redirect', location: 'https://elsewhere.example/' }],
    ['a 200 about another token', aboutAnother]
  ])('and after %s it stops, and warns that it could not verify the revocation', async (_what, given) => {
    const zendesk = await mockZendesk()
    const fault = typeof given === 'function' ? given(zendesk) : given
    const others = zendesk.activeTokens()
    const run = await mainThenPost(zendesk, { between: () => zendesk.fault(lookUp, fault) })
    expect(run.postRequests).toEqual([LINES.byId, LINES.verify])
    expect(count(run.post, 'warning')).toBe(1)
    expect(annotated(run.post)[0]).toMatch(/revoked.*(not|n't) (be )?verif/i)
    expect(shown(run.post)).not.toContain(VERIFIED)
    expect(zendesk.activeTokens()).toEqual(others)
  })

  it.concurrent('and retries after a failure, until Zendesk rejects the token', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: () =>
        zendesk.fault(lookUp, [
          { kind: 'reset' },
          { kind: 'response', status: 503 },
          { kind: 'gateway', status: 429, headers: { 'Retry-After': '2' } }
        ])
    })
    expectVerified(zendesk, run, [LINES.byId, ...Array<string>(4).fill(LINES.verify)])
  })

  it.concurrent(
    'again after 1 and 3 s if the token still works, and then deletes it as current',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault(deletionById, [false204])
      const run = await mainThenPost(zendesk)
      expectVerified(zendesk, run, [
        LINES.byId,
        LINES.verify,
        LINES.verify,
        LINES.verify,
        LINES.byCurrent,
        LINES.verify
      ])
      expect(run.post.elapsed).toBe(4000)
    }
  )

  it.concurrent('and takes a JSON 403 to mean that the token is still active', async () => {
    const zendesk = await mockZendesk({ deleteCurrentWorks: false })
    const run = await mainThenPost(zendesk, {
      inputs: clientCredentials(zendesk, { scopes: 'users:read write' })
    })
    expectVerified(zendesk, run, [
      LINES.byCurrent,
      LINES.verify,
      LINES.verify,
      LINES.verify,
      'POST grant',
      'GET tokens by cleanup',
      'DELETE token by cleanup',
      LINES.verify
    ])
  })

  it.concurrent('and warns if the token still works after every DELETE was accepted', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(anyDeletion, false204)
    const run = await mainThenPost(zendesk)
    expect(count(run.post, 'warning')).toBe(1)
    expect(zendesk.activeTokens()).toContain(theToken(zendesk))
  })
})
