import { createHash, randomBytes } from 'node:crypto'
import { saveState } from '@actions/core'
import { type MintedToken } from '../zendesk/minted-token.ts'
import {
  AUTH_METHODS,
  CREDENTIAL_KINDS,
  type AuthMethod,
  type Credential,
  type CredentialKind
} from '../zendesk/credential.ts'
import { readOrigin } from '../zendesk/origin.ts'
import { scopesOf, usableId, usableToken } from '../zendesk/tokens.ts'
import { object, text } from '../zendesk/error-response.ts'

/*
 * What main leaves for post. The file behind it stays readable to every later step of the job, so it holds the
 * token, which those steps are given anyway, and never a credential.
 */

const KEY = 'zendesk'

/** What post has to know of the step, besides the token. */
export interface MintContext {
  origin: string
  timeoutSeconds: number
  jobSummary: boolean
  credential: CredentialKind
  /** The `client-id` input, and how the client's secret travels, for a helper token. */
  client: { id: string; authMethod: AuthMethod }
  /** Tells, without the credential, whether post has been given the same one. */
  fingerprint: Fingerprint
}

/** A salted SHA-256. */
export interface Fingerprint {
  salt: string
  hash: string
}

export type State = { skipped: 'true' | 'auto' } | { minted: MintedToken; context: MintContext }

/** The part of a credential that post may need, as one text; empty for a code or a refresh token, which are used up. */
export function credentialText(credential: Credential): string {
  switch (credential.kind) {
    case 'api-token':
      return `${credential.email}:${credential.apiToken.reveal()}`
    case 'access-token':
      return credential.accessToken.reveal()
    case 'client-secret':
      return credential.clientSecret.reveal()
    case 'authorization-code':
    case 'refresh-token':
      return ''
  }
}

/** A fingerprint of a credential, or with a known `salt` the one to compare it with. */
export function fingerprintOf(credential: string, salt = randomBytes(16).toString('hex')): Fingerprint {
  return { salt, hash: createHash('sha256').update(`${salt}:${credential}`).digest('hex') }
}

/** Saves the state, in place of what was saved before. */
export function save(state: State): void {
  const saved =
    'skipped' in state ? state : { ...state, minted: { ...state.minted, token: state.minted.token.reveal() } }
  saveState(KEY, JSON.stringify(saved))
}

/** The state that main saved; `undefined` where there is none, or any part of it is missing or of the wrong type. */
export function load(): State | undefined {
  let saved: Record<string, unknown>
  try {
    saved = object(JSON.parse(process.env[`STATE_${KEY}`] ?? ''))
  } catch {
    return undefined
  }
  const { skipped } = saved
  if (skipped === 'true' || skipped === 'auto') return { skipped }
  const minted = loadToken(object(saved['minted']))
  const context = loadContext(object(saved['context']))
  return minted && context && { minted, context }
}

function loadToken(saved: Record<string, unknown>): MintedToken | undefined {
  const token = usableToken(saved['token'])
  const { mintedAt, serverTime, lifetime, expiresAt } = saved
  if (token === undefined || !Array.isArray(saved['scopes'])) return undefined
  if (!isNumber(mintedAt) || !isNumber(serverTime) || typeof expiresAt !== 'string') return undefined
  return {
    token,
    id: usableId(saved['id']),
    clientId: usableId(saved['clientId']),
    userId: usableId(saved['userId']),
    granted: undefined,
    scopes: scopesOf(saved['scopes']) ?? [],
    mintedAt,
    serverTime,
    lifetime: isNumber(lifetime) ? lifetime : undefined,
    expiresAt
  }
}

function loadContext(saved: Record<string, unknown>): MintContext | undefined {
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
