import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { commentsOf } from '../../scripts/tidy.ts'
import { root } from '../support/run-action.ts'

const dist = join(root, 'dist')
const code = readFileSync(join(dist, 'index.cjs'), 'utf8')

/** `tsconfig.json`, for a single file. */
const { config } = ts.parseConfigFileTextToJson(
  'tsconfig.json',
  readFileSync(join(root, 'tsconfig.json'), 'utf8')
) as { config: ts.TranspileOptions }

describe('dist/', () => {
  it('contains the code, three entry files of one line, and the licences', () => {
    const entries = ['main', 'post', 'sweep']
    const files = ['index.cjs', 'licenses.txt', ...entries.map((entry) => `${entry}.cjs`)]
    expect(readdirSync(dist).toSorted()).toEqual(files)
    for (const entry of entries)
      expect(readFileSync(join(dist, `${entry}.cjs`), 'utf8')).toBe(`require('./index.cjs').${entry}()\n`)
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
    expect(code).not.toMatch(/webpackMissingModule|child_process/)
    // They stand for libraries that nothing may use.
    expect(code).toContain('EXTERNAL MODULE: ./stubs/unused.cjs')
    expect(code).not.toMatch(/\b(?:actions_exec|undici|exec)\.\w/)
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
