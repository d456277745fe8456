import { describe, expect, it } from '@jest/globals'

import { type Zendesk } from '../../../mock/zendesk.ts'
import { annotated, shown } from '../../support/log-lines.ts'
import { once, runStep } from '../../support/run-action.ts'
import { caFile, relay, tls } from '../../support/servers.ts'
import { clientCredentials, mockZendesk } from '../../support/zendesk.ts'

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
