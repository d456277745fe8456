import { describe, expect, it } from '@jest/globals'

import { annotated, count, infoLines, NOTHING, published, shown } from '../support/log-lines.ts'
import { runStep, type StepEnd } from '../support/run-action.ts'
import { connectProxy } from '../support/servers.ts'
import { clientCredentials, mockZendesk } from '../support/zendesk.ts'

const QUOTED = '"a-secret-in-quotes-0123"'

/** Runs main against the account acme, behind a proxy that refuses every connection. */
async function mainBehindProxy(inputs: Record<string, string>): Promise<StepEnd> {
  const zendesk = await mockZendesk()
  const proxy = await connectProxy(zendesk.port, () => 403)
  return runStep('main', {
    inputs: clientCredentials(zendesk, inputs),
    env: { https_proxy: `http://${proxy.host}:${proxy.port}` }
  })
}

describe('before any request, main refuses', () => {
  it.concurrent.each<[string, Record<string, string>, string[]]>([
    ['a client id with a blank in it', { 'client-id': 'ci bot' }, ['client-id']],
    ['a client id with a tab in it', { 'client-id': 'ci\tbot' }, ['client-id']],
    ['a client id with a no-break space in it', { 'client-id': 'ci\u00a0bot' }, ['client-id']],
    ['an e-mail address as client id', { 'client-id': 'ada@acme.example' }, ['client-id']],
    ['a client secret in double quotes', { 'client-secret': QUOTED }, ['client-secret']],
    ['a client secret in single quotes', { 'client-secret': QUOTED.replaceAll('"', "'") }, ['client-secret']],
    [
      'an API token in quotes',
      { 'client-secret': '', email: 'ada@acme.example', 'api-token': QUOTED },
      ['api-token']
    ],
    ['an access token in quotes', { 'client-secret': '', 'access-token': QUOTED }, ['access-token']],
    ['no credential', { 'client-secret': '' }, ['client-secret', 'email', 'api-token']],
    [
      'a Kelvin sign in the subdomain, though its lower case is k',
      { subdomain: 'ac\u212ame' },
      ['subdomain']
    ],
    ['an umlaut in the subdomain', { subdomain: 'äcme' }, ['subdomain']],
    ['port 0', { 'base-url': 'http://127.0.0.1:0' }, ['base-url']],
    [
      'four invalid inputs, in one error',
      {
        subdomain: 'ac\u212ame',
        'client-id': 'ci bot',
        'client-secret': QUOTED,
        'base-url': 'https://acme.zendesk.com:0'
      },
      ['subdomain', 'client-id', 'client-secret', 'base-url']
    ]
  ])('%s', async (_what, inputs, names) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: clientCredentials(zendesk, inputs) })
    expect(main).toMatchObject({ exitCode: 1, stderr: '' })
    expect(published(main)).toEqual(NOTHING)
    expect(annotated(main)).toHaveLength(1)
    for (const name of names) expect(annotated(main)[0]).toContain(`\`${name}\``)
    expect(zendesk.requests).toEqual([])
    expect(shown(main)).not.toContain('a-secret-in-quotes')
  })
})

describe('before any request, sweep refuses', () => {
  it.concurrent.each<[string, Record<string, string>, string]>([
    ['a client id with a blank in it', { 'client-id': 'ci bot' }, 'client-id'],
    ['an e-mail address as client id', { 'client-id': 'ada@acme.example' }, 'client-id'],
    ['a client secret in quotes', { 'client-secret': QUOTED }, 'client-secret'],
    ['port 0', { 'base-url': 'http://127.0.0.1:0' }, 'base-url']
  ])('%s', async (_what, inputs, name) => {
    const zendesk = await mockZendesk()
    const sweep = await runStep('sweep', { inputs: clientCredentials(zendesk, inputs) })
    expect(sweep.exitCode).toBe(1)
    expect(annotated(sweep)).toEqual([expect.stringContaining(`\`${name}\``)])
    expect(zendesk.requests).toEqual([])
  })
})

const LONG_SECRET = '0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d'

describe('before any request, main says what was pasted, and does not show it:', () => {
  const code = { 'redirect-uri': 'https://app.example/back' }
  it.concurrent.each<[string, Record<string, string>, string]>([
    ['typographic quotes', { 'client-secret': '“a-secret-0123”' }, 'is wrapped in quotes'],
    ['a wrapped copy', { 'client-secret': 'a-secret-0123 a-secret' }, 'white space'],
    ['another letter', { 'client-secret': 'ä-secret-0123' }, 'not ASCII: U+00E4 as the 1st character'],
    ['a variable', { 'client-secret': '$A_SECRET' }, 'a variable, an expression or a placeholder'],
    [
      'an expression',
      { 'client-secret': '${{ secrets.A_SECRET }}' },
      'a variable, an expression or a placeholder'
    ],
    ['a placeholder', { 'client-secret': '<a-secret>' }, 'a variable, an expression or a placeholder'],
    ['JSON', { 'client-secret': '{\n  "a-secret": "a-secret-0123"\n}' }, 'looks like JSON'],
    ['a header', { 'client-secret': 'Bearer a-secret-0123' }, 'the scheme of a header, such as `Bearer`'],
    ['a line break', { 'client-secret': 'a-secret\nof-two-lines' }, 'U+000A after the 8th character'],
    [
      'an invisible character',
      { 'client-secret': 'a-secret-0123\u00ada-secret' },
      'U+00AD after the 13th character'
    ],
    [
      'an invisible character in another input',
      { 'redirect-uri': 'https://a-secret\u200b/' },
      'U+200B after the 16th character'
    ],
    [
      'the secret in place of the client id',
      { 'client-id': LONG_SECRET, 'client-secret': 'ci_bot_2' },
      'are `client-id` and `client-secret` swapped?'
    ],
    [
      'an address with an error',
      { ...code, 'authorization-code': 'https://app.example/back?error=access_denied&state=x' },
      'the error `access_denied`'
    ]
  ])('%s', async (_what, inputs, words) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: clientCredentials(zendesk, inputs) })
    expect(main.exitCode).toBe(1)
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error::/)])
    expect(annotated(main)[0]!.toLowerCase()).toContain(words.toLowerCase())
    expect(shown(main)).not.toMatch(/a-secret|0a1b2c3d/i)
    expect(zendesk.requests).toEqual([])
  })
})

describe('main accepts', () => {
  it.concurrent.each([
    'ACME.zendesk.com',
    'https://Acme.Zendesk.com:443/agent/tickets/1?a#b',
    '\u200bacme\ufeff'
  ])('the subdomain %j', async (subdomain) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: clientCredentials(zendesk, { subdomain }) })
    expect(main.exitCode).toBe(0)
    expect(annotated(main)).toEqual([])
  })

  it.concurrent('inputs with invisible characters at their ends, and a list of scopes', async () => {
    const zendesk = await mockZendesk()
    const { secret = '' } = zendesk.client('ci_bot')
    const inputs = { 'client-id': '\u200eci_bot\u200b', 'client-secret': `\ufeff${secret}\u200b` }
    const scopes = '- tickets:read\n-\u200bhc:read\u200busers:read'
    const main = await runStep('main', { inputs: clientCredentials(zendesk, { ...inputs, scopes }) })
    expect([main.exitCode, annotated(main)]).toEqual([0, []])
    expect(JSON.parse(zendesk.requests[0]!.body)).toMatchObject({
      client_id: 'ci_bot',
      client_secret: secret,
      scope: 'tickets:read hc:read users:read'
    })
  })

  it.concurrent('the address that the browser was sent to as an authorization code', async () => {
    const zendesk = await mockZendesk()
    const redirectUri = 'https://app.example/back'
    const code = zendesk.authorize({ client: 'ci_bot', redirectUri, scope: 'read write' })
    const address = `${redirectUri}?state=x&code=${encodeURIComponent(code)}&error=`
    const inputs = { 'authorization-code': address, 'redirect-uri': redirectUri }
    const main = await runStep('main', { inputs: clientCredentials(zendesk, inputs) })
    expect([main.exitCode, annotated(main)]).toEqual([0, []])
    expect(main.stdout).toContain(`::add-mask::${code}`)
    expect(shown(main)).not.toContain(code)
  })

  it.concurrent('a client secret with quotes that are not a pair around it', async () => {
    const secret = '"half-a-quote\'d-secret'
    const zendesk = await mockZendesk({
      clients: [{ id: 1, identifier: 'ci_bot', kind: 'confidential', userId: 900_100_001, secret }]
    })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(0)
  })
})

describe('main warns once', () => {
  it.concurrent('that a grant needs the unique identifier if the client id is a number', async () => {
    const zendesk = await mockZendesk()
    const inputs = clientCredentials(zendesk, { 'client-id': '360000000101' })
    const main = await runStep('main', { inputs })
    expect(main.exitCode).toBe(1)
    expect(count(main, 'warning')).toBe(1)
    expect(annotated(main)[0]).toMatch(/^::warning.*identifier/)
  })

  it.concurrent.each([
    ['another account', 'other.zendesk.com'],
    ['a host that begins like the account', 'acme.zendesk.com.evil.example'],
    ['a subdomain of the account', 'x.acme.zendesk.com'],
    ['another host', 'helpdesk.example']
  ])('of a base URL that is %s', async (_what, host) => {
    const main = await mainBehindProxy({ 'base-url': `https://${host}` })
    expect(main.exitCode).toBe(1)
    const warnings = annotated(main).filter((line) => line.startsWith('::warning'))
    expect(warnings).toEqual([expect.stringContaining(host)])
  })

  it.concurrent('but not of a base URL that is the account itself', async () => {
    const main = await mainBehindProxy({ subdomain: 'Acme', 'base-url': 'https://ACME.zendesk.com/' })
    expect(main.exitCode).toBe(1)
    expect(count(main, 'warning')).toBe(0)
    expect(infoLines(main)).toEqual([])
  })
})
