/** A user of the account. */
export interface UserSeed {
  id: number
  name: string
  email: string
  role: 'admin' | 'agent'
  apiToken?: string
}

/** An OAuth client of the account. */
export interface ClientSeed {
  /** The resource id, which the API calls `client_id`. */
  id: number
  /** The unique identifier, which a grant calls `client_id`. */
  identifier: string
  kind: 'confidential' | 'public'
  /** The user whose tokens its client credentials are. */
  userId: number
  /** Set for confidential clients. */
  secret?: string
  /** If set, asking for more is `invalid_scope`. A grant without `scope` gets these, or else `read write`. */
  allowedScopes?: readonly string[]
  /** Seconds until a token expires if the request does not say so. Clients older than 2026-04-30 have none. */
  tokenLifetime?: number
  /** The client's own maximum in seconds: a longer `expires_in` is cut to it without a word. */
  longestLifetime?: number
}

export const ADMIN_ID = 900_100_001
export const AGENT_ID = 900_100_002

export const ADMIN = {
  id: ADMIN_ID,
  name: 'Ada Admin',
  email: 'ada@acme.example',
  role: 'admin',
  apiToken: 'sandboxApiTokenOfAda0123456789abcdefghij'
} as const satisfies UserSeed

/** The users of the account. */
export const USERS: readonly UserSeed[] = [
  ADMIN,
  {
    id: AGENT_ID,
    name: 'Gus Agent',
    email: 'gus@acme.example',
    role: 'agent',
    apiToken: 'sandboxApiTokenOfGus0123456789abcdefghij'
  }
]

/** The clients of the account, unless the options name others. */
export const DEFAULT_CLIENTS: readonly ClientSeed[] = [
  {
    id: 360_000_000_101,
    identifier: 'ci_bot',
    kind: 'confidential',
    userId: ADMIN_ID,
    secret: 'sandbox-secret-of-ci_bot-0123456789abcdef'
  },
  { id: 360_000_000_102, identifier: 'browser_app', kind: 'public', userId: ADMIN_ID },
  {
    id: 360_000_000_103,
    identifier: 'zis_acme',
    kind: 'confidential',
    userId: ADMIN_ID,
    secret: 'sandbox-secret-of-zis_acme-0123456789abcdef'
  },
  {
    id: 360_000_000_104,
    identifier: 'tickets_only',
    kind: 'confidential',
    userId: ADMIN_ID,
    secret: 'sandbox-secret-of-tickets_only-0123456789',
    allowedScopes: ['tickets:read', 'tickets:write'],
    tokenLifetime: 1800
  },
  {
    id: 360_000_000_105,
    identifier: 'agent_bot',
    kind: 'confidential',
    userId: AGENT_ID,
    // With characters that must be form-encoded in a Basic header.
    secret: 'sandbox+secret/of=agent_bot:50%&0123456789',
    tokenLifetime: 1800
  },
  {
    id: 360_000_000_106,
    identifier: 'admin_tools',
    kind: 'confidential',
    userId: ADMIN_ID,
    secret: 'sandbox-secret-of-admin_tools-0123456789'
  }
]

/** The access token (`read write`, does not expire) of the admin, from the client `admin_tools`. */
export const STANDING_ACCESS_TOKEN = 'sandboxAccessTokenOfAda0123456789abcdefghijklmnopqrstuvwxyz01234'

/** Clients that fill pages. */
export function fillerClients(count: number): ClientSeed[] {
  return Array.from({ length: count }, (_, index) => ({
    id: 350_000_000_001 + index,
    identifier: `filler_${index + 1}`,
    kind: 'public',
    userId: ADMIN_ID
  }))
}

/** The tickets that the account has at the start. */
export function defaultTickets(): Record<string, unknown>[] {
  return ['The printer is on fire', 'Password reset does not arrive', 'Thank you!'].map((subject, index) => ({
    id: index + 1,
    subject,
    status: 'open',
    tags: []
  }))
}
