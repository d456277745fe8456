import { beforeEach, describe, expect, it } from '@jest/globals'
import { type Zendesk } from '../../../mock/zendesk.ts'
import { CONNECT_RESPONSES, statusOf, wireFormat } from '../../support/fixtures/connect-responses.ts'
import {
  annotated,
  count,
  masks,
  NOTHING,
  published,
  retries,
  revokedLine,
  shown
} from '../../support/log-lines.ts'
import { runStep, type StepEnd } from '../../support/run-action.ts'
import { caFile, connectProxy, relay, sendRaw, tls } from '../../support/servers.ts'
import { clientCredentials, mockZendesk } from '../../support/zendesk.ts'

/*
 * Main and post behind a real CONNECT proxy, which alone can reach acme.zendesk.com: the processes find no host name,
 * unless `lookups` lets them. The certificate of acme.zendesk.com comes from a CA of our own.
 */

const locked = CONNECT_RESPONSES.filter(({ means }) => means === 'credentials')
const others = CONNECT_RESPONSES.filter(({ means }) => means !== 'credentials')

const USER = 'ci@acme'
const PASSWORD = 'p@ss:w/rd%41'

let zendesk: Zendesk
let proxy: Awaited<ReturnType<typeof connectProxy>>

beforeEach(async () => {
  zendesk = await mockZendesk({ tls: tls.good })
  proxy = await connectProxy(zendesk.port)
})

const baseUrl = (): string => `https://acme.zendesk.com:${zendesk.port}`
const proxyUrl = (userInfo = ''): string => `http://${userInfo}${proxy.host}:${proxy.port}`

/** Runs main, which finds the names of as many hosts as `lookups` says. */
function main(env: Record<string, string>, origin = baseUrl(), lookups = 0): Promise<StepEnd> {
  return runStep('main', {
    inputs: clientCredentials(zendesk, { 'base-url': origin, 'timeout-seconds': 20 }),
    env: { NODE_EXTRA_CA_CERTS: caFile, ...env },
    lookups
  })
}

function post(env: Record<string, string>, { state }: StepEnd): Promise<StepEnd> {
  const inputs = clientCredentials(zendesk, { 'base-url': baseUrl() })
  return runStep('post', { inputs, env: { NODE_EXTRA_CA_CERTS: caFile, ...env }, lookups: 0, state })
}

/** The one error of a step that failed. */
function errorOf(ended: StepEnd): string {
  expect(ended).toMatchObject({ exitCode: 1, stderr: '' })
  expect(published(ended)).toEqual(NOTHING)
  expect(count(ended, 'error')).toBe(1)
  return annotated(ended).find((line) => line.startsWith('::error::'))!
}

describe('behind a proxy', () => {
  const encoded = encodeURIComponent(PASSWORD)
  const basic = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')
  it.each([
    ['https_proxy', '', undefined, []],
    ['HTTPS_PROXY', `${encodeURIComponent(USER)}:${encoded}@`, `Basic ${basic}`, [encoded, PASSWORD]]
  ])('main mints and post revokes through the proxy of %s: %s', async (name, userInfo, sent, forms) => {
    const env = { [name]: proxyUrl(userInfo), RUNNER_DEBUG: '1' }
    const minted = await main(env)
    const ended = await post(env, minted)
    for (const step of [minted, ended]) {
      expect(step).toMatchObject({ exitCode: 0, stderr: '' })
      expect(masks(step)).toEqual(expect.arrayContaining(forms))
      const everything = shown(step) + JSON.stringify([step.env, step.outputs, step.state])
      for (const form of [...forms, basic]) expect(everything).not.toContain(form)
    }
    expect(ended.stdout.at(-1)).toBe(revokedLine(minted.outputs['token-id']))
    expect(zendesk.activeTokens()).toEqual([])
    // One tunnel for each request, to this host only.
    expect(zendesk.requests).toHaveLength(4)
    const asked = proxy.asked.map(({ url, headers }) => [url, headers['proxy-authorization']])
    expect(asked).toEqual(Array(4).fill([`acme.zendesk.com:${zendesk.port}`, sent]))
  })

  it.each(others)('main knows what $program means: $when', async (response) => {
    const { port, connections } = await sendRaw(wireFormat(response), 'end')
    const error = errorOf(await main({ https_proxy: `http://127.0.0.1:${port}` }))
    const isUnreachable = response.means === 'unreachable'
    expect(error).toMatch(
      isUnreachable ? /could not reach .*`subdomain`/ : /refused .*`no_proxy`: such as \.zen/
    )
    expect(error).toContain(`\`https_proxy\` (127.0.0.1:${port})`)
    expect(error).not.toContain('may exist')
    expect(error.endsWith(`: CONNECT ${statusOf(response)}.`)).toBe(true)
    expect(connections()).toBe(isUnreachable ? 5 : 1)
  })

  it.each(locked)('main knows what $program means: $when', async (response) => {
    const { port, connections } = await sendRaw(wireFormat(response), 'end')
    const missing = await main({ https_proxy: `http://127.0.0.1:${port}` })
    const wrong = await main({ https_proxy: `http://ci:wrong-password@127.0.0.1:${port}` })
    expect(errorOf(missing)).toContain(`into \`https_proxy\` as http://user:password@127.0.0.1:${port}.`)
    expect(errorOf(wrong)).toContain(`the password in \`https_proxy\` (127.0.0.1:${port}) is wrong.`)
    expect(shown(wrong)).not.toContain('wrong-password')
    expect(connections()).toBe(2)
  })

  it('post tries more than once, and names the proxy, if that cannot reach the host', async () => {
    const minted = await main({ https_proxy: proxyUrl() })
    const { port, connections } = await sendRaw('HTTP/1.1 503 Service Unavailable\r\n\r\n', 'end')
    const ended = await post({ https_proxy: `http://127.0.0.1:${port}` }, minted)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    const why = `The proxy could not reach the server (POST /oauth/tokens: CONNECT 503; \`https_proxy\`: 127.0.0.1:${port})`
    expect(annotated(ended)).toEqual([expect.stringContaining(why)])
    expect(connections()).toBeGreaterThan(5)
  })

  it.each([
    ['ftp://ci:hush-hush@HOST', 'The proxy URL cannot be read. Write `https_proxy` as'],
    ['"http://ci:hush-hush@HOST"', 'The proxy URL cannot be read. Write `https_proxy` as'],
    ['https://ci:hush-hush@HOST', 'Write `https_proxy` as http://HOST:']
  ])('main fails before it connects, and masks the password, if the proxy URL is %s', async (url, words) => {
    const silent = await relay(() => zendesk.port)
    const host = `${silent.host}:${silent.port}`
    const ended = await main({ https_proxy: url.replace('HOST', host) })
    expect(errorOf(ended)).toContain(words.replace('HOST', host))
    expect(shown(ended)).not.toContain('hush')
    expect(masks(ended).join()).toContain('hush-hush')
    expect(silent.connections()).toBe(0)
  })
})

describe('main connects directly, without the proxy,', () => {
  it.each([
    ['acme.zendesk.com', 0],
    ['.zendesk.com', 0],
    ['other.example, zendesk.com', 0],
    ['*', 0],
    ['*.zendesk.com', 2]
  ])('if no_proxy has the host: %s (tunnels: %i)', async (noProxy, tunnels) => {
    const ended = await main({ https_proxy: proxyUrl(), no_proxy: noProxy }, baseUrl(), 9)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(proxy.asked).toHaveLength(tunnels)
    expect(zendesk.requests).toHaveLength(2)
  })

  it('whatever the proxy URL, if no_proxy has the host, or to this machine', async () => {
    const env = { https_proxy: 'https://127.0.0.1:9', no_proxy: 'acme.zendesk.com' }
    expect(await main(env, baseUrl(), 9)).toMatchObject({ exitCode: 0, stderr: '' })
    const local = await main({ https_proxy: proxyUrl(), http_proxy: proxyUrl() }, zendesk.url)
    expect(local).toMatchObject({ exitCode: 0, stderr: '' })
    expect(proxy.asked).toEqual([])
  })
})

describe('main fails without a retry, behind a proxy and without one, if the certificate is', () => {
  it.each([
    ['of a CA that NODE_EXTRA_CA_CERTS does not name', baseUrl, ''],
    ['for another host', () => `https://other.zendesk.com:${zendesk.port}`, caFile]
  ])('%s', async (_certificate, origin, ca) => {
    for (const variables of [{ https_proxy: proxyUrl() }, {}]) {
      // Node would obey NODE_TLS_REJECT_UNAUTHORIZED, with a warning on stderr.
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: ca, ...variables }
      const ended = await main(env, origin(), 9)
      expect(errorOf(ended)).toContain('The certificate of the server is not trusted (TLS)')
      expect(errorOf(ended)).toContain('`NODE_TLS_REJECT_UNAUTHORIZED` is not obeyed.')
      expect(retries(ended)).toEqual([])
    }
    expect(zendesk.requests).toEqual([])
  })
})
