/*
 * Runs this action behind real proxies and with real name servers. Everything runs in a network of its own that has
 * the loopback interface only, so that port 53 is free for a name server, and nothing leaves this machine.
 *
 *   npm run e2e:proxies
 *   npm run e2e:proxies -- --testNamePattern squid
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { find, PROGRAMS } from './installed.ts'

const folder = mkdtempSync(join(tmpdir(), 'network-'))
const resolvConf = join(folder, 'resolv.conf')
// A process that waits for a silent name server asks again after 30 s, which the name server sees.
writeFileSync(resolvConf, 'nameserver 127.0.0.1\noptions timeout:30 attempts:2\n')

// Root needs no namespace of users, and there squid could not give up its rights.
const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps']
// Squid leaves files in /dev/shm, and finds those of another squid there.
const MOUNTS = 'mount --bind "$0" /etc/resolv.conf && mount -t tmpfs tmpfs /dev/shm'
const setUp = `ip link set lo up && ${MOUNTS} && exec "$@"`
const ENTER = [...asUser, '--net', '--mount', 'sh', '-c', setUp, resolvConf]

const { status, stderr, error } = spawnSync('unshare', [...ENTER, 'true'], { encoding: 'utf8' })
if (status === 0) process.exitCode = runTests()
else console.log(`skipped: everything, without a network of its own: ${error?.message ?? stderr.trim()}`)
rmSync(folder, { recursive: true })

function runTests(): number {
  for (const program of PROGRAMS) {
    if (!find(program)) console.log(`skipped: what needs ${program}, which is not installed`)
  }
  if (!('execve' in process))
    console.log(`skipped: what needs process.execve, which Node ${process.version} has not`)
  const jest = join(import.meta.dirname, '../../../node_modules/jest/bin/jest.js')
  const node = [process.execPath, '--experimental-vm-modules', '--no-warnings', jest]
  const options = ['--runInBand', '--verbose', '--testMatch', '**/__tests__/e2e/proxies/*.e2e.ts']
  const command = [...ENTER, ...node, ...options, ...process.argv.slice(2)]
  return spawnSync('unshare', command, { stdio: 'inherit' }).status ?? 1
}
