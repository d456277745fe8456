import { type LookupFunction } from 'node:net'

let pending = 0

/** As `dns.lookup`, which cannot be cancelled; counts the look-ups that have not come back. */
export const lookup: LookupFunction = (hostname, options, callback) => {
  pending += 1
  // Not imported: a step that connects to an IP address, or fails before it connects, need not load it.
  process.getBuiltinModule('node:dns').lookup(hostname, options, (...found) => {
    pending -= 1
    callback(...found)
  })
}

/** Whether the system still looks up a host name: if its name servers do not answer, that takes up to a minute. */
export function isLookingUp(): boolean {
  return pending > 0
}
