import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { parseArguments, publish, refusals, type Facts, type Tools } from '../../scripts/release.ts'

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

const root = join(import.meta.dirname, '../..')
const describeUnix = process.platform === 'win32' ? describe.skip : describe
const changelog = `# Changelog

## [Unreleased]

## [1.2.3] - 2027-01-31

- New

## [1.2.2] - 2027-01-01

[1.2.3]: https://acme.example/
`

describe('refusals', () => {
  const facts: Facts = {
    branch: 'main',
    uncommitted: '',
    head: 'a',
    remoteMain: 'a',
    isTagged: false,
    packageVersion: '1.2.3',
    sourceVersion: '1.2.3',
    changelog,
    withoutOwner: [],
    isDistFresh: true,
    isLoggedIn: true
  }

  it('are none if everything fits', () => {
    expect(refusals('1.2.3', facts)).toEqual([])
  })

  it.each<[string, Partial<Facts>, RegExp]>([
    ['another branch', { branch: 'topic' }, /^The branch is topic: run `git switch main`/],
    ['no branch', { branch: '' }, /^The branch is none/],
    ['a file that is not committed', { uncommitted: '?? a.txt' }, /\n\?\? a\.txt$/],
    ['a commit that origin does not have', { head: 'b' }, /^This is not the newest commit of main at origin/],
    ['a tag that exists', { isTagged: true }, /^v1\.2\.3 exists/],
    ['another version in package.json', { packageVersion: '1.2.2' }, /^package\.json has .* 1\.2\.2/],
    ['another version in src/', { sourceVersion: '1.2.2' }, /^src\/lib\/version\.ts has .* 1\.2\.2/],
    [
      'a version that the changelog does not have',
      { changelog: changelog.replaceAll('1.2.3', '1.2.4') },
      /no heading/
    ],
    [
      'a version without a date in the changelog',
      { changelog: changelog.replace('2027-01-31', 'unreleased') },
      /no heading/
    ],
    [
      'a dot that is another character in the changelog',
      { changelog: changelog.replace('[1.2.3] - ', '[1x2.3] - ') },
      /no heading/
    ],
    [
      'no change under the last heading',
      { changelog: changelog.replace(/## \[1\.2\.2\][^]*/, '').replace('- New', '') },
      /lists nothing for 1\.2\.3/
    ],
    ['no change of this version', { changelog: changelog.replace('- New', '') }, /lists nothing for 1\.2\.3/],
    [
      'no owner',
      { withoutOwner: ['README.md', 'RELEASE.md'] },
      /`npm run set-owner` .*README\.md, RELEASE\.md/
    ],
    ['an old dist/', { isDistFresh: false }, /^dist\/ is not what src\/ gives/],
    ['no GitHub CLI', { isLoggedIn: false }, /^GitHub CLI/]
  ])('name %s', (_title, change, refusal) => {
    expect(refusals('1.2.3', { ...facts, ...change })).toEqual([expect.stringMatching(refusal)])
  })

  it('name every reason at once', () => {
    expect(refusals('2.0.0', { ...facts, branch: 'topic' })).toHaveLength(4)
  })
})

describe('parseArguments', () => {
  it.each([
    [['1.2.3'], { version: '1.2.3', resume: false }],
    [['1.2.3', '--resume'], { version: '1.2.3', resume: true }]
  ])('accepts %j', (args, parsed) => {
    expect(parseArguments(args)).toEqual(parsed)
  })

  it.each([[[]], [['v1.2.3']], [['1.2']], [['1.2.3-rc.1']], [['1.2.3', '1.2.4']], [['1.2.3', '--force']]])(
    'refuses %j',
    (args) => {
      expect(() => parseArguments(args)).toThrow(/^usage: |^Unknown option '--force'/)
    }
  )
})

describe('publish', () => {
  const calls = [
    'git push origin v1.2.3',
    'gh run list --workflow release.yml --branch v1.2.3',
    'gh run watch 7 --exit-status',
    'gh release verify v1.2.3',
    'git ls-remote --tags --refs --sort=-version:refname origin v1.*',
    'git tag --force v1 v1.2.3^{}',
    'git push --force origin v1'
  ]
  let called: string[]
  let pauses: number[]
  /** What `gh run list` prints, one after the other, and then 7. */
  let runs: string[]
  /** What `git ls-remote` prints. */
  let tags: string

  beforeEach(() => {
    called = []
    pauses = []
    runs = []
    tags = 'a\trefs/tags/v1.2.3\na\trefs/tags/v1.2.2'
  })

  const toolsFailing = (failing?: string): Tools => {
    const run = (command: string): void => {
      called.push(command)
      if (failing !== undefined && command.startsWith(failing)) throw new Error('failed')
    }
    return {
      run,
      read: (command) => {
        run(command)
        return command.startsWith('gh') ? (runs.shift() ?? '7') : tags
      },
      sleep: (milliseconds) => Promise.resolve(pauses.push(milliseconds))
    }
  }

  it.each(calls.map((call, index) => [call, index] as const))('stops if `%s` fails', async (call, index) => {
    await expect(publish('1.2.3', toolsFailing(call))).rejects.toThrow('failed')
    expect(called).toEqual(calls.slice(0, index + 1).map((each) => expect.stringContaining(each)))
  })

  it('waits until the workflow has started', async () => {
    runs = ['', '']
    await publish('1.2.3', toolsFailing())
    expect(pauses).toEqual([3000, 3000])
    expect(called.slice(-1)).toEqual(calls.slice(-1))
  })

  it('does not wait for a workflow longer than two minutes', async () => {
    runs = Array<string>(1000).fill('')
    await expect(publish('1.2.3', toolsFailing())).rejects.toThrow('has not started within 120 s')
    expect(pauses).toHaveLength(40)
  })

  it.each([
    ['there is a higher version', 'a\trefs/tags/v1.10.0\na\trefs/tags/v1.2.3', /newest release is v1\.10\.0/],
    ['origin has no tags', '', /newest release is unknown/]
  ])('leaves the major tag where it is if %s', async (_title, listed, message) => {
    tags = listed
    await expect(publish('1.2.3', toolsFailing())).rejects.toThrow(message)
    expect(called.at(-1)).toBe(calls[4])
  })
})

describeUnix('npm run release', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  let folder: string
  let clone: string

  const env = (): NodeJS.ProcessEnv => ({
    ...process.env,
    PATH: [folder, process.env['PATH']].join(delimiter),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1'
  })
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: clone, env: env(), encoding: 'utf8', stdio: 'pipe' }).trim()
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(clone, file)), { recursive: true })
    writeFileSync(join(clone, file), text)
  }
  const command = (name: string, script: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const ghCalls = (): string[] =>
    existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').trim().split('\n') : []

  function release(...args: string[]): { status: number | null; errors: string[] } {
    const script = join(root, 'scripts/release.ts')
    const { status, stderr } = spawnSync(process.execPath, ['--import', tsx, script, ...args], {
      cwd: clone,
      env: env(),
      encoding: 'utf8'
    })
    return { status, errors: stderr.trim().split('\n') }
  }

  /** A clone whose `main` can be released as 1.2.3, with stubs of `gh` and of what signs. */
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'))
    clone = join(folder, 'clone')
    mkdirSync(clone)
    command(
      'gh',
      `echo "$*" >>'${folder}/log'\ncase "$*" in 'run list'*) echo 7 ;; esac\ntest ! -e '${folder}/down'`
    )
    command('sign', `cat >/dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\necho signature`)
    git('init', '--quiet', '--bare', '--initial-branch=main', '../origin')
    git('init', '--quiet', '--initial-branch=main')
    git('remote', 'add', 'origin', '../origin')
    git('config', 'user.name', 'a')
    git('config', 'user.email', 'a@acme.example')
    git('config', 'gpg.program', join(folder, 'sign'))
    for (const place of ['.github', 'docs', 'examples']) write(`${place}/a.yml`, '')
    write('package.json', JSON.stringify({ version: '1.2.3', scripts: { 'check:dist': 'git --version' } }))
    write('src/lib/version.ts', "export const VERSION = '1.2.3'\n")
    write('CHANGELOG.md', changelog)
    git('add', '--all')
    git('commit', '--quiet', '--message=Everything')
    git('push', '--quiet', 'origin', 'main')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('makes a signed tag, waits for its release, and moves v1 to it', () => {
    expect(release('1.2.3').status).toBe(0)
    expect(git('cat-file', '-p', 'v1.2.3')).toMatch(/\nsignature$/)
    const head = git('rev-parse', 'HEAD')
    expect(git('ls-remote', 'origin', 'v1', 'v1.2.3^{}').split(/\s+/)).toEqual([
      head,
      'refs/tags/v1',
      head,
      'refs/tags/v1.2.3^{}'
    ])
    expect(ghCalls()).toEqual([
      'auth status',
      expect.stringMatching(/^run list /),
      'run watch 7 --exit-status',
      'release verify v1.2.3'
    ])
  })

  it('names each reason not to release, and makes no tag', () => {
    git('commit', '--quiet', '--allow-empty', '--message=Not pushed')
    git('checkout', '--quiet', '-b', 'topic')
    git('tag', 'v2.0.0')
    write('package.json', JSON.stringify({ version: '1.0.0' }))
    write('src/lib/version.ts', '')
    write('README.md', 'By <owner>, ask <contact>')
    writeFileSync(join(folder, 'down'), '')
    const { status, errors } = release('2.0.0')
    expect(status).toBe(1)
    expect(errors).toEqual([
      expect.stringMatching(/^The branch is topic/),
      'Commit or remove first:',
      expect.stringMatching(/^ ?M package\.json/),
      ' M src/lib/version.ts',
      '?? README.md',
      expect.stringMatching(/^This is not the newest commit/),
      expect.stringMatching(/^v2\.0\.0 exists/),
      'package.json has the version 1.0.0.',
      'src/lib/version.ts has the version none.',
      expect.stringMatching(/^CHANGELOG\.md has no heading/),
      expect.stringMatching(/README\.md\.$/),
      expect.stringMatching(/^dist\//),
      expect.stringMatching(/^GitHub CLI/)
    ])
    expect(git('tag')).toBe('v2.0.0')
  })

  it('refuses a tag that only origin has', () => {
    git('tag', 'v1.2.3')
    git('push', '--quiet', 'origin', 'v1.2.3')
    git('tag', '--delete', 'v1.2.3')
    expect(release('1.2.3')).toMatchObject({ status: 1, errors: [expect.stringMatching(/^v1\.2\.3 exists/)] })
  })

  it('says how to continue, and continues with the tag that it made', () => {
    command('gh', `test ! -e '${folder}/origin/refs/tags/v1.2.3'`)
    const { status, errors } = release('1.2.3')
    expect(status).toBe(1)
    expect(errors).toContain('Stopped. When the cause is gone: npm run release -- 1.2.3 --resume')
    expect(git('ls-remote', 'origin', 'v1')).toBe('')
    const tag = git('rev-parse', 'v1.2.3')
    command('gh', 'echo 7')
    expect(release('1.2.3', '--resume').status).toBe(0)
    expect(git('rev-parse', 'v1.2.3')).toBe(tag)
    expect(git('ls-remote', 'origin', 'v1')).not.toBe('')
  })
})
