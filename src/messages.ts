import { BudgetSpent, Cancelled } from './lib/deadline.ts'
import { quote } from './lib/redact.ts'
import { type CredentialKind } from './zendesk/credential.ts'
import { Unanswered, type Reason } from './zendesk/network-error.ts'
import { type Call } from './zendesk/connection.ts'
import { type Answer } from './zendesk/client.ts'
import { errorCode, wordsOf } from './zendesk/error-response.ts'

/** What is known about a request that failed, for the sentence that tells of it. */
export interface Circumstances {
  /** What could not be done, such as `mint a token`. */
  purpose: string
  call: Call
  /** The origin that was asked. */
  origin: string
  /** The credential that was used, by the name of the input that chose it. */
  credential: CredentialKind
  /** The `client-id` input. */
  clientId: string
  /** Whether the request creates a token at the endpoint that Zendesk has deprecated. */
  deprecatedMint?: boolean
  /** Whether an earlier try of the same request may have been carried out. */
  afterLostReply?: boolean
}

/** What every request of a step has in common. */
export type About = Pick<Circumstances, 'origin' | 'credential' | 'clientId'>

/** Something that Zendesk, or what stands before it, refused or failed to do. */
export class ZendeskError extends Error {
  constructor(
    message: string,
    readonly kind: ErrorKind
  ) {
    super(message)
  }
}

export type ErrorKind = keyof typeof ERRORS

interface Told extends Circumstances {
  host: string
  answer?: Answer
  unanswered?: Unanswered
  seconds?: number
}

/** What a helper token is minted for, in an error. */
export const HELPER_PURPOSE = 'mint a helper token'

/**
 * Every way in which Zendesk can say no: how the sentence begins, by which `docs/troubleshooting.md` is found, and
 * how it ends: the likely cause and what to do.
 */
export const ERRORS = {
  credentialsRefused: {
    says: 'Zendesk refused the credentials',
    cure: ({ credential }: Told) =>
      ({
        'api-token':
          'check that `email` and `api-token` belong together and that API token access is on; Zendesk deactivates an API token that was not used for 30 days, so it may have to be activated again, or better replaced by `client-secret`',
        'access-token': 'the `access-token` is expired, revoked or cut short: mint another',
        'client-secret': 'check `client-id` and `client-secret`',
        'authorization-code': 'check `client-id`, and `client-secret` or `code-verifier`',
        'refresh-token': 'check `client-id`, and `client-secret` where the client is confidential'
      })[credential]
  },
  newTokenRefused: {
    says: 'Zendesk refuses the token that it has just given',
    cure: () =>
      'run the job again; if it stays so, check that the scopes are documented ones, for an unknown scope can give a token that works nowhere'
  },
  forbidden: {
    says: 'Zendesk does not allow this',
    cure: ({ credential, deprecatedMint, call }: Told) =>
      call.path === '/oauth/tokens'
        ? 'check the client in Admin Center, and the IP restrictions of the account: Zendesk, or something in front of it, lets this client or this runner mint no tokens'
        : [
            credential === 'api-token'
              ? 'the user of `email` is not an admin'
              : 'the user of the credential is not an admin, or the credential lacks the scope (`read` to look up, `write` to create or revoke)',
            deprecatedMint === true
              ? ', or Zendesk has closed this deprecated endpoint for the account: use an admin, or `client-secret` in place of the credential'
              : ': use an admin, and a credential with the scopes `read write`'
          ].join('')
  },
  clientUnknown: {
    says: 'Zendesk knows no such OAuth client',
    cure: ({ clientId }: Told) =>
      `there is no client "${quote(clientId)}" that this user can see: write the unique identifier from Admin Center > Apps and integrations > APIs > OAuth clients into \`client-id\``
  },
  subdomainUnknown: {
    says: 'There is no Zendesk API at this address',
    cure: ({ host }: Told) =>
      `check \`subdomain\` (and \`base-url\`): ${host} does not answer as a Zendesk account does, which happens with a misspelt, renamed or closed account, and with a login page in front of it`
  },
  redirect: {
    says: 'The server answered with a redirect, which is never followed',
    cure: ({ answer, origin }: Told) =>
      `it points to ${hostOf(answer?.location, origin)}; check \`subdomain\` and \`base-url\`, for a credential is sent only to the host that you name`
  },
  invalidClient: {
    says: 'Zendesk refused the OAuth client (invalid_client)',
    cure: ({ clientId, credential }: Told) =>
      [
        clientId.startsWith('zis_') && credential === 'client-secret'
          ? 'clients whose identifier begins with `zis_` cannot use `client-secret`: mint for them with `access-token`'
          : 'check that `client-secret` is set for a confidential client, is the secret of this client, copied whole, and that `token-endpoint-auth-method` is right',
        /^\d+$/.test(clientId)
          ? '; `client-id` is a number, but this credential wants the unique identifier'
          : '; `client-id` has to be the unique identifier of the client in this account, not its name or number'
      ].join('')
  },
  unauthorizedClient: {
    says: 'Zendesk does not let this OAuth client use this grant (unauthorized_client)',
    cure: ({ credential }: Told) =>
      credential === 'client-secret'
        ? 'only confidential clients can use `client-secret`, and this one is public: make it confidential in Admin Center, or use another credential'
        : 'allow this grant for the client in Admin Center, or use another client'
  },
  invalidScope: {
    says: 'Zendesk refused the scopes (invalid_scope)',
    cure: ({ purpose }: Told) =>
      purpose === HELPER_PURPOSE
        ? 'allow `read` and `write` in the allowed scopes of the client in Admin Center, which a helper token needs'
        : 'ask in `scopes` only for what the allowed scopes of the client list in Admin Center, or widen them there'
  },
  invalidGrant: {
    says: 'Zendesk refused the grant (invalid_grant)',
    cure: ({ credential, afterLostReply }: Told) =>
      [
        credential === 'refresh-token'
          ? 'the refresh token has been used, has been revoked or has expired: store the `refresh-token` output after each run, never let two runs share one, and start again with a code'
          : 'an authorization code works once and for 120 seconds, and only with the `redirect-uri`, `code-verifier` and client that it was asked for with: get another',
        afterLostReply === true
          ? ' (a reply was lost before this one: the first try was probably carried out, and used it up)'
          : ''
      ].join('')
  },
  endpointGone: {
    says: 'Zendesk no longer mints tokens at this endpoint',
    cure: ({ clientId }: Told) =>
      `it was deprecated on 2026-08-26: use \`client-secret\` in place of \`api-token\` or \`access-token\` (if other workflows can still mint, check instead that client ${quote(clientId)} exists)`
  },
  rateLimit: {
    says: 'Zendesk limits the rate of requests',
    cure: ({ answer }: Told) =>
      answer?.unfitting === undefined
        ? 'start fewer jobs at once, or raise `timeout-seconds`'
        : `it asks to wait ${Math.ceil(answer.unfitting)} s, which does not fit into the time that this step has left: raise \`timeout-seconds\`, or start fewer jobs at once`
  },
  outage: {
    says: 'Zendesk is not working at the moment',
    cure: ({ answer }: Told) =>
      answer?.unfitting === undefined
        ? 'see https://status.zendesk.com, and run the job again later'
        : `it asks to wait ${Math.ceil(answer.unfitting)} s, which does not fit into the time that this step has left: see https://status.zendesk.com, and run the job again later`
  },
  unusableReply: {
    says: 'Zendesk answered with something that cannot be used',
    cure: () =>
      'run the job again; if it stays so, something between here and Zendesk may be changing its replies'
  },
  unexpected: {
    says: 'Zendesk refused the request',
    cure: () => 'check the inputs of this step against what Zendesk says'
  },
  dns: {
    says: 'The host name could not be found (DNS)',
    cure: ({ host }: Told) =>
      `check \`subdomain\` (and \`base-url\`): ${host}, and the name server of the runner`
  },
  certificate: {
    says: 'The certificate of the server is not trusted (TLS)',
    cure: () =>
      'where a proxy of your own opens TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`; else check `base-url`, for somebody may be listening'
  },
  tls: {
    says: 'No secure connection could be made (TLS)',
    cure: ({ host }: Told) => `check \`base-url\` and what stands between the runner and ${host}`
  },
  connection: {
    says: 'The server could not be reached',
    cure: ({ host }: Told) =>
      `check that the runner may connect to ${host}; behind a proxy set \`https_proxy\``
  },
  proxy: {
    says: 'The proxy could not be reached',
    cure: () => 'check `https_proxy` and `http_proxy` of the runner, and that the proxy works'
  },
  proxyRefused: {
    says: 'The proxy refused the connection',
    cure: ({ host, unanswered }: Told) =>
      unanswered?.code === '407'
        ? 'it wants a user name and a password: write them into `https_proxy` as http://user:password@host:port'
        : `allow ${host} in the proxy, or name it in \`no_proxy\``
  },
  proxyUnreadable: {
    says: 'The address of the proxy cannot be read',
    cure: ({ unanswered }: Told) =>
      `write \`${unanswered?.code ?? ''}\` as http://host:port, with a user name and a password percent-encoded before the host where it needs them`
  },
  brokenOff: {
    says: 'The connection broke before the reply was complete',
    cure: ({ host }: Told) =>
      `run the job again; if it stays so, check what stands between the runner and ${host}`
  },
  tooLarge: {
    says: 'The reply is larger than 1 MiB, and was not read',
    cure: () => 'check `subdomain` and `base-url`: no reply of Zendesk is that long'
  },
  unsendable: {
    says: 'The request could not be sent',
    cure: () => 'a value in it has characters that HTTP does not allow: check the inputs of this step'
  },
  timeout: {
    says: 'There was no reply in time',
    cure: () => 'see https://status.zendesk.com, run the job again, or raise `timeout-seconds`'
  },
  budget: {
    says: 'The time of this step is over',
    cure: ({ seconds }: Told) =>
      `it had ${seconds ?? 0} s for all requests, waits and retries: raise \`timeout-seconds\`, or see https://status.zendesk.com`
  },
  cancelled: {
    says: 'The job was cancelled',
    cure: () => 'nothing more was started'
  }
} as const satisfies Record<string, { says: string; cure: (told: Told) => string }>

const BY_REASON: Record<Reason, ErrorKind> = {
  dns: 'dns',
  certificate: 'certificate',
  tls: 'tls',
  connection: 'connection',
  proxy: 'proxy',
  'proxy refused': 'proxyRefused',
  'proxy unreadable': 'proxyUnreadable',
  'broken off': 'brokenOff',
  'too large': 'tooLarge',
  timeout: 'timeout',
  cancelled: 'cancelled',
  unsendable: 'unsendable'
}

const BY_CODE = new Map<string | undefined, ErrorKind>([
  ['invalid_client', 'invalidClient'],
  ['unauthorized_client', 'unauthorizedClient'],
  ['invalid_scope', 'invalidScope'],
  ['invalid_grant', 'invalidGrant']
])

/** Which of {@link ERRORS} a complete reply is that is not the one hoped for. */
export function kindOf(answer: Answer, { call, deprecatedMint }: Circumstances): ErrorKind {
  const { status, json, html } = answer
  const code = BY_CODE.get(errorCode(json))
  if (code !== undefined) return code
  if (status >= 300 && status < 400) return 'redirect'
  if (status === 401) return 'credentialsRefused'
  if (status === 403) return 'forbidden'
  if (status === 429) return 'rateLimit'
  if (status === 408 || status >= 500) return 'outage'
  if (deprecatedMint === true && (status === 410 || (status === 404 && json !== undefined)))
    return 'endpointGone'
  if (html || (status === 404 && call.method !== 'DELETE')) return 'subdomainUnknown'
  if (status < 300) return 'unusableReply'
  if (status === 422 && deprecatedMint === true && !/scope/i.test(String(wordsOf(json))))
    return 'clientUnknown'
  return 'unexpected'
}

/**
 * The error to throw where a request failed, as one sentence: what failed, at which host, Zendesk's own words, the
 * likely cause and what to do.
 *
 * @param outcome the reply that was not hoped for, or what was thrown in place of one
 * @returns an error of ours; `outcome` itself where it is none that a request can have
 */
export function explain(outcome: unknown, circumstances: Circumstances, kind?: ErrorKind): unknown {
  const host = new URL(circumstances.origin).host
  const told: Told = { ...circumstances, host }
  if (outcome instanceof BudgetSpent) return sentence('budget', { ...told, seconds: outcome.seconds }, '')
  if (outcome instanceof Cancelled) return sentence('cancelled', told, '')
  if (outcome instanceof Unanswered) {
    const code = outcome.code === '' ? '' : ` (${outcome.code})`
    return sentence(BY_REASON[outcome.reason], { ...told, unanswered: outcome }, code)
  }
  if (outcome instanceof Error) return outcome
  const answer = outcome as Answer
  const words = wordsOf(answer.json)
  const said =
    kind === 'clientUnknown' ? '' : ` answered ${answer.status}${words === undefined ? '' : ` ("${words}")`}`
  return sentence(kind ?? kindOf(answer, circumstances), { ...told, answer }, said)
}

/** What an error says, as a part of a longer sentence. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

function sentence(kind: ErrorKind, told: Told, said: string): ZendeskError {
  const { says, cure } = ERRORS[kind]
  const { purpose, call, host } = told
  const path = call.path.replace(/\?.*/s, '')
  const message = `Could not ${purpose}: ${says}: ${call.method} ${path} at ${host}${said}; ${cure(told)}.`
  return new ZendeskError(message, kind)
}

function hostOf(location: string | undefined, origin: string): string {
  const url = location !== undefined && URL.canParse(location, origin) ? new URL(location, origin) : undefined
  return quote(url?.host ?? '') || 'a place that it does not name'
}
