import { describe, expect, it } from '@jest/globals'

import {
  annotated,
  at,
  clientCredentials,
  count,
  infoLines,
  mockZendesk,
  nothing,
  published,
  runStep,
  shown
} from './adapter.ts'
import { connectProxy } from '../support/net.ts'

describe('main refuses before any request', () => {
  it.concurrent.each<[string, Record<string, string>, string[]]>([
    ['a client id with a blank in it', { 'client-id': 'ci bot' }, ['client-id']],
    ['a client id with a tab in it', { 'client-id': 'ci\tbot' }, ['client-id']],
    ['a client id with a no-break space in it', { 'client-id': 'ci\u00a0bot' }, ['client-id']],
    ['an e-mail address as client id', { 'client-id': 'ada@acme.example' }, ['client-id']],
    ['a secret in double quotes', { 'client-secret': '"a-secret-in-quotes-0123"' }, ['client-secret']],
    ['a secret in single quotes', { 'client-secret': "'a-secret-in-quotes-0123'" }, ['client-secret']],
    [
      'a Kelvin sign in the subdomain, though it lower-cases to k',
      { subdomain: 'ac\u212ame' },
      ['subdomain']
    ],
    ['an umlaut in the subdomain', { subdomain: 'äcme' }, ['subdomain']],
    ['port 0', { 'base-url': 'http://127.0.0.1:0' }, ['base-url']],
    [
      'all of it, in one error',
      {
        subdomain: 'ac\u212ame',
        'client-id': 'ci bot',
        'client-secret': '"a-secret-in-quotes-0123"',
        'base-url': 'https://acme.zendesk.com:0'
      },
      ['subdomain', 'client-id', 'client-secret', 'base-url']
    ]
  ])('%s', async (_what, inputs, names) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', {
      inputs: clientCredentials(zendesk, { ...inputs })
    })
    expect(main).toMatchObject({ exitCode: 1, stderr: '' })
    expect(published(main)).toEqual(nothing)
    expect(annotated(main)).toHaveLength(1)
    for (const name of names) expect(annotated(main)[0]).toContain(`\`${name}\``)
    expect(zendesk.requests).toEqual([])
    expect(shown(main)).not.toContain('a-secret-in-quotes')
  })

  it.concurrent.each([
    ['api-token', { email: 'ada@acme.example', 'api-token': '"sandboxApiTokenOfAda"' }],
    ['access-token', { 'access-token': "'sandboxAccessTokenOfAda'" }]
  ])('quotes around %s', async (name, inputs) => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: at(zendesk, inputs) })
    expect(main.exitCode).toBe(1)
    expect(annotated(main)[0]).toContain(`\`${name}\``)
    expect(shown(main)).not.toContain('sandboxA')
    expect(zendesk.requests).toEqual([])
  })

  it.concurrent('no credential: the error names `client-secret`, and `email` with `api-token`', async () => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', { inputs: at(zendesk) })
    expect(main.exitCode).toBe(1)
    expect(annotated(main)).toHaveLength(1)
    for (const name of ['client-secret', 'email', 'api-token'])
      expect(annotated(main)[0]).toContain(`\`${name}\``)
  })
})

describe('sweep refuses before any request', () => {
  it.concurrent.each<[string, Record<string, string>, string]>([
    ['a client id with a blank in it', { 'client-id': 'ci bot' }, 'client-id'],
    ['an e-mail address as client id', { 'client-id': 'ada@acme.example' }, 'client-id'],
    ['a secret in quotes', { 'client-secret': '"a-secret-in-quotes-0123"' }, 'client-secret'],
    ['port 0', { 'base-url': 'http://127.0.0.1:0' }, 'base-url']
  ])('%s', async (_what, inputs, name) => {
    const zendesk = await mockZendesk()
    const sweep = await runStep('sweep', {
      inputs: clientCredentials(zendesk, { ...inputs })
    })
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
      const main = await runStep('main', {
        inputs: clientCredentials(zendesk, { subdomain })
      })
      expect(main.exitCode).toBe(0)
      expect(annotated(main)).toEqual([])
    }
  )

  it.concurrent('a quote inside a secret, and a single one', async () => {
    const zendesk = await mockZendesk({
      clients: [
        {
          id: 1,
          identifier: 'ci_bot',
          kind: 'confidential',
          userId: 900_100_001,
          secret: '"half-a-quote\'d-secret'
        }
      ]
    })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(0)
  })
})

describe('main warns once', () => {
  it.concurrent('that a grant wants the unique identifier if the client id is a number', async () => {
    const zendesk = await mockZendesk()
    const main = await runStep('main', {
      inputs: clientCredentials(zendesk, { 'client-id': '360000000101' })
    })
    expect(main.exitCode).toBe(1)
    expect(count(main, 'warning')).toBe(1)
    expect(annotated(main)[0]).toMatch(/^::warning.*identifier/)
  })

  it.concurrent.each([
    ['another account', 'https://other.zendesk.com', 'other.zendesk.com'],
    [
      'a host that only looks like the account',
      'https://acme.zendesk.com.evil.example',
      'acme.zendesk.com.evil.example'
    ],
    ['a subdomain of the account', 'https://x.acme.zendesk.com', 'x.acme.zendesk.com'],
    ['another host', 'https://helpdesk.example', 'helpdesk.example']
  ])('about a base URL of %s', async (_what, baseUrl, host) => {
    const zendesk = await mockZendesk()
    const proxy = await connectProxy(zendesk.port, () => 403)
    try {
      const main = await runStep('main', {
        inputs: clientCredentials(zendesk, { 'base-url': baseUrl }),
        env: { https_proxy: `http://${proxy.host}:${proxy.port}` }
      })
      expect(main.exitCode).toBe(1)
      const warnings = annotated(main).filter((line) => line.startsWith('::warning'))
      expect(warnings).toEqual([expect.stringContaining(host)])
    } finally {
      proxy.close()
    }
  })

  it.concurrent('and not about the base URL of the account itself', async () => {
    const zendesk = await mockZendesk()
    const proxy = await connectProxy(zendesk.port, () => 403)
    try {
      const main = await runStep('main', {
        inputs: clientCredentials(zendesk, { subdomain: 'Acme', 'base-url': 'https://ACME.zendesk.com/' }),
        env: { https_proxy: `http://${proxy.host}:${proxy.port}` }
      })
      expect(count(main, 'warning')).toBe(0)
      expect(infoLines(main)).toEqual([])
    } finally {
      proxy.close()
    }
  })
})
