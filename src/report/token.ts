import { clean } from '../lib/redact.ts'
import { duration } from '../lib/time.ts'
import { type Table } from '../runner/summary.ts'
import { type MintedToken } from '../zendesk/token.ts'

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
  const atTime = expiresAt === '' ? whenEmpty : `expires at ${expiresAt}`
  const expires = lifetime === undefined ? atTime : `expires in ${duration(lifetime)}`
  const granted = scopesReported ? clean(scopes.join(' ')) : 'not reported'
  const [name, id] = minted.id === undefined ? ['a token', 'id unknown; '] : [nameOf(minted), '']
  return `Minted ${name} (${id}scopes: ${granted}; ${expires}). ${end}`
}

/** The job summary of a token: in main what it is, in post what became of it. */
export function tokenTable(title: string, minted: MintedToken, origin: string, state: string): Table {
  const { id, userId, expiresAt, expiry, scopes, scopesReported } = minted
  const cells = {
    State: state,
    Expires: expiresAt || (expiry === 'never' ? 'never' : 'not reported'),
    Scopes: scopesReported ? scopes.join(' ') : 'not reported',
    Token: String(id ?? 'unknown'),
    User: String(userId ?? 'unknown'),
    Account: new URL(origin).host
  }
  return { title, head: Object.keys(cells), rows: [Object.values(cells)] }
}
