/** The secrets of a job, and every form in which the runner knows them. */
export class Masks {
  readonly #forms = new Set<string>()

  /** Masks `value` from now on, and each of its lines. */
  add(value: string): void {
    for (const secret of [value, ...value.split(/[\r\n]+/)]) {
      if (secret === '') continue
      this.#forms.add(secret)
      for (const encode of encoders) {
        const form = encode(secret)
        if (form !== '') this.#forms.add(form)
      }
    }
  }

  /** `text` with `***` for each stretch that secrets cover. */
  apply(text: string): string {
    const stretches = [...this.#forms]
      .flatMap((form) => occurrences(text, form))
      .toSorted(([left], [right]) => left - right)
    let masked = ''
    let end = 0
    for (const [from, to] of stretches) {
      // Stretches that touch or overlap become one.
      if (from > end || (from === 0 && end === 0)) masked += `${text.slice(end, from)}***`
      end = Math.max(end, to)
    }
    return masked + text.slice(end)
  }
}

function occurrences(text: string, form: string): [from: number, to: number][] {
  const found: [number, number][] = []
  for (let index = text.indexOf(form); index !== -1; index = text.indexOf(form, index + 1)) {
    found.push([index, index + form.length])
  }
  return found
}

/** The runner's own `ValueEncoders`, but those for PowerShell. */
const encoders: readonly ((value: string) => string)[] = [
  (value) => base64(value, 0),
  (value) => base64(value, 1),
  (value) => base64(value, 2),
  // Inside an expression, a command line, JSON, a URI, XML
  (value) => value.replaceAll("'", "''"),
  (value) => value.replaceAll('"', '\\"'),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => encodeURIComponent(value).replaceAll(/[!'()*]/g, percentEncoded),
  (value) => value.replaceAll(/[<>&'"]/g, (character) => xmlEntities[character] ?? character),
  (value) => (value.length > 8 && /^".*"$/.test(value) ? value.slice(1, -1) : '')
]

/** Base64 of the value without its first bytes: what stands in the base64 of a text that contains it. */
function base64(value: string, shift: number): string {
  const bytes = Buffer.from(value)
  return bytes.subarray(bytes.length > shift ? shift : 0).toString('base64')
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

const xmlEntities: Record<string, string> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;'
}
