import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { parse } from 'yaml'

/** What the runner reads from an `action.yml`. */
export interface ActionMetadata {
  name: string
  /** The default of each input; empty if it has none. */
  inputs: Readonly<Record<string, InputValue>>
  /** Absolute paths of the entries. */
  main: string
  post?: string
}

/** A value of `with:`; the runner turns all of them into text. */
export type InputValue = string | number | boolean

/** Reads the `action.yml` of a folder. */
export function readAction(folder: string): ActionMetadata {
  const { name, inputs, runs } = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as {
    name: string
    inputs: Record<string, { default?: InputValue }>
    runs: { main: string; post?: string }
  }
  const defaults = Object.entries(inputs).map(([input, value]) => [input, value.default ?? ''] as const)
  return {
    name,
    inputs: Object.fromEntries(defaults),
    main: resolve(folder, runs.main),
    ...(runs.post !== undefined && { post: resolve(folder, runs.post) })
  }
}

/**
 * The `INPUT_*` variables of a step: the inputs given, and the defaults of the others. Like the runner, this minds
 * neither a missing input that is `required`, nor one that the action does not have.
 */
export function inputVariables(
  { inputs }: ActionMetadata,
  given: Record<string, InputValue>
): Record<string, string> {
  const values = Object.entries({ ...inputs, ...given })
  return Object.fromEntries(values.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value)]))
}
