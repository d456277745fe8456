import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'

const secret = new Secret('s3cr3t-value')

describe('Secret', () => {
  it('reveals its value on request', () => {
    expect(secret.reveal()).toBe('s3cr3t-value')
  })

  it.each([
    ['a text', String(secret as unknown)],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ deep: [secret] })],
    ['inspect with hidden fields', inspect(secret, { showHidden: true, depth: null })],
    ['its keys and values', JSON.stringify(Object.entries(secret))],
    ['a copy', inspect(Object.assign({}, secret))]
  ])('does not show its value in %s', (_place, shown) => {
    expect(shown).not.toContain('s3cr3t')
  })
})
