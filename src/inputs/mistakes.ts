import { replaceInvisible, trim } from '../lib/invisible.ts'

/*
 * What people paste that cannot be right. A secret consists of visible ASCII characters (RFC 6749 appendix A), and
 * Zendesk's of letters and digits: anything else would be sent in vain, and come back as `invalid_client`.
 */

const QUOTED = /^(["'`])[^]*\1$|^[“”„‘’‚«»][^]*[“”„‘’‚«»]$/
const ANGLED = /^<[^]*>$/
const SCHEME = /^(?:authorization:\s*)?(?:bearer|basic)\s+/i
const TOO_SHORT = /^[^]{0,7}$/
const CONTROL = /[\0-\x1f\x7f-\x9f]/

/** What a value looks like that cannot be a secret, and what is to be said about it. The first that fits counts. */
export const FORMS = {
  quoted: [QUOTED, 'is wrapped in quotes, which would be sent as part of it. Save it without them.'],
  unreplaced: [
    /^(?:\$|\{\{|<|%[^%\s]+%$|\*+$)/,
    'looks like a variable, an expression or a placeholder that nobody replaced. Save the secret itself, and pass it as `${{ secrets.NAME }}`.'
  ],
  json: [/^[{[]/, 'looks like JSON. Take the one value out of it, and give only that.'],
  scheme: [SCHEME, 'begins with the scheme of a header, such as `Bearer`. Save only what follows it.'],
  short: [
    TOO_SHORT,
    'is shorter than 8 characters, too short for a secret (it was neither sent nor masked). Copy all of it.'
  ],
  long: [/^[^]{8193}/, 'is longer than 8192 characters. Copy only the secret.']
} as const satisfies Record<string, readonly [pattern: RegExp, wrong: string]>

/** Characters that a value cannot have inside it: what they are, and what to do. */
export const CHARACTERS = {
  control: ['a control character, such as a line break', 'Write it on one line.'],
  invisible: ['an invisible character', 'Copy the value again without it, or type it.'],
  space: ['white space, like a copy from a wrapped line', 'Copy it again, as one word.'],
  foreign: ['a character that is not ASCII', 'Copy it again from where it was created.']
} as const satisfies Record<string, readonly [what: string, cure: string]>

type CharacterKind = keyof typeof CHARACTERS

function characterKind(character: string): CharacterKind | undefined {
  if (/[!-~]/.test(character)) return undefined
  if (replaceInvisible(character, () => '') === '') return 'invisible'
  if (CONTROL.test(character)) return 'control'
  return /\s/.test(character) ? 'space' : 'foreign'
}

/** What is wrong with a text that contains a control or an invisible character. */
export function textMistake(value: string): string | undefined {
  return oddCharacter(value, ['control', 'invisible'])
}

/** What is wrong with a value that cannot be a secret, as a sentence or two that do not show it. */
export function secretMistake(value: string): string | undefined {
  const form = Object.values(FORMS).find(([pattern]) => pattern.test(value))
  if (form !== undefined) return `the value ${form[1]}`
  return oddCharacter(value, ['control', 'invisible', 'space', 'foreign'])
}

/** Names the first character of one of `kinds` in `value` and its place, counted in code points. */
function oddCharacter(value: string, kinds: readonly CharacterKind[]): string | undefined {
  for (const [index, character] of Array.from(value).entries()) {
    const kind = characterKind(character)
    if (kind === undefined || !kinds.includes(kind)) continue
    const [what, cure] = CHARACTERS[kind]
    const place = index === 0 ? 'as the 1st character' : `after the ${ordinal(index)} character`
    return `the value contains ${what}: ${codePoint(character)} ${place}. ${cure}`
  }
  return undefined
}

/** `U+200B` for a zero width space. */
function codePoint(character: string): string {
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- there is a character
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

/** `1st`, `2nd`, `3rd`, `4th`, `11th`. */
function ordinal(number: number): string {
  const isTeen = Math.floor(number / 10) % 10 === 1
  const ending = isTeen ? undefined : ['th', 'st', 'nd', 'rd'][number % 10]
  return `${number}${ending ?? 'th'}`
}

/** Whether a value is long enough to be masked, and one line. */
export function isMaskable(value: string): boolean {
  return !TOO_SHORT.test(value) && !CONTROL.test(value)
}

/** Whether a value has quotes or angle brackets around it. */
export function isWrapped(value: string): boolean {
  return QUOTED.test(value) || ANGLED.test(value)
}

/** A secret without what is around it, or the scheme in front of it, which it is refused for. */
export function bareSecret(value: string): string {
  return trim(isWrapped(value) ? value.slice(1, -1) : value.replace(SCHEME, ''))
}

/** Whether a value that is no secret input is probably one: 40 or more letters and digits, at least four digits. */
export function looksLikeSecret(value: string): boolean {
  return /^(?=(?:[a-z]*\d){4})[a-z\d]{40,}$/i.test(replaceInvisible(value, () => ''))
}
