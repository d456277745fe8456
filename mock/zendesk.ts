import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { Account, type Authorization, type Token } from './zendesk/account.ts'
import {
  Faults,
  isCarriedOut,
  respondWith,
  type Fault,
  type FaultHandle,
  type FaultMatcher
} from './zendesk/faults.ts'
import { Limiter } from './zendesk/limiter.ts'
import { type Behaviour, type ZendeskOptions } from './zendesk/options.ts'
import { json, parsed, type MockResponse } from './zendesk/responses.ts'
import { route } from './zendesk/routes.ts'
import { ADMIN, STANDING_ACCESS_TOKEN, USERS, type ClientSeed, type UserSeed } from './zendesk/seeds.ts'

export type { Token } from './zendesk/account.ts'
export type { Fault, FaultMatcher } from './zendesk/faults.ts'
export type { ZendeskOptions } from './zendesk/options.ts'
export type { MockResponse } from './zendesk/responses.ts'
export { ADMIN_ID, AGENT_ID, DEFAULT_CLIENTS } from './zendesk/seeds.ts'

/** A request, and how the mock responded. */
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
  /** The body as JSON, if it is JSON. */
  json: unknown
  /** The number of its connection, from 1, which no other connection gets. */
  connection: number
  /** The status of the response; missing after a fault that sends no complete one. */
  status?: number
  /** The fault that hit it. */
  fault?: Fault['kind']
}

/** What `seedTokens` gives each of its tokens. Times in milliseconds; functions take the token's index. */
export interface TokenSeed {
  /** The client's unique identifier; `ci_bot` by default. */
  client?: string
  /** The user of the client by default. */
  userId?: number | ((index: number) => number)
  /** `read write` by default. */
  scopes?: readonly string[]
  /** How long ago it was created; two days by default. */
  age?: number | ((index: number) => number)
  /** How long ago it was last used; never by default. */
  usedAgo?: number | null | ((index: number) => number | null)
  /** In how long it expires (negative: it has expired); never by default. */
  expiresIn?: number | null | ((index: number) => number | null)
  /** Gives it a refresh token that expires in so many milliseconds (negative: it has expired). */
  refreshExpiresIn?: number
}

/** A running mock. */
export interface Zendesk {
  /** For the action's `base-url`. */
  readonly url: string
  readonly port: number
  /** Every request so far, in the order in which the mock had read them. */
  readonly requests: readonly RecordedRequest[]
  /** How many connections have been opened since the start, or the last `forget`. */
  readonly connections: number
  /** By id, oldest first, revoked and expired ones included. */
  readonly tokens: ReadonlyMap<number, Token>
  readonly users: readonly UserSeed[]
  /** Change it at any time. */
  readonly behaviour: Behaviour
  /** Valid credentials of each kind. */
  readonly credentials: { email: string; apiToken: string; accessToken: string }
  /** The client of this unique identifier. */
  client(identifier: string): ClientSeed
  /** `METHOD /path` of every request so far. */
  seen(): string[]
  /** The active tokens, without the access token of `credentials`. */
  activeTokens(): Token[]
  /** Makes the authorization code that a user's consent in the browser gives. */
  authorize(authorization: Authorization): string
  /** Makes tokens as if they had been minted long ago. */
  seedTokens(count: number, seed?: TokenSeed): Token[]
  /** Sets up a fault for every request that matches (or `count`), or a list of faults for one request each. */
  fault(matcher: FaultMatcher, faults: Fault | readonly Fault[]): FaultHandle
  /** Ends all faults. */
  clearFaults(): void
  /** Puts the mock's clock ahead. */
  advance(milliseconds: number): void
  /** Forgets the requests and connections so far. */
  forget(): void
  /** Closes all connections, and stops. */
  close(): Promise<void>
}

const DAY_MS = 86_400_000

/**
 * Starts an in-memory Zendesk on 127.0.0.1, at a free port.
 *
 * It behaves as Zendesk documents or, if that is known to differ, as Zendesk behaves; open questions are options.
 */
export async function startZendesk(options: ZendeskOptions = {}): Promise<Zendesk> {
  const account = new Account(options)
  account.mint({
    clientId: account.clients.find(({ identifier }) => identifier === 'admin_tools')?.id ?? 1,
    userId: ADMIN.id,
    scopes: ['read', 'write'],
    value: STANDING_ACCESS_TOKEN,
    createdAt: account.now() - 30 * DAY_MS,
    origin: 'standing'
  })
  const faults = new Faults()
  const limiter = new Limiter(account)
  const closing = new AbortController()
  const requests: RecordedRequest[] = []
  const connectionNumbers = new WeakMap<object, number>()
  let connections = 0
  let forgotten = 0

  const listener = (request: IncomingMessage, output: ServerResponse): void => {
    respond(request, output).catch((error: unknown) => {
      // Only a client that went away and a mock that closes are expected.
      if (!closing.signal.aborted && !request.destroyed) console.error(error)
      output.destroy()
    })
  }

  async function respond(request: IncomingMessage, output: ServerResponse): Promise<void> {
    const body = await text(request)
    const { headers, method = 'GET', url: target = '/' } = request
    const { pathname, searchParams: query } = new URL(target, 'http://mock')
    const path = pathname.replace(/\.json$/, '')
    const connection = connectionNumbers.get(request.socket) ?? 0
    const record: RecordedRequest = {
      method,
      path,
      target,
      query,
      headers,
      body,
      json: parsed(body),
      connection
    }
    requests.push(record)

    let limits: Record<string, string> = {}
    const send = (response: MockResponse): void => {
      record.status = response.status
      const { dateSkew, repeatRequestId } = account.behaviour
      const requestId = randomUUID()
      output.writeHead(response.status, {
        Date: new Date(account.now() + dateSkew).toUTCString(),
        'x-request-id': repeatRequestId ? [requestId, requestId] : requestId,
        // A response without a body has no type.
        ...(response.body && { 'Content-Type': 'application/json; charset=utf-8' }),
        ...limits,
        ...response.headers,
        ...(response.status !== 204 && { 'Content-Length': Buffer.byteLength(response.body) })
      })
      output.end(response.body)
    }
    const carryOut = (): MockResponse => {
      const { headers: counted, refusal } = limiter.count()
      limits = counted
      return refusal ?? route(account, { method, path, query, headers, body })
    }

    const fault = faults.take(method, path, headers.authorization)
    if (!fault) {
      send(carryOut())
      return
    }
    record.fault = fault.kind
    const response = isCarriedOut(fault) ? carryOut() : json(200, {})
    await respondWith(fault, { output, response, send, signal: closing.signal })
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
    users: USERS,
    behaviour: account.behaviour,
    credentials: { email: ADMIN.email, apiToken: ADMIN.apiToken, accessToken: STANDING_ACCESS_TOKEN },
    client: (identifier) => account.client(identifier),
    seen: () => requests.map(({ method, path }) => `${method} ${path}`),
    activeTokens: () =>
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

function seedTokens(account: Account, count: number, seed: TokenSeed = {}): Token[] {
  const client = account.client(seed.client ?? 'ci_bot')
  const now = account.now()
  return Array.from({ length: count }, (_, index) => {
    const usedAgo = at(seed.usedAgo ?? null, index)
    const expiresIn = at(seed.expiresIn ?? null, index)
    return account.mint({
      clientId: client.id,
      userId: at(seed.userId ?? client.userId, index),
      scopes: seed.scopes ?? ['read', 'write'],
      createdAt: now - at(seed.age ?? 2 * DAY_MS, index),
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
