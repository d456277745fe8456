import { checkBypass } from '@actions/http-client/lib/proxy'
import { NetworkError } from './network-error.ts'

type Environment = Record<string, string | undefined>

/** The variables that http-client reads, by the protocol of the request. */
const VARIABLES = { 'https:': ['https_proxy', 'HTTPS_PROXY'], 'http:': ['http_proxy', 'HTTP_PROXY'] }

/** Returns the passwords in the proxy variables of `env`, as they are written there and as they are sent. */
export function proxyPasswords(env: Environment): string[] {
  const values = Object.values(VARIABLES).flatMap((names) => names.map((name) => env[name] ?? ''))
  // Without a scheme, `user:password@proxy:8080` is a URL of the scheme `user:`.
  const urls = values.flatMap((value) => [URL.parse(value), URL.parse(`http://${value}`)])
  const passwords = urls.flatMap((url) => [url?.password ?? '', decode(url?.password ?? '') ?? ''])
  return [...new Set(passwords)].filter(Boolean)
}

/**
 * Checks the proxy that would be used for `url`. http-client silently ignores a proxy URL that it cannot read, so
 * that the request would bypass the proxy; and it checks the certificate of an `https://` proxy against the name of
 * the target.
 *
 * @throws {NetworkError} that names the variable, if there is a proxy, but not a usable one
 */
export function checkProxy(url: URL, env: Environment): void {
  const name = VARIABLES[url.protocol as keyof typeof VARIABLES].find((variable) => env[variable])
  if (name === undefined || checkBypass(url)) return
  // As http-client does: with `http://` in front if it has no scheme.
  const value = String(env[name])
  const proxy = URL.parse(value) ?? (/^https?:\/\//.test(value) ? null : URL.parse(`http://${value}`))
  if (proxy?.protocol === 'https:') throw new NetworkError('proxyIsHttps', false, name)
  const isUsable = proxy?.protocol === 'http:' && proxy.hostname !== ''
  if (!isUsable || decode(proxy.username + proxy.password) === undefined)
    throw new NetworkError('proxyUnreadable', false, name)
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
