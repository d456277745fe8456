import { randomBytes } from 'node:crypto'

import { type Behaviour, DEFAULT_BEHAVIOUR, type ZendeskOptions } from './options.ts'
import { refusals } from './responses.ts'
import { covers, knownScopes } from './scopes.ts'
import { type ClientSeed, DEFAULT_CLIENTS, defaultTickets, fillerClients } from './seeds.ts'

/** A token of the account. Times are in milliseconds. */
export interface Token {
  id: number
  clientId: number
  userId: number
  value: string
  scopes: readonly string[]
  /** Whether it existed before the first request, was made by `seedTokens`, or by a request. */
  origin: 'standing' | 'seeded' | 'minted'
  createdAt: number
  expiresAt: number | null
  usedAt: number | null
  refreshToken: string | null
  refreshExpiresAt: number | null
  revoked: boolean
}

/** What a new token needs; the rest has defaults. */
export type NewToken = Pick<Token, 'clientId' | 'userId' | 'scopes' | 'origin'> & Partial<Token>

/** What a user consented to in the browser. */
export interface Authorization {
  /** The client's unique identifier. */
  client: string
  redirectUri: string
  /** Separated by spaces; `read` by default. */
  scope?: string
  codeChallenge?: string
  /** `plain` by default. */
  codeChallengeMethod?: 'S256' | 'plain'
}

/** An authorization code that was not used yet. */
export interface AuthorizationCode extends Authorization {
  scopes: readonly string[]
  createdAt: number
}

/** Seconds until an authorization code expires. */
const CODE_LIFETIME = 120

/** The data of the account, and the rules for changing it. */
export class Account {
  readonly behaviour: Behaviour
  readonly clients: ClientSeed[]
  /** By id, oldest first, revoked ones included. */
  readonly tokens = new Map<number, Token>()
  /** Oldest first. */
  readonly tickets: Record<string, unknown>[] = defaultTickets()
  /** Milliseconds by which this account's clock is ahead of the one it was given. */
  clockOffset = 0
  readonly #codes = new Map<string, AuthorizationCode>()
  readonly #byValue = new Map<string, Token>()
  /** How often each token has been used, successfully or not. */
  readonly #uses = new WeakMap<Token, number>()
  readonly #clock: () => number
  #lastId = 22_000_000_000

  constructor(options: ZendeskOptions) {
    this.behaviour = { ...DEFAULT_BEHAVIOUR, ...options }
    const clients = [...fillerClients(options.clientsBefore ?? 0), ...(options.clients ?? DEFAULT_CLIENTS)]
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
      value: this.#newToken(),
      createdAt: this.now(),
      expiresAt: null,
      usedAt: null,
      refreshToken: null,
      refreshExpiresAt: null,
      revoked: false,
      ...token
    }
    this.tokens.set(minted.id, minted)
    this.#byValue.set(minted.value, minted)
    return minted
  }

  isActive(token: Token): boolean {
    return !token.revoked && (token.expiresAt === null || token.expiresAt > this.now())
  }

  /** The active token of this value. */
  activeToken(value: string): Token | undefined {
    const token = this.#byValue.get(value)
    return token && this.isActive(token) ? token : undefined
  }

  /** Whether this request with `token` finds a server that knows it. */
  isKnown(token: Token): boolean {
    const { unknownAtFirst } = this.behaviour
    if (!unknownAtFirst || token.origin !== 'minted') return true
    const earlier = this.#uses.get(token) ?? 0
    this.#uses.set(token, earlier + 1)
    return earlier >= unknownAtFirst.requests
  }

  /** The client of this unique identifier. */
  client(identifier: string): ClientSeed {
    const client = this.clients.find((candidate) => candidate.identifier === identifier)
    if (!client) throw new Error(`The mock has no client ${identifier}`)
    return client
  }

  /** Makes the authorization code that a user's consent in the browser gives. */
  authorize(authorization: Authorization): string {
    const { client, scope = 'read' } = authorization
    const scopes = this.grantable(this.client(client), scope.split(' '))
    const code = this.newSecret()
    this.#codes.set(code, { ...authorization, scopes, createdAt: this.now() })
    return code
  }

  /** Returns what a code stands for, once, and only until it expires. */
  redeem(code: string): AuthorizationCode | undefined {
    const found = this.#codes.get(code)
    this.#codes.delete(code)
    return found && this.now() - found.createdAt <= CODE_LIFETIME * 1000 ? found : undefined
  }

  /** The scopes that `client` gets when it asks for none in particular. */
  configuredScopes(client: ClientSeed): readonly string[] {
    return client.allowedScopes ?? ['read', 'write']
  }

  /** The scopes that `client` gets when it asks for `wanted`. */
  grantable(client: ClientSeed, wanted: readonly string[]): string[] {
    const { allowedScopes } = client
    if (allowedScopes && !wanted.every((scope) => covers(allowedScopes, scope))) {
      throw refusals.oauth('invalid_scope')
    }
    return [...new Set(wanted)].filter((scope) => knownScopes.has(scope))
  }

  newSecret(): string {
    return randomBytes(32).toString('hex')
  }

  #newToken(): string {
    if (this.behaviour.tokenFormat === 'opaque') return this.newSecret()
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const payload = { jti: this.newSecret(), iat: Math.floor(this.now() / 1000) }
    return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}.${this.newSecret()}`
  }
}
