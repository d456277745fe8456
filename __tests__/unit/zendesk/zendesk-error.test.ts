import { describe, expect, it } from '@jest/globals'
import { Cancelled, DeadlineExceeded } from '../../../src/lib/deadline.ts'
import { remember } from '../../../src/lib/redact.ts'
import { type ZendeskRequest, type ZendeskResponse } from '../../../src/zendesk/connection.ts'
import { NetworkError } from '../../../src/zendesk/network-error.ts'
import {
  isAccepted,
  isDeprecatedMint,
  isJson,
  isRejection,
  missingScopes,
  oauthError,
  pathOf,
  stopReason,
  unexpectedResponse,
  zendeskWords,
  ZendeskError
} from '../../../src/zendesk/zendesk-error.ts'

const PAGE = '<html>no</html>'
const NOT_OBJECTS = [undefined, null, true, 17, 'a text', ['a']]

const grant = request('POST', '/oauth/tokens')
const deprecatedMint = request('POST', '/api/v2/oauth/tokens')
const get = request('GET', '/api/v2/oauth/tokens/current')
const del = request('DELETE', '/api/v2/oauth/tokens/5')

function request(method: ZendeskRequest['method'], path: string): ZendeskRequest {
  return { purpose: 'do it', method, path }
}

/** A response with this JSON body, or with a web page. */
function response(status: number, body?: unknown): ZendeskResponse {
  const html = body === PAGE
  const headers = { retryAfter: undefined, location: undefined, date: undefined, requestId: undefined }
  return { status, json: html ? undefined : body, html, ...headers }
}

const missing = (scopes: string): unknown => ({
  error: 'Forbidden',
  description: `You are missing the following required scopes: ${scopes}`
})

describe('the kind of a response', () => {
  it.each<[string, ZendeskRequest, number, unknown, string]>([
    ['invalid_client', grant, 401, { error: 'invalid_client' }, 'invalidClient'],
    ['unauthorized_client', grant, 400, { error: 'unauthorized_client' }, 'unauthorizedClient'],
    ['invalid_scope', grant, 400, { error: 'invalid_scope' }, 'invalidScope'],
    ['invalid_grant', grant, 400, { error: 'invalid_grant' }, 'invalidGrant'],
    ['another OAuth error', grant, 400, { error: 'invalid_request' }, 'unexpected'],
    ['a redirect', grant, 302, undefined, 'redirect'],
    ['a redirect with a page', get, 301, PAGE, 'redirect'],
    ['a page with 401', get, 401, PAGE, 'gateway'],
    ['a page with 403', grant, 403, PAGE, 'gateway'],
    ['a page with 429', grant, 429, PAGE, 'gateway'],
    ['a page with 404 to a DELETE', del, 404, PAGE, 'gateway'],
    ['a page with 200 to a DELETE', del, 200, PAGE, 'gateway'],
    ['a 401', get, 401, { error: 'invalid_token' }, 'credentialsRejected'],
    ['a 403', get, 403, { error: 'Forbidden' }, 'forbidden'],
    ['a 403 that names a scope', get, 403, missing('read'), 'missingScope'],
    ['an empty 403', get, 403, undefined, 'forbidden'],
    ['a 429', get, 429, {}, 'rateLimit'],
    ['a 408', get, 408, undefined, 'outage'],
    ['a 500', get, 500, {}, 'outage'],
    ['a page with 503', grant, 503, PAGE, 'outage'],
    ['a 410 to the deprecated mint', deprecatedMint, 410, undefined, 'endpointGone'],
    ['a JSON 404 to the deprecated mint', deprecatedMint, 404, {}, 'endpointGone'],
    ['an empty 404 to the deprecated mint', deprecatedMint, 404, undefined, 'subdomainUnknown'],
    ['a page with 404 to the deprecated mint', deprecatedMint, 404, PAGE, 'subdomainUnknown'],
    ['a 410 to another request', grant, 410, {}, 'unexpected'],
    ['a JSON 404', grant, 404, {}, 'subdomainUnknown'],
    ['a page with 200', grant, 200, PAGE, 'subdomainUnknown'],
    ['a page with 400', grant, 400, PAGE, 'subdomainUnknown'],
    ['a JSON 404 to a DELETE', del, 404, {}, 'unexpected'],
    ['a 200 without what was asked for', grant, 200, {}, 'unusableResponse'],
    ['an empty 204', get, 204, undefined, 'unusableResponse'],
    ['a 422 to the deprecated mint', deprecatedMint, 422, { error: 'RecordInvalid' }, 'clientUnknown'],
    ['a 422 without words to the deprecated mint', deprecatedMint, 422, undefined, 'clientUnknown'],
    ['a 422 about scopes to the deprecated mint', deprecatedMint, 422, { error: 'Bad scopes' }, 'unexpected'],
    ['a 400 to the deprecated mint', deprecatedMint, 400, { error: 'Bad' }, 'unexpected'],
    ['a 422 to another request', grant, 422, { error: 'RecordInvalid' }, 'unexpected']
  ])('for %s', (_what, sent, status, body, kind) => {
    const received = response(status, body)
    expect(unexpectedResponse(sent, received)).toMatchObject({ kind, request: sent, response: received })
  })

  it('is what the caller knows better', () => {
    const error = unexpectedResponse(get, response(401), 'newTokenRejected')
    expect(error).toBeInstanceOf(ZendeskError)
    expect([error.kind, error.message, error.notes]).toEqual([
      'newTokenRejected',
      'Could not do it: newTokenRejected',
      []
    ])
  })
})

describe('isAccepted', () => {
  it.each<[number, unknown, boolean]>([
    [199, {}, false],
    [200, {}, true],
    [204, undefined, true],
    [299, {}, true],
    [200, PAGE, false],
    [300, {}, false]
  ])('of %d with %j is %s', (status, body, expected) => {
    expect(isAccepted(response(status, body))).toBe(expected)
  })
})

describe('isRejection', () => {
  it("is true for Zendesk's own 401", () => {
    expect(isRejection(response(401, { error: 'invalid_token' }))).toBe(true)
  })

  it.each([...NOT_OBJECTS, PAGE, {}, { error: 1 }, { error: { title: 'no' } }])(
    'is false for a 401 with %j',
    (body) => {
      expect(isRejection(response(401, body))).toBe(false)
    }
  )

  it('is false for another status', () => {
    expect(isRejection(response(403, { error: 'invalid_token' }))).toBe(false)
  })
})

describe('isJson', () => {
  it('is true for an object with the wanted status', () => {
    expect([isJson(response(403, {}), 403), isJson(response(404, { a: 1 }), 404)]).toEqual([true, true])
  })

  it('is false for another status', () => {
    expect(isJson(response(403, {}), 404)).toBe(false)
  })

  it.each([...NOT_OBJECTS, PAGE])('is false for %j', (body) => {
    expect(isJson(response(404, body), 404)).toBe(false)
  })
})

describe('missingScopes', () => {
  it.each([
    ['users:read', 'users:read'],
    ['users:read, read', 'users:read, read'],
    ['users:read, read.', 'users:read, read'],
    ['hc:write (see the docs)', 'hc:write']
  ])('finds them in the words "%s"', (words, scopes) => {
    expect(missingScopes(response(403, missing(words)))).toBe(scopes)
  })

  it('finds a single scope, in any case', () => {
    const error = { title: 'Forbidden', message: 'Missing the Following required scope: read' }
    expect(missingScopes(response(403, { error }))).toBe('read')
  })

  it.each<[string, ZendeskResponse]>([
    ['a 401', response(401, missing('read'))],
    ['other words', response(403, { error: 'Forbidden' })],
    ['no words', response(403, {})],
    ['a page', response(403, PAGE)]
  ])('finds none in %s', (_what, received) => {
    expect(missingScopes(received)).toBeUndefined()
  })
})

describe('stopReason', () => {
  it.each([
    ['a cancellation', new Cancelled(), 'cancelled'],
    ['a deadline', new DeadlineExceeded(300), 'deadline'],
    ['a cancelled request', new ZendeskError('cancelled', get, undefined, new Cancelled()), 'cancelled'],
    ['a request past it', new ZendeskError('deadline', get), 'deadline'],
    ['a timeout', new ZendeskError('timeout', get, undefined, new NetworkError('timeout', true)), undefined],
    ['a fault of ours', new Error('deadline'), undefined],
    ['nothing', undefined, undefined]
  ])('of %s', (_what, error, reason) => {
    expect(stopReason(error)).toBe(reason)
  })
})

describe('pathOf', () => {
  it.each([
    ['/api/v2/oauth/tokens', '/api/v2/oauth/tokens'],
    ['/api/v2/oauth/tokens?page[after]=a?b\nc', '/api/v2/oauth/tokens']
  ])('of %j is %s', (path, expected) => {
    expect(pathOf(request('GET', path))).toBe(expected)
  })
})

describe('isDeprecatedMint', () => {
  it('is true only for a POST to the list of tokens', () => {
    const list = request('GET', deprecatedMint.path)
    expect([deprecatedMint, grant, list].map(isDeprecatedMint)).toEqual([true, false, false])
  })
})

describe('oauthError', () => {
  it('is the code of an OAuth error response', () => {
    expect(oauthError({ error: 'invalid_grant', error_description: 'x' })).toBe('invalid_grant')
  })

  it.each([...NOT_OBJECTS, {}, { error: {} }, { error: '' }])('is none in %j', (json) => {
    expect(oauthError(json)).toBeUndefined()
  })
})

describe('zendeskWords', () => {
  it.each([
    [{ error: "Couldn't authenticate you" }, "Couldn't authenticate you"],
    [{ error: 'invalid_grant', error_description: 'It was used.' }, 'invalid_grant: It was used.'],
    [{ error: 'RecordNotFound', description: 'Not found' }, 'RecordNotFound: Not found'],
    [{ error: { title: 'Forbidden', message: 'You may not' } }, 'Forbidden: You may not'],
    [{ error: { title: 'T' }, error_description: 'D' }, 'T: D'],
    [{ errors: [{ code: 'C1', title: 'Bad', detail: 'Too bad' }, { title: 'Second' }] }, 'Bad: Too bad'],
    [{ errors: [{ code: 'C1', detail: 'Too bad' }] }, 'C1: Too bad'],
    [
      {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { client: [{ description: 'Client: is unknown', error: 'InvalidValue' }] }
      },
      'RecordInvalid: Record validation errors: Client: is unknown'
    ],
    [{ message: 'Only a message' }, 'Only a message'],
    [{ description: 'Only a description' }, 'Only a description'],
    [{ error: 'Same', description: 'Same' }, 'Same']
  ])('finds them in %j', (json, words) => {
    expect(zendeskWords(json)).toBe(words)
  })

  it.each([
    ...NOT_OBJECTS,
    {},
    { error: 5, description: null, message: ['x'], errors: {}, details: [] },
    { errors: [] },
    { errors: ['text'] },
    { error: '', description: '' },
    { details: {} },
    { details: { field: 'text' } },
    { error: '<br>' }
  ])('finds none in %j', (json) => {
    expect(zendeskWords(json)).toBeUndefined()
  })

  it('cleans and cuts them, and hides a secret in them', () => {
    remember('the-client-secret')
    const json = {
      error: '<b>No</b>\n::error::the-client-secret ##[y]\u0000',
      description: 'z'.repeat(300)
    }
    const words = zendeskWords(json)
    expect(words).toHaveLength(200)
    expect(words).toMatch(/^No : :error: :\*\*\* ## \[y\]: z+…$/)
  })
})
