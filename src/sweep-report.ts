import { duration } from './lib/time.ts'
import { type SweepOutput } from './runner/outputs.ts'
import { type Table } from './runner/summary.ts'
import { ZendeskError } from './messages.ts'
import { type LeftOver } from './zendesk/stale-tokens.ts'

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
  readonly #failed = new Map<number, Error>()
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
  settle({ id }: LeftOver, why: Error | undefined): void {
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
    if (this.matched === 0) return `None of ${tokens(this.seen)} is left over.`
    if (!this.dryRun) return `${tokens(this.revoked)} of ${this.seen} left over, and revoked.`
    const ids = idList(this.#tokens.map(({ id }) => id))
    return `${tokens(this.matched)} of ${this.seen} left over, and would be revoked with \`dry-run: 'false'\`: ${ids}.`
  }

  /** The error to end with, if anything remained to be done. */
  error(): Error | undefined {
    const remained = this.#failed.size
    if (this.failure === undefined && remained === 0) return undefined
    const parts = this.failure === undefined ? [] : [this.failure.message]
    if (remained > 0) {
      // One message of each kind of error stands for all of its kind.
      const kinds = new Map([...this.#failed.values()].reverse().map((why) => [kindOf(why), why.message]))
      const ids = idList([...this.#failed.keys()].sort((a, b) => a - b))
      parts.push(
        `${tokens(remained)} of ${this.matched} left over could not be revoked: ${ids}.`,
        ...kinds.values()
      )
    } else if (!this.dryRun && this.matched > 0) {
      parts.push(`What was found to be left over before that was revoked (${tokens(this.revoked)}).`)
    }
    return new Error(parts.join(' '))
  }

  /** The job summary: failures first. */
  table(title: string, now: number): Table {
    const remained = this.#failed.size
    const counts = this.dryRun
      ? `Left over: ${this.matched} of ${tokens(this.seen)}. This was a dry run: nothing was revoked.`
      : `Left over: ${this.matched} of ${tokens(this.seen)}. Revoked: ${this.revoked}. Failed: ${remained}.`
    const isFailed = ({ id }: LeftOver): boolean => this.#failed.has(id)
    const failuresFirst =
      remained === 0
        ? this.#tokens
        : [...this.#tokens.filter(isFailed), ...this.#tokens.filter((token) => !isFailed(token))]
    const rows = failuresFirst.slice(0, SUMMARY_ROWS).map((token) => this.#row(token, now))
    const more = this.matched - rows.length
    const stopped = this.failure === undefined ? [] : [`The sweep did not finish. ${this.failure.message}`]
    const lines = [...stopped, counts, ...(more > 0 ? [`The first ${rows.length} of them are below.`] : [])]
    return { title, lines, head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'], rows }
  }

  #row({ id, userId, scopes, createdAt, usedAt }: LeftOver, now: number): string[] {
    const age = (time: number): string => duration(Math.max(0, now - time) / 1000)
    const lastUse = usedAt === null ? 'never' : `${age(usedAt)} ago`
    const outcome = this.#failed.get(id)?.message ?? (this.dryRun ? 'would be revoked' : 'revoked')
    return [String(id), String(userId ?? 'unknown'), scopes, age(createdAt), lastUse, outcome]
  }
}

function tokens(count: number): string {
  return `${count} ${count === 1 ? 'token' : 'tokens'}`
}

function kindOf(error: Error): string {
  return error instanceof ZendeskError ? error.kind : error.message
}

function idList(ids: number[]): string {
  const shown = ids.slice(0, LOG_IDS).join(', ')
  return ids.length > LOG_IDS ? `${shown} and ${ids.length - LOG_IDS} more` : shown
}
