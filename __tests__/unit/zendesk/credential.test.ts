import { expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'
import {
  adminAuthorization,
  apiTokenBasic,
  bearer,
  clientBasic,
  CREDENTIAL_KINDS,
  givesRefreshToken,
  isAdmin,
  reusableSecret,
  type Credential
} from '../../../src/zendesk/credential.ts'

const ofKinds = CREDENTIAL_KINDS.map((kind) => ({ kind }) as Credential)
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const accessToken = new Secret('abc.def')
const apiToken = new Secret('k:e/y')

it.each([
  ['a token', bearer(accessToken), 'Bearer abc.def'],
  ['an access token', adminAuthorization({ kind: 'access_token', accessToken }), 'Bearer abc.def'],
  [
    'an API token',
    adminAuthorization({ kind: 'api_token', email: 'ann@acme.example', apiToken }),
    `Basic ${base64('ann@acme.example/token:k:e/y')}`
  ]
])('the Authorization header of %s has the right scheme', (_what, header, expected) => {
  expect(header.reveal()).toBe(expected)
})

it.each([
  ['an e-mail and an API token', apiTokenBasic('ann@acme.example', 'k:e/y'), 'ann@acme.example/token:k:e/y'],
  ['letters beyond ASCII', apiTokenBasic('änn@acme.example', 'tökén'), 'änn@acme.example/token:tökén'],
  ['a plain client id and secret', clientBasic('ci_bot', 'abc-123_X.y*'), 'ci_bot:abc-123_X.y*'],
  [
    'a client id and secret that are form-encoded',
    clientBasic('ci bot:1', 'a:b+c/d=é%'),
    'ci+bot%3A1:a%3Ab%2Bc%2Fd%3D%C3%A9%25'
  ]
])('the Basic header encodes %s', (_what, encoded, expected) => {
  expect(encoded).toBe(base64(expected))
})

it('only an API token and an access token are credentials of an admin', () => {
  expect(ofKinds.filter(isAdmin).map(({ kind }) => kind)).toEqual(['api_token', 'access_token'])
})

it('only an authorization code and a refresh token give a refresh token', () => {
  const kinds = ofKinds.filter(givesRefreshToken).map(({ kind }) => kind)
  expect(kinds).toEqual(['authorization_code', 'refresh_token'])
})

it.each<[string, Credential, string]>([
  ['an access token is its header', { kind: 'access_token', accessToken }, 'Bearer abc.def'],
  [
    'client credentials is the client secret',
    { kind: 'client_credentials', clientSecret: apiToken, authMethod: 'client_secret_post' },
    'k:e/y'
  ],
  ['a refresh token is nothing, as it works once', { kind: 'refresh_token' } as Credential, '']
])('what post needs again of %s', (_what, credential, expected) => {
  expect(reusableSecret(credential)).toBe(expected)
})
