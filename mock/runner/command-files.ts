import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAMES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'] as const

type FileName = (typeof NAMES)[number]

/** The runner drops a job summary that is larger. */
const LARGEST_SUMMARY = 1024 * 1024

/** What a step wrote to its files. */
export interface FileCommands {
  outputs: Record<string, string>
  state: Record<string, string>
  env: Record<string, string>
  summary: string
}

/** A folder for the files of a job, which is also its `RUNNER_TEMP`. */
export class CommandFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'runner-'))
  #steps = 0

  /** Makes empty files for a step: the variables that name them, and a function that reads them afterwards. */
  forStep(): { variables: Record<FileName, string>; read: () => FileCommands } {
    this.#steps += 1
    const variables = Object.fromEntries(
      NAMES.map((name) => [name, join(this.folder, `${name.toLowerCase()}_${this.#steps}`)])
    ) as Record<FileName, string>
    for (const file of Object.values(variables)) writeFileSync(file, '')
    return { variables, read: () => readFiles(variables) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function readFiles(variables: Record<FileName, string>): FileCommands {
  const text = (name: FileName): string => readFileSync(variables[name], 'utf8')
  const summary = text('GITHUB_STEP_SUMMARY')
  return {
    outputs: parseKeyValues(text('GITHUB_OUTPUT')),
    state: parseKeyValues(text('GITHUB_STATE')),
    env: parseKeyValues(text('GITHUB_ENV')),
    summary: Buffer.byteLength(summary) > LARGEST_SUMMARY ? '' : summary
  }
}

/**
 * Reads `name=value` lines and `name<<delimiter` blocks.
 *
 * @throws Error if the runner would fail the step.
 */
export function parseKeyValues(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue
    const [, name = '', sign, rest = ''] = /^(.*?)(=|<<)(.*)$/.exec(line) ?? []
    if (sign === undefined || name === '' || (sign === '<<' && rest === '')) {
      throw new Error(`Invalid format '${line}'`)
    }
    if (sign === '=') {
      values[name] = rest
      continue
    }
    const end = lines.indexOf(rest)
    if (end === -1) throw new Error(`Invalid value. Matching delimiter not found '${rest}'`)
    values[name] = lines.splice(0, end).join('\n')
    lines.shift()
  }
  return values
}
