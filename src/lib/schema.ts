import { asObject, isObject } from './json.ts'

/*
 * How values are written as JSON and read back: one description for both, so that a field is named in one place.
 */

/** How values of one type are written and read. */
export interface Schema<T> {
  write(value: T): unknown
  /** @throws {TypeError} if `value` is not what `write` returns for one */
  read(value: unknown): T
}

/** A value that JSON has as it is, if `isValid` accepts it. */
export function plain<T>(isValid: (value: unknown) => value is T): Schema<T> {
  return { write: (value) => value, read: (value) => valid(value, isValid) }
}

export const text = plain((value): value is string => typeof value === 'string' && value !== '')
export const flag = plain((value) => typeof value === 'boolean')
export const number = plain((value): value is number => Number.isFinite(value))

/** One of these texts. */
export function choice<T extends string>(choices: readonly T[]): Schema<T> {
  return plain((value): value is T => choices.some((each) => each === value))
}

/** A value that may be missing. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return {
    write: (value) => (value === undefined ? undefined : schema.write(value)),
    read: (value) => (value === undefined ? undefined : schema.read(value))
  }
}

/** A list of values. */
export function list<T>(schema: Schema<T>): Schema<readonly T[]> {
  return {
    write: (values) => values.map((value) => schema.write(value)),
    read: (value) => valid(value, Array.isArray).map((each) => schema.read(each))
  }
}

/** An object with these fields; others are ignored. */
export function object<T extends object>(fields: {
  readonly [Name in keyof T]-?: Schema<T[Name]>
}): Schema<T> {
  // TypeScript follows no type through a loop over its fields.
  const names = Object.keys(fields) as (keyof T & string)[]
  return {
    write: (value) => Object.fromEntries(names.map((name) => [name, fields[name].write(value[name])])),
    read: (value) => {
      const given = valid(value, isObject)
      return Object.fromEntries(names.map((name) => [name, fields[name].read(given[name])])) as T
    }
  }
}

/** One of several objects, told apart by their `kind`. */
export function union<T extends { readonly kind: string }>(kinds: {
  readonly [Kind in T['kind']]: Schema<Extract<T, { readonly kind: Kind }>>
}): Schema<T> {
  const schemas: Readonly<Record<T['kind'], Schema<T>>> = kinds
  const kind = choice(Object.keys(kinds) as T['kind'][])
  return {
    write: (value) => schemas[kind.read(value.kind)].write(value),
    read: (value) => schemas[kind.read(asObject(value)['kind'])].read(value)
  }
}

function valid<T>(value: unknown, isValid: (value: unknown) => value is T): T {
  if (!isValid(value)) throw new TypeError('not valid')
  return value
}
