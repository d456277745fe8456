import { describe, expect, it } from '@jest/globals'
import { StepEnded } from '../../../../src/lib/deadline.ts'
import { type ZendeskResponse } from '../../../../src/zendesk/http/connection.ts'
import { NetworkError } from '../../../../src/zendesk/http/network-error.ts'
import { type Operation, type ZendeskRequest } from '../../../../src/zendesk/http/request.ts'
import {
  isAccepted,
  isFinal,
  isJson,
  isRejection,
  isStop,
  missingScopes,
  unexpectedResponse,
  zendeskWords,
  ZendeskError,
  type ErrorKind
} from '../../../../src/zendesk/http/zendesk-error.ts'

const PAGE = '<html>no</html>'
const NOT_OBJECTS = [undefined, null, true, 17, 'a text', ['a']]

const grant = request('grantToken', 'POST', '/oauth/tokens')
const deprecatedMint = request('createToken', 'POST', '/api/v2/oauth/tokens')
const get = request('verifyToken', 'GET', '/api/v2/oauth/tokens/current')
const del = request('deleteToken', 'DELETE', '/api/v2/oauth/tokens/5')

function request(operation: Operation, method: ZendeskRequest['method'], path: string): ZendeskRequest {
  return { operation, method, path }
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

describe('the kind of the error', () => {
  it.each<[string, ErrorKind, ZendeskRequest, number, unknown]>([
    ['invalid_client', 'invalid_client', grant, 401, { error: 'invalid_client' }],
    ['unauthorized_client', 'unauthorized_client', grant, 400, { error: 'unauthorized_client' }],
    ['invalid_scope', 'invalid_scope', grant, 400, { error: 'invalid_scope' }],
    ['invalid_grant', 'invalid_grant', grant, 400, { error: 'invalid_grant' }],
    ['another OAuth error', 'unexpected', grant, 400, { error: 'invalid_request' }],
    ['a redirect', 'redirect', grant, 302, undefined],
    ['a redirect with a page', 'redirect', get, 301, PAGE],
    ['a page with 401', 'gateway', get, 401, PAGE],
    ['a page with 403', 'gateway', grant, 403, PAGE],
    ['a page with 429', 'gateway', grant, 429, PAGE],
    ['a page with 404 to a DELETE', 'gateway', del, 404, PAGE],
    ['a page with 200 to a DELETE', 'gateway', del, 200, PAGE],
    ['a 401', 'credentialsRejected', get, 401, { error: 'invalid_token' }],
    ['a 403', 'forbidden', get, 403, { error: 'Forbidden' }],
    ['a 403 that names a scope', 'missingScope', get, 403, missing('read')],
    ['an empty 403', 'forbidden', get, 403, undefined],
    ['a 429', 'rateLimit', get, 429, {}],
    ['a 408', 'outage', get, 408, undefined],
    ['a 500', 'outage', get, 500, {}],
    ['a page with 503', 'outage', grant, 503, PAGE],
    ['a 410 to the deprecated mint', 'endpointGone', deprecatedMint, 410, undefined],
    ['a JSON 404 to the deprecated mint', 'endpointGone', deprecatedMint, 404, {}],
    ['an empty 404 to the deprecated mint', 'subdomainUnknown', deprecatedMint, 404, undefined],
    ['a page with 404 to the deprecated mint', 'subdomainUnknown', deprecatedMint, 404, PAGE],
    ['a 410 to another request', 'unexpected', grant, 410, {}],
    ['a JSON 404', 'subdomainUnknown', grant, 404, {}],
    ['a page with 200', 'subdomainUnknown', grant, 200, PAGE],
    ['a page with 400', 'subdomainUnknown', grant, 400, PAGE],
    ['a JSON 404 to a DELETE', 'unexpected', del, 404, {}],
    ['a 200 without what was asked for', 'unusableResponse', grant, 200, {}],
    ['an empty 204', 'unusableResponse', get, 204, undefined],
    ['a 422 to the deprecated mint', 'clientUnknown', deprecatedMint, 422, { error: 'RecordInvalid' }],
    ['a 422 without words to the deprecated mint', 'clientUnknown', deprecatedMint, 422, undefined],
    ['a 422 about scopes to the deprecated mint', 'unexpected', deprecatedMint, 422, { error: 'Bad scopes' }],
    ['a 400 to the deprecated mint', 'unexpected', deprecatedMint, 400, { error: 'Bad' }],
    ['a 410 to the list of tokens', 'unexpected', request('listTokens', 'GET', deprecatedMint.path), 410, {}],
    ['a 422 to another request', 'unexpected', grant, 422, { error: 'RecordInvalid' }]
  ])('for %s is %s', (_what, kind, sent, status, body) => {
    const received = response(status, body)
    expect(unexpectedResponse(sent, received)).toMatchObject({ kind, request: sent, response: received })
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

describe("Zendesk's own response", () => {
  it.each<[number, unknown, boolean]>([
    [401, { error: 'invalid_token' }, true],
    [401, {}, false],
    [401, { error: 1 }, false],
    [401, { error: { title: 'no' } }, false],
    [403, { error: 'invalid_token' }, false]
  ])('%d with %j rejects the credential: %s', (status, body, expected) => {
    expect(isRejection(response(status, body))).toBe(expected)
  })

  it('has an object as its body if it is a 403 or a 404', () => {
    expect([isJson(response(403, {}), 403), isJson(response(404, { a: 1 }), 404)]).toEqual([true, true])
    expect(isJson(response(403, {}), 404)).toBe(false)
  })

  it.each([...NOT_OBJECTS, PAGE])('is none with %j', (body) => {
    expect([isRejection(response(401, body)), isJson(response(404, body), 404)]).toEqual([false, false])
  })
})

describe('missingScopes', () => {
  it.each<[string | undefined, string, number, unknown]>([
    ['users:read', 'one scope', 403, missing('users:read')],
    ['users:read, read', 'two scopes', 403, missing('users:read, read')],
    ['users:read, read', 'a full stop after them', 403, missing('users:read, read.')],
    ['hc:write', 'words after them', 403, missing('hc:write (see the docs)')],
    ['read', 'other capitals', 403, { error: 'Missing the Following required scope: read' }],
    [undefined, 'a 401', 401, missing('read')],
    [undefined, 'other words', 403, { error: 'Forbidden' }],
    [undefined, 'no words', 403, {}],
    [undefined, 'a page', 403, PAGE]
  ])('finds %s in a response with %s', (scopes, _what, status, body) => {
    expect(missingScopes(response(status, body))).toBe(scopes)
  })
})

describe('an error', () => {
  const page = request('listClients', 'GET', '/x?page[after]=a?b\nc')
  const forbidden = unexpectedResponse(page, response(403, { error: 'No' }))
  const tooLong = unexpectedResponse(page, { ...response(429), excessiveWait: 299.2 })
  const refused = new NetworkError('connection', false, 'ECONNREFUSED')

  it.each<[string, ZendeskError]>([
    ['Zendesk does not allow this (GET /x: 403 ("No"))', forbidden],
    ['Zendesk is unavailable (GET /x: 500)', unexpectedResponse(page, response(500))],
    [
      'Zendesk limits the rate of requests (GET /x: 429); it asks to wait 300 s, more than this step has left',
      tooLong
    ],
    [
      'The server could not be reached (GET /x: ECONNREFUSED)',
      new ZendeskError('connection', page, undefined, refused)
    ],
    [
      'The job was cancelled (GET /x)',
      new ZendeskError('cancelled', page, undefined, new StepEnded('cancelled', 300))
    ]
  ])('has the summary "%s"', (summary, error) => {
    expect(error.summary()).toBe(summary)
  })

  it('names the host in its request if that is wanted', () => {
    expect(forbidden.describeRequest('acme.example')).toBe('GET /x at acme.example: 403 ("No")')
  })

  it.each<[string, boolean, boolean, unknown]>([
    ['that the job was cancelled', true, true, new ZendeskError('cancelled', get)],
    ['that the time of the step is over', true, true, new ZendeskError('deadline', get)],
    ['a wait that does not fit', false, true, tooLong],
    ['a timeout', false, false, new ZendeskError('timeout', get)],
    ['a 403', false, false, forbidden],
    ['a fault of ours', false, false, new StepEnded('cancelled', 300)],
    ['nothing', false, false, undefined]
  ])('about %s stops everything: %s, and makes other requests useless: %s', (_what, stops, final, error) => {
    expect([isStop(error), isFinal(error)]).toEqual([stops, final])
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
})
