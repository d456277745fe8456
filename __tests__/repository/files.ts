import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** A text of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The first group of every match. */
export function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group = '']) => group)
}
