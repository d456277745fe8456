import { describe, expect, it } from '@jest/globals'
import { Unanswered, unanswered } from '../../../src/zendesk/network-error.ts'

function failed(code: string | undefined, message = 'x'): NodeJS.ErrnoException {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

const TUNNEL = 'tunneling socket could not be established, '

describe('unanswered', () => {
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
  ])('takes %s before the request was sent for %s', (code, reason) => {
    expect(unanswered(failed(code), false)).toMatchObject({ reason, sent: false, code: code ?? '' })
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_CONSTANT', undefined])(
    'takes %s after the request was sent for a reply that broke off',
    (code) => {
      expect(unanswered(failed(code), true)).toMatchObject({ reason: 'broken off', sent: true })
    }
  )

  it.each(['407', '403', '502'])('takes %s from a proxy for its refusal', (status) => {
    const error = failed('ECONNRESET', `${TUNNEL}statusCode=${status}`)
    expect(unanswered(error, true)).toMatchObject({ reason: 'proxy refused', sent: false, code: status })
  })

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:8080', 'ECONNREFUSED'],
    ['getaddrinfo ENOTFOUND proxy.acme.example', 'ENOTFOUND'],
    ['getaddrinfo EAI_AGAIN proxy.acme.example', 'EAI_AGAIN'],
    ['socket hang up', '']
  ])('takes what happens on the way to a proxy for that: %s', (cause, code) => {
    const error = failed('ECONNRESET', `${TUNNEL}cause=${cause}`)
    expect(unanswered(error, true)).toMatchObject({ reason: 'proxy', sent: false, code })
  })

  it.each(['self-signed certificate', 'unable to verify the first certificate', 'certificate has expired'])(
    'takes a proxy that is not trusted for that: %s',
    (cause) => {
      expect(unanswered(failed('ECONNRESET', `${TUNNEL}cause=${cause}`), false)).toMatchObject({
        reason: 'certificate',
        sent: false
      })
    }
  )
})

describe('a proxy that sends something before the tunnel is there', () => {
  it('is at fault itself, and nothing was sent', () => {
    const error = failed('ECONNRESET', 'got illegal response body from proxy')
    expect(unanswered(error, true)).toMatchObject({ reason: 'proxy', sent: false })
  })
})

describe('Unanswered', () => {
  it('says why, and how the system calls it', () => {
    expect(new Unanswered('dns', false, 'ENOTFOUND').message).toMatch(/dns.*ENOTFOUND/)
    expect(new Unanswered('timeout', true).message).toBe('timeout')
  })
})
