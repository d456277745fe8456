import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import { parseArguments, publish, refusals, type Tools } from '../../scripts/release.ts'
import { scratch } from '../support/scratch.ts'
import { describeUnix, root, write, writeCommand } from './files.ts'

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

const CHANGELOG = `# Changelog

## [Unreleased]

## [1.2.3] - 2027-01-31

- New

## [1.2.2] - 2027-01-01

[1.2.3]: https://acme.example/
`

describe('refusals', () => {
  const NO_HEADING = 'has no heading "## [1.2.3] - " with the date.'

  it.each([
    ['a version without a date', '2027-01-31', 'unreleased', NO_HEADING],
    ['a dot that is another character', '[1.2.3] - ', '[1x2.3] - ', NO_HEADING],
    ['no change of this version', '- New', '', 'lists nothing for 1.2.3.'],
    ['no change under the last heading', /- New[^]*2027-01-01/, '', 'lists nothing for 1.2.3.']
  ])('name a checkout without a branch, and a changelog with %s', (_title, from, to, refusal) => {
    const versions = { packageVersion: '1.2.3', sourceVersion: '1.2.3' }
    const commit = { branch: '', uncommitted: '', head: 'a', remoteMain: 'a', isTagged: false }
    const rest = { withoutOwner: [], isDistFresh: true, isLoggedIn: true }
    const changelog = CHANGELOG.replace(from, to)
    const noBranch = 'The branch is none: run `git switch main`.'
    const reasons = refusals('1.2.3', { ...versions, ...commit, ...rest, changelog })
    expect(reasons).toEqual([noBranch, `CHANGELOG.md ${refusal}`])
  })
})

describe('parseArguments', () => {
  it.each(['', 'v1.2.3', '1.2', '1.2.3-rc.1', '1.2.3 1.2.4', '1.2.3 --force'])('refuses "%s"', (words) => {
    expect(() => parseArguments(words.split(' '))).toThrow(/^usage: |^Unknown option '--force'/)
  })
})

describe('publish', () => {
  const CALLS = [
    'git push origin v1.2.3',
    'gh run list --workflow release.yml --branch v1.2.3',
    'gh run watch 7 --exit-status',
    'gh release verify v1.2.3',
    'git ls-remote --tags --refs --sort=-version:refname origin v1.*',
    'git tag --force v1 v1.2.3^{}',
    'git push --force origin v1'
  ]

  const TAGS = 'a\trefs/tags/v1.2.3\na\trefs/tags/v1.2.2'

  /** What is called and how long it pauses, with what `gh run list` and `git ls-remote` print. */
  async function published({ failing = 'nothing', runs = ['7'], tags = TAGS }) {
    const [called, pauses]: [string[], number[]] = [[], []]
    const run = (command: string): void => {
      called.push(command)
      if (command.startsWith(failing)) throw new Error('failed')
    }
    const read = (command: string): string => {
      run(command)
      return command.startsWith('gh') ? (runs.shift() ?? '') : tags
    }
    const tools: Tools = { run, read, sleep: (ms) => Promise.resolve(pauses.push(ms)) }
    const problem = await publish('1.2.3', tools).catch((error: unknown) => (error as Error).message)
    return { called, pauses, problem }
  }

  it.each(CALLS.map((call, index) => [call, index] as const))('stops if `%s` fails', async (call, index) => {
    const { called, problem } = await published({ failing: call })
    expect(problem).toBe('failed')
    expect(called).toEqual(CALLS.slice(0, index + 1).map((each) => expect.stringContaining(each)))
  })

  it('waits until the workflow has started, but no longer than two minutes', async () => {
    const { called, pauses, problem } = await published({ runs: ['', '', '7'] })
    expect([pauses, called.at(-1), problem]).toEqual([[3000, 3000], CALLS.at(-1), undefined])
    const never = await published({ runs: [] })
    expect([never.pauses.length, never.problem]).toEqual([40, expect.stringContaining('within 120 s.')])
  })

  it.each([
    ['there is a higher version', 'a\trefs/tags/v1.10.0\na\trefs/tags/v1.2.3', 'v1.10.0'],
    ['origin has no tags', '', 'unknown']
  ])('leaves the major tag where it is if %s', async (_title, tags, newest) => {
    const { called, problem } = await published({ tags })
    expect(problem).toBe(`v1 does not move, because the newest release is ${newest}.`)
    expect(called.at(-1)).toBe(CALLS[4])
  })
})

describeUnix('npm run release', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  let folder: string
  let clone: string

  const env = () => ({
    ...process.env,
    ...{ PATH: [folder, process.env['PATH']].join(delimiter) },
    ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  })
  /** Runs the words of `command`, with `last` behind them, and returns what it prints. */
  const git = (command: string, ...last: string[]): string => {
    const options = { cwd: clone, env: env(), encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', [...command.split(' '), ...last], options).trim()
  }
  const change = (file: string, text: string): void => write(join(clone, file), text)
  const stub = (name: string, script: string): void => writeCommand(join(folder, name), script)

  function release(...args: string[]) {
    const command = ['--import', tsx, join(root, 'scripts/release.ts'), ...args]
    const options = { cwd: clone, env: env(), encoding: 'utf8' } as const
    const { status, stderr } = spawnSync(process.execPath, command, options)
    return { status, errors: stderr.trim().split('\n') }
  }

  /** A clone whose `main` can be released as 1.2.3, with stubs of `gh` and of what signs. */
  beforeEach(() => {
    folder = scratch('release')
    clone = join(folder, 'clone')
    const listed = `case "$*" in 'run list'*) echo 7 ;; esac`
    stub('gh', `echo "$*" >>'${folder}/log'\n${listed}\ntest ! -e '${folder}/down'`)
    stub('sign', `cat >/dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\necho signature`)
    for (const place of ['.github', 'docs', 'examples']) change(`${place}/a.yml`, '')
    change('package.json', JSON.stringify({ version: '1.2.3', scripts: { 'check:dist': 'git --version' } }))
    change('src/lib/version.ts', "export const VERSION = '1.2.3'\n")
    change('CHANGELOG.md', CHANGELOG)
    git('init --quiet --bare --initial-branch=main ../origin')
    git('init --quiet --initial-branch=main')
    git('remote add origin ../origin')
    git('config user.name a')
    git('config user.email a@acme.example')
    git('config gpg.program', join(folder, 'sign'))
    git('add --all')
    git('commit --quiet --message=Everything')
    git('push --quiet origin main')
  })

  it('makes a signed tag, waits for its release, and moves v1 to it', () => {
    expect(release('1.2.3').status).toBe(0)
    expect(git('cat-file -p v1.2.3')).toMatch(/\nsignature$/)
    const head = git('rev-parse HEAD')
    expect(git('ls-remote origin v1 v1.2.3^{}')).toBe(`${head}\trefs/tags/v1\n${head}\trefs/tags/v1.2.3^{}`)
    expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(
      /^auth status\nrun list .*\nrun watch 7 --exit-status\nrelease verify v1\.2\.3\n$/
    )
  })

  it('names each reason not to release, and makes no tag', () => {
    git('commit --quiet --allow-empty --message=Unpushed')
    git('checkout --quiet -b topic')
    git('tag v2.0.0')
    change('package.json', JSON.stringify({ version: '1.0.0' }))
    change('src/lib/version.ts', '')
    change('README.md', 'By <owner>, ask <contact>')
    change('../down', '')
    const { status, errors } = release('2.0.0')
    expect(status).toBe(1)
    expect(errors).toEqual([
      'The branch is topic: run `git switch main`.',
      'Commit or remove first:',
      expect.stringMatching(/^ ?M package\.json/),
      ' M src/lib/version.ts',
      '?? README.md',
      'This is not the newest commit of main at origin: run `git pull`.',
      'v2.0.0 exists, and never moves: release another version, or use --resume.',
      'package.json has the version 1.0.0.',
      'src/lib/version.ts has the version none.',
      'CHANGELOG.md has no heading "## [2.0.0] - " with the date.',
      'Run `npm run set-owner` for README.md.',
      'dist/ is not what src/ gives: run `npm run build`, and merge that first.',
      'GitHub CLI is not installed or not logged in: run `gh auth login`.'
    ])
    expect(git('tag')).toBe('v2.0.0')
  })

  it('refuses a tag that only origin has', () => {
    git('tag v1.2.3')
    git('push --quiet origin v1.2.3')
    git('tag --delete v1.2.3')
    expect(release('1.2.3')).toEqual({ status: 1, errors: [expect.stringMatching(/^v1\.2\.3 exists/)] })
  })

  it('says how to continue, and continues with the tag that it made', () => {
    stub('gh', `test ! -e '${folder}/origin/refs/tags/v1.2.3'`)
    const { status, errors } = release('1.2.3')
    expect(status).toBe(1)
    expect(errors).toContain('Stopped. When the cause is gone: npm run release -- 1.2.3 --resume')
    expect(git('ls-remote origin v1')).toBe('')
    const tag = git('rev-parse v1.2.3')
    stub('gh', 'echo 7')
    expect(release('1.2.3', '--resume').status).toBe(0)
    expect(git('rev-parse v1.2.3')).toBe(tag)
    expect(git('ls-remote origin v1')).not.toBe('')
  })
})
