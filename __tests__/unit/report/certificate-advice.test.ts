import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { certificateAdvice } from '../../../src/report/certificate-advice.ts'

const folder = mkdtempSync(join(tmpdir(), 'ca-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** A file with this text, and if given with this size. */
function file(name: string, text: string, size?: number): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  if (size !== undefined) truncateSync(path, size)
  return path
}

/** The advice about a certificate of an unknown CA, with the path of a file as PATH. */
function advice(path: string, code = 'SELF_SIGNED_CERT_IN_CHAIN'): string {
  return certificateAdvice(code, 'acme.zendesk.com', { NODE_EXTRA_CA_CERTS: path }).replace(path, 'PATH')
}

const PEM = '-----BEGIN CERTIFICATE-----\n'

describe('certificateAdvice', () => {
  it.each(['', undefined])('says which variable trusts a CA, if that is %j', (value) => {
    expect(certificateAdvice('INVALID_CA', 'acme.zendesk.com', { NODE_EXTRA_CA_CERTS: value })).toBe(
      'If a proxy of yours inspects TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`. Otherwise check `base-url`: the connection may be intercepted.'
    )
  })

  it.each([
    ['cannot be read (ENOENT)', join(folder, 'missing.pem')],
    ['is not a file', folder],
    ['has no certificate in PEM format', file('ca.der', '0\u0082\u0003')],
    ['has no certificate in PEM format', file('request.pem', '-----BEGIN CERTIFICATE REQUEST-----\n')],
    ['has no certificate in PEM format', file('huge.pem', PEM, 4 * 1024 * 1024 + 1)],
    ['does not vouch for it', file('ca.pem', PEM)],
    ['does not vouch for it', file('trusted.pem', `words\n${PEM.replace('BEGIN', 'BEGIN TRUSTED')}`)]
  ])('says that the file of the variable %s', (problem, path) => {
    expect(advice(path)).toBe(
      `\`NODE_EXTRA_CA_CERTS\` is set, but PATH ${problem}. Correct it, or check \`base-url\`: the connection may be intercepted.`
    )
  })

  it.each([
    ['has expired', 'CERT_HAS_EXPIRED'],
    ['is not yet valid', 'CERT_NOT_YET_VALID']
  ])(
    'leads to the clock of the runner if the certificate %s, whatever the variable says',
    (problem, code) => {
      expect(advice(folder, code)).toBe(
        `It ${problem}, or the clock of the runner is wrong. Check that clock, and what is between the runner and acme.zendesk.com.`
      )
    }
  )

  it('says that a key or a signature may be too weak', () => {
    expect(advice(folder, 'UNSPECIFIED')).toBe(
      'Its key or its signature may be too weak. Check what is between the runner and acme.zendesk.com.'
    )
  })

  it('says that a certificate is for another host, whatever the variable says', () => {
    expect(advice(folder, 'ERR_TLS_CERT_ALTNAME_INVALID')).toBe(
      'It is for another host. Check `base-url`, and what is between the runner and acme.zendesk.com.'
    )
  })

  it('says that verification cannot be switched off, if somebody tried to', () => {
    const ending = (NODE_TLS_REJECT_UNAUTHORIZED: string): RegExpExecArray | null =>
      / `NODE_TLS_REJECT_UNAUTHORIZED` is not obeyed\.$/.exec(
        certificateAdvice('INVALID_CA', 'acme.zendesk.com', { NODE_TLS_REJECT_UNAUTHORIZED })
      )
    expect([ending('0') !== null, ending('1')]).toEqual([true, null])
  })
})
