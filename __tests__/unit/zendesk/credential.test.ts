import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  adminAuthorization,
  apiTokenBasic,
  bearer,
  clientBasic,
  isAdmin,
  type Credential
} from '../../../src/zendesk/credential.ts'

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

describe('the header of a credential', () => {
  it('is Bearer for an access token', () => {
    expect(bearer(new Secret('abc.def')).reveal()).toBe('Bearer abc.def')
    expect(adminAuthorization({ kind: 'access-token', accessToken: new Secret('abc') }).reveal()).toBe(
      'Bearer abc'
    )
  })

  it('is Basic for an e-mail and an API token, as Zendesk wants them', () => {
    const header = adminAuthorization({
      kind: 'api-token',
      email: 'ann@acme.example',
      apiToken: new Secret('k:e/y')
    }).reveal()
    expect(header).toMatch(/^Basic [A-Za-z0-9+/]+=*$/)
    expect(decoded(header.slice(6))).toBe('ann@acme.example/token:k:e/y')
    expect(header.slice(6)).toBe(apiTokenBasic('ann@acme.example', 'k:e/y'))
  })

  it('holds letters beyond ASCII as UTF-8', () => {
    expect(decoded(apiTokenBasic('änn@acme.example', 'tökén'))).toBe('änn@acme.example/token:tökén')
  })

  it('form-encodes both halves of a client', () => {
    expect(decoded(clientBasic('ci bot:1', 'a:b+c/d=é%'))).toBe('ci+bot%3A1:a%3Ab%2Bc%2Fd%3D%C3%A9%25')
  })

  it('leaves plain halves of a client as they are', () => {
    expect(decoded(clientBasic('ci_bot', 'abc-123_X.y*'))).toBe('ci_bot:abc-123_X.y*')
  })

  it('does not show itself', () => {
    expect(String(bearer(new Secret('abcdefgh')))).toBe('***')
  })
})

describe('isAdmin', () => {
  it.each([
    ['api-token', true],
    ['access-token', true],
    ['client-secret', false],
    ['authorization-code', false],
    ['refresh-token', false]
  ])('is, for %s, %s', (kind, expected) => {
    expect(isAdmin({ kind } as Credential)).toBe(expected)
  })
})
