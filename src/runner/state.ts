import { createHash, randomBytes } from 'node:crypto'
import { saveState } from '@actions/core'
import { asObject, asText, type JsonObject } from '../lib/json.ts'
import {
  AUTH_METHODS,
  CREDENTIAL_KINDS,
  type AuthMethod,
  type CredentialKind
} from '../zendesk/credential.ts'
import { type MintedToken } from '../zendesk/token.ts'
import { readOrigin } from '../zendesk/http/origin.ts'
import { positiveInteger, usableToken } from '../zendesk/token-facts.ts'

/*
 * What main saves for post. Every later step of the job can read the file behind it, so it holds the token, which
 * those steps can get anyway, and never a credential.
 */

const KEY = 'zendesk'

/** What post needs to know about the step, besides the token. */
export interface MintContext {
  origin: string
  timeoutSeconds: number
  jobSummary: boolean
  kind: CredentialKind
  /** The `client-id` input, and how the client's secret is sent, for a cleanup token. */
  clientId: string
  authMethod: AuthMethod
  /** A salted SHA-256: shows, without the credential, whether post has been given the same one. */
  salt: string
  hash: string
}

export type State = { skipped: 'true' | 'auto' } | { minted: MintedToken; context: MintContext }

/**
 * The fingerprint of a credential's secret, and of the origin and client that it is for.
 *
 * @param salt that of the fingerprint to compare with; a new one by default
 */
export function fingerprintOf(
  secret: string,
  { origin, clientId }: { origin: string; clientId: string },
  salt = randomBytes(16).toString('hex')
): { salt: string; hash: string } {
  const content = JSON.stringify([salt, origin, clientId, secret])
  return { salt, hash: createHash('sha256').update(content).digest('hex') }
}

/** Saves the state; a later call replaces it. */
export function saveForPost(state: State): void {
  const saved =
    'skipped' in state
      ? state
      : { ...state, minted: { ...state.minted, token: state.minted.token.reveal(), refreshToken: undefined } }
  saveState(KEY, JSON.stringify(saved))
}

/** The state that main saved; `undefined` if there is none, or a part that every state has is missing. */
export function loadState(): State | undefined {
  let saved: JsonObject
  try {
    saved = asObject(JSON.parse(process.env[`STATE_${KEY}`] ?? ''))
  } catch {
    return undefined
  }
  const { skipped } = saved
  if (skipped === 'true' || skipped === 'auto') return { skipped }
  const [minted, context] = [asObject(saved['minted']), asObject(saved['context'])]
  const token = usableToken(minted['token'])
  const { expiredAfter = 0 } = minted
  const { origin, clientId, salt, hash, timeoutSeconds, kind, authMethod } = context
  const isComplete =
    [origin, clientId, salt, hash].every(asText) &&
    [minted['mintedAt'], timeoutSeconds, expiredAfter].every(Number.isFinite) &&
    typeof minted['expiresAt'] === 'string' &&
    Array.isArray(minted['scopes']) &&
    readOrigin(String(origin)) === origin &&
    CREDENTIAL_KINDS.some((known) => known === kind) &&
    AUTH_METHODS.some((known) => known === authMethod)
  if (token === undefined || !isComplete) return undefined
  const ids = Object.fromEntries(
    ['id', 'clientId', 'userId'].map((key) => [key, positiveInteger(minted[key])])
  )
  return { minted: { ...minted, ...ids, token } as MintedToken, context: context as unknown as MintContext }
}
