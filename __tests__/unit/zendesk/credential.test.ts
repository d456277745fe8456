import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  adminAuthorization,
  apiTokenBasic,
  bearer,
  clientBasic,
  CREDENTIAL_KINDS,
  givesRefreshToken,
  isAdmin,
  type Credential
} from '../../../src/zendesk/credential.ts'

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

describe('the Authorization header', () => {
  it('is Bearer for an access token', () => {
    expect(bearer(new Secret('abc.def')).reveal()).toBe('Bearer abc.def')
    expect(adminAuthorization({ kind: 'access_token', accessToken: new Secret('abc') }).reveal()).toBe(
      'Bearer abc'
    )
  })

  it('is Basic for an e-mail with `/token` and an API token', () => {
    const header = adminAuthorization({
      kind: 'api_token',
      email: 'ann@acme.example',
      apiToken: new Secret('k:e/y')
    }).reveal()
    expect(header).toMatch(/^Basic [A-Za-z0-9+/]+=*$/)
    expect(decoded(header.slice(6))).toBe('ann@acme.example/token:k:e/y')
    expect(header.slice(6)).toBe(apiTokenBasic('ann@acme.example', 'k:e/y'))
  })

  it('encodes letters beyond ASCII as UTF-8', () => {
    expect(decoded(apiTokenBasic('änn@acme.example', 'tökén'))).toBe('änn@acme.example/token:tökén')
  })

  it('form-encodes the id and the secret of a client', () => {
    expect(decoded(clientBasic('ci bot:1', 'a:b+c/d=é%'))).toBe('ci+bot%3A1:a%3Ab%2Bc%2Fd%3D%C3%A9%25')
  })

  it('leaves a plain id and secret of a client as they are', () => {
    expect(decoded(clientBasic('ci_bot', 'abc-123_X.y*'))).toBe('ci_bot:abc-123_X.y*')
  })

  it('is a secret that does not print itself', () => {
    expect(String(bearer(new Secret('abcdefgh')))).toBe('***')
  })
})

describe('isAdmin', () => {
  it.each([
    ['api_token', true],
    ['access_token', true],
    ['client_credentials', false],
    ['authorization_code', false],
    ['refresh_token', false]
  ])('of %s is %s', (kind, expected) => {
    expect(isAdmin({ kind } as Credential)).toBe(expected)
  })
})

describe('givesRefreshToken', () => {
  it('is true only for the two one-time grants', () => {
    const kinds = CREDENTIAL_KINDS.filter((kind) => givesRefreshToken({ kind } as Credential))
    expect(kinds).toEqual(['authorization_code', 'refresh_token'])
  })
})
