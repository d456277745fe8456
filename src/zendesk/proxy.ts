import { checkBypass } from '@actions/http-client/lib/proxy'
import { NetworkError } from './network-error.ts'

type Environment = Record<string, string | undefined>

/** The variables that http-client reads, by the protocol of the request. */
const VARIABLES = { 'https:': ['https_proxy', 'HTTPS_PROXY'], 'http:': ['http_proxy', 'HTTP_PROXY'] }

function parse(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined
}

/** Returns the passwords in the proxy variables of `env`, as they are written there and as they are sent. */
export function proxyPasswords(env: Environment): string[] {
  const values = Object.values(VARIABLES)
    .flat()
    .flatMap((name) => env[name] ?? [])
  const passwords = values.flatMap((value) => [
    parse(value)?.password ?? '',
    // Without a scheme, `user:password@proxy:8080` is a URL of the scheme `user:`.
    parse(`http://${value}`)?.password ?? ''
  ])
  return [...new Set(passwords.flatMap((password) => [password, decode(password)]))].filter(Boolean)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Checks the proxy that would be used for `url`. http-client silently ignores a proxy URL that it cannot read, so
 * that the request would bypass the proxy; and it checks the certificate of an `https://` proxy against the name of
 * the target.
 *
 * @returns the error to throw, which names the variable; `undefined` if there is no proxy, or a usable one
 */
export function proxyProblem(url: URL, env: Environment): NetworkError | undefined {
  if (checkBypass(url)) return undefined
  const name = VARIABLES[url.protocol as keyof typeof VARIABLES].find((variable) => env[variable])
  if (name === undefined) return undefined
  const proxy = read(String(env[name]))
  if (proxy?.protocol === 'https:') return new NetworkError('proxyIsHttps', false, name)
  const usable = proxy?.protocol === 'http:' && proxy.hostname !== '' && decodable(proxy)
  return usable ? undefined : new NetworkError('proxyUnreadable', false, name)
}

/** Reads a proxy URL as http-client does: with `http://` in front if it has no scheme. */
function read(value: string): URL | undefined {
  return parse(value) ?? (/^https?:\/\//.test(value) ? undefined : parse(`http://${value}`))
}

function decodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}
