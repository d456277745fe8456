import { getInput } from '@actions/core'
import { replaceInvisible, trim } from '../lib/invisible.ts'
import { type Log } from '../lib/log.ts'
import { clean } from '../lib/redact.ts'
import { Secret } from '../lib/secret.ts'
import { looksLikeSecret, secretMistake, textMistake } from './mistakes.ts'

/** Why a secret that the workflow names can be empty. */
export const IF_FROM_SECRET =
  'If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.'

/** Why a value that is required can be empty. */
const IF_FROM_CONTEXT =
  'If it comes from `vars` or `secrets`, check that it exists in this repository or environment; runs from forks and Dependabot get no secrets.'

/** The inputs of a step are invalid; the message names every problem. */
export class InputError extends Error {}

/** The value of an input without white space and invisible characters at its ends; empty if it is not set. */
export function given(input: string): string {
  return trim(getInput(input))
}

/** Whether an input has a value. */
export function isSet(input: string): boolean {
  return given(input) !== ''
}

/** A value for an error: cleaned, and without what may be a secret or the password of a URL. */
export function shown(value: string): string {
  if (looksLikeSecret(value)) return '***'
  const end = value.lastIndexOf('@')
  return clean(end === -1 ? value : `***${value.slice(end)}`)
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

  /** The value; empty if there is none, or it has a control or an invisible character inside. */
  text(input: string): string {
    return this.#checked(input, given(input))
  }

  /** A text in which white space and invisible characters separate words: each becomes a blank. */
  words(input: string): string {
    return this.#checked(input, replaceInvisible(given(input), () => ' ').replace(/\s/g, ' '))
  }

  #checked(input: string, value: string): string {
    const mistake = textMistake(value)
    if (mistake === undefined) return value
    this.problem(input, mistake)
    return ''
  }

  /** A text that must be set. */
  required(input: string, cure: string): string {
    if (!isSet(input)) this.problem(input, `it is required, but empty. ${cure} ${IF_FROM_CONTEXT}`)
    return this.text(input)
  }

  /** A secret; one that is set must be usable. */
  secret(input: string, value = given(input)): Secret {
    const mistake = value === '' ? undefined : secretMistake(value)
    if (mistake !== undefined) this.problem(input, mistake)
    return new Secret(value)
  }

  /** One of `choices`, in any case; the first if it is not set. */
  choice<Choice extends string>(input: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.text(input).toLowerCase() || choices[0]
    const choice = choices.find((known) => known === value)
    if (choice !== undefined) return choice
    const known = choices.map((each) => `\`${each}\``).join(' or ')
    this.problem(input, `"${shown(value)}" is not valid. Write ${known}.`)
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
      this.problem(input, `"${shown(value)}" is not a whole number of seconds from ${min} to ${max}.`)
    }
    return number
  }
}
