import { expect, it } from '@jest/globals'
import { apiTokenBasic, clientBasic } from '../../../src/zendesk/credential.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

it('apiTokenBasic encodes letters beyond ASCII as UTF-8', () => {
  expect(apiTokenBasic('änn@acme.example', 'tökén')).toBe(base64('änn@acme.example/token:tökén'))
})

it('clientBasic form-encodes client id and secret before base64', () => {
  const encoded = base64('ci+bot%3A1:a%3Ab%2Bc%2Fd%3D%C3%A9%25_X.y*-')
  expect(clientBasic('ci bot:1', 'a:b+c/d=é%_X.y*-')).toBe(encoded)
})
