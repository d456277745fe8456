import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from '@jest/globals'

import { annotated, NOTHING, published, retries } from '../../support/log-lines.ts'
import { once, runStep } from '../../support/run-action.ts'
import { scratch } from '../../support/scratch.ts'
import { caFile, impostor, selfSigned, tls } from '../../support/servers.ts'
import { clientCredentials, mockZendesk } from '../../support/zendesk.ts'

const secureZendesk = once(() => mockZendesk({ tls: tls.good }))

/** Runs main at a port, where it sends nothing to Zendesk, and returns its error and how many attempts it made. */
async function failureAt(port: number, caFile: string): Promise<{ error: string; attempts: number }> {
  const zendesk = await secureZendesk()
  const ended = await runStep('main', {
    inputs: clientCredentials(zendesk, { 'base-url': `https://acme.zendesk.com:${port}` }),
    env: { NODE_EXTRA_CA_CERTS: caFile },
    lookups: 9
  })
  // Node itself warns on stderr of a file that it cannot open.
  expect(ended.exitCode).toBe(1)
  expect(published(ended)).toEqual(NOTHING)
  expect(annotated(ended)).toHaveLength(1)
  expect(zendesk.requests).toEqual([])
  return { error: annotated(ended)[0]!, attempts: 1 + retries(ended).length }
}

/** A file that holds the right CA, but not as text. */
function der(): string {
  const file = scratch('ca.der')
  writeFileSync(file, new X509Certificate(readFileSync(caFile)).raw)
  return file
}

describe('main', () => {
  it.each([
    ['expired', 'has expired'],
    ['notYetValid', 'is not yet valid']
  ] as const)('tries once and leads to the clock if the certificate is %s', async (certificate, problem) => {
    const { port } = await impostor(tls[certificate])
    const { error, attempts } = await failureAt(port, selfSigned[certificate])
    expect(error).toContain(`It ${problem}, or the clock of the runner is wrong.`)
    expect(error).not.toContain('NODE_EXTRA_CA_CERTS')
    expect(attempts).toBe(1)
  })

  it.each([
    ['is not set', () => '', 'give its CA to the runner in `NODE_EXTRA_CA_CERTS`'],
    ['has another CA', () => selfSigned.expired, 'expired.pem does not vouch for it'],
    ['is a folder', () => tmpdir(), 'is not a file'],
    ['does not exist', () => scratch('missing'), 'cannot be read (ENOENT)'],
    ['is in DER format', der, 'has no certificate in PEM format']
  ])('tries once and says what may be wrong if NODE_EXTRA_CA_CERTS %s', async (_what, file, expected) => {
    const { error, attempts } = await failureAt((await secureZendesk()).port, file())
    expect(error).toContain(expected)
    expect(attempts).toBe(1)
  })

  // In TLS 1.2 the server does not say why it ends the connection.
  it.each([
    ['TLSv1.2', 'The server may demand a client certificate.', 5],
    ['TLSv1.3', 'The server demands a client certificate (TLS).', 1]
  ] as const)(
    'leads to the client certificate that a server of %s demands',
    async (version, expected, most) => {
      const demands = {
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: version,
        maxVersion: version
      }
      const { port } = await impostor({ ...tls.good, ...demands })
      const { error, attempts } = await failureAt(port, caFile)
      expect(error).toContain(expected)
      expect(attempts).toBe(most)
    }
  )
})
