import { describe, expect, it } from '@jest/globals'

import { type Fault, type Zendesk } from '../../../mock/zendesk.ts'
import { HOUR, NOON } from '../../support/clock.ts'
import { annotated, count, infoLines, shown, VERIFIED } from '../../support/log-lines.ts'
import { expectVerified, mainThenPost } from '../../support/run-action.ts'
import {
  anyDeletion,
  at,
  clientCredentials,
  credentials,
  deletionById,
  json403,
  json404,
  LINES,
  lookUp,
  mockZendesk,
  revokeElsewhere,
  stray401,
  theToken
} from '../../support/zendesk.ts'

describe('a DELETE that Zendesk rejects does not prove that the token is revoked, so post', () => {
  it.concurrent.each<[string, (zendesk: Zendesk) => unknown, string[], number]>([
    [
      'asks after 1 s, and repeats the DELETE if the token is still active',
      (zendesk) => zendesk.fault(deletionById, [stray401]),
      [LINES.byId, LINES.verify, LINES.byId, LINES.verify],
      1000
    ],
    [
      'asks at once after a JSON 404, and repeats the DELETE if the token is still active',
      (zendesk) => zendesk.fault(deletionById, [json404]),
      [LINES.byId, LINES.verify, LINES.byId, LINES.verify],
      0
    ],
    [
      'asks again after 3 s more if the token is rejected as well',
      (zendesk) => {
        zendesk.fault(deletionById, [stray401])
        zendesk.fault(lookUp, [stray401])
      },
      [LINES.byId, LINES.verify, LINES.verify, LINES.byId, LINES.verify],
      4000
    ],
    [
      'deletes the token as the current one if the repeated DELETE is rejected, too',
      (zendesk) => zendesk.fault(deletionById, stray401),
      [LINES.byId, LINES.verify, LINES.byId, LINES.byCurrent, LINES.verify],
      1000
    ],
    [
      'takes three rejections as proof if main saw the token work: a later step revoked it',
      revokeElsewhere,
      [LINES.byId, LINES.verify, LINES.verify],
      4000
    ]
  ])('%s', async (_what, between, requests, elapsed) => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, { between: () => between(zendesk) })
    expectVerified(zendesk, run, requests)
    expect(run.post.elapsed).toBe(elapsed)
  })

  it.concurrent('warns, and says nothing of a proof, if every DELETE is rejected', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(anyDeletion, stray401)
    const run = await mainThenPost(zendesk)
    expect(run.postRequests.slice(0, 4)).toEqual([LINES.byId, LINES.verify, LINES.byId, LINES.byCurrent])
    expect(run.postRequests).toContain('DELETE token by cleanup')
    expect(count(run.post, 'warning')).toBe(1)
    expect(zendesk.activeTokens()).toContain(theToken(zendesk))
  })

  it.concurrent('takes a JSON 403 to the check of main as seen to work', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' })
    const run = await mainThenPost(zendesk, { inputs, between: () => revokeElsewhere(zendesk) })
    expectVerified(zendesk, run, [LINES.byCurrent, LINES.verify, LINES.verify])
  })

  it.concurrent.each<[string, Fault]>([
    ['a web page', { kind: 'gateway' }],
    ['a JSON 404', json404]
  ])('uses a cleanup token after three rejections if the check of main got %s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(lookUp, [fault])
    const run = await mainThenPost(zendesk, {
      between: () => zendesk.fault({ token: theToken(zendesk).value }, Array<Fault>(3).fill(stray401))
    })
    expectVerified(zendesk, run, [
      LINES.byCurrent,
      LINES.verify,
      LINES.verify,
      'POST grant',
      'GET tokens by cleanup',
      'DELETE token by cleanup',
      LINES.verify
    ])
  })

  it.concurrent('warns if no server of Zendesk knew the token from the mint on', async () => {
    const zendesk = await mockZendesk({ unknownAtFirst: { requests: 1000 } })
    const run = await mainThenPost(zendesk)
    expect(run.main.exitCode).toBe(1)
    expect(run.postRequests.slice(0, 3)).toEqual([LINES.byCurrent, LINES.verify, LINES.verify])
    expect(shown(run.post)).not.toContain(VERIFIED)
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent('verifies a token that a later step revoked even in a timeout of 5 s', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'timeout-seconds': 5 })
    const run = await mainThenPost(zendesk, { inputs, between: () => revokeElsewhere(zendesk) })
    expectVerified(zendesk, run, [LINES.byId, LINES.verify, LINES.verify])
  })

  it.concurrent.each([
    ['API token', credentials.apiToken],
    ['access token', credentials.accessToken]
  ])(
    'takes a JSON 404 to the %s, and three rejections of the token, as proof',
    async (_credential, inputsOf) => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, {
        inputs: at(zendesk, inputsOf(zendesk)),
        between: () => revokeElsewhere(zendesk)
      })
      expectVerified(zendesk, run, ['DELETE token by credential', LINES.verify, LINES.verify, LINES.verify])
      // At once, and after 1 and 3 s.
      expect(run.post.elapsed).toBe(4000)
    }
  )
})

/** Responses to a DELETE that are not Zendesk's own words about the token. */
const foreign: [string, Fault][] = [
  ['an HTML 401', { kind: 'gateway', status: 401 }],
  ['an HTML 403', { kind: 'gateway', status: 403 }],
  ['an HTML 404', { kind: 'gateway', status: 404 }]
]

describe('a DELETE that gets a web page or no body says nothing about the token, so post', () => {
  it.concurrent.each<[string, Fault]>([...foreign, ['a 200 with HTML', { kind: 'html' }]])(
    'deletes the token as the current one, at once, after %s',
    async (_what, fault) => {
      const zendesk = await mockZendesk()
      zendesk.fault(deletionById, [fault])
      const run = await mainThenPost(zendesk)
      expectVerified(zendesk, run, [LINES.byId, LINES.byCurrent, LINES.verify])
      expect(run.post.elapsed).toBe(0)
    }
  )

  it.concurrent.each<[string, Fault]>([
    ...foreign,
    ['an empty 401', { kind: 'empty', status: 401 }],
    ['an empty 403', { kind: 'empty', status: 403 }],
    ['a JSON 403 without a reason', json403]
  ])('warns with id, expiry and how to revoke it if every DELETE gets %s', async (_what, fault) => {
    const zendesk = await mockZendesk()
    zendesk.fault(anyDeletion, fault)
    const run = await mainThenPost(zendesk)
    expect(run.postRequests).toEqual([LINES.byId, LINES.byCurrent, 'POST grant', 'DELETE token by cleanup'])
    const { id } = theToken(zendesk)
    const [warning = ''] = annotated(run.post)
    expect(warning).toContain('::warning')
    expect(warning).toContain(String(id))
    expect(warning).toContain(new Date(NOON + HOUR).toISOString().replace('.000', ''))
    expect(warning).toContain(`DELETE ${zendesk.url}/api/v2/oauth/tokens/${id}`)
    expect(shown(run.post)).not.toContain(VERIFIED)
  })

  it.concurrent.each(['read write', 'read'])(
    'warns, and blames no scope, if a gateway responds to every request (scopes: %s)',
    async (scopes) => {
      const zendesk = await mockZendesk()
      const run = await mainThenPost(zendesk, {
        inputs: clientCredentials(zendesk, { scopes }),
        between: () => zendesk.fault({}, { kind: 'gateway' })
      })
      expect(count(run.post, 'warning')).toBe(1)
      expect(infoLines(run.post).join('\n')).not.toMatch(/scope/)
    }
  )
})
