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

/** A mock of Zendesk that is stopped after the tests; its clock stands at noon until it is advanced. */
export async function mockZendesk(options: ZendeskOptions = {}): Promise<Zendesk> {
  const zendesk = await startZendesk({ now: () => NOON, ...options })
  running.push(zendesk)
  requestWatch.add(zendesk)
  return zendesk
}

/** The inputs of every step that uses this mock. */
export function at({ url }: Zendesk, inputs: Record<string, InputValue> = {}): Record<string, InputValue> {
  return { subdomain: 'acme', 'base-url': url, 'client-id': 'ci_bot', ...inputs }
}

/** The inputs of each credential that the mock has from the start. */
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

/** The right response with a changed JSON body. */
export function edited<Body = Record<string, unknown>>(change: (body: Body) => Body | object): Fault {
  return {
    kind: 'edit',
    edit: (response) => ({ ...response, body: JSON.stringify(change(JSON.parse(response.body) as Body)) })
  }
}

/** The requests, one line each: method and target, the Authorization header, and the body. */
export function requestLog(requests: readonly RecordedRequest[]): string[] {
  return requests.map(({ method, target, headers, body }) =>
    [`${method} ${target}`, headers.authorization, body].filter(Boolean).join(' | ')
  )
}

/** What cancels a step: a callback that sends the signal, and a clock that waits for it. */
type Cancelled<How extends 'onStart' | 'onLine'> = Required<Pick<Interference, How>> & {
  preload: { hold: string }
}

/** Cancels a step when the mock has received `count` requests. Until then the step's clock stands still. */
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

/** Cancels a step when it prints `text`. Until then the step's clock stands still. */
export function cancelAtLine(text: string, signal: NodeJS.Signals): Cancelled<'onLine'> {
  return {
    preload: { hold: scratch('hold') },
    onLine: (line, { kill }) => {
      if (line.includes(text)) kill(signal)
    }
  }
}

/** Does `work` at the first call only: several tests share its result. */
export function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined
  return () => (result ??= work())
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** What happens to the request during which a step is cancelled: it is ignored, or carried out without a response in time. */
export type Fate = 'ignored' | 'response lost' | 'response late'

/**
 * Cancels a step during the `nth` request that matches. A late response is sent only after the process has received
 * the signal, so that the order of the two is certain.
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
    edit: (response) => {
      cancel()
      // Gives up in the end, so that a process which ignores the signal fails the test.
      const isAware = (): boolean => signal === 'SIGKILL' || existsSync(hold)
      for (let turn = 0; !isAware() && turn < 4000; turn++) Atomics.wait(sleeper, 0, 0, 5)
      return response
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
