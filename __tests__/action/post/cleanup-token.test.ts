import { describe, expect, it } from '@jest/globals'

import { type Fault } from '../../../mock/zendesk.ts'
import { annotated, count, infoLines } from '../../support/log-lines.ts'
import { expectVerified, mainThenPost, runStep } from '../../support/run-action.ts'
import {
  at,
  clientCredentials,
  credentials,
  deletionById,
  deletionOfCurrent,
  GRANT,
  json403,
  mockZendesk,
  theToken
} from '../../support/zendesk.ts'

const missingScope: Fault = {
  kind: 'response',
  status: 403,
  body: { error: 'Forbidden', description: 'You are missing the following required scopes: write' }
}

describe('if the token may not revoke itself, post', () => {
  it.concurrent('deletes it by id with a cleanup token', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...deletionById, count: 1 }, json403)
    zendesk.fault(deletionOfCurrent, json403)
    expectVerified(zendesk, await mainThenPost(zendesk), [
      'DELETE token by token',
      'DELETE current by token',
      'POST grant',
      'DELETE token by cleanup',
      'GET current by token'
    ])
  })

  it.concurrent('reports when it expires if the client may not have `write` either: no warning', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' }, 'tickets_only')
    const run = await mainThenPost(zendesk, { inputs })
    expect(run.postRequests).toEqual(['DELETE current by token', 'POST grant'])
    expect(annotated(run.post)).toEqual([])
    expect(infoLines(run.post).at(-1)).toContain('2026-11-21T13:00:00Z')
  })

  it.concurrent('warns if Zendesk did not report when it expires', async () => {
    const zendesk = await mockZendesk({ reportExpiresIn: 'never' })
    const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' }, 'tickets_only')
    const run = await mainThenPost(zendesk, { inputs })
    expect(count(run.post, 'warning')).toBe(1)
  })

  it.concurrent('does not warn if Zendesk names `write` as missing, though it was granted', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: () => {
        const { id, value } = theToken(zendesk)
        zendesk.fault({ method: 'DELETE', path: `/api/v2/oauth/tokens/${id}` }, missingScope)
        zendesk.fault({ method: 'DELETE', token: value }, missingScope)
      }
    })
    expect(annotated(run.post)).toEqual([])
    expect(zendesk.activeTokens()).toEqual([theToken(zendesk)])
  })

  it.concurrent('warns if a rate limit prevents the mint of a cleanup token', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      inputs: clientCredentials(zendesk, { scopes: 'tickets:read' }),
      between: () =>
        zendesk.fault({ path: GRANT }, { kind: 'response', status: 429, headers: { 'Retry-After': '900' } })
    })
    expect(count(run.post, 'warning')).toBe(1)
  })
})

describe('if its state names another origin or client, as the runner may give it, post', () => {
  it.concurrent('does not send the API token to another origin', async () => {
    const [zendesk, elsewhere] = [await mockZendesk(), await mockZendesk()]
    const inputs = at(zendesk, credentials.apiToken(zendesk))
    const main = await runStep('main', { inputs })
    await runStep('post', { inputs, state: replaced(main.state, zendesk.url, elsewhere.url) })
    expect(elsewhere.requests).not.toEqual([])
    expect(elsewhere.requests.map(({ headers }) => headers.authorization ?? '').join()).not.toContain('Basic')
  })

  it.concurrent.each(['origin', 'client'])('mints no cleanup token for another %s', async (what) => {
    const [zendesk, elsewhere] = [await mockZendesk(), await mockZendesk()]
    const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' })
    const main = await runStep('main', { inputs })
    zendesk.forget()
    const state =
      what === 'origin'
        ? replaced(main.state, zendesk.url, elsewhere.url)
        : replaced(main.state, 'ci_bot', 'tickets_only')
    expect(state).not.toEqual(main.state)
    const post = await runStep('post', { inputs, state })
    expect(post.exitCode).toBe(0)
    const sent = [...zendesk.requests, ...elsewhere.requests]
    expect(sent).not.toEqual([])
    expect(sent.map(({ path }) => path)).not.toContain(GRANT)
    expect(sent.map(({ body }) => body).join()).not.toContain(zendesk.client('ci_bot').secret)
  })
})

function replaced(state: Record<string, string>, from: string, to: string): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.replaceAll(from, to)]))
}
