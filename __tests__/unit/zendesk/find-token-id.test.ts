import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { findTokenId } from '../../../src/zendesk/find-token-id.ts'
import { rejectionOf } from '../../support/client.ts'
import { play } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const LIST = 'GET tokens by cleanup: '
const CLEANUP = { ...MINTED, id: 9, token: new Secret('the-cleanup-token') }
/** The minted token, as the list shows it. */
const ITEM = { id: 5, client_id: 8, user_id: 9, token: 'abcdefghij', scopes: ['write', 'read'] }
const CREATED = { ...ITEM, created_at: '2026-11-21T12:01:00Z' }

/** The id that is found in a list of one page, or of two. */
function found(first: unknown[], second?: unknown[]): Promise<number | undefined> {
  const meta = { has_more: second !== undefined, after_cursor: 'a' }
  const bodies = { '200 first': { tokens: first, meta }, '200 second': { tokens: second } }
  const script = `${LIST}200 first${second === undefined ? '' : `, ${LIST}200 second`}`
  return play(script, (client) => findTokenId(client, UNKNOWN, CLEANUP), { bodies })
}

describe('findTokenId', () => {
  it('finds the token of the same client, user, scopes and first characters, minted within a minute', async () => {
    expect(await found([CREATED])).toBe(5)
  })

  it('reads the list to its end', async () => {
    expect(await found([{ ...CREATED, user_id: 1 }, null, 'text'], [CREATED])).toBe(5)
    expect(await found([CREATED], [{ ...CREATED, id: 6 }])).toBeUndefined()
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
    expect(await found([{ ...CREATED, ...other }])).toBeUndefined()
  })

  const JWT = { ...UNKNOWN, token: new Secret('eyJhbGc.e30.x') }

  it.each([
    ['for a JWT, as all of these begin alike', JWT, CLEANUP],
    ['without the client of the cleanup token', UNKNOWN, { ...CLEANUP, clientId: undefined }],
    ['without the user of the cleanup token', UNKNOWN, { ...CLEANUP, userId: undefined }]
  ])('lists no tokens %s', async (_what, minted, cleanup) => {
    expect(await play('', (client) => findTokenId(client, minted, cleanup))).toBeUndefined()
  })

  it('fails if it may not list the tokens', async () => {
    const error = await play(`${LIST}403`, (client) => rejectionOf(findTokenId(client, UNKNOWN, CLEANUP)))
    expect(error).toMatchObject({ kind: 'forbidden', request: { operation: 'listTokens' } })
  })
})
