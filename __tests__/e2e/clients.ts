import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/*
 * The real client libraries, in the versions that the examples install. They are downloaded once, into a cache; the
 * examples' own install steps then run without the network.
 */

/** What a job needs in its environment to have a library; or why it cannot have it. */
export type Client = { env: Record<string, string> } | { missing: string }

const run = promisify(execFile)
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'create-zendesk-token/clients')
const timeLimit = 180_000

/** Fills a cache of npm's with whatever the `npm install` lines in these workflows need. */
export async function npmPackages(workflows: string[], folder: string): Promise<Client> {
  const packages = found(workflows, /\bnpm install\b.* (\S+@\d\S*)$/gm)
  const npmCache = join(cache, 'npm')
  try {
    for (const wanted of packages) {
      await once(`npm-${wanted}`, async () => {
        const prefix = mkdtempSync(join(tmpdir(), 'create-zendesk-token-npm-'))
        const flags = ['--global', '--ignore-scripts', '--no-audit', '--no-fund']
        await run('npm', ['install', ...flags, '--prefix', prefix, '--cache', npmCache, wanted], {
          timeout: timeLimit
        }).finally(() => {
          rmSync(prefix, { recursive: true, force: true })
        })
      })
    }
    // The cache remembers packages by their registry.
    const { stdout: registry } = await run('npm', ['config', 'get', 'registry'])
    const prefix = mkdtempSync(join(folder, 'npm-'))
    const env = {
      npm_config_cache: npmCache,
      npm_config_offline: 'true',
      npm_config_registry: registry.trim(),
      npm_config_prefix: prefix,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false'
    }
    return { env: { ...env, PATH: join(prefix, 'bin') } }
  } catch (error) {
    return { missing: `${packages.join(', ')} cannot be installed: ${reason(error)}` }
  }
}

/** Makes a virtual environment with what the `pip install` lines in these workflows need. */
export async function pythonPackages(workflows: string[]): Promise<Client> {
  const packages = found(workflows, /\bpip install\b.* (\S+==\S+)$/gm)
  const venv = join(cache, `python-${packages.join('-')}`)
  try {
    await once(`python-${packages.join('-')}-done`, async () => {
      await run('python3', ['-m', 'venv', '--clear', venv], { timeout: timeLimit })
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]
      await run(join(venv, 'bin/python'), pip, { timeout: timeLimit })
    })
    return { env: { PYTHON_BIN: join(venv, 'bin'), PIP_NO_INDEX: '1' } }
  } catch (error) {
    return { missing: `${packages.join(', ')} cannot be installed: ${reason(error)}` }
  }
}

/** Installs what the `gem install` lines in these workflows need. */
export async function rubyGems(workflows: string[]): Promise<Client> {
  const [gem = ''] = found(workflows, /\bgem install (\S+ --version \S+)/g)
  const home = join(cache, 'gems')
  try {
    await once(`gem-${gem.replaceAll(' ', '')}`, async () => {
      const args = ['install', ...gem.split(' '), '--no-document', '--install-dir', home]
      await run('gem', args, { timeout: 60_000 })
    })
    return { env: { GEM_HOME: home } }
  } catch (error) {
    return { missing: `the gem ${gem} cannot be installed: ${reason(error)}` }
  }
}

function found(workflows: string[], pattern: RegExp): string[] {
  const all = workflows.flatMap((text) => [...text.matchAll(pattern)].map(([, wanted = '']) => wanted))
  return [...new Set(all)].sort()
}

/** Does it, unless an earlier run has. */
async function once(name: string, work: () => Promise<void>): Promise<void> {
  const stamp = join(cache, `${name.replaceAll('/', '+')}.done`)
  if (existsSync(stamp)) return
  mkdirSync(cache, { recursive: true })
  await work()
  writeFileSync(stamp, '')
}

/** What the command said, on one line, without npm's warnings. */
function reason(error: unknown): string {
  const { message, stderr = '' } = error as Error & { stderr?: string }
  const lines = stderr.split('\n').filter((line) => !line.startsWith('npm warn'))
  return (lines.join(' ').replaceAll(/\s+/g, ' ').trim() || message).slice(0, 300)
}
