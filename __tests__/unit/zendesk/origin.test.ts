import { describe, expect, it } from '@jest/globals'
import { isForeign, originOf, readOrigin, subdomainOf } from '../../../src/zendesk/origin.ts'

describe('subdomainOf', () => {
  it.each([
    'acme',
    'ACME',
    'acme.zendesk.com',
    'Acme.Zendesk.Com',
    'acme.zendesk.com/',
    'https://acme.zendesk.com',
    'https://acme.zendesk.com/',
    'HTTPS://ACME.ZENDESK.COM/'
  ])('reads acme from %j', (value) => {
    expect(subdomainOf(value)).toBe('acme')
  })

  it.each(['a', '1', 'a-b', '9-to-5', 'a--b', 'x'.repeat(63)])('accepts %j', (value) => {
    expect(subdomainOf(value)).toBe(value)
  })

  it.each([
    '',
    '.',
    // In lower case the Kelvin sign becomes an ASCII k.
    'ac\u212ae',
    'ac\u212ae.zendesk.com',
    '-acme',
    'acme-',
    'ac_me',
    'ac me',
    'äcme',
    'x'.repeat(64),
    'acme/',
    'https://acme',
    'https://acme/',
    'http://acme.zendesk.com',
    'ftp://acme.zendesk.com',
    'acme.zendesk.com//',
    'acme.zendesk.com/agent',
    'acme.zendesk.com:443',
    'acme.zendesk.com?x',
    'acme.zendesk.com#x',
    'user@acme.zendesk.com',
    'a.acme.zendesk.com',
    '.zendesk.com',
    'zendesk.com',
    'acme.zendesk.com.evil.example',
    'acme.zendesk.org',
    'acme.example',
    'acmezendesk.com',
    'acme\nevil',
    'acme\n',
    'evil.example/acme.zendesk.com',
    'https://evil.example\\.zendesk.com',
    'x\nhttps://acme.zendesk.com',
    'xhttps://acme.zendesk.com'
  ])('rejects %j', (value) => {
    expect(subdomainOf(value)).toBeUndefined()
  })
})

describe('originOf', () => {
  it('is an https: URL of the subdomain at zendesk.com', () => {
    expect(originOf('acme')).toBe('https://acme.zendesk.com')
  })
})

describe('readOrigin', () => {
  it.each([
    ['https://acme.zendesk.com', 'https://acme.zendesk.com'],
    ['https://acme.zendesk.com/', 'https://acme.zendesk.com'],
    ['HTTPS://Acme.Zendesk.Com', 'https://acme.zendesk.com'],
    ['https://acme.zendesk.com:443', 'https://acme.zendesk.com'],
    ['https://proxy.example:8443/', 'https://proxy.example:8443'],
    ['https://10.1.2.3', 'https://10.1.2.3'],
    ['http://localhost', 'http://localhost'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://127.255.1.2', 'http://127.255.1.2'],
    ['https://[::1]:8443', 'https://[::1]:8443']
  ])('reads %j as %j', (value, origin) => {
    expect(readOrigin(value)).toBe(origin)
  })

  it.each([
    '',
    'acme',
    'acme.zendesk.com',
    '//acme.zendesk.com',
    'https://',
    'https:///',
    'https://acme.zendesk.com/api',
    'https://acme.zendesk.com//',
    'https://acme.zendesk.com/?',
    'https://acme.zendesk.com?x=1',
    'https://acme.zendesk.com#',
    'https://acme.zendesk.com/#x',
    'https://user@acme.zendesk.com',
    'https://user:password@acme.zendesk.com',
    'https://@acme.zendesk.com',
    'https:\\\\acme.zendesk.com',
    'https://acme.zendesk.com\\x',
    'https://acme.zendesk.com:0',
    'http://localhost:0',
    'https://acme.zendesk.com:99999',
    'https://acme.zendesk.com:x',
    'https://ac me.zendesk.com',
    'http://acme.zendesk.com',
    'http://10.1.2.3',
    'http://128.0.0.1',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.evil.example',
    'ftp://localhost',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https:acme.zendesk.com',
    ' https://acme.zendesk.com'
  ])('rejects %j', (value) => {
    expect(readOrigin(value)).toBeUndefined()
  })
})

describe('isForeign', () => {
  it.each([
    'https://acme.zendesk.com',
    'https://acme.zendesk.com:8443',
    'http://localhost:8080',
    'http://127.0.0.1',
    'http://127.9.9.9:1',
    'https://[::1]:8443'
  ])('is false for %s, the account itself or this machine', (origin) => {
    expect(isForeign(origin, 'acme')).toBe(false)
  })

  it.each([
    'https://other.zendesk.com',
    'https://a.acme.zendesk.com',
    'https://zendesk.com',
    'https://evilzendesk.com',
    'https://acme.zendesk.com.evil.example',
    'https://zendesk.example',
    'https://10.0.0.1',
    'https://localhost.evil.example',
    'https://127.0.0.1.evil.example',
    'https://[::2]'
  ])('is true for %s', (origin) => {
    expect(isForeign(origin, 'acme')).toBe(true)
  })
})
