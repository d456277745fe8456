import { describe, expect, it } from '@jest/globals'
import { BudgetSpent, Cancelled } from '../../src/lib/deadline.ts'
import { type CredentialKind } from '../../src/zendesk/credential.ts'
import {
  ERRORS,
  explain,
  kindOf,
  reasonOf,
  ZendeskError,
  type Circumstances,
  type ErrorKind
} from '../../src/messages.ts'
import { Unanswered, type Reason } from '../../src/zendesk/network-error.ts'
import { type Answer } from '../../src/zendesk/client.ts'

const MINT: Circumstances = {
  purpose: 'mint a token',
  call: { method: 'POST', path: '/oauth/tokens' },
  origin: 'https://acme.zendesk.com',
  credential: 'client-secret',
  clientId: 'ci_bot'
}
/** A mint by an admin, at the endpoint that is deprecated. */
const ADMIN: Circumstances = {
  ...MINT,
  call: { method: 'POST', path: '/api/v2/oauth/tokens' },
  credential: 'api-token',
  deprecatedMint: true
}
const LIST: Circumstances = {
  ...MINT,
  purpose: 'look up the client',
  call: { method: 'GET', path: '/api/v2/oauth/clients?page[size]=100&page[after]=a-cursor' }
}

function answer(status: number, more: Partial<Answer> = {}): Answer {
  return {
    status,
    json: {},
    html: false,
    retryAfter: undefined,
    location: undefined,
    date: undefined,
    requestId: undefined,
    ...more
  }
}

function told(outcome: unknown, circumstances: Partial<Circumstances> = {}, kind?: ErrorKind): string {
  const error = explain(outcome, { ...MINT, ...circumstances }, kind)
  expect(error).toBeInstanceOf(ZendeskError)
  return (error as ZendeskError).message
}

const oauth = (status: number, error: string): Answer => answer(status, { json: { error } })

describe('kindOf', () => {
  it.each<[string, Answer, Circumstances, ErrorKind]>([
    ['invalid_client', oauth(401, 'invalid_client'), MINT, 'invalidClient'],
    ['unauthorized_client', oauth(400, 'unauthorized_client'), MINT, 'unauthorizedClient'],
    ['invalid_scope', oauth(400, 'invalid_scope'), MINT, 'invalidScope'],
    ['invalid_grant', oauth(400, 'invalid_grant'), MINT, 'invalidGrant'],
    ['invalid_scope of an admin', oauth(400, 'invalid_scope'), ADMIN, 'invalidScope'],
    ['another code', oauth(400, 'unsupported_grant_type'), MINT, 'unexpected'],
    ['a redirect', answer(301, { location: 'https://x.example' }), MINT, 'redirect'],
    ['a redirect with a page', answer(302, { html: true, json: undefined }), MINT, 'redirect'],
    ['a redirect that keeps the method', answer(308), ADMIN, 'redirect'],
    ['401', answer(401), ADMIN, 'credentialsRefused'],
    ['401 with a page', answer(401, { html: true, json: undefined }), MINT, 'credentialsRefused'],
    ['403', answer(403), LIST, 'forbidden'],
    ['429', answer(429), MINT, 'rateLimit'],
    ['429 with a page', answer(429, { html: true, json: undefined }), MINT, 'rateLimit'],
    ['408', answer(408), MINT, 'outage'],
    ['500', answer(500), MINT, 'outage'],
    ['502 with a page', answer(502, { html: true, json: undefined }), MINT, 'outage'],
    ['503', answer(503), MINT, 'outage'],
    ['599', answer(599), MINT, 'outage'],
    ['410 at the deprecated mint', answer(410), ADMIN, 'endpointGone'],
    ['410 with a page there', answer(410, { html: true, json: undefined }), ADMIN, 'endpointGone'],
    ['404 with JSON there', oauth(404, 'InvalidEndpoint'), ADMIN, 'endpointGone'],
    ['404 with a page there', answer(404, { html: true, json: undefined }), ADMIN, 'subdomainUnknown'],
    ['404 with nothing there', answer(404, { json: undefined }), ADMIN, 'subdomainUnknown'],
    ['404 with a page', answer(404, { html: true, json: undefined }), MINT, 'subdomainUnknown'],
    ['404 with words', answer(404, { json: undefined }), LIST, 'subdomainUnknown'],
    ['404 with JSON in a look-up', oauth(404, 'x'), LIST, 'subdomainUnknown'],
    ['404 with JSON in a grant', oauth(404, 'InvalidEndpoint'), MINT, 'subdomainUnknown'],
    ['a page in place of a token', answer(200, { html: true, json: undefined }), MINT, 'subdomainUnknown'],
    ['nothing in place of a token', answer(200, { json: undefined }), MINT, 'unusableReply'],
    ['another object in place of a token', answer(201), MINT, 'unusableReply'],
    ['422 at the deprecated mint', oauth(422, 'RecordInvalid'), ADMIN, 'clientUnknown'],
    ['422 in a look-up', oauth(422, 'RecordInvalid'), LIST, 'unexpected'],
    ['400', answer(400), MINT, 'unexpected'],
    ['410 elsewhere', answer(410), LIST, 'unexpected']
  ])('of %s', (_what, reply, circumstances, kind) => {
    expect(kindOf(reply, circumstances)).toBe(kind)
  })
})

describe('explain', () => {
  it('says in one sentence what failed, how, where, in whose words, and what to do', () => {
    const reply = answer(401, { json: { error: "Couldn't authenticate you" } })
    expect(told(reply, ADMIN)).toMatch(
      /^Could not mint a token: Zendesk refused the credentials: POST \/api\/v2\/oauth\/tokens at acme\.zendesk\.com answered 401 \("Couldn't authenticate you"\); check that `email` and `api-token` .*30 days.*\.$/
    )
  })

  it('gives no words where Zendesk gave none', () => {
    expect(told(answer(401), ADMIN)).toContain('at acme.zendesk.com answered 401; ')
  })

  it('gives no query, which may hold a cursor', () => {
    expect(told(answer(400), LIST)).toContain('GET /api/v2/oauth/clients at ')
    expect(told(answer(400), LIST)).not.toContain('a-cursor')
  })

  it('gives the port of another origin', () => {
    expect(told(answer(400), { origin: 'http://127.0.0.1:8080' })).toContain(' at 127.0.0.1:8080 answered')
  })

  it('takes the kind that it is told', () => {
    expect(explain(answer(200), MINT, 'clientUnknown')).toMatchObject({ kind: 'clientUnknown' })
  })

  it('leaves alone what no request can come to', () => {
    const bug = new TypeError('a bug')
    expect(explain(bug, MINT)).toBe(bug)
  })

  it('cleans the words of Zendesk, and the identifier', () => {
    const words = told(oauth(400, '<b>::error::##[x]\u0000\nboo'))
    expect(words).toContain('(": :error: :## [x] boo")')
    const identifier = told(answer(200), { clientId: 'a\n::b##[c]<i>' }, 'clientUnknown')
    expect(identifier).toContain('a : :b## [c]')
  })
})

describe('reasonOf', () => {
  it('is what an error says, without its full stop', () => {
    expect([reasonOf(new Error('It is over.')), reasonOf('a word.')]).toEqual(['It is over', 'a word'])
  })
})

describe('the errors of replies, each with its cause and its cure', () => {
  it.each<[CredentialKind, RegExp]>([
    ['api-token', /`email` and `api-token`.*30 days.*`client-secret`/],
    ['access-token', /`access-token`.*expired, revoked/],
    ['client-secret', /`client-id` and `client-secret`/],
    ['authorization-code', /`client-id`.*`code-verifier`/],
    ['refresh-token', /`client-id`.*`client-secret`/]
  ])('401: what to look at with %s', (credential, cure) => {
    expect(told(answer(401), { credential })).toMatch(cure)
  })

  it('403: an admin or a scope is missing', () => {
    expect(told(answer(403), { ...LIST, credential: 'api-token' })).toMatch(/`email` is not an admin/)
    expect(told(answer(403), { ...LIST, credential: 'access-token' })).toMatch(
      /not an admin.*scope.*`read write`/
    )
  })

  it.each<CredentialKind>(['api-token', 'access-token'])(
    '403 at the deprecated mint: both causes, with %s',
    (credential) => {
      expect(told(answer(403), { ...ADMIN, credential })).toMatch(
        /not an admin.*deprecated endpoint.*`client-secret`/
      )
    }
  )

  it('422 at the deprecated mint: the client', () => {
    const details = { client: [{ description: 'Client: is invalid' }] }
    const json = { error: 'RecordInvalid', description: 'Record validation errors', details }
    expect(told(answer(422, { json }), ADMIN)).toMatch(
      /no such OAuth client.*422 \("RecordInvalid: Record validation errors: Client: is invalid"\).*no client "ci_bot".*`client-id`/
    )
  })

  it('404 or a page: the subdomain', () => {
    expect(told(answer(404, { html: true, json: undefined }))).toMatch(
      /`subdomain`.*`base-url`.*acme\.zendesk\.com/
    )
  })

  it('a redirect: the host that it points to, and nothing more of it', () => {
    const location = 'https://user:secret@login.acme.example:8443/path/?code=secret#secret'
    const words = told(answer(302, { location }))
    expect(words).toMatch(/redirect.*points to login\.acme\.example:8443;.*`subdomain`/)
    expect(words).not.toMatch(/secret(?!`)|path/)
  })

  it.each([undefined, '', '/relative', 'nonsense', 'mailto:ann@acme.example', 'javascript:alert(1)'])(
    'a redirect to %j: no host',
    (location) => {
      expect(told(answer(302, { location }))).toMatch(/it points to [a-z][^;]+;/)
      expect(told(answer(302, { location }))).not.toMatch(/relative|nonsense|ann@|alert/)
    }
  )

  it('invalid_client: a zis_ client, a number, a wrong secret', () => {
    const refused = oauth(401, 'invalid_client')
    expect(told(refused, { clientId: 'zis_acme' })).toMatch(/`zis_` cannot use `client-secret`/)
    expect(told(refused, { clientId: '4711' })).toMatch(/number.*unique identifier|unique identifier.*number/)
    expect(told(refused)).toMatch(/`client-secret`.*`token-endpoint-auth-method`/)
    expect(told(refused)).toMatch(/`client-id`.*unique identifier/)
  })

  it('unauthorized_client: a public client', () => {
    expect(told(oauth(400, 'unauthorized_client'))).toMatch(/confidential/)
    const other = told(oauth(400, 'unauthorized_client'), { credential: 'refresh-token' })
    expect(other).toMatch(/allow this grant/)
    expect(other).not.toMatch(/client-secret/)
  })

  it('invalid_scope: the allowed scopes of the client', () => {
    expect(told(oauth(400, 'invalid_scope'))).toMatch(/`scopes`.*allowed scopes/)
  })

  it('invalid_grant: a used code, a rotated refresh token, and a first try that was carried out', () => {
    const refused = oauth(400, 'invalid_grant')
    const code = told(refused, { credential: 'authorization-code' })
    expect(code).toMatch(/once.*120 seconds.*`redirect-uri`/)
    const refresh = told(refused, { credential: 'refresh-token' })
    expect(refresh).toMatch(/has been used.*`refresh-token`/)
    expect(code + refresh).not.toMatch(/lost/)
    for (const credential of ['authorization-code', 'refresh-token'] as const) {
      expect(told(refused, { credential, afterLostReply: true })).toMatch(
        /first try was probably carried out/
      )
    }
  })

  it('410 at the deprecated mint: the endpoint is gone', () => {
    expect(told(answer(410), ADMIN)).toMatch(/no longer mints.*2026-08-26.*`client-secret`/)
  })

  it.each([429, 503])('%d: the wait that it asks for, where that does not fit', (status) => {
    const words = told(answer(status, { unfitting: 86_399.2 }))
    expect(words).toMatch(/\b86400 s\b.*does not fit/)
    expect(told(answer(status))).not.toMatch(/fit/)
  })

  it('429: fewer jobs or more time', () => {
    expect(told(answer(429))).toMatch(/fewer jobs.*`timeout-seconds`/)
  })

  it('500: an outage', () => {
    expect(told(answer(500))).toMatch(/status\.zendesk\.com/)
  })

  it('a token that was just given and is refused', () => {
    expect(told(answer(401), {}, 'newTokenRefused')).toMatch(/scope/)
  })

  it('a reply that is none', () => {
    expect(told(answer(200, { json: undefined }))).toMatch(/cannot be used.*answered 200/)
  })

  it('anything else', () => {
    expect(told(oauth(400, 'invalid_request'))).toMatch(/answered 400 \("invalid_request"\).*inputs/)
  })
})

describe('the errors of requests without a reply, each with its cause and its cure', () => {
  it.each<[Reason, string, ErrorKind, RegExp]>([
    ['dns', 'ENOTFOUND', 'dns', /DNS.*\(ENOTFOUND\).*`subdomain`.*acme\.zendesk\.com/],
    ['certificate', 'CERT_HAS_EXPIRED', 'certificate', /TLS.*\(CERT_HAS_EXPIRED\).*`NODE_EXTRA_CA_CERTS`/],
    ['tls', 'EPROTO', 'tls', /TLS.*\(EPROTO\).*`base-url`/],
    [
      'connection',
      'ECONNREFUSED',
      'connection',
      /reached.*\(ECONNREFUSED\).*acme\.zendesk\.com.*`https_proxy`/
    ],
    ['proxy', 'ECONNREFUSED', 'proxy', /proxy.*\(ECONNREFUSED\).*`https_proxy`/],
    ['proxy refused', '407', 'proxyRefused', /proxy refused.*\(407\).*user name and a password/],
    ['proxy refused', '403', 'proxyRefused', /proxy refused.*\(403\).*allow acme\.zendesk\.com.*`no_proxy`/],
    ['proxy unreadable', 'HTTPS_PROXY', 'proxyUnreadable', /proxy.*`HTTPS_PROXY` as http:\/\/host:port/],
    ['broken off', 'ECONNRESET', 'brokenOff', /broke.*\(ECONNRESET\).*run the job again/],
    ['too large', '', 'tooLarge', /1 MiB.*`base-url`/],
    ['timeout', '', 'timeout', /in time.*`timeout-seconds`/],
    ['cancelled', '', 'cancelled', /cancelled/]
  ])('%s %s', (reason, code, kind, words) => {
    const error = explain(new Unanswered(reason, false, code), MINT)
    expect(error).toMatchObject({ kind })
    expect((error as Error).message).toMatch(words)
    expect((error as Error).message).not.toContain('()')
  })

  it('the time that is over, with how much there was', () => {
    const error = explain(new BudgetSpent(300), MINT)
    expect(error).toMatchObject({ kind: 'budget' })
    expect((error as Error).message).toMatch(/time.*\b300 s\b.*`timeout-seconds`/)
  })

  it('the job that was cancelled', () => {
    expect(explain(new Cancelled(), MINT)).toMatchObject({ kind: 'cancelled' })
  })
})

describe('ERRORS', () => {
  const all = Object.entries(ERRORS)

  it.each(all)(
    '%s begins and ends as a sentence does, even of what is not known',
    (_kind, { says, cure }) => {
      const words = cure({ ...MINT, host: 'acme.zendesk.com' })
      expect(says).toMatch(/^[A-Z].*[a-z)B]$/)
      expect(words).toMatch(/^[^A-Z].*[^.]$/)
      expect(words).not.toMatch(/undefined|\bNaN\b/)
    }
  )

  it('begin differently, so that each can be found by its words', () => {
    expect(new Set(all.map(([, { says }]) => says)).size).toBe(all.length)
  })
})
