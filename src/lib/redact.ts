/*
 * Makes text safe to print. The runner masks a known secret in a few forms; a server can repeat it in others, in
 * part or interrupted by control characters, or send text that the runner takes for a command.
 */

/** Characters of the text that are looked at, and of the result that are kept. */
const READ_LIMIT = 2048
const QUOTE_LIMIT = 200

/** A run of this many characters that it shares with a secret is removed from text that somebody else wrote. */
const SHARED_RUN = 12
/** Shorter values are not taken for secrets: hiding `1` or `acme` would ruin every line. */
export const SHORTEST_SECRET = 4

/** Characters that may separate the parts of a secret. */
const SEPARATOR = /[\s\p{Cc}\p{Cf}]/u

const known = new Set<string>()
/** Every run of {@link SHARED_RUN} characters of the known secrets, and the secrets that are in it. */
const knownRuns = new Set<string>()
const indexed = new Set<string>()

/** Hides `secret` from here on, in the forms in which servers repeat what they were sent. */
export function remember(secret: string): void {
  const bytes = Buffer.from(secret)
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    bytes.toString('base64'),
    shifted(bytes, 1),
    shifted(bytes, 2),
    bytes.toString('base64url'),
    bytes.toString('hex')
  ]
  for (const { text } of forms.map(compact)) if (text.length >= SHORTEST_SECRET) known.add(text)
}

/** The base64 of a secret behind `by` other bytes, without the characters that those bytes change. */
function shifted(bytes: Buffer, by: 1 | 2): string {
  return Buffer.concat([Buffer.alloc(by), bytes])
    .toString('base64')
    .replace(/.=*$/, '')
    .slice(by + 1)
}

/** The text in lower case without separators, and the position of each of its characters. */
function compact(text: string): { text: string; positions: number[] } {
  const positions: number[] = []
  let rest = ''
  for (let position = 0; position < text.length; position += 1) {
    const character = text.charAt(position)
    if (SEPARATOR.test(character)) continue
    const lower = character.toLowerCase()
    rest += lower.length === 1 ? lower : character
    positions.push(position)
  }
  return { text: rest, positions }
}

/** Finds where `text` contains one of the known secrets as a whole. */
function* wholeSecrets(text: string): Generator<[start: number, length: number]> {
  for (const secret of known) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1))
      yield [at, secret.length]
  }
}

/** Finds where `text` shares a run of {@link SHARED_RUN} characters with a known secret. */
function* partialSecrets(text: string): Generator<[start: number, length: number]> {
  // Built when it is first needed, which in most steps is never.
  for (const secret of known) {
    if (indexed.has(secret)) continue
    indexed.add(secret)
    for (const [, run] of runsOf(secret)) knownRuns.add(run)
  }
  for (const [start, run] of runsOf(text)) if (knownRuns.has(run)) yield [start, SHARED_RUN]
}

function* runsOf(text: string): Generator<[start: number, run: string]> {
  for (let at = 0; at + SHARED_RUN <= text.length; at += 1) yield [at, text.slice(at, at + SHARED_RUN)]
}

/** Replaces what `find` finds in `text` by `***`. */
function redact(text: string, ...finders: ((text: string) => Iterable<[number, number]>)[]): string {
  const { text: rest, positions } = compact(text)
  const hidden = new Set<number>()
  for (const find of finders) {
    for (const [start, length] of find(rest)) {
      const [from, to] = [positions[start], positions[start + length - 1]].map(Number) as [number, number]
      for (let position = from; position <= to; position += 1) hidden.add(position)
    }
  }
  if (hidden.size === 0) return text
  const shown: string[] = []
  for (let position = 0; position < text.length; position += 1) {
    if (!hidden.has(position)) shown.push(text.charAt(position))
    else if (!hidden.has(position - 1)) shown.push('***')
  }
  return shown.join('')
}

/**
 * Makes a sentence of ours safe as one line of the log: no known secret, no control or invisible characters, and
 * nothing that the runner would execute (`::` at the start of a line, `##[` anywhere in it).
 */
export function oneLine(text: string): string {
  const plain = redact(text, wholeSecrets)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
  return redact(plain, wholeSecrets)
    .replace(/:(?=:)/g, ': ')
    .replace(/##(?=\[)/g, '## ')
}

/**
 * Makes text that somebody else wrote safe to quote in a line. It is cut to 2 kB before anything else, so that
 * cleaning takes linear time; then secrets go, whole or in part, and markup, and it is cut to 200 characters.
 */
export function quote(text: string): string {
  const read = redact(text.slice(0, READ_LIMIT), wholeSecrets, partialSecrets)
  const plain = read.replace(/<[^>]*>/g, '').replace(/[<>]/g, '')
  const characters = Array.from(oneLine(redact(plain, wholeSecrets, partialSecrets)).trim())
  return characters.length <= QUOTE_LIMIT
    ? characters.join('')
    : `${characters.slice(0, QUOTE_LIMIT - 1).join('')}…`
}
