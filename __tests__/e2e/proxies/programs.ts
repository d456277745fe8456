import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { caFile } from '../../support/servers.ts'
import { find, type Program } from './installed.ts'

/*
 * Real proxies, each at its usual port, which is free in a network of one's own.
 */

/** What the proxies want that want a user name and a password. */
export const CREDENTIALS = { user: 'ci', password: 'horse-battery-9' }
/** A host that each proxy denies, but for mitmproxy, which cannot without a script. */
export const DENIED = 'denied.zendesk.com'

/** Proxies of one program, each as `host:port`. */
export interface Proxies {
  /** One that wants no password. */
  open: string
  /** One that wants {@link CREDENTIALS}; privoxy cannot. */
  locked?: string
  /** One at an IPv6 address; of squid alone. */
  ipv6?: string
  /** The CA that signs what the open one inspects, or the usual one if it inspects nothing. */
  caFile: string
}

/** How a program is started, with its files in a folder. */
interface Setup {
  proxies: (folder: string) => Proxies
  /** A command for each process. */
  commands: (program: string, folder: string) => [string, ...string[]][]
}

const { user, password } = CREDENTIALS

const SETUPS: Record<Program, Setup> = {
  squid: {
    proxies: () => ({ open: '127.0.0.1:3128', locked: '127.0.0.1:3129', ipv6: '[::1]:3128', caFile }),
    commands: (squid, folder) => {
      const compare = `while read -r line; do [ "$line" = '${user} ${password}' ] && echo OK || echo ERR; done`
      const helper = write(folder, 'squid-password', ['#!/bin/sh', compare])
      const config = write(folder, 'squid.conf', [
        ...['http_port 127.0.0.1:3128', 'http_port [::1]:3128', 'http_port 127.0.0.1:3129'],
        ...['pid_filename none', 'cache_log /dev/null', 'access_log none', 'netdb_filename none'],
        ...['cache deny all', 'pinger_enable off', 'visible_hostname squid.example'],
        `auth_param basic program ${helper}`,
        'acl locked localport 3129',
        'acl user proxy_auth REQUIRED',
        'http_access deny locked !user',
        `acl denied dstdomain ${DENIED}`,
        'http_access deny denied',
        'http_access allow all'
      ])
      return [[squid, '-N', '-f', config]]
    }
  },
  tinyproxy: {
    proxies: () => ({ open: '127.0.0.1:8888', locked: '127.0.0.1:8889', caFile }),
    commands: (tinyproxy, folder) => {
      const filter = write(folder, 'filter', [DENIED.replaceAll('.', '\\.')])
      const common = ['Listen 127.0.0.1', `Filter "${filter}"`, 'LogLevel Critical']
      const open = write(folder, 'open.conf', ['Port 8888', ...common])
      const locked = write(folder, 'locked.conf', ['Port 8889', `BasicAuth ${user} ${password}`, ...common])
      return [open, locked].map((config) => [tinyproxy, '-d', '-c', config])
    }
  },
  privoxy: {
    proxies: () => ({ open: '127.0.0.1:8118', caFile }),
    commands: (privoxy, folder) => {
      write(folder, 'denied.action', ['{+block{denied}}', DENIED])
      const config = write(folder, 'privoxy.conf', [
        'listen-address 127.0.0.1:8118',
        'templdir /etc/privoxy/templates',
        `confdir ${folder}`,
        'actionsfile denied.action'
      ])
      // AppArmor may bind privoxy to the files in /etc, by the path of the program.
      const copy = join(folder, 'privoxy')
      copyFileSync(privoxy, copy)
      return [[copy, '--no-daemon', config]]
    }
  },
  mitmproxy: {
    proxies: (folder) => ({
      open: '127.0.0.1:8080',
      locked: '127.0.0.1:8081',
      caFile: join(folder, 'mitmproxy-ca-cert.pem')
    }),
    commands: (mitmdump, folder) => {
      const common = [mitmdump, '--quiet', '--listen-host', '127.0.0.1'] as const
      const inspects = [`confdir=${folder}`, `ssl_verify_upstream_trusted_ca=${caFile}`]
      // Each makes a CA at its start: in one folder they would replace that of the other.
      const tunnels = [`confdir=${join(folder, 'locked')}`, 'ignore_hosts=.', `proxyauth=${user}:${password}`]
      return [
        [...common, '--listen-port', '8080', ...inspects.flatMap((option) => ['--set', option])],
        [...common, '--listen-port', '8081', ...tunnels.flatMap((option) => ['--set', option])]
      ]
    }
  }
}

const running: ChildProcess[] = []
const folders: string[] = []
/** What the programs have printed about problems. */
let printed = ''

/** Starts a program that is installed. */
export async function start(program: Program): Promise<Proxies> {
  const folder = mkdtempSync(join(tmpdir(), `${program}-`))
  folders.push(folder)
  // Squid runs as a user of its own.
  chmodSync(folder, 0o755)
  const { proxies, commands } = SETUPS[program]
  const { open, locked = open, ...more } = proxies(folder)
  await Promise.all([...commands(find(program)!, folder).map(run), accepted(open), accepted(locked)])
  return { open, locked, ...more }
}

/** Stops every program, and removes its files. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map(stop))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

/** Writes a file that programs can read and execute. */
function write(folder: string, name: string, lines: string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  chmodSync(path, 0o755)
  return path
}

async function run([command, ...args]: [string, ...string[]]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  running.push(child)
  child.stderr.on('data', (text) => (printed += String(text)))
  await once(child, 'spawn')
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  if (child.kill('SIGKILL')) await ended
}

/** Waits until a proxy accepts connections. */
async function accepted(proxy: string): Promise<void> {
  const { port } = new URL(`http://${proxy}`)
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const socket = connect(Number(port), '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await setTimeout(20)
    } finally {
      socket.destroy()
    }
  }
  throw new Error(`Nothing listens at ${proxy}. ${printed}`)
}
