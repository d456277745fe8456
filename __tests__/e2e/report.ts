/** Prints one line for each check, and counts them. */
export class Report {
  #passed = 0
  #failed = 0
  #skipped = 0
  readonly #started = performance.now()

  /**
   * @param found what there was in its place, printed where the check fails
   */
  check(name: string, holds: boolean, found?: unknown): void {
    if (holds) {
      this.#passed++
      console.log(`ok      ${name}`)
      return
    }
    this.#failed++
    console.log(`FAILED  ${name}`)
    if (found !== undefined) console.log(indented(typeof found === 'string' ? found : JSON.stringify(found)))
  }

  /** Both as JSON. */
  equal(name: string, found: unknown, wanted: unknown): void {
    const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)]
    this.check(name, left === right, `found  ${left}\nwanted ${right}`)
  }

  /** What cannot be checked here, and why. */
  skip(what: string): void {
    this.#skipped++
    console.log(`skipped: ${what}`)
  }

  get failed(): number {
    return this.#failed
  }

  summary(): string {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0)
    return `Tests: ${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped in ${seconds} s`
  }
}

export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '        | ')
}
