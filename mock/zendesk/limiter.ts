import type { Account } from './account.ts'
import { json, type MockResponse } from './responses.ts'

/** Counts requests in fixed windows; the limit itself may change at any time. */
export class Limiter {
  readonly #account: Account
  #windowStart = -Infinity
  #used = 0

  constructor(account: Account) {
    this.#account = account
  }

  /** Counts a request: the headers of its response, and the 429 if it was one too many. */
  count(path: string): { headers: Record<string, string>; refusal?: MockResponse } {
    const { rateLimit } = this.#account.behaviour
    if (!rateLimit || rateLimit.paths?.test(path) === false) return { headers: {} }
    const { limit, perMs, retryAfter = 'seconds', body = 'json' } = rateLimit
    const now = this.#account.now()
    if (now >= this.#windowStart + perMs) {
      this.#windowStart = now
      this.#used = 0
    }
    this.#used++
    const reset = this.#windowStart + perMs
    const seconds = Math.max(1, Math.ceil((reset - now) / 1000))
    const headers = {
      'X-Rate-Limit': String(limit),
      'X-Rate-Limit-Remaining': String(Math.max(0, limit - this.#used)),
      'ratelimit-reset': String(seconds)
    }
    if (this.#used <= limit) return { headers }

    const values = new Map([
      ['seconds', String(seconds)],
      ['date', new Date(now + seconds * 1000 + 999).toUTCString()]
    ])
    const wait = retryAfter === 'absent' ? {} : { 'Retry-After': values.get(retryAfter) ?? retryAfter }
    const description = 'Number of allowed API requests per minute exceeded'
    const refusal =
      body === 'json'
        ? json(429, { error: 'APIRateLimitExceeded', description }, wait)
        : { status: 429, headers: { 'Content-Type': 'text/plain', ...wait }, body: description }
    return { headers, refusal }
  }
}
