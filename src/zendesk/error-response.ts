import { quote } from '../lib/redact.ts'

type Json = Record<string, unknown>

/** `value` as an object of JSON; an empty one where it is none. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** `value` as a list; an empty one where it is none. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** `value` as a text; `undefined` where it is none, or empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The `error` of an OAuth error reply, such as `invalid_grant` (RFC 6749 §5.2). */
export function errorCode(json: unknown): string | undefined {
  return text(object(json)['error'])
}

/**
 * Zendesk's own words in an error reply, cleaned and cut to 200 characters; `undefined` where it gave none. Its
 * endpoints use five forms: `error` with `error_description` or `description`, `error.title` with
 * `error.message`, `errors[].title` with `errors[].detail`, and `details` of fields beside `description`.
 */
export function wordsOf(json: unknown): string | undefined {
  const { error, error_description, description, message, errors, details } = object(json)
  const inner = object(error)
  const first = object(list(errors)[0])
  const field = object(list(Object.values(object(details))[0])[0])
  const parts = [
    text(error) ?? text(inner['title']) ?? text(first['title']) ?? text(first['code']),
    text(error_description) ??
      text(description) ??
      text(inner['message']) ??
      text(first['detail']) ??
      text(message),
    text(field['description'])
  ]
  const words = [...new Set(parts.filter((part) => part !== undefined))].join(': ')
  return text(quote(words))
}
