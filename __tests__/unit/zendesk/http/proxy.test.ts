import { beforeEach, describe, expect, it } from '@jest/globals'
import { proxyFor, proxyPasswords } from '../../../../src/zendesk/http/proxy.ts'

const HTTPS = new URL('https://acme.zendesk.com/x')
const HTTP = new URL('http://acme.example.test/x')

describe('proxyPasswords', () => {
  it.each([
    ['https_proxy', 'http://user:password@proxy:8080'],
    ['HTTPS_PROXY', 'http://user:password@proxy:8080'],
    ['http_proxy', 'https://user:password@proxy'],
    ['HTTP_PROXY', 'user:password@proxy:8080'],
    ['https_proxy', 'socks5://user:password@proxy:1080'],
    ['https_proxy', '"http://user:password@proxy:8080"']
  ])('finds the password in %s=%s', (name, value) => {
    expect(proxyPasswords({ [name]: value })).toEqual(['password'])
  })

  it('returns a password as it is written and as it is sent, each once', () => {
    expect(
      proxyPasswords({
        https_proxy: 'http://user:pass%3Aword@proxy',
        HTTPS_PROXY: 'http://user:pass%3Aword@proxy',
        http_proxy: 'http://user:other-word@proxy'
      })
    ).toEqual(['pass%3Aword', 'pass:word', 'other-word'])
  })

  it('returns a wrongly encoded password as it is written', () => {
    expect(proxyPasswords({ https_proxy: 'http://user:100%zz@proxy' })).toEqual(['100%zz'])
  })

  it.each([
    ['“http://joe:secretpw@proxy”', 'secretpw'],
    ['http://joe:sec#retpw@proxy', 'sec#retpw'],
    ['http://joe:sec/ret?pw@proxy', 'sec/ret?pw'],
    ['http://joe:sec@ret:pw@proxy', 'sec@ret:pw']
  ])('finds it in %s, which cannot be read', (https_proxy, password) => {
    expect(proxyPasswords({ https_proxy })).toContain(password)
  })

  it.each([
    {},
    { https_proxy: '' },
    { https_proxy: 'http://proxy:8080' },
    { https_proxy: 'http://user@proxy:8080' },
    { https_proxy: 'proxy:8080' },
    { https_proxy: 'http://' },
    { https_proxy: undefined },
    { no_proxy: 'http://user:password@proxy' }
  ])('finds none in %j', (env) => {
    expect(proxyPasswords(env)).toEqual([])
  })
})

describe('proxyFor', () => {
  /** The error that it throws. */
  function problem(url: URL, env: Record<string, string>): unknown {
    try {
      proxyFor(url, env)
    } catch (error) {
      return error
    }
    throw new Error('nothing was thrown')
  }

  beforeEach(() => {
    for (const name of ['no_proxy', 'NO_PROXY']) Reflect.deleteProperty(process.env, name)
  })

  it.each([
    ['http://proxy:8080', 'proxy:8080', false],
    ['HTTP://Proxy_1.acme.example', 'proxy_1.acme.example:80', false],
    ['http://user:password@proxy:8080/', 'proxy:8080', true],
    ['http://us%40er:pass%3Aword@10.0.0.1:3128', '10.0.0.1:3128', true],
    ['http://:password@proxy', 'proxy:80', true],
    ['http://[::1]:3128', '[::1]:3128', false],
    ['proxy', 'proxy:80', false],
    ['10.0.0.1:3128', '10.0.0.1:3128', false]
  ])('reads %s: %s, with user or password: %s', (value, address, hasUser) => {
    expect(proxyFor(HTTPS, { https_proxy: value })).toEqual({ variable: 'https_proxy', address, hasUser })
  })

  it.each([
    ['proxyUnreadable', '', 'socks5://proxy:1080'],
    ['proxyUnreadable', '', 'https://'],
    ['proxyUnreadable', '', 'http://proxy:99999'],
    ['proxyUnreadable', '', 'http://100%zz@proxy'],
    ['proxyUnreadable', '', 'http://joe:12345/secretpw@proxy'],
    ['proxyUnreadable', '', 'joe:12345#secretpw@proxy'],
    ['proxyUnreadable', '', 'joe:12345?secretpw@proxy'],
    ['proxyUnreadable', '', 'http://prox y:3128'],
    ...['"', "'", '`', '“', '»'].flatMap((quote) => [
      ['proxyUnreadable', '', `${quote}http://proxy:3128${quote}`],
      ['proxyUnreadable', '', `${quote}proxy:3128`],
      ['proxyUnreadable', '', `http://proxy${quote}`]
    ]),
    ['proxyIsHttps', 'proxy:443', 'https://proxy'],
    ['proxyIsHttps', 'proxy:8443', 'HTTPS://user:password@proxy:8443/'],
    ['proxyIsHttps', 'proxy:443', 'https://user:100%zz@proxy']
  ])('throws %s, with the variable and "%s", if that contains %s', (kind, address, value) => {
    const urls = { https_proxy: HTTPS, HTTPS_PROXY: HTTPS, http_proxy: HTTP, HTTP_PROXY: HTTP }
    for (const [variable, url] of Object.entries(urls)) {
      const proxy = { variable, address, hasUser: false }
      expect(problem(url, { [variable]: value })).toMatchObject({ kind, sent: false, code: '', proxy })
    }
  })

  it('reads only the variable that would be used', () => {
    const bad = 'no:nsense'
    const read = (url: URL, env: Record<string, string>): unknown => proxyFor(url, env)?.variable
    expect(read(HTTPS, { https_proxy: 'http://proxy', HTTPS_PROXY: bad })).toBe('https_proxy')
    expect(problem(HTTPS, { https_proxy: '', HTTPS_PROXY: bad })).toMatchObject({ kind: 'proxyUnreadable' })
    expect(read(HTTPS, { http_proxy: bad })).toBeUndefined()
    expect(read(HTTP, { https_proxy: bad })).toBeUndefined()
    expect(read(HTTPS, {})).toBeUndefined()
  })

  it('finds none for this machine', () => {
    const env = { http_proxy: 'no:nsense', https_proxy: 'https://proxy' }
    expect(proxyFor(new URL('http://127.0.0.1:8080'), env)).toBeUndefined()
  })
})
