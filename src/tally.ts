import { duration } from './time.ts'
import { type SweepOutput } from './runner/outputs.ts'
import { type Table } from './runner/summary.ts'
import { type LeftOver } from './zendesk/leftovers.ts'

/** Ids in the output, rows in the summary, ids in a line of the log. */
const OUTPUT_IDS = 5000
const SUMMARY_ROWS = 500
const LOG_IDS = 50

/** What a sweep has found, and what became of it. */
export class Tally {
  /** How many tokens were listed. */
  seen = 0
  /** How many were revoked. */
  revoked = 0
  /** What ended the sweep before it was through. */
  failure: Error | undefined
  readonly #tokens: LeftOver[] = []
  readonly #failed = new Map<number, string>()
  readonly #ids = new Set<number>()

  constructor(readonly dryRun: boolean) {}

  get matched(): number {
    return this.#tokens.length
  }

  /** Notes a left-over token; one that was noted before, as when a page is shown twice, is not noted again. */
  add(token: LeftOver): void {
    if (this.#ids.has(token.id)) return
    this.#ids.add(token.id)
    this.#tokens.push(token)
  }

  /** The tokens that were found, each given out once, to whoever asks first. */
  found(): IterableIterator<LeftOver> {
    return this.#tokens.values()
  }

  /** Notes what became of a token: `why` it could not be revoked, or nothing. */
  settle({ id }: LeftOver, why: string | undefined): void {
    if (why === undefined) this.revoked += 1
    else this.#failed.set(id, why)
  }

  outputs(): Record<SweepOutput, string | number> {
    const ids = this.#tokens.slice(0, OUTPUT_IDS).map(({ id }) => id)
    return {
      matched: this.matched,
      revoked: this.revoked,
      failed: this.#failed.size,
      'token-ids': JSON.stringify(ids)
    }
  }

  /** The line that ends a sweep without failures. */
  message(): string {
    if (this.matched === 0) return `None of ${this.seen} tokens is left over.`
    if (!this.dryRun) return `${this.revoked} left-over tokens revoked, of ${this.seen} listed.`
    return `${this.matched} of ${this.seen} tokens are left over, and would be revoked without dry-run: ${idList(this.#tokens.map(({ id }) => id))}.`
  }

  /** The error to end with, if anything remained to be done. */
  error(): Error | undefined {
    const remained = this.#failed.size
    if (this.failure === undefined && remained === 0) return undefined
    const parts: string[] = []
    if (this.failure !== undefined) {
      parts.push(this.failure.message)
    }
    const [why] = this.#failed.values()
    if (why !== undefined) {
      parts.push(
        `${remained} of ${this.matched} left-over tokens remain: ${idList([...this.#failed.keys()])}. ${why}`
      )
    } else if (!this.dryRun && this.matched > 0) {
      parts.push(`All ${this.matched} left-over tokens that were found before were revoked.`)
    }
    return new Error(parts.join(' '))
  }

  /** The job summary: failures first. */
  table(title: string, now: number): Table {
    const remained = this.#failed.size
    const counts = this.dryRun
      ? `${this.matched} of ${this.seen} tokens are left over. This was a dry run: nothing was revoked.`
      : `${this.matched} of ${this.seen} tokens were left over: ${this.revoked} revoked, ${remained} remain.`
    const isFailed = ({ id }: LeftOver): boolean => this.#failed.has(id)
    const failuresFirst =
      remained === 0
        ? this.#tokens
        : [...this.#tokens.filter(isFailed), ...this.#tokens.filter((token) => !isFailed(token))]
    const rows = failuresFirst.slice(0, SUMMARY_ROWS).map((token) => this.#row(token, now))
    const more = this.matched - rows.length
    const lines = more > 0 ? [counts, `The first ${rows.length} of them are below.`] : [counts]
    return { title, lines, head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'], rows }
  }

  #row({ id, userId, scopes, createdAt, usedAt }: LeftOver, now: number): string[] {
    const age = (time: number): string => duration(Math.max(0, now - time) / 1000)
    const lastUse = usedAt === null ? 'never' : `${age(usedAt)} ago`
    const outcome = this.#failed.get(id) ?? (this.dryRun ? 'would be revoked' : 'revoked')
    return [String(id), String(userId ?? 'unknown'), scopes, age(createdAt), lastUse, outcome]
  }
}

function idList(ids: number[]): string {
  const shown = ids.slice(0, LOG_IDS).join(', ')
  return ids.length > LOG_IDS ? `${shown} and ${ids.length - LOG_IDS} more` : shown
}
