import { createHash, randomBytes } from 'node:crypto'
import { saveState } from '@actions/core'
import { object, text } from '../lib/json.ts'
import {
  AUTH_METHODS,
  CREDENTIAL_KINDS,
  type AuthMethod,
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
  /** The `client-id` input, and how the client's secret is sent, for a cleanup token. */
  client: { id: string; authMethod: AuthMethod }
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
  switch (credential.kind) {
    case 'api_token':
      return `${credential.email}:${credential.apiToken.reveal()}`
    case 'access_token':
      return credential.accessToken.reveal()
    case 'client_credentials':
      return credential.clientSecret.reveal()
    case 'authorization_code':
    case 'refresh_token':
      return ''
  }
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
  const { origin, timeoutSeconds, jobSummary } = saved
  const { id, authMethod } = object(saved['client'])
  const { salt, hash } = object(saved['fingerprint'])
  const credential = CREDENTIAL_KINDS.find((kind) => kind === saved['credential'])
  const method = AUTH_METHODS.find((known) => known === authMethod)
  if (credential === undefined || method === undefined || !isNumber(timeoutSeconds)) return undefined
  if ([origin, id, salt, hash].map(text).includes(undefined) || readOrigin(origin as string) !== origin)
    return undefined
  return {
    origin: origin as string,
    timeoutSeconds,
    jobSummary: jobSummary === true,
    credential,
    client: { id: id as string, authMethod: method },
    fingerprint: { salt: salt as string, hash: hash as string }
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
