import { type SweepInputs } from '../inputs/inputs.ts'
import { clean } from '../lib/redact.ts'
import { duration } from '../lib/time.ts'
import { type Table } from '../runner/summary.ts'
import { type StaleToken } from '../zendesk/stale-tokens.ts'
import { type ErrorKind, type ZendeskError } from '../zendesk/http/zendesk-error.ts'
import { explain } from './errors.ts'

/** Ids in the output, rows in the summary, ids in a line of the log. */
const OUTPUT_IDS = 5000
const SUMMARY_ROWS = 500
const LOG_IDS = 50

/** What a sweep has found, and what became of it. */
export class SweepReport {
  /** How many tokens were listed. */
  checked = 0
  readonly #tokens = new Map<number, StaleToken>()
  readonly #revoked = new Set<number>()
  /** Why a token could not be revoked, in a few words. */
  readonly #failed = new Map<number, string>()
  /** One message of each kind of error is enough. */
  readonly #messages = new Map<ErrorKind, string>()
  #stopped: string | undefined

  constructor(readonly inputs: SweepInputs) {}

  get matched(): number {
    return this.#tokens.size
  }

  get revoked(): number {
    return this.#revoked.size
  }

  /** Notes what ended the sweep before it had finished; the first error counts. */
  stop(error: unknown): void {
    this.#stopped ??= explain(error, this.inputs).message
  }

  /** Notes a stale token, once: a page may be shown twice. */
  add(token: StaleToken): void {
    this.#tokens.set(token.id, token)
  }

  /** The stale tokens, as an iterator that workers share: each token is returned once. */
  queue(): IterableIterator<StaleToken> {
    return this.#tokens.values()
  }

  /** Notes what became of a token: the error that kept it from being revoked, or nothing. */
  record({ id }: StaleToken, error: ZendeskError | undefined): void {
    if (error === undefined) {
      this.#revoked.add(id)
      return
    }
    // Only words: thousands of responses would take much memory.
    this.#failed.set(id, error.summary())
    if (!this.#messages.has(error.kind)) this.#messages.set(error.kind, explain(error, this.inputs).message)
  }

  outputs(): Record<string, string | number> {
    const ids = [...this.#tokens.keys()].slice(0, OUTPUT_IDS)
    const { matched, revoked } = this
    return { matched, revoked, failed: this.#failed.size, 'token-ids': JSON.stringify(ids) }
  }

  /** The line that ends a sweep without failures. */
  message(): string {
    if (this.matched === 0) return `No stale tokens (${this.checked} checked).`
    if (!this.inputs.dryRun) return `Revoked ${stale(this.revoked)} (${this.checked} checked).`
    const ids = idList([...this.#tokens.keys()])
    return `Found ${stale(this.matched)} (${this.checked} checked). \`dry-run: 'false'\` would revoke: ${ids}.`
  }

  /** The error to end with, if anything remained to be done. */
  error(): Error | undefined {
    const remained = this.#failed.size
    if (this.#stopped === undefined && remained === 0) return undefined
    const parts = this.#stopped === undefined ? [] : [this.#stopped]
    if (remained > 0) {
      const ids = idList([...this.#failed.keys()].sort((a, b) => a - b))
      parts.push(`Could not revoke ${remained} of ${stale(this.matched)}: ${ids}.`)
      parts.push(...this.#messages.values())
    } else if (!this.inputs.dryRun && this.matched > 0) {
      parts.push(`Revoked ${stale(this.revoked)} before that.`)
    }
    return new Error(parts.join(' '))
  }

  /** The job summary: counts, then failures first. */
  table(now: number): Table {
    const title = `Zendesk tokens of ${clean(this.inputs.clientId)}`
    const outcome = this.inputs.dryRun
      ? 'This was a dry run: nothing was revoked.'
      : `Revoked: ${this.revoked}. Failed: ${this.#failed.size}.`
    const lines = [`${stale(this.matched)} (${this.checked} checked). ${outcome}`]
    if (this.#stopped !== undefined) lines.push(`The sweep did not finish. ${this.#stopped}`)
    if (this.matched > SUMMARY_ROWS) lines.push(`The first ${SUMMARY_ROWS} of them are below.`)
    const rank = ({ id }: StaleToken): number => (this.#failed.has(id) ? 0 : 1)
    const failuresFirst = [...this.#tokens.values()].sort((a, b) => rank(a) - rank(b))
    const rows = failuresFirst.slice(0, SUMMARY_ROWS).map((token) => this.#row(token, now))
    return { title, lines, head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'], rows }
  }

  #row({ id, userId, scopes, createdAt, usedAt }: StaleToken, now: number): string[] {
    const age = (time: number): string => duration(Math.max(0, now - time) / 1000)
    const lastUse = usedAt === null ? 'never' : `${age(usedAt)} ago`
    const error = this.#failed.get(id)
    let outcome = this.inputs.dryRun ? 'would be revoked' : 'not revoked'
    if (error !== undefined) outcome += `: ${error}`
    if (this.#revoked.has(id)) outcome = 'revoked'
    return [String(id), String(userId), scopes, age(createdAt), lastUse, outcome]
  }
}

function stale(count: number): string {
  return `${count} stale ${count === 1 ? 'token' : 'tokens'}`
}

function idList(ids: number[]): string {
  const shown = ids.slice(0, LOG_IDS).join(', ')
  return ids.length > LOG_IDS ? `${shown} and ${ids.length - LOG_IDS} more` : shown
}

/** The error of a sweep that cannot tell its own token, or its user, from others. */
export function unknownIdentity(): Error {
  return new Error(
    'Zendesk does not report which token this sweep works with, or whose it is, so nothing was listed or revoked. Check that the credential has the scope `read`.'
  )
}
