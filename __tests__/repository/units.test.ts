import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { all, read, root } from './files.ts'

/*
 * unit/ has one file for each file of src, and in it each outermost title names an export, so that a rule is found
 * where its code is, and a failure says what failed.
 */

const units = readdirSync(join(root, '__tests__/unit'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts'))

describe.each(units)('unit/%s', (unit) => {
  it('is about a file of src, and names an export in each outermost title', () => {
    const source = `src/${unit.replace('.test.ts', '.ts')}`
    expect(existsSync(join(root, source))).toBe(true)
    const exports = all(read(source), /^export (?:async )?(?:const|function\*?|class) (\w+)/gm)
    // `%s` is a name from a table.
    const outermost = /^(?:describe|it|\]\)|\}\))[^\n]*?\(\s*['"`](?!%s['"`])(.*?)['"`],/gm
    const titles = all(read(`__tests__/unit/${unit}`), outermost)
    expect(titles).not.toEqual([])
    expect(titles.filter((title) => !title.match(/\w+/g)?.some((word) => exports.includes(word)))).toEqual([])
  })
})
