import { type MintedToken } from './zendesk/minted-token.ts'
import { quote } from './lib/redact.ts'
import { duration } from './lib/time.ts'
import { type Table } from './runner/summary.ts'

/*
 * A token in words, for the log and the job summary of main and post.
 */

/** `Token 123`, or what to call a token whose id Zendesk did not tell. */
export function nameOf({ id }: MintedToken): string {
  return `Token ${id ?? '(id unknown)'}`
}

/** When a token dies without being revoked. */
export function ownEnd({ expiresAt }: MintedToken): string {
  return expiresAt === '' ? 'it does not expire by itself' : `it expires by itself at ${expiresAt}`
}

/** The line that ends the main step. */
export function mintedMessage(minted: MintedToken, isRevoked: boolean): string {
  const { granted = [], lifetime } = minted
  const life = lifetime === undefined ? ownEnd(minted) : `it lives ${duration(lifetime)}`
  const end = isRevoked ? 'is revoked when the job ends' : 'is left alive when the job ends'
  return `${nameOf(minted)} minted, with the scopes ${quote(granted.join(' ')) || 'that Zendesk did not tell'}; ${life}, and ${end}.`
}

/** The job summary of a token: in main what it is, in post what became of it. */
export function tokenTable(title: string, minted: MintedToken, origin: string, outcome: string): Table {
  return {
    title,
    head: ['Account', 'Token', 'User', 'Scopes', 'Expires', 'State'],
    rows: [
      [
        new URL(origin).host,
        String(minted.id ?? 'unknown'),
        String(minted.userId ?? 'unknown'),
        minted.scopes.join(' ') || '(not told)',
        minted.expiresAt || 'never',
        outcome
      ]
    ]
  }
}
