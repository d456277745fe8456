import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'

import { runJob } from '../../mock/runner.ts'
import { commentsOf } from '../../scripts/tidy.ts'
import { preloaded, root, sweepAction, userAgent } from '../support/run-action.ts'
import { scratch } from '../support/scratch.ts'
import { at, credentials, mockZendesk, clientCredentials } from '../support/zendesk.ts'

const dist = join(root, 'dist')
const code = readFileSync(join(dist, 'index.cjs'), 'utf8')

/** How often the bundle contains `text`. */
function occurrences(text: string): number {
  return code.split(text).length - 1
}

/** `tsconfig.json`, for a single file. */
const { config } = ts.parseConfigFileTextToJson(
  'tsconfig.json',
  readFileSync(join(root, 'tsconfig.json'), 'utf8')
) as { config: ts.TranspileOptions }

describe('dist/', () => {
  it('contains the code, three entry files of one line, and the licences', () => {
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

  it('is readable: at most 215 kB, in short lines', () => {
    const scripts = readdirSync(dist).filter((name) => name.endsWith('.cjs'))
    const size = scripts.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0)
    expect(size).toBeLessThanOrEqual(215_000)
    const lines = code.split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300)
    expect(lines.length).toBeGreaterThan(1000)
  })

  it('contains our comments, and no others but the names of modules', () => {
    const names = [...code.matchAll(/^;?\/\/ [A-Z]+ MODULE: (.*)$/gm)].map(([, name]) => name!)
    const ours = names.filter((name) => /^\.\/(?:src|stubs)\//.test(name))
    // Types have comments, too, which TypeScript leaves out.
    const compiled = ours.map(
      (path) => ts.transpileModule(readFileSync(join(root, path), 'utf8'), config).outputText
    )
    const added = /^\/\/ (?:[A-Z]+ MODULE|SHA-256 of src\/, .*): /
    const comments = commentsOf(code).filter((comment) => !added.test(comment))
    expect(ours).toContain('./src/lib/clock.ts')
    expect(comments.toSorted()).toEqual(commentsOf(compiled.join('\n')).toSorted())
  })

  it('contains the licence of every package in it', () => {
    const packages = new Set(
      [...code.matchAll(/\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//g)].map(([, name]) => name!)
    )
    expect([...packages].toSorted()).toEqual(['@actions/core', '@actions/http-client'])
    // `tunnel` is loaded lazily, so webpack writes no comment that names it.
    expect(code).toContain('tunneling connection has established')
    const licences = readFileSync(join(dist, 'licenses.txt'), 'utf8')
    for (const name of [...packages, 'tunnel']) {
      const [, text = ''] = licences.split(new RegExp(`^${name}\n`, 'm'))
      expect(text).toMatch(/^MIT\n[^]*?Permission is hereby granted/)
    }
  })

  it('requires only modules of Node, and none that starts a process', () => {
    const required = [...code.matchAll(/[^_]require\(["']([^"']+)["']\)/g)].map(([, name]) => name!)
    expect(required).toContain('node:http')
    expect(required.filter((name) => !builtinModules.includes(name.replace(/^node:/, '')))).toEqual([])
    expect(occurrences('webpackMissingModule')).toBe(0)
    expect(occurrences('child_process')).toBe(0)
    expect(code).not.toMatch(/\bimport\(|\beval\(|new Function\(/)
  })

  it('does not load at its start what only a job summary or a proxy needs', () => {
    const script = `require(${JSON.stringify(join(dist, 'index.cjs'))}); console.log(process.moduleLoadList.join('\\n'))`
    const env = { ...process.env, NODE_OPTIONS: '' }
    const loaded = execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }).split('\n')
    expect(loaded).toContain('NativeModule https')
    expect(loaded).not.toContain('NativeModule internal/fs/promises')
    expect(loaded).not.toContain('NativeModule assert')
  })
})

/** Functions that use the stub of `@actions/exec`. */
const STUB_USERS = ['getExecOutput', 'getWindowsInfo', 'getMacOsInfo', 'getLinuxInfo', 'getDetails']

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

describe('the stubs of undici and @actions/exec in dist/', () => {
  it('throw if they are called', async () => {
    // A name in a variable, since the stub has no types.
    const path = join(root, 'stubs', 'actions-exec.cjs')
    const { getExecOutput } = ((await import(path)) as { default: { getExecOutput: () => void } }).default
    expect(() => {
      getExecOutput()
    }).toThrow('@actions/exec is left out of this build')
  })

  it('are used only by functions of the toolkit that nothing calls', () => {
    expect(occurrences('ProxyAgent')).toBe(0)
    expect(occurrences('getDetails')).toBe(1)
    for (const name of ['getWindowsInfo', 'getMacOsInfo', 'getLinuxInfo']) {
      // Its definition, and its use in getDetails.
      expect(occurrences(name)).toBe(2)
    }
  })

  it('are never reached by main, post and sweep', async () => {
    const zendesk = await mockZendesk()
    const folder = scratch('coverage')
    const inputs = clientCredentials(zendesk, {
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
        // Through a proxy, for which http-client has undici; nothing listens on port 9.
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
    // The coverage does name functions that were called.
    for (const name of ['_getAgent', 'main', 'post', 'sweep', 'httpsOverHttp']) expect(called).toContain(name)
    for (const name of STUB_USERS) expect(called).not.toContain(name)
    expect(new Set(zendesk.requests.map(({ headers }) => headers['user-agent']))).toEqual(
      new Set([userAgent])
    )
  })
})
