import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe } from '@jest/globals'

export const root = join(import.meta.dirname, '../..')

/** A text of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The first group of every match. */
export function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group = '']) => group)
}

/** For what needs a shell. */
export const describeUnix = process.platform === 'win32' ? describe.skip : describe

/** Writes a file, and the folders that it needs. */
export function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode })
}

/** Writes a shell script that replaces a command. */
export function writeCommand(path: string, script: string): void {
  write(path, `#!/bin/sh\n${script}\n`, 0o755)
}
