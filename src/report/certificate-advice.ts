import { readFileSync, statSync } from 'node:fs'
import { clean } from '../lib/redact.ts'

/** Bytes: far above any file of certificates. */
const FILE_LIMIT = 4 * 1024 * 1024

/**
 * What to do about a certificate that is not trusted.
 *
 * @param code OpenSSL's name of the problem, such as `CERT_HAS_EXPIRED`
 */
export function certificateAdvice(code: string, host: string, env: NodeJS.ProcessEnv): string {
  const { NODE_EXTRA_CA_CERTS: file, NODE_TLS_REJECT_UNAUTHORIZED: isIgnored } = env
  const ignored = isIgnored === '0' ? ' `NODE_TLS_REJECT_UNAUTHORIZED` is not obeyed.' : ''
  return `${adviceFor(code, host, file)}${ignored}`
}

function adviceFor(code: string, host: string, file: string | undefined): string {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const problem = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not yet valid'
    return `It ${problem}, or the clock of the runner is wrong. Check that clock, and what is between the runner and ${host}.`
  }
  if (code === 'UNSPECIFIED')
    return `Its key or its signature may be too weak. Check what is between the runner and ${host}.`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `It is for another host. Check \`base-url\`, and what is between the runner and ${host}.`
  if (!file)
    return 'If a proxy of yours inspects TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`. Otherwise check `base-url`: the connection may be intercepted.'
  return `\`NODE_EXTRA_CA_CERTS\` is set, but ${clean(file)} ${problemWith(file)}. Correct it, or check \`base-url\`: the connection may be intercepted.`
}

/** What may be wrong with a file of certificates: Node takes PEM, and silently ignores what it cannot read. */
function problemWith(file: string): string {
  try {
    const stat = statSync(file)
    if (!stat.isFile()) return 'is not a file'
    const isPem =
      stat.size <= FILE_LIMIT && /-----BEGIN (?:\w+ )?CERTIFICATE-----/.test(readFileSync(file, 'utf8'))
    return isPem ? 'does not vouch for it' : 'has no certificate in PEM format'
  } catch (error) {
    return `cannot be read (${String((error as NodeJS.ErrnoException).code)})`
  }
}
