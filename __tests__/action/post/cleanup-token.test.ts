import { describe, expect, it } from '@jest/globals'

import { AGENT_ID, type Fault, type Token, type Zendesk, type ZendeskOptions } from '../../../mock/zendesk.ts'
import { NOON } from '../../support/clock.ts'
import {
  annotated,
  infoLines,
  mintedLine,
  responded,
  revokedLine,
  said,
  stream
} from '../../support/log-lines.ts'
import { expectVerified, mainThenPost, type Run } from '../../support/run-action.ts'
import {
  clientCredentials,
  CURRENT,
  DELETION_BY_ID,
  DELETION_OF_CURRENT,
  edited,
  GRANT,
  JSON_403,
  mintedTokens,
  mockZendesk,
  requestLog,
  theToken,
  TOKENS
} from '../../support/zendesk.ts'

const MISSING_SCOPE =
  'The credential lacks a scope (DELETE /api/v2/oauth/tokens/current: 403 ("Forbidden: You are missing the following required scopes: write"))'
const EXPIRES = 'It expires at 2026-11-21T13:00:00Z.'

const LACKS_WRITE: Fault = {
  kind: 'response',
  status: 403,
  body: { error: 'Forbidden', description: 'You are missing the following required scopes: write' }
}

/** Runs main and post with a token that may not revoke itself, and that may not ask for its id. */
function runNarrow(zendesk: Zendesk, between?: () => unknown, client?: string): Promise<Run> {
  const inputs = clientCredentials(zendesk, { scopes: 'tickets:read' }, client)
  return mainThenPost(zendesk, { inputs, ...(between && { between }) })
}

describe('of a token that may not revoke itself, post', () => {
  it.concurrent(
    'finds the id with a cleanup token, deletes it by that, and revokes the cleanup token last',
    async () => {
      const zendesk = await mockZendesk()
      // Tokens of the same client and user that must not be revoked.
      const others = [
        ...zendesk.seedTokens(1, { scopes: ['tickets:read'], age: 90_000 }),
        ...zendesk.seedTokens(120, { scopes: ['tickets:read'], age: 0 })
      ]
      const { main, post } = await runNarrow(zendesk)
      const secret = zendesk.client('ci_bot').secret!
      const [minted, cleanup] = mintedTokens(zendesk) as [Token, Token]
      const then =
        'Its scopes do not include both `read` and `write`, so post will try to revoke it with a cleanup token; otherwise it expires at 2026-11-21T13:00:00Z.'
      expect(stream(main)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${minted.value}`,
        responded('POST /oauth/tokens', 201),
        responded('GET /api/v2/oauth/tokens/current', 403),
        mintedLine(undefined, 'tickets:read', 'expires in 1 hour', then)
      ])
      expect(main.outputs).toMatchObject({ 'token-id': '', 'user-id': '', 'client-id': 'ci_bot' })
      expect(said(post)).toEqual([
        `::add-mask::${secret}`,
        `::add-mask::${minted.value}`,
        `::add-mask::${cleanup.value}`,
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
    }
  )

  it.concurrent('needs no list if it knows the id', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ ...DELETION_BY_ID, count: 1 }, JSON_403)
    zendesk.fault(DELETION_OF_CURRENT, JSON_403)
    expectVerified(zendesk, await mainThenPost(zendesk), [
      'DELETE token by token',
      'DELETE current by token',
      'POST grant',
      'DELETE token by cleanup',
      'GET current by token'
    ])
  })

  it.concurrent('tries a DELETE with the token itself first', async () => {
    const zendesk = await mockZendesk({ narrowTokensManageThemselves: true })
    expectVerified(zendesk, await runNarrow(zendesk), ['DELETE token by token', 'GET current by token'])
  })

  it.concurrent.each<[condition: string, listed: object[] | undefined]>([
    ['the token is a JWT, since all JWTs begin alike', undefined],
    ['two tokens in the list match', [{}, { id: 7 }]],
    ['the token in the list is of another user', [{ user_id: AGENT_ID }]],
    ['the token in the list is of another client', [{ client_id: 1 }]],
    ['the token in the list has other scopes', [{ scopes: ['read'] }]],
    ['the token in the list is 61 s older', [{ created_at: new Date(NOON - 61_000).toISOString() }]]
  ])('warns that it cannot find the id if %s', async (_condition, listed) => {
    const zendesk = await mockZendesk()
    if (listed) {
      zendesk.fault(
        { method: 'GET', path: TOKENS },
        edited<{ tokens: { scopes: string[] }[] }>(({ tokens, ...page }) => {
          const token = tokens.find(({ scopes }) => scopes.includes('tickets:read'))!
          return { ...page, tokens: listed.map((change) => ({ ...token, ...change })) }
        })
      )
    } else zendesk.behaviour.tokenFormat = 'jwt'
    const { post } = await runNarrow(zendesk)
    expect(annotated(post)).toEqual([
      `::warning::Could not revoke the token (id unknown): its id is not known, and no token in the list is certainly this one. ${EXPIRES} To revoke it manually, delete it in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or find it as an admin with GET ${zendesk.url}${TOKENS} and send DELETE ${zendesk.url}${TOKENS}/{id}, or let \`sweep\` remove it.`
    ])
    expect(zendesk.seen().filter((line) => line === `GET ${TOKENS}`)).toHaveLength(listed ? 1 : 0)
    // The cleanup token is revoked.
    expect(zendesk.activeTokens()).toEqual([theToken(zendesk)])
  })
})

describe('if a missing scope is the only obstacle, post', () => {
  it.concurrent('says when the token expires, and does not warn', async () => {
    const zendesk = await mockZendesk()
    const run = await runNarrow(zendesk, undefined, 'tickets_only')
    expect(run.postRequests).toEqual(['DELETE current by token', 'POST grant'])
    expect(annotated(run.post)).toEqual([])
    expect(infoLines(run.post).at(-1)).toContain(EXPIRES)
  })

  it.concurrent('does not warn if Zendesk names `write` as missing, though it was granted', async () => {
    const zendesk = await mockZendesk()
    const run = await mainThenPost(zendesk, {
      between: () => {
        const { id, value } = theToken(zendesk)
        zendesk.fault({ method: 'DELETE', path: `${TOKENS}/${id}` }, LACKS_WRITE)
        zendesk.fault({ method: 'DELETE', token: value }, LACKS_WRITE)
      }
    })
    expect(annotated(run.post)).toEqual([])
    expect(zendesk.activeTokens()).toEqual([theToken(zendesk)])
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
  const cleanupId = 22_000_000_003

  it.concurrent.each<[string, Fault]>([
    ['a JSON 403', JSON_403],
    ['a JSON 404', { kind: 'response', status: 404, body: { error: 'RecordNotFound' } }],
    ['a 401', { kind: 'stray-401' }]
  ])(
    'deletes it as the current one, and verifies that, if its DELETE by id gets %s',
    async (_what, fault) => {
      const zendesk = await mockZendesk()
      zendesk.fault({ method: 'DELETE', path: `${TOKENS}/${cleanupId}` }, fault)
      const run = await runNarrow(zendesk)
      expect(annotated(run.post)).toEqual([])
      expect(zendesk.activeTokens()).toEqual([])
    }
  )

  it.concurrent(
    'warns with id, expiry and how to revoke it if it still works after its DELETE was accepted',
    async () => {
      const zendesk = await mockZendesk()
      zendesk.fault({ method: 'DELETE', path: `${TOKENS}/${cleanupId}` }, JSON_403)
      zendesk.fault({ method: 'DELETE', path: CURRENT }, [{ kind: 'pass' }, { kind: 'empty', status: 204 }])
      const { post } = await runNarrow(zendesk)
      expect(said(post).slice(-2)).toEqual([
        revokedLine(),
        `::warning::Could not revoke the cleanup token ${cleanupId}: Zendesk accepted the DELETE, but the token still works. It expires at 2026-11-21T12:10:00Z. To revoke it manually, delete it in Admin Center (Apps and integrations > APIs > OAuth clients, the client's tokens), or send DELETE ${zendesk.url}${TOKENS}/${cleanupId} as an admin, or let \`sweep\` remove it.`
      ])
    }
  )
})
