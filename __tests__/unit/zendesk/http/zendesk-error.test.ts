import { describe, expect, it } from '@jest/globals'
import { StepEnded } from '../../../../src/lib/deadline.ts'
import { NetworkError, type NetworkErrorKind } from '../../../../src/zendesk/http/network-error.ts'
import { type Operation, type ZendeskRequest } from '../../../../src/zendesk/http/request.ts'
import {
  isFinal,
  isStop,
  unexpectedResponse,
  ZendeskError,
  type ErrorKind
} from '../../../../src/zendesk/http/zendesk-error.ts'
import { missing, MISSING_ACCOUNT, PAGE, response } from '../responses.ts'

const grant = request('grantToken', 'POST', '/oauth/tokens')
const deprecatedMint = request('createToken', 'POST', '/api/v2/oauth/tokens')
const get = request('verifyToken', 'GET', '/api/v2/oauth/tokens/current')
const del = request('deleteToken', 'DELETE', '/api/v2/oauth/tokens/5')

function request(operation: Operation, method: ZendeskRequest['method'], path: string): ZendeskRequest {
  return { operation, method, path }
}

describe('unexpectedResponse: the kind', () => {
  const [check, look] = [
    request('checkToken', 'GET', get.path),
    request('listClients', 'GET', '/api/v2/oauth/clients')
  ]

  it.each<[string, ErrorKind, ZendeskRequest, number, unknown]>([
    ['invalid_client', 'invalid_client', grant, 401, { error: 'invalid_client' }],
    ['unauthorized_client', 'unauthorized_client', grant, 400, { error: 'unauthorized_client' }],
    ['invalid_scope', 'invalid_scope', grant, 400, { error: 'invalid_scope' }],
    ['invalid_grant', 'invalid_grant', grant, 400, { error: 'invalid_grant' }],
    ['another OAuth error', 'unexpected', grant, 400, { error: 'invalid_request' }],
    ['a redirect', 'redirect', grant, 302, undefined],
    ['a redirect with a page', 'redirect', get, 301, PAGE],
    ['a redirect with a page to a DELETE', 'redirect', del, 301, PAGE],
    ['a 401', 'credentialsRejected', get, 401, { error: 'invalid_token' }],
    ['an empty 401', 'gateway', get, 401, undefined],
    ['a 401 that is no object', 'gateway', grant, 401, ['no']],
    ['a 403', 'forbidden', get, 403, { error: 'Forbidden' }],
    ['a 403 that names a scope', 'missingScope', get, 403, missing('read')],
    ['an empty 403', 'gateway', get, 403, undefined],
    ['a 429', 'rateLimit', get, 429, {}],
    ['a 408', 'outage', get, 408, undefined],
    ['a 500', 'outage', get, 500, {}],
    ['a 522', 'outage', get, 522, undefined],
    ['a page with 503', 'outage', grant, 503, PAGE],
    ['a page with 503 to a DELETE', 'outage', del, 503, PAGE],
    ['a 410 to the deprecated mint', 'endpointGone', deprecatedMint, 410, undefined],
    ['a JSON 404 to the deprecated mint', 'endpointGone', deprecatedMint, 404, {}],
    ['a 404 of a missing account to it', 'subdomainUnknown', deprecatedMint, 404, MISSING_ACCOUNT],
    ['an empty 404 to the deprecated mint', 'subdomainUnknown', deprecatedMint, 404, undefined],
    ['a page with 404 to the deprecated mint', 'subdomainUnknown', deprecatedMint, 404, PAGE],
    ['a 410 to another request', 'unexpected', grant, 410, {}],
    ['a JSON 404 to a grant', 'subdomainUnknown', grant, 404, {}],
    ['an empty 404 to a grant', 'subdomainUnknown', grant, 404, undefined],
    ['a page with 200', 'subdomainUnknown', grant, 200, PAGE],
    ['a page with 404', 'subdomainUnknown', look, 404, PAGE],
    ['a JSON 404 to a look-up', 'unexpected', look, 404, { error: 'RecordNotFound' }],
    ['a JSON 404 to a verification', 'unexpected', get, 404, { error: 'RecordNotFound' }],
    ['a JSON 404 to a DELETE', 'unexpected', del, 404, {}],
    ...[get, del, look].map((sent): [string, ErrorKind, ZendeskRequest, number, unknown] => [
      `a 404 of a missing account to ${sent.operation}`,
      'subdomainUnknown',
      sent,
      404,
      MISSING_ACCOUNT
    ]),
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

  it.each([400, 401, 403, 405, 408, 409, 410, 413, 422, 429, 451, 499])(
    'for a page with %d is gateway: something in front of Zendesk answered',
    (status) => {
      for (const sent of [grant, look, del])
        expect(unexpectedResponse(sent, response(status, PAGE))).toMatchObject({ kind: 'gateway' })
    }
  )

  it.each([
    [200, PAGE],
    [404, PAGE],
    [404, undefined],
    [401, { error: {} }],
    [401, { errors: ['no'] }]
  ])('for %d with %j is gateway if the account has responded before', (status, body) => {
    for (const sent of [check, get, del])
      expect(unexpectedResponse(sent, response(status, body))).toMatchObject({ kind: 'gateway' })
  })

  it('for a redirect to the page about closed accounts is subdomainUnknown', () => {
    const location = 'https://www.zendesk.com/app/help-center-closed/'
    const error = unexpectedResponse(grant, response(301, undefined, { location }))
    expect(error.kind).toBe('subdomainUnknown')
  })
})

describe('ZendeskError', () => {
  const page = request('listClients', 'GET', '/x?page[after]=a?b\nc')
  const forbidden = unexpectedResponse(page, response(403, { error: 'No' }))
  const [limited, refused] = [response(429), new NetworkError('connection', false, 'ECONNREFUSED')]
  const tooLong = new ZendeskError('rateLimit', page, { response: limited, excessiveWait: 299.2 })

  const behind = (kind: NetworkErrorKind, code: string, address: string): ZendeskError =>
    new ZendeskError(kind, page, {
      cause: new NetworkError(kind, false, code, {
        proxy: { variable: 'https_proxy', address, hasUser: false }
      })
    })

  it.each<[string, ZendeskError]>([
    ['Zendesk does not allow this (GET /x: 403 ("No"))', forbidden],
    ['Zendesk is unavailable (GET /x: 500)', unexpectedResponse(page, response(500))],
    [
      'Zendesk limits the rate of requests (GET /x: 429); it asks to wait 300 s, more than this step has left',
      tooLong
    ],
    [
      'Zendesk limits the rate of requests (GET /x: 429); it asks to wait more than this step has left',
      new ZendeskError('rateLimit', page, { response: limited, excessiveWait: Infinity })
    ],
    [
      'The server could not be reached (GET /x: ECONNREFUSED)',
      new ZendeskError('connection', page, { cause: refused })
    ],
    [
      'The proxy refused the connection (GET /x: CONNECT 403; `https_proxy`: proxy.example:3128)',
      behind('proxyRefused', '403', 'proxy.example:3128')
    ],
    ['The proxy URL cannot be read (GET /x; `https_proxy`)', behind('proxyUnreadable', '', '')],
    [
      'The job was cancelled (GET /x)',
      new ZendeskError('cancelled', page, { cause: new StepEnded('cancelled', 300) })
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
