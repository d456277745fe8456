/** A value that is never printed: neither JSON, nor a template, nor `inspect` shows a private field. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: call this only where it leaves for Zendesk or for a file of the runner. */
  reveal(): string {
    return this.#value
  }
}
