import { getInput } from '@actions/core'
import { quote } from '../lib/redact.ts'
import { Secret } from '../lib/secret.ts'
import { isForeign, originOf, readOrigin, subdomainOf } from '../zendesk/origin.ts'
import {
  AUTH_METHODS,
  type AdminCredential,
  type AuthMethod,
  type ClientCredential,
  type Credential,
  type CredentialKind
} from '../zendesk/credential.ts'
import { isWellFormedScope, nearestScope, splitScopes } from '../zendesk/scopes.ts'
import { usableId, usableToken } from '../zendesk/tokens.ts'
import { adminEmail, Form, LIKELY_EMPTY } from './input-reader.ts'

/** What `skip-token-revoke` says. */
export type SkipRevoke = 'auto' | 'true' | 'false'

/** The inputs that main and sweep share. */
interface AccountInputs<Kind extends Credential> {
  subdomain: string
  /** As given: a number or an identifier. */
  clientId: string
  credential: Kind
  /** The origin that is asked, such as `https://acme.zendesk.com`. */
  origin: string
  jobSummary: boolean
  timeoutSeconds: number
  /** What the author should know, although the inputs are right. */
  warnings: string[]
}

/** The inputs of the main step, checked. */
export interface MintInputs extends AccountInputs<Credential> {
  /** The scopes to ask for; empty where Zendesk is to choose. */
  scopes: string[]
  /** The lifetime to ask for, in seconds; `undefined` for an admin's credential, which cannot ask for one. */
  expiresIn: number | undefined
  skipRevoke: SkipRevoke
  exportEnv: boolean
}

/** The inputs of the sweep, checked. */
export interface SweepInputs extends AccountInputs<AdminCredential | ClientCredential> {
  /** Milliseconds within which a token that was created or used is left alone. */
  olderThan: number
  allUsers: boolean
  dryRun: boolean
}

const DEFAULT_LIFETIME = 3600
const HOUR = 3_600_000

/**
 * Reads and checks every input of the main step.
 *
 * @throws {InputError} that names every input that is wrong, and what to write instead
 */
export function readMintInputs(): MintInputs {
  const form = new Form()
  const account = readAccount(form, 300)
  const chosen = credentialInput(form, ['api-token', 'access-token', 'authorization-code', 'refresh-token'])
  const credential = readCredential(form, chosen)
  const scopes = readScopes(form)
  const expiresIn = form.integer('expires-in', 300, 172_800, 'lifetime in seconds')
  const isAdmin = chosen === 'api-token' || chosen === 'access-token'
  if (isAdmin && getInput('expires-in') !== '') {
    form.problem(
      'expires-in',
      `a token minted with ${chosen} cannot be given a lifetime: leave it out, or use client-secret`
    )
  }
  const skipRevoke = form.choice<SkipRevoke>('skip-token-revoke', ['auto', 'true', 'false'])
  const exportEnv = form.flag('export-env', false)
  const jobSummary = form.flag('job-summary', false)
  const clientId = readClientId(form, isAdmin)
  const asksByDefault = isAdmin || chosen === 'client-secret'
  return {
    ...account,
    clientId,
    credential: form.finish(credential),
    scopes: scopes.length === 0 && asksByDefault ? ['read', 'write'] : scopes,
    expiresIn: isAdmin ? undefined : (expiresIn ?? DEFAULT_LIFETIME),
    skipRevoke,
    exportEnv,
    jobSummary,
    warnings: [
      ...originWarning(account.origin),
      ...clientIdWarning(clientId, isAdmin),
      ...scopeWarning(scopes)
    ]
  }
}

/**
 * Reads and checks every input of the sweep.
 *
 * @throws {InputError} that names every input that is wrong, and what to write instead
 */
export function readSweepInputs(): SweepInputs {
  const form = new Form()
  const account = readAccount(form, 600)
  const chosen = credentialInput(form, ['api-token', 'access-token'])
  const credential = readCredential(form, chosen)
  const olderThan = readAge(form)
  const allUsers = form.flag('all-users', false)
  const dryRun = form.flag('dry-run', true)
  const jobSummary = form.flag('job-summary', true)
  const clientId = readClientId(form, chosen !== 'client-secret')
  return {
    ...account,
    clientId,
    credential: form.finish(credential as AdminCredential | ClientCredential | undefined),
    olderThan,
    allUsers,
    dryRun,
    jobSummary,
    warnings: [...originWarning(account.origin), ...clientIdWarning(clientId, chosen !== 'client-secret')]
  }
}

/**
 * The credential of this kind from the inputs, as the post step is given them: unchecked, for they may be those of
 * another step. `undefined` for a code or a refresh token, which are used up.
 */
export function rereadCredential(kind: CredentialKind, authMethod: AuthMethod): Credential | undefined {
  switch (kind) {
    case 'api-token':
      return { kind, email: adminEmail(getInput('email')), apiToken: new Secret(getInput(kind)) }
    case 'access-token':
      return { kind, accessToken: new Secret(getInput(kind)) }
    case 'client-secret':
      return { kind, clientSecret: new Secret(getInput(kind)), authMethod }
    case 'authorization-code':
    case 'refresh-token':
      return undefined
  }
}

function readAccount(
  form: Form,
  timeout: number
): { subdomain: string; origin: string; timeoutSeconds: number } {
  const given = form.required('subdomain', 'write acme for https://acme.zendesk.com')
  const subdomain = subdomainOf(given) ?? ''
  if (given !== '' && subdomain === '') {
    form.problem(
      'subdomain',
      `"${echo(given)}" is not a Zendesk subdomain: write acme, acme.zendesk.com or https://acme.zendesk.com/`
    )
  }
  const base = form.text('base-url')
  const origin = base === '' ? originOf(subdomain) : (readOrigin(base) ?? '')
  if (origin === '') {
    form.problem(
      'base-url',
      `"${echo(base)}" is not an origin: write https://host or https://host:port and nothing behind it (http: only for localhost and 127.0.0.0/8)`
    )
  }
  return {
    subdomain,
    origin,
    timeoutSeconds: form.integer('timeout-seconds', 5, 3600, 'time in seconds') ?? timeout
  }
}

/** A value for an error; what may be a password in a URL is left out. */
function echo(value: string): string {
  return quote(value.replace(/\/\/[^/]*@/, '//***@'))
}

function readClientId(form: Form, isAdmin: boolean): string {
  const cure = 'write the unique identifier of the OAuth client, from Admin Center'
  const clientId = form.required('client-id', cure)
  if (isAdmin && /^\d+$/.test(clientId) && usableId(Number(clientId)) === undefined) {
    form.problem('client-id', `${quote(clientId)} is not a possible id: ${cure}`)
  }
  return clientId
}

/** The input that chooses the credential: the one of `inputs` that is set, else `client-secret`. */
function credentialInput<Input extends CredentialKind>(
  form: Form,
  inputs: readonly Input[]
): Input | 'client-secret' {
  const given = inputs.filter((input) => getInput(input) !== '')
  const [first, second] = given
  if (second !== undefined) {
    form.problem(given.join(' and '), 'only one credential can be used: leave the others out')
  }
  return first ?? 'client-secret'
}

function readCredential(form: Form, chosen: CredentialKind): Credential | undefined {
  const authMethod = form.choice<AuthMethod>('token-endpoint-auth-method', AUTH_METHODS)
  const email = readEmail(form, chosen)
  const clientSecret = form.secret('client-secret')
  const redirectUri = form.text('redirect-uri')
  const codeVerifier = form.secret('code-verifier')
  for (const input of ['redirect-uri', 'code-verifier']) {
    if (chosen !== 'authorization-code' && getInput(input) !== '') {
      form.problem(
        input,
        `it is used only with authorization-code, which is empty: set that, or leave this out; ${LIKELY_EMPTY}`
      )
    }
  }
  switch (chosen) {
    case 'api-token': {
      const apiToken = form.secret(chosen)
      refuseClientSecret(form, chosen)
      return apiToken && { kind: chosen, email, apiToken }
    }
    case 'access-token': {
      const accessToken = form.secret(chosen)
      refuseClientSecret(form, chosen)
      if (accessToken !== undefined && usableToken(accessToken.reveal()) === undefined) {
        form.problem(
          chosen,
          'it has characters that an access token cannot have, or is longer than 8192: copy it again'
        )
      }
      return accessToken && { kind: chosen, accessToken }
    }
    case 'client-secret':
      if (getInput(chosen) === '' && getInput('email') === '') {
        form.problem(chosen, `no credential is set: set client-secret, or another one; ${LIKELY_EMPTY}`)
      }
      return clientSecret && { kind: chosen, clientSecret, authMethod }
    case 'authorization-code': {
      const code = form.secret(chosen)
      if (getInput('redirect-uri') === '') {
        form.problem(
          'redirect-uri',
          'authorization-code needs it: write the one that the code was asked for with'
        )
      }
      if (getInput('code-verifier') === '' && getInput('client-secret') === '') {
        form.problem(
          'code-verifier',
          `authorization-code needs it, or client-secret, or both; ${LIKELY_EMPTY}`
        )
      }
      return code && { kind: chosen, code, redirectUri, codeVerifier, clientSecret, authMethod }
    }
    case 'refresh-token': {
      const refreshToken = form.secret(chosen)
      return refreshToken && { kind: chosen, refreshToken, clientSecret, authMethod }
    }
  }
}

function readEmail(form: Form, chosen: CredentialKind): string {
  const email = adminEmail(form.text('email'))
  if (chosen === 'api-token') {
    if (adminEmail(getInput('email')) === '')
      form.problem('email', 'api-token needs the e-mail of the admin that it belongs to')
    else if (email !== '' && !/^[^\s:@]+@[^\s:@]+$/.test(email)) {
      form.problem(
        'email',
        `"${quote(email)}" is not an e-mail address: write the one that the admin signs in with`
      )
    }
  } else if (getInput('email') !== '') {
    form.problem(
      'api-token',
      `email is set, but there is no api-token: set it, or leave email out; ${LIKELY_EMPTY}`
    )
  }
  return email
}

function refuseClientSecret(form: Form, chosen: string): void {
  if (getInput('client-secret') === '') return
  form.problem('client-secret', `it is a credential of its own: leave out either it or ${chosen}`)
}

function readScopes(form: Form): string[] {
  const scopes = splitScopes(getInput('scopes'))
  const malformed = scopes.filter((scope) => !isWellFormedScope(scope))
  if (malformed.length > 0) {
    form.problem(
      'scopes',
      `"${quote(malformed.join(' '))}" cannot be scopes: write names like tickets:read, separated by spaces`
    )
  }
  return scopes
}

/** `older-than` in milliseconds: a number of minutes, hours or days, at least one hour. */
function readAge(form: Form): number {
  const value = form.text('older-than').toLowerCase() || '24h'
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(value) ?? []
  const age = Number(count) * ({ m: HOUR / 60, h: HOUR, d: 24 * HOUR }[unit] ?? NaN)
  if (!(age >= HOUR)) {
    form.problem('older-than', `"${quote(value)}" is not an age of at least an hour: write 90m, 36h or 7d`)
  }
  return age
}

function originWarning(origin: string): string[] {
  if (!isForeign(origin)) return []
  return [
    `base-url: ${quote(new URL(origin).host)} is about to receive the credential, and is not a host of Zendesk`
  ]
}

function clientIdWarning(clientId: string, isAdmin: boolean): string[] {
  if (isAdmin || !/^\d+$/.test(clientId)) return []
  return [
    `client-id: ${quote(clientId)} is a number, but this credential wants the unique identifier of the client, such as ci_bot`
  ]
}

function scopeWarning(scopes: readonly string[]): string[] {
  const unknown = scopes.flatMap((scope) => {
    const nearest = nearestScope(scope)
    return nearest === undefined ? [] : [`${quote(scope)} (did you mean ${nearest}?)`]
  })
  return unknown.length === 0 ? [] : [`scopes: Zendesk documents no scope ${unknown.join(', ')}`]
}
