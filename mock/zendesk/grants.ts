import { createHash } from 'node:crypto'

import type { Account, AuthorizationCode, NewToken, Token } from './account.ts'
import { type MockRequest, isObject, json, parsed, refusals, type MockResponse } from './responses.ts'
import { covers } from './scopes.ts'
import type { ClientSeed } from './seeds.ts'

type Parameters = Record<string, unknown>

const day = 86_400
/** Seconds. */
export const accessLifetime = { least: 300, most: 2 * day, usual: 1800 }
const refreshLifetime = { least: 7 * day, most: 90 * day, usual: 30 * day }

/** `POST /oauth/tokens` */
export function grantToken(request: MockRequest, account: Account): MockResponse {
  const parameters = readParameters(request)
  const grant = parameters['grant_type']
  if (grant !== 'client_credentials' && grant !== 'authorization_code' && grant !== 'refresh_token') {
    throw refusals.oauth('unsupported_grant_type', 'The authorization grant type is not supported')
  }
  const client = authenticateClient(account, request, parameters)
  if (account.behaviour.scopeRequired && parameters['scope'] === undefined) {
    throw refusals.oauth('invalid_scope', 'You must specify a scope')
  }
  const lifetime = seconds(parameters, 'expires_in', accessLifetime) ?? client.tokenLifetime
  const token: Pick<NewToken, 'clientId' | 'createdAt' | 'expiresAt'> = {
    clientId: client.id,
    createdAt: account.now(),
    expiresAt: account.now() + (lifetime ?? accessLifetime.usual) * 1000
  }
  switch (grant) {
    case 'client_credentials':
      return grantResponse(account, parameters, byClientCredentials(account, client, parameters, token))
    case 'authorization_code':
      return grantResponse(account, parameters, byCode(account, client, parameters, token))
    case 'refresh_token':
      return grantResponse(account, parameters, byRefreshToken(account, client, parameters, token))
  }
}

/** `GET /oauth/authorizations/new`: the user agrees at once, and goes back to the client with a code. */
export function askUser(request: MockRequest, account: Account): MockResponse {
  const redirectUri = request.query.get('redirect_uri')
  if (!redirectUri || !URL.canParse(redirectUri) || request.query.get('response_type') !== 'code') {
    throw refusals.oauth('invalid_request', 'response_type or redirect_uri is missing or wrong')
  }
  const challenge = request.query.get('code_challenge')
  const code = account.authorize({
    client: request.query.get('client_id') ?? '',
    redirectUri,
    scope: request.query.get('scope') ?? 'read',
    ...(challenge && { codeChallenge: challenge }),
    codeChallengeMethod: request.query.get('code_challenge_method') === 'S256' ? 'S256' : 'plain'
  })
  const location = new URL(redirectUri)
  location.searchParams.set('code', code)
  const state = request.query.get('state')
  if (state !== null) location.searchParams.set('state', state)
  return { status: 302, headers: { Location: location.href }, body: '' }
}

type Lifetimes = Pick<NewToken, 'clientId' | 'createdAt' | 'expiresAt'>

function byClientCredentials(
  account: Account,
  client: ClientSeed,
  parameters: Parameters,
  token: Lifetimes
): Token {
  if (client.kind === 'public') {
    throw refusals.oauth(
      'unauthorized_client',
      'The client is not authorized to request a token using this method'
    )
  }
  if (client.identifier.startsWith('zis_')) throw unknownClient()
  const scopes = account.grantable(client, wantedScopes(parameters) ?? account.configuredScopes(client))
  const unusable = Array.isArray(parameters['scope'])
  return account.mint({ ...token, userId: client.userId, scopes, unusable, origin: 'client_credentials' })
}

function byCode(account: Account, client: ClientSeed, parameters: Parameters, token: Lifetimes): Token {
  const code = account.redeem(text(parameters, 'code'))
  if (
    code?.client.id !== client.id ||
    code.redirectUri !== parameters['redirect_uri'] ||
    !isVerified(code, parameters['code_verifier'])
  ) {
    throw invalidGrant()
  }
  return account.mint({
    ...token,
    ...refreshable(account, parameters),
    userId: code.userId,
    scopes: narrowed(code.scopes, parameters),
    origin: 'authorization_code'
  })
}

function byRefreshToken(
  account: Account,
  client: ClientSeed,
  parameters: Parameters,
  token: Lifetimes
): Token {
  const value = text(parameters, 'refresh_token')
  const predecessor = [...account.tokens.values()].find((candidate) => candidate.refreshToken === value)
  if (
    predecessor?.clientId !== client.id ||
    predecessor.revoked ||
    (predecessor.refreshExpiresAt ?? 0) <= account.now()
  ) {
    throw invalidGrant()
  }
  const scopes = narrowed(predecessor.scopes, parameters)
  predecessor.revoked = true
  const { userId } = predecessor
  return account.mint({
    ...token,
    ...refreshable(account, parameters),
    userId,
    scopes,
    origin: 'refresh_token'
  })
}

function grantResponse(account: Account, parameters: Parameters, token: Token): MockResponse {
  const { grantStatus, tellExpiresIn } = account.behaviour
  const asked = parameters['expires_in'] !== undefined
  const response: Parameters = {
    access_token: token.value,
    token_type: 'bearer',
    ...reportedScopes(account, 'scope', token)
  }
  if (token.refreshToken !== null) {
    response['refresh_token'] = token.refreshToken
    response['refresh_token_expires_in'] = secondsBetween(token.createdAt, token.refreshExpiresAt)
  }
  if (tellExpiresIn === 'always' || (tellExpiresIn === 'when-asked' && asked)) {
    response['expires_in'] = secondsBetween(token.createdAt, token.expiresAt)
  }
  return json(grantStatus, response, { 'Cache-Control': 'no-store' })
}

/** What the response to a mint says about the scopes of `token`. */
export function reportedScopes(account: Account, name: 'scope' | 'scopes', token: Token): Parameters {
  const { reportScopes } = account.behaviour
  if (reportScopes === 'absent') return { [name]: undefined }
  const scopes = reportScopes === 'empty' ? [] : token.scopes
  return { [name]: name === 'scope' ? scopes.join(' ') : scopes }
}

function readParameters(request: MockRequest): Parameters {
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const form = Object.fromEntries(new URLSearchParams(request.body)) as Parameters
    for (const name of ['expires_in', 'refresh_token_expires_in']) {
      if (form[name] !== undefined) form[name] = Number(form[name])
    }
    return form
  }
  const body = parsed(request.body)
  if (!isObject(body)) throw refusals.oauth('invalid_request', 'The body is not a JSON object')
  return body
}

/** `client_secret_post` or `client_secret_basic` (RFC 6749, section 2.3.1), but never both. */
function authenticateClient(account: Account, request: MockRequest, parameters: Parameters): ClientSeed {
  const basic = basicHalves(request.headers.authorization)
  const posted = parameters['client_secret']
  if (basic && posted !== undefined) {
    throw refusals.oauth('invalid_request', 'The client authenticates in more than one way')
  }
  const identifier = parameters['client_id'] ?? basic?.identifier
  if (basic && basic.identifier !== identifier) throw unknownClient()
  const client = account.clients.find((candidate) => candidate.identifier === identifier)
  if (!client) throw unknownClient()
  if (client.kind === 'confidential' && (basic?.secret ?? posted) !== client.secret) throw unknownClient()
  return client
}

function basicHalves(header: string | undefined): { identifier: string; secret: string } | undefined {
  const [, base64] = /^basic +(\S+)$/i.exec(header ?? '') ?? []
  if (base64 === undefined) return undefined
  const [identifier = '', secret = ''] = Buffer.from(base64, 'base64').toString().split(':')
  try {
    return { identifier: formDecoded(identifier), secret: formDecoded(secret) }
  } catch {
    throw refusals.oauth('invalid_request', 'The halves of the Basic header are not form-encoded')
  }
}

function formDecoded(value: string): string {
  return decodeURIComponent(value.replaceAll('+', ' '))
}

function isVerified({ challenge }: AuthorizationCode, verifier: unknown): boolean {
  if (!challenge) return verifier === undefined
  if (typeof verifier !== 'string') return false
  const digest =
    challenge.method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
  return digest === challenge.value
}

function refreshable(
  account: Account,
  parameters: Parameters
): Pick<Token, 'refreshToken' | 'refreshExpiresAt'> {
  const lifetime = seconds(parameters, 'refresh_token_expires_in', refreshLifetime) ?? refreshLifetime.usual
  return { refreshToken: account.newSecret(), refreshExpiresAt: account.now() + lifetime * 1000 }
}

function wantedScopes(parameters: Parameters): string[] | undefined {
  const scope = parameters['scope']
  if (Array.isArray(scope)) return scope.map(String)
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : undefined
}

/** A later request may ask for less than the user agreed to, but not for more. */
function narrowed(granted: readonly string[], parameters: Parameters): readonly string[] {
  const wanted = wantedScopes(parameters) ?? granted
  if (wanted.every((scope) => covers(granted, scope))) return wanted
  throw refusals.oauth('invalid_scope', 'The requested scope is invalid, unknown, or malformed')
}

function text(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (typeof value === 'string' && value !== '') return value
  throw refusals.oauth('invalid_request', `${name} is missing`)
}

function seconds(
  parameters: Parameters,
  name: string,
  { least, most }: typeof accessLifetime
): number | undefined {
  const value = parameters[name]
  if (value === undefined) return undefined
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value)
  throw refusals.oauth('invalid_request', `${name} must be between ${least} and ${most}`)
}

function secondsBetween(from: number, to: number | null): number | null {
  return to === null ? null : Math.round((to - from) / 1000)
}

function unknownClient(): Error {
  return refusals.oauth(
    'invalid_client',
    'Client authentication failed due to unknown client, no client authentication, or unsupported authentication method.'
  )
}

function invalidGrant(): Error {
  return refusals.oauth(
    'invalid_grant',
    'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI, or was issued to another client.'
  )
}
