import { getInput } from '@actions/core'
import { quote } from '../lib/redact.ts'
import { isAdminKind, type Credential, type CredentialKind } from '../zendesk/credential.ts'
import { isForeign, originOf, readOrigin, subdomainOf } from '../zendesk/origin.ts'
import { isWellFormedScope, nearestScope, splitScopes } from '../zendesk/scopes.ts'
import { positiveInteger, SCOPES_LIMIT } from '../zendesk/tokens.ts'
import {
  CREDENTIAL_INPUTS,
  readCredential,
  readSweepCredential,
  type SweepCredential
} from './credentials.ts'
import { InputReader } from './input-reader.ts'

/** What `skip-token-revoke` says. */
export type SkipRevoke = 'auto' | 'true' | 'false'

/** The inputs that main and sweep share. */
interface AccountInputs<Kind extends Credential> {
  subdomain: string
  /** As given: a number or an identifier. */
  clientId: string
  credential: Kind
  /** Where requests go, such as `https://acme.zendesk.com`. */
  origin: string
  jobSummary: boolean
  timeoutSeconds: number
  /** What the author should know, although the inputs are valid. */
  warnings: string[]
}

/** The inputs of the main step, checked. */
export interface MainInputs extends AccountInputs<Credential> {
  /** The scopes to request; empty if Zendesk chooses. */
  scopes: string[]
  /** Whether the `scopes` input is empty. */
  hasDefaultScopes: boolean
  /** The lifetime to request, in seconds; `undefined` for an admin's credential, which cannot request one. */
  expiresIn: number | undefined
  skipRevoke: SkipRevoke
  exportEnv: boolean
}

/** The inputs of the sweep, checked. */
export interface SweepInputs extends AccountInputs<SweepCredential> {
  /** Milliseconds within which a token that was created or used is still needed. */
  olderThan: number
  allUsers: boolean
  dryRun: boolean
}

const DEFAULT_LIFETIME = 3600
const HOUR = 3_600_000

/**
 * Reads and checks every input of the main step.
 *
 * @throws {InputError} that names every invalid input, and what to write instead
 */
export function readMainInputs(): MainInputs {
  const reader = new InputReader()
  const account = readAccount(reader, 300)
  const { kind, credential } = readCredential(reader)
  const given = readScopes(reader)
  const expiresIn = reader.seconds('expires-in', 300, 172_800)
  if (isAdminKind(kind) && getInput('expires-in') !== '') {
    reader.problem(
      'expires-in',
      `a token minted with \`${CREDENTIAL_INPUTS[kind].chooses}\` cannot be given a lifetime. Remove it, or use \`client-secret\`.`
    )
  }
  const skipRevoke = reader.choice<SkipRevoke>('skip-token-revoke', ['auto', 'true', 'false'])
  const exportEnv = reader.flag('export-env', false)
  const jobSummary = reader.flag('job-summary', false)
  const clientId = readClientId(reader, kind)
  return {
    ...account,
    clientId,
    credential: reader.finish(credential),
    scopes: given.length === 0 && isAdminKind(kind) ? ['read', 'write'] : given,
    hasDefaultScopes: given.length === 0,
    expiresIn: isAdminKind(kind) ? undefined : (expiresIn ?? DEFAULT_LIFETIME),
    skipRevoke,
    exportEnv,
    jobSummary,
    warnings: [...accountWarnings(account, clientId, kind), ...scopeWarnings(given)]
  }
}

/**
 * Reads and checks every input of the sweep.
 *
 * @throws {InputError} that names every invalid input, and what to write instead
 */
export function readSweepInputs(): SweepInputs {
  const reader = new InputReader()
  const account = readAccount(reader, 600)
  const { kind, credential } = readSweepCredential(reader)
  const olderThan = readAge(reader)
  const allUsers = reader.flag('all-users', false)
  const dryRun = reader.flag('dry-run', true)
  const jobSummary = reader.flag('job-summary', true)
  const clientId = readClientId(reader, kind)
  return {
    ...account,
    clientId,
    credential: reader.finish(credential),
    olderThan,
    allUsers,
    dryRun,
    jobSummary,
    warnings: accountWarnings(account, clientId, kind)
  }
}

type Account = Pick<AccountInputs<Credential>, 'subdomain' | 'origin' | 'timeoutSeconds'>

function readAccount(reader: InputReader, defaultTimeout: number): Account {
  const given = reader.required('subdomain', 'Write `acme` for https://acme.zendesk.com.')
  const subdomain = subdomainOf(given) ?? ''
  if (given !== '' && subdomain === '') {
    reader.problem(
      'subdomain',
      `"${echo(given)}" is not a Zendesk subdomain. Write \`acme\`, \`acme.zendesk.com\` or \`https://acme.zendesk.com/\`.`
    )
  }
  const base = reader.text('base-url')
  const origin = base === '' ? originOf(subdomain) : (readOrigin(base) ?? '')
  if (origin === '') {
    reader.problem(
      'base-url',
      `"${echo(base)}" is not an origin. Write https://host or https://host:port, without a path (http:// only for localhost and 127.0.0.0/8).`
    )
  }
  const timeoutSeconds = reader.seconds('timeout-seconds', 5, 3600) ?? defaultTimeout
  return { subdomain, origin, timeoutSeconds }
}

/** A value for an error, without what may be a password in a URL. */
function echo(value: string): string {
  return quote(value.replace(/\/\/.*@/s, '//***@'))
}

function readClientId(reader: InputReader, kind: CredentialKind): string {
  const cure = 'Write the unique identifier of the OAuth client, from Admin Center.'
  const clientId = reader.required('client-id', cure)
  if (/\s/.test(clientId)) {
    reader.problem(
      'client-id',
      `"${quote(clientId)}" contains white space, so it is the name of a client. ${cure}`
    )
  } else if (/^[^@\s]+@[^@\s]+$/.test(clientId)) {
    reader.problem('client-id', `"${quote(clientId)}" is an e-mail address. ${cure}`)
  } else if (isNumeric(clientId) && isAdminKind(kind) && positiveInteger(Number(clientId)) === undefined) {
    reader.problem('client-id', `${quote(clientId)} is not a possible id. ${cure}`)
  }
  return clientId
}

function readScopes(reader: InputReader): string[] {
  const given = getInput('scopes')
  if (given.length > SCOPES_LIMIT) {
    reader.problem('scopes', `the value is longer than ${SCOPES_LIMIT} characters.`)
    return []
  }
  const scopes = splitScopes(given)
  const malformed = scopes.filter((scope) => !isWellFormedScope(scope))
  if (malformed.length > 0) {
    reader.problem(
      'scopes',
      `"${quote(malformed.join(' '))}" cannot be a scope. Write names such as \`tickets:read\`, separated by spaces.`
    )
  }
  return scopes
}

/** `older-than` in milliseconds: a number of minutes, hours or days, at least one hour. */
function readAge(reader: InputReader): number {
  const value = reader.text('older-than').toLowerCase() || '24h'
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(value) ?? []
  const age = Number(count) * ({ m: HOUR / 60, h: HOUR, d: 24 * HOUR }[unit] ?? NaN)
  if (!(age >= HOUR)) {
    reader.problem(
      'older-than',
      `"${quote(value)}" is not an age of at least an hour. Write \`90m\`, \`36h\` or \`7d\`.`
    )
  }
  return age
}

function accountWarnings({ origin, subdomain }: Account, clientId: string, kind: CredentialKind): string[] {
  const warnings: string[] = []
  if (origin !== '' && isForeign(origin, subdomain)) {
    warnings.push(
      `\`base-url\`: ${quote(new URL(origin).host)} is about to receive the credential, and is not ${subdomain}.zendesk.com.`
    )
  }
  if (!isAdminKind(kind) && isNumeric(clientId)) {
    warnings.push(
      `\`client-id\`: ${quote(clientId)} is a number, but \`${CREDENTIAL_INPUTS[kind].chooses}\` needs the client's unique identifier, such as \`ci_bot\`.`
    )
  }
  return warnings
}

function scopeWarnings(scopes: readonly string[]): string[] {
  const unknown = scopes.flatMap((scope) => {
    const nearest = nearestScope(scope)
    return nearest === undefined ? [] : [`${quote(scope)} (did you mean ${nearest}?)`]
  })
  return unknown.length === 0 ? [] : [`\`scopes\`: Zendesk documents no scope ${unknown.join(', ')}.`]
}

function isNumeric(clientId: string): boolean {
  return /^\d+$/.test(clientId)
}
