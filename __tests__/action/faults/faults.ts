import { type Fault } from '../../../mock/zendesk.ts'

/*
 * What can go wrong with a request. Most requests handle all faults of a kind alike:
 * - `unreachable`: no connection to Zendesk
 * - `lost`: no complete response, or a status after which the request may have been carried out
 * - `busy`, `busy for 2 s`: a status that asks to try again, or to do so in 2 s
 * - `limited`: a rate limit that does not say how long it lasts
 * - `final`: a response that no retry would change, or that comes too late for one
 * - `once`: only the first attempt fails, and it is carried out
 */

export type Faults = Record<string, Fault>

/** What is broken between the step and the mock. */
export interface Broken {
  way: 'refused' | 'dns' | 'tls' | 'proxy'
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

export const response = (status: number, body: object = BODY, headers = {}): Fault => ({
  ...{ kind: 'response', status, body, headers }
})
/** A failure with one header, such as `Retry-After`. */
export const failed = (status: number, header: string, value: string): Fault =>
  response(status, BODY, { [header]: value })
/** One fault for each status, by name. */
export const each = (codes: number[], what: string, fault: (status: number) => Fault): Faults =>
  Object.fromEntries(codes.map((code) => [`${code}${what}`, fault(code)]))

/** No complete response, although one begins or the request arrives. */
export const CUT: Faults = {
  reset: { kind: 'reset' },
  'reset in the header': { kind: 'reset-mid-header' },
  'reset in the body': { kind: 'reset-mid-body' },
  'closed in the body': { kind: 'close-mid-body' }
}
/** No response that could be read, or none in time. */
export const UNREADABLE: Faults = {
  'no HTTP': { kind: 'garbage' },
  stall: { kind: 'stall' },
  'stall in the body': { kind: 'stall-mid-body' }
}

/** All faults by kind and name; the redirects lead to `location`. */
const byKind = (location: string): Record<string, Record<string, Fault | Broken>> => ({
  unreachable: {
    'connection refused': { way: 'refused' },
    'DNS failure': { way: 'dns' },
    'TLS: certificate of another host': { way: 'tls', certificate: 'wrongName' },
    'TLS: certificate of an unknown CA': { way: 'tls', certificate: 'wrongCa' },
    'proxy down': { way: 'proxy' },
    'proxy 407': { way: 'proxy', refusal: 407 },
    'proxy 403': { way: 'proxy', refusal: 403 },
    'proxy 502': { way: 'proxy', refusal: 502 },
    'proxy 429': { way: 'proxy', refusal: 429 }
  },
  lost: {
    ...CUT,
    ...each([408, 500, 502, 504, 522], '', (status) => response(status))
  },
  final: {
    ...UNREADABLE,
    '1 GiB of body': { kind: 'huge', bytes: 2 ** 30 },
    '200 HTML': { kind: 'html' },
    '200 empty': { kind: 'empty' },
    '200 list': response(200, [1, null]),
    '200 wrong types': response(200, WRONG_TYPES),
    '404, no account': response(404, NO_ACCOUNT),
    ...each([401, 403, 404, 451], ' HTML', (status) => ({ kind: 'gateway', status })),
    ...each([401, 403], ' text', (status) => ({ kind: 'response', status, text: 'error code: 1020' })),
    ...each([301, 302, 303, 307, 308], '', (status) => ({ kind: 'redirect', status, location })),
    ...each([400, 401, 403, 404, 409, 410, 422], '', (status) => response(status)),
    ...each([429, 503], ', Retry-After: 3600', (status) => failed(status, 'Retry-After', '3600'))
  },
  busy: { '503': response(503) },
  limited: { '429': response(429) },
  'busy for 2 s': {
    ...each([429, 503], ', Retry-After: 2', (status) => failed(status, 'Retry-After', '2')),
    '429, Retry-After: 2.0': failed(429, 'Retry-After', '2.0'),
    '429, ratelimit-reset: 2': failed(429, 'ratelimit-reset', '2')
  },
  once: {
    'response lost once': { kind: 'lose-response' },
    '504 once': { ...response(504), after: true }
  }
})

export interface FaultRow {
  kind: string
  name: string
  fault: Fault | Broken
}

export const faults = (location: string): FaultRow[] =>
  Object.entries(byKind(location)).flatMap(([kind, faults]) =>
    Object.entries(faults).map(([name, fault]) => ({ kind, name, fault }))
  )
