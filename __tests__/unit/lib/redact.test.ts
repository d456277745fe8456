import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import type * as Redact from '../../../src/lib/redact.ts'

/** The secrets that are known belong to the module, so each test takes a new one. */
let redact: typeof Redact

beforeEach(async () => {
  jest.resetModules()
  redact = await import('../../../src/lib/redact.ts')
})

describe('quote, as long as no secret is known', () => {
  it('leaves plain words as they are', () => {
    expect(redact.quote('Couldn\'t authenticate you: "Not found" & more, ünïcödé 漢字')).toBe(
      'Couldn\'t authenticate you: "Not found" & more, ünïcödé 漢字'
    )
  })
})

describe('quote, of a known secret', () => {
  const SECRET = 'p+ss w/rd"=ü&<b>'

  it.each([
    ['as it is', SECRET],
    ['in other letters', SECRET.toUpperCase()],
    ['as JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['as a part of a URL', encodeURIComponent(SECRET)],
    ['as a part of a URL with small digits', encodeURIComponent(SECRET).toLowerCase()],
    ['as a form field', new URLSearchParams([['', SECRET]]).toString().slice(1)],
    ['as base64', Buffer.from(SECRET).toString('base64')],
    ['as base64url', Buffer.from(SECRET).toString('base64url')],
    ['as hexadecimal digits', Buffer.from(SECRET).toString('hex')],
    ['as large hexadecimal digits', Buffer.from(SECRET).toString('hex').toUpperCase()]
  ])('shows three stars where it is echoed %s', (_form, echoed) => {
    redact.remember(SECRET)
    expect(redact.quote(`before ${echoed} after ${echoed}`)).toBe('before *** after ***')
  })

  it.each([
    ['a control character', 'top\u0000sec\u001bret'],
    ['invisible characters', 'top\u200bsec\u00adret\ufeff'],
    ['half a character', 'topsec\ud800ret'],
    ['markup', 'top<b>sec</b>ret'],
    ['a lone bracket', 'topsec>ret'],
    ['markup and control characters', 'top<i\u0007>s\u0001ecret']
  ])('shows three stars where %s splits it', (_what, echoed) => {
    redact.remember('topsecret')
    expect(redact.quote(`it was ${echoed}`)).toMatch(/^it was \*\*\*$/)
  })

  it('shows no half of a secret where the text is cut', () => {
    redact.remember('topsecret')
    expect(redact.quote(`${'x'.repeat(194)}topsecret`)).toBe(`${'x'.repeat(194)}***`)
    expect(redact.quote(`${'x'.repeat(198)}topsecret`)).toBe(`${'x'.repeat(198)}*…`)
  })

  it('hides the longer of two secrets of which one begins the other', () => {
    redact.remember('abcdefgh')
    redact.remember('abcdefgh-and-more')
    expect(redact.quote('got abcdefgh-and-more and abcdefgh')).toBe('got *** and ***')
  })

  it('hides every one of many secrets, whatever characters of patterns they hold', () => {
    const secrets = [
      'a.c^d$e*f',
      '(((((((((',
      '[a-z]{8,}',
      'x|y|z|12345',
      '\\d+\\s+\\w',
      '????/////',
      '}}]]))--'
    ]
    secrets.forEach(redact.remember)
    expect(redact.quote(secrets.join(' , '))).toBe(secrets.map(() => '***').join(' , '))
    expect(redact.quote('abcxdxexf zzzzzzzz')).toBe('abcxdxexf zzzzzzzz')
  })
})

describe('quote, of what the runner or a browser would act on', () => {
  it.each([
    ['::error::boo', ': :error: :boo'],
    [':::', ': : :'],
    ['##[group]x', '## [group]x'],
    ['###[error]', '### [error]'],
    ['#\u0000#[error]', '## [error]'],
    [':\u200b:set-output name=a:\u0007:b', ': :set-output name=a: :b'],
    ['#<b>#[command]rm', '## [command]rm']
  ])('breaks up %j', (text, shown) => {
    expect(redact.quote(text)).toBe(shown)
  })

  it.each([
    ['two\r\nlines\n\n::x', 'two lines : :x'],
    ['\ttabs \u2028 and \u2029 separators ', 'tabs and separators'],
    ['bell\u0007 and \u001b[31mred', 'bell and [31mred'],
    ['\u202eesrever', 'esrever']
  ])('makes one visible line of %j', (text, shown) => {
    expect(redact.quote(text)).toBe(shown)
  })

  it.each([
    ['<h1>Oops</h1>', 'Oops'],
    ['<scr<b>ipt>alert(1)</script>', 'iptalert(1)'],
    ['a < b > c', 'a  c'],
    ['<img src=x onerror=y', 'img src=x onerror=y']
  ])('takes the markup out of %j', (text, shown) => {
    expect(redact.quote(text)).not.toMatch(/[<>]/)
    expect(redact.quote(text).replace(/ +/g, ' ')).toBe(shown.replace(/ +/g, ' '))
  })

  it('cuts to 200 characters and says so, without halving one', () => {
    expect(redact.quote('a'.repeat(200))).toBe('a'.repeat(200))
    expect(redact.quote('a'.repeat(201))).toBe(`${'a'.repeat(199)}…`)
    expect(redact.quote('😀'.repeat(201))).toBe(`${'😀'.repeat(199)}…`)
  })
})

describe('oneLine', () => {
  it('cleans as quote does, but cuts nothing and leaves brackets', () => {
    redact.remember('topsecret')
    expect(redact.oneLine(`::a\n##[b] top\u0000secret <c> ${'x'.repeat(300)}`)).toBe(
      `: :a ## [b] *** <c> ${'x'.repeat(300)}`
    )
  })
})

describe('remember', () => {
  it('makes nothing of an empty secret', () => {
    redact.remember('')
    expect(redact.oneLine('as it was')).toBe('as it was')
  })

  it('knows a secret again among letters whose lower case is longer', () => {
    redact.remember('hidden-value')
    expect(redact.oneLine('İ HIDDEN-VALUE İ')).toBe('İ *** İ')
  })

  it('knows a secret again in pieces, with blanks and line breaks between them', () => {
    redact.remember('hidden-value')
    expect(redact.quote('a h i d\td\ne\u0000n<b>-val</b>ue z')).toBe('a *** z')
  })
})
