import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { firstLine } from '../../scripts/dist-inputs.ts'
import { scratch } from '../support/scratch.ts'
import { write } from './files.ts'

const PACKAGES = {
  '': { version: '1.0.0' },
  'node_modules/@actions/core': { version: '3.0.1', integrity: 'sha512-a' },
  'node_modules/jest': { version: '30.5.0', integrity: 'sha512-b', dev: true }
}
const lock = (packages: object): Record<string, string> => ({
  'package-lock.json': JSON.stringify({ packages: { ...PACKAGES, ...packages } })
})
const files = {
  'src/index.ts': 'one\ntwo\n',
  'src/lib/text.ts': 'three\n',
  'stubs/unused.cjs': 'four\n',
  'tsconfig.json': '{}\n',
  ...lock({})
}

/** The first line of dist/ for these files, some of them changed. */
function lineFor(change: Record<string, string> = {}): string {
  const root = scratch('checkout')
  for (const [name, text] of Object.entries({ ...files, ...change })) write(join(root, name), text)
  return firstLine(root)
}

describe('firstLine', () => {
  it('is a comment of one line', () => {
    expect(lineFor()).toMatch(/^\/\/ [^\n]*[\da-f]{64}\n$/)
  })

  it.each([
    ['a file of src/ changes', { 'src/lib/text.ts': 'tree\n' }],
    ['a file comes to src/', { 'src/lib/more.ts': '' }],
    ['text moves from one file to another', { 'src/index.ts': 'one\n', 'src/lib/text.ts': 'two\nthree\n' }],
    ['a stub changes', { 'stubs/unused.cjs': '' }],
    ['tsconfig.json changes', { 'tsconfig.json': '{ }\n' }],
    ['a package of the bundle changes', lock({ 'node_modules/@actions/core': { version: '3.0.2' } })],
    ['a package comes to the bundle', lock({ 'node_modules/tunnel': { version: '0.0.6' } })]
  ])('differs if %s', (_what, change) => {
    expect(lineFor(change)).not.toBe(lineFor())
  })

  it.each([
    ['lines end as on Windows', { 'src/index.ts': 'one\r\ntwo\r\n' }],
    ['a tool changes', lock({ 'node_modules/jest': { version: '31.0.0', dev: true } })],
    ['the version of the action changes', lock({ '': { version: '1.0.1' } })]
  ])('is the same if %s', (_what, change) => {
    expect(lineFor(change)).toBe(lineFor())
  })
})
