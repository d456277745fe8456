import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { Secret } from '../../../src/lib/secret.ts'

const secret = new Secret('s3cr3t-value')

describe('Secret', () => {
  it('reveals its value only on request', () => {
    expect(secret.reveal()).toBe('s3cr3t-value')
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual(['***', '"***"', '***'])
  })

  it.each([
    ['a template', `it is ${String(secret)}`],
    ['a concatenation', [secret, 'x'].join(' ')],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ deep: [secret] })],
    ['inspect with hidden fields', inspect(secret, { showHidden: true, depth: null })],
    ['its keys and values', JSON.stringify(Object.entries(secret))],
    ['a copy', inspect(Object.assign({}, secret))]
  ])('does not show its value in %s', (_where, shown) => {
    expect(shown).not.toContain('s3cr3t')
  })
})
