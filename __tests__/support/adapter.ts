/*
 * Runs dist/ from the outside: one step at a time, so that Zendesk can change between main and post.
 */
import { expect } from '@jest/globals'

import { type InputValue } from '../../mock/runner.ts'
import { type Fault, type RecordedRequest, type Token, type Zendesk } from '../../mock/zendesk.ts'
import { at, credentials } from './fixtures.ts'
import { annotated, count, runStep, shown, type StepEnd, type StepRun } from './run-action.ts'

export {
  at,
  cancelAtLine,
  cancelAtRequest,
  cancelDuring,
  credentials,
  edited,
  mockZendesk
} from './fixtures.ts'
export {
  annotated,
  count,
  NOON,
  nothing,
  published,
  runStep,
  shown,
  type StepEnd,
  type StepRun
} from './run-action.ts'

export const CURRENT = '/api/v2/oauth/tokens/current'
export const BY_ID = /^\/api\/v2\/oauth\/tokens\/\d+$/
export const MINT = '/oauth/tokens'
export const HOUR = 3_600_000

/** Requests of post with the token itself, as `requestLines` writes them. */
export const LINES = {
  byId: 'DELETE token by token',
  byCurrent: 'DELETE current by token',
  verify: 'GET current by token'
}

/** Requests that faults can hit. */
export const deletionById = { method: 'DELETE', path: BY_ID }
export const deletionOfCurrent = { method: 'DELETE', path: CURRENT }
export const anyDeletion = { method: 'DELETE' }
/** Main's check of the new token, and post's verification that it no longer works. */
export const lookUp = { method: 'GET', path: CURRENT }

/** A 401 of Zendesk itself, though the token is active. */
export const stray401: Fault = { kind: 'stray-401' }
export const json403: Fault = { kind: 'response', status: 403, body: { error: { title: 'Forbidden' } } }
export const json404: Fault = { kind: 'response', status: 404, body: { error: 'RecordNotFound' } }
/** Says that the token is revoked, and does not revoke it. */
export const false204: Fault = { kind: 'empty', status: 204 }

/** Responses that say nothing about the token: of a gateway, empty, or not as Zendesk writes them. */
export const foreignResponses: [what: string, fault: Fault][] = [
  ['an HTML 401', { kind: 'gateway', status: 401 }],
  ['an HTML 403', { kind: 'gateway', status: 403 }],
  ['an HTML 404', { kind: 'gateway', status: 404 }],
  ['an empty 401', { kind: 'empty', status: 401 }],
  ['an empty 403', { kind: 'empty', status: 403 }],
  ['a 401 whose `error` is an object', { kind: 'response', status: 401, body: { error: { title: 'No' } } }],
  ['a 401 whose body is a JSON array', { kind: 'response', status: 401, body: ['error'] }],
  ['a 200 with HTML', { kind: 'html' }]
]

/** What the log says only of a token that Zendesk rejects for certain. */
export const VERIFIED = 'verified that Zendesk rejects it'

/** The inputs with which most tests run: the secret of `client`, and `more`. */
export function clientCredentials(
  zendesk: Zendesk,
  more: Record<string, InputValue> = {},
  client = 'ci_bot'
): Record<string, InputValue> {
  return at(zendesk, { ...credentials.clientCredentials(zendesk, client), ...more })
}

/** How a job of one step went. */
export interface Run {
  main: StepEnd
  post: StepEnd
  /** What main and post requested, one line each; see `requestLines`. */
  mainRequests: string[]
  /** Without what a cleanup token asks or does about itself. */
  postRequests: string[]
}

/** What a job of one step runs with. */
export interface Circumstances {
  /** Those of client credentials, unless given. */
  inputs?: Record<string, InputValue>
  /** Called after main: the place for the faults of post. */
  between?: (main: StepEnd) => unknown
  mainRun?: StepRun
  postRun?: StepRun
}

/** Runs main, then post, and holds post to what it promises whatever happens. */
export async function mainThenPost(
  zendesk: Zendesk,
  { inputs = clientCredentials(zendesk), between, mainRun, postRun }: Circumstances = {}
): Promise<Run> {
  const main = await runStep('main', { inputs, ...mainRun })
  const boundary = zendesk.requests.length
  await between?.(main)
  const post = await runStep('post', { inputs, state: main.state, ...postRun })
  expectCalm(zendesk, post)
  return {
    main,
    post,
    mainRequests: requestLines(zendesk, zendesk.requests.slice(0, boundary)),
    postRequests: requestLines(zendesk, zendesk.requests.slice(boundary)).filter(
      (line) => !/ (current|cleanup) by cleanup$/.test(line)
    )
  }
}

/** Post never fails the job, warns at most once, never says "verified" of an active token, and cleans up after itself. */
export function expectCalm(zendesk: Zendesk, post: StepEnd): void {
  expect(post).toMatchObject({ exitCode: 0, stderr: '', timedOut: false })
  expect(count(post, 'error')).toBe(0)
  expect(count(post, 'warning')).toBeLessThanOrEqual(1)
  const isActive = zendesk.activeTokens().includes(mintedTokens(zendesk)[0]!)
  if (shown(post).includes(VERIFIED) || /had (already )?expired/.test(shown(post)))
    expect(isActive).toBe(false)
}

/** Post sent these requests, and reported without a warning that the token is revoked and no longer works. */
export function expectVerified(zendesk: Zendesk, { post, postRequests }: Run, requests: string[]): void {
  expect(postRequests).toEqual(requests)
  expect(shown(post)).toContain(VERIFIED)
  expect(annotated(post)).toEqual([])
  const active = zendesk.activeTokens()
  expect(mintedTokens(zendesk).filter((token) => active.includes(token))).toEqual([])
}

/** The tokens that the action minted, oldest first: the token of the step, then cleanup tokens. */
export function mintedTokens({ tokens }: Zendesk): Token[] {
  return [...tokens.values()].filter(({ origin }) => origin !== 'standing' && origin !== 'seeded')
}

/** The token that the step minted. */
export function theToken(zendesk: Zendesk): Token {
  return mintedTokens(zendesk)[0]!
}

/** Each request as `DELETE token by cleanup`: the method, what it is about, and who sent it. */
export function requestLines(zendesk: Zendesk, requests: readonly RecordedRequest[]): string[] {
  const minted = mintedTokens(zendesk)
  const nameOf = (token: Token | undefined): string => {
    const index = token ? minted.indexOf(token) : -1
    return index > 0 ? 'cleanup' : index === 0 ? 'token' : 'other'
  }
  return requests.map(({ method, path, headers: { authorization = '' } }) => {
    if (path === MINT) return `${method} grant`
    const [, id] = /^\/api\/v2\/oauth\/tokens\/(\d+)$/.exec(path) ?? []
    const subject =
      id === undefined
        ? path.replace(/^\/api\/v2\/oauth\/tokens$/, '/tokens').replace(/^.*\//, '')
        : nameOf(zendesk.tokens.get(Number(id)))
    const bearer = authorization.replace(/^Bearer /, '')
    const sender = nameOf(minted.find(({ value }) => value === bearer))
    return `${method} ${subject} by ${sender === 'other' ? 'credential' : sender}`
  })
}

/** Revokes the token of the step, as a later step of the job might. */
export function revokeElsewhere(zendesk: Zendesk): Token {
  return Object.assign(theToken(zendesk), { revoked: true })
}

/** The lines of the log: neither commands nor annotations. */
export function infoLines({ stdout }: StepEnd): string[] {
  return stdout.filter((line) => !line.startsWith('::'))
}
