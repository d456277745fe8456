import { inspect } from 'node:util'
import { expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'

it('Secret reveals its value on request, and shows it nowhere else', () => {
  const secret = new Secret('s3cr3t-value')
  expect(secret.reveal()).toBe('s3cr3t-value')
  const inspected = [inspect({ deep: [secret] }), inspect(secret, { showHidden: true, depth: null })]
  const fields = [JSON.stringify(Object.entries(secret)), inspect(Object.assign({}, secret))]
  const shown = [secret, JSON.stringify({ secret }), ...inspected, ...fields].map(String)
  expect(shown.filter((text) => text.includes('s3cr3t'))).toEqual([])
})
