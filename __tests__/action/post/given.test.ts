import { describe, expect, it } from '@jest/globals'
import { annotated, shown, stream } from '../../support/log-lines.ts'
import { LINES, requestLog } from '../../support/requests.ts'
import { expectVerified, mainThenPost, runStep } from '../../support/run-action.ts'
import { at, clientCredentials, credentials, GRANT, type Inputs, mockZendesk } from '../../support/zendesk.ts'

/*
 * The runner may give post the inputs of another step, and any step may change the state. All decisions come from the
 * state; of the inputs only the credential is used, and only if it is that of main.
 */

describe('if the inputs are those of another action, post', () => {
  it.concurrent('revokes with the token itself', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      inputs: at(zendesk, credentials.apiToken(zendesk)),
      postRun: {
        inputs: at(zendesk, { email: 'gus@acme.example', 'api-token': 'an-api-token-of-somebody-else' })
      }
    })
    expectVerified(zendesk, run, [LINES.byId, LINES.verify])
  })

  it.concurrent('warns of that if it needs the credential', async () => {
    const zendesk = await mockZendesk()
    const { post, postRequests } = await mainThenPost(zendesk, {
      inputs: clientCredentials(zendesk, { scopes: 'tickets:read', 'job-summary': true }),
      postRun: { inputs: { subdomain: 'other', 'base-url': 'http://127.0.0.1:1' } }
    })
    expect(postRequests).toEqual([LINES.byCurrent])
    expect(annotated(post)).toEqual([
      expect.stringContaining('Post was given other inputs than main, so it could not use the credential.')
    ])
    expect(post.summary).toContain('<td>may still be active</td>')
  })
})

describe('if the state names another', () => {
  it.concurrent.each<['origin' | 'client', 'clientCredentials' | 'apiToken', Inputs]>([
    ['origin', 'apiToken', {}],
    ['origin', 'clientCredentials', { scopes: 'tickets:read' }],
    ['client', 'clientCredentials', { scopes: 'tickets:read' }]
  ])('%s, post does not use its credential: %s', async (what, credential, more) => {
    const [zendesk, elsewhere] = [await mockZendesk(), await mockZendesk()]
    const inputs = at(zendesk, { ...credentials[credential](zendesk), ...more })
    const { state } = await runStep('main', { inputs })
    zendesk.forget()
    const [from, to] = what === 'origin' ? [zendesk.url, elsewhere.url] : ['ci_bot', 'tickets_only']
    const replaced = state['zendesk']!.replaceAll(from, to)
    expect(replaced).not.toBe(state['zendesk'])
    const post = await runStep('post', { inputs, state: { zendesk: replaced } })
    expect(post.exitCode).toBe(0)
    const sent = [...zendesk.requests, ...elsewhere.requests]
    expect(sent).not.toEqual([])
    expect(sent.map(({ path }) => path)).not.toContain(GRANT)
    expect(requestLog(sent).join()).not.toMatch(new RegExp(`Basic|${zendesk.client('ci_bot').secret!}`))
  })
})

describe('post sends nothing', () => {
  it.concurrent('if main saved nothing', async () => {
    const zendesk = await mockZendesk()
    const post = await runStep('post', { inputs: clientCredentials(zendesk) })
    expect(post.exitCode).toBe(0)
    expect(stream(post)).toEqual(['The main step saved no token, so there is nothing to revoke.'])
  })

  it.concurrent.each(['garbage', '{}', '{"minted":{"token":"abcdefgh"},"context":{}}', '{"kind":"skipped"}'])(
    'and warns if it cannot read the state: %j',
    async (zendesk) => {
      const post = await runStep('post', { state: { zendesk } })
      expect(post.exitCode).toBe(0)
      expect(annotated(post)).toEqual([
        expect.stringMatching(/^::warning::.* cannot be read, so a token of this step may be active\./)
      ])
      expect(shown(post)).not.toContain('abcdefgh')
    }
  )
})
