import { checkBypass } from '@actions/http-client/lib/proxy'

type Environment = Record<string, string | undefined>

/** The variables that http-client reads, those for `https:` first. */
const VARIABLES = { 'https:': ['https_proxy', 'HTTPS_PROXY'], 'http:': ['http_proxy', 'HTTP_PROXY'] }

function parse(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined
}

/** The passwords in the proxy variables of `env`, as they are written there and as they are sent. */
export function proxyPasswords(env: Environment): string[] {
  const values = Object.values(VARIABLES)
    .flat()
    .flatMap((name) => env[name] ?? [])
  const passwords = values.flatMap((value) => [
    parse(value)?.password ?? '',
    // Without a scheme `user:password@proxy:8080` is a URL of the scheme `user:`.
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
 * The name of the proxy variable that would be used for `url`, but holds no `http://host:port`: http-client
 * passes such a proxy by without a word, and a request that was to go through it would go out directly.
 */
export function unreadableProxy(url: URL, env: Environment): string | undefined {
  if (checkBypass(url)) return undefined
  const name = VARIABLES[url.protocol as keyof typeof VARIABLES].find((variable) => env[variable])
  if (name === undefined) return undefined
  const proxy = read(String(env[name]))
  const usable = proxy !== undefined && /^https?:$/.test(proxy.protocol) && proxy.hostname !== ''
  return usable && decodable(proxy) ? undefined : name
}

/** As http-client reads it: where that is no URL, and has no scheme, with one before it. */
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
