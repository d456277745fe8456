import { describe, expect, it } from '@jest/globals'
import { authorizationResponse, percentDecoded } from '../../../src/inputs/authorization-response.ts'

describe('authorizationResponse', () => {
  it.each([
    ['the code', 'abc123'],
    ['an address', 'https://app.example/back?code=abc123&state=xyz'],
    ['an address in which the code comes last', 'http://localhost:8080/?state=x%20y&code=abc123'],
    ['an address with a fragment', 'https://app.example/back?code=abc123#_=_'],
    ['an address with a fragment in front', 'https://app.example/#/back?code=abc123'],
    ['an address with a parameter in its path', 'https://app.example/back;x=1&y=2?code=abc123'],
    ['the address of an app', 'com.example.app:/back?code=abc123'],
    ['an address without its scheme', 'localhost/back?code=abc123&state='],
    ['a query', 'code=abc123&state=xyz'],
    ['a query with its question mark', '?state=xyz&code=abc123'],
    ['a query with a question mark in a value', 'state=https://x.example/?code=no&code=abc123'],
    ['the end of an address', 'abc123&state=xyz'],
    ['the end of an address with a question mark', 'abc123&state=a?b'],
    ['an empty error', 'https://app.example/back?error=&code=abc123']
  ])('takes the code out of %s', (_what, value) => {
    expect(authorizationResponse(value)).toEqual({ code: 'abc123', rawCode: 'abc123', error: '' })
  })

  it.each<[string, code: string, rawCode: string, error?: string]>([
    // The code itself, whatever is in it.
    ...['abc?def', 'abc=', 'abc==', 'a+b/c=', 'abc#def', 'a&b', 'abc%2Fd', 'x=1?code', 'postcode=1'].map(
      (value): [string, string, string] => [value, value, value]
    ),
    // Only in a query is anything percent-encoded.
    ['?code=a%2Fb+c%3D&state=x', 'a/b+c=', 'a%2Fb+c%3D'],
    ['a%2fb&state=x', 'a/b', 'a%2fb'],
    ['abc==&state=x', 'abc==', 'abc=='],
    ['code=a?b&state=x', 'a?b', 'a?b'],
    ['code=a%zz%C3%BC', 'a%zzÃ¼', 'a%zz%C3%BC'],
    ['https://app.example/back?error=access_denied&error_description=No', '', '', 'access_denied'],
    ['error=invalid%5Fscope&state=x', '', '', 'invalid_scope'],
    ['?state=x&error=server_error&code=abc123', '', '', 'server_error'],
    ['https://app.example/?state=x', '', ''],
    ['?code=&state=x', '', ''],
    ['', '', '']
  ])('reads %j as the code %j, raw %j', (value, code, rawCode, error = '') => {
    expect(authorizationResponse(value)).toEqual({ code, rawCode, error })
  })

  it('takes linear time', () => {
    for (const text of ['?', '&', '=', 'a&', '&code=', 'a='])
      expect(authorizationResponse(text.repeat(200_000)).error).toBe('')
  })
})

it('percentDecoded decodes once, and leaves everything else alone', () => {
  expect(['a%2Fb%3d', 'a+b%', '%252F'].map(percentDecoded)).toEqual(['a/b=', 'a+b%', '%2F'])
})
