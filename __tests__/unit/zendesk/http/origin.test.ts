import { describe, expect, it } from '@jest/globals'
import { isForeign, readOrigin, subdomainOf } from '../../../../src/zendesk/http/origin.ts'

describe('subdomainOf', () => {
  it.each([
    ['the subdomain', ['acme', 'ACME']],
    ['the host', ['acme.zendesk.com', 'Acme.Zendesk.Com', 'acme.zendesk.com/', 'acme.zendesk.com:443']],
    ['the URL', ['https://acme.zendesk.com', 'HTTPS://ACME.ZENDESK.COM/']],
    ['the URL without TLS, or with its port', ['http://acme.zendesk.com', 'https://acme.zendesk.com:443/']],
    ['a path', ['https://acme.zendesk.com/agent/tickets/1', 'acme.zendesk.com/agent', 'acme.zendesk.com//']],
    ['a path with another host', ['https://acme.zendesk.com/x@evil.example', 'acme.zendesk.com/a.b/:8']],
    ['a query or fragment', ['https://acme.zendesk.com/?a=b#c', 'acme.zendesk.com?x', 'acme.zendesk.com#x']],
    ['a path with other letters', ['https://acme.zendesk.com/hc/de/articles/1-Über uns']]
  ])('reads acme from %s', (_what, values) => {
    expect(values.map(subdomainOf)).toEqual(values.map(() => 'acme'))
  })

  it('accepts letters, digits and hyphens between them, up to 63 characters', () => {
    const values = ['a', '1', 'a-b', '9-to-5', 'a--b', 'x'.repeat(63)]
    expect(values.map(subdomainOf)).toEqual(values)
  })

  it.each([
    ['nothing', ['', '.', '.zendesk.com', 'zendesk.com']],
    ['a hyphen at an end', ['-acme', 'acme-']],
    ['another character', ['ac_me', 'ac me', 'äcme', 'acme\nevil', 'acme\n', 'acme.zendesk.com\n']],
    ['a letter whose lower case is ASCII', ['ac\u212ame', 'acme.zende\u017fk.com']],
    ['an encoded name', ['xn--a', 'XN--MNCHEN-3YA', 'https://xn--a.zendesk.com/agent']],
    ['more than 63 characters', ['x'.repeat(64)]],
    ['a short name as a URL', ['acme/', 'https://acme', 'https://acme/']],
    ['another scheme', ['ftp://acme.zendesk.com', 'xhttps://acme.zendesk.com', '//acme.zendesk.com']],
    ['another port', ['acme.zendesk.com:8443', 'https://acme.zendesk.com:4430', 'acme.zendesk.com:443x']],
    ['a user', ['user@acme.zendesk.com', 'https://a:b@acme.zendesk.com/']],
    ['another domain', ['a.acme.zendesk.com', 'acme.zendesk.org', 'acmezendesk.com', 'acme.zendesk.com.io']],
    ['a host before it', ['evil.io/acme.zendesk.com', 'https://evil.io\\.zendesk.com', 'x?acme.zendesk.com']],
    ['a line before it', ['x\nhttps://acme.zendesk.com']]
  ])('rejects %s', (_what, values) => {
    expect(values.filter((value) => subdomainOf(value) !== undefined)).toEqual([])
  })
})

describe('readOrigin', () => {
  it('returns an origin with TLS, or of this machine', () => {
    const remote = ['https://acme.zendesk.com', 'https://proxy.example:8443', 'https://10.1.2.3']
    const local = ['http://localhost', 'http://127.0.0.1:3000', 'http://127.255.1.2', 'https://[::1]:8443']
    const origins = [...remote, ...local]
    expect(origins.map(readOrigin)).toEqual(origins)
  })

  it('shortens what is written in another way', () => {
    const values = ['https://acme.zendesk.com/', 'HTTPS://Acme.Zendesk.Com', 'https://acme.zendesk.com:443']
    expect(values.map(readOrigin)).toEqual(values.map(() => 'https://acme.zendesk.com'))
  })

  it.each([
    ['no host', ['', 'https://', 'https:///']],
    ['no scheme', ['acme', 'acme.zendesk.com', '//acme.zendesk.com', 'https:acme.zendesk.com']],
    ['another scheme', ['ftp://localhost', 'file:///etc/passwd', 'javascript:alert(1)']],
    ['http: to another machine', ['http://acme.zendesk.com', 'http://10.1.2.3', 'http://128.0.0.1']],
    ['http: to a host like this machine', ['http://localhost.evil.example', 'http://127.evil.example']],
    ['http: to a host that begins like this machine', ['http://127.0.0.1.evil.example']],
    ['a path', ['https://acme.zendesk.com/api', 'https://acme.zendesk.com//']],
    ['a query', ['https://acme.zendesk.com/?', 'https://acme.zendesk.com?x=1']],
    ['a fragment', ['https://acme.zendesk.com#', 'https://acme.zendesk.com/#x']],
    ['a user', ['https://user:password@acme.zendesk.com', 'https://@acme.zendesk.com']],
    ['a backslash', ['https:\\\\acme.zendesk.com', 'https://acme.zendesk.com\\x']],
    ['port 0', ['https://acme.zendesk.com:0', 'http://localhost:0']],
    ['a port that is none', ['https://acme.zendesk.com:99999', 'https://acme.zendesk.com:x']],
    ['a space', ['https://ac me.zendesk.com', ' https://acme.zendesk.com']]
  ])('rejects %s', (_what, values) => {
    expect(values.filter((value) => readOrigin(value) !== undefined)).toEqual([])
  })
})

describe('isForeign', () => {
  const foreign = (...hosts: string[]): string[] =>
    hosts.filter((host) => isForeign(`https://${host}`, 'acme'))

  it('is false for the account itself and this machine', () => {
    expect(foreign('acme.zendesk.com:8443', 'localhost:8080', '127.9.9.9:1', '[::1]:1')).toEqual([])
  })

  it('is true for any other host', () => {
    const others = ['zendesk.com', 'b.zendesk.com', 'evilzendesk.com', 'zendesk.example', '10.0.0.1', '[::2]']
    const similar = ['localhost.evil.example', '127.0.0.1.evil.example', 'acme.zendesk.com.evil.example']
    expect(foreign(...others, ...similar)).toEqual([...others, ...similar])
  })
})
