import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import { type Remaining } from '../../../src/zendesk/cleanup-token.ts'
import { type Credential } from '../../../src/zendesk/credential.ts'
import { type Obstacle, type Outcome } from '../../../src/zendesk/revocation.ts'
import { revokeToken, revokeTokenNow } from '../../../src/zendesk/revoke-token.ts'
import { type MintedToken } from '../../../src/zendesk/token.ts'
import { transcribed, type Reply } from '../../support/fake-client.ts'
import { MINTED, UNKNOWN } from '../../support/minted.ts'
import { response } from './responses.ts'

const ADMIN: Credential = { kind: 'access_token', accessToken: new Secret('the-admin-token') }
const CLIENT: Credential = {
  kind: 'client_credentials',
  clientSecret: new Secret('the-client-secret'),
  authMethod: 'client_secret_post'
}
const CODE: Credential = {
  kind: 'authorization_code',
  code: new Secret('the-code'),
  redirectUri: 'https://acme.example',
  codeVerifier: undefined,
  clientSecret: new Secret('the-client-secret'),
  authMethod: 'client_secret_post'
}

interface Given {
  credential?: Credential | undefined
  minted?: MintedToken
  revoke?: typeof revokeToken
  replies?: Record<string, Reply>
}

interface Revoked {
  outcome: Outcome
  /** Why a cleanup token was minted. */
  why: Obstacle[]
  remaining: Remaining[]
}

/** Revokes a token with these requests and pauses. */
async function revoked(lines: string[], given: Given = {}): Promise<Revoked> {
  const { credential, minted = MINTED, revoke = revokeToken, ...world } = given
  const { client, transcript } = transcribed(lines, world)
  const why: Obstacle[] = []
  const remaining: Remaining[] = []
  const onCleanupToken = (obstacle: Obstacle): unknown => why.push(obstacle)
  const terms = { credential, clientId: 'ci_bot', remaining, onCleanupToken }
  const outcome = await revoke(client.real, minted, terms)
  expect(transcript.left).toEqual([])
  return { outcome, why, remaining }
}

const MINT = ['POST /oauth/tokens: mint', 'GET current by the cleanup token: cleanup']
const GONE = 'DELETE 9 by the cleanup token: 204'

describe('revokeToken', () => {
  it('begins with the credential, if that is of an admin', async () => {
    const lines = ['DELETE 7 by the credential: 204', 'GET current: 401']
    expect((await revoked(lines, { credential: ADMIN })).outcome).toEqual({
      end: 'verified',
      by: 'credential'
    })
  })

  it.each<[string, Given, string[]]>([
    ['an admin, after it', { credential: ADMIN }, ['DELETE 7 by the credential: 403', 'DELETE 7: 204']],
    ['an admin, without an id', { credential: ADMIN, minted: UNKNOWN }, ['DELETE current: 204']],
    ['a client', { credential: CLIENT }, ['DELETE 7: 400', 'DELETE current: 204']],
    ['nobody', {}, ['DELETE 7: 204']]
  ])('lets the token revoke itself, with the credential of %s', async (_who, given, lines) => {
    const { outcome } = await revoked([...lines, 'GET current: 401'], given)
    expect(outcome).toEqual({ end: 'verified', by: 'the token itself' })
  })

  it.each<[string, Credential | undefined]>([
    ['a code, which is used up', CODE],
    ['an admin', ADMIN],
    ['nobody', undefined]
  ])('mints no cleanup token with the credential of %s', async (_who, credential) => {
    const first = credential === ADMIN ? ['DELETE 7 by the credential: 403'] : []
    const { outcome } = await revoked([...first, 'DELETE 7: 403', 'DELETE current: 403'], { credential })
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind: 'other' } })
  })
})

describe('revokeToken, with a cleanup token,', () => {
  const REFUSED = ['DELETE 7: 403 write', 'DELETE current: 403 write']
  const given = { credential: CLIENT }

  it('revokes what may not revoke itself, and says why it mints one', async () => {
    const lines = [...REFUSED, ...MINT, 'DELETE 7 by the cleanup token: 204', 'GET current: 401', GONE]
    const { outcome, why, remaining } = await revoked(lines, given)
    expect(outcome).toEqual({ end: 'verified', by: 'a cleanup token' })
    expect(why).toMatchObject([{ kind: 'scope', error: { kind: 'missingScope' } }])
    expect(remaining).toEqual([])
  })

  it('takes the id from the list if that is unknown', async () => {
    const item = { id: 5, client_id: 8, user_id: 9, token: 'abcdefghij', scopes: ['write', 'read'] }
    const tokens = [{ ...item, created_at: '2026-11-21T12:00:00Z' }]
    const list = ['GET /api/v2/oauth/tokens by the cleanup token: list', 'DELETE 5 by the cleanup token: 204']
    const lines = ['DELETE current: 403', ...MINT, ...list, 'GET current: 401', GONE]
    const { outcome } = await revoked(lines, {
      ...given,
      minted: UNKNOWN,
      replies: { list: response(200, { tokens }) }
    })
    expect(outcome).toEqual({ end: 'verified', by: 'a cleanup token' })
  })

  it('fails if no token in the list is certainly this one', async () => {
    const list = 'GET /api/v2/oauth/tokens by the cleanup token: list'
    const { outcome } = await revoked(['DELETE current: 403', ...MINT, list, GONE], {
      ...given,
      minted: UNKNOWN,
      replies: { list: response(200, { tokens: [] }) }
    })
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind: 'id unknown' }, isScopeOnly: false })
  })

  it.each<[string, Obstacle['kind'], boolean, string[]]>([
    ['the client may not request its scopes', 'scope', true, ['POST /oauth/tokens: invalid_scope']],
    ['the grant is refused', 'other', false, ['POST /oauth/tokens: 403']],
    ['Zendesk asks to wait too long', 'stopped', false, ['POST /oauth/tokens: 429 too long']],
    ['the job is cancelled', 'stopped', false, ['POST /oauth/tokens: cancelled', 'cancel']]
  ])('fails if %s', async (_why, kind, isScopeOnly, lines) => {
    const { outcome, why } = await revoked([...REFUSED, ...lines], given)
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind }, isScopeOnly })
    expect(why).toEqual([])
  })

  it('fails for a scope if it may not list the tokens', async () => {
    const list = 'GET /api/v2/oauth/tokens by the cleanup token: 403 write'
    const lines = ['DELETE current: 403 write', ...MINT, list, GONE]
    const { outcome } = await revoked(lines, { ...given, minted: UNKNOWN })
    expect(outcome).toMatchObject({ end: 'active', obstacle: { kind: 'scope' }, isScopeOnly: true })
  })

  it('reports a cleanup token that may remain active', async () => {
    const lines = [...REFUSED, ...MINT, 'DELETE 7 by the cleanup token: 204', 'GET current: 401']
    const end = ['DELETE 9 by the cleanup token: 400', 'DELETE current by the cleanup token: 400']
    const { remaining } = await revoked([...lines, ...end], given)
    expect(remaining).toMatchObject([{ token: { id: 9 }, outcome: { obstacle: { kind: 'other' } } }])
  })

  it('throws what is no error of a request', async () => {
    const lines = [...REFUSED, 'POST /oauth/tokens: mint']
    const { client } = transcribed(lines)
    const fault = new Error('a mistake of ours')
    Object.assign(client.log, {
      mask: () => {
        throw fault
      }
    })
    const terms = { ...given, clientId: 'ci_bot', remaining: [] }
    await expect(revokeToken(client.real, MINTED, terms)).rejects.toBe(fault)
  })
})

describe('revokeTokenNow', () => {
  it('revokes the token once more, in 4 s, if the job was cancelled', async () => {
    const lines = ['DELETE 7: cancelled', 'cancel', 'DELETE 7: 204', 'GET current: 401']
    expect((await revoked(lines, { revoke: revokeTokenNow })).outcome).toEqual({
      end: 'verified',
      by: 'the token itself'
    })
    expect((await revoked(lines.slice(0, 2))).outcome).toMatchObject({ end: 'active' })
  })

  it('needs nobody who hears of a cleanup token', async () => {
    const { client } = transcribed([
      ...['DELETE 7: 403', 'DELETE current: 403', ...MINT],
      ...['DELETE 7 by the cleanup token: 204', 'GET current: 401', GONE]
    ])
    const terms = { credential: CLIENT, clientId: 'ci_bot', remaining: [] }
    expect(await revokeTokenNow(client.real, MINTED, terms)).toMatchObject({ end: 'verified' })
  })
})
