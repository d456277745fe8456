import { clean } from '../lib/redact.ts'
import { duration, isoTime } from '../lib/time.ts'
import { type Table } from '../runner/summary.ts'
import { TOKENS_PATH } from '../zendesk/requests.ts'
import { type Expiry, type MintedToken, type Scopes } from '../zendesk/token.ts'

/*
 * A token in words, for the log and the job summary.
 */

/** `token 123`, or what to call a token whose id Zendesk did not report. */
export function nameOf({ id }: Pick<MintedToken, 'id'>): string {
  return id === undefined ? 'the token (id unknown)' : `token ${id}`
}

/** When a token expires if nobody revokes it, as a sentence without its full stop. */
export function expirySentence({ expiry }: Pick<MintedToken, 'expiry'>): string {
  switch (expiry.kind) {
    case 'at':
      return `It expires at ${isoTime(expiry.time)}`
    case 'never':
      return 'It does not expire'
    case 'unknown':
      return 'Zendesk did not report when it expires'
  }
}

/** Where Admin Center shows the tokens of a client. */
const TOKENS_IN_ADMIN_CENTER = "Apps and integrations > APIs > OAuth clients, the client's tokens"

/** How to remove a token manually, as a sentence. */
export function manualRemoval(token: Pick<MintedToken, 'id'>, origin: string): string {
  return `To revoke it manually, delete it ${removalWays(token, origin)}`
}

/**
 * By what a token can be deleted, as the end of a sentence.
 *
 * @param origin empty if it is not known
 */
export function removalWays({ id }: Pick<MintedToken, 'id'>, origin: string): string {
  const tokens = `${origin}${TOKENS_PATH}`
  const request =
    id === undefined
      ? `find it as an admin with GET ${tokens} and send DELETE ${tokens}/{id}`
      : `send DELETE ${tokens}/${id} as an admin`
  return `in Admin Center (${TOKENS_IN_ADMIN_CENTER}), or ${request}, or let \`sweep\` remove it.`
}

/** The granted scopes, or that Zendesk did not report them. */
export function scopesText({ names, isReported }: Scopes): string {
  return isReported ? clean(names.join(' ')) : 'not reported'
}

/** The line that ends the main step; `end` says what becomes of the token. */
export function mintedMessage(minted: MintedToken, end: string): string {
  const [name, id] = minted.id === undefined ? ['a token', 'id unknown; '] : [nameOf(minted), '']
  return `Minted ${name} (${id}scopes: ${scopesText(minted.scopes)}; ${expires(minted.expiry)}). ${end}`
}

function expires(expiry: Expiry): string {
  switch (expiry.kind) {
    case 'at':
      return expiry.lifetime === undefined
        ? `expires at ${isoTime(expiry.time)}`
        : `expires in ${duration(expiry.lifetime)}`
    case 'never':
      return 'does not expire'
    case 'unknown':
      return 'expiry not reported'
  }
}

/** The job summary of a token: in main what it is, in post what became of it. */
export function tokenTable(title: string, minted: MintedToken, origin: string, state: string): Table {
  const { id, userId, expiry, scopes } = minted
  const whenUnknown = expiry.kind === 'never' ? 'never' : 'not reported'
  const cells = {
    State: state,
    Expires: expiry.kind === 'at' ? isoTime(expiry.time) : whenUnknown,
    Scopes: scopes.isReported ? scopes.names.join(' ') : 'not reported',
    Token: String(id ?? 'unknown'),
    User: String(userId ?? 'unknown'),
    Account: new URL(origin).host
  }
  return { title, head: Object.keys(cells), rows: [Object.values(cells)] }
}
