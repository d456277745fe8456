import { getInput } from '@actions/core'
import { quote } from '../lib/redact.ts'
import { Secret } from '../lib/secret.ts'

const SHORTEST_SECRET = 8

/** Why a secret that is there in the workflow can arrive empty. */
export const LIKELY_EMPTY =
  'a secret arrives empty where none of that name exists, and in a run from a fork or by Dependabot, to which GitHub gives no secrets'

/** The inputs of a step are not what they should be; tells all that is wrong with them. */
export class InputError extends Error {}

/** Whether a value of a secret input can be a secret, and so is masked. */
export function isMaskable(value: string): boolean {
  return value.length >= SHORTEST_SECRET && !hasControlCharacter(value)
}

/** An e-mail as the Basic header wants it: without the `/token` that Zendesk's examples have behind it. */
export function adminEmail(email: string): string {
  return email.replace(/\/token$/, '')
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value)
}

/** Reads inputs one by one and collects what is wrong with them, so that all of it can be told at once. */
export class Form {
  readonly #problems: string[] = []

  /** Notes that `input` is wrong: what is wrong with it, and what to write instead. */
  problem(input: string, wrong: string): void {
    this.#problems.push(`${input}: ${wrong}`)
  }

  /**
   * Throws an {@link InputError} of everything that was noted; else returns `value`, which is only `undefined` where
   * something was.
   */
  finish<Value>(value: Value | undefined): Value {
    const [first, ...more] = this.#problems
    if (first === undefined) return value as Value
    if (more.length === 0) throw new InputError(`An input needs a correction: ${first}.`)
    const all = this.#problems.map((problem, index) => `(${index + 1}) ${problem}`).join('; ')
    throw new InputError(`The inputs need ${this.#problems.length} corrections: ${all}.`)
  }

  /** The trimmed value; empty where there is none or it has a control character. */
  text(input: string): string {
    const value = getInput(input)
    if (!hasControlCharacter(value)) return value
    this.problem(
      input,
      'there is a control character, such as a line break, inside the value: write it on one line'
    )
    return ''
  }

  /** A text that has to be there. */
  required(input: string, cure: string): string {
    const value = this.text(input)
    if (value === '' && getInput(input) === '') this.problem(input, `it is required, but empty: ${cure}`)
    return value
  }

  /** A secret; `undefined` where there is none or it cannot be one. */
  secret(input: string): Secret | undefined {
    const value = this.text(input)
    if (value === '') return undefined
    if (isMaskable(value)) return new Secret(value)
    this.problem(
      input,
      `it is shorter than ${SHORTEST_SECRET} characters, too short for a secret (it was neither sent nor masked): copy the whole of it`
    )
    return undefined
  }

  /** One of `choices`, in any case of its letters; the first where it is empty. */
  choice<Choice extends string>(input: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.text(input).toLowerCase()
    const choice = choices.find((known) => known === (value === '' ? choices[0] : value))
    if (choice !== undefined) return choice
    this.problem(input, `"${quote(value)}" is not allowed here: write ${choices.join(' or ')}`)
    return choices[0]
  }

  /** `true` or `false`, in any case of its letters. */
  flag(input: string, ifEmpty: boolean): boolean {
    return this.choice(input, ifEmpty ? ['true', 'false'] : ['false', 'true']) === 'true'
  }

  /** A whole number from `min` to `max`; `undefined` where it is empty or none. */
  integer(input: string, min: number, max: number, unit: string): number | undefined {
    const value = this.text(input)
    if (value === '') return undefined
    const number = /^\d+$/.test(value) ? Number(value) : NaN
    if (number >= min && number <= max) return number
    this.problem(
      input,
      `"${quote(value)}" is not a whole number from ${min} to ${max}: write the ${unit} in digits`
    )
    return undefined
  }
}
