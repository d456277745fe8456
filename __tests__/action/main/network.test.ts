import { describe, expect, it } from '@jest/globals'

import { type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, count, shown } from '../../support/log-lines.ts'
import { once, runStep } from '../../support/run-action.ts'
import { caFile, relay, tls } from '../../support/servers.ts'
import { clientCredentials, GRANT, mockZendesk } from '../../support/zendesk.ts'

const secureZendesk = once(() => mockZendesk({ tls: tls.good }))

/** The inputs of an account that only a proxy can find, or a name server that knows it. */
function acme(zendesk: Zendesk): ReturnType<typeof clientCredentials> {
  return clientCredentials(zendesk, { 'base-url': `https://acme.zendesk.com:${zendesk.port}` })
}

describe('a proxy URL that begins with https://', () => {
  it.each(['https_proxy', 'HTTPS_PROXY'])(
    'in %s is refused before any connection, and the error says to write http://',
    async (name) => {
      const zendesk = await secureZendesk()
      const proxy = await relay(() => zendesk.port)
      const main = await runStep('main', {
        inputs: acme(zendesk),
        env: { [name]: `https://ci:a-proxy-password@${proxy.host}:${proxy.port}` }
      })
      expect(main).toMatchObject({ exitCode: 1, stderr: '' })
      expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*http:\/\//)])
      expect(shown(main)).not.toContain('a-proxy-password')
      expect(main.stdout).toContain('::add-mask::a-proxy-password')
      expect(proxy.connections()).toBe(0)
    }
  )

  it('does not matter for a host of no_proxy', async () => {
    const main = await runStep('main', {
      inputs: acme(await secureZendesk()),
      env: { NODE_EXTRA_CA_CERTS: caFile, https_proxy: 'https://127.0.0.1:9', no_proxy: 'acme.zendesk.com' },
      lookups: 9
    })
    expect(main).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

it.concurrent.each([7, 61])('the error about a timeout of %i s names these seconds', async (seconds) => {
  const zendesk = await mockZendesk()
  zendesk.fault({ path: GRANT }, { kind: 'stall' })
  const main = await runStep('main', { inputs: clientCredentials(zendesk, { 'timeout-seconds': seconds }) })
  expect(main.exitCode).toBe(1)
  const errors = annotated(main).filter((line) => line.startsWith('::error'))
  expect(errors).toEqual([expect.stringMatching(new RegExp(`\\b${seconds} ?s(econds)?\\b`))])
})

describe('main warns once of tokens that lost responses may have left behind', () => {
  it.concurrent.each([
    [1, /an unused token/i],
    [2, /up to 2 tokens|up to 2 unused tokens/i],
    [4, /up to 4 tokens|up to 4 unused tokens/i]
  ])('after %i of them, and mints another', async (lost, words) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT, count: lost }, { kind: 'lose-response' })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(0)
    expect(annotated(main)).toEqual([expect.stringMatching(words)])
    expect(annotated(main)[0]).toMatch(/^::warning.*ci_bot.*12:00.*sweep/)
    expect(zendesk.activeTokens()).toHaveLength(lost + 1)
  })

  it.concurrent('beside the error, after the five that it tries', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT }, { kind: 'lose-response' })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(1)
    expect([count(main, 'warning'), count(main, 'error')]).toEqual([1, 1])
    expect(zendesk.activeTokens()).toHaveLength(5)
  })
})

describe('if the mint gets the web page of a gateway, main', () => {
  it.concurrent.each([401, 403])('says that it is not from Zendesk, and fails: %i', async (status) => {
    const zendesk = await mockZendesk()
    zendesk.fault({ path: GRANT }, { kind: 'gateway', status })
    const main = await runStep('main', { inputs: clientCredentials(zendesk) })
    expect(main.exitCode).toBe(1)
    expect(zendesk.requests).toHaveLength(1)
    expect(annotated(main)).toEqual([expect.stringMatching(/^::error.*in front of Zendesk/)])
  })

  it.concurrent('waits as its Retry-After says: 429', async () => {
    const zendesk = await mockZendesk()
    zendesk.fault(
      { path: GRANT, count: 7 },
      { kind: 'gateway', status: 429, headers: { 'Retry-After': '3' } }
    )
    const main = await runStep('main', { inputs: clientCredentials(zendesk), random: 0 })
    expect(main).toMatchObject({ exitCode: 0, elapsed: 21_000 })
  })
})
