/*
 * What the tests give to the action, and what they let Zendesk do: mocks, inputs, faults.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'

import { afterAll } from '@jest/globals'

import { type InputValue, type Interference, type ProcessControl } from '../../mock/runner.ts'
import {
  startZendesk,
  type Fault,
  type FaultMatcher,
  type RecordedRequest,
  type Zendesk,
  type ZendeskOptions
} from '../../mock/zendesk.ts'
import { NOON, requestWatch, scratch } from './run-action.ts'

const running: Zendesk[] = []

afterAll(async () => {
  await Promise.all(running.map((zendesk) => zendesk.close()))
})

/** A mock of Zendesk that is stopped after the tests, and whose clock stands at noon until it is advanced. */
export async function sandbox(options: ZendeskOptions = {}): Promise<Zendesk> {
  const zendesk = await startZendesk({ now: () => NOON, ...options })
  running.push(zendesk)
  requestWatch.add(zendesk)
  return zendesk
}

/** The inputs that every step against this mock has. */
export function at({ url }: Zendesk, inputs: Record<string, InputValue> = {}): Record<string, InputValue> {
  return { subdomain: 'acme', 'base-url': url, 'client-id': 'ci_bot', ...inputs }
}

/** The inputs of each credential that the mock knows without asking. */
export const credentials = {
  apiToken: ({ credentials: { email, apiToken } }: Zendesk): Record<string, string> => ({
    email,
    'api-token': apiToken
  }),
  accessToken: ({ credentials: { accessToken } }: Zendesk): Record<string, string> => ({
    'access-token': accessToken
  }),
  clientCredentials: (zendesk: Zendesk, client = 'ci_bot'): Record<string, string> => ({
    'client-id': client,
    'client-secret': zendesk.client(client).secret!
  })
}

export const redirectUri = 'https://app.example/callback'
export const codeVerifier = 'a-code-verifier-of-at-least-forty-three-characters'
export const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')

/** The inputs for an authorization code that this client was just given. */
export function authorizationCode(
  zendesk: Zendesk,
  client: string,
  usesPkce: boolean
): Record<string, string> {
  const pkce = usesPkce ? { codeChallenge, codeChallengeMethod: 'S256' as const } : {}
  return {
    'client-id': client,
    'authorization-code': zendesk.authorize({ client, redirectUri, scope: 'read write', ...pkce }),
    'redirect-uri': redirectUri,
    ...(usesPkce && { 'code-verifier': codeVerifier })
  }
}

/** The `Authorization` header of the API token, in base64. */
export function basicOf({ credentials: { email, apiToken } }: Zendesk): string {
  return Buffer.from(`${email}/token:${apiToken}`).toString('base64')
}

/** The right response, with its JSON body changed. */
export function edited<Body = Record<string, unknown>>(change: (body: Body) => Body | object): Fault {
  return {
    kind: 'edit',
    edit: (reply) => ({ ...reply, body: JSON.stringify(change(JSON.parse(reply.body) as Body)) })
  }
}

/** The requests, one line each: method and target, the Authorization header, and the body. */
export function requestLog(requests: readonly RecordedRequest[]): string[] {
  return requests.map(({ method, target, headers, body }) =>
    [`${method} ${target}`, headers.authorization, body].filter(Boolean).join(' | ')
  )
}

/** What a step needs that is cancelled: whoever sends the signal, and a clock that waits for it. */
type Cancelled<How extends 'onStart' | 'onLine'> = Required<Pick<Interference, How>> & {
  preload: { hold: string }
}

/** Cancels a step when so many requests have arrived. Until then its time stands still. */
export function cancelAtRequest(
  zendesk: Zendesk,
  count: number,
  signal: NodeJS.Signals
): Cancelled<'onStart'> {
  return {
    preload: { hold: scratch('hold') },
    onStart: ({ kill }) => {
      let isSent = false
      requestWatch.listen(zendesk, () => {
        if (isSent || zendesk.requests.length < count) return
        isSent = true
        kill(signal)
      })
    }
  }
}

/** Cancels a step when it prints this. Until then its time stands still. */
export function cancelAtLine(text: string, signal: NodeJS.Signals): Cancelled<'onLine'> {
  return {
    preload: { hold: scratch('hold') },
    onLine: (line, { kill }) => {
      if (line.includes(text)) kill(signal)
    }
  }
}

/** Does this when it is first asked for, and never again: several tests share what it costs. */
export function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined
  return () => (result ??= work())
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** What becomes of a request during which a step is cancelled: nothing, all but the response, or a late response. */
export type Fate = 'ignored' | 'response lost' | 'response late'

/**
 * Cancels a step during a request: the `nth` that matches. A late response comes only once the process knows that it
 * is cancelled, so that the order of the two is certain.
 */
export function cancelDuring(
  zendesk: Zendesk,
  matcher: FaultMatcher,
  signal: NodeJS.Signals,
  fate: Fate = 'ignored',
  nth = 1
): Cancelled<'onStart'> {
  const hold = scratch('hold')
  let control: ProcessControl | undefined
  const cancel = (): void => {
    control?.kill(signal)
    control = undefined
  }
  const late: Fault = {
    kind: 'edit',
    edit: (reply) => {
      cancel()
      // Ends for a process that never notices as well: then the test fails on what that does.
      const isAware = (): boolean => signal === 'SIGKILL' || existsSync(hold)
      for (let turn = 0; !isAware() && turn < 4000; turn++) Atomics.wait(sleeper, 0, 0, 5)
      return reply
    }
  }
  const fault: Fault = fate === 'response late' ? late : { kind: 'stall', after: fate === 'response lost' }
  zendesk.fault(matcher, [...Array<Fault>(nth - 1).fill({ kind: 'pass' }), fault])
  requestWatch.listen(zendesk, (request) => {
    if (request.fault === 'stall') cancel()
  })
  return {
    preload: { hold },
    onStart: (started) => {
      control = started
    }
  }
}
