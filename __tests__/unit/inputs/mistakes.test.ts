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

it.each<[keyof typeof FORMS, words: string, examples: string[]]>([
  ['quoted', 'is wrapped in quotes, ', ['"a-secret"', "'a-secret'", '`a-secret`', '„a-secret“']],
  ['quoted', 'Save it without them.', ['“a-secret”', '‘a-secret’', '«a»', '""', '"a"', '"{}"', '"a b\nc"']],
  ['unreplaced', 'looks like a variable, an', ['$SECRET', '${{ secrets.IT }}', '{{ secret }}', '$(secret)']],
  ['unreplaced', '`${{ secrets.NAME }}`.', ['<secret>', '<your client secret>', '%SECRET%', '***', '****']],
  ['json', 'looks like JSON. Take', ['{"client_secret":"abc"}', '{\n  "secret": "abc"\n}', '["abc"]', '{}']],
  ['short', 'is shorter than 8 characters', ['1234567', 'ü']],
  ['long', 'is longer than 8192 characters. Copy', ['x'.repeat(8193)]],
  ['scheme', 'begins with the scheme', ['Bearer abcdefgh', 'bearer\tabcdefgh', 'Basic YWJjOmRlZg==']],
  ['scheme', 'Save only what', ['Authorization: Bearer abcdefgh', 'authorization:Basic  YWJjOmRlZg==']]
])('FORMS has one for a value that is %s: it %s', (form, words, examples) => {
  const [, wrong] = FORMS[form]
  expect(wrong).toContain(words)
  expect(examples.map(secretMistake)).toEqual(examples.map(() => `the value ${wrong}`))
})

describe('CHARACTERS', () => {
  it.each<[keyof typeof CHARACTERS, string, string]>([
    ['control', 'abcd\nefgh', 'U+000A after the 4th character'],
    ['control', '\0abcdefgh', 'U+0000 as the 1st character'],
    ['control', 'ab\u0085cdefgh', 'U+0085 after the 2nd character'],
    ['invisible', 'a\ufeffbcdefgh', 'U+FEFF after the 1st character'],
    ['invisible', 'abc\u{e0100}defgh', 'U+E0100 after the 3rd character'],
    ['space', 'abcdefghijk lmn', 'U+0020 after the 11th character'],
    ['space', 'abcdefghijklm\u00a0', 'U+00A0 after the 13th character'],
    ['foreign', 'abcdefghijklmnopqrstuüv', 'U+00FC after the 21st character'],
    ['foreign', '🔥🔥🔥🔥', 'U+1F525 as the 1st character'],
    ['foreign', `${'x'.repeat(111)}é`, 'U+00E9 after the 111th character'],
    ['foreign', `${'x'.repeat(122)}é`, 'U+00E9 after the 122nd character']
  ])('a secret with a character that is %s names it: %j', (kind, value, place) => {
    const [what, cure] = CHARACTERS[kind]
    expect(secretMistake(value)).toBe(`the value contains ${what}: ${place}. ${cure}`)
  })

  it('says what each is, and what to do', () => {
    expect(Object.values(CHARACTERS).map((words) => words.join('. '))).toEqual([
      'a control character, such as a line break. Write it on one line.',
      'an invisible character. Copy the value again without it, or type it.',
      'white space, like a copy from a wrapped line. Copy it again, as one word.',
      'a character that is not ASCII. Copy it again from where it was created.'
    ])
  })
})

describe('secretMistake', () => {
  it.each([
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
    ['a\tb', 'a control character, such as a line break: U+0009 after the 1st character. '],
    ['ab\u00adc', 'an invisible character: U+00AD after the 2nd character. '],
    // In code points, not halves of them, up to the first that is wrong.
    ['🔥🔥\u200b\0', 'an invisible character: U+200B after the 2nd character. ']
  ])('names the character and its place in %j', (value, mistake) => {
    expect(textMistake(value)).toContain(`the value contains ${mistake}`)
  })
})

it('isMaskable is true of 8 characters or more in one line', () => {
  const yes = ['12345678', 'ünüqünüq', '1234\u200b5678', '1234 5678']
  const no = ['', '1234567', '1234\n5678', '1234\u00855678', '\u007f12345678']
  expect([...yes, ...no].filter(isMaskable)).toEqual(yes)
})

it('isWrapped is true of what is in quotes or angle brackets', () => {
  const yes = ['"a"', '“a”', '<a>', '<>']
  expect([...yes, 'a', '"a', 'a>', '<a> b'].filter(isWrapped)).toEqual(yes)
})

it('looksLikeSecret is true of 40 letters and digits, at least four of them digits', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ'
  const split = `${letters}\u200b0123`
  const yes = [`${letters}0123`, `0123${letters}`, `a0b1c2d3${letters}`, '0123456789'.repeat(4), split]
  const no = [`${letters.slice(1)}0123`, `${letters}x012`, '123e4567-e89b-12d3-a456-426614174000-0000']
  const other = [`${letters}_0123`, `_${letters}0123`, `${letters}0123\n`]
  expect([...yes, ...no, ...other].filter(looksLikeSecret)).toEqual(yes)
})

it.each([
  ['"abc"', 'abc'],
  ['‘abc’', 'abc'],
  ['«\u00a0abc »', 'abc'],
  ['"abc\'', '"abc\''],
  ['<abc>', 'abc'],
  ['<abc', '<abc'],
  ['Bearer  abc', 'abc'],
  ['basic abc', 'abc'],
  ['Bearerabc', 'Bearerabc']
])('bareSecret of %j is %j', (value, bare) => {
  expect(bareSecret(value)).toBe(bare)
})
