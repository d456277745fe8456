import { type TlsOptions } from 'node:tls'
import { expect, it } from '@jest/globals'
import { annotated, NOTHING, published, retries } from '../../support/log-lines.ts'
import { runStep } from '../../support/run-action.ts'
import { caFile, impostor, selfSigned, tls } from '../../support/servers.ts'

const demanding = (version: 'TLSv1.2' | 'TLSv1.3'): TlsOptions => ({
  ...{ requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version },
  ...tls.good
})

it.each<[string, TlsOptions, string, string, number]>([
  ['the certificate has expired', tls.expired, selfSigned.expired, 'or the clock of the runner is wrong', 1],
  ['it is not yet valid', tls.notYetValid, selfSigned.notYetValid, 'or the clock of the runner is wrong', 1],
  ['NODE_EXTRA_CA_CERTS is not set', tls.good, '', 'give its CA to the runner in `NODE_EXTRA_CA_CERTS`', 1],
  ['NODE_EXTRA_CA_CERTS has another CA', tls.good, selfSigned.expired, '.pem does not vouch for it', 1],
  // In TLS 1.2 the server does not say why it ends the connection.
  ['TLS 1.2 ends', demanding('TLSv1.2'), caFile, 'The server may demand a client certificate.', 5],
  ['a client certificate is missing', demanding('TLSv1.3'), caFile, 'demands a client certificate (TLS).', 1]
])('main says what is wrong with TLS: %s', async (_what, server, ca, words, attempts) => {
  const { port } = await impostor(server)
  const credential = { 'client-id': 'ci_bot', 'client-secret': 'a-client-secret' }
  const ended = await runStep('main', {
    inputs: { subdomain: 'acme', ...credential, 'base-url': `https://acme.zendesk.com:${port}` },
    env: { NODE_EXTRA_CA_CERTS: ca },
    lookups: 9
  })
  expect(ended).toMatchObject({ exitCode: 1, stderr: '' })
  expect(published(ended)).toEqual(NOTHING)
  expect(annotated(ended)).toEqual([expect.stringContaining(words)])
  expect(annotated(ended)[0]!.includes('NODE_EXTRA_CA_CERTS')).toBe(!/clock|client cert/.test(words))
  expect(retries(ended)).toHaveLength(attempts - 1)
})
