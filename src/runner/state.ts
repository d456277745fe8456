import { hash, randomUUID } from 'node:crypto'
import { saveState } from '@actions/core'
import {
  choice,
  flag,
  list,
  number,
  object,
  optional,
  plain,
  text,
  union,
  type Schema
} from '../lib/schema.ts'
import { type Secret } from '../lib/secret.ts'
import {
  AUTH_METHODS,
  CREDENTIAL_KINDS,
  type AuthMethod,
  type CredentialKind
} from '../zendesk/credential.ts'
import { readOrigin } from '../zendesk/http/origin.ts'
import { positiveInteger, usableToken } from '../zendesk/token-facts.ts'
import { type Expiry, type MintedToken } from '../zendesk/token.ts'
import { writeRunnerFile } from './outputs.ts'

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

/** What main saves: a token to revoke, or why there is none. */
export type State =
  | { kind: 'minted'; minted: MintedToken; context: MintContext }
  /** `why` is the value of `skip-token-revoke`. */
  | { kind: 'skipped'; why: 'true' | 'auto' }

/** What post finds: `none` if main saved nothing, `unreadable` if it is not what main saves. */
export type LoadedState = State | { kind: 'none' | 'unreadable' }

const id = plain((value): value is number => positiveInteger(value) !== undefined)
const origin = plain((value): value is string => typeof value === 'string' && readOrigin(value) === value)
const token: Schema<Secret> = {
  write: (value) => value.reveal(),
  read: (value) => {
    const usable = usableToken(value)
    if (usable === undefined) throw new TypeError('not a token')
    return usable
  }
}

const schema = union<State>({
  skipped: object({ kind: choice(['skipped']), why: choice(['true', 'auto']) }),
  minted: object({
    kind: choice(['minted']),
    minted: object<MintedToken>({
      token,
      refreshToken: { write: () => undefined, read: () => undefined },
      id: optional(id),
      clientId: optional(id),
      userId: optional(id),
      scopes: object({ names: list(text), isReported: flag }),
      expiry: union<Expiry>({
        at: object({
          kind: choice(['at']),
          time: number,
          isReported: flag,
          lifetime: optional(number),
          expiredAfter: optional(number)
        }),
        never: object({ kind: choice(['never']) }),
        unknown: object({ kind: choice(['unknown']) })
      }),
      date: optional(number),
      mintedAt: number,
      seenWorking: flag
    }),
    context: object<MintContext>({
      origin,
      timeoutSeconds: number,
      jobSummary: flag,
      kind: choice(CREDENTIAL_KINDS),
      clientId: text,
      authMethod: choice(AUTH_METHODS),
      salt: text,
      hash: text
    })
  })
})

/**
 * The fingerprint of a credential's secret, and of the origin and client that it is for.
 *
 * @param salt that of the fingerprint to compare with; a new one by default
 */
export function fingerprintOf(
  secret: string,
  { origin, clientId }: { origin: string; clientId: string },
  salt = randomUUID().replaceAll('-', '')
): { salt: string; hash: string } {
  return { salt, hash: hash('sha256', JSON.stringify([salt, origin, clientId, secret])) }
}

/**
 * Saves the state; a later call replaces it.
 *
 * @throws {Error} that names the file, if it cannot be written
 */
export function saveForPost(state: State): void {
  writeRunnerFile('GITHUB_STATE', () => saveState(KEY, JSON.stringify(schema.write(state))))
}

/** Reads what main saved. */
export function loadState(): LoadedState {
  const saved = process.env[`STATE_${KEY}`] ?? ''
  if (saved === '') return { kind: 'none' }
  try {
    return schema.read(JSON.parse(saved))
  } catch {
    return { kind: 'unreadable' }
  }
}
