import { describe, expect, it } from '@jest/globals'
import { type Fault, type Token, type Zendesk, type ZendeskOptions } from '../../../mock/zendesk.ts'
import { NOON } from '../../support/clock.ts'
import { annotated, infoLines, revokedLine, said } from '../../support/log-lines.ts'
import { LINES, mintedTokens, requestLog, theToken } from '../../support/requests.ts'
import { expectVerified, mainThenPost, type Run } from '../../support/run-action.ts'
import {
  clientCredentials,
  CURRENT,
  DELETION_BY_ID,
  DELETION_OF_CURRENT,
  edited,
  FALSE_204,
  GRANT,
  JSON_403,
  JSON_404,
  mockZendesk,
  STRAY_401,
  TOKENS
} from '../../support/zendesk.ts'

const MISSING_SCOPE =
  'The credential lacks a scope (DELETE /api/v2/oauth/tokens/current: 403 ("Forbidden: You are missing the following required scopes: write"))'
const { byId, byCurrent, verify } = LINES
const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'

/** Runs main and post with a token that may not revoke itself, and that may not ask for its id. */
function runNarrow(zendesk: Zendesk, between?: () => unknown, client?: string): Promise<Run> {
  const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' }, client)
  return mainThenPost(zendesk, { inputs, ...(between && { between }) })
}

describe('of a token that may not revoke itself, post', () => {
  it.concurrent('finds the id with a cleanup token, deletes it by that, and revokes that last', async () => {
    const zendesk = await mockZendesk()
    // Tokens of the same client and user that must not be revoked.
    const others = [
      ...zendesk.seedTokens(1, { scopes: ['tickets:read'], age: 90_000 }),
      ...zendesk.seedTokens(120, { scopes: ['tickets:read'], age: 0 })
    ]
    const { main, post } = await runNarrow(zendesk)
    const secret = zendesk.client('ci_bot').secret!
    const [minted, cleanup] = mintedTokens(zendesk) as [Token, Token]
    expect(main.outputs).toMatchObject({ 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' })
    expect(said(post)).toEqual([
      ...[secret, minted.value, cleanup.value].map((mask) => `::add-mask::${mask}`),
      `Minted a cleanup token (read write, 10 minutes) to revoke the token (id unknown), because: ${MISSING_SCOPE}.`,
      revokedLine()
    ])
    const list = `GET ${TOKENS}?client_id=360000000101&page[size]=100`
    const log = requestLog(zendesk.requests.slice(2))
    expect(log.map((line) => line.replace(/(page\[after\]=).*? /, '$1… '))).toEqual([
      `DELETE ${CURRENT} | Bearer ${minted.value}`,
      `POST /oauth/tokens | {"grant_type":"client_credentials","client_id":"ci_bot","client_secret":"${secret}","scope":"read write","expires_in":600}`,
      `GET ${CURRENT} | Bearer ${cleanup.value}`,
      `${list} | Bearer ${cleanup.value}`,
      `${list}&page[after]=… | Bearer ${cleanup.value}`,
      `DELETE ${TOKENS}/${minted.id} | Bearer ${cleanup.value}`,
      `GET ${CURRENT} | Bearer ${minted.value}`,
      `DELETE ${TOKENS}/${cleanup.id} | Bearer ${cleanup.value}`
    ])
    expect(zendesk.connections).toBe(2)
    expect(zendesk.activeTokens()).toEqual(others)
  })

  it.concurrent('needs no list if it knows the id', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...DELETION_BY_ID, count: 1 }, JSON_403)
    zendesk.fault(DELETION_OF_CURRENT, JSON_403)
    const cleanup = ['POST grant', 'DELETE token by cleanup']
    expectVerified(zendesk, await mainThenPost(zendesk), [byId, byCurrent, ...cleanup, verify])
  })

  it.concurrent('tries a DELETE with the token itself first', async () => {
    const zendesk = await mockZendesk({ narrowTokensManageThemselves: true })
    expectVerified(zendesk, await runNarrow(zendesk), [byId, verify])
  })

  it.concurrent.each<[string, ZendeskOptions, object[], number]>([
    ['the token is a JWT, since all JWTs begin alike', { tokenFormat: 'jwt' }, [], 0],
    ['two tokens in the list match', {}, [{}, { id: 7 }], 1],
    ['the token in the list is 61 s older', {}, [{ created_at: new Date(NOON - 61_000).toISOString() }], 1]
  ])('warns that it cannot find the id if %s', async (_condition, options, listed, lists) => {
    const zendesk = await mockZendesk(options)
    zendesk.fault(
      { method: 'GET', path: TOKENS },
      edited<{ tokens: { scopes: string[] }[] }>(({ tokens, ...page }) => {
        const token = tokens.find(({ scopes }) => scopes.includes('tickets:read'))!
        return { ...page, tokens: listed.map((change) => ({ ...token, ...change })) }
      })
    )
    const { post } = await runNarrow(zendesk)
    expect(annotated(post)).toEqual([
      expect.stringMatching(
        /^::warning::.* its id is not known, and no token in the list is certainly this one/
      )
    ])
    expect(zendesk.seen().filter((line) => line === `GET ${TOKENS}`)).toHaveLength(lists)
    // The cleanup token is revoked.
    expect(zendesk.activeTokens()).toEqual([theToken(zendesk)])
  })
})

describe('if a missing scope is the only obstacle, post', () => {
  it.concurrent('says when the token expires, and does not warn', async () => {
    const zendesk = await mockZendesk()
    const run = await runNarrow(zendesk, undefined, 'tickets_only')
    expect(run.postRequests).toEqual([byCurrent, 'POST grant'])
    expect(annotated(run.post)).toEqual([])
    expect(infoLines(run.post).at(-1)).toContain(EXPIRES)
  })

  const rateLimit: Fault = { kind: 'response', status: 429, headers: { 'Retry-After': '900' } }
  it.concurrent.each<[string, ZendeskOptions, Fault | undefined]>([
    ['Zendesk did not report when it expires', { reportExpiresIn: 'never' }, undefined],
    ['a rate limit prevents the mint of a cleanup token', {}, rateLimit]
  ])('warns all the same if %s', async (_what, options, fault) => {
    const zendesk = await mockZendesk(options)
    const prevent = (): unknown => fault && zendesk.fault({ path: GRANT }, fault)
    const { post } = await runNarrow(zendesk, prevent, fault ? 'ci_bot' : 'tickets_only')
    expect(annotated(post)).toEqual([expect.stringMatching(/^::warning::Could not revoke/)])
  })
})

describe('of its cleanup token, post', () => {
  const itsDeletion = { method: 'DELETE', path: `${TOKENS}/22000000003` }

  it.concurrent.each<Fault>([JSON_403, JSON_404, STRAY_401])(
    'deletes it as the current one, and verifies that, if its DELETE by id gets %j',
    async (fault) => {
      const zendesk = await mockZendesk()
      zendesk.fault(itsDeletion, fault)
      const { post } = await runNarrow(zendesk)
      expect(annotated(post)).toEqual([])
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent('warns after its line if it still works after an accepted DELETE', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(itsDeletion, JSON_403)
    zendesk.fault(DELETION_OF_CURRENT, [{ kind: 'pass' }, FALSE_204])
    const { post } = await runNarrow(zendesk)
    const warning =
      /^::warning::Could not revoke the cleanup token 22000000003: .* the token still works\. It expires/
    expect(said(post).slice(-2)).toEqual([revokedLine(), expect.stringMatching(warning)])
  })
})
