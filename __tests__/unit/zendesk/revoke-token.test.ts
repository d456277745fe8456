import { describe, expect, it, jest } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type Remaining } from '../../../src/zendesk/cleanup-token.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { type ZendeskClient } from '../../../src/zendesk/http/client.ts'
import { type Obstacle, type Outcome } from '../../../src/zendesk/revocation.ts'
import { revokeToken, revokeTokenNow } from '../../../src/zendesk/revoke-token.ts'
import { play } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'

const ADMIN: Credential = { kind: 'access_token', accessToken: new Secret('the-admin-token') }
const secret = { clientSecret: new Secret('the-client-secret'), authMethod: 'client_secret_post' } as const
const CLIENT: Credential = { kind: 'client_credentials', ...secret }
const REFRESH: Credential = { kind: 'refresh_token', refreshToken: new Secret('used-up'), ...secret }
const ITEM = { id: 5, client_id: 8, user_id: 9, token: 'abcdefghij', created_at: '2026-11-21T12:00:00Z' }
const LISTS = {
  '200 list': { tokens: [{ ...ITEM, scopes: ['write', 'read'] }] },
  '200 empty list': { tokens: [] }
}

interface Revoked {
  outcome: Outcome
  /** Why a cleanup token was minted. */
  why: Obstacle[]
  remaining: Remaining[]
}

/** Revokes a token with these requests and pauses. */
function revoked(
  script: string,
  credential?: Credential,
  minted = MINTED,
  revoke = revokeToken
): Promise<Revoked> {
  const why: Obstacle[] = []
  const remaining: Remaining[] = []
  const onCleanupToken = (obstacle: Obstacle): unknown => why.push(obstacle)
  const terms = { credential, clientId: 'ci_bot', remaining, onCleanupToken }
  const work = async (client: ZendeskClient) => ({
    outcome: await revoke(client, minted, terms),
    why,
    remaining
  })
  return play(script, work, { bodies: LISTS })
}

const by = (by: string) => ({ end: 'verified', by })
const REFUSED = 'DELETE 7: 403 write, DELETE current: 403 write'
const MINT = 'POST tokens: 200 mint, GET by cleanup: 200 cleanup'
const GONE = 'DELETE 9 by cleanup: 204'

describe('revokeToken', () => {
  it.each<[string, string, string, Credential?, typeof MINTED?]>([
    ['begins with an admin', 'DELETE 7 by admin: 204', 'credential', ADMIN],
    ['tries itself after an admin', 'DELETE 7 by admin: 403, DELETE 7: 204', 'the token itself', ADMIN],
    ['needs the id for an admin', 'DELETE current: 204', 'the token itself', ADMIN, UNKNOWN],
    ['begins with itself of a client', 'DELETE 7: 400, DELETE current: 204', 'the token itself', CLIENT],
    ['has nothing but itself', 'DELETE 7: 204', 'the token itself']
  ])('%s', async (_what, script, revoker, ...given) => {
    expect((await revoked(`${script}, GET: 401`, ...given)).outcome).toEqual(by(revoker))
  })

  it.each<[string, string, Credential?]>([
    ['a refresh token, which is used up', '', REFRESH],
    ['an admin', 'DELETE 7 by admin: 403, ', ADMIN],
    ['nobody', '']
  ])('mints no cleanup token with the credential of %s', async (_who, first, ...credential) => {
    const { outcome } = await revoked(`${first}DELETE 7: 403, DELETE current: 403`, ...credential)
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind: 'other' } })
  })
})

describe('revokeToken, with a cleanup token,', () => {
  it('revokes what may not revoke itself, and says why it mints one', async () => {
    const script = `${REFUSED}, ${MINT}, DELETE 7 by cleanup: 204, GET: 401, ${GONE}`
    expect(await revoked(script, CLIENT)).toMatchObject({
      outcome: by('a cleanup token'),
      why: [{ kind: 'scope', error: { kind: 'missingScope' } }],
      remaining: []
    })
  })

  it('takes the id from the list if that is unknown', async () => {
    const list = 'GET tokens by cleanup: 200 list, DELETE 5 by cleanup: 204, GET: 401'
    const script = `DELETE current: 403, ${MINT}, ${list}, ${GONE}`
    expect((await revoked(script, CLIENT, UNKNOWN)).outcome).toEqual(by('a cleanup token'))
  })

  it.each<[string, string, string, boolean]>([
    ['no token in the list is certainly this one', '403', '200 empty list', false],
    ['it may not list the tokens', '403 write', '403 write', true]
  ])('fails if %s', async (_why, first, list, isScopeOnly) => {
    const script = `DELETE current: ${first}, ${MINT}, GET tokens by cleanup: ${list}, ${GONE}`
    const { outcome } = await revoked(script, CLIENT, UNKNOWN)
    const kind = isScopeOnly ? 'scope' : 'id unknown'
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind }, isScopeOnly })
  })

  it.each<[string, Obstacle['kind'], boolean]>([
    ['invalid_scope', 'scope', true],
    ['403', 'other', false],
    ['429 too long', 'stopped', false],
    ['cancelled, cancel', 'stopped', false]
  ])('fails if the mint of one gets this: %s', async (reply, kind, isScopeOnly) => {
    const { outcome, why } = await revoked(`${REFUSED}, POST tokens: ${reply}`, CLIENT)
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind }, isScopeOnly })
    expect(why).toEqual([])
  })

  it('reports a cleanup token that may remain active', async () => {
    const end = 'DELETE 9 by cleanup: 400, DELETE current by cleanup: 400'
    const script = `${REFUSED}, ${MINT}, DELETE 7 by cleanup: 204, GET: 401, ${end}`
    const { remaining } = await revoked(script, CLIENT)
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
    expect(now.outcome).toEqual(by('the token itself'))
    expect((await revoked(script)).outcome).toMatchObject({ end: 'active' })
  })

  it('needs nobody who hears of a cleanup token', async () => {
    const script = `${REFUSED}, ${MINT}, DELETE 7 by cleanup: 204, GET: 401, ${GONE}`
    const terms = { credential: CLIENT, clientId: 'ci_bot', remaining: [] }
    expect(await play(script, (client) => revokeTokenNow(client, MINTED, terms))).toEqual(
      by('a cleanup token')
    )
  })
})
