import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Server } from 'proxy-chain'

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
import { runStep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { caFile, relay, sendRaw, tls } from '../../support/servers.ts'
import { clientCredentials, mockZendesk } from '../../support/zendesk.ts'

/*
 * Main and post behind a real CONNECT proxy, which alone can reach acme.zendesk.com: the processes find no host name,
 * unless `lookups` lets them. The certificate of acme.zendesk.com comes from a CA of our own.
 */

const locked = CONNECT_RESPONSES.filter(({ means }) => means === 'credentials')
const others = [
  ...CONNECT_RESPONSES.filter(({ means }) => means !== 'credentials'),
  {
    program: 'a proxy',
    when: 'it limits the rate',
    means: 'unreachable',
    head: ['HTTP/1.1 429 Too Many Requests'],
    body: ''
  } as const
]

const USER = 'ci@acme'
const PASSWORD = 'p@ss:w/rd%41'

let zendesk: Zendesk
let untrusted: Zendesk
let proxy: Server
/** Each CONNECT that reached the proxy: `host:port user:password`. */
const connects: string[] = []
let needsPassword = false

beforeAll(async () => {
  zendesk = await mockZendesk({ tls: tls.good })
  untrusted = await mockZendesk({ tls: tls.wrongCa })
  proxy = new Server({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: ({ hostname, port, username, password }) => {
      connects.push(`${hostname}:${port} ${username}:${password}`)
      return {
        requestAuthentication: needsPassword && (username !== USER || password !== PASSWORD),
        // Every host name leads to this machine.
        dnsLookup: ((_host: string, _options: object, done: (...found: unknown[]) => void) => {
          done(null, [{ address: '127.0.0.1', family: 4 }])
        }) as never
      }
    }
  })
  await proxy.listen()
})

beforeEach(() => {
  connects.length = 0
  needsPassword = false
  zendesk.forget()
  for (const token of zendesk.activeTokens()) token.revoked = true
})

afterAll(async () => {
  await proxy.close(true)
})

const baseUrl = (): string => `https://acme.zendesk.com:${zendesk.port}`
const proxyUrl = (userInfo = ''): string => `http://${userInfo}127.0.0.1:${proxy.port}`

function run(
  entry: 'main' | 'post',
  env: Record<string, string>,
  { lookups = 0, inputs, state }: StepRun
): Promise<StepEnd> {
  return runStep(entry, {
    inputs: clientCredentials(zendesk, { 'base-url': baseUrl(), 'timeout-seconds': 20, ...inputs }),
    env: { NODE_EXTRA_CA_CERTS: caFile, ...env },
    lookups,
    ...(state && { state })
  })
}

const main = (env: Record<string, string>, origin = baseUrl(), lookups = 0): Promise<StepEnd> =>
  run('main', env, { inputs: { 'base-url': origin }, lookups })

const post = (env: Record<string, string>, state: StepEnd['state']): Promise<StepEnd> =>
  run('post', env, { state })

/** The one error of a step that failed. */
function errorOf(ended: StepEnd): string {
  expect(ended).toMatchObject({ exitCode: 1, stderr: '' })
  expect(published(ended)).toEqual(NOTHING)
  expect(count(ended, 'error')).toBe(1)
  return annotated(ended).find((line) => line.startsWith('::error::'))!
}

describe('behind a proxy', () => {
  it.each(['https_proxy', 'HTTPS_PROXY'])(
    'main mints and post revokes a token through the proxy of %s',
    async (name) => {
      const env = { [name]: proxyUrl() }
      const minted = await main(env)
      expect(minted).toMatchObject({ exitCode: 0, stderr: '' })
      expect(zendesk.activeTokens()).toHaveLength(1)
      const ended = await post(env, minted.state)
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(ended.stdout.at(-1)).toBe(revokedLine(minted.outputs['token-id']))
      expect(zendesk.activeTokens()).toEqual([])
      expect(zendesk.requests).toHaveLength(4)
      // One tunnel for each request, to this host only.
      expect(connects).toEqual(Array(4).fill(`acme.zendesk.com:${zendesk.port} :`))
    }
  )

  it('main accepts a proxy URL without http://', async () => {
    const ended = await main({ https_proxy: `127.0.0.1:${proxy.port}` })
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(connects).toHaveLength(2)
  })

  it('main and post decode the user name and the password, and mask the password in both forms', async () => {
    needsPassword = true
    const encoded = encodeURIComponent(PASSWORD)
    const env = { https_proxy: proxyUrl(`${encodeURIComponent(USER)}:${encoded}@`), RUNNER_DEBUG: '1' }
    const minted = await main(env)
    const ended = await post(env, minted.state)
    for (const step of [minted, ended]) {
      expect(step).toMatchObject({ exitCode: 0, stderr: '' })
      expect(masks(step)).toEqual(expect.arrayContaining([encoded, PASSWORD]))
      const everything = shown(step) + JSON.stringify([step.env, step.outputs, step.state])
      for (const form of [encoded, PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString('base64')]) {
        expect(everything).not.toContain(form)
      }
    }
    expect(new Set(connects)).toEqual(new Set([`acme.zendesk.com:${zendesk.port} ${USER}:${PASSWORD}`]))
    expect(zendesk.activeTokens()).toEqual([])
  })

  it.each(others)('main knows what $program means: $when', async (response) => {
    const { port, connections } = await sendRaw(wireFormat(response), 'end')
    const error = errorOf(await main({ https_proxy: `http://127.0.0.1:${port}` }))
    const isUnreachable = response.means === 'unreachable'
    expect(error).toMatch(
      isUnreachable
        ? /The proxy could not reach the server\. Check `subdomain`/
        : /The proxy refused the connection\..* `no_proxy`: such as \.zendesk\.com/
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
    expect(errorOf(missing)).toContain(
      `The proxy refused the connection. It needs a user name and a password. Write them into \`https_proxy\` as http://user:password@127.0.0.1:${port}.`
    )
    expect(errorOf(wrong)).toContain(
      `The proxy refused the connection. The user name or the password in \`https_proxy\` (127.0.0.1:${port}) is wrong.`
    )
    expect(shown(wrong)).not.toContain('wrong-password')
    expect(connections()).toBe(2)
  })

  it('post tries more than once, and names the proxy, if that cannot reach the host', async () => {
    const { state } = await main({ https_proxy: proxyUrl() })
    const { port, connections } = await sendRaw('HTTP/1.1 503 Service Unavailable\r\n\r\n', 'end')
    const ended = await post({ https_proxy: `http://127.0.0.1:${port}` }, state)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(annotated(ended)).toEqual([
      expect.stringContaining(
        `The proxy could not reach the server (POST /oauth/tokens: CONNECT 503; \`https_proxy\`: 127.0.0.1:${port}).`
      )
    ])
    expect(connections()).toBeGreaterThan(5)
  })

  it('main fails after five attempts if the proxy is down', async () => {
    const down = await relay(() => 0)
    down.stop()
    const ended = await main({ https_proxy: `http://ci:secret-word@${down.host}:${down.port}` })
    expect(errorOf(ended)).toContain(
      `The proxy could not be reached. Check \`https_proxy\` (${down.host}:${down.port})`
    )
    expect(retries(ended)).toHaveLength(4)
    expect(shown(ended)).not.toContain('secret-word')
  })

  it.each([
    'proxy.example:3128',
    'ci:hush-hush@proxy.example:3128',
    'ftp://ci:hush-hush@proxy.example',
    'http://ci:hush-hush@:3128',
    'http://ci:hush-hush%zz@proxy.example:3128',
    '"http://ci:hush-hush@proxy.example:3128"',
    "'http://proxy.example:3128'",
    'http://'
  ])('main fails before any request if the proxy URL is %s', async (proxy) => {
    const ended = await main({ https_proxy: proxy })
    expect(errorOf(ended)).toContain('The proxy URL cannot be read. Write `https_proxy` as')
    expect(shown(ended)).not.toContain('hush')
    expect(connects).toEqual([])
    expect(zendesk.requests).toEqual([])
  })

  it.each(['https_proxy', 'HTTPS_PROXY'])(
    'main fails before any request, and says to write http://, if the proxy URL in %s begins with https://',
    async (name) => {
      const silent = await relay(() => zendesk.port)
      const ended = await main({ [name]: `https://ci:a-proxy-password@${silent.host}:${silent.port}` })
      // On Windows, the names of variables have no case.
      expect(errorOf(ended).toLowerCase()).toContain(
        `write \`https_proxy\` as http://${silent.host}:${silent.port}:`
      )
      expect(shown(ended)).not.toContain('a-proxy-password')
      expect(masks(ended)).toContain('a-proxy-password')
      expect(silent.connections()).toBe(0)
    }
  )
})

describe('main connects directly, without the proxy,', () => {
  it.each(['acme.zendesk.com', '.zendesk.com', 'other.example, zendesk.com', '*'])(
    'if no_proxy is %s',
    async (noProxy) => {
      const ended = await main({ https_proxy: proxyUrl(), no_proxy: noProxy }, baseUrl(), 9)
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(connects).toEqual([])
      expect(zendesk.requests).toHaveLength(2)
      expect(zendesk.connections).toBe(1)
    }
  )

  it.each(['other.zendesk.com', '*.zendesk.com'])('but not if no_proxy is %s', async (noProxy) => {
    const ended = await main({ https_proxy: proxyUrl(), no_proxy: noProxy }, baseUrl(), 9)
    expect(ended.exitCode).toBe(0)
    expect(connects).toHaveLength(2)
  })

  it('whatever the proxy URL, if no_proxy has the host', async () => {
    const env = { https_proxy: 'https://127.0.0.1:9', no_proxy: 'acme.zendesk.com' }
    expect(await main(env, baseUrl(), 9)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('to this machine', async () => {
    const ended = await main({ https_proxy: proxyUrl(), http_proxy: proxyUrl() }, zendesk.url)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(connects).toEqual([])
  })
})

describe('main fails without a retry, behind a proxy and without one, if the certificate is', () => {
  it.each([
    ['of an unknown CA', () => `https://acme.zendesk.com:${untrusted.port}`, caFile],
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
    expect([...zendesk.requests, ...untrusted.requests]).toEqual([])
  })
})
