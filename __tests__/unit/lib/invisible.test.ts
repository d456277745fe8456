import { expect, it } from '@jest/globals'
import { replaceInvisible, trim } from '../../../src/lib/invisible.ts'

const INVISIBLE = [
  ...['\u00ad', '\u034f', '\u061c', '\u115f', '\u180e', '\u200b', '\u200e', '\u2060', '\u2066', '\u2800'],
  ...['\u3164', '\ufe0f', '\ufeff', '\uffa0', '\u{1d173}', '\u{e0041}', '\u{e0100}']
]

it('replaceInvisible replaces each code point once, and nothing else', () => {
  for (const each of INVISIBLE)
    expect([each, replaceInvisible(`a${each}b${each}${each}`, () => '-')]).toEqual([each, 'a-b--'])
  const text = 'a b\n\t\0ü🔥…\u00a0\u2028⠁'
  expect(replaceInvisible(text, () => '-')).toBe(text)
})

it('trim removes white space and invisible characters at both ends, and no control characters', () => {
  for (const end of [' \t\r\n\u00a0\u3000', INVISIBLE.join(''), '\u200b \ufeff\n\u{e0100}\u00a0'])
    expect([trim(`${end}a${end}b${end}`), trim(end)]).toEqual([`a${end}b`, ''])
  expect(['', 'a', '\u0007a\u0000', '\u0085'].map(trim)).toEqual(['', 'a', '\u0007a\u0000', '\u0085'])
})
