import { createHash } from 'node:crypto'

import { type Account, type AuthorizationCode, type NewToken, type Token } from './account.ts'
import { isObject, json, parsed, refusals, type MockRequest, type MockResponse } from './responses.ts'
import { covers } from './scopes.ts'
import { type ClientSeed } from './seeds.ts'

type Parameters = Record<string, unknown>

const DAY = 86_400
/** Seconds. */
export const ACCESS_LIFETIME = { least: 300, most: 2 * DAY, usual: 1800 }
const REFRESH_LIFETIME = 30 * DAY

/** A grant whose client is authenticated. */
interface Grant {
  account: Account
  client: ClientSeed
  parameters: Parameters
}

/** What a grant decides about its token. */
type Granted = Omit<NewToken, 'clientId' | 'origin'>

const grants = new Map<unknown, (grant: Grant) => Granted>([
  ['client_credentials', byClientCredentials],
  ['authorization_code', byCode],
  ['refresh_token', byRefreshToken]
])

/** `POST /oauth/tokens` */
export function grantToken(request: MockRequest, account: Account): MockResponse {
  const parameters = parametersOf(request)
  const granted = grants.get(parameters['grant_type'])
  if (!granted) throw refusals.oauth('unsupported_grant_type')
  const client = authenticateClient(account, request, parameters)
  const { scopeRequired, grantStatus } = account.behaviour
  if (scopeRequired !== false && parameters['scope'] === undefined) throw refusals.oauth(scopeRequired)
  const asked = expiresIn(parameters) ?? client.tokenLifetime ?? ACCESS_LIFETIME.usual
  const lifetime = Math.min(asked, client.longestLifetime ?? ACCESS_LIFETIME.most)
  const now = account.now()
  const token = account.mint({
    ...granted({ account, client, parameters }),
    clientId: client.id,
    createdAt: now,
    expiresAt: now + lifetime * 1000,
    origin: 'minted'
  })
  return json(grantStatus, grantResponse(account, token, parameters), { 'Cache-Control': 'no-store' })
}

/** The body of a request: JSON, or a form (RFC 6749, appendix B), in which a lifetime is a text. */
function parametersOf({ headers, body }: MockRequest): Parameters {
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    const form = Object.fromEntries(new URLSearchParams(body))
    return 'expires_in' in form ? { ...form, expires_in: Number(form['expires_in']) } : form
  }
  const parameters = parsed(body)
  if (!isObject(parameters)) throw refusals.oauth('invalid_request', 'The body is not a JSON object')
  return parameters
}

function byClientCredentials({ account, client, parameters }: Grant): Granted {
  if (client.kind === 'public') throw refusals.oauth('unauthorized_client')
  if (client.identifier.startsWith('zis_')) throw refusals.oauth('invalid_client')
  const wanted = wantedScopes(parameters) ?? account.configuredScopes(client)
  return { userId: client.userId, scopes: account.grantable(client, wanted) }
}

function byCode({ account, client, parameters }: Grant): Granted {
  const code = account.redeem(text(parameters, 'code'))
  if (
    code?.client !== client.identifier ||
    code.redirectUri !== parameters['redirect_uri'] ||
    !isVerified(code, parameters['code_verifier'])
  ) {
    throw refusals.oauth('invalid_grant')
  }
  return {
    ...newRefreshToken(account),
    userId: client.userId,
    scopes: narrowed(code.scopes, parameters)
  }
}

function byRefreshToken({ account, client, parameters }: Grant): Granted {
  const value = text(parameters, 'refresh_token')
  const predecessor = [...account.tokens.values()].find((candidate) => candidate.refreshToken === value)
  if (
    predecessor?.clientId !== client.id ||
    predecessor.revoked ||
    (predecessor.refreshExpiresAt ?? 0) <= account.now()
  ) {
    throw refusals.oauth('invalid_grant')
  }
  const scopes = narrowed(predecessor.scopes, parameters)
  predecessor.revoked = true
  return { ...newRefreshToken(account), userId: predecessor.userId, scopes }
}

function newRefreshToken(account: Account): Pick<Token, 'refreshToken' | 'refreshExpiresAt'> {
  return { refreshToken: account.newSecret(), refreshExpiresAt: account.now() + REFRESH_LIFETIME * 1000 }
}

function grantResponse(account: Account, token: Token, parameters: Parameters): Parameters {
  const { reportExpiresIn } = account.behaviour
  const isReported =
    reportExpiresIn === 'if-sent' ? parameters['expires_in'] !== undefined : reportExpiresIn === 'always'
  return {
    access_token: token.value,
    token_type: 'bearer',
    ...reportedScopes(account, 'scope', token),
    ...(token.refreshToken !== null && {
      refresh_token: token.refreshToken,
      refresh_token_expires_in: REFRESH_LIFETIME
    }),
    ...(isReported && {
      expires_in: Math.round(((token.expiresAt ?? 0) - token.createdAt) / 1000)
    })
  }
}

/** What the response to a mint reports as the scopes of `token`. */
export function reportedScopes(account: Account, name: 'scope' | 'scopes', token: Token): Parameters {
  const { reportScopes } = account.behaviour
  if (reportScopes === 'absent') return { [name]: undefined }
  const scopes = reportScopes === 'empty' ? [] : token.scopes
  return { [name]: name === 'scope' ? scopes.join(' ') : scopes }
}

/** `client_secret_post` or `client_secret_basic` (RFC 6749, section 2.3.1), but never both. */
function authenticateClient(account: Account, request: MockRequest, parameters: Parameters): ClientSeed {
  const basic = basicHalves(request.headers.authorization)
  const posted = parameters['client_secret']
  if (basic && posted !== undefined) {
    throw refusals.oauth('invalid_request', 'The client authenticates in more than one way')
  }
  const identifier = parameters['client_id'] ?? basic?.identifier
  if (basic && basic.identifier !== identifier) throw refusals.oauth('invalid_client')
  const client = account.clients.find((candidate) => candidate.identifier === identifier)
  if (!client) throw refusals.oauth('invalid_client')
  if (client.kind === 'confidential' && (basic?.secret ?? posted) !== client.secret)
    throw refusals.oauth('invalid_client')
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

function isVerified(code: AuthorizationCode, verifier: unknown): boolean {
  if (typeof verifier !== 'string') return verifier === code.codeChallenge
  const isHashed = code.codeChallengeMethod === 'S256'
  const challenge = isHashed ? createHash('sha256').update(verifier).digest('base64url') : verifier
  return challenge === code.codeChallenge
}

function wantedScopes(parameters: Parameters): string[] | undefined {
  const scope = parameters['scope']
  if (scope === undefined) return undefined
  if (typeof scope !== 'string') throw refusals.oauth('invalid_scope')
  return scope.split(' ').filter(Boolean)
}

/** A later request may ask for less than the user consented to, but not for more. */
function narrowed(granted: readonly string[], parameters: Parameters): readonly string[] {
  const wanted = wantedScopes(parameters) ?? granted
  if (wanted.every((scope) => covers(granted, scope))) return wanted
  throw refusals.oauth('invalid_scope')
}

function text(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (typeof value === 'string' && value !== '') return value
  throw refusals.oauth('invalid_request', `${name} is missing`)
}

function expiresIn({ expires_in: value }: Parameters): number | undefined {
  if (value === undefined) return undefined
  const { least, most } = ACCESS_LIFETIME
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value)
  throw refusals.oauth('invalid_request', `expires_in must be between ${least} and ${most}`)
}
