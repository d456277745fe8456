import dns from 'node:dns'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { exit, type EndingProcess } from '../../src/exit.ts'
import { lookup } from '../../src/zendesk/http/lookup.ts'

/** A process that only records how it is ended. */
function fakeProcess(more: Partial<EndingProcess> = {}): EndingProcess & { ends: unknown[] } {
  const ends: unknown[] = []
  const record =
    (name: string) =>
    (...given: unknown[]): never =>
      void ends.push([name, ...given]) as never
  return {
    ends,
    env: { NODE_OPTIONS: '--require=x', PATH: '/bin' },
    execPath: '/node',
    platform: 'linux',
    exit: record('exit'),
    execve: record('execve'),
    ...more
  }
}

const REPLACED = ['execve', '/node', ['/node', '-e', 'process.exit(1)'], { NODE_OPTIONS: '', PATH: '/bin' }]

describe('exit', () => {
  let endLookup: () => void

  beforeEach(() => {
    jest.spyOn(dns, 'lookup').mockImplementation(((_host: string, _options: object, end: () => void) => {
      endLookup = end
    }) as typeof dns.lookup)
    lookup('acme.example', {}, () => undefined)
  })
  afterEach(() => {
    endLookup()
    jest.restoreAllMocks()
  })

  it('replaces the process while a host name is looked up, by one with the same exit code', () => {
    const host = fakeProcess()
    exit(host, 1)
    expect(host.ends[0]).toEqual(REPLACED)
  })

  it.each<[string, Partial<EndingProcess>]>([
    ['that cannot be replaced', { execve: undefined }],
    ['on Windows', { platform: 'win32' }]
  ])('ends a process %s as usual', (_what, more) => {
    const host = fakeProcess(more)
    exit(host, 0)
    expect(host.ends).toEqual([['exit', 0]])
  })

  it('ends the process as usual if no host name is looked up', () => {
    endLookup()
    const host = fakeProcess()
    exit(host, 0)
    expect(host.ends).toEqual([['exit', 0]])
    lookup('acme.example', {}, () => undefined)
  })
})
