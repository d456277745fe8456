import { beforeEach, describe, expect, it } from '@jest/globals'
import { checkProxy, proxyPasswords } from '../../../../src/zendesk/http/proxy.ts'

const HTTPS = new URL('https://acme.zendesk.com/x')
const HTTP = new URL('http://acme.example.test/x')

describe('proxyPasswords', () => {
  it.each([
    ['https_proxy', 'http://user:password@proxy:8080'],
    ['HTTPS_PROXY', 'http://user:password@proxy:8080'],
    ['http_proxy', 'https://user:password@proxy'],
    ['HTTP_PROXY', 'user:password@proxy:8080'],
    ['https_proxy', 'socks5://user:password@proxy:1080']
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

describe('checkProxy', () => {
  /** The error that it throws, if it does. */
  function problem(url: URL, env: Record<string, string>): unknown {
    try {
      checkProxy(url, env)
    } catch (error) {
      return error
    }
    return undefined
  }

  beforeEach(() => {
    for (const name of ['no_proxy', 'NO_PROXY']) Reflect.deleteProperty(process.env, name)
  })

  it.each([
    'http://proxy:8080',
    'HTTP://Proxy',
    'http://user:password@proxy:8080/',
    'http://us%40er:pass%3Aword@10.0.0.1:3128',
    'http://[::1]:3128',
    'proxy',
    '10.0.0.1:3128'
  ])('finds none if the variable contains %s', (value) => {
    expect(problem(HTTPS, { https_proxy: value })).toBeUndefined()
  })

  it.each([
    ['proxyUnreadable', 'socks5://proxy:1080'],
    ['proxyUnreadable', 'https://'],
    ['proxyUnreadable', 'http://proxy:99999'],
    ['proxyUnreadable', 'http://100%zz@proxy'],
    ['proxyIsHttps', 'https://proxy'],
    ['proxyIsHttps', 'HTTPS://user:password@proxy:8443/'],
    ['proxyIsHttps', 'https://user:100%zz@proxy']
  ])('throws %s, with the name of the variable, if that contains %s', (kind, value) => {
    const urls = { https_proxy: HTTPS, HTTPS_PROXY: HTTPS, http_proxy: HTTP, HTTP_PROXY: HTTP }
    for (const [name, url] of Object.entries(urls))
      expect(problem(url, { [name]: value })).toMatchObject({ kind, sent: false, code: name })
  })

  it('reads only the variable that would be used', () => {
    const bad = 'no:nsense'
    expect(problem(HTTPS, { https_proxy: 'http://proxy', HTTPS_PROXY: bad })).toBeUndefined()
    expect(problem(HTTPS, { https_proxy: '', HTTPS_PROXY: bad })).toMatchObject({ code: 'HTTPS_PROXY' })
    expect(problem(HTTPS, { http_proxy: bad })).toBeUndefined()
    expect(problem(HTTP, { https_proxy: bad })).toBeUndefined()
    expect(problem(HTTPS, {})).toBeUndefined()
  })

  it('finds none if no proxy is used for this machine', () => {
    const env = { http_proxy: 'no:nsense', https_proxy: 'https://proxy' }
    expect(problem(new URL('http://127.0.0.1:8080'), env)).toBeUndefined()
  })
})
