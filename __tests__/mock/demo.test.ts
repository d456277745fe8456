import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { demo } from '../../mock/demo.ts'
import '../support/fresh-dist.ts'
import { scratch } from '../support/scratch.ts'

const root = join(import.meta.dirname, '../..')

describe('the demo', () => {
  let folder: string
  let lines: string[]
  beforeEach(() => {
    folder = scratch('demo')
    lines = []
  })

  const run = (action: string): Promise<number> => demo(action, (line) => lines.push(line))
  /** Runs it with a copy of the action in which one file is another. */
  const runChanged = (path: string, text: string): Promise<number> => {
    for (const part of ['action.yml', 'dist'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    writeFileSync(join(folder, path), text)
    return run(folder)
  }

  it('succeeds with the action in this repository, and shows what it promises', async () => {
    expect(await run(root)).toBe(0)
    const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length
    expect(count(/^\d\. /)).toBe(4)
    expect(count(/A careless step prints the token: \*\*\*$/)).toBe(3)
    expect(count(/ and verified that Zendesk rejects it\.$/)).toBe(3)
    expect(count(/a request with the token gets 401\.$/)).toBe(3)
    expect(lines.filter((line) => line.includes('Error: '))).toEqual([
      expect.stringMatching(/invalid_client.*client-secret/)
    ])
    expect(lines.at(-1)).toMatch(/^Result: every promise was kept\./)
  })

  it('fails and names the broken promises if post does not revoke', async () => {
    expect(await runChanged('dist/post.cjs', '')).toBe(1)
    const result = lines.slice(lines.indexOf('Result: BROKEN. These promises were not kept:') + 1)
    expect(result).toContain('- Client credentials (recommended): Zendesk rejects the token after the job')
    expect(result).toContain('- Client credentials (recommended): no token is active after the job')
  })

  it('fails if the log shows the token', async () => {
    const unmasked = `const { write } = process.stdout
process.stdout.write = (text, ...rest) =>
  write.call(process.stdout, String(text).replaceAll(/^::add-mask::/gm, '::debug::'), ...rest)
require(${JSON.stringify(join(root, 'dist/main.cjs'))})`
    expect(await runChanged('dist/main.cjs', unmasked)).toBe(1)
    expect(lines).toContain('- Client credentials (recommended): the log shows no secret')
  })

  it('asks for a build if there is no dist/', async () => {
    expect(await run(folder)).toBe(1)
    expect(lines).toEqual(['There is no dist/ yet. Run `npm run build` first.'])
  })
})
