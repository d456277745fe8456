import { type ClientRequest, type IncomingMessage } from 'node:http'
import { NetworkError } from './network-error.ts'
import { type ZendeskResponse } from './response.ts'

/** 1 MiB: far above any response of Zendesk's token endpoints. */
const BODY_LIMIT = 1024 * 1024

/**
 * Reads the response to a request. Unlike http-client's `readBody()`, this settles if the peer drops the connection
 * half-way.
 *
 * @throws {Error} of Node or of this module, if there is no complete response
 */
export function readResponse(request: ClientRequest): Promise<ZendeskResponse> {
  return new Promise((resolve, reject) => {
    // Of a body that its parser refuses, Node tells only the request.
    request.on('error', reject)
    request.on('upgrade', ({ statusCode }, socket) => {
      // Node leaves this socket to its user, and reports no error.
      socket.destroy()
      reject(new NetworkError('unusableResponse', true, String(statusCode)))
    })
    request.on('response', (message) => {
      const chunks: Buffer[] = []
      let size = 0
      message.on('error', reject)
      message.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > BODY_LIMIT) reject(new NetworkError('tooLarge', true))
      })
      message.on('end', () => resolve(responseOf(message, Buffer.concat(chunks))))
    })
  })
}

function responseOf({ headers, statusCode }: IncomingMessage, body: Buffer): ZendeskResponse {
  // JSON begins after a byte order mark.
  const text = body.toString().replace(/^\ufeff/, '')
  const date = Date.parse(headers.date ?? '')
  // The edge in front of Zendesk can add the same id again.
  const requestId = headers['x-request-id']?.toString()
  return {
    status: Number(statusCode),
    json: parse(text),
    html: /^\s*</.test(text),
    retryAfter: headers['retry-after'],
    rateLimitReset: [headers['ratelimit-reset'], headers['rate-limit-reset']].filter(Boolean).join(', '),
    location: headers.location,
    date: Number.isNaN(date) ? undefined : date,
    requestId: requestId && [...new Set(requestId.split(', '))].join(', ')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
