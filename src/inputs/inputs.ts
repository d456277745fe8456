import { type Log } from '../lib/log.ts'
import { clean } from '../lib/redact.ts'
import { CREDENTIAL_KINDS, isAdmin, isNumeric, type Credential } from '../zendesk/credential.ts'
import { isForeign, readOrigin, subdomainOf } from '../zendesk/http/origin.ts'
import { isWellFormedScope, nearestScope, splitScopes } from '../zendesk/scopes.ts'
import { positiveInteger, SCOPES_LIMIT } from '../zendesk/token-facts.ts'
import { CREDENTIAL_INPUTS, isClientIdSecret, readCredential } from './credentials.ts'
import { InputReader, isSet, shown } from './input-reader.ts'

/** The inputs that main and sweep share. */
interface AccountInputs<Kind extends Credential> {
  subdomain: string
  /** Where requests go, such as `https://acme.zendesk.com`. */
  origin: string
  /** As given: a number or an identifier. */
  clientId: string
  credential: Kind
  timeoutSeconds: number
}

/** The inputs of the main step, checked. */
export interface MainInputs extends AccountInputs<Credential> {
  /** The scopes to request; empty if Zendesk chooses. */
  scopes: string[]
  /** Whether the `scopes` input is empty. */
  hasDefaultScopes: boolean
  /** The lifetime to request, in seconds; `undefined` for an admin's credential, which cannot request one. */
  expiresIn: number | undefined
  skipRevoke: 'auto' | 'true' | 'false'
  exportEnv: boolean
  jobSummary: boolean
}

type SweepCredential = Exclude<Credential, { kind: 'authorization_code' | 'refresh_token' }>

/** The inputs of the sweep, checked. */
export interface SweepInputs extends AccountInputs<SweepCredential> {
  /** Milliseconds within which a token that was created or used is still needed. */
  olderThan: number
  allUsers: boolean
  dryRun: boolean
  jobSummary: boolean
}

const HOUR = 3_600_000

/** Seconds: the lowest and the highest `timeout-seconds`. */
export const TIMEOUT_RANGE: [min: number, max: number] = [5, 3600]

/**
 * Reads and checks every input of the main step, and logs the warnings about them.
 *
 * @throws {InputError} that names every invalid input, and what to write instead
 */
export function readMainInputs(log: Log): MainInputs {
  const reader = new InputReader()
  const account = readAccount(reader, readCredential(reader, CREDENTIAL_KINDS), 300)
  const { credential } = account
  const scopes = readScopes(reader)
  const expiresIn = reader.seconds('expires-in', [300, 172_800], 3600)
  if (isAdmin(credential) && isSet('expires-in')) {
    reader.problem(
      'expires-in',
      `a token minted with \`${CREDENTIAL_INPUTS[credential.kind].chosenBy}\` cannot be given a lifetime. Remove it, or use \`client-secret\`.`
    )
  }
  const inputs = {
    ...account,
    scopes: scopes.length === 0 && isAdmin(credential) ? ['read', 'write'] : scopes,
    hasDefaultScopes: scopes.length === 0,
    expiresIn: isAdmin(credential) ? undefined : expiresIn,
    skipRevoke: reader.choice<MainInputs['skipRevoke']>('skip-token-revoke', ['auto', 'true', 'false']),
    exportEnv: reader.flag('export-env', false),
    jobSummary: reader.flag('job-summary', false)
  }
  reader.finish(log)
  return inputs
}

/**
 * Reads and checks every input of the sweep, and logs the warnings about them.
 *
 * @throws {InputError} that names every invalid input, and what to write instead
 */
export function readSweepInputs(log: Log): SweepInputs {
  const reader = new InputReader()
  const credential = readCredential(reader, ['api_token', 'access_token', 'client_credentials'])
  const inputs = {
    ...readAccount(reader, credential, 600),
    olderThan: readAge(reader),
    allUsers: reader.flag('all-users', false),
    dryRun: reader.flag('dry-run', true),
    jobSummary: reader.flag('job-summary', true)
  }
  reader.finish(log)
  return inputs
}

function readAccount<Kind extends Credential>(
  reader: InputReader,
  credential: Kind,
  defaultTimeout: number
): AccountInputs<Kind> {
  const name = reader.required('subdomain', 'Write `acme` for https://acme.zendesk.com.')
  const subdomain = subdomainOf(name) ?? ''
  if (name !== '' && subdomain === '') {
    reader.problem(
      'subdomain',
      `"${shown(name)}" is not a Zendesk subdomain. Write \`acme\`, \`acme.zendesk.com\` or \`https://acme.zendesk.com/\`.`
    )
  }
  const base = reader.text('base-url')
  const origin = base === '' ? `https://${subdomain}.zendesk.com` : readOrigin(base)
  if (origin === undefined) {
    reader.problem(
      'base-url',
      `"${shown(base)}" is not an origin. Write https://host or https://host:port, without a path (http:// only for localhost and 127.0.0.0/8).`
    )
  } else if (isForeign(origin, subdomain)) {
    reader.warning(
      'base-url',
      `${clean(new URL(origin).host)} is about to receive the credential, and is not ${subdomain}.zendesk.com.`
    )
  }
  const timeoutSeconds = reader.seconds('timeout-seconds', TIMEOUT_RANGE, defaultTimeout)
  const clientId = readClientId(reader, credential)
  return { subdomain, origin: origin ?? '', clientId, credential, timeoutSeconds }
}

function readClientId(reader: InputReader, credential: Credential): string {
  const cure = 'Write the unique identifier of the OAuth client, from Admin Center.'
  const clientId = reader.required('client-id', cure)
  if (isClientIdSecret()) {
    const other = isSet('client-secret') ? 'client-secret' : CREDENTIAL_INPUTS[credential.kind].chosenBy
    const text = `it looks like a secret, so it was masked and not sent. Are \`client-id\` and \`${other}\` swapped? ${cure}`
    reader.problem('client-id', text)
  } else if (/\s/.test(clientId)) {
    reader.problem('client-id', `it contains white space, like the name of a client. ${cure}`)
  } else if (/^[^@]+@[^@]+$/.test(clientId)) {
    reader.problem('client-id', `it is an e-mail address. ${cure}`)
  } else if (isNumeric(clientId) && !isAdmin(credential)) {
    const input = CREDENTIAL_INPUTS[credential.kind].chosenBy
    const text = `${shown(clientId)} is a number, but \`${input}\` needs the client's unique identifier, such as \`ci_bot\`.`
    reader.warning('client-id', text)
  } else if (isNumeric(clientId) && positiveInteger(Number(clientId)) === undefined) {
    reader.problem('client-id', `${shown(clientId)} is not a possible id. ${cure}`)
  }
  return clientId
}

function readScopes(reader: InputReader): string[] {
  const text = reader.words('scopes')
  if (text.length > SCOPES_LIMIT) {
    reader.problem('scopes', `the value is longer than ${SCOPES_LIMIT} characters.`)
    return []
  }
  const scopes = splitScopes(text)
  const malformed = scopes.filter((scope) => !isWellFormedScope(scope))
  if (malformed.length > 0) {
    reader.problem(
      'scopes',
      `"${shown(malformed.join(' '))}" cannot be a scope. Write names such as \`tickets:read\`, separated by spaces.`
    )
  }
  const unknown = scopes.flatMap((scope) => {
    const nearest = nearestScope(scope)
    return nearest === undefined ? [] : `${shown(scope)} (did you mean ${nearest}?)`
  })
  if (unknown.length > 0) reader.warning('scopes', `Zendesk documents no scope ${unknown.join(', ')}.`)
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
      `"${shown(value)}" is not an age of at least an hour. Write \`90m\`, \`36h\` or \`7d\`.`
    )
  }
  return age
}
