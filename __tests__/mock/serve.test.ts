import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { parse } from 'yaml'
import { runJob } from '../../mock/runner.ts'

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

const root = join(import.meta.dirname, '../..')
const itOnUnix = process.platform === 'win32' ? it.skip : it

describe('npm run mock', () => {
  let child: ChildProcess | undefined
  afterEach(() => void child?.kill('SIGKILL'))

  /** Starts the mock, and reads the inputs that it prints: the base URL, then those of each credential. */
  async function start(): Promise<Record<string, string>[]> {
    child = spawn(process.execPath, ['--import', 'tsx', 'mock/serve.ts'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let printed = ''
    await new Promise<void>((resolve) => {
      child!.stdout!.on('data', (data: Buffer) => {
        printed += data.toString()
        if (/access-token: .*\n/.test(printed)) resolve()
      })
    })
    const blocks = printed.split('\n\n').filter((block) => block.startsWith('  '))
    return blocks.map((block) => parse(block) as Record<string, string>)
  }

  it('prints a base URL and credentials with which the action mints and revokes tokens', async () => {
    const [account, ...credentials] = await start()
    expect(credentials.map((inputs) => Object.keys(inputs).slice(2))).toEqual([
      ['client-secret'],
      ['email', 'api-token'],
      ['access-token']
    ])
    for (const inputs of credentials) {
      const { steps } = await runJob([{ uses: root, with: { ...account, ...inputs } }])
      expect(steps.map(({ outcome }) => outcome)).toEqual(['success', 'success'])
      expect(steps[1]!.log.at(-1)).toMatch(/^\s*Revoked token \d+ and verified that Zendesk rejects it\.$/)
    }
  })

  itOnUnix.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends without an error at %s', async (signal) => {
    const [account] = await start()
    const connected = await fetch(account!['base-url']!)
    await connected.arrayBuffer()
    child!.kill(signal)
    child!.kill(signal)
    expect(await once(child!, 'close')).toEqual([0, null])
    await expect(fetch(account!['base-url']!)).rejects.toThrow('fetch failed')
  })
})
