import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { findTokenId } from '../../../src/zendesk/find-token-id.ts'
import { rejectionOf } from '../../support/client.ts'
import { play } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const LIST = 'GET tokens by cleanup: '
const CLEANUP = { ...MINTED, id: 9, token: new Secret('the-cleanup-token') }

/** The minted token, as the list shows it. */
const ITEM = {
  id: 5,
  client_id: 8,
  user_id: 9,
  token: 'abcdefghij',
  scopes: ['write', 'read'],
  created_at: '2026-11-21T12:01:00Z'
}

/** The id that is found in these pages. */
function found(
  pages: unknown[][],
  { minted = UNKNOWN, cleanup = CLEANUP } = {}
): Promise<number | undefined> {
  const bodies = Object.fromEntries(
    pages.map((tokens, index) => {
      const meta = { has_more: index < pages.length - 1, after_cursor: `after ${index}` }
      return [`200 page ${index}.`, { tokens, meta }]
    })
  )
  const script = Object.keys(bodies).map((name) => LIST + name)
  return play(script.join(', '), (client) => findTokenId(client, minted, cleanup), { bodies })
}

describe('findTokenId', () => {
  it('finds the token of the same client, user, scopes and first characters, minted within a minute', async () => {
    expect(await found([[ITEM]])).toBe(5)
  })

  it('reads the list to its end', async () => {
    expect(await found([[{ ...ITEM, user_id: 1 }, null, 'text'], [ITEM]])).toBe(5)
    expect(await found([[ITEM], [{ ...ITEM, id: 6 }]])).toBeUndefined()
  })

  it.each([
    { client_id: 1 },
    { user_id: 1 },
    { token: 'abcdefghik' },
    { scopes: ['read'] },
    { scopes: undefined },
    { created_at: '2026-11-21T12:01:01Z' },
    { created_at: null },
    { id: null }
  ])('takes no token that is not the same: %j', async (other) => {
    expect(await found([[{ ...ITEM, ...other }]])).toBeUndefined()
  })

  it.each<[string, Parameters<typeof found>[1]]>([
    [
      'for a JWT, as all of these begin alike',
      { minted: { ...UNKNOWN, token: new Secret('eyJhbGc.e30.x') } }
    ],
    ['without the client of the cleanup token', { cleanup: { ...CLEANUP, clientId: undefined } }],
    ['without the user of the cleanup token', { cleanup: { ...CLEANUP, userId: undefined } }]
  ])('lists no tokens %s', async (_what, given) => {
    expect(await found([], given)).toBeUndefined()
  })

  it('fails if it may not list the tokens', async () => {
    const error = await play(`${LIST}403`, (client) => rejectionOf(findTokenId(client, UNKNOWN, CLEANUP)))
    expect(error).toMatchObject({ kind: 'forbidden', request: { operation: 'listTokens' } })
  })
})
