/*
 * Zendesk's scopes: https://support.zendesk.com/hc/en-us/articles/4408838272410 and the announcement of granular
 * scopes of 2026-08-10. The list grows: a scope that is not in it is worth a warning, never an error.
 */
const BOTH = [
  'tickets users organizations hc apps automations targets triggers macros requests satisfaction_ratings',
  'dynamic_content themes zis webhooks account_settings brands custom_objects deletion_schedules groups',
  'sla_policies ticket_attachments ticket_views'
].flatMap((line) => line.split(' '))

/** Every scope that Zendesk documents. */
export const KNOWN_SCOPES: readonly string[] = [
  ...'read write impersonate unrestricted'.split(' '),
  ...[...BOTH, 'auditlogs', 'security'].map((resource) => `${resource}:read`),
  ...[...BOTH, 'any_channel', 'web_widget'].map((resource) => `${resource}:write`)
]

/** Splits `text` into scopes, each once, at white space and commas; the `-` of a YAML list is ignored. */
export function splitScopes(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((word) => word !== '' && word !== '-'))]
}

/** Whether `scope` has the form of a scope: one word, or `word:word`. */
export function isWellFormedScope(scope: string): boolean {
  return /^[\w.-]+(?::[\w.-]+)?$/.test(scope)
}

/** The documented scope that is nearest to `scope`; `undefined` if `scope` is documented itself. */
export function nearestScope(scope: string): string | undefined {
  if (KNOWN_SCOPES.includes(scope)) return undefined
  const distances = KNOWN_SCOPES.map((known) => [known, distance(scope.toLowerCase(), known)] as const)
  return distances.reduce((best, next) => (next[1] < best[1] ? next : best))[0]
}

/**
 * The scopes of `requested` that `granted` does not cover: `read` covers every `x:read`, `write` every `x:write`,
 * and `unrestricted` everything.
 */
export function scopesNotGranted(requested: readonly string[], granted: readonly string[]): string[] {
  if (granted.includes('unrestricted')) return []
  return requested.filter(
    (scope) => !granted.includes(scope) && !granted.includes(/:(read|write)$/.exec(scope)?.[1] ?? scope)
  )
}

/**
 * Whether a token with these scopes may revoke a token: it needs `write`, and `read` as well, because Zendesk reads the
 * acting user first.
 */
export function mayRevoke(scopes: readonly string[]): boolean {
  return scopes.includes('unrestricted') || (scopes.includes('read') && scopes.includes('write'))
}

/** Whether a 403 to a token with these scopes is no surprise: without `write` it may not revoke anything. */
export function lacksWrite(scopes: readonly string[]): boolean {
  return !scopes.includes('write') && !scopes.includes('unrestricted')
}

/** The Levenshtein distance: how many letters have to change to turn `a` into `b`. */
function distance(a: string, b: string): number {
  // A row has the distances of what was read of `a` to every beginning of `b`, and `last` is the last that was found.
  let row = [...Array(b.length + 1).keys()]
  let last = b.length
  for (const letter of a) {
    let diagonal = 0
    row = row.map((above, column) => {
      const replaced = diagonal + (b[column - 1] === letter ? 0 : 1)
      last = column === 0 ? above + 1 : Math.min(above + 1, last + 1, replaced)
      diagonal = above
      return last
    })
  }
  return last
}
