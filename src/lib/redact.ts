import { replaceInvisible } from './invisible.ts'

/*
 * Makes text safe to print. The runner masks a known secret in a few forms; a server can repeat it in others, in
 * part or interrupted by characters that do not show, or send text that the runner takes for a command.
 */

/** Characters of the text that are looked at, and of the result that are kept. */
const READ_LIMIT = 2048
const RESULT_LIMIT = 200

/** Text that somebody else wrote is hidden if it shares a run of this many characters with a secret. */
const SHARED_RUN = 12
/** Shorter values are not taken for secrets: hiding `1` or `acme` would ruin every line. */
export const SHORTEST_SECRET = 4

/** The known secrets in every form, compacted, and every run of {@link SHARED_RUN} characters in them. */
const known = new Set<string>()
const knownRuns = new Set<string>()

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
  for (const form of forms.map(compact)) {
    if (form.length >= SHORTEST_SECRET) known.add(form)
    for (const run of runsOf(form)) knownRuns.add(run)
  }
}

/** The base64 of a secret behind `by` other bytes, without the characters that those bytes change. */
function shifted(bytes: Buffer, by: 1 | 2): string {
  return Buffer.concat([Buffer.alloc(by), bytes])
    .toString('base64')
    .replace(/.=*$/, '')
    .slice(by + 1)
}

/** The visible ASCII characters of `text`, in lower case: all by which secrets are compared. */
function compact(text: string): string {
  return text.replace(/[^!-~]+/g, '').toLowerCase()
}

function runsOf(text: string): string[] {
  const count = Math.max(0, text.length - SHARED_RUN + 1)
  return Array.from({ length: count }, (_, at) => text.slice(at, at + SHARED_RUN))
}

/**
 * Whether `text` shares a run with a known secret. Behind escapes that it does not need, once or twice, a whole secret
 * counts as well, however short: no later step would find it there.
 */
export function sharesSecret(text: string): boolean {
  const once = unescaped(text)
  const hidden = [...new Set([once, unescaped(once)])].filter((form) => form !== text).map(compact)
  return (
    [compact(text), ...hidden].some((form) => runsOf(form).some((run) => knownRuns.has(run))) ||
    hidden.some((form) => [...known].some((secret) => form.includes(secret)))
  )
}

/** `text` with the characters that `%6B` and `\u006B` stand for. */
function unescaped(text: string): string {
  return text.replace(/(?:%|\\+u00)([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16))
  )
}

/** Replaces the known secrets in `line` by `***`, also those that are interrupted by what is not visible ASCII. */
function hideSecrets(line: string): string {
  const visible = compact(line)
  const hidden = new Set<number>()
  for (const secret of known) {
    for (let at = visible.indexOf(secret); at !== -1; at = visible.indexOf(secret, at + 1))
      for (let each = at; each < at + secret.length; each += 1) hidden.add(each)
  }
  if (hidden.size === 0) return line
  // Each visible character with what follows it; the blank in front makes sure that the first part has none.
  const [before, ...parts] = ` ${line}`.split(/(?=[!-~])/)
  const shown = parts.map((part, index) => {
    if (!hidden.has(index)) return part
    return (hidden.has(index - 1) ? '' : '***') + (hidden.has(index + 1) ? '' : part.slice(1))
  })
  return [before, ...shown].join('').slice(1)
}

/**
 * Makes a sentence of ours safe as one line of the log: no known secret, nothing that a reader cannot see, and nothing
 * that the runner would execute (`::` at the start of a line, `##[` anywhere in it).
 */
export function oneLine(text: string): string {
  const seen = replaceInvisible(text.replace(/\s+/g, ' '), () => '')
  return hideSecrets(seen.replace(/[\0-\x1f\x7f-\x9f\ud800-\udfff]/gu, ''))
    .replace(/^ *:(?=:)/, '$& ')
    .replace(/##(?=\[)/g, '## ')
}

/**
 * Cleans text that somebody else wrote, so that it can stand in a line. It is cut to 2 kB before anything else, so that
 * cleaning takes linear time. If it shares a part with a secret, before or after its markup is removed, nothing of it
 * is shown, else at most 200 characters.
 */
export function clean(text: string): string {
  const read = text.slice(0, READ_LIMIT)
  const plain = read.replace(/<[^>]*>/g, '').replace(/[<>]/g, '')
  if ([...new Set([read, plain])].some(sharesSecret)) return '***'
  // `::` goes everywhere, but for that of an IPv6 address in brackets.
  const line = oneLine(plain).replace(/:(?=:)(?![\da-f:.]*\])/gi, ': ')
  const characters = Array.from(line.trim())
  return characters.length <= RESULT_LIMIT
    ? characters.join('')
    : `${characters.slice(0, RESULT_LIMIT - 1).join('')}…`
}
