import { describe, expect, it } from '@jest/globals'
import { runnerLog as log } from '../../../src/runner/log.ts'
import { maskInputs } from '../../../src/inputs/mask-inputs.ts'
import { setUpRunner } from '../runner-env.ts'

const runner = setUpRunner()
const base64 = (text: string): string => Buffer.from(text).toString('base64')

function masks(inputs: Record<string, string>, ...rest: unknown[]): string[] {
  runner.inputs(inputs)
  maskInputs(log, ...(rest as []))
  expect(runner.stdout).toHaveLength(runner.all('add-mask').length)
  return runner.all('add-mask')
}

describe('maskInputs', () => {
  it('masks every secret input, trimmed, and nothing else that was given', () => {
    const secrets = Object.fromEntries(SECRET_INPUTS.map((name) => [name, ` a-long-${name} `]))
    const others = {
      subdomain: 'acmeacme',
      'client-id': 'ci_bot_1',
      scopes: 'tickets:read',
      'base-url': 'https://x.io'
    }
    expect(masks({ ...secrets, ...others })).toEqual(SECRET_INPUTS.map((name) => `a-long-${name}`))
  })

  it.each(['1234567', '1234\n56789', ''])('does not mask %j, which can be no secret', (value) => {
    const all = Object.fromEntries(SECRET_INPUTS.map((name) => [name, value]))
    const around = { email: 'ada@acme.example', 'token-endpoint-auth-method': 'client_secret_basic' }
    expect(masks({ ...all, ...around })).toEqual([])
  })

  it('masks the Basic header of an API token, and not the e-mail', () => {
    expect(masks({ email: 'ada@acme.example/token', 'api_token': 'an-api-token' })).toEqual([
      'an-api-token',
      base64('ada@acme.example/token:an-api-token')
    ])
    runner.stdout = []
    expect(masks({ 'api_token': 'an-api-token' })).toEqual(['an-api-token'])
  })

  it('masks the Basic header of a client where its secret travels in one', () => {
    const inputs = { 'client-id': 'ci bot', 'client_credentials': 'a secret:ü' }
    expect(masks(inputs)).toEqual(['a secret:ü'])
    runner.stdout = []
    expect(masks({ ...inputs, 'token-endpoint-auth-method': 'Client_Secret_Basic' })).toEqual([
      'a secret:ü',
      base64('ci+bot:a+secret%3A%C3%BC')
    ])
  })

  it('masks the passwords of proxies', () => {
    process.env['https_proxy'] = 'http://user:pass%20word@proxy:8080'
    expect(masks({})).toEqual(['pass%20word', 'pass word'])
  })

  it('masks only what it is told to, for the client that it is told of', () => {
    const inputs = {
      'client_credentials': 'the-secret',
      'access_token': 'the-token-of-others',
      'client-id': 'other'
    }
    const client = { id: 'mine', authMethod: 'client_secret_basic' }
    expect(masks(inputs, ['client_credentials'], client)).toEqual(['the-secret', base64('mine:the-secret')])
    runner.stdout = []
    expect(masks(inputs, [], client)).toEqual([])
  })
})
