import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { proxyPasswords, unreadableProxy } from '../../../src/zendesk/proxy.ts'

const HTTPS = new URL('https://acme.zendesk.com/x')
const HTTP = new URL('http://acme.example.test/x')

describe('proxyPasswords', () => {
  it.each([
    ['https_proxy', 'http://user:password@proxy:8080'],
    ['HTTPS_PROXY', 'http://user:password@proxy:8080'],
    ['http_proxy', 'https://user:password@proxy'],
    ['HTTP_PROXY', 'user:password@proxy:8080'],
    ['https_proxy', 'socks5://user:password@proxy:1080']
  ])('finds the one in %s=%s', (name, value) => {
    expect(proxyPasswords({ [name]: value })).toEqual(['password'])
  })

  it('gives it as it is written and as it is sent, each once', () => {
    expect(
      proxyPasswords({
        https_proxy: 'http://user:pass%3Aword@proxy',
        HTTPS_PROXY: 'http://user:pass%3Aword@proxy',
        http_proxy: 'http://user:other-word@proxy'
      })
    ).toEqual(['pass%3Aword', 'pass:word', 'other-word'])
  })

  it('gives one that is wrongly encoded as it is written', () => {
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

describe('unreadableProxy', () => {
  const NO_PROXY = ['no_proxy', 'NO_PROXY']

  beforeEach(() => {
    for (const name of NO_PROXY) Reflect.deleteProperty(process.env, name)
  })

  afterEach(() => {
    for (const name of NO_PROXY) Reflect.deleteProperty(process.env, name)
  })

  it.each([
    'http://proxy:8080',
    'https://proxy',
    'HTTP://Proxy',
    'http://user:password@proxy:8080/',
    'http://us%40er:pass%3Aword@10.0.0.1:3128',
    'http://[::1]:3128',
    'proxy',
    '10.0.0.1:3128'
  ])('has nothing against %s', (value) => {
    expect(unreadableProxy(HTTPS, { https_proxy: value })).toBeUndefined()
  })

  it.each([
    'proxy:8080',
    'user:password@proxy:8080',
    'socks5://proxy:1080',
    'http://',
    'http://proxy:99999',
    'http://user:100%zz@proxy',
    'http://100%zz@proxy'
  ])('names the variable that holds %s', (value) => {
    expect(unreadableProxy(HTTPS, { https_proxy: value })).toBe('https_proxy')
    expect(unreadableProxy(HTTPS, { HTTPS_PROXY: value })).toBe('HTTPS_PROXY')
    expect(unreadableProxy(HTTP, { http_proxy: value })).toBe('http_proxy')
    expect(unreadableProxy(HTTP, { HTTP_PROXY: value })).toBe('HTTP_PROXY')
  })

  it('reads the variable that would be used, and no other', () => {
    expect(unreadableProxy(HTTPS, { https_proxy: 'http://proxy', HTTPS_PROXY: 'no:nsense' })).toBeUndefined()
    expect(unreadableProxy(HTTPS, { https_proxy: '', HTTPS_PROXY: 'no:nsense' })).toBe('HTTPS_PROXY')
    expect(unreadableProxy(HTTPS, { http_proxy: 'no:nsense' })).toBeUndefined()
    expect(unreadableProxy(HTTP, { https_proxy: 'no:nsense' })).toBeUndefined()
    expect(unreadableProxy(HTTPS, {})).toBeUndefined()
  })

  it('does not care where no proxy stands', () => {
    expect(unreadableProxy(new URL('http://127.0.0.1:8080'), { http_proxy: 'no:nsense' })).toBeUndefined()
    process.env['no_proxy'] = '.zendesk.com'
    expect(unreadableProxy(HTTPS, { https_proxy: 'no:nsense' })).toBeUndefined()
  })
})
