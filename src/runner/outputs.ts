import { accessSync, constants } from 'node:fs'
import { exportVariable, setOutput } from '@actions/core'
import { type Secret } from '../lib/secret.ts'

/**
 * Makes sure that the runner's files can be written before a token exists. Without them a token would stay active,
 * or `@actions/core` would print it to the log, as runners before 2022 required.
 *
 * @throws {Error} that names the variable of the file that is missing
 */
export function requireFiles(...variables: string[]): void {
  for (const variable of variables) {
    writing(variable, () => accessSync(process.env[variable] ?? '', constants.W_OK))
  }
}

/** Sets outputs of `action.yml` or `sweep/action.yml`; `undefined` becomes an empty string. A secret must be masked. */
export function setOutputs(outputs: Record<string, string | number | undefined>): void {
  writing('GITHUB_OUTPUT', () => {
    for (const [name, value] of Object.entries(outputs)) setOutput(name, value ?? '')
  })
}

/** Exports what Zendesk's own `zcli` reads to later steps. */
export function exportForZcli(subdomain: string, token: Secret): void {
  writing('GITHUB_ENV', () => {
    exportVariable('ZENDESK_SUBDOMAIN', subdomain)
    exportVariable('ZENDESK_OAUTH_TOKEN', token.reveal())
  })
}

function writing(variable: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw new Error(
      `Could not write the file that the runner names in ${variable} (${(error as Error).message}). Run this action on a GitHub runner of 2022 or later, and check that its disk is not full or read-only.`
    )
  }
}
