/*
 * Where a Zendesk account is: its subdomain and its origin.
 */

/**
 * The subdomain that `acme`, `acme.zendesk.com` or `https://acme.zendesk.com/` names, in lower case; `undefined` for
 * anything else. Only ASCII is accepted: some other characters become ASCII in lower case, such as the Kelvin sign.
 */
export function subdomainOf(value: string): string | undefined {
  const pattern = /^(?:(?:https:\/\/)?([^./]+)\.zendesk\.com\/?|([^./]+))$/i
  const [, long, short] = pattern.exec(value) ?? []
  const subdomain = long ?? short ?? ''
  return /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(subdomain)
    ? subdomain.toLowerCase()
    : undefined
}

/**
 * The origin that `value` names: `https:`, or `http:` for this machine, with nothing but scheme, host and port;
 * `undefined` for anything else.
 */
export function readOrigin(value: string): string | undefined {
  const url = /^https?:\/\/[^/?#@\\]+\/?$/i.test(value) ? URL.parse(value) : null
  if (url === null || url.port === '0') return undefined
  return url.protocol === 'https:' || isLoopback(url) ? url.origin : undefined
}

/** Whether `origin` is neither the account's own nor this machine. */
export function isForeign(origin: string, subdomain: string): boolean {
  const url = new URL(origin)
  return !isLoopback(url) && url.hostname !== '[::1]' && url.hostname !== `${subdomain}.zendesk.com`
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || /^127(?:\.\d+){3}$/.test(hostname)
}
