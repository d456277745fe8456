import { randomBytes } from 'node:crypto'

import { type Behaviour, defaultBehaviour, type ZendeskOptions } from './options.ts'
import { refusals } from './responses.ts'
import { covers, knownScopes } from './scopes.ts'
import {
  type ClientSeed,
  defaultClients,
  defaultTickets,
  defaultUsers,
  fillerClients,
  type UserSeed
} from './seeds.ts'

/** How a token came to be. `standing` ones were there before the first request. */
export type TokenOrigin =
  'standing' | 'seeded' | 'api' | 'client_credentials' | 'authorization_code' | 'refresh_token'

/** A token as the account remembers it. Times are in milliseconds. */
export interface Token {
  id: number
  clientId: number
  userId: number
  value: string
  scopes: readonly string[]
  origin: TokenOrigin
  createdAt: number
  expiresAt: number | null
  usedAt: number | null
  refreshToken: string | null
  refreshExpiresAt: number | null
  revoked: boolean
  /** Refused everywhere: its scopes were requested as an array. */
  unusable: boolean
}

/** What it takes to make a token; the rest has defaults. */
export type NewToken = Pick<Token, 'clientId' | 'userId' | 'scopes' | 'origin'> & Partial<Token>

/** An authorization code that has not been exchanged yet. */
export interface AuthorizationCode {
  client: ClientSeed
  userId: number
  redirectUri: string
  scopes: readonly string[]
  challenge: { value: string; method: 'S256' | 'plain' } | null
  createdAt: number
}

/** What the user agreed to in the browser. */
export interface Authorization {
  /** The client's unique identifier. */
  client: string
  redirectUri: string
  /** Separated by spaces; `read` by default. */
  scope?: string
  codeChallenge?: string
  codeChallengeMethod?: 'S256' | 'plain'
  /** The user who agrees; the one whom the client belongs to by default. */
  userId?: number
}

/** Seconds until an authorization code expires. */
const codeLifetime = 120

/** Everything the account remembers, and the rules for changing it. Knows nothing of HTTP but how to refuse. */
export class Account {
  readonly behaviour: Behaviour
  readonly users: UserSeed[]
  readonly clients: ClientSeed[]
  /** By id, oldest first, revoked ones included. */
  readonly tokens = new Map<number, Token>()
  readonly codes = new Map<string, AuthorizationCode>()
  /** Oldest first. */
  readonly tickets: Record<string, unknown>[] = defaultTickets()
  /** Milliseconds by which this account's clock is ahead of the one it was given. */
  clockOffset = 0
  readonly #byValue = new Map<string, Token>()
  /** How often each token has been used, successfully or not. */
  readonly #attempts = new WeakMap<Token, number>()
  readonly #clock: () => number
  #lastId = 22_000_000_000

  constructor(options: ZendeskOptions) {
    this.behaviour = { ...defaultBehaviour, ...options }
    this.users = [...(options.users ?? defaultUsers)]
    const clients = [...fillerClients(options.clientsBefore ?? 0), ...(options.clients ?? defaultClients)]
    // Copies, since a secret may change.
    this.clients = clients.map((client) => ({ ...client }))
    this.#clock = options.now ?? Date.now
  }

  now(): number {
    return this.#clock() + this.clockOffset
  }

  nextId(): number {
    return ++this.#lastId
  }

  mint(token: NewToken): Token {
    const minted: Token = {
      id: this.nextId(),
      value: this.#secret(),
      createdAt: this.now(),
      expiresAt: null,
      usedAt: null,
      refreshToken: null,
      refreshExpiresAt: null,
      revoked: false,
      unusable: false,
      ...token
    }
    this.tokens.set(minted.id, minted)
    this.#byValue.set(minted.value, minted)
    return minted
  }

  isActive(token: Token): boolean {
    return !token.revoked && !token.unusable && (token.expiresAt === null || token.expiresAt > this.now())
  }

  /** The active token of this value. */
  activeToken(value: string): Token | undefined {
    const token = this.#byValue.get(value)
    return token && this.isActive(token) ? token : undefined
  }

  /** Whether the server that gets this request with `token` knows it yet. */
  isKnown(token: Token): boolean {
    const { unknownAtFirst } = this.behaviour
    if (!unknownAtFirst || token.origin === 'standing' || token.origin === 'seeded') return true
    const earlier = this.#attempts.get(token) ?? 0
    this.#attempts.set(token, earlier + 1)
    const { requests = 0, ms = 0 } = unknownAtFirst
    return earlier >= requests && this.now() >= token.createdAt + ms
  }

  /** What the agreement of a user in the browser gives: a code for the redirect. */
  authorize(authorization: Authorization): string {
    const client = this.clients.find((candidate) => candidate.identifier === authorization.client)
    if (!client) throw refusals.oauth('invalid_client', 'The client is unknown')
    if (client.kind === 'public' && !authorization.codeChallenge) {
      throw refusals.oauth('invalid_request', 'Public clients must send a code_challenge')
    }
    const code = randomBytes(32).toString('hex')
    this.codes.set(code, {
      client,
      userId: authorization.userId ?? client.userId,
      redirectUri: authorization.redirectUri,
      scopes: this.grantable(client, authorization.scope?.split(' ') ?? ['read']),
      challenge: authorization.codeChallenge
        ? { value: authorization.codeChallenge, method: authorization.codeChallengeMethod ?? 'plain' }
        : null,
      createdAt: this.now()
    })
    return code
  }

  /** Uses a code up: it is returned once, and only within its lifetime. */
  redeem(code: string): AuthorizationCode | undefined {
    const found = this.codes.get(code)
    this.codes.delete(code)
    return found && this.now() - found.createdAt <= codeLifetime * 1000 ? found : undefined
  }

  /** The scopes that `client` gets when it asks for none in particular. */
  configuredScopes(client: ClientSeed): readonly string[] {
    return client.allowedScopes ?? ['read', 'write']
  }

  /** The scopes that `client` gets when it asks for `wanted`. */
  grantable(client: ClientSeed, wanted: readonly string[]): string[] {
    const { allowedScopes } = client
    const beyond = allowedScopes ? wanted.filter((scope) => !covers(allowedScopes, scope)) : []
    if (beyond.length > 0) {
      throw refusals.oauth(
        'invalid_scope',
        `The requested scope is invalid, unknown, or malformed: ${beyond.join(' ')}`
      )
    }
    const keep = this.behaviour.unknownScopes === 'keep'
    return [...new Set(wanted)].filter((scope) => keep || knownScopes.has(scope))
  }

  /** For a refresh token, or a client. */
  newSecret(): string {
    return randomBytes(32).toString('hex')
  }

  #secret(): string {
    if (this.behaviour.tokenFormat === 'opaque') return randomBytes(32).toString('hex')
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const payload = { jti: randomBytes(16).toString('hex'), iat: Math.floor(this.now() / 1000) }
    return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}.${randomBytes(32).toString('base64url')}`
  }
}
