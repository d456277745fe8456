import { createHash, randomBytes } from 'node:crypto'
import { saveState } from '@actions/core'
import { object, text } from '../lib/json.ts'
import {
  adminAuthorization,
  CREDENTIAL_KINDS,
  isAdmin,
  type Credential,
  type CredentialKind
} from '../zendesk/credential.ts'
import { EXPIRIES, type MintedToken } from '../zendesk/minted-token.ts'
import { readOrigin } from '../zendesk/origin.ts'
import { positiveInteger, scopesOf, usableToken } from '../zendesk/tokens.ts'

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
  credential: CredentialKind
  /** The `client-id` input, for a cleanup token. */
  clientId: string
  /** Shows, without the credential, whether post has been given the same one. */
  fingerprint: Fingerprint
}

/** A salted SHA-256. */
export interface Fingerprint {
  salt: string
  hash: string
}

export type State = { skipped: 'true' | 'auto' } | { minted: MintedToken; context: MintContext }

/** The part of a credential that post may need; empty for an authorization code or a refresh token. */
function postSecret(credential: Credential): string {
  if (isAdmin(credential)) return adminAuthorization(credential).reveal()
  return credential.kind === 'client_credentials' ? credential.clientSecret.reveal() : ''
}

/**
 * The fingerprint of a credential, and of the origin and client that it is for.
 *
 * @param salt that of the fingerprint to compare with; a new one by default
 */
export function fingerprintOf(
  credential: Credential,
  { origin, clientId }: { origin: string; clientId: string },
  salt = randomBytes(16).toString('hex')
): Fingerprint {
  const content = JSON.stringify([salt, origin, clientId, postSecret(credential)])
  return { salt, hash: createHash('sha256').update(content).digest('hex') }
}

/** Saves the state; a later call replaces it. */
export function saveForPost(state: State): void {
  const saved =
    'skipped' in state ? state : { ...state, minted: { ...state.minted, token: state.minted.token.reveal() } }
  saveState(KEY, JSON.stringify(saved))
}

/** The state that main saved; `undefined` if there is none, or any part of it is missing or of the wrong type. */
export function loadState(): State | undefined {
  let saved: Record<string, unknown>
  try {
    saved = object(JSON.parse(process.env[`STATE_${KEY}`] ?? ''))
  } catch {
    return undefined
  }
  const { skipped } = saved
  if (skipped === 'true' || skipped === 'auto') return { skipped }
  const minted = mintedTokenIn(object(saved['minted']))
  const context = contextIn(object(saved['context']))
  return minted && context && { minted, context }
}

function mintedTokenIn(saved: Record<string, unknown>): MintedToken | undefined {
  const token = usableToken(saved['token'])
  const { mintedAt, expiredAfter, lifetime, expiresAt } = saved
  if (token === undefined || !Array.isArray(saved['scopes'])) return undefined
  if (!isNumber(mintedAt) || typeof expiresAt !== 'string') return undefined
  return {
    token,
    id: positiveInteger(saved['id']),
    clientId: positiveInteger(saved['clientId']),
    userId: positiveInteger(saved['userId']),
    scopes: scopesOf(saved['scopes']) ?? [],
    scopesReported: saved['scopesReported'] === true,
    expiresAt,
    expiry: EXPIRIES.find((expiry) => expiry === saved['expiry']) ?? 'unknown',
    expiredAfter: isNumber(expiredAfter) ? expiredAfter : undefined,
    lifetime: isNumber(lifetime) ? lifetime : undefined,
    mintedAt,
    seenWorking: saved['seenWorking'] === true
  }
}

function contextIn(saved: Record<string, unknown>): MintContext | undefined {
  const { timeoutSeconds, jobSummary } = saved
  const fingerprint = object(saved['fingerprint'])
  const [origin, clientId] = [text(saved['origin']), text(saved['clientId'])]
  const [salt, hash] = [text(fingerprint['salt']), text(fingerprint['hash'])]
  const credential = CREDENTIAL_KINDS.find((kind) => kind === saved['credential'])
  if (origin === undefined || readOrigin(origin) !== origin || !isNumber(timeoutSeconds)) return undefined
  if (clientId === undefined || credential === undefined || !salt || !hash) return undefined
  return {
    origin,
    timeoutSeconds,
    jobSummary: jobSummary === true,
    credential,
    clientId,
    fingerprint: { salt, hash }
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
