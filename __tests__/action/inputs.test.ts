import { describe, expect, it } from '@jest/globals'

import { annotated, count, infoLines, nothing, published, shown } from '../support/log-lines.ts'
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
    expect(published(main)).toEqual(nothing)
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

describe('main accepts', () => {
  it.concurrent.each(['acme', 'ACME.zendesk.com', 'https://Acme.Zendesk.com', 'https://acme.zendesk.com/'])(
    'the subdomain %s',
    async (subdomain) => {
      const zendesk = await mockZendesk()
      const main = await runStep('main', { inputs: clientCredentials(zendesk, { subdomain }) })
      expect(main.exitCode).toBe(0)
      expect(annotated(main)).toEqual([])
    }
  )

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
