/** Counts the attempts of a mint that Zendesk may have carried out although no usable response came back. */
export class LostResponses {
  count = 0
  /** Whether the mint was retried after one of them. */
  isRetried = false
  /** When the first of them was sent, in milliseconds since 1970. */
  since = 0

  /** Counts one; `sentAt` is when it was sent, in milliseconds since 1970. */
  add(sentAt: number): void {
    if (this.count === 0) this.since = sentAt
    this.count += 1
  }

  /** Notes that the mint is attempted again. */
  retry(): void {
    this.isRetried = this.count > 0
  }
}
