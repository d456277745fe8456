import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/*
 * unit/ has one file for each file of src, and in it each outermost title names an export, so that a rule is found
 * where its code is, and a failure says what failed.
 */

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const units = readdirSync(join(root, '__tests__/unit'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts'))

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name)
}

describe.each(units)('unit/%s', (unit) => {
  const source = `src/${unit.replace('.test.ts', '.ts')}`

  it('is about a file of src', () => {
    expect(existsSync(join(root, source))).toBe(true)
  })

  it('names an export in each outermost title', () => {
    const exports = matches(read(source), /^export (?:async )?(?:const|function\*?|class) (\w+)/gm)
    const text = read(`__tests__/unit/${unit}`)
    // `%s` is a name from a table.
    const titles = matches(text, /^(?:describe|it|\]\)|\}\))[^\n]*?\(\s*['"`](?!%s['"`])(.*?)['"`],/gm)
    expect(titles).not.toEqual([])
    const words = (title: string): string[] => title.match(/\w+/g) ?? []
    expect(titles.filter((title) => !words(title).some((word) => exports.includes(word)))).toEqual([])
  })
})
