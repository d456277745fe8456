import { describe, expect, it } from '@jest/globals'
import { StepEnded } from '../../../../src/lib/deadline.ts'
import { NetworkError, type NetworkErrorKind } from '../../../../src/zendesk/http/network-error.ts'
import { type Operation, type ZendeskRequest } from '../../../../src/zendesk/http/request.ts'
import {
  isFinal,
  isStop,
  unexpectedResponse,
  ZendeskError
} from '../../../../src/zendesk/http/zendesk-error.ts'
import { missing, MISSING_ACCOUNT, PAGE, response } from '../../../support/responses.ts'

const request = (operation: Operation, method: 'GET' | 'POST' | 'DELETE', path: string): ZendeskRequest => ({
  operation,
  method,
  path
})

const SENT = {
  grant: request('grantToken', 'POST', '/oauth/tokens'),
  'deprecated mint': request('createToken', 'POST', '/api/v2/oauth/tokens'),
  check: request('checkToken', 'GET', '/api/v2/oauth/tokens/current'),
  verification: request('verifyToken', 'GET', '/api/v2/oauth/tokens/current'),
  DELETE: request('deleteToken', 'DELETE', '/api/v2/oauth/tokens/5'),
  'look-up': request('listClients', 'GET', '/api/v2/oauth/clients'),
  list: request('listTokens', 'GET', '/api/v2/oauth/tokens')
}

describe('unexpectedResponse: the kind', () => {
  it.each<[string, keyof typeof SENT, number, unknown]>([
    ['invalid_client', 'grant', 401, { error: 'invalid_client' }],
    ['unauthorized_client', 'grant', 400, { error: 'unauthorized_client' }],
    ['invalid_scope', 'grant', 400, { error: 'invalid_scope' }],
    ['invalid_grant', 'grant', 400, { error: 'invalid_grant' }],
    ['unexpected', 'grant', 400, { error: 'invalid_request' }],
    ['redirect', 'grant', 302, undefined],
    ['redirect', 'verification', 301, PAGE],
    ['credentialsRejected', 'verification', 401, { error: 'invalid_token' }],
    ['gateway', 'verification', 401, undefined],
    ['gateway', 'grant', 401, ['no']],
    ['forbidden', 'verification', 403, { error: 'Forbidden' }],
    ['missingScope', 'verification', 403, missing('read')],
    ['gateway', 'verification', 403, undefined],
    ['outage', 'DELETE', 503, PAGE],
    ['endpointGone', 'deprecated mint', 410, undefined],
    ['endpointGone', 'deprecated mint', 404, {}],
    ['subdomainUnknown', 'deprecated mint', 404, MISSING_ACCOUNT],
    ['subdomainUnknown', 'deprecated mint', 404, undefined],
    ['unexpected', 'list', 410, {}],
    ['subdomainUnknown', 'grant', 404, {}],
    ['subdomainUnknown', 'grant', 404, undefined],
    ['subdomainUnknown', 'grant', 200, PAGE],
    ['subdomainUnknown', 'look-up', 404, PAGE],
    ['unexpected', 'look-up', 404, { error: 'RecordNotFound' }],
    ['unexpected', 'DELETE', 404, {}],
    ['subdomainUnknown', 'DELETE', 404, MISSING_ACCOUNT],
    ['unusableResponse', 'grant', 200, {}],
    ['unusableResponse', 'verification', 204, undefined],
    ['clientUnknown', 'deprecated mint', 422, { error: 'RecordInvalid' }],
    ['clientUnknown', 'deprecated mint', 422, undefined],
    ['unexpected', 'deprecated mint', 422, { error: 'Bad scopes' }],
    ['unexpected', 'deprecated mint', 400, { error: 'Bad' }],
    ['unexpected', 'grant', 422, { error: 'RecordInvalid' }]
  ])('is %s if the response to a %s is %d %j', (kind, sent, status, body) => {
    const received = response(status, body)
    const expected = { kind, request: SENT[sent], response: received }
    expect(unexpectedResponse(SENT[sent], received)).toMatchObject(expected)
  })

  it('for any other 4xx with a page is gateway: something in front of Zendesk answered', () => {
    for (const status of [400, 401, 403, 405, 410, 422, 429, 499])
      for (const sent of [SENT.grant, SENT['look-up'], SENT.DELETE])
        expect(unexpectedResponse(sent, response(status, PAGE)).kind).toBe('gateway')
  })

  it.each([
    [200, PAGE],
    [404, PAGE],
    [404, undefined],
    [401, { error: {} }],
    [401, { errors: ['no'] }]
  ])('for %d with %j is gateway if the account has responded before', (status, body) => {
    for (const sent of [SENT.check, SENT.verification, SENT.DELETE])
      expect(unexpectedResponse(sent, response(status, body)).kind).toBe('gateway')
  })

  it('for a redirect to the page about closed accounts is subdomainUnknown', () => {
    const closed = response(301, undefined, { location: 'https://www.zendesk.com/app/help-center-closed/' })
    expect(unexpectedResponse(SENT.grant, closed).kind).toBe('subdomainUnknown')
  })
})

describe('ZendeskError', () => {
  const page = request('listClients', 'GET', '/x?page[after]=a?b\nc')
  const forbidden = unexpectedResponse(page, response(403, { error: 'No' }))
  const limited = (excessiveWait: number): ZendeskError =>
    new ZendeskError('rateLimit', page, { response: response(429), excessiveWait })
  const caused = (kind: NetworkErrorKind, code: string, address?: string): ZendeskError => {
    const proxy = address === undefined ? undefined : { variable: 'https_proxy', address, hasUser: false }
    return new ZendeskError(kind, page, { cause: new NetworkError(kind, false, code, { proxy }) })
  }
  const refused = caused('proxyRefused', '403', 'proxy:3128')
  const LIMIT = 'Zendesk limits the rate of requests (GET /x: 429)'

  it.each([
    ['Zendesk does not allow this (GET /x: 403 ("No"))', forbidden],
    [`${LIMIT}; it asks to wait 300 s, more than this step has left`, limited(299.2)],
    [`${LIMIT}; it asks to wait more than this step has left`, limited(Infinity)],
    ['The server could not be reached (GET /x: ECONNREFUSED)', caused('connection', 'ECONNREFUSED')],
    ['The proxy refused the connection (GET /x: CONNECT 403; `https_proxy`: proxy:3128)', refused],
    ['The proxy URL cannot be read (GET /x; `https_proxy`)', caused('proxyUnreadable', '', '')],
    ['The job was cancelled (GET /x)', new ZendeskError('cancelled', page)]
  ])('has the summary "%s"', (summary, error) => {
    expect(error.summary()).toBe(summary)
  })

  it('names the host in its request if that is wanted', () => {
    expect(forbidden.describeRequest('acme.example')).toBe('GET /x at acme.example: 403 ("No")')
  })

  it.each([
    ['that the job was cancelled', true, true, new ZendeskError('cancelled', page)],
    ['that the time of the step is over', true, true, new ZendeskError('deadline', page)],
    ['a wait that does not fit', false, true, limited(300)],
    ['a timeout', false, false, new ZendeskError('timeout', page)],
    ['a fault of ours', false, false, new StepEnded('cancelled', 300)],
    ['nothing', false, false, undefined]
  ])('about %s stops everything: %s, and makes other requests useless: %s', (_what, stops, final, error) => {
    expect([isStop(error), isFinal(error)]).toEqual([stops, final])
  })
})
