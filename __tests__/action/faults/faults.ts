import { type Fault } from '../../../mock/zendesk.ts'

/*
 * What can go wrong with a request.
 */

/** Seconds for a step. */
export const TIMEOUT = 20

/**
 * Most requests handle all faults of a kind alike.
 * - `unreachable`: no connection to Zendesk
 * - `lost`: no complete response, or a status after which the request may have been carried out
 * - `busy`, `busy for 2 s`: a status that asks to try again, or to do so in 2 s
 * - `limited`: a rate limit that does not say how long it lasts
 * - `final`: a response that no retry would change, or that comes too late for one
 * - `once`: only the first attempt fails, and it is carried out
 */
export type FaultKind = 'unreachable' | 'lost' | 'busy' | 'busy for 2 s' | 'limited' | 'final' | 'once'

export interface FaultRow {
  name: string
  kind: FaultKind
  /** How the mock responds; missing if the request does not reach it. */
  response?: Fault
  /** What is broken between the step and the mock. */
  way?: 'refused' | 'dns' | 'tls' | 'proxy'
  /** The certificate instead of the right one. */
  certificate?: 'wrongName' | 'wrongCa'
  /** The status with which the proxy refuses; without one the proxy is down. */
  refusal?: number
}

const WRONG_TYPES = {
  access_token: { a: 1 },
  scope: 7,
  expires_in: 'soon',
  token: { full_token: 12345678, id: '9', scopes: 3, expires_at: [], client_id: {} },
  tokens: { '0': 'x' },
  clients: 'none',
  user: [],
  meta: 5
}

const NO_ACCOUNT = { error: { title: 'No help desk at acme.zendesk.com', message: 'It can be claimed.' } }
const BODY = { error: 'SomeError', description: 'Something is wrong' }

function status(code: number, kind: FaultKind, header?: [name: string, value: string]): FaultRow {
  return {
    kind,
    name: `${code}${header === undefined ? '' : `, ${header.join(': ')}`}`,
    response: {
      kind: 'response',
      status: code,
      body: BODY,
      headers: Object.fromEntries(header === undefined ? [] : [header])
    }
  }
}

/** @param redirectUrl where the redirects lead */
export function faults(redirectUrl: () => string): FaultRow[] {
  const redirect = (status: number): FaultRow => ({
    kind: 'final',
    name: String(status),
    response: {
      kind: 'redirect',
      status,
      get location() {
        return redirectUrl()
      }
    }
  })
  const lost = (
    name: string,
    kind: 'reset' | 'reset-mid-header' | 'reset-mid-body' | 'close-mid-body'
  ): FaultRow => ({ kind: 'lost', name, response: { kind } })
  const final = (name: string, response: Fault): FaultRow => ({ kind: 'final', name, response })
  const unreachable = (name: string, way: Omit<FaultRow, 'name' | 'kind'>): FaultRow => ({
    kind: 'unreachable',
    name,
    ...way
  })
  const once = (name: string, response: Fault): FaultRow => ({ kind: 'once', name, response })
  return [
    unreachable('connection refused', { way: 'refused' }),
    unreachable('DNS failure', { way: 'dns' }),
    unreachable('TLS: certificate of another host', { way: 'tls', certificate: 'wrongName' }),
    unreachable('TLS: certificate of an unknown CA', { way: 'tls', certificate: 'wrongCa' }),
    unreachable('proxy down', { way: 'proxy' }),
    unreachable('proxy 407', { way: 'proxy', refusal: 407 }),
    unreachable('proxy 403', { way: 'proxy', refusal: 403 }),
    unreachable('proxy 502', { way: 'proxy', refusal: 502 }),
    unreachable('proxy 429', { way: 'proxy', refusal: 429 }),
    lost('reset', 'reset'),
    lost('reset in the header', 'reset-mid-header'),
    lost('reset in the body', 'reset-mid-body'),
    lost('closed in the body', 'close-mid-body'),
    final('no HTTP', { kind: 'garbage' }),
    final('stall', { kind: 'stall' }),
    final('stall in the body', { kind: 'stall-mid-body' }),
    final('1 GiB of body', { kind: 'huge', bytes: 2 ** 30 }),
    final('200 HTML', { kind: 'html' }),
    final('200 empty', { kind: 'empty' }),
    final('200 list', { kind: 'response', status: 200, body: [1, null] }),
    final('200 wrong types', { kind: 'response', status: 200, body: WRONG_TYPES }),
    ...[401, 403, 404, 451].map((code) => final(`${code} HTML`, { kind: 'gateway', status: code })),
    ...[401, 403].map((code) =>
      final(`${code} text`, { kind: 'response', status: code, text: 'error code: 1020' })
    ),
    final('404, no account', { kind: 'response', status: 404, body: NO_ACCOUNT }),
    ...[301, 302, 303, 307, 308].map(redirect),
    ...[400, 401, 403, 404, 409, 410, 422].map((code) => status(code, 'final')),
    ...[408, 500, 502, 504, 522].map((code) => status(code, 'lost')),
    status(503, 'busy'),
    status(429, 'limited'),
    ...[429, 503].flatMap((code) => [
      status(code, 'busy for 2 s', ['Retry-After', '2']),
      status(code, 'final', ['Retry-After', '3600'])
    ]),
    status(429, 'busy for 2 s', ['Retry-After', '2.0']),
    status(429, 'busy for 2 s', ['ratelimit-reset', '2']),
    once('response lost once', { kind: 'lose-response' }),
    once('504 once', { ...status(504, 'lost').response!, after: true })
  ]
}
