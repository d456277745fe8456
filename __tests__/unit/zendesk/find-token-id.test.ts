import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { findTokenId } from '../../../src/zendesk/find-token-id.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { rejectionOf } from '../../support/client.ts'
import { transcribed } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { response } from './responses.ts'

const LIST = 'GET /api/v2/oauth/tokens by the cleanup token: '
const CLEANUP: MintedToken = { ...MINTED, id: 9, token: new Secret('the-cleanup-token') }

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
async function found(
  pages: unknown[][],
  { minted = UNKNOWN, cleanup = CLEANUP }: { minted?: MintedToken; cleanup?: MintedToken } = {}
): Promise<number | undefined> {
  const names = pages.map((_page, index) => `page ${index}`)
  const replies = Object.fromEntries(
    pages.map((tokens, index) => {
      const meta = { has_more: index < pages.length - 1, after_cursor: `after ${index}` }
      return [`page ${index}`, response(200, { tokens, meta })]
    })
  )
  const { client, transcript } = transcribed(
    names.map((name) => LIST + name),
    { replies }
  )
  const id = await findTokenId(client.real, minted, cleanup)
  expect(transcript.left).toEqual([])
  return id
}

describe('findTokenId', () => {
  it('finds the token of the same client, user, scopes and first characters, minted within a minute', async () => {
    expect(await found([[ITEM]])).toBe(5)
  })

  it('reads the list to its end', async () => {
    expect(await found([[{ ...ITEM, user_id: 1 }, null, 'text'], [ITEM]])).toBe(5)
    expect(await found([[ITEM], [{ ...ITEM, id: 6 }]])).toBeUndefined()
  })

  it.each<[string, object]>([
    ['another client', { client_id: 1 }],
    ['another user', { user_id: 1 }],
    ['other first characters', { token: 'abcdefghik' }],
    ['other scopes', { scopes: ['read'] }],
    ['unknown scopes', { scopes: undefined }],
    ['another minute', { created_at: '2026-11-21T12:01:01Z' }],
    ['an unknown time', { created_at: null }],
    ['no id', { id: null }]
  ])('takes no token of %s', async (_what, other) => {
    expect(await found([[{ ...ITEM, ...other }]])).toBeUndefined()
  })

  it('lists no tokens for a JWT, as all of these begin alike', async () => {
    const token = new Secret('eyJhbGciOiJIUzI1NiJ9.e30.x')
    expect(await found([], { minted: { ...UNKNOWN, token } })).toBeUndefined()
  })

  it.each(['clientId', 'userId'] as const)(
    'lists no tokens without the %s of the cleanup token',
    async (name) => {
      expect(await found([], { cleanup: { ...CLEANUP, [name]: undefined } })).toBeUndefined()
    }
  )

  it('fails if it may not list the tokens', async () => {
    const { client } = transcribed([`${LIST}403`])
    const error = await rejectionOf(findTokenId(client.real, UNKNOWN, CLEANUP))
    expect(error).toMatchObject({ kind: 'forbidden', request: { operation: 'listTokens' } })
  })
})
