import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { type Zendesk } from '../../../mock/zendesk.ts'
import {
  annotated,
  NOTHING,
  published,
  retries,
  revokedLine,
  said,
  shown,
  VERIFIED
} from '../../support/log-lines.ts'
import { preloaded, runStep, type StepEnd, type StepRun } from '../../support/run-action.ts'
import { scratch } from '../../support/scratch.ts'
import { caFile, impostor, relay, tls } from '../../support/servers.ts'
import { clientCredentials, mockZendesk } from '../../support/zendesk.ts'
import { find, PROGRAMS } from './installed.ts'
import { NameServer } from './name-server.ts'
import { CREDENTIALS, DENIED, start, stopAll, type Proxies } from './programs.ts'

/*
 * Main and post behind real proxies. The steps find no host name themselves, and each has a clock of its own.
 */

const { user, password } = CREDENTIALS

let zendesk: Zendesk
const nameServer = new NameServer()

beforeAll(async () => {
  await nameServer.start()
  nameServer.find = (host) => (host === 'acme.zendesk.com' ? '127.0.0.1' : 'unknown')
  zendesk = await mockZendesk({ tls: tls.good })
})

beforeEach(() => {
  zendesk.forget()
  for (const token of zendesk.activeTokens()) token.revoked = true
})

afterAll(async () => {
  nameServer.close()
  await stopAll()
})

for (const program of PROGRAMS) {
  const describeIf = find(program) ? describe : describe.skip
  describeIf(`behind ${program}`, () => {
    let proxies: Proxies
    /** A step behind the proxy that wants no password. */
    const step = (inputs = {}): StepRun => ({
      env: { https_proxy: `http://${proxies.open}`, NODE_EXTRA_CA_CERTS: proxies.caFile },
      inputs
    })
    /** A step behind the one that wants a password. */
    const locked = (credentials: string) => ({
      env: { https_proxy: `http://${credentials}${proxies.locked}` }
    })

    beforeAll(async () => void (proxies = await start(program)))

    it('main mints a token, and post revokes it', async () => {
      await expectRevoked(step())
      expect(zendesk.requests).toHaveLength(4)
    })

    // Privoxy says that it does not know a name by a 404, which is a refusal.
    const isRefusal = program === 'privoxy'
    it.each([
      ['cannot connect to the host', false, 'acme.zendesk.com:9'],
      ['does not know the host name', isRefusal, 'unknown.zendesk.com']
    ])('main tries five times, or once after a refusal, if the proxy %s', async (_what, isRefused, host) => {
      const inputs = host.includes(':') ? { 'base-url': `https://${host}` } : account(host)
      const error = await failed(step(inputs), { proxy: proxies.open, attempts: isRefused ? 1 : 5 })
      const unreachable = `The proxy could not reach .*\`subdomain\`.* ${host}: CONNECT 50\\d\\.$`
      expect(error).toMatch(isRefused ? /refused.* 404\.$/ : new RegExp(unreachable))
    })

    it('post revokes the token if only its first attempt does not reach the host', async () => {
      const door = await relay(() => zendesk.port, '127.0.0.1')
      const behindDoor = step({ 'base-url': `https://acme.zendesk.com:${door.port}` })
      const { state } = await run('main', behindDoor)
      door.stop()
      const hold = scratch('hold')
      const onLine = (line: string): void => {
        if (line.includes('attempt 2')) void door.restart().then(() => writeFileSync(hold, ''))
      }
      const ended = await run('post', { ...behindDoor, state, hold, onLine })
      expect(retries(ended)).toHaveLength(1)
      expect(said(ended).at(-1)).toContain(VERIFIED)
      expect(zendesk.activeTokens()).toEqual([])
    })

    if (program !== 'mitmproxy') {
      it('main tries once if the proxy denies the host', async () => {
        const error = await failed(step(account(DENIED)), { proxy: proxies.open })
        expect(error).toMatch(/refused.* 403\.$/)
        // How `no_proxy` is written: a `*` would be ignored.
        expect(error).toMatch(/`no_proxy`.* `?\.zendesk\.com/)
      })
    }

    if (program !== 'privoxy') {
      it('main and post send the user name and the password', async () => {
        await expectRevoked(locked(`${user}:${password}@`))
      })

      it.each([
        ['needs a password if there is none', '', 'needs'],
        ['may have another password', `${user}:other-word-7@`, 'wrong']
      ])('main says that the proxy %s', async (_what, credentials, word) => {
        const error = await failed(locked(credentials), { proxy: proxies.locked! })
        expect(error.match(/\b(?:needs|wrong)\b/g)).toEqual([word])
        expect(error).toMatch(/ 40[17]\.$/)
      })
    }

    if (program === 'squid') {
      it('main mints a token, and post revokes it, if the proxy has an IPv6 address', async () => {
        await expectRevoked({ env: { https_proxy: `http://${proxies.ipv6}` } })
      })

      it('main sends the password if Node throws at what is deprecated', async () => {
        const NODE_OPTIONS = `${preloaded()['NODE_OPTIONS']} --throw-deprecation`
        const { env } = locked(`${user}:${password}@`)
        const ended = await run('main', { env: { ...env, NODE_OPTIONS } })
        expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      })

      it.each(['"', "'"])('main makes no request if there are %s around the proxy URL', async (quote) => {
        const url = `${quote}http://${user}:${password}@${proxies.locked}${quote}`
        expect(await failed({ env: { https_proxy: url } })).toMatch(/cannot be read.*`https_proxy`/)
      })

      it.each([
        ['TLSv1.2', 5],
        ['TLSv1.3', 1]
      ] as const)('main names the client certificate in %s, after %i attempts', async (version, attempts) => {
        const demands = { requestCert: true, rejectUnauthorized: true }
        const { port } = await impostor({ ...tls.good, ...demands, minVersion: version, maxVersion: version })
        const inputs = { 'base-url': `https://acme.zendesk.com:${port}` }
        expect(await failed(step(inputs), { attempts })).toContain('client certificate')
      })
    }

    if (program === 'mitmproxy') {
      it('main tries once if the CA of the proxy is not trusted', async () => {
        const untrusted = { env: { https_proxy: `http://${proxies.open}` } }
        expect(await failed(untrusted)).toMatch(/certificate.*`NODE_EXTRA_CA_CERTS`/)
      })
    }
  })
}

/** Runs a step. */
function run(entry: 'main' | 'post', { inputs, env, ...more }: StepRun): Promise<StepEnd> {
  const baseUrl = `https://acme.zendesk.com:${zendesk.port}`
  return runStep(entry, {
    inputs: clientCredentials(zendesk, { 'base-url': baseUrl, ...inputs }),
    env: { NODE_EXTRA_CA_CERTS: caFile, ...env },
    lookups: 0,
    ...more
  })
}

/** Runs main, which mints a token, and post, which revokes it. */
async function expectRevoked(step: StepRun): Promise<void> {
  const minted = await run('main', step)
  const ended = await run('post', { ...step, state: minted.state })
  for (const end of [minted, ended]) {
    expect(end).toMatchObject({ exitCode: 0, stderr: '' })
    expect(annotated(end)).toEqual([])
    expect(shown(end)).not.toContain(password)
  }
  expect(said(ended).at(-1)).toBe(revokedLine(minted.outputs['token-id']))
  expect(zendesk.activeTokens()).toEqual([])
}

/** Runs main, which sends nothing to Zendesk, and returns its error, which names the variable and the proxy. */
async function failed(step: StepRun, { proxy = '', attempts = 1 } = {}): Promise<string> {
  const ended = await run('main', step)
  expect(ended).toMatchObject({ exitCode: 1, stderr: '' })
  expect(published(ended)).toEqual(NOTHING)
  expect(shown(ended)).not.toMatch(/horse-battery-9|other-word-7/)
  expect(zendesk.requests).toEqual([])
  expect(retries(ended)).toHaveLength(attempts - 1)
  const [error = '', ...others] = annotated(ended)
  expect(others).toEqual([])
  if (proxy !== '') for (const name of ['`https_proxy`', proxy]) expect(error).toContain(name)
  return error
}

/** The inputs for an account at its usual address. */
function account(host: string): Record<string, string> {
  return { subdomain: host.replace('.zendesk.com', ''), 'base-url': '' }
}
