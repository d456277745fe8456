import { expect, it } from '@jest/globals'
import { apiTokenBasic, clientBasic } from '../../../src/zendesk/credential.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

it.each([
  ['letters beyond ASCII', apiTokenBasic('änn@acme.example', 'tökén'), 'änn@acme.example/token:tökén'],
  [
    'a client id and secret that are form-encoded',
    clientBasic('ci bot:1', 'a:b+c/d=é%_X.y*-'),
    'ci+bot%3A1:a%3Ab%2Bc%2Fd%3D%C3%A9%25_X.y*-'
  ]
])('the Basic header encodes %s', (_what, encoded, expected) => {
  expect(encoded).toBe(base64(expected))
})
