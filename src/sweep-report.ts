import { duration } from './lib/time.ts'
import { type SweepOutput } from './runner/outputs.ts'
import { type Table } from './runner/summary.ts'
import { type StaleToken } from './zendesk/stale-tokens.ts'
import { ZendeskError } from './zendesk/zendesk-error.ts'

/** Ids in the output, rows in the summary, ids in a line of the log. */
const OUTPUT_IDS = 5000
const SUMMARY_ROWS = 500
const LOG_IDS = 50

/** What a sweep has found, and what became of it. */
export class SweepReport {
  /** How many tokens were listed. */
  checked = 0
  /** How many were revoked. */
  revoked = 0
  readonly #tokens: StaleToken[] = []
  readonly #failed = new Map<number, Error>()
  readonly #ids = new Set<number>()
  #stoppedBy: unknown

  /** @param explain turns an error into the sentences of the log */
  constructor(
    readonly dryRun: boolean,
    readonly explain: (error: unknown) => string
  ) {}

  get matched(): number {
    return this.#tokens.length
  }

  /** Notes what ended the sweep before it had finished; the first error counts. */
  stop(error: unknown): void {
    this.#stoppedBy ??= error
  }

  /** Notes a stale token, once: a page may be shown twice. */
  add(token: StaleToken): void {
    if (this.#ids.has(token.id)) return
    this.#ids.add(token.id)
    this.#tokens.push(token)
  }

  /** The stale tokens, each given out once, to whoever asks first. */
  found(): IterableIterator<StaleToken> {
    return this.#tokens.values()
  }

  /** Notes what became of a token: the error that kept it from being revoked, or nothing. */
  settle({ id }: StaleToken, error: Error | undefined): void {
    if (error === undefined) this.revoked += 1
    else this.#failed.set(id, error)
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
    if (this.matched === 0) return `No stale tokens (${this.checked} checked).`
    if (!this.dryRun) return `Revoked ${stale(this.revoked)} (${this.checked} checked).`
    const ids = idList(this.#tokens.map(({ id }) => id))
    return `Found ${stale(this.matched)} (${this.checked} checked). \`dry-run: 'false'\` would revoke: ${ids}.`
  }

  /** The error to end with, if anything remained to be done. */
  error(): Error | undefined {
    const remained = this.#failed.size
    if (this.#stoppedBy === undefined && remained === 0) return undefined
    const parts = this.#stoppedBy === undefined ? [] : [this.explain(this.#stoppedBy)]
    if (remained > 0) {
      // One message of each kind of error is enough.
      const kinds = new Map([...this.#failed.values()].reverse().map((error) => [kindOf(error), error]))
      const ids = idList([...this.#failed.keys()].sort((a, b) => a - b))
      parts.push(
        `Could not revoke ${remained} of ${stale(this.matched)}: ${ids}.`,
        ...[...kinds.values()].map(this.explain)
      )
    } else if (!this.dryRun && this.matched > 0) {
      parts.push(`Revoked ${stale(this.revoked)} before that.`)
    }
    return new Error(parts.join(' '))
  }

  /** The job summary: counts, then failures first. */
  table(title: string, now: number): Table {
    const counts = this.dryRun
      ? `${stale(this.matched)} (${this.checked} checked). This was a dry run: nothing was revoked.`
      : `${stale(this.matched)} (${this.checked} checked). Revoked: ${this.revoked}. Failed: ${this.#failed.size}.`
    const isFailed = ({ id }: StaleToken): boolean => this.#failed.has(id)
    const failuresFirst = [
      ...this.#tokens.filter(isFailed),
      ...this.#tokens.filter((token) => !isFailed(token))
    ]
    const rows = failuresFirst.slice(0, SUMMARY_ROWS).map((token) => this.#row(token, now))
    const stopped =
      this.#stoppedBy === undefined ? [] : [`The sweep did not finish. ${this.explain(this.#stoppedBy)}`]
    const more = this.matched > rows.length ? [`The first ${rows.length} of them are below.`] : []
    return {
      title,
      lines: [counts, ...stopped, ...more],
      head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'],
      rows
    }
  }

  #row({ id, userId, scopes, createdAt, usedAt }: StaleToken, now: number): string[] {
    const age = (time: number): string => duration(Math.max(0, now - time) / 1000)
    const lastUse = usedAt === null ? 'never' : `${age(usedAt)} ago`
    const error = this.#failed.get(id)
    const outcome = error === undefined ? (this.dryRun ? 'would be revoked' : 'revoked') : this.explain(error)
    return [String(id), String(userId), scopes, age(createdAt), lastUse, outcome]
  }
}

function stale(count: number): string {
  return `${count} stale ${count === 1 ? 'token' : 'tokens'}`
}

function kindOf(error: Error): string {
  return error instanceof ZendeskError ? error.kind : error.message
}

function idList(ids: number[]): string {
  const shown = ids.slice(0, LOG_IDS).join(', ')
  return ids.length > LOG_IDS ? `${shown} and ${ids.length - LOG_IDS} more` : shown
}
