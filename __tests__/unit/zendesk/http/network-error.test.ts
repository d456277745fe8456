import { describe, expect, it } from '@jest/globals'
import { networkError } from '../../../../src/zendesk/http/network-error.ts'

const TUNNEL = 'tunneling socket could not be established, '

function failed(code: string | undefined, message = 'x'): NodeJS.ErrnoException {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

describe('networkError', () => {
  it.each([
    ['dns', 'an unknown host', ['ENOTFOUND', 'EAI_AGAIN']],
    ['certificate', 'a self-signed one', ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN']],
    ['certificate', 'one that is not valid now', ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']],
    ['certificate', 'a revoked one', ['CERT_REVOKED', 'CRL_HAS_EXPIRED']],
    ['certificate', 'one of another host', ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH']],
    [
      'certificate',
      'an unknown issuer',
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY']
    ],
    ['certificate', 'a wrong chain', ['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED']],
    ['tls', 'no TLS', ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION']],
    ['connection', 'no route', ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']],
    ['connection', 'a connection that breaks', ['ECONNRESET', 'EPIPE', undefined]]
  ])('is %s for %s before the request was sent', (kind, _what, codes) => {
    for (const code of codes)
      expect(networkError(failed(code), false)).toMatchObject({ kind, sent: false, code: code ?? '' })
  })

  it.each([
    ['brokenOff', ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_CONSTANT', undefined]],
    ['tls', ['EPROTO', 'ERR_SSL_BAD_RECORD_TYPE']]
  ])('is %s for %j after the request was sent', (kind, codes) => {
    for (const code of codes)
      expect(networkError(failed(code), true)).toMatchObject({ kind, sent: true, code: code ?? '' })
  })

  it.each(['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN'])('is unsendable for %s', (code) => {
    expect(networkError(failed(code), true)).toMatchObject({ kind: 'unsendable', sent: false, code })
  })

  it.each([
    ['proxyRefused', '407', `${TUNNEL}statusCode=407`],
    ['proxy', 'ECONNREFUSED', `${TUNNEL}cause=connect ECONNREFUSED 127.0.0.1:8080`],
    ['proxy', 'ENOTFOUND', `${TUNNEL}cause=getaddrinfo ENOTFOUND proxy.acme.example`],
    ['proxy', '', `${TUNNEL}cause=socket hang up`],
    ['proxy', 'invalid response', 'got illegal response body from proxy'],
    ['certificate', 'of the proxy', `${TUNNEL}cause=self-signed certificate`],
    ['certificate', 'of the proxy', `${TUNNEL}cause=unable to verify the first certificate`]
  ])('is %s (%s) for an error of a proxy: %s', (kind, code, message) => {
    expect(networkError(failed('ECONNRESET', message), true)).toMatchObject({ kind, sent: false, code })
  })
})
