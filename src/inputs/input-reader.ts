import { getInput } from '@actions/core'
import { type Log } from '../lib/log.ts'
import { clean } from '../lib/redact.ts'
import { Secret } from '../lib/secret.ts'

const SHORTEST_SECRET = 8

/** Why a secret that the workflow names can be empty. */
export const IF_FROM_SECRET =
  'If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.'

/** Why a value that is required can be empty. */
const IF_FROM_CONTEXT =
  'If it comes from `vars` or `secrets`, check that it exists in this repository or environment; runs from forks and Dependabot get no secrets.'

/** The inputs of a step are invalid; the message names every problem. */
export class InputError extends Error {}

/** Whether a value can be a secret, and so is masked. */
export function isMaskable(value: string): boolean {
  return value.length >= SHORTEST_SECRET && !hasControlCharacter(value)
}

/** What is inside a pair of quotes around `value`; `undefined` if there is no such pair. */
export function insideQuotes(value: string): string | undefined {
  return /^(["'`])([^]*)\1$/.exec(value)?.[2]
}

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value)
}

/** Reads inputs one by one and collects what is wrong with them, so that one error can name all of it. */
export class InputReader {
  readonly #problems = new Set<string>()
  readonly #warnings: string[] = []

  /** Notes that `input` is invalid: a sentence or two on what is wrong, and what to write instead. */
  problem(input: string, wrong: string): void {
    this.#problems.add(`\`${input}\`: ${wrong}`)
  }

  /** Notes what the author should know about an input, although it is valid. */
  warning(input: string, text: string): void {
    this.#warnings.push(`\`${input}\`: ${text}`)
  }

  /**
   * Logs the warnings, if all inputs are valid.
   *
   * @throws {InputError} that names every problem
   */
  finish(log: Log): void {
    const problems = [...this.#problems]
    if (problems.length > 1) {
      const all = problems.map((problem, index) => `(${index + 1}) ${problem}`).join(' ')
      throw new InputError(`${problems.length} invalid inputs: ${all}`)
    }
    if (problems.length === 1) throw new InputError(`Invalid input ${problems.join('')}`)
    this.#warnings.forEach(log.warning)
  }

  /** The trimmed value; empty if there is none or it has a control character. */
  text(input: string): string {
    const value = getInput(input)
    if (!hasControlCharacter(value)) return value
    this.problem(input, 'the value contains a control character, such as a line break. Write it on one line.')
    return ''
  }

  /** A text that must be set. */
  required(input: string, cure: string): string {
    const value = this.text(input)
    if (getInput(input) === '') this.problem(input, `it is required, but empty. ${cure} ${IF_FROM_CONTEXT}`)
    return value
  }

  /** A secret; one that is set must be usable. */
  secret(input: string): Secret {
    const value = this.text(input)
    if (value !== '' && !isMaskable(value)) {
      this.problem(
        input,
        `the value is shorter than ${SHORTEST_SECRET} characters, too short for a secret (it was neither sent nor masked). Copy all of it.`
      )
    } else if (insideQuotes(value) !== undefined) {
      this.problem(
        input,
        'the value is wrapped in quotes, which would be sent as part of the secret. Save it without them.'
      )
    }
    return new Secret(value)
  }

  /** One of `choices`, in any case; the first if it is not set. */
  choice<Choice extends string>(input: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.text(input).toLowerCase() || choices[0]
    const choice = choices.find((known) => known === value)
    if (choice !== undefined) return choice
    const known = choices.map((each) => `\`${each}\``).join(' or ')
    this.problem(input, `"${clean(value)}" is not valid. Write ${known}.`)
    return choices[0]
  }

  /** `true` or `false`, in any case. */
  flag(input: string, ifEmpty: boolean): boolean {
    return this.choice(input, ifEmpty ? ['true', 'false'] : ['false', 'true']) === 'true'
  }

  /** A whole number of seconds from `min` to `max`. */
  seconds(input: string, [min, max]: [number, number], ifEmpty: number): number {
    const value = this.text(input)
    if (value === '') return ifEmpty
    const number = /^\d+$/.test(value) ? Number(value) : NaN
    if (!(number >= min && number <= max)) {
      this.problem(input, `"${clean(value)}" is not a whole number of seconds from ${min} to ${max}.`)
    }
    return number
  }
}
