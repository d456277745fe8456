import { Secret } from '../../src/lib/secret.ts'
import { type MintedToken } from '../../src/zendesk/token.ts'
import { HOUR, NOON } from './clock.ts'

/** A token of which everything is known. */
export const MINTED: MintedToken = {
  token: new Secret('abcdefghij-the-token'),
  refreshToken: undefined,
  id: 7,
  clientId: 8,
  userId: 9,
  scopes: { names: ['read', 'write'], isReported: true },
  expiry: { kind: 'at', time: NOON + HOUR, isReported: true, lifetime: 3600, expiredAfter: NOON + HOUR },
  date: NOON,
  mintedAt: NOON,
  seenWorking: true
}

/** The same, if Zendesk reports nothing about it. */
export const UNKNOWN: MintedToken = {
  ...MINTED,
  id: undefined,
  clientId: undefined,
  userId: undefined,
  scopes: { names: ['read', 'write'], isReported: false },
  expiry: { kind: 'unknown' },
  date: undefined,
  seenWorking: false
}
