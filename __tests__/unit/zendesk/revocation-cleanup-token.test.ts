import { describe, expect, it } from '@jest/globals'
import { useNock } from './net.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { testClient } from '../clock.ts'
import {
  CLEANUP,
  clientCredentials as credential,
  del,
  get,
  list,
  lookUp,
  mint,
  MISSING_SCOPE,
  OWN,
  revoke,
  verified
} from './revoke.ts'

const ID_UNKNOWN = 'its id is not known, and no token in the list is certainly this one'
const gone = del(CLEANUP, 9, 204)

useNock()

describe('a revocation with a cleanup token', () => {
  const refused = [del(OWN, 5, 403), del(OWN, 'current', 403)]

  it('is verified, and the obstacle that made it necessary is reported', async () => {
    const exchanges = [...refused, mint(), lookUp(), del(CLEANUP, 5, 204), get(401), gone]
    const { outcome, cleanupReasons, remaining } = await revoke(exchanges, { credential })
    expect(outcome).toEqual(verified('a cleanup token'))
    expect([cleanupReasons, remaining]).toEqual([['forbidden'], []])
  })

  it.each([
    ['invalid_scope', 'invalid_scope', true],
    ['invalid_client', 'invalid_client', false],
    ['server_error', 'unexpected', false]
  ])(
    'fails if the mint is refused with %s (%s), an obstacle of scope: %s',
    async (error, kind, scopeOnly) => {
      const { outcome, why } = await revoke([...refused, mint(400, { error })], { credential })
      expect(outcome).toMatchObject({ result: 'active', scopeOnly })
      expect(why).toBe(kind)
    }
  )

  it('is not verified if the cleanup token does not find the token', async () => {
    const rejected = [get(401), get(401), get(401)]
    const exchanges = [...refused, mint(), lookUp(), del(CLEANUP, 5, 404), ...rejected, gone]
    const { outcome } = await revoke(exchanges, { credential, minted: { seenWorking: false } })
    expect(outcome.result).toBe('active')
  })

  it('revokes the cleanup token even if the job is cancelled', async () => {
    const test = testClient()
    const cancelled = { ...del(CLEANUP, 5, 503), meanwhile: test.cancel }
    const exchanges = [...refused, mint(), lookUp(), cancelled, gone]
    const { outcome, why } = await revoke(exchanges, { credential, test })
    expect([outcome.result, why]).toEqual(['active', 'cancelled'])
  })
})

describe('a revocation without an id, with a cleanup token,', () => {
  const refused = del(OWN, 'current', 403)
  const given = { credential, minted: { id: undefined } }
  const listed = {
    id: 5,
    client_id: 41,
    user_id: 7,
    token: 'abcdefghij',
    scopes: ['hc:read', 'tickets:read'],
    created_at: '2026-11-21T12:00:59Z'
  }

  it('takes the only token of the same client, user, scopes and prefix from within a minute', async () => {
    const others = [
      { ...listed, id: 6, user_id: 8 },
      { ...listed, id: 7, client_id: 42 },
      { ...listed, id: 8, token: 'zyxwvutsrq' },
      { ...listed, id: 10, scopes: ['hc:read'] },
      { ...listed, id: 11, scopes: undefined },
      { ...listed, id: 12, created_at: '2026-11-21T12:01:01Z' },
      { ...listed, id: 13, created_at: null }
    ]
    const found = [del(CLEANUP, 5, 204), get(401)]
    const exchanges = [refused, mint(), lookUp(), list([...others, listed]), ...found, gone]
    expect((await revoke(exchanges, given)).outcome).toEqual(verified('a cleanup token'))
  })

  it.each<[string, unknown[]]>([
    ['two could be it', [listed, { ...listed, id: 6 }]],
    ['none is it', []],
    ['it has no id', [{ ...listed, id: null }]]
  ])('takes no token from the list if %s', async (_what, tokens) => {
    const { outcome, why } = await revoke([refused, mint(), lookUp(), list(tokens), gone], given)
    expect(why).toBe(ID_UNKNOWN)
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: false })
  })

  it('does not list the tokens for a JWT, since all of them begin alike', async () => {
    const minted = { id: undefined, token: new Secret('eyJhbGciOi.the-token') }
    const exchanges = [{ ...refused, authorization: 'Bearer eyJhbGciOi.the-token' }, mint(), lookUp(), gone]
    expect((await revoke(exchanges, { credential, minted })).why).toBe(ID_UNKNOWN)
  })

  it.each([{ id: 9 }, { id: 9, client_id: 41 }])(
    'does not list the tokens if only %j is known about the cleanup token',
    async (facts) => {
      expect((await revoke([refused, mint(), lookUp(facts), gone], given)).why).toBe(ID_UNKNOWN)
    }
  )

  it('fails for an obstacle of scope if it may not list the tokens', async () => {
    const forbidden = { ...list([]), status: 403, body: MISSING_SCOPE }
    const { outcome } = await revoke([refused, mint(), lookUp(), forbidden, gone], given)
    expect(outcome).toMatchObject({ result: 'active', scopeOnly: true })
  })
})
