import { type LookupFunction } from 'node:net'
import { checkBypass } from '@actions/http-client/lib/proxy'
import { lookup } from './lookup.ts'
import { NetworkError } from './network-error.ts'

type Environment = Record<string, string | undefined>

/** The proxy that the environment names for a URL. */
export interface ProxySetting {
  /** The variable that names it, such as `https_proxy`. */
  readonly variable: string
  /** Its host and port; empty if the variable cannot be read. */
  readonly address: string
  /** Whether its URL has a user name or a password. */
  readonly hasUser: boolean
}

/** The variables that http-client reads, by the protocol of the request. */
const VARIABLES = { 'https:': ['https_proxy', 'HTTPS_PROXY'], 'http:': ['http_proxy', 'HTTP_PROXY'] }

/**
 * Returns the passwords in the proxy variables of `env`, as they are written there and as they are sent: what stands
 * between the user name and the last `@`, also in a URL that cannot be read.
 */
export function proxyPasswords(env: Environment): string[] {
  const values = Object.values(VARIABLES).flatMap((names) => names.map((name) => env[name] ?? ''))
  const passwords = values.flatMap((value) => {
    const [, written = ''] = /^(?:[^:/@]*:\/\/)?[^:@]*:(?!\/\/)([^]*)@/.exec(value) ?? []
    return [written, URL.parse(value)?.password ?? '', decode(written) ?? '']
  })
  return [...new Set(passwords)].filter(Boolean)
}

/**
 * The proxy for `url`, if there is one. http-client silently ignores a proxy URL that it cannot read, so that the
 * request would bypass the proxy; and it checks the certificate of an `https://` proxy against the name of the target.
 *
 * @throws {NetworkError} that names the variable, if there is a proxy, but not a usable one
 */
export function proxyFor(url: URL, env: Environment): ProxySetting | undefined {
  const variable = VARIABLES[url.protocol as keyof typeof VARIABLES].find((name) => env[name])
  if (variable === undefined || checkBypass(url)) return undefined
  // As http-client does: with `http://` in front if it has no scheme.
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- it was found because it has a value
  const value = env[variable]!
  const proxy = URL.parse(value) ?? (/^https?:\/\//.test(value) ? null : URL.parse(`http://${value}`))
  // The runner's `.env` keeps quotes around a value: they would become a part of the host name.
  const hasHost = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(proxy?.hostname ?? '') && !/[“”‘’«»]/.test(value)
  const unusable = (kind: 'proxyUnreadable' | 'proxyIsHttps', address = ''): NetworkError =>
    new NetworkError(kind, false, '', { proxy: { variable, address, hasUser: false } })
  if (proxy === null || !hasHost) throw unusable('proxyUnreadable')
  const { protocol, hostname, port, username, password, pathname, search, hash } = proxy
  // The password has a `/`, `?` or `#`, so that its beginning looks like a port.
  if (`${pathname}${search}${hash}`.includes('@')) throw unusable('proxyUnreadable')
  if (protocol === 'https:') throw unusable('proxyIsHttps', `${hostname}:${port || 443}`)
  if (protocol !== 'http:' || decode(username + password) === undefined) throw unusable('proxyUnreadable')
  return { variable, address: `${hostname}:${port || 80}`, hasUser: username + password !== '' }
}

/** The parts of the agent of `tunnel` that http-client makes for a proxy. */
interface TunnelAgent {
  options: { rejectUnauthorized?: boolean }
  proxyOptions: { host: string; lookup?: LookupFunction }
}

/** Gives an agent of `tunnel` what it does not take from the request. */
export function adaptToProxy(agent: unknown): void {
  const { options, proxyOptions } = agent as TunnelAgent
  options.rejectUnauthorized = true
  proxyOptions.lookup = lookup
  // http-client keeps the brackets of an IPv6 address, which no socket takes.
  proxyOptions.host = withoutBrackets(proxyOptions.host)
}

/** The host name of a URL as a socket takes it: an IPv6 address without its brackets. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
