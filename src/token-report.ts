import { quote } from './lib/redact.ts'
import { duration, isoTime } from './lib/time.ts'
import { causeOf } from './messages.ts'
import { type Table } from './runner/summary.ts'
import { type RemainingToken } from './zendesk/cleanup-token.ts'
import { type MintedToken } from './zendesk/minted-token.ts'
import { TOKENS_PATH } from './zendesk/tokens.ts'

/*
 * A token in words, for the log and the job summary of main and post.
 */

/** `token 123`, or what to call a token whose id Zendesk did not report. */
export function nameOf({ id }: MintedToken): string {
  return id === undefined ? 'the token (id unknown)' : `token ${id}`
}

/** When a token expires if nobody revokes it, as a sentence without its full stop. */
export function expiryOf({ expiresAt, expiry }: MintedToken): string {
  if (expiresAt !== '') return `It expires at ${expiresAt}`
  return expiry === 'never' ? 'It does not expire' : 'Zendesk did not report when it expires'
}

/** The line that ends the main step; `end` says what becomes of the token. */
export function mintedMessage(minted: MintedToken, end: string): string {
  const { lifetime, expiresAt, expiry, scopes, scopesReported } = minted
  const whenEmpty = expiry === 'never' ? 'does not expire' : 'expiry not reported'
  const expires =
    lifetime !== undefined
      ? `expires in ${duration(lifetime)}`
      : expiresAt === ''
        ? whenEmpty
        : `expires at ${expiresAt}`
  const granted = scopesReported ? quote(scopes.join(' ')) : 'not reported'
  const [name, id] = minted.id === undefined ? ['a token', 'id unknown; '] : [nameOf(minted), '']
  return `Minted ${name} (${id}scopes: ${granted}; ${expires}). ${end}`
}

/** The job summary of a token: in main what it is, in post what became of it. */
export function tokenTable(title: string, minted: MintedToken, origin: string, state: string): Table {
  return {
    title,
    head: ['State', 'Expires', 'Scopes', 'Token', 'User', 'Account'],
    rows: [
      [
        state,
        minted.expiresAt || (minted.expiry === 'never' ? 'never' : 'not reported'),
        minted.scopes.join(' ') || '(not reported)',
        String(minted.id ?? 'unknown'),
        String(minted.userId ?? 'unknown'),
        new URL(origin).host
      ]
    ]
  }
}

/** What to say about a cleanup token that may remain active. */
export function remainingSentence({ id, lifetime, error, lost }: RemainingToken, origin: string): string {
  if (error === undefined) return `The response to the mint of a cleanup token was lost. ${String(lost)}`
  const path = `${origin}${TOKENS_PATH}/${id ?? '{id}'}`
  return `Could not revoke the cleanup token ${id ?? '(id unknown)'}: ${causeOf(error)}. It expires within ${duration(lifetime)}. To revoke it sooner, send DELETE ${path} as an admin.`
}

/** A day, in ISO 8601 and UTC. */
export function dayOf(ms: number): string {
  return isoTime(ms).slice(0, 10)
}
