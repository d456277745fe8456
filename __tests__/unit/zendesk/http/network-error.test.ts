import { describe, expect, it } from '@jest/globals'
import { networkError } from '../../../../src/zendesk/http/network-error.ts'

const PROXY = { variable: 'https_proxy', address: 'proxy:3128', hasUser: false }
const DETAILS = { staleConnection: true, proxy: PROXY }
const TUNNEL = 'tunneling socket could not be established, '

function failed(code: string, message = 'x'): NodeJS.ErrnoException {
  return Object.assign(new Error(message), code === '' ? {} : { code })
}

describe('networkError', () => {
  it.each([
    ['dns', 'an unknown host', ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']],
    ['certificate', 'a self-signed one', ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN']],
    ['certificate', 'one that is not valid now', ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']],
    ['certificate', 'a revoked one', ['CERT_REVOKED', 'CRL_HAS_EXPIRED']],
    ['certificate', 'one of another host', ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH']],
    ['certificate', 'an unknown issuer', ['UNABLE_TO_VERIFY_LEAF_SIGNATURE']],
    ['certificate', 'a wrong chain', ['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED']],
    ['tls', 'no TLS', ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION']],
    ['connection', 'no route', ['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'EMFILE']],
    ['connection', 'a connection that breaks', ['ECONNRESET', 'EPIPE', '']]
  ])('is %s for %s before the request was sent', (kind, _what, codes) => {
    for (const code of codes)
      expect(networkError(failed(code), false)).toMatchObject({ kind, sent: false, code })
  })

  it.each([
    ['brokenOff', true, ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', '']],
    ['tls', true, ['EPROTO', 'ERR_SSL_BAD_RECORD_TYPE']],
    ['unusableResponse', true, ['HPE_HEADER_OVERFLOW', 'HPE_INVALID_CONSTANT']],
    ['unsendable', false, ['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN']],
    // The server refuses before it reads the request.
    ['clientCertificate', false, ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED']],
    ['clientCertificate', false, ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE']]
  ])('is %s, and sent: %s, for %j after the request was written', (kind, sent, codes) => {
    for (const code of codes) expect(networkError(failed(code), true)).toMatchObject({ kind, sent, code })
  })

  it.each([
    ['proxyUnreachable', '599', `${TUNNEL}statusCode=599`],
    ['proxyUnreachable', '429', `${TUNNEL}statusCode=429`],
    ['proxyRefused', '407', `${TUNNEL}statusCode=407`],
    ['proxyRefused', '204', `${TUNNEL}statusCode=204`],
    ['proxy', 'ECONNREFUSED', `${TUNNEL}cause=connect ECONNREFUSED 127.0.0.1:8080`],
    ['proxy', 'ENOTFOUND', `${TUNNEL}cause=getaddrinfo ENOTFOUND proxy.acme.example`],
    ['proxyBroken', '', `${TUNNEL}cause=socket hang up`],
    ['proxyBroken', 'ECONNRESET', `${TUNNEL}cause=read ECONNRESET`],
    ['proxyBroken', 'EPIPE', `${TUNNEL}cause=write EPIPE`],
    ['proxyBroken', '', 'got illegal response body from proxy']
  ])('is %s (%s), and not sent, for an error of a proxy: %s', (kind, code, message) => {
    const error = networkError(failed('ECONNRESET', message), true, DETAILS)
    expect(error).toMatchObject({ kind, sent: false, code, staleConnection: false, proxy: PROXY })
  })

  it('knows the proxy, and whether the connection was stale, if the connection broke', () => {
    expect(networkError(failed('ECONNRESET'), true, DETAILS)).toMatchObject({ kind: 'brokenOff', ...DETAILS })
    expect(networkError(failed('ECONNRESET'), true)).toMatchObject({ staleConnection: false })
  })
})
