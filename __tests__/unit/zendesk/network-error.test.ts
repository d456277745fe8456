import { describe, expect, it } from '@jest/globals'
import { NetworkError, networkError } from '../../../src/zendesk/network-error.ts'

function failed(code: string | undefined, message = 'x'): NodeJS.ErrnoException {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

const TUNNEL = 'tunneling socket could not be established, '

describe('networkError', () => {
  it.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['CERT_NOT_YET_VALID', 'certificate'],
    ['CERT_REVOKED', 'certificate'],
    ['CRL_HAS_EXPIRED', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate'],
    ['INVALID_CA', 'certificate'],
    ['INVALID_PURPOSE', 'certificate'],
    ['PATH_LENGTH_EXCEEDED', 'certificate'],
    ['HOSTNAME_MISMATCH', 'certificate'],
    ['EPROTO', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls'],
    ['ECONNREFUSED', 'connection'],
    ['EHOSTUNREACH', 'connection'],
    ['ENETUNREACH', 'connection'],
    ['ETIMEDOUT', 'connection'],
    ['ECONNRESET', 'connection'],
    ['EPIPE', 'connection'],
    [undefined, 'connection']
  ])('classifies %s before the request was sent as %s', (code, kind) => {
    expect(networkError(failed(code), false)).toMatchObject({ kind, sent: false, code: code ?? '' })
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_CONSTANT', undefined])(
    'classifies %s after the request was sent as a response that broke off',
    (code) => {
      expect(networkError(failed(code), true)).toMatchObject({ kind: 'brokenOff', sent: true })
    }
  )

  it.each(['407', '403', '502'])('classifies a %s from a proxy as its refusal', (status) => {
    const error = failed('ECONNRESET', `${TUNNEL}statusCode=${status}`)
    expect(networkError(error, true)).toMatchObject({ kind: 'proxyRefused', sent: false, code: status })
  })

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:8080', 'ECONNREFUSED'],
    ['getaddrinfo ENOTFOUND proxy.acme.example', 'ENOTFOUND'],
    ['getaddrinfo EAI_AGAIN proxy.acme.example', 'EAI_AGAIN'],
    ['socket hang up', '']
  ])('classifies "%s" on the way to a proxy as a failure of the proxy', (cause, code) => {
    const error = failed('ECONNRESET', `${TUNNEL}cause=${cause}`)
    expect(networkError(error, true)).toMatchObject({ kind: 'proxy', sent: false, code })
  })

  it.each(['self-signed certificate', 'unable to verify the first certificate', 'certificate has expired'])(
    'classifies "%s" of a proxy as an untrusted certificate',
    (cause) => {
      expect(networkError(failed('ECONNRESET', `${TUNNEL}cause=${cause}`), false)).toMatchObject({
        kind: 'certificate',
        sent: false,
        code: 'of the proxy'
      })
    }
  )

  it('classifies bytes from a proxy before the tunnel is there as a failure of the proxy', () => {
    const error = failed('ECONNRESET', 'got illegal response body from proxy')
    expect(networkError(error, true)).toMatchObject({ kind: 'proxy', sent: false, code: 'invalid response' })
  })

  it.each(['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN'])(
    'classifies %s as a request that Node refuses',
    (code) => {
      expect(networkError(failed(code), true)).toMatchObject({ kind: 'unsendable', sent: false, code })
    }
  )

  it.each(['EPROTO', 'ERR_SSL_BAD_RECORD_TYPE'])(
    'classifies %s as TLS even after the request was sent',
    (code) => {
      expect(networkError(failed(code), true)).toMatchObject({ kind: 'tls', sent: true, code })
    }
  )

  it('notes a reused connection that turned out to be closed', () => {
    expect(networkError(failed('ECONNRESET'), true, true).staleConnection).toBe(true)
    expect(networkError(failed('ECONNRESET'), true).staleConnection).toBe(false)
  })
})

describe('NetworkError', () => {
  it('says what failed, and the code of the system', () => {
    expect(new NetworkError('dns', false, 'ENOTFOUND').message).toBe('host name not found (ENOTFOUND)')
    const timeout = new NetworkError('timeout', true)
    expect([timeout.message, timeout.staleConnection]).toEqual(['timeout', false])
  })
})
