import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** What the name server responds about a host: an address, or an error; `silent` is no response at all. */
export type Found = '127.0.0.1' | 'unknown' | 'failed' | 'silent'

/** A DNS server at 127.0.0.1, port 53: only in a network namespace of one's own is this port free. */
export class NameServer {
  /** Every host that was asked for, once for each query. */
  readonly queries: string[] = []
  /** What it responds about each host, and when. */
  find: (host: string) => Found | Promise<Found> = () => 'unknown'
  readonly #socket = createSocket('udp4')

  async start(): Promise<void> {
    this.#socket.on('message', (query, { port }) => void this.#respond(query, port))
    this.#socket.bind(53)
    await once(this.#socket, 'listening')
  }

  close(): void {
    this.#socket.close()
  }

  /** Reads the question: the name as labels with their lengths, the type and the class (RFC 1035, section 4.1.2). */
  async #respond(query: Buffer, port: number): Promise<void> {
    const labels: string[] = []
    let at = 12
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += length + 1
    }
    const host = labels.join('.').toLowerCase()
    this.queries.push(host)
    const found = await this.find(host)
    const isIpv4 = query.readUInt16BE(at + 1) === 1
    if (found !== 'silent') this.#socket.send(response(query.subarray(0, at + 5), isIpv4, found), port)
  }
}

/** A response with one address if one was asked for and found (RFC 1035, section 4.1). */
function response(query: Buffer, isIpv4: boolean, found: string): Buffer {
  const error = found === 'failed' ? 2 : found === 'unknown' ? 3 : 0
  const isAddress = error === 0 && isIpv4
  const header = [query[0]!, query[1]!, 0x81, 0x80 | error, 0, 1, 0, Number(isAddress), 0, 0, 0, 0]
  // The name of the question, type A, class IN, one second to live, four bytes.
  const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...found.split('.').map(Number)]
  return Buffer.concat([Buffer.from(header), query.subarray(12), Buffer.from(isAddress ? answer : [])])
}
