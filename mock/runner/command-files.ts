import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const names = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'] as const

type FileName = (typeof names)[number]

/** A job summary that is larger is dropped whole. */
const largestSummary = 1024 * 1024

/** What a step wrote to its files. */
export interface FileCommands {
  outputs: Record<string, string>
  state: Record<string, string>
  env: Record<string, string>
  paths: string[]
  summary: string
  /** What the runner has to complain of, where that fails the step. */
  problems: string[]
  /** What it complains of and leaves at that. */
  complaints: string[]
}

/** A folder for the files of a job, and for whatever its steps put into `RUNNER_TEMP`. */
export class CommandFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'runner-'))
  #steps = 0

  /** Fresh, empty files for a step: the variables that name them, and a function that reads them afterwards. */
  forStep(): { variables: Record<FileName, string>; read: () => FileCommands } {
    const step = ++this.#steps
    const variables = Object.fromEntries(
      names.map((name) => [name, join(this.folder, `${name.toLowerCase()}_${step}`)])
    ) as Record<FileName, string>
    for (const file of Object.values(variables)) writeFileSync(file, '')
    return { variables, read: () => readFiles(variables) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function readFiles(variables: Record<FileName, string>): FileCommands {
  const problems: string[] = []
  const complaints: string[] = []
  const text = (name: FileName): string => readFileSync(variables[name], 'utf8')
  const values = (name: FileName): Record<string, string> => {
    try {
      return parseKeyValues(text(name))
    } catch (error) {
      problems.push(`Unable to process file command '${name}' successfully. ${(error as Error).message}`)
      return {}
    }
  }
  let summary = text('GITHUB_STEP_SUMMARY')
  if (Buffer.byteLength(summary) > largestSummary) {
    complaints.push('$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k')
    summary = ''
  }
  return {
    outputs: values('GITHUB_OUTPUT'),
    state: values('GITHUB_STATE'),
    env: values('GITHUB_ENV'),
    paths: text('GITHUB_PATH').split(/\r?\n/).filter(Boolean),
    summary,
    problems,
    complaints
  }
}

/**
 * Reads `name=value` lines and `name<<delimiter` blocks.
 *
 * @throws Error where the runner would fail the step.
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
    values[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n')
  }
  return values
}
