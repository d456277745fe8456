import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The proxies that the tests start. */
export const PROGRAMS = ['squid', 'tinyproxy', 'privoxy', 'mitmproxy'] as const
export type Program = (typeof PROGRAMS)[number]

/** The path of a program, if it is installed. Servers are often not on the PATH of a user. */
export function find(program: Program): string | undefined {
  const command = program === 'mitmproxy' ? 'mitmdump' : program
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, command)).find(existsSync)
}
