import { clean } from '../lib/redact.ts'
import { duration, isoTime } from '../lib/time.ts'

/** Counts the attempts of a mint that Zendesk may have carried out although no usable response came back. */
export class LostResponses {
  count = 0
  /** Whether the mint was retried after one of them. */
  isRetried = false
  #firstSentAt = 0

  /** Counts one; `sentAt` is when it was sent, in milliseconds since 1970. */
  add(sentAt: number): void {
    this.#firstSentAt ||= sentAt
    this.count += 1
  }

  /** Notes that the mint is attempted again. */
  retry(): void {
    this.isRetried = this.count > 0
  }

  /**
   * The sentence about the tokens that may exist.
   *
   * @param expiresIn the lifetime in seconds that was requested; `undefined` if none could be
   */
  note(clientId: string, expiresIn: number | undefined): string {
    const isOne = this.count === 1
    const tokens = isOne ? 'An unused token' : `Up to ${this.count} unused tokens`
    const [they, expire, them] = isOne ? ['it', 'expires', 'it'] : ['they', 'expire', 'them']
    const expiry =
      expiresIn === undefined ? `${they} may never expire` : `${they} ${expire} after ${duration(expiresIn)}`
    const since = isoTime(this.#firstSentAt).slice(11, 16)
    return `${tokens} of client ${clean(clientId)} may exist since ${since} UTC; ${expiry}, and \`sweep\` removes ${them}.`
  }
}
