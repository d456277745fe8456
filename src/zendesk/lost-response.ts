import { quote } from '../lib/redact.ts'
import { duration, timeOfDay } from '../lib/time.ts'

/** Counts the attempts of a mint that Zendesk may have carried out although no usable response came back. */
export class LostResponses {
  /** Whether the mint was retried after one of them. */
  isRetried = false
  #count = 0
  #firstSentAt = 0

  /** Counts one; `sentAt` is when it was sent, in milliseconds since 1970. */
  add(sentAt: number): void {
    if (this.#count === 0) this.#firstSentAt = sentAt
    this.#count += 1
  }

  /** Notes that the mint is attempted again. */
  retry(): void {
    this.isRetried = this.#count > 0
  }

  get count(): number {
    return this.#count
  }

  /**
   * The sentence about the tokens that may exist.
   *
   * @param expiresIn the lifetime in seconds that was requested; `undefined` if none could be
   */
  note(clientId: string, expiresIn: number | undefined): string {
    const many = this.#count > 1
    const tokens = many ? `Up to ${this.#count} unused tokens` : 'An unused token'
    const it = many ? 'they' : 'it'
    const expiry =
      expiresIn === undefined
        ? `${it} may never expire`
        : `${it} ${many ? 'expire' : 'expires'} after ${duration(expiresIn)}`
    const since = timeOfDay(this.#firstSentAt)
    return `${tokens} of client ${quote(clientId)} may exist since ${since}; ${expiry}, and \`sweep\` removes ${many ? 'them' : 'it'}.`
  }
}
