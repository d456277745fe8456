import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { certificateAdvice } from '../../../src/report/certificate-advice.ts'
import { scratch } from '../../support/scratch.ts'

const folder = scratch('certificates')
mkdirSync(folder)

/** A file with this text, and if given with this size. */
function file(name: string, text: string, size = text.length): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  truncateSync(path, size)
  return path
}

const advice = (code: string, env: NodeJS.ProcessEnv = { NODE_EXTRA_CA_CERTS: folder }): string =>
  certificateAdvice(code, 'acme.zendesk.com', env)

const PEM = '-----BEGIN CERTIFICATE-----\n'
const ANY_CA =
  'If a proxy of yours inspects TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`. Otherwise check `base-url`: the connection may be intercepted.'

describe('certificateAdvice', () => {
  it.each(['', undefined])('says which variable trusts a CA, if that is %j', (value) => {
    expect(advice('INVALID_CA', { NODE_EXTRA_CA_CERTS: value })).toBe(ANY_CA)
  })

  it.each([
    ['cannot be read (ENOENT)', join(folder, 'missing.pem')],
    ['is not a file', folder],
    ['has no certificate in PEM format', file('request.pem', '-----BEGIN CERTIFICATE REQUEST-----\n')],
    ['has no certificate in PEM format', file('huge.pem', PEM, 4 * 1024 * 1024 + 1)],
    ['does not vouch for it', file('ca.pem', PEM, 4 * 1024 * 1024)],
    ['does not vouch for it', file('trusted.pem', `words\n${PEM.replace('BEGIN', 'BEGIN TRUSTED')}`)]
  ])('says that the file of the variable %s', (problem, path) => {
    expect(advice('SELF_SIGNED_CERT_IN_CHAIN', { NODE_EXTRA_CA_CERTS: path })).toBe(
      `\`NODE_EXTRA_CA_CERTS\` is set, but ${path} ${problem}. Correct it, or check \`base-url\`: the connection may be intercepted.`
    )
  })

  const clock = 'or the clock of the runner is wrong. Check that clock, and'

  it.each([
    ['CERT_HAS_EXPIRED', `It has expired, ${clock}`],
    ['CERT_NOT_YET_VALID', `It is not yet valid, ${clock}`],
    ['UNSPECIFIED', 'Its key or its signature may be too weak. Check'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'It is for another host. Check `base-url`, and']
  ])('says what %s means, whatever the variable says', (code, text) => {
    expect(advice(code)).toBe(`${text} what is between the runner and acme.zendesk.com.`)
  })

  it('says that verification cannot be switched off, if somebody tried to', () => {
    const tried = `${ANY_CA} \`NODE_TLS_REJECT_UNAUTHORIZED\` is not obeyed.`
    expect(advice('INVALID_CA', { NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toBe(tried)
    expect(advice('INVALID_CA', { NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toBe(ANY_CA)
  })
})
