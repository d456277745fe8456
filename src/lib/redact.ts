/*
 * Makes text safe to print. The runner masks a known secret in a few forms; a server can repeat it in others, in
 * part or interrupted by control characters, or send text that the runner takes for a command.
 */

/** Characters of the text that are looked at, and of the result that are kept. */
const READ_LIMIT = 2048
const RESULT_LIMIT = 200

/** A run of this many characters that it shares with a secret is removed from text that somebody else wrote. */
const SHARED_RUN = 12
/** Shorter values are not taken for secrets: hiding `1` or `acme` would ruin every line. */
export const SHORTEST_SECRET = 4

/** Characters that may separate the parts of a secret. */
const SEPARATOR = /[\s\p{Cc}\p{Cf}]/u

/** The known secrets in every form, compacted. */
const known = new Set<string>()
/** Every run of {@link SHARED_RUN} characters of the secrets that are indexed so far. */
const knownRuns = new Set<string>()
const indexed = new Set<string>()

/** Hides `secret` from here on, in the forms in which servers repeat what they were sent. */
export function addSecret(secret: string): void {
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
  for (const [position, character] of text.split('').entries()) {
    if (SEPARATOR.test(character)) continue
    const lower = character.toLowerCase()
    rest += lower.length === 1 ? lower : character
    positions.push(position)
  }
  return { text: rest, positions }
}

/** Finds where `text` contains a known secret as a whole, or shares a run of {@link SHARED_RUN} characters with one. */
function* secretsIn(text: string, isPartial: boolean): Generator<[start: number, length: number]> {
  for (const secret of known) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1))
      yield [at, secret.length]
    // Indexed when it is first needed, which in most steps is never.
    if (!isPartial || indexed.has(secret)) continue
    indexed.add(secret)
    for (const run of runsOf(secret)) knownRuns.add(run)
  }
  const runs = isPartial ? runsOf(text).entries() : []
  for (const [at, run] of runs) if (knownRuns.has(run)) yield [at, SHARED_RUN]
}

function runsOf(text: string): string[] {
  const count = Math.max(0, text.length - SHARED_RUN + 1)
  return Array.from({ length: count }, (_, at) => text.slice(at, at + SHARED_RUN))
}

/** Replaces the known secrets in `text` by `***`, and with `isPartial` what it shares with them. */
function redact(text: string, isPartial = false): string {
  const { text: rest, positions } = compact(text)
  const hidden = new Set<number>()
  for (const [start, length] of secretsIn(rest, isPartial)) {
    const end = Number(positions[start + length - 1])
    for (let position = Number(positions[start]); position <= end; position += 1) hidden.add(position)
  }
  if (hidden.size === 0) return text
  const show = (character: string, position: number): string =>
    hidden.has(position) ? (hidden.has(position - 1) ? '' : '***') : character
  return text.split('').map(show).join('')
}

/**
 * Makes a sentence of ours safe as one line of the log: no known secret, no control or invisible characters, and
 * nothing that the runner would execute (`::` at the start of a line, `##[` anywhere in it).
 */
export function oneLine(text: string): string {
  const plain = redact(text)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
  return redact(plain)
    .replace(/:(?=:)/g, ': ')
    .replace(/##(?=\[)/g, '## ')
}

/**
 * Cleans text that somebody else wrote, so that it can stand in a line. It is cut to 2 kB before anything else, so that
 * cleaning takes linear time; then secrets go, whole or in part, and markup, and it is cut to 200 characters.
 */
export function clean(text: string): string {
  const read = redact(text.slice(0, READ_LIMIT), true)
  const plain = read.replace(/<[^>]*>/g, '').replace(/[<>]/g, '')
  const characters = Array.from(oneLine(redact(plain, true)).trim())
  return characters.length <= RESULT_LIMIT
    ? characters.join('')
    : `${characters.slice(0, RESULT_LIMIT - 1).join('')}…`
}
