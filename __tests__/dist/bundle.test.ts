import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from '@jest/globals'

import { runJob } from '../../mock/runner.ts'
import { at, credentials, sandbox } from '../support/fixtures.ts'
import { preloaded, root, scratch, sweepAction, userAgent } from '../support/run-action.ts'

const dist = join(root, 'dist')
const code = readFileSync(join(dist, 'index.cjs'), 'utf8')

/** How often `text` stands in the bundle. */
function occurrences(text: string): number {
  return code.split(text).length - 1
}

describe('dist/', () => {
  it('holds the code, three entries of one line, and licence texts', () => {
    expect(readdirSync(dist).toSorted()).toEqual([
      'index.cjs',
      'licenses.txt',
      'main.cjs',
      'post.cjs',
      'sweep.cjs'
    ])
    for (const entry of ['main', 'post', 'sweep']) {
      expect(readFileSync(join(dist, `${entry}.cjs`), 'utf8')).toBe(`require('./index.cjs').${entry}()\n`)
    }
  })

  it('is small enough to be read, and can be', () => {
    const scripts = readdirSync(dist).filter((name) => name.endsWith('.cjs'))
    const size = scripts.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0)
    expect(size).toBeLessThanOrEqual(400_000)
    const lines = code.split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300)
    expect(lines.length).toBeGreaterThan(1000)
  })

  it('ships the licence of every package in it', () => {
    const packages = new Set(
      [...code.matchAll(/\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//g)].map(([, name]) => name!)
    )
    expect([...packages].toSorted()).toEqual(['@actions/core', '@actions/http-client'])
    // It is loaded lazily, so webpack writes no comment that names it.
    expect(code).toContain('tunneling connection has established')
    const licences = readFileSync(join(dist, 'licenses.txt'), 'utf8')
    for (const name of [...packages, 'tunnel']) {
      const [, text = ''] = licences.split(new RegExp(`^${name}\n`, 'm'))
      expect(text).toMatch(/^MIT\n[^]*?Permission is hereby granted/)
    }
  })

  it('needs nothing that is not in it but Node itself, and no way to start a process', () => {
    const required = [...code.matchAll(/[^_]require\(["']([^"']+)["']\)/g)].map(([, name]) => name!)
    expect(required).toContain('node:http')
    expect(required.filter((name) => !builtinModules.includes(name.replace(/^node:/, '')))).toEqual([])
    expect(occurrences('webpackMissingModule')).toBe(0)
    expect(occurrences('child_process')).toBe(0)
    expect(code).not.toMatch(/\bimport\(|\beval\(|new Function\(/)
  })
})

/** What stands in for undici and `@actions/exec`, and everything that leads to it. */
const LEFT_OUT = {
  undici: ['ProxyAgent', '_getProxyAgentDispatcher', 'getAgentDispatcher'],
  exec: ['getExecOutput', 'getWindowsInfo', 'getMacOsInfo', 'getLinuxInfo', 'getDetails']
}

interface Coverage {
  result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[]
}

/** The names of the functions of the bundle that were called, from what V8 wrote into a folder. */
function calledIn(folder: string): Set<string> {
  const called = readdirSync(folder).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Coverage
    const script = result.find(
      ({ url }) => url.startsWith('file:') && fileURLToPath(url) === join(dist, 'index.cjs')
    )
    return (script?.functions ?? []).filter(({ ranges }) => ranges[0]!.count > 0)
  })
  return new Set(called.map(({ functionName }) => functionName))
}

describe('what is left out of it', () => {
  it('throws where it is called', async () => {
    // A name in a variable: what is imported here has no types.
    const standIn = async (name: string): Promise<Record<string, never>> =>
      ((await import(join(root, 'stubs', `${name}.cjs`))) as { default: Record<string, never> }).default
    const { ProxyAgent } = (await standIn('undici')) as unknown as { ProxyAgent: new () => object }
    const { getExecOutput } = (await standIn('actions-exec')) as unknown as { getExecOutput: () => void }
    expect(() => new ProxyAgent()).toThrow('undici is left out of this build')
    expect(() => {
      getExecOutput()
    }).toThrow('@actions/exec is left out of this build')
  })

  it('is named nowhere but in parts of the toolkit that nothing calls', () => {
    // Each of these is there once as a definition, and else only in the next one of its chain.
    expect(occurrences('new undici')).toBe(1)
    expect(occurrences('_getProxyAgentDispatcher(')).toBe(2)
    expect(occurrences('getAgentDispatcher')).toBe(1)
    expect(occurrences('getDetails')).toBe(1)
    for (const name of ['getWindowsInfo', 'getMacOsInfo', 'getLinuxInfo']) {
      // Its definition, and its use in getDetails.
      expect(occurrences(name)).toBe(2)
    }
  })

  it('is called by no path of main, post and sweep', async () => {
    const zendesk = await sandbox()
    const folder = scratch('coverage')
    const inputs = at(zendesk, {
      ...credentials.clientCredentials(zendesk),
      scopes: 'tickets:read',
      'job-summary': true,
      'export-env': true
    })
    zendesk.seedTokens(3)
    const { steps } = await runJob(
      [
        { uses: root, with: inputs },
        { uses: root, with: at(zendesk, credentials.apiToken(zendesk)) },
        { uses: sweepAction, with: at(zendesk, { ...credentials.apiToken(zendesk), 'dry-run': false }) },
        // Through a proxy, which is where http-client has its undici; port 9 has nobody.
        {
          uses: root,
          with: { ...inputs, 'base-url': 'https://zendesk.invalid' },
          env: { https_proxy: 'http://user:password@127.0.0.1:9', no_proxy: '' }
        }
      ],
      { env: { ...preloaded({ random: 0 }), NODE_V8_COVERAGE: folder } }
    )
    expect(steps.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 1, 0, 0, 0])
    expect(existsSync(folder)).toBe(true)
    const called = calledIn(folder)
    // Called, so that the rest of this says something.
    for (const name of ['_getAgent', 'mint', 'revoke', 'sweep', 'httpsOverHttp'])
      expect(called).toContain(name)
    for (const name of [...LEFT_OUT.undici, ...LEFT_OUT.exec]) expect(called).not.toContain(name)
    expect(new Set(zendesk.requests.map(({ headers }) => headers['user-agent']))).toEqual(
      new Set([userAgent])
    )
  })
})
