import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { VERSION } from '../../../src/lib/version.ts'

describe('VERSION', () => {
  it('is the version in package.json', () => {
    const file = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
    expect(VERSION).toBe((JSON.parse(file) as { version: string }).version)
  })
})
