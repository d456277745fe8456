import { quote } from '../lib/redact.ts'
import { duration, timeOfDay } from '../lib/time.ts'
import { type Allowance } from './client.ts'

/** Remembers that a mint may have been carried out without a usable reply, and tells so once. */
export class LostReply {
  /** When the first such request was sent, in milliseconds since 1970. */
  sentAt: number | undefined
  #told = false

  /**
   * @param clientId the client of the token that may exist
   * @param expiresIn the lifetime in seconds that was asked for; `undefined` where none could be
   */
  constructor(
    readonly clientId: string,
    readonly expiresIn: number | undefined
  ) {}

  /** What a request has to be sent with, for `say` to be called before the retry that follows a lost reply. */
  watch(say: (note: string) => void): Pick<Allowance, 'onLostReply' | 'beforeRetry'> {
    return {
      onLostReply: (sentAt) => {
        this.sentAt ??= sentAt
      },
      beforeRetry: () => {
        this.tell(say)
      }
    }
  }

  /** Calls `say` with a sentence on the token that may exist, if there is one and it was not called before. */
  tell(say: (note: string) => void): void {
    if (this.sentAt === undefined || this.#told) return
    this.#told = true
    const end =
      this.expiresIn === undefined ? 'does not expire by itself' : `expires after ${duration(this.expiresIn)}`
    const since = timeOfDay(this.sentAt)
    say(
      `An unused token of client ${quote(this.clientId)} may exist since ${since}; it ${end}, and \`sweep\` removes it.`
    )
  }
}
