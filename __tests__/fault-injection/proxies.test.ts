import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { RequestError, Server } from 'proxy-chain'

import { type Zendesk } from '../../mock/zendesk.ts'
import { at, credentials, sandbox } from '../support/fixtures.ts'
import { caFile, relay, tls } from '../support/net.ts'
import { revokedLine } from '../support/log-lines.ts'
import { annotated, count, runStep, shown, type StepEnd, type StepRun } from '../support/run-action.ts'

/*
 * A real CONNECT proxy is the only way to acme.zendesk.com, whose certificate comes from a CA of our own. In the
 * processes every look-up of a name fails, so that nothing can pass the proxy by, or leave this machine.
 */

const USER = 'ci@acme'
const PASSWORD = 'p@ss:w/rd%41'

let zendesk: Zendesk
let untrusted: Zendesk
let proxy: Server
/** What the proxy was asked for, and by whom: `host:port user:password`. */
const asked: string[] = []
/** The status with which the proxy refuses; 0 where it does not. */
let refusal = 0
let locked = false

beforeAll(async () => {
  zendesk = await sandbox({ tls: tls.good })
  untrusted = await sandbox({ tls: tls.wrongCa })
  proxy = new Server({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: ({ hostname, port, username, password }) => {
      asked.push(`${hostname}:${port} ${username}:${password}`)
      if (refusal > 0) throw new RequestError('No', refusal)
      return {
        requestAuthentication: locked && (username !== USER || password !== PASSWORD),
        // The only name server here: whatever is asked for is the sandbox.
        dnsLookup: ((_host: string, _options: object, done: (...found: unknown[]) => void) => {
          done(null, [{ address: '127.0.0.1', family: 4 }])
        }) as never
      }
    }
  })
  await proxy.listen()
})

beforeEach(() => {
  asked.length = 0
  refusal = 0
  locked = false
  zendesk.forget()
  for (const token of zendesk.living()) token.revoked = true
})

afterAll(async () => {
  await proxy.close(true)
})

const account = (): string => `https://acme.zendesk.com:${zendesk.port}`
const proxyUrl = (userInfo = ''): string => `http://${userInfo}127.0.0.1:${proxy.port}`

function run(
  entry: 'main' | 'post',
  env: Record<string, string>,
  { lookups = 0, inputs, state }: StepRun
): Promise<StepEnd> {
  return runStep(entry, {
    inputs: at(zendesk, {
      ...credentials.clientCredentials(zendesk),
      'base-url': account(),
      'timeout-seconds': 20,
      ...inputs
    }),
    env: { NODE_EXTRA_CA_CERTS: caFile, ...env },
    lookups,
    ...(state && { state })
  })
}

const main = (env: Record<string, string>, origin = account(), lookups = 0): Promise<StepEnd> =>
  run('main', env, { inputs: { 'base-url': origin }, lookups })

const post = (env: Record<string, string>, state: StepEnd['state']): Promise<StepEnd> =>
  run('post', env, { state })

/** Checks that a step failed for one reason, and returns its error. */
function errorOf(ended: StepEnd): string {
  expect(ended).toMatchObject({ exitCode: 1, stderr: '', outputs: {}, state: {} })
  expect(count(ended, 'error')).toBe(1)
  return annotated(ended).find((line) => line.startsWith('::error::'))!
}

function masksOf({ stdout }: StepEnd): string[] {
  return stdout
    .filter((line) => line.startsWith('::add-mask::'))
    .map((line) => line.slice(12).replaceAll('%25', '%'))
}

describe('through a proxy', () => {
  it.each(['https_proxy', 'HTTPS_PROXY'])(
    'a token is minted, revoked and proven dead by %s',
    async (name) => {
      const env = { [name]: proxyUrl() }
      const minted = await main(env)
      expect(minted).toMatchObject({ exitCode: 0, stderr: '' })
      expect(zendesk.living()).toHaveLength(1)
      const ended = await post(env, minted.state)
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(ended.stdout.at(-1)).toBe(revokedLine(minted.outputs['token-id']))
      expect(zendesk.living()).toEqual([])
      expect(zendesk.requests).toHaveLength(4)
      // A tunnel for each request, to that host and to nothing else.
      expect(asked).toEqual(Array(4).fill(`acme.zendesk.com:${zendesk.port} :`))
    }
  )

  it('without a scheme its address is read as http-client reads it', async () => {
    const ended = await main({ https_proxy: `127.0.0.1:${proxy.port}` })
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(asked).toHaveLength(2)
  })

  it('a user name and a password are used as they are meant, and masked in both spellings', async () => {
    locked = true
    const encoded = encodeURIComponent(PASSWORD)
    const env = { https_proxy: proxyUrl(`${encodeURIComponent(USER)}:${encoded}@`), RUNNER_DEBUG: '1' }
    const minted = await main(env)
    const ended = await post(env, minted.state)
    for (const step of [minted, ended]) {
      expect(step).toMatchObject({ exitCode: 0, stderr: '' })
      expect(masksOf(step)).toEqual(expect.arrayContaining([encoded, PASSWORD]))
      const everything = shown(step) + JSON.stringify([step.env, step.outputs, step.state])
      for (const form of [encoded, PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString('base64')]) {
        expect(everything).not.toContain(form)
      }
    }
    expect(new Set(asked)).toEqual(new Set([`acme.zendesk.com:${zendesk.port} ${USER}:${PASSWORD}`]))
    expect(zendesk.living()).toEqual([])
  })

  it('a password that it does not take is an error of its own, and is not tried again', async () => {
    locked = true
    const ended = await main({ https_proxy: proxyUrl('ci:wrong-password@') })
    expect(errorOf(ended)).toContain('The proxy refused the connection')
    expect(errorOf(ended)).toContain('It needs a user name and a password.')
    expect(shown(ended)).not.toContain('wrong-password')
    expect(asked).toHaveLength(1)
  })

  it.each([403, 502])(
    'its refusal with %i is an error of its own, and is not tried again',
    async (status) => {
      refusal = status
      const error = errorOf(await main({ https_proxy: proxyUrl() }))
      expect(error).toContain('The proxy refused the connection.')
      expect(error).toContain(`: ${status}.`)
      expect(error).not.toContain('may exist')
      expect(asked).toHaveLength(1)
    }
  )

  it('a refusal in post is one warning', async () => {
    const { state } = await main({ https_proxy: proxyUrl() })
    refusal = 403
    const ended = await post({ https_proxy: proxyUrl() }, state)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect([count(ended, 'warning'), count(ended, 'error')]).toEqual([1, 0])
    refusal = 0
    await post({ https_proxy: proxyUrl() }, state)
    expect(zendesk.living()).toEqual([])
  })

  it('a proxy that is down is an error of its own, after five tries', async () => {
    const down = await relay(() => 0)
    down.stop()
    const ended = await main({ https_proxy: `http://ci:secret-word@${down.host}:${down.port}` })
    expect(errorOf(ended)).toContain('The proxy could not be reached')
    expect(ended.stdout.filter((line) => /^POST .*; attempt \d of 5 in/.test(line))).toHaveLength(4)
    expect(shown(ended)).not.toContain('secret-word')
    down.close()
  })

  it.each([
    'proxy.example:3128',
    'ci:hush-hush@proxy.example:3128',
    'ftp://ci:hush-hush@proxy.example',
    'http://ci:hush-hush@:3128',
    'http://ci:hush-hush%zz@proxy.example:3128',
    'http://'
  ])('an address that cannot be read is an error, and nothing is sent: %s', async (address) => {
    const ended = await main({ https_proxy: address })
    expect(errorOf(ended)).toContain('The proxy URL cannot be read. Write `https_proxy` as')
    expect(shown(ended)).not.toContain('hush')
    expect(asked).toEqual([])
    expect(zendesk.requests).toEqual([])
  })
})

describe('past a proxy', () => {
  it.each(['acme.zendesk.com', '.zendesk.com', 'other.example, zendesk.com', '*'])(
    'goes what no_proxy names: %s',
    async (list) => {
      const ended = await main({ https_proxy: proxyUrl(), no_proxy: list }, account(), 9)
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(asked).toEqual([])
      expect(zendesk.requests).toHaveLength(2)
      expect(zendesk.connections).toBe(1)
    }
  )

  it('goes nothing else', async () => {
    const ended = await main({ https_proxy: proxyUrl(), no_proxy: 'other.zendesk.com' }, account(), 9)
    expect(ended.exitCode).toBe(0)
    expect(asked).toHaveLength(2)
  })

  it('goes what is on this machine', async () => {
    const ended = await main({ https_proxy: proxyUrl(), http_proxy: proxyUrl() }, zendesk.url)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(asked).toEqual([])
  })
})

describe('a certificate', () => {
  it.each([
    ['of a CA that nobody trusts', () => `https://acme.zendesk.com:${untrusted.port}`, caFile],
    ['of a CA that the runner was not told of', account, ''],
    ['of another host', () => `https://other.zendesk.com:${zendesk.port}`, caFile]
  ])('%s is refused at once, through the proxy and past it', async (_of, origin, ca) => {
    for (const variables of [{ https_proxy: proxyUrl() }, {}]) {
      // With this variable Node trusts everybody, and says so on stderr; a credential is not sent that way.
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: ca, ...variables }
      const ended = await main(env, origin(), 9)
      expect(errorOf(ended)).toContain('The certificate of the server is not trusted (TLS)')
      expect(ended.stdout.some((line) => line.includes('attempt 2'))).toBe(false)
    }
    expect([...zendesk.requests, ...untrusted.requests]).toEqual([])
  })
})
