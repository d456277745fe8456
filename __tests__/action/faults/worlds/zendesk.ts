/* The Zendesk of a world: the rules of the mock, the faults of the world, and a record of what each response says. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Account, type Token } from '../../../../mock/zendesk/account.ts'
import { isCarriedOut, respondWith, type Fault as MockFault } from '../../../../mock/zendesk/faults.ts'
import { isObject, json, parsed, type MockResponse } from '../../../../mock/zendesk/responses.ts'
import { route } from '../../../../mock/zendesk/routes.ts'
import { ADMIN_ID, STANDING_ACCESS_TOKEN } from '../../../../mock/zendesk/seeds.ts'
import { NOON } from '../../../support/clock.ts'
import { serve } from '../../../support/servers.ts'
import { ANOTHER_TOKEN, faultOf, isRefusal, type Fault, type Purpose } from './faults.ts'
import { type Host } from './host.ts'
import { type Phase, type World } from './world.ts'

/** More requests than a step needs: a process that sends so many would never end. */
export const MOST_REQUESTS = 400

type Request = Parameters<typeof route>[1]

const PASS: Fault = { what: 'pass', after: false, delay: 0 }
const STRAY_401: MockFault = { kind: 'stray-401' }

/**
 * What a complete response means: Zendesk's own 401, 403 or 404; an accepted request (a 2xx that is no page); facts
 * about the token of the request; or nothing.
 */
export type Verdict = 'rejected' | 'forbidden' | 'not found' | 'accepted' | 'active' | 'nothing'

/** One request, and what came of it. */
export interface Exchange {
  phase: Phase
  purpose: Purpose
  method: string
  path: string
  /** The token that it was made with. */
  bearer: Token | undefined
  /** The token that it is about. */
  about: Token | undefined
  /** When it arrived, in milliseconds since the process started, and since the first signal if there was one. */
  at: number
  sinceSignal: number | undefined
  fault: string
  /** The token that it minted. */
  minted?: Token
  /** What a client that still waited got, once it was complete. */
  response?: MockResponse
  verdict?: Verdict
}

/** A server for all worlds, one after the other; it is closed after the tests of the file. */
export class WorldServer {
  url = ''
  /** Where all requests arrive. */
  zendesk: WorldZendesk | undefined
  readonly #sockets = new Set<Socket>()

  async start(): Promise<void> {
    const { port } = await serve((request, output) => {
      this.#sockets.add(request.socket)
      if (this.zendesk?.host === undefined) output.destroy()
      else this.zendesk.respond(request, output).catch(() => output.destroy())
    })
    this.url = `http://127.0.0.1:${port}`
  }

  /** Breaks all connections, as the end of a process does. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
}

/** A JWT that does not say when it was made. */
const timeless = (secret: string): string =>
  `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${Buffer.from(JSON.stringify({ jti: secret })).toString('base64url')}.${secret}`

export class WorldZendesk {
  readonly account: Account
  readonly exchanges: Exchange[] = []
  /** What each token that the action minted was minted for. */
  readonly roles = new Map<Token, 'token' | 'cleanup token'>()
  /** The token of another job, with the same client, user and scopes. */
  readonly other: Token
  /** Milliseconds of the world before the current process. */
  elapsed = 0
  /** The process that sends the requests. */
  host: Host | undefined
  readonly #world: World
  readonly #counts = new Map<string, number>()
  readonly #closing = new AbortController()
  #burstEnds = -1

  constructor(world: World) {
    this.#world = world
    this.account = new Account({
      now: () => this.now(),
      tokenFormat: world.token === 'opaque' ? 'opaque' : 'jwt',
      reportScopes: world.reportsScopes,
      reportExpiresIn: world.reportsExpiry ? 'always' : 'never',
      apiTokensExpire: world.tokensExpire,
      deleteCurrentWorks: world.deletesCurrent,
      narrowTokensManageThemselves: world.narrowManageThemselves,
      filterByClient: world.filtersByClient
    })
    const { account } = this
    const mint = account.mint.bind(account)
    if (world.token === 'JWT without iat')
      account.mint = (token) => mint({ value: timeless(account.newSecret()), ...token })
    const scopes = ['read', 'write']
    const standing = { value: STANDING_ACCESS_TOKEN, origin: 'standing' } as const
    account.mint({ clientId: account.client('ci_bot').id, userId: ADMIN_ID, scopes, ...standing })
    const { id: clientId, userId } = account.client(world.client)
    // JWTs of one minute cannot be told apart if nothing in them says when they were made.
    const createdAt = account.now() - (world.token === 'opaque' ? 0 : 120_000)
    this.other = account.mint({ clientId, userId, scopes, createdAt, origin: 'seeded' })
  }

  /** The clock of Zendesk, in milliseconds since 1970. */
  now(): number {
    return NOON + this.elapsed + (this.host?.elapsed ?? 0)
  }

  /** The tokens that the action minted. */
  minted(role: 'token' | 'cleanup token'): Token[] {
    return [...this.roles].filter(([, found]) => found === role).map(([token]) => token)
  }

  /** Whether a response brought this token. */
  isRead = (token: Token): boolean => this.exchanges.some((each) => each.minted === token && isRead(each))
  isActive = (token: Token): boolean => this.account.isActive(token)

  async respond(incoming: IncomingMessage, output: ServerResponse): Promise<void> {
    const host = this.host!
    const body = await text(incoming)
    const { headers, method = '', url = '' } = incoming
    const { pathname: path, searchParams: query } = new URL(url, 'http://mock')
    const request = { method, path, query, headers, body }
    const exchange = this.#record(request)
    if (this.exchanges.length > MOST_REQUESTS) host.signal('SIGKILL')
    if (!host.reach('request')) return

    const isDoubted = this.#isDoubted(exchange)
    const planned = isDoubted ? PASS : this.#planned(exchange)
    const fault = isDoubted ? STRAY_401 : faultOf(planned, `${headers.authorization ?? ''} ${body}`)
    exchange.fault = isDoubted ? 'false 401' : `${planned.what}${planned.after ? ', carried out' : ''}`
    const bearer = planned.what === ANOTHER_TOKEN ? this.other : undefined
    const response = isCarriedOut(fault) ? this.#carryOut(exchange, request, bearer) : json(200, {})
    if (!host.reach('response')) return

    const { latency, timeout } = this.#world
    const delay = planned.delay < 1 ? planned.delay * timeout * 1000 : planned.delay
    this.#later(latency + delay, output, () => {
      if (fault.kind.startsWith('stall')) this.#park(output)
      const send = (sent: MockResponse): void => this.#send(exchange, output, sent)
      void respondWith(fault, { output, response, send, signal: this.#closing.signal })
    })
  }

  #send(exchange: Exchange, output: ServerResponse, response: MockResponse): void {
    const { status, headers, body } = response
    const date = new Date(this.now() + this.#world.dateSkew).toUTCString()
    output.writeHead(status, { Date: date, ...headers }).end(body)
    // Node's parser refuses so many headers.
    if ('x-flood' in headers) return
    Object.assign(exchange, { response, verdict: this.#verdict(exchange, response) })
  }

  /** Does `work` after so many milliseconds, in which the process gets nothing. */
  #later(delay: number, output: ServerResponse, work: () => void): void {
    const host = this.host!
    const unpark = this.#park(output)
    const timer = host.after(delay, () => {
      unpark()
      // The process may have given up.
      if (!output.destroyed && host.isWaiting(output.socket!.remotePort!)) work()
    })
    output.once('close', () => host.clear(timer))
  }

  /** Lets the process get nothing for a while; returns the end of that. */
  #park(output: ServerResponse): () => void {
    const host = this.host!
    const port = output.socket!.remotePort!
    const unpark = (): void => void host.parked.delete(port)
    host.parked.add(port)
    output.once('close', unpark)
    return unpark
  }

  #record({ method, path, headers }: Request): Exchange {
    const { phase, elapsed: at, signalledAt } = this.host!
    const value = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]
    const tokens = [...this.account.tokens.values()]
    const bearer = tokens.find((token) => token.value === value)
    const id = /\/tokens\/(\w+)$/.exec(path)?.[1]
    const about = id === 'current' ? bearer : tokens.find((token) => String(token.id) === id)
    const sinceSignal = signalledAt === undefined ? undefined : at - signalledAt
    const asked = { phase, method, path, bearer, about, at, sinceSignal, fault: '' }
    const exchange = { ...asked, purpose: this.#purpose(asked) }
    this.exchanges.push(exchange)
    return exchange
  }

  #purpose({ phase, method, path, bearer, about }: Omit<Exchange, 'purpose'>): Purpose {
    const isCleanup = bearer !== undefined && this.roles.get(bearer) === 'cleanup token'
    if (method === 'POST') return this.exchanges.some(isRead) ? 'cleanup mint' : 'mint'
    if (method === 'DELETE') return isCleanup && about === bearer ? 'cleanup delete' : 'delete'
    if (path.endsWith('/clients')) return 'lookup'
    if (path.endsWith('/tokens')) return 'list'
    if (isCleanup) return 'cleanup look-up'
    const hasDeleted = this.exchanges.some(({ purpose }) => purpose === 'delete')
    return phase === 'main' && !hasDeleted ? 'check' : 'verify'
  }

  #planned({ phase, purpose, bearer }: Exchange): Fault {
    const key = `${phase} ${purpose}`
    const nth = this.#counts.get(key) ?? 0
    this.#counts.set(key, nth + 1)
    const { faults = [], goesOn = false } = this.#world[phase][purpose] ?? {}
    const planned = faults[nth] ?? (goesOn ? faults.at(-1) : undefined) ?? PASS
    // Zendesk's own 401 to a token is for `doubt` alone.
    return bearer && this.roles.has(bearer) && isRefusal(planned.what) ? PASS : planned
  }

  /** Whether this request gets a 401 of Zendesk although its token is active. */
  #isDoubted({ phase, bearer, at }: Exchange): boolean {
    const { doubt } = this.#world
    if (!bearer || !doubt) return false
    if (doubt.kind === 'lag') return this.roles.has(bearer) && this.now() - bearer.createdAt < doubt.ms
    if (doubt.phase !== phase) return false
    const nth = this.exchanges.filter((each) => each.phase === phase && each.bearer).length
    if (nth === doubt.nth) this.#burstEnds = at + doubt.ms
    return nth === doubt.nth || at < this.#burstEnds
  }

  /** Carries a request out, with another token if one is given. */
  #carryOut(exchange: Exchange, request: Request, bearer?: Token): MockResponse {
    const { account, roles } = this
    const count = account.tokens.size
    const headers = bearer ? { authorization: `Bearer ${bearer.value}` } : request.headers
    const response = route(account, { ...request, headers })
    if (account.tokens.size === count) return response
    const minted = [...account.tokens.values()].at(-1)!
    exchange.minted = minted
    roles.set(minted, exchange.purpose === 'mint' ? 'token' : 'cleanup token')
    return response
  }

  /** What the process may conclude from a complete response. */
  #verdict({ bearer, method }: Exchange, { status, body }: MockResponse): Verdict {
    const read = parsed(body)
    if (status >= 200 && status < 300) {
      if (method !== 'GET') return body.startsWith('<') ? 'nothing' : 'accepted'
      return bearer && isObject(read) && this.#isAbout(bearer, read['token']) ? 'active' : 'nothing'
    }
    if (!isObject(read)) return 'nothing'
    if (status === 401) return typeof read['error'] === 'string' ? 'rejected' : 'nothing'
    if (status === 403) return 'forbidden'
    return status === 404 && !body.includes('No help desk at') ? 'not found' : 'nothing'
  }

  /** Whether facts count as those of `token`. All JWTs begin alike, so it takes the time of the mint, too. */
  #isAbout(token: Token, facts: unknown): boolean {
    if (!isObject(facts) || (facts['token'] ?? token.value.slice(0, 10)) !== token.value.slice(0, 10))
      return false
    const late = Date.parse(String(facts['created_at'])) - token.createdAt
    const { token: form, dateSkew } = this.#world
    if (form === 'opaque') return true
    return form === 'JWT' ? Math.abs(late) <= 6000 : Math.abs(late - dateSkew) <= 60_000
  }
}

/** Whether a response brought the token that its request minted. */
export const isRead = ({ minted, response }: Exchange): boolean =>
  minted !== undefined && response?.body.includes(minted.value) === true

/** A request in one line, and what came of it. */
export function describeExchange(exchange: Exchange): string {
  const { phase, purpose, method, path, at, fault, response, verdict = '' } = exchange
  const answer = response ? `${response.status} ${verdict}` : 'no response'
  return `${phase} ${at} ms: ${method} ${path} (${purpose}) → ${answer} [${fault}]`
}
