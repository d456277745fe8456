import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** What the name server responds about a host: an address, or an error; `silent` is no response at all. */
export type Found = '127.0.0.1' | 'unknown' | 'failed' | 'silent'

/** A DNS server at 127.0.0.1, port 53. */
export interface NameServer {
  /** Every host that was asked for, once for each query. */
  readonly queries: string[]
  /** Sets what it responds about each host, and when. */
  respond: (find: (host: string) => Found | Promise<Found>) => void
  close: () => void
}

const ERRORS: Record<string, number> = { failed: 2, unknown: 3 }

/** Starts a name server. Only in a network namespace of one's own is this port free. */
export async function startNameServer(): Promise<NameServer> {
  const queries: string[] = []
  let find: (host: string) => Found | Promise<Found> = () => 'unknown'
  const socket = createSocket('udp4')
  const respond = async (query: Buffer, port: number): Promise<void> => {
    const { host, type, question } = parse(query)
    queries.push(host)
    const found = await find(host)
    if (found !== 'silent') socket.send(response(query, question, type, found), port)
  }
  socket.on('message', (query, { port }) => void respond(query, port))
  socket.bind(53)
  await once(socket, 'listening')
  return {
    queries,
    respond: (next) => {
      find = next
    },
    close: () => socket.close()
  }
}

/** The question of a query: the name as labels with their lengths, the type and the class (RFC 1035, section 4.1.2). */
function parse(query: Buffer): { host: string; type: number; question: Buffer } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return {
    host: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    question: query.subarray(12, at + 5)
  }
}

/** A response with one address if one was asked for (RFC 1035, section 4.1). */
function response(query: Buffer, question: Buffer, type: number, found: string): Buffer {
  const error = ERRORS[found] ?? 0
  const isAddress = error === 0 && type === 1
  const header = Buffer.from([
    query[0]!,
    query[1]!,
    0x81,
    0x80 | error,
    0,
    1,
    0,
    isAddress ? 1 : 0,
    0,
    0,
    0,
    0
  ])
  // The name of the question, type A, class IN, one second to live, four bytes.
  const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...found.split('.').map(Number)]
  return Buffer.concat([header, question, Buffer.from(isAddress ? answer : [])])
}
