import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate authority of this run's own, and what it signed for 127.0.0.1. */
export interface Certificates {
  /** The file that clients are to trust. */
  caFile: string
  /** PEM texts for the server. */
  tls: { key: string; cert: string }
}

/** Makes both with openssl 3, for a day. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name)
  // The system's configuration may add extensions, some of them twice.
  writeFileSync(file('openssl.cnf'), '[req]\ndistinguished_name = name\n[name]\n')
  const certify = (name: string, subject: string, extensions: string[], signer: string[] = []): void => {
    const args = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '1',
      '-config',
      file('openssl.cnf')
    ]
    args.push(
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.pem`),
      '-subj',
      `/CN=${subject}`,
      ...signer
    )
    execFileSync('openssl', [...args, ...extensions.flatMap((text) => ['-addext', text])], { stdio: 'pipe' })
  }

  // Python wants to be told what the key of an authority is for.
  certify('ca', 'End to end', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'])
  const extensions = ['basicConstraints=critical,CA:FALSE', 'subjectAltName=IP:127.0.0.1']
  certify('server', '127.0.0.1', extensions, ['-CA', file('ca.pem'), '-CAkey', file('ca.key')])
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  return { caFile: file('ca.pem'), tls: { key: read('server.key'), cert: read('server.pem') } }
}
