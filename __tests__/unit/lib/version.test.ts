import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { VERSION } from '../../../src/lib/version.ts'

it('VERSION is the version in package.json', () => {
  const file = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  expect(JSON.parse(file)).toMatchObject({ version: VERSION })
})
