import { accessSync, constants } from 'node:fs'
import { exportVariable, setOutput } from '@actions/core'
import { type Secret } from '../lib/secret.ts'

/** What later steps of the job are given; the names are those of `action.yml`. */
export type Outputs<Name extends string> = Record<Name, string | number | undefined>

/** The outputs of the main step, besides the two that are secret. */
export type MintOutput = 'token-id' | 'client-id' | 'user-id' | 'scopes' | 'expires-at' | 'base-url'

/** The outputs of the sweep. */
export type SweepOutput = 'matched' | 'revoked' | 'failed' | 'token-ids'

/**
 * Makes sure that the runner's files can be written before a token exists: without them a token would be left
 * alive, or `@actions/core` would print it to the log, as runners wanted it before 2022.
 *
 * @throws {Error} that names the variable of the file that is missing
 */
export function requireFiles(...variables: string[]): void {
  for (const variable of variables) {
    writing(variable, () => {
      accessSync(process.env[variable] ?? '', constants.W_OK)
    })
  }
}

/** Sets outputs; what is `undefined` becomes an empty text. */
export function setOutputs<Name extends string>(outputs: Outputs<Name>): void {
  writing('GITHUB_OUTPUT', () => {
    for (const [name, value] of Object.entries<string | number | undefined>(outputs)) {
      setOutput(name, value ?? '')
    }
  })
}

/** Sets an output that is a secret, which has to be masked before. */
export function setSecretOutput(name: 'token' | 'refresh-token', secret: Secret | undefined): void {
  writing('GITHUB_OUTPUT', () => {
    setOutput(name, secret?.reveal() ?? '')
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
      `The file that the runner names in ${variable} cannot be written (${(error as Error).message}): run this action on a GitHub runner of 2022 or later, and see that its disk is not full or read-only.`
    )
  }
}
