import { describe, expect, it } from '@jest/globals'
import { maskInputs } from '../../../src/inputs/mask-inputs.ts'
import { runnerLog } from '../../../src/runner/log.ts'
import { setUpRunner } from '../../support/runner-env.ts'

/** Written out here, so that an input which is no longer secret is noticed. */
const TOKENS = ['api-token', 'access-token', 'refresh-token']
const SECRETS = [...TOKENS, 'client-secret', 'authorization-code', 'code-verifier']

const runner = setUpRunner()
const base64 = (text: string): string => Buffer.from(text).toString('base64')

function masks(inputs: Record<string, string>, ...rest: unknown[]): string[] {
  runner.stdout = []
  runner.inputs(inputs)
  maskInputs(runnerLog, ...(rest as []))
  expect(runner.stdout).toHaveLength(runner.all('add-mask').length)
  return runner.all('add-mask')
}

describe('maskInputs', () => {
  it('masks every secret input, trimmed, and nothing else that was given', () => {
    const secrets = Object.fromEntries(SECRETS.map((name) => [name, ` a-long-${name} `]))
    const account = { subdomain: 'acmeacme', 'client-id': 'ci_bot_1', 'base-url': 'https://x.io' }
    const expected = SECRETS.map((name) => `a-long-${name}`).sort()
    expect(masks({ ...secrets, ...account, scopes: 'hc:read' }).sort()).toEqual(expected)
  })

  it.each(['1234567', '1234\n56789', '1234\u200b567\n8', ''])('does not mask %j', (value) => {
    const all = Object.fromEntries(SECRETS.map((name) => [name, value]))
    const around = { email: 'ada@acme.example', 'token-endpoint-auth-method': 'client_secret_basic' }
    expect(masks({ ...all, ...around })).toEqual([])
  })

  it.each([
    ['quotes', '"the-secret"', ['"the-secret"', 'the-secret']],
    ['quotes around too little', "'secret'", ["'secret'"]],
    ['a scheme', 'Bearer the-secret', ['Bearer the-secret', 'the-secret']],
    ['invisible ends', '\u200bthe-secret\ufeff\u200b', ['\u200bthe-secret\ufeff\u200b', 'the-secret']],
    ['an invisible character', 'the\u200b-secret', ['the\u200b-secret', 'the-secret']],
    ['white space', 'the secret', ['the secret']]
  ])('masks a secret with %s, with and without them', (_what, value, expected) => {
    expect(masks({ 'client-secret': value })).toEqual(expected)
  })

  it.each([
    ['the-code%2F1', ['the-code%2F1', 'the-code/1']],
    ['https://x.io/back?code=the-code%2F1&state=a-state-of-ours', ['the-code%2F1', 'the-code/1']],
    ['“https://x.io/back?code=the-code”', ['the-code']],
    ['<the-code&state=a-state-of-ours>', ['the-code']],
    ['https://x.io/back?error=access_denied', []]
  ])('masks of an authorization code the code alone: %s', (value, expected) => {
    expect(masks({ 'authorization-code': value })).toEqual(expected)
  })

  it('masks a client id that looks like a secret, unless the client secret does, too', () => {
    const secret = '1234efghij'.repeat(4)
    const split = secret.replace('e', 'e\u2060\ufe0f')
    expect(masks({ 'client-id': ` ${secret}\u200b`, 'client-secret': 'ci_bot' })).toEqual([secret])
    expect(masks({ 'client-id': split, 'client-secret': 'ci_bot' })).toEqual([split, secret])
    const other = secret.toUpperCase()
    expect(masks({ 'client-id': secret, 'client-secret': other })).toEqual([other])
  })

  it('masks the Basic header of an API token, and not the e-mail address', () => {
    const basic = base64('ada@acme.example/token:an-api-token')
    const inputs = { email: '\ufeffada@acme.example/token', 'api-token': 'an-api-token' }
    expect(masks(inputs)).toEqual(['an-api-token', basic])
    expect(masks({ 'api-token': 'an-api-token' })).toEqual(['an-api-token'])
  })

  it('masks the Basic header of a client if its secret is sent in one', () => {
    const inputs = { 'client-id': 'ci bot\u200b', 'client-secret': 'a secret:ü' }
    const basic = { ...inputs, 'token-endpoint-auth-method': '\u200bClient_Secret_Basic' }
    expect(masks(inputs)).toEqual(['a secret:ü'])
    expect(masks(basic)).toEqual(['a secret:ü', base64('ci+bot:a+secret%3A%C3%BC')])
  })

  it('masks the passwords of proxies, unless they are shorter than 4 characters', () => {
    process.env['https_proxy'] = 'http://user:pass%20word@proxy:8080'
    process.env['http_proxy'] = 'http://user:1@proxy:8080'
    expect(masks({})).toEqual(['pass%20word', 'pass word'])
  })

  it('masks only the inputs that post names, for the client of the state, and the passwords of proxies', () => {
    process.env['https_proxy'] = 'http://user:password@proxy:8080'
    const inputs = { 'client-secret': 'the-secret', 'access-token': 'token-of-others', 'client-id': 'other' }
    const client = { clientId: 'mine', authMethod: 'client_secret_basic' }
    const basic = base64('mine:the-secret')
    expect(masks(inputs, ['client-secret'], client)).toEqual(['the-secret', basic, 'password'])
    expect(masks(inputs, [], client)).toEqual(['password'])
  })
})
