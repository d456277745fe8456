import { type Account } from './account.ts'
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
  count(): { headers: Record<string, string>; refusal?: MockResponse } {
    const { rateLimit } = this.#account.behaviour
    if (!rateLimit) return { headers: {} }
    const { limit, perMs } = rateLimit
    const now = this.#account.now()
    if (now >= this.#windowStart + perMs) {
      this.#windowStart = now
      this.#used = 0
    }
    this.#used++
    const seconds = String(Math.max(1, Math.ceil((this.#windowStart + perMs - now) / 1000)))
    const headers = {
      'X-Rate-Limit': String(limit),
      'X-Rate-Limit-Remaining': String(Math.max(0, limit - this.#used)),
      'ratelimit-reset': seconds
    }
    if (this.#used <= limit) return { headers }
    const description = 'Number of allowed API requests per minute exceeded'
    const body = { error: 'APIRateLimitExceeded', description }
    return { headers, refusal: json(429, body, { 'Retry-After': seconds }) }
  }
}
