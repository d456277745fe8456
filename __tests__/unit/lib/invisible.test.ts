import { describe, expect, it } from '@jest/globals'
import { replaceInvisible, trim } from '../../../src/lib/invisible.ts'

const INVISIBLE = [
  ...['\u00ad', '\u034f', '\u061c', '\u115f', '\u180e', '\u200b', '\u200e', '\u2060', '\u2066', '\u2800'],
  ...['\u3164', '\ufe0f', '\ufeff', '\uffa0', '\u{1d173}', '\u{e0041}', '\u{e0100}']
]

describe('replaceInvisible', () => {
  it.each(INVISIBLE)('replaces %j, each code point once', (character) => {
    expect(replaceInvisible(`a${character}b${character}${character}`, () => '-')).toBe('a-b--')
  })

  it.each(['', 'a b\n\t\0', 'ü', '🔥', '…', '\u00a0', '\u2028', '⠁'])('leaves %j alone', (text) => {
    expect(replaceInvisible(text, () => '-')).toBe(text)
  })
})

describe('trim', () => {
  it.each([
    ['white space', ' \t\r\n\u00a0\u3000'],
    ['invisible characters', INVISIBLE.join('')],
    ['both', `\u200b \ufeff\n\u{e0100}\u00a0`]
  ])('removes %s at both ends, and nothing inside', (_what, end) => {
    expect(trim(`${end}a${end}b${end}`)).toBe(`a${end}b`)
    expect(trim(end)).toBe('')
  })

  it.each(['', 'a', '\u0007a\u0000', '\u0085'])('leaves %j alone', (text) => {
    expect(trim(text)).toBe(text)
  })
})
