import dns from 'node:dns'
import { expect, it, jest } from '@jest/globals'
import { exit, type EndingProcess } from '../../src/exit.ts'
import { lookup } from '../../src/zendesk/http/lookup.ts'

const END = ['exit', 0]
const REPLACED = ['execve', '/node', ['/node', '-e', 'process.exit(0)'], { NODE_OPTIONS: '', PATH: '/bin' }]

it.each<[string, Partial<EndingProcess>, boolean, unknown[]]>([
  ['replaces it while a host name is looked up, by one with the same exit code', {}, true, [REPLACED, END]],
  ['ends it as usual if it cannot be replaced', { execve: undefined }, true, [END]],
  ['ends it as usual on Windows', { platform: 'win32' }, true, [END]],
  ['ends it as usual if no host name is looked up', {}, false, [END]]
])('exit %s', (_what, more, isLookingUp, expected) => {
  let endLookup = (): void => undefined
  jest.spyOn(dns, 'lookup').mockImplementation(((_host: string, _options: object, end: () => void) => {
    endLookup = end
  }) as typeof dns.lookup)
  if (isLookingUp) lookup('acme.example', {}, () => undefined)
  const ends: unknown[] = []
  const record =
    (name: string) =>
    (...given: unknown[]): never =>
      void ends.push([name, ...given]) as never
  const env = { NODE_OPTIONS: '--require=x', PATH: '/bin' }
  const calls = { exit: record('exit'), execve: record('execve') }
  exit({ env, execPath: '/node', platform: 'linux', ...calls, ...more }, 0)
  endLookup()
  jest.restoreAllMocks()
  expect(ends).toEqual(expected)
})
