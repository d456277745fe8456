import { describe, expect, it } from '@jest/globals'
import {
  bareSecret,
  CHARACTERS,
  FORMS,
  isMaskable,
  isWrapped,
  looksLikeSecret,
  secretMistake,
  textMistake
} from '../../../src/inputs/mistakes.ts'

describe('FORMS', () => {
  const rows: Record<keyof typeof FORMS, string[]> = {
    quoted: [
      ...['"a-secret"', "'a-secret'", '`a-secret`', '“a-secret”', '‘a-secret’', '«a-secret»', '„a-secret“'],
      ...['""', '"a"', '"{}"', '"a b\nc"']
    ],
    unreplaced: [
      ...['$SECRET', '${SECRET}', '${{ secrets.SECRET }}', '$(cat secret)', '$env:SECRET', '{{ secret }}'],
      ...['<secret>', '<your client secret>', '%SECRET%', '***', '********************']
    ],
    json: ['{"client_secret":"abc"}', '{\n  "client_secret": "abc"\n}', '["abc", "def"]', '{}'],
    short: ['1234567', 'ü'],
    long: ['x'.repeat(8193)],
    scheme: [
      ...['Bearer abcdefgh', 'bearer\tabcdefgh', 'Basic YWJjOmRlZg==', 'Authorization: Bearer abcdefgh'],
      ...['authorization:Bearer abcdefgh', 'Authorization:  Basic YWJjOmRlZg==']
    ]
  }

  it.each(Object.entries(rows))('%s is said of each of its examples, and none is shown', (name, values) => {
    const [, wrong] = FORMS[name as keyof typeof FORMS]
    expect(values.map(secretMistake)).toEqual(values.map(() => `the value ${wrong}`))
  })
})

describe('CHARACTERS', () => {
  it.each<[keyof typeof CHARACTERS, string, string]>([
    ['control', 'abcd\nefgh', 'U+000A after the 4th character'],
    ['control', '\0abcdefgh', 'U+0000 as the 1st character'],
    ['control', 'ab\u0085cdefgh', 'U+0085 after the 2nd character'],
    ['invisible', 'abcd\u200befgh', 'U+200B after the 4th character'],
    ['invisible', 'a\ufeffbcdefgh', 'U+FEFF after the 1st character'],
    ['invisible', 'abc\u{e0100}defgh', 'U+E0100 after the 3rd character'],
    ['space', 'abcdefghijk lmn', 'U+0020 after the 11th character'],
    ['space', 'abcdefghijklm\u00a0', 'U+00A0 after the 13th character'],
    ['foreign', 'abcdefghijklmnopqrstuüv', 'U+00FC after the 21st character'],
    ['foreign', '🔥🔥🔥🔥', 'U+1F525 as the 1st character'],
    ['foreign', '“half-quoted', 'U+201C as the 1st character'],
    ['foreign', 'half-quoted”', 'U+201D after the 11th character'],
    ['foreign', `${'x'.repeat(111)}é`, 'U+00E9 after the 111th character'],
    ['foreign', `${'x'.repeat(122)}é`, 'U+00E9 after the 122nd character']
  ])('a secret with a character that is %s names it: %j', (kind, value, place) => {
    const [what, cure] = CHARACTERS[kind]
    expect(secretMistake(value)).toBe(`the value contains ${what}: ${place}. ${cure}`)
  })

  it('counts code points, not halves of them, up to the first that is wrong', () => {
    expect(textMistake('🔥🔥\u200b\0')).toContain('U+200B after the 2nd character')
  })
})

describe('secretMistake', () => {
  it.each([
    ['a UUID', '123e4567-e89b-12d3-a456-426614174000'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
    ['base64', 'abcd+/EFGH0123=='],
    ['punctuation inside', `a$b{{c<d%e*f[g{h"i'j\`k`],
    ['punctuation at the end', 'abcdefg$'],
    ['a quote at one end', '"half-a-quote\'d-secret'],
    ['different quotes at the ends', '"a-secret\''],
    ['percent signs', '%7Eabc%2Fdefgh'],
    ['percent signs at both ends, and between', '%7Eabc%2Fdefgh%'],
    ['a star in front', '*abcdefgh'],
    ['the name of a scheme in front', 'BearerOfSecrets'],
    ['8 characters', '!~345678'],
    ['8,192 characters', 'x'.repeat(8192)]
  ])('has nothing against %s', (_what, value) => {
    expect(secretMistake(value)).toBeUndefined()
  })

  it('takes linear time', () => {
    for (const text of ['"', '“', '%', '*', 'Bearer ', '\u200b', 'x'])
      expect(secretMistake(`${text.repeat(200_000)}!`)).toBeDefined()
  })
})

describe('textMistake', () => {
  it.each(['', 'a b', 'ünï', '“a”', '{"a": 1}', 'a\u00a0b'])('has nothing against %j', (value) => {
    expect(textMistake(value)).toBeUndefined()
  })

  it.each([
    [
      'a\tb',
      'the value contains a control character, such as a line break: U+0009 after the 1st character. '
    ],
    ['ab\u00adc', 'the value contains an invisible character: U+00AD after the 2nd character. ']
  ])('names the character and its place in %j', (value, mistake) => {
    expect(textMistake(value)).toContain(mistake)
  })
})

describe('isMaskable', () => {
  it.each(['12345678', 'ünüqünüq', '1234\u200b5678', '1234 5678'])('is true of %j', (value) => {
    expect(isMaskable(value)).toBe(true)
  })

  it.each(['', '1234567', '1234\n5678', '1234\u00855678', '\u007f12345678'])('is false of %j', (value) => {
    expect(isMaskable(value)).toBe(false)
  })
})

describe('isWrapped', () => {
  it.each(['"a"', '“a”', '<a>', '<>'])('is true of %s', (value) => {
    expect(isWrapped(value)).toBe(true)
  })

  it.each(['a', '"a', 'a>', '<a> b'])('is false of %s', (value) => {
    expect(isWrapped(value)).toBe(false)
  })
})

describe('bareSecret', () => {
  it.each([
    ['"abc"', 'abc'],
    ['‘abc’', 'abc'],
    ['«\u00a0abc »', 'abc'],
    ['"abc\'', '"abc\''],
    ['<abc>', 'abc'],
    ['<abc', '<abc'],
    ['Bearer  abc', 'abc'],
    ['basic abc', 'abc'],
    ['Bearerabc', 'Bearerabc'],
    ['abc', 'abc']
  ])('of %j is %j', (value, bare) => {
    expect(bareSecret(value)).toBe(bare)
  })
})

describe('looksLikeSecret', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ'

  it.each([
    `${letters}0123`,
    `0123${letters}`,
    `a0b1c2d3${letters}`,
    '0123456789'.repeat(4),
    `${letters}\u200b0123`
  ])('is true of %s', (value) => {
    expect(looksLikeSecret(value)).toBe(true)
  })

  it.each([
    ['39 characters', `${letters.slice(1)}0123`],
    ['three digits', `${letters}x012`],
    ['a UUID', '123e4567-e89b-12d3-a456-426614174000-0000'],
    ['another character', `${letters}_0123`],
    ['another character in front', `_${letters}0123`],
    ['a line break at the end', `${letters}0123\n`]
  ])('is false of %s', (_what, value) => {
    expect(looksLikeSecret(value)).toBe(false)
  })
})
