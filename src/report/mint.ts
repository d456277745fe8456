import { CREDENTIAL_INPUTS } from '../inputs/credentials.ts'
import { type MainInputs } from '../inputs/inputs.ts'
import { type Log } from '../lib/log.ts'
import { clean } from '../lib/redact.ts'
import { duration, isoTime } from '../lib/time.ts'
import { isAdmin, type Credential } from '../zendesk/credential.ts'
import { type LostResponses } from '../zendesk/lost-responses.ts'
import { mayRevoke, scopesNotGranted } from '../zendesk/scopes.ts'
import { isUseless, type MintedToken } from '../zendesk/token.ts'
import { expirySentence, manualRemoval, nameOf, scopesText } from './token.ts'

/*
 * What the main step says of a mint.
 */

/** When every API token stops working, as Zendesk announced on 2026-07-28, and when that is worth a warning. */
const API_TOKENS_END = '2027-04-30'
const WARN_BEFORE = 90 * 86_400_000

/** Says that `api-token` and `access-token` will stop working, and warns from 90 days before API tokens do. */
export function reportDeprecation({ kind }: Credential, now: number, log: Log): void {
  if (kind !== 'api_token' && kind !== 'access_token') return
  const deprecated = `Zendesk has deprecated the endpoint that mints with \`${CREDENTIAL_INPUTS[kind].chosenBy}\`; it may stop any day`
  const end = kind === 'api_token' ? `, and API tokens stop working on ${API_TOKENS_END}` : ''
  const isSoon = kind === 'api_token' && now >= Date.parse(API_TOKENS_END) - WARN_BEFORE
  log[isSoon ? 'warning' : 'info'](`${deprecated}${end}. Use \`client-secret\` instead.`)
}

/**
 * The sentence about tokens that may exist because the responses to their mint were lost.
 *
 * @param lifetime the seconds until they expire that were requested; `undefined` if none could be
 */
export function lostSentence(lost: LostResponses, clientId: string, lifetime: number | undefined): string {
  const isOne = lost.count === 1
  const tokens = isOne ? 'An unused token' : `Up to ${lost.count} unused tokens`
  const [they, expire, them] = isOne ? ['it', 'expires', 'it'] : ['they', 'expire', 'them']
  const expiry =
    lifetime === undefined ? `${they} may never expire` : `${they} ${expire} after ${duration(lifetime)}`
  const since = isoTime(lost.since).slice(11, 16)
  return `${tokens} of client ${clean(clientId)} may exist since ${since} UTC; ${expiry}, and \`sweep\` removes ${them}.`
}

/** The sentence about a token that Zendesk created, but that the response to the mint does not show. */
export function unusableSentence(token: Pick<MintedToken, 'id' | 'expiry'>, origin: string): string {
  return `The response names ${nameOf(token)}, which may be active. ${expirySentence(token)}. ${manualRemoval(token, origin)}`
}

/** @throws {Error} if Zendesk reports that the token has no scope at all: it can do nothing. */
export function requireScopes(minted: MintedToken): void {
  if (!isUseless(minted)) return
  throw new Error(
    'Zendesk granted the token no scope, so it can do nothing. Check `scopes`, and the allowed scopes of the client in Admin Center.'
  )
}

/** Says which scopes were granted by default, and warns of those that were requested and not granted. */
export function reportScopes({ scopes }: MintedToken, inputs: MainInputs, log: Log): void {
  const granted = scopes.isReported ? scopesText(scopes) : 'scopes that it did not report'
  if (inputs.hasDefaultScopes)
    log.info(`\`scopes\` is empty, and Zendesk granted: ${granted}. Set \`scopes\` to request fewer.`)
  const missing = scopesNotGranted(inputs.scopes, scopes.names)
  if (missing.length === 0) return
  log.warning(
    `Zendesk did not grant ${clean(missing.join(' '))}. Check the names, and the allowed scopes of the client in Admin Center.`
  )
}

/** What becomes of a token that is revoked when the job ends: promised only if the token or the credential may do it. */
export function revocationPromise(minted: MintedToken, credential: Credential): string {
  const { scopes } = minted
  if (isAdmin(credential) || (scopes.isReported && mayRevoke(scopes.names)))
    return 'It will be revoked when the job ends.'
  const how = credential.kind === 'client_credentials' ? ' with a cleanup token' : ''
  const expiry = expirySentence(minted).replace(/^It/, 'it')
  const why = scopes.isReported
    ? 'Its scopes do not include both `read` and `write`'
    : 'Zendesk did not report its scopes'
  return `${why}, so post will try to revoke it${how}; otherwise ${expiry}.`
}

/** The error of a job that was cancelled after the mint. */
export function cancelledError(minted: MintedToken, isRevoked: boolean): Error {
  const name = nameOf(minted)
  const end = isRevoked ? `Post will try to revoke ${name}.` : `Post will not revoke ${name}.`
  return new Error(`The job was cancelled. ${end} ${expirySentence(minted)}.`)
}

/** Why main had to revoke a token at once. */
const AT_ONCE = {
  unsaved: (name: string, cause: string) =>
    `Could not save ${name} for post. ${cause} Without it post could not revoke the token`,
  unpublished: (name: string, cause: string) =>
    `Could not publish ${name}. ${cause} No later step could use it, and post would not revoke it`
}

/**
 * The error of a token that main had to revoke at once.
 *
 * @param cause why it could not be saved or published, in sentences
 * @param end what became of the token, as one or more sentences
 */
export function atOnceError(
  why: keyof typeof AT_ONCE,
  minted: MintedToken,
  cause: Error,
  end: string
): Error {
  return new Error(`${AT_ONCE[why](nameOf(minted), cause.message)}, so main tried at once. ${end}`)
}
