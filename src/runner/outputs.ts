import { accessSync, constants } from 'node:fs'
import { exportVariable, setOutput } from '@actions/core'
import { type Secret } from '../lib/secret.ts'

const USER =
  "A job in a container runs as the user of its image: write `--user root`, or the number of the runner's user, into `options` of `container`."
const DISK = 'The disk is full: free some space before this step.'

/** What to do about a file that cannot be written, by the code of the system. */
const CURES: Record<string, string> = {
  EACCES: USER,
  EPERM: USER,
  ENOSPC: DISK,
  EDQUOT: DISK,
  EROFS: 'Its file system is read-only: mount the work folder of the runner so that it can be written.'
}
const OTHER_CURE = 'Check the work folder of the runner: this step has to write to its files.'
const NO_FILE = 'Run this action on a GitHub runner of 2022 or later.'

/**
 * Makes sure that the runner's files can be written before a token exists. Without them a token would stay active,
 * or `@actions/core` would print it to the log, as runners before 2022 required.
 *
 * @throws {Error} that names the variable of a file that cannot be written, and what to do
 */
export function requireFiles(...variables: string[]): void {
  for (const variable of variables) {
    writeRunnerFile(variable, () => accessSync(process.env[variable] ?? '', constants.W_OK))
  }
}

/** Sets outputs of `action.yml` or `sweep/action.yml`; `undefined` becomes an empty string. A secret must be masked. */
export function setOutputs(outputs: Record<string, string | number | undefined>): void {
  writeRunnerFile('GITHUB_OUTPUT', () => {
    for (const [name, value] of Object.entries(outputs)) setOutput(name, value ?? '')
  })
}

/** Exports what Zendesk's own `zcli` reads to later steps. */
export function exportForZcli(subdomain: string, token: Secret): void {
  writeRunnerFile('GITHUB_ENV', () => {
    exportVariable('ZENDESK_SUBDOMAIN', subdomain)
    exportVariable('ZENDESK_OAUTH_TOKEN', token.reveal())
  })
}

/**
 * Runs `write`, which writes to the file that the runner names in `variable`.
 *
 * @throws {Error} that names the variable, the system's words, and what to do
 */
export function writeRunnerFile(variable: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    const { message, code = '' } = error as NodeJS.ErrnoException
    const cure = process.env[variable] ? (CURES[code] ?? OTHER_CURE) : NO_FILE
    throw new Error(`Could not write the file that the runner names in ${variable} (${message}). ${cure}`)
  }
}
