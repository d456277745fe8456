import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { parse } from 'yaml'

/** What the runner reads from an `action.yml`. */
export interface ActionMetadata {
  name: string
  /** The default of each input, by lower-case name; empty where it has none. */
  inputs: ReadonlyMap<string, string>
  /** Absolute paths of the entries. */
  main: string
  post?: string
}

/** A value of `with:` or `env:`; the runner turns all of them into text. */
export type InputValue = string | number | boolean

/** Reads an `action.yml`, or that of a folder. */
export function readAction(path: string): ActionMetadata {
  const file = resolve(statSync(path).isDirectory() ? join(path, 'action.yml') : path)
  const document = parse(readFileSync(file, 'utf8')) as {
    name: string
    inputs?: Record<string, { default?: InputValue } | null>
    runs: { main: string; post?: string }
  }
  const { main, post } = document.runs
  const inputs = Object.entries(document.inputs ?? {}).map(
    ([name, input]) => [name.toLowerCase(), String(input?.default ?? '')] as const
  )
  return {
    name: document.name,
    inputs: new Map(inputs),
    main: resolve(dirname(file), main),
    ...(post !== undefined && { post: resolve(dirname(file), post) })
  }
}

/**
 * The `INPUT_*` variables of a step. Defaults fill up what `given` leaves out; the rest is empty.
 * Like the runner, this leaves it to the action to miss an input that is `required`.
 */
export function inputVariables(
  { inputs }: ActionMetadata,
  given: Record<string, InputValue>
): { variables: Record<string, string>; unexpected: string[] } {
  const values = new Map(inputs)
  const unexpected = Object.keys(given).filter((name) => !inputs.has(name.toLowerCase()))
  for (const [name, value] of Object.entries(given)) values.set(name.toLowerCase(), String(value))
  const variables = Object.fromEntries(
    [...values].map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value])
  )
  return { variables, unexpected }
}
