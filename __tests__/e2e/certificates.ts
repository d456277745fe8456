import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate authority for this run, and a server certificate that it signed for 127.0.0.1. */
export interface Certificates {
  /** For clients: this authority and those that the system trusts. */
  caFile: string
  /** PEM texts for the server. */
  tls: { key: string; cert: string }
}

const SYSTEM_FILES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem']

/** Makes both with openssl 3, for a day. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name)
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  // The system's configuration may add extensions, some of them twice.
  writeFileSync(file('openssl.cnf'), '[req]\ndistinguished_name = name\n[name]\n')
  const certify = (name: string, subject: string, extensions: string[], signer: string[] = []): void => {
    const request = `req -x509 -newkey rsa:2048 -nodes -days 1 -config openssl.cnf -keyout ${name}.key -out ${name}.pem`
    const added = extensions.flatMap((extension) => ['-addext', extension])
    const args = [...request.split(' '), '-subj', `/CN=${subject}`, ...signer, ...added]
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }

  // Python needs the key usage.
  certify('ca', 'End to end', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'])
  const extensions = ['basicConstraints=critical,CA:FALSE', 'subjectAltName=IP:127.0.0.1']
  certify('server', '127.0.0.1', extensions, ['-CA', 'ca.pem', '-CAkey', 'ca.key'])
  const system = SYSTEM_FILES.filter(existsSync).slice(0, 1)
  writeFileSync(file('cas.pem'), [file('ca.pem'), ...system].map((path) => readFileSync(path)).join('\n'))
  return { caFile: file('cas.pem'), tls: { key: read('server.key'), cert: read('server.pem') } }
}
