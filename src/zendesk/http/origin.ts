/*
 * Where a Zendesk account is: its subdomain and its origin.
 */

/**
 * The subdomain that `acme`, `acme.zendesk.com` or an address of the account names, such as
 * `https://acme.zendesk.com/agent/home`, in lower case; `undefined` for anything else.
 */
export function subdomainOf(value: string): string | undefined {
  // Without the flag `u`, `i` equates ASCII letters alone: in lower case some other characters become ASCII.
  const address = /^(?:https?:\/\/)?([^./]+)\.zendesk\.com(?::443)?(?:[/?#].*)?$/is
  const [, subdomain = value] = address.exec(value) ?? []
  // `xn--` begins an encoded name with other letters, which a subdomain of Zendesk does not have.
  return /^(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(subdomain)
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
