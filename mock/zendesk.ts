import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { Account, type Authorization, type Token } from './zendesk/account.ts'
import {
  commit,
  type Fault,
  type FaultHandle,
  type FaultMatcher,
  Faults,
  isCarriedOut
} from './zendesk/faults.ts'
import { Limiter } from './zendesk/limiter.ts'
import type { Behaviour, ZendeskOptions } from './zendesk/options.ts'
import { json, parsed, type MockResponse } from './zendesk/responses.ts'
import { route } from './zendesk/routes.ts'
import { type ClientSeed, standingAccessToken, type UserSeed } from './zendesk/seeds.ts'

export type { Authorization, Token } from './zendesk/account.ts'
export type { Fault, FaultHandle, FaultMatcher } from './zendesk/faults.ts'
export type { Behaviour, RateLimit, ZendeskOptions } from './zendesk/options.ts'
export type { MockResponse } from './zendesk/responses.ts'
export {
  adminId,
  agentId,
  type ClientSeed,
  defaultClients,
  defaultUsers,
  type UserSeed
} from './zendesk/seeds.ts'

/** A request as it arrived, and what became of it. */
export interface RecordedRequest {
  method: string
  /** The path without query, and without `.json` at its end. */
  path: string
  /** Path and query as they were sent. */
  target: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** The body as text. */
  body: string
  /** The body as JSON, or `undefined` if it is none. */
  json: unknown
  /** The number of its connection, from 1; never used again. */
  connection: number
  /** When it had been read, in milliseconds of the mock's clock. */
  at: number
  /** The status of the response; missing after a fault that sends no proper one. */
  status?: number
  /** The fault that hit it. */
  fault?: Fault['kind']
}

/** What `seedTokens` gives each of its tokens. Times in milliseconds; functions take the token's index. */
export interface TokenSeed {
  /** The client's unique identifier; `ci_bot` by default. */
  client?: string
  /** By default the user whom the client belongs to. */
  userId?: number | ((index: number) => number)
  /** `read write` by default. */
  scopes?: readonly string[]
  /** How long ago it was created; two days by default. */
  age?: number | ((index: number) => number)
  /** How long ago it was last used; never by default. */
  usedAgo?: number | null | ((index: number) => number | null)
  /** In how long it expires (negative: it has expired already); never by default. */
  expiresIn?: number | null | ((index: number) => number | null)
  /** Gives it a refresh token that expires in so many milliseconds (negative: it has expired already). */
  refreshExpiresIn?: number
}

/** A running mock. */
export interface Zendesk {
  /** Its origin, for the action's `base-url`. */
  readonly url: string
  readonly port: number
  /** Every request so far, in the order in which they had been read. */
  readonly requests: readonly RecordedRequest[]
  /** How many connections have been opened so far, without forgotten ones. */
  readonly connections: number
  /** By id, oldest first, revoked and expired ones included. */
  readonly tokens: ReadonlyMap<number, Token>
  readonly clients: readonly ClientSeed[]
  readonly users: readonly UserSeed[]
  /** Change it at any time. */
  readonly behaviour: Behaviour
  /** Valid credentials of each kind. */
  readonly credentials: { email: string; apiToken: string; accessToken: string }
  /** The client of that unique identifier. */
  client(identifier: string): ClientSeed
  /** `METHOD /path` of every request so far. */
  seen(): string[]
  /** The tokens that would be accepted now, without the standing one of the credentials. */
  living(): Token[]
  /** What a user's agreement in the browser gives: an authorization code. */
  authorize(authorization: Authorization): string
  /** Makes tokens as if they had been minted long ago. */
  seedTokens(count: number, seed?: TokenSeed): Token[]
  /** Lets something go wrong: one fault with every request that matches, or a list of them one after another. */
  fault(matcher: FaultMatcher, faults: Fault | readonly Fault[]): FaultHandle
  /** Ends all faults. */
  clearFaults(): void
  /** Puts the mock's clock ahead. */
  advance(milliseconds: number): void
  /** Forgets the requests and connections so far. */
  forget(): void
  /** Breaks all connections off, and stops. */
  close(): Promise<void>
}

const dayMs = 86_400_000

/**
 * Starts an in-memory Zendesk on 127.0.0.1, at a port that the system chooses.
 *
 * It behaves as Zendesk documents and, if that is known to differ, as Zendesk behaves; the open questions are options.
 */
export async function startZendesk(options: ZendeskOptions = {}): Promise<Zendesk> {
  const account = new Account(options)
  const admin = account.users.find(({ role }) => role === 'admin')
  if (!admin?.apiToken) throw new Error('The mock needs an admin who has an API token')
  account.mint({
    clientId: account.clients.find(({ identifier }) => identifier === 'admin_tools')?.id ?? 1,
    userId: admin.id,
    scopes: ['read', 'write'],
    value: standingAccessToken,
    createdAt: account.now() - 30 * dayMs,
    origin: 'standing'
  })
  const faults = new Faults()
  const limiter = new Limiter(account)
  const closing = new AbortController()
  const requests: RecordedRequest[] = []
  const connectionNumbers = new WeakMap<object, number>()
  let connections = 0
  let forgotten = 0

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      // A client that went away, or a mock that closes, is no news; anything else is a mistake in here.
      if (!closing.signal.aborted && !request.destroyed) console.error(error)
      response.destroy()
    })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    const target = request.url ?? '/'
    const { pathname, searchParams: query } = new URL(target, 'http://mock')
    const method = request.method ?? 'GET'
    const path = pathname.replace(/\.json$/, '')
    const { headers } = request
    const record: RecordedRequest = {
      method,
      path,
      target,
      query,
      headers,
      body,
      json: parsed(body),
      connection: connectionNumbers.get(request.socket) ?? 0,
      at: account.now()
    }
    requests.push(record)

    let extra: Record<string, string> = {}
    const send = (answer: MockResponse): void => {
      record.status = answer.status
      response.writeHead(answer.status, {
        Date: new Date(account.now() + account.behaviour.dateSkew).toUTCString(),
        'x-request-id': randomUUID(),
        // No body, no type; and one may be given in any case.
        ...(answer.body && { 'Content-Type': 'application/json; charset=utf-8' }),
        ...extra,
        ...answer.headers,
        ...(answer.status !== 204 && { 'Content-Length': Buffer.byteLength(answer.body) })
      })
      response.end(answer.body)
    }
    const carryOut = (): MockResponse => {
      const { headers: limits, refusal } = limiter.count(path)
      extra = limits
      return refusal ?? route(account, { method, path, query, headers, body })
    }

    const fault = faults.take(method, path, headers.authorization)
    if (!fault) {
      send(carryOut())
      return
    }
    record.fault = fault.kind
    const genuine = isCarriedOut(fault) ? carryOut() : json(200, {})
    await commit(fault, { response, genuine, send, signal: closing.signal })
  }

  const server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener)
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: object) => {
    connectionNumbers.set(socket, ++connections)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections - forgotten
    },
    tokens: account.tokens,
    clients: account.clients,
    users: account.users,
    behaviour: account.behaviour,
    credentials: { email: admin.email, apiToken: admin.apiToken, accessToken: standingAccessToken },
    client: (identifier) => clientOf(account, identifier),
    seen: () => requests.map(({ method, path }) => `${method} ${path}`),
    living: () =>
      [...account.tokens.values()].filter((token) => token.origin !== 'standing' && account.isActive(token)),
    authorize: (authorization) => account.authorize(authorization),
    seedTokens: (count, seed) => seedTokens(account, count, seed),
    fault: (matcher, wanted) => faults.add(matcher, wanted),
    clearFaults: () => {
      faults.clear()
    },
    advance: (milliseconds) => {
      account.clockOffset += milliseconds
    },
    forget: () => {
      requests.length = 0
      forgotten = connections
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
  }
}

function clientOf(account: Account, identifier: string): ClientSeed {
  const client = account.clients.find((candidate) => candidate.identifier === identifier)
  if (!client) throw new Error(`The mock has no client ${identifier}`)
  return client
}

function seedTokens(account: Account, count: number, seed: TokenSeed = {}): Token[] {
  const client = clientOf(account, seed.client ?? 'ci_bot')
  const now = account.now()
  return Array.from({ length: count }, (_, index) => {
    const usedAgo = at(seed.usedAgo ?? null, index)
    const expiresIn = at(seed.expiresIn ?? null, index)
    return account.mint({
      clientId: client.id,
      userId: at(seed.userId ?? client.userId, index),
      scopes: seed.scopes ?? ['read', 'write'],
      createdAt: now - at(seed.age ?? 2 * dayMs, index),
      usedAt: usedAgo === null ? null : now - usedAgo,
      expiresAt: expiresIn === null ? null : now + expiresIn,
      ...(seed.refreshExpiresIn !== undefined && {
        refreshToken: account.newSecret(),
        refreshExpiresAt: now + seed.refreshExpiresIn
      }),
      origin: 'seeded'
    })
  })
}

function at<T>(value: T | ((index: number) => T), index: number): T {
  return typeof value === 'function' ? (value as (index: number) => T)(index) : value
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
