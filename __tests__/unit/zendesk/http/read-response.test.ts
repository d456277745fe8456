import { describe, expect, it } from '@jest/globals'
import { type OutgoingHttpHeaders } from 'node:http'
import { type ZendeskResponse } from '../../../../src/zendesk/http/response.ts'
import { connect, errorOf, usesConnections } from '../../../support/connect.ts'
import { sendRaw, serve } from '../../../support/servers.ts'

const MIB = 1024 * 1024

usesConnections()

describe('readResponse', () => {
  const received = async (bytes: string | Buffer): Promise<ZendeskResponse> =>
    connect((await sendRaw(bytes, 'end')).port)()
  const served = async (headers: OutgoingHttpHeaders, body = '{}'): Promise<ZendeskResponse> =>
    connect((await serve((_request, response) => response.writeHead(429, headers).end(body))).port)()

  it('returns a status, JSON, and the headers that matter', async () => {
    const location = 'https://elsewhere.example/'
    const waits = { 'retry-after': '7', 'ratelimit-reset': '8', 'rate-limit-reset': '9' }
    const others = { date: 'Sat, 21 Nov 2026 12:00:00 GMT', 'x-request-id': 'id-1', location }
    const readWaits = { retryAfter: '7', rateLimitReset: '8, 9' }
    const readOthers = { date: Date.UTC(2026, 10, 21, 12), requestId: 'id-1', location }
    const expected = { status: 429, json: { error: 'x' }, html: false, ...readWaits, ...readOthers }
    expect(await served({ ...waits, ...others }, '{"error":"x"}')).toEqual(expected)
  })

  it('has only a status if there is nothing else that can be read', async () => {
    const response = await received('HTTP/1.1 204 No Content\r\nDate: soon\r\n\r\n')
    expect(response).toEqual({ status: 204, html: false, rateLimitReset: '' })
  })

  it('returns each request id once, the other name of a rate limit, and reads 60 kB of headers', async () => {
    const headers = { 'rate-limit-reset': '9', 'x-long': 'x'.repeat(60_000), 'x-request-id': ['a', 'b', 'a'] }
    const expected = { status: 429, rateLimitReset: '9', json: {}, requestId: 'a, b' }
    expect(await served(headers)).toMatchObject(expected)
  })

  it.each<[string, unknown, boolean]>([
    ['\ufeff{"a":"<b>"}', { a: '<b>' }, false],
    ['"\ufeff"', '\ufeff', false],
    ['null', null, false],
    ['"ü"', 'ü', false],
    ['', undefined, false],
    ['{"a":1', undefined, false],
    ['<html>', undefined, true],
    ['\ufeff\n <!doctype html>', undefined, true]
  ])('with the body %j has the JSON %j, and whether it is a web page is %s', async (body, json, html) => {
    expect(await served({}, body)).toMatchObject({ json, html })
  })

  it('may arrive with its characters in halves', async () => {
    const chunks = '2\r\n"\u00c3\r\n2\r\n\u00bc"\r\n0\r\n\r\n'
    const bytes = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`
    expect((await received(Buffer.from(bytes, 'latin1'))).json).toBe('ü')
  })

  it('may follow an informational one', async () => {
    const bytes = 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'
    expect((await received(bytes)).status).toBe(200)
  })

  it('of 1 MiB is read, and one byte more is an error', async () => {
    expect((await served({}, `"${'x'.repeat(MIB - 2)}"`)).json).toHaveLength(MIB - 2)
    const { port } = await serve((_request, response) => response.end('x'.repeat(MIB + 1)))
    expect(await errorOf(port)).toMatchObject({ kind: 'tooLarge', sent: true })
  })
})
