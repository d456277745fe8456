import { type IncomingMessage } from 'node:http'

/** 1 MiB: far above any reply of Zendesk's token endpoints. */
const BODY_LIMIT = 1024 * 1024

/** The body was not read to its end: it broke off, or is larger than 1 MiB. */
export class IncompleteBody extends Error {
  constructor(readonly reason: 'broken off' | 'too large') {
    super(`the reply was ${reason}`)
  }
}

/**
 * Reads a reply's body as UTF-8 text. Unlike http-client's `readBody()`, which waits for ever where the peer
 * drops the connection half-way, this always settles.
 *
 * @throws {IncompleteBody} where the reply broke off or is larger than 1 MiB
 */
export function readBody(message: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > BODY_LIMIT) {
        reject(new IncompleteBody('too large'))
        message.destroy()
      } else {
        chunks.push(chunk)
      }
    })
    message.on('end', () => {
      if (message.complete) resolve(Buffer.concat(chunks).toString('utf8'))
    })
    const brokenOff = (): void => {
      reject(new IncompleteBody('broken off'))
    }
    message.on('error', brokenOff)
    message.on('close', brokenOff)
  })
}
