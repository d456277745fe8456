import { beforeEach, describe, expect, it } from '@jest/globals'
import { rejectionOf } from '../../../support/client.ts'
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
    const http_proxy = 'http://user:pass%3Aword@proxy'
    const env = { http_proxy, https_proxy: http_proxy, HTTPS_PROXY: 'http://user:other@proxy' }
    expect(proxyPasswords(env)).toEqual(['pass%3Aword', 'pass:word', 'other'])
  })

  it.each([
    ['http://user:100%zz@proxy', '100%zz'],
    ['“http://joe:secretpw@proxy”', 'secretpw'],
    ['http://joe:sec#retpw@proxy', 'sec#retpw'],
    ['http://joe:sec/ret?pw@proxy', 'sec/ret?pw'],
    ['http://joe:sec@ret:pw@proxy', 'sec@ret:pw']
  ])('finds it in %s, which cannot be read', (https_proxy, password) => {
    expect(proxyPasswords({ https_proxy })).toContain(password)
  })

  it('finds none where there is none', () => {
    const values = ['', 'http://proxy:8080', 'http://user@proxy:8080', 'proxy:8080', 'http://', undefined]
    expect(values.flatMap((https_proxy) => proxyPasswords({ https_proxy }))).toEqual([])
    expect(proxyPasswords({ no_proxy: 'http://user:password@proxy' })).toEqual([])
  })
})

describe('proxyFor', () => {
  const problem = (url: URL, env: Record<string, string>): Promise<Error> =>
    rejectionOf(Promise.resolve().then(() => proxyFor(url, env)))

  beforeEach(() => ['no_proxy', 'NO_PROXY'].forEach((name) => Reflect.deleteProperty(process.env, name)))

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

  const quoted = (by: string): string[] => [`${by}http://proxy:3128${by}`, `${by}proxy`, `http://proxy${by}`]

  it.each([
    ['proxyUnreadable', '', ['socks5://proxy:1080', 'https://', 'http://proxy:99999', 'http://prox y:3128']],
    ['proxyUnreadable', '', ['http://100%zz@proxy', 'http://joe:12345/secretpw@proxy']],
    ['proxyUnreadable', '', ['joe:12345#secretpw@proxy', 'joe:12345?secretpw@proxy']],
    ['proxyUnreadable', '', ['"', "'", '`', '“', '»'].flatMap(quoted)],
    ['proxyIsHttps', 'proxy:443', ['https://proxy', 'https://user:100%zz@proxy']],
    ['proxyIsHttps', 'proxy:8443', ['HTTPS://user:password@proxy:8443/']]
  ])('throws %s, with the variable and "%s", if that contains %j', async (kind, address, values) => {
    const urls = { https_proxy: HTTPS, HTTPS_PROXY: HTTPS, http_proxy: HTTP, HTTP_PROXY: HTTP }
    for (const [variable, url] of Object.entries(urls)) {
      const expected = { kind, sent: false, code: '', proxy: { variable, address, hasUser: false } }
      for (const value of values) expect(await problem(url, { [variable]: value })).toMatchObject(expected)
    }
  })

  it('reads only the variable that would be used', async () => {
    const bad = 'no:nsense'
    const read = (url: URL, env: Record<string, string>): unknown => proxyFor(url, env)?.variable
    expect(read(HTTPS, { https_proxy: 'http://proxy', HTTPS_PROXY: bad })).toBe('https_proxy')
    const unreadable = { kind: 'proxyUnreadable' }
    expect(await problem(HTTPS, { https_proxy: '', HTTPS_PROXY: bad })).toMatchObject(unreadable)
    expect(read(HTTPS, { http_proxy: bad })).toBeUndefined()
    expect(read(HTTP, { https_proxy: bad })).toBeUndefined()
  })

  it('finds none for this machine', () => {
    const env = { http_proxy: 'no:nsense', https_proxy: 'https://proxy' }
    expect(proxyFor(new URL('http://127.0.0.1:8080'), env)).toBeUndefined()
  })
})
