import { CREDENTIAL_INPUTS } from './inputs/credentials.ts'
import { quote } from './lib/redact.ts'
import { type CredentialKind } from './zendesk/credential.ts'
import { NetworkError } from './zendesk/network-error.ts'
import {
  isDeprecatedMint,
  missingScopes,
  pathOf,
  ZendeskError,
  zendeskWords,
  type ErrorKind
} from './zendesk/zendesk-error.ts'

/*
 * Every error of a request in words. The layers below know nothing of inputs; here their errors meet the inputs that
 * the reader can change.
 */

/** What a message needs to know about the step. */
export interface MessageContext {
  origin: string
  /** The `client-id` input. */
  clientId: string
  credential: CredentialKind
  /** The `timeout-seconds` input, or what post makes of it. */
  timeoutSeconds: number
  /** Whether the mint requests scopes. */
  requestsScopes: boolean
}

interface Details extends MessageContext {
  error: ZendeskError
  host: string
  /** The input that chooses the credential, in backquotes. */
  input: string
}

/**
 * Each error: its cause, by which `docs/troubleshooting.md` is found, and what to do.
 */
export const ERRORS: Record<ErrorKind, { cause: string; cure: (details: Details) => string }> = {
  credentialsRejected: {
    cause: 'Zendesk rejected the credentials',
    cure: ({ credential }) =>
      ({
        api_token:
          'Check that `api-token` is an active API token of `email`, not a password. One unused for 30 days is deactivated; accounts created since 2026-07-28 have none: use `client-secret`.',
        access_token: 'The `access-token` has expired, was revoked or is incomplete. Mint another.',
        client_credentials: 'Check `client-id` and `client-secret`.',
        authorization_code: 'Check `client-id`, and `client-secret` or `code-verifier`.',
        refresh_token: 'Check `client-id`, and `client-secret` if the client is confidential.'
      })[credential]
  },
  newTokenRejected: {
    cause: 'Zendesk rejected the token',
    cure: () =>
      'Run the job again. If it happens again, check `scopes`: an unknown scope can give a token that works nowhere.'
  },
  forbidden: {
    cause: 'Zendesk does not allow this',
    cure: ({ error, input }) => {
      if (error.request.path === '/oauth/tokens')
        return 'Check the client in Admin Center, and the IP restrictions of the account.'
      const user = 'The user of the credential is not an admin, or the credential lacks a scope'
      return isDeprecatedMint(error.request)
        ? `${user}, or Zendesk has closed this deprecated endpoint. Use an admin's credential, or \`client-secret\` instead of ${input}.`
        : `${user}. Use an admin's credential with the scopes \`read write\`.`
    }
  },
  missingScope: {
    cause: 'The credential lacks a scope',
    cure: ({ error }) => {
      const scopes = error.response && missingScopes(error.response)
      return `It needs ${quote(String(scopes))}. Use a credential with this scope.`
    }
  },
  gateway: {
    cause: 'Something in front of Zendesk answered with a web page',
    cure: ({ host }) =>
      `It is not Zendesk's own answer. Check the firewall and the proxy between the runner and ${host}, and the IP restrictions of the account.`
  },
  clientUnknown: {
    cause: 'Zendesk has no such OAuth client',
    cure: ({ clientId }) =>
      `This user sees no client "${quote(clientId)}". Write the unique identifier from Admin Center > Apps and integrations > APIs > OAuth clients into \`client-id\`.`
  },
  subdomainUnknown: {
    cause: 'There is no Zendesk account at this address',
    cure: ({ host }) =>
      `Check \`subdomain\` (and \`base-url\`): ${host} does not respond as an account does. It may be misspelt, renamed or closed.`
  },
  redirect: {
    cause: 'The server responded with a redirect, which is never followed',
    cure: ({ error, origin }) =>
      `It points to ${hostOf(error.response?.location, origin)}. Check \`subdomain\` and \`base-url\`.`
  },
  invalidClient: {
    cause: 'Zendesk rejected the OAuth client (invalid_client)',
    cure: ({ clientId, credential }) => {
      if (clientId.startsWith('zis_') && credential === 'client_credentials')
        return 'Clients whose identifier begins with `zis_` cannot use `client-secret`. Use `access-token`.'
      const id = quote(clientId)
      const isNumber = /^\d+$/.test(clientId) ? ', not its number' : ''
      return `Check that \`client-id\` (${id}) is the client's unique identifier in this account${isNumber}, and that \`client-secret\` is complete and belongs to it.`
    }
  },
  unauthorizedClient: {
    cause: 'Zendesk does not let this OAuth client use this grant (unauthorized_client)',
    cure: ({ credential }) =>
      credential === 'client_credentials'
        ? 'The client is public. Create a new confidential client: changing the kind of this one makes a new secret.'
        : 'Allow the grant for the client in Admin Center, or use another client.'
  },
  invalidScope: {
    cause: 'Zendesk rejected the scopes (invalid_scope)',
    cure: ({ error, requestsScopes }) => {
      if (error.request.purpose === 'mint a cleanup token')
        return 'Allow `read` and `write` in the allowed scopes of the client in Admin Center.'
      return requestsScopes
        ? "Request in `scopes` only what the client's allowed scopes in Admin Center include, or extend them there."
        : 'Set `scopes`: this account does not mint without them.'
    }
  },
  invalidGrant: {
    cause: 'Zendesk rejected the grant (invalid_grant)',
    cure: ({ credential }) =>
      credential === 'refresh_token'
        ? 'The refresh token was used, was revoked or has expired. Save the `refresh-token` output after each run, and never let two runs share one. Start again with an authorization code.'
        : 'An authorization code works once, for 120 seconds, and only with the same `redirect-uri`, `code-verifier` and client. Get another.'
  },
  endpointGone: {
    cause: 'Zendesk no longer mints tokens at this endpoint',
    cure: ({ input, clientId }) =>
      `It was deprecated on 2026-08-26. Use \`client-secret\` instead of ${input}. If other workflows can still mint, check that client ${quote(clientId)} exists.`
  },
  rateLimit: {
    cause: 'Zendesk limits the rate of requests',
    cure: ({ error }) => `${waitSentence(error)}Start fewer jobs at once, or raise \`timeout-seconds\`.`
  },
  outage: {
    cause: 'Zendesk is unavailable',
    cure: ({ error }) => `${waitSentence(error)}See https://status.zendesk.com, and run the job again later.`
  },
  unusableResponse: {
    cause: 'The response cannot be used',
    cure: () =>
      'Run the job again. If it happens again, something between the runner and Zendesk may be changing responses.'
  },
  unexpected: {
    cause: 'Zendesk refused the request',
    cure: () => 'Check the inputs of this step against what Zendesk says.'
  },
  dns: {
    cause: 'The host name was not found (DNS)',
    cure: ({ host }) =>
      `Check \`subdomain\` (and \`base-url\`): ${host}. Check the name server of the runner.`
  },
  certificate: {
    cause: 'The certificate of the server is not trusted (TLS)',
    cure: () =>
      'If a proxy of yours opens TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`. Else check `base-url`: somebody may be listening.'
  },
  tls: {
    cause: 'The secure connection failed (TLS)',
    cure: ({ host }) => `Check \`base-url\`, and what is between the runner and ${host}.`
  },
  connection: {
    cause: 'The server could not be reached',
    cure: ({ host }) => `Check that the runner may connect to ${host}. Behind a proxy, set \`https_proxy\`.`
  },
  proxy: {
    cause: 'The proxy could not be reached',
    cure: () => 'Check `https_proxy` and `http_proxy` on the runner, and that the proxy works.'
  },
  proxyRefused: {
    cause: 'The proxy refused the connection',
    cure: ({ host, error }) =>
      codeOf(error) === '407'
        ? 'It needs a user name and a password. Write them into `https_proxy` as http://user:password@host:port.'
        : `Allow ${host} in the proxy, or list it in \`no_proxy\`.`
  },
  proxyUnreadable: {
    cause: 'The proxy URL cannot be read',
    cure: ({ error }) =>
      `Write \`${codeOf(error)}\` as http://host:port, or http://user:password@host:port with user and password percent-encoded.`
  },
  proxyIsHttps: {
    cause: 'The proxy URL begins with https://',
    cure: ({ error }) =>
      `Write \`${codeOf(error)}\` as http://host:port: the connection to the proxy is plain, the connection to Zendesk inside it is still TLS.`
  },
  brokenOff: {
    cause: 'The connection broke before the response was complete',
    cure: ({ host }) =>
      `Run the job again. If it happens again, check what is between the runner and ${host}.`
  },
  tooLarge: {
    cause: 'The response is larger than 1 MiB',
    cure: () => 'Check `subdomain` and `base-url`: no response of Zendesk is that long.'
  },
  unsendable: {
    cause: 'The request could not be sent',
    cure: () => 'A value in it has characters that HTTP does not allow. Check the inputs of this step.'
  },
  timeout: {
    cause: 'There was no response in time',
    cure: ({ timeoutSeconds }) =>
      `A request has at most 30 s, and the step ${timeoutSeconds} s. See https://status.zendesk.com, or raise \`timeout-seconds\`.`
  },
  deadline: {
    cause: 'The step reached its timeout',
    cure: ({ timeoutSeconds }) =>
      `It had ${timeoutSeconds} s for all requests, waits and retries. Raise \`timeout-seconds\`, or see https://status.zendesk.com.`
  },
  cancelled: {
    cause: 'The job was cancelled',
    cure: () => 'Nothing more was started.'
  }
}

/** The error in one line: what could not be done, why, what to do, and the request with its status. */
export function explain(error: unknown, context: MessageContext): Error {
  if (error instanceof ZendeskError) return new Error(sentences(error, context))
  return error instanceof Error ? error : new Error(String(error))
}

/** Why a request failed, as a part of a longer sentence: the cause, and the request with its status. */
export function causeOf(error: unknown): string {
  if (error instanceof ZendeskError) {
    const wait = waitOf(error)
    return `${ERRORS[error.kind].cause} (${requestOf(error)})${wait === '' ? '' : `; ${wait}`}`
  }
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

function sentences(error: ZendeskError, context: MessageContext): string {
  const host = new URL(context.origin).host
  const input = `\`${CREDENTIAL_INPUTS[context.credential].chooses}\``
  const { cause, cure } = ERRORS[error.kind]
  const advice = cure({ ...context, error, host, input })
  return [
    `Could not ${error.request.purpose}: ${cause}. ${advice} ${requestOf(error, host)}.`,
    ...error.notes
  ].join(' ')
}

/** The request, with the status or the system's code, and Zendesk's own words. */
function requestOf(error: ZendeskError, host?: string): string {
  const { request, response } = error
  const words = response === undefined ? undefined : zendeskWords(response.json)
  const status = response === undefined ? codeOf(error) : String(response.status)
  const at = host === undefined ? '' : ` at ${host}`
  return [
    `${request.method} ${pathOf(request)}${at}`,
    status === '' ? '' : `: ${status}`,
    words === undefined ? '' : ` ("${words}")`
  ].join('')
}

/** What the system called a network error, such as `ECONNREFUSED`; empty if it did not. */
function codeOf({ cause }: ZendeskError): string {
  return cause instanceof NetworkError ? cause.code : ''
}

/** The wait that a response asked for, if it did not fit; else empty. */
function waitOf({ response }: ZendeskError): string {
  if (response?.unfittingWait === undefined) return ''
  return `it asks to wait ${Math.ceil(response.unfittingWait)} s, more than this step has left`
}

function waitSentence(error: ZendeskError): string {
  const wait = waitOf(error)
  return wait === '' ? '' : `I${wait.slice(1)}. `
}

function hostOf(location: string | undefined, origin: string): string {
  const url = location !== undefined && URL.canParse(location, origin) ? new URL(location, origin) : undefined
  return quote(url?.host ?? '') || 'a place that it does not name'
}
