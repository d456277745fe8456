import { type IncomingMessage } from 'node:http'

/** 1 MiB: far above any response of Zendesk's token endpoints. */
const BODY_LIMIT = 1024 * 1024

/** The body was not read to its end. */
export class IncompleteBody extends Error {
  constructor(readonly kind: 'brokenOff' | 'tooLarge') {
    super(kind)
  }
}

/**
 * Reads the body of a response as UTF-8 text. Unlike http-client's `readBody()`, which never settles if the peer
 * drops the connection half-way, this always does.
 *
 * @throws {IncompleteBody} if the response broke off or is larger than 1 MiB
 */
export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of message) {
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size > BODY_LIMIT) break
    }
  } catch {
    throw new IncompleteBody('brokenOff')
  }
  if (size > BODY_LIMIT) throw new IncompleteBody('tooLarge')
  if (!message.complete) throw new IncompleteBody('brokenOff')
  return Buffer.concat(chunks).toString('utf8')
}
