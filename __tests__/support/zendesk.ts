/*
 * Mocks of Zendesk for tests: what a step is given to use one, and what goes wrong there.
 */
import { createHash } from 'node:crypto'
import { afterAll } from '@jest/globals'
import { type InputValue } from '../../mock/runner.ts'
import {
  startZendesk,
  type Fault,
  type MockResponse,
  type Zendesk,
  type ZendeskOptions
} from '../../mock/zendesk.ts'
import { NOON } from './clock.ts'
import { watch } from './request-watch.ts'

export const TOKENS = '/api/v2/oauth/tokens'
export const CURRENT = `${TOKENS}/current`
export const CLIENTS = '/api/v2/oauth/clients'
/** Where the grants are exchanged. */
export const GRANT = '/oauth/tokens'
const BY_ID = /^\/api\/v2\/oauth\/tokens\/\d+$/

const running: Zendesk[] = []

afterAll(async () => {
  await Promise.all(running.map((zendesk) => zendesk.close()))
})

/** A mock that is stopped after the tests of the file; its clock stands at noon until it is advanced. */
export async function mockZendesk(options: ZendeskOptions = {}): Promise<Zendesk> {
  const zendesk = await startZendesk({ now: () => NOON, ...options })
  running.push(zendesk)
  watch(zendesk)
  return zendesk
}

/** Inputs of a step. */
export type Inputs<Value extends InputValue = string> = Record<string, Value>

/** The inputs of every step that uses this mock. */
export function at<Value extends InputValue = string>(
  { url }: Zendesk,
  inputs?: Inputs<Value>
): Inputs<Value | string> {
  return { subdomain: 'acme', 'base-url': url, 'client-id': 'ci_bot', ...inputs }
}

/** The inputs of each credential that the mock has from the start. */
export const credentials = {
  apiToken: ({ credentials: { email, apiToken } }: Zendesk): Inputs => ({ email, 'api-token': apiToken }),
  accessToken: ({ credentials }: Zendesk): Inputs => ({ 'access-token': credentials.accessToken }),
  clientCredentials: (zendesk: Zendesk, client = 'ci_bot'): Inputs => ({
    'client-id': client,
    'client-secret': zendesk.client(client).secret!
  })
}

/** The inputs with which most steps run: the secret of `client`, and `more`. */
export function clientCredentials<Value extends InputValue = string>(
  zendesk: Zendesk,
  more?: Inputs<Value>,
  client = 'ci_bot'
): Inputs<Value | string> {
  return at(zendesk, { ...credentials.clientCredentials(zendesk, client), ...more })
}

export const REDIRECT_URI = 'https://app.example/callback'
export const CODE_VERIFIER = 'a-code-verifier-of-at-least-forty-three-characters'
export const codeChallenge = createHash('sha256').update(CODE_VERIFIER).digest('base64url')

/** The inputs for an authorization code that this client was just given. */
export function authorizationCode(
  zendesk: Zendesk,
  client: string,
  usesPkce: boolean,
  scope = 'read write'
): Inputs {
  const pkce = usesPkce ? { codeChallenge, codeChallengeMethod: 'S256' as const } : {}
  return {
    'client-id': client,
    'authorization-code': zendesk.authorize({ client, redirectUri: REDIRECT_URI, scope, ...pkce }),
    'redirect-uri': REDIRECT_URI,
    ...(usesPkce && { 'code-verifier': CODE_VERIFIER })
  }
}

/** The `Authorization` header of the API token, in base64. */
export function basicOf({ credentials: { email, apiToken } }: Zendesk): string {
  return Buffer.from(`${email}/token:${apiToken}`).toString('base64')
}

/** Requests that faults can hit. */
export const DELETION_BY_ID = { method: 'DELETE', path: BY_ID }
export const DELETION_OF_CURRENT = { method: 'DELETE', path: CURRENT }
export const ANY_DELETION = { method: 'DELETE' }
/** Main's check of the new token, and post's verification that it no longer works. */
export const LOOK_UP = { method: 'GET', path: CURRENT }

/** A 401 of Zendesk itself, though the token is active. */
export const STRAY_401: Fault = { kind: 'stray-401' }
export const JSON_403: Fault = { kind: 'response', status: 403, body: { error: { title: 'Forbidden' } } }
export const JSON_404: Fault = { kind: 'response', status: 404, body: { error: 'RecordNotFound' } }
/** Says that the token is revoked, and does not revoke it. */
export const FALSE_204: Fault = { kind: 'empty', status: 204 }

/** The right response, changed. */
export function changed(change: (response: MockResponse) => Partial<MockResponse>): Fault {
  return { kind: 'edit', edit: (response) => ({ ...response, ...change(response) }) }
}

/** The right response with a changed JSON body. */
export function edited<Body = Record<string, unknown>>(change: (body: Body) => Body | object): Fault {
  return changed(({ body }) => ({ body: JSON.stringify(change(JSON.parse(body) as Body)) }))
}
