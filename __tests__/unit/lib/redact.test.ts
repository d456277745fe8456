import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import type * as Redact from '../../../src/lib/redact.ts'

/** The module keeps the known secrets, so each test imports it anew. */
let redact: typeof Redact

beforeEach(async () => {
  jest.resetModules()
  redact = await import('../../../src/lib/redact.ts')
})

/** Each character as `before` and its code in hexadecimal digits. */
const escaped = (text: string, before: string): string =>
  Array.from(text, (each) => before + Buffer.from(each).toString('hex')).join('')

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('addSecret', () => {
  const SECRET = 'p+ss w/rd"=ü&<b>'

  it.each([
    ['in upper case', SECRET.toUpperCase()],
    ['as JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['as a form field', new URLSearchParams([['', SECRET]]).toString().slice(1)],
    ['as base64', base64(SECRET)],
    ['as base64url', Buffer.from(SECRET).toString('base64url')],
    ['as hexadecimal digits', Buffer.from(SECRET).toString('hex').toUpperCase()]
  ])('hides a secret that is repeated %s', (_form, repeated) => {
    redact.addSecret(SECRET)
    const text = `before ${repeated} after ${repeated}.`
    expect(redact.oneLine(text)).toBe('before *** after ***.')
    expect(redact.clean(text)).toBe('***')
  })

  it.each(['', 'a', 'ab', 'abc', 'ci_bot:'])('hides it in the base64 of a header behind %j', (prefix) => {
    const secret = 'kJ7-secret-value-of-31-bytes-+9'
    redact.addSecret(secret)
    const whole = base64(prefix + secret)
    // What remains may hold the prefix and the few bits that share a character with it.
    const before = Math.ceil((prefix.length * 4) / 3)
    expect(redact.oneLine(whole)).toMatch(new RegExp(`^.{0,${before}}\\*\\*\\*.?=*$`))
    expect(redact.oneLine(whole).slice(0, before)).toBe(whole.slice(0, before))
    expect(redact.clean(whole)).toBe('***')
  })

  it('takes four characters for a secret, and no fewer', () => {
    redact.addSecret('abc')
    redact.addSecret('wxyz')
    expect(redact.oneLine('abc is no secret, wxyz is')).toBe('abc is no secret, *** is')
  })
})

describe('oneLine', () => {
  it('hides secrets as a whole, and nothing around them', () => {
    redact.addSecret('top-secret-value')
    redact.addSecret('et-value-2')
    expect(redact.oneLine(' top-secret-value ')).toBe(' *** ')
    expect(redact.oneLine('a top-secret-value-2 b')).toBe('a *** b')
    expect(redact.oneLine('ü top-secret-valu é')).toBe('ü top-secret-valu é')
  })

  it('hides a secret where it overlaps itself', () => {
    for (const secret of ['xxxxxxxx', 'abcabcab']) redact.addSecret(secret)
    expect(redact.oneLine('an xxxxxxxxx and abcabcabcab b')).toBe('an *** and *** b')
  })

  it.each([' ', '\r\n', '\0', '\ufe0f\u2800\u{e0100}', 'ü'])('hides a secret with %j inside', (by) => {
    redact.addSecret('top-secret-value')
    expect(redact.oneLine(`a ${'top-secret-value'.split('').join(by)} b`)).toBe('a *** b')
  })

  it.each([
    ['a line break', 'a\r\nb\u2028c', 'a b c'],
    ['control characters', 'a\0b\u001bc\u0085d', 'abcd'],
    ['invisible characters', 'a\u200bb\ufe0fc\u2800d\u{e0100}e', 'abcde'],
    ['half a character', 'a\ud83db\udd25', 'ab'],
    ['`::` at the start', '::error::x', ': :error::x'],
    ['`::` behind blanks', ' \t::error::x', ' : :error::x'],
    ['`::` behind a control character', '\u001b:\u200b:error::x', ': :error::x'],
    ['`##[` anywhere', '##[a] ##[b] #\0#[c]', '## [a] ## [b] ## [c]']
  ])('breaks up or removes %s', (_what, text, line) => {
    expect(redact.oneLine(text)).toBe(line)
  })

  it.each(['https://[::1]:8443 and [fe80::1]', 'a::b', '🔥 ≥ 5 … é'])('leaves %j alone', (text) => {
    expect(redact.oneLine(text)).toBe(text)
  })
})

describe('clean', () => {
  const SECRET = 'Qx7-canary_Zk4+Lm9/Wp2=Hs6'

  beforeEach(() => redact.addSecret(SECRET))

  it.each([
    ['twelve characters of a secret', SECRET.slice(3, 15)],
    ['its beginning', SECRET.slice(0, 12)],
    ['its end', SECRET.slice(-12)],
    ['part of its base64', base64(SECRET).slice(4, 16)],
    ['part of its percent-encoding', encodeURIComponent(SECRET).slice(8, 20)],
    ['them in percent-encoding that is not needed', escaped(SECRET.slice(3, 15), '%')],
    ['them in percent-encoding of that', escaped(SECRET.slice(3, 15), '%').replaceAll('%', '%25')],
    ['them in JSON escapes that are not needed', escaped(SECRET.slice(3, 15), '\\u00').toUpperCase()],
    ['them in JSON in JSON', escaped(SECRET.slice(3, 15), '\\\\u00')],
    ['them with a part in escapes', `${SECRET.slice(3, 9)}${escaped(SECRET.slice(9, 15), '\\u00')}`],
    ['them with tags between', SECRET.slice(3, 15).split('').join('<b>')],
    ['them with letters between that do not show', SECRET.slice(3, 15).split('').join('\ufe0f\u3164')],
    ['them with blanks between', SECRET.slice(3, 15).split('').join(' ')]
  ])('shows nothing of a text that has %s', (_what, part) => {
    expect(redact.clean(`what it says: ${part}!`)).toBe('***')
  })

  it('shows nothing of a text that has a short secret behind escapes', () => {
    redact.addSecret('hunter2!')
    for (const part of [escaped('hunter2!', '%'), 'h%75nter2!', escaped('hunter2!', '\\u00')])
      expect(redact.clean(`it says ${part} too`)).toBe('***')
    expect(redact.clean('100%25 of h%75nter1!')).toBe('100%25 of h%75nter1!')
  })

  it('shows nothing of a text with a part of a secret that looks like markup', () => {
    redact.addSecret('a<b>c<d>e<f>g')
    expect(redact.clean('it is a<b>c<d>e<f>')).toBe('***')
  })

  it('shows a text that has eleven characters of a secret, and hides a short secret alone', () => {
    redact.addSecret('hunter2!')
    const text = `it says ${SECRET.slice(3, 14)}`
    expect(redact.clean(`${text} hunter2! too`)).toBe(`${text} *** too`)
    expect(redact.clean(SECRET.slice(-11))).toBe(SECRET.slice(-11))
  })

  it('looks at no more than 2,048 characters', () => {
    expect(redact.clean(`<${'x'.repeat(2043)}>end${SECRET}`)).toBe('end')
  })

  it.each([
    ['removes markup', '<p>a <b>b</b></p> 1 < 2 > 0 <', 'a b 1 0'],
    ['removes every angle bracket', '1 > 0 > -1 < 2 <', '1 0 -1 2'],
    ['removes what is around it', ' \n a \u200b', 'a'],
    ['breaks up every `::`', 'a ::b:::c', 'a : :b: : :c'],
    ['breaks up `##[`', 'x ##[y]', 'x ## [y]'],
    ['leaves the address of a host alone', 'http://[::1]:8080/x', 'http://[::1]:8080/x'],
    ['leaves another alone', '[2001:DB8::a1] [::ffff:127.0.0.1]', '[2001:DB8::a1] [::ffff:127.0.0.1]']
  ])('%s', (_what, text, cleaned) => {
    expect(redact.clean(text)).toBe(cleaned)
  })

  it.each(['z', '🔥'])('shows 200 characters at most, such as %s', (letter) => {
    expect(redact.clean(letter.repeat(200))).toBe(letter.repeat(200))
    expect(redact.clean(letter.repeat(201))).toBe(`${letter.repeat(199)}…`)
  })
})
