import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type Remaining } from '../../../src/zendesk/cleanup-token.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { type Obstacle } from '../../../src/zendesk/revocation.ts'
import { revokeToken, revokeTokenNow } from '../../../src/zendesk/revoke-token.ts'
import { inWords, play } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const ADMIN: Credential = { kind: 'access_token', accessToken: new Secret('the-admin-token') }
const secret = { clientSecret: new Secret('the-client-secret'), authMethod: 'client_secret_post' } as const
const CLIENT: Credential = { kind: 'client_credentials', ...secret }
const REFRESH: Credential = { kind: 'refresh_token', refreshToken: new Secret('used-up'), ...secret }
const ITEM = { id: 5, client_id: 8, user_id: 9, token: 'abcdefghij', created_at: '2026-11-21T12:00:00Z' }
const LISTED = { ...ITEM, scopes: ['write', 'read'] }
const BODIES = { '200 list': { tokens: [LISTED] }, '200 empty list': { tokens: [] } }

/** What becomes of a token with these requests and pauses, in words; why a cleanup token was minted; what remains of it. */
function revoked(script: string, credential?: Credential, minted = MINTED, revoke = revokeToken) {
  const why: Obstacle[] = []
  const remaining: Remaining[] = []
  const onCleanupToken = (obstacle: Obstacle): unknown => why.push(obstacle)
  const terms = { credential, clientId: 'ci_bot', remaining, onCleanupToken }
  const work = async (client: ZendeskClient) => inWords(await revoke(client, minted, terms))
  return play(script, work, { bodies: BODIES }).then((outcome) => ({ outcome, why, remaining }))
}

const BY_ITSELF = 'verified by the token itself'
const BY_CLEANUP = 'verified by a cleanup token'
const REFUSED = 'DELETE 7: 403 write, DELETE current: 403 write'
const MINT = 'POST tokens: 200 mint, GET by cleanup: 200 cleanup'
const NARROW = `${REFUSED}, ${MINT}, DELETE 7 by cleanup: 204, GET: 401`
const GONE = 'DELETE 9 by cleanup: 204'
const list = (reply: string): string =>
  `DELETE current: 403 write, ${MINT}, GET tokens by cleanup: ${reply}, ${GONE}`
const FOUND = list('200 list').replace(GONE, `DELETE 5 by cleanup: 204, GET: 401, ${GONE}`)

describe('revokeToken', () => {
  it.each<[string, string, string, Credential?, typeof MINTED?]>([
    ['begins with an admin', 'DELETE 7 by admin: 204, GET: 401', 'verified by credential', ADMIN],
    ['tries itself next', 'DELETE 7 by admin: 403, DELETE 7: 204, GET: 401', BY_ITSELF, ADMIN],
    ['needs the id for an admin', 'DELETE current: 204, GET: 401', BY_ITSELF, ADMIN, UNKNOWN],
    ['begins with itself of a client', 'DELETE 7: 400, DELETE current: 204, GET: 401', BY_ITSELF, CLIENT],
    ['has nothing but itself', REFUSED, 'active: scope only'],
    ['mints no cleanup token with a used credential', REFUSED, 'active: scope only', REFRESH],
    ['nor with that of an admin', `DELETE 7 by admin: 403, ${REFUSED}`, 'active: scope', ADMIN],
    ['mints one for what may not revoke itself', `${NARROW}, ${GONE}`, BY_CLEANUP, CLIENT],
    ['takes an unknown id from the list', FOUND, BY_CLEANUP, CLIENT, UNKNOWN],
    ['fails if that is not in it for certain', list('200 empty list'), 'active: id unknown', CLIENT, UNKNOWN],
    ['fails if it may not list the tokens', list('403 write'), 'active: scope only', CLIENT, UNKNOWN],
    ['fails if it may not mint one', `${REFUSED}, POST tokens: invalid_scope`, 'active: scope only', CLIENT],
    ['fails if that is refused', `${REFUSED}, POST tokens: 403`, 'active: other', CLIENT],
    ['fails if that takes too long', `${REFUSED}, POST tokens: 429 too long`, 'active: stopped', CLIENT],
    ['fails if that is cancelled', `${REFUSED}, POST tokens: cancelled, cancel`, 'active: stopped', CLIENT]
  ])('%s', async (_what, script, outcome, ...given) => {
    const { why, ...end } = await revoked(script, ...given)
    expect(end).toEqual({ outcome, remaining: [] })
    const scope = { kind: 'scope', error: { kind: 'missingScope' } }
    expect(why).toMatchObject(script.includes(MINT) ? [scope] : [])
  })

  it('reports a cleanup token that may remain active', async () => {
    const end = 'DELETE 9 by cleanup: 400, DELETE current by cleanup: 400'
    const { remaining } = await revoked(`${NARROW}, ${end}`, CLIENT)
    expect(remaining).toMatchObject([{ token: { id: 9 }, outcome: { obstacle: { kind: 'other' } } }])
  })

  it('throws what is no error of a request', async () => {
    const fault = new Error('a mistake of ours')
    await play(`${REFUSED}, POST tokens: 200 mint`, async (client) => {
      jest.spyOn(client.log, 'mask').mockImplementation(() => {
        throw fault
      })
      const terms = { credential: CLIENT, clientId: 'ci_bot', remaining: [] }
      await expect(revokeToken(client, MINTED, terms)).rejects.toBe(fault)
    })
  })
})

describe('revokeTokenNow', () => {
  it('revokes the token once more, in 4 s, if the job was cancelled', async () => {
    const script = 'DELETE 7: cancelled, cancel'
    const now = await revoked(`${script}, DELETE 7: 204, GET: 401`, undefined, MINTED, revokeTokenNow)
    expect([now.outcome, (await revoked(script)).outcome]).toEqual([BY_ITSELF, 'active: stopped'])
  })

  it('needs nobody who hears of a cleanup token', async () => {
    const terms = { credential: CLIENT, clientId: 'ci_bot', remaining: [] }
    const revoke = async (client: ZendeskClient) => inWords(await revokeTokenNow(client, MINTED, terms))
    expect(await play(`${NARROW}, ${GONE}`, revoke)).toBe(BY_CLEANUP)
  })
})
