import { expect } from '@jest/globals'
import { ORIGIN, testClient } from './client.ts'
import { NOON } from './clock.ts'
import { nock } from './nock.ts'
import { Secret } from '../../src/lib/secret.ts'
import { type Credential } from '../../src/zendesk/credential.ts'
import { type MintedToken } from '../../src/zendesk/token.ts'
import { Revocation, type Outcome, type Revoker } from '../../src/zendesk/revocation.ts'
import { ZendeskError } from '../../src/zendesk/http/zendesk-error.ts'

/*
 * Revocations of one minted token, as lists of the requests that are expected and the responses to them.
 */

const TOKENS = '/api/v2/oauth/tokens'
const MINTED: MintedToken = {
  token: new Secret('abcdefghij-the-token'),
  refreshToken: undefined,
  id: 5,
  clientId: 41,
  userId: 7,
  scopes: ['tickets:read', 'hc:read'],
  scopesReported: true,
  expiresAt: '2026-11-21T13:00:00Z',
  expiry: 'reported',
  expiredAfter: NOON + 3_600_000,
  lifetime: 3600,
  date: NOON,
  mintedAt: NOON,
  seenWorking: true
}

/** The `Authorization` headers of the minted token itself, of an admin's access token, and of the cleanup token. */
export const OWN = 'Bearer abcdefghij-the-token'
export const ADMIN = 'Bearer admin-token'
export const CLEANUP = 'Bearer cleanup-token-1'

export const accessToken: Credential = { kind: 'access_token', accessToken: new Secret('admin-token') }
export const clientCredentials: Credential = {
  kind: 'client_credentials',
  clientSecret: new Secret('client-secret-1'),
  authMethod: 'client_secret_post'
}

/** A request that is expected, and the response to it; without a status the connection breaks. */
export interface Exchange {
  authorization?: string
  request: string
  status?: number | undefined
  body?: unknown
  headers?: Record<string, string>
  /** What happens when the request arrives. */
  meanwhile?: () => void
}

/** The outcome if Zendesk rejects the token; `by` is what it accepted a DELETE from. */
export const verified = (by?: Revoker): Outcome => ({ result: 'verified', by })
export const MISSING_SCOPE = {
  error: 'Forbidden',
  description: 'You are missing the following required scopes: write'
}
const rejection = { error: 'invalid_token' }

/** The DELETE of a token. */
export function del(by: string, id: number | 'current', status?: number, body: unknown = {}): Exchange {
  const request = `DELETE ${TOKENS}/${id}`
  return { authorization: by, request, status, body: status === 401 ? rejection : body }
}

/** The look-up of the minted token, with which it is verified that Zendesk rejects it. */
export function get(status?: number): Exchange {
  const bodies = new Map<unknown, unknown>([
    [200, { token: { id: 5, token: 'abcdefghij' } }],
    [401, rejection]
  ])
  return { authorization: OWN, request: `GET ${TOKENS}/current`, status, body: bodies.get(status) ?? {} }
}

/** The mint of a cleanup token. */
export function mint(): Exchange {
  return { request: 'POST /oauth/tokens', status: 200, body: { access_token: 'cleanup-token-1' } }
}

/** The look-up of the cleanup token. */
export function lookUp(token: unknown = { id: 9, client_id: 41, user_id: 7 }): Exchange {
  return { authorization: CLEANUP, request: `GET ${TOKENS}/current`, status: 200, body: { token } }
}

/** The list of the tokens of the cleanup token's user. */
export function list(tokens: unknown[]): Exchange {
  const body = { tokens, meta: { has_more: false } }
  return { authorization: CLEANUP, request: `GET ${TOKENS}`, status: 200, body }
}

/** The same exchange, with a web page as its response. */
export function html(exchange: Exchange): Exchange {
  return { ...exchange, body: '<html>no</html>' }
}

export function fiveTimes(exchange: Exchange): Exchange[] {
  return Array<Exchange>(5).fill(exchange)
}

export interface Given {
  credential?: Credential
  /** What is different about the minted token. */
  minted?: Partial<MintedToken>
  test?: ReturnType<typeof testClient>
}

export interface Revoked {
  outcome: Outcome
  /** The kind of the error that is the reason of the outcome, else its message. */
  why: string | undefined
}

const kindOf = (why: Error): string => (why instanceof ZendeskError ? why.kind : why.message)

/** Revokes the minted token, which has to make these requests in this order. */
export async function revoke(
  exchanges: Exchange[],
  { credential, minted = {}, test = testClient() }: Given = {}
): Promise<Revoked> {
  const made: string[] = []
  for (const { authorization, request, status, body = {}, headers, meanwhile } of exchanges) {
    const [method = '', path = ''] = request.split(' ')
    const expected = nock(ORIGIN, authorization === undefined ? {} : { reqheaders: { authorization } })
      .on('request', () => made.push(request))
      .intercept(path, method)
      .query(true)
    if (status === undefined) expected.replyWithError(new Error('reset'))
    else
      expected.reply(() => {
        meanwhile?.()
        return [status, status === 204 ? '' : (body as nock.Body), headers]
      })
  }
  const revocation = new Revocation(
    test.client,
    { ...MINTED, ...minted },
    {
      credential,
      clientId: 'ci_bot',
      onRemaining: () => undefined
    }
  )
  const outcome = await revocation.run()
  expect(made).toEqual(exchanges.map(({ request }) => request))
  return { outcome, why: 'why' in outcome ? kindOf(outcome.why) : undefined }
}
