/*
 * Where a Zendesk account is: its subdomain and its origin.
 */

/** The subdomain that `acme`, `acme.zendesk.com` or `https://acme.zendesk.com/` names; `undefined` for anything else. */
export function subdomainOf(value: string): string | undefined {
  const pattern = /^(?:(?:https:\/\/)?([^./]+)\.zendesk\.com\/?|([^./]+))$/
  const [, long, short] = pattern.exec(value.toLowerCase()) ?? []
  const subdomain = long ?? short
  return subdomain !== undefined && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(subdomain)
    ? subdomain
    : undefined
}

/** The origin of an account. */
export function originOf(subdomain: string): string {
  return `https://${subdomain}.zendesk.com`
}

/**
 * The origin that `value` names: `https:`, or `http:` on this machine, and nothing besides scheme, host and port;
 * `undefined` for anything else.
 */
export function readOrigin(value: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\\]+\/?$/i.test(value) || !URL.canParse(value)) return undefined
  const url = new URL(value)
  return url.protocol === 'https:' || isLoopback(url) ? url.origin : undefined
}

/** Whether a secret sent to `origin` reaches neither Zendesk nor this machine. */
export function isForeign(origin: string): boolean {
  const url = new URL(origin)
  return !isLoopback(url) && url.hostname !== '[::1]' && !/(?:^|\.)zendesk\.com$/.test(url.hostname)
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || /^127(?:\.\d+){3}$/.test(hostname)
}
