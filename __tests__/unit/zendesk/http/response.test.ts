import { describe, expect, it } from '@jest/globals'
import {
  isAccepted,
  isMissingAccount,
  isFromAccount,
  isRedirect,
  isRejection,
  missingScopes,
  zendeskWords
} from '../../../../src/zendesk/http/response.ts'
import { missing, MISSING_ACCOUNT, PAGE, response } from '../../../support/responses.ts'

const NOT_OBJECTS = [undefined, null, true, 17, 'a text', ['a']]

it.each<[number, unknown, boolean]>([
  [199, {}, false],
  [200, {}, true],
  [204, undefined, true],
  [299, {}, true],
  [200, PAGE, false],
  [300, {}, false]
])('isAccepted of %d with %j is %s', (status, body, expected) => {
  expect(isAccepted(response(status, body))).toBe(expected)
})

describe('isRejection and isFromAccount', () => {
  it.each<[number, unknown, boolean]>([
    [401, { error: 'invalid_token' }, true],
    [401, {}, false],
    [401, { error: 1 }, false],
    [401, { error: { title: 'no' } }, false],
    [403, { error: 'invalid_token' }, false]
  ])('find that %d with %j rejects the credential: %s', (status, body, expected) => {
    expect(isRejection(response(status, body))).toBe(expected)
  })

  it("take a 403 or 404 with an object for Zendesk's own, unless it says that there is no account", () => {
    expect([403, 404].map((status) => isFromAccount(response(status, {}), 403))).toEqual([true, false])
    const found = [{ a: 1 }, MISSING_ACCOUNT].map((body) => isFromAccount(response(404, body), 404))
    expect(found).toEqual([true, false])
  })

  it.each([...NOT_OBJECTS, PAGE])("take nothing for Zendesk's own with %j", (body) => {
    expect(isRejection(response(401, body))).toBe(false)
    expect(isFromAccount(response(404, body), 404)).toBe(false)
  })
})

const CLOSED = '//www.zendesk.com/app/help-center-closed/?utm_content=acme.zendesk.com'

it.each<[boolean, string, number, unknown, location?: string]>([
  [true, 'the words of Zendesk', 404, MISSING_ACCOUNT],
  [true, 'these words about any host', 404, { error: { title: 'No help desk at x.example' } }],
  [false, 'another 404', 404, { error: 'RecordNotFound' }],
  [false, 'other words', 404, { error: { title: 'There is No help desk at acme' } }],
  [false, 'a title that is no text', 404, { error: { title: ['No help desk at'] } }],
  [false, 'another status', 403, MISSING_ACCOUNT],
  [false, 'a redirect to nowhere', 301, undefined],
  [true, 'a redirect to a closed account', 301, PAGE, `https:${CLOSED}`],
  [true, 'another, without TLS', 302, PAGE, `http:${CLOSED}`],
  [true, 'another, without a scheme', 301, PAGE, CLOSED],
  [true, 'another, with a port', 301, PAGE, `https:${CLOSED.replace('.com', '.com:443')}`],
  [false, 'a 404 to there', 404, PAGE, `https:${CLOSED}`],
  [false, 'a redirect with it in its query', 301, PAGE, 'https://www.zendesk.com/app/?to=help-center-closed'],
  [false, 'a redirect to another site', 301, PAGE, 'https://zendesk.example/help-center-closed']
])('isMissingAccount is %s for %s', (expected, _what, status, body, ...[location]) => {
  expect(isMissingAccount(response(status, body, { location }))).toBe(expected)
})

it('isRedirect is true for 3xx', () => {
  expect([299, 300, 308, 399, 400].map(isRedirect)).toEqual([false, true, true, true, false])
})

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
])('missingScopes finds %s in a response with %s', (scopes, _what, status, body) => {
  expect(missingScopes(response(status, body))).toBe(scopes)
})

describe('zendeskWords', () => {
  it.each([
    [{ error: "Couldn't authenticate you" }, "Couldn't authenticate you"],
    [{ error: 'invalid_grant', error_description: 'It was used.' }, 'invalid_grant: It was used.'],
    [{ error: 'RecordNotFound', description: 'Not found' }, 'RecordNotFound: Not found'],
    [{ error: { title: 'Forbidden', message: 'You may not' } }, 'Forbidden: You may not'],
    [{ errors: [{ code: 'C1', title: 'Bad', detail: 'Too bad' }, { title: 'Second' }] }, 'Bad: Too bad'],
    [{ errors: [{ code: 'C1', detail: 'Too bad' }] }, 'C1: Too bad'],
    [{ error: 'E', description: 'D', details: { client: [{ description: 'unknown' }] } }, 'E: D: unknown'],
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
    { errors: ['text'] },
    { error: '', description: '' },
    { details: { field: 'text' } },
    { error: '<br>' }
  ])('finds none in %j', (json) => {
    expect(zendeskWords(json)).toBeUndefined()
  })
})
