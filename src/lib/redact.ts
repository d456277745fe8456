/*
 * What others say (Zendesk, a proxy, the author of an input) on its way to a log.
 *
 * The runner masks a known secret in a few forms; a server can echo it in more, split by control characters,
 * or send text that the runner takes for a command. So text is cleaned here before the runner sees it.
 */

const QUOTE_LIMIT = 200

/** What may stand between the characters of a secret that a server repeats in pieces. */
const SEPARATOR = /[\s\p{Cc}\p{Cf}]/u

const SHORTEST = 4

const known = new Set<string>()

/** Makes `secret` unprintable from here on, in the forms in which servers like to repeat what they were sent. */
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
  // What is shorter than any secret would take words apart that have nothing to do with it.
  for (const { text } of forms.map(compact)) if (text.length >= SHORTEST) known.add(text)
}

/** The base64 of a secret that comes after so many other bytes, as far as these do not change it. */
function shifted(bytes: Buffer, by: 1 | 2): string {
  return Buffer.concat([Buffer.alloc(by), bytes])
    .toString('base64')
    .replace(/.=*$/, '')
    .slice(by + 1)
}

/** The text in lower case without separators, and where each of its characters stood. */
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

/** Replaces every known secret in `text` by `***`, in any case of its letters, and where it comes in pieces. */
function redact(text: string): string {
  const { text: rest, positions } = compact(text)
  const secret = new Set<number>()
  for (const form of known) {
    for (let at = rest.indexOf(form); at !== -1; at = rest.indexOf(form, at + 1)) {
      const [start, end] = [positions[at], positions[at + form.length - 1]].map(Number) as [number, number]
      for (let position = start; position <= end; position += 1) secret.add(position)
    }
  }
  if (secret.size === 0) return text
  return text.split('').reduce((shown, character, position) => {
    if (!secret.has(position)) return shown + character
    return secret.has(position - 1) ? shown : `${shown}***`
  }, '')
}

/**
 * Makes `text` safe as a line of a log: no known secret, one line, no control or invisible characters, and
 * nothing in it that the runner would execute (`::` at the start of a line, `##[` anywhere in it).
 */
export function oneLine(text: string): string {
  const plain = redact(text)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
  return redact(plain)
    .replace(/:(?=:)/g, ': ')
    .replace(/##(?=\[)/g, '## ')
}

/** Text that is not ours, ready to be quoted in a line: cleaned, without markup, at most 200 characters. */
export function quote(text: string): string {
  const withoutMarkup = redact(text)
    .replace(/<[^>]*>/g, '')
    .replace(/[<>]/g, '')
  const characters = Array.from(oneLine(withoutMarkup).trim())
  return characters.length <= QUOTE_LIMIT
    ? characters.join('')
    : `${characters.slice(0, QUOTE_LIMIT - 1).join('')}…`
}
