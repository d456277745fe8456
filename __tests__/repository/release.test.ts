import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const describeBash = process.platform === 'win32' ? describe.skip : describe

interface Job {
  steps: { name: string; run?: string }[]
}
const { jobs } = parse(read('.github/workflows/release.yml')) as { jobs: Record<'check' | 'release', Job> }

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function bash(script: string, cwd: string, env: Record<string, string> = {}): number | null {
  const options = { cwd, env: { ...process.env, ...env } }
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], options).status
}

describeBash('the release workflow', () => {
  const url = (): string => `file://${folder}`
  const clone = (): string => join(folder, 'clone')
  const changelog = '## [1.2.3] - 2027-01-31\n\n- New\n\n## [1.2.2] - 2027-01-01\n\n- Old\n'

  /** Runs a step in a clone of the repository, as of its tag. */
  function step(job: keyof typeof jobs, name: RegExp, env: Record<string, string> = {}): number | null {
    const { run } = jobs[job].steps.find((each) => name.test(each.name))!
    return bash(run!, clone(), {
      GITHUB_REF: 'refs/tags/v1.2.3',
      GITHUB_REPOSITORY: 'acme',
      GITHUB_SERVER_URL: url(),
      TAG: 'v1.2.3',
      ...env
    })
  }

  /** A repository with a commit on main, and one on another branch. */
  function repository(tagged: 'main' | 'other'): void {
    const git = 'git -c user.name=a -c user.email=a@acme.example -c commit.gpgsign=false -c tag.gpgsign=false'
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
    const script = `
      git init --quiet --initial-branch main acme && cd acme
      mv ../CHANGELOG.md . && echo '{ "version": "1.2.3" }' >package.json && git add .
      ${git} commit --quiet --message one
      git checkout --quiet -b other
      ${git} commit --quiet --allow-empty --message two
      ${git} tag --annotate v1.2.3 --message v1.2.3 ${tagged}
      git clone --quiet "${url()}/acme" ../clone && git -C ../clone checkout --quiet v1.2.3`
    expect(bash(script, folder)).toBe(0)
  }

  it('accepts a tag on main that has not moved', () => {
    repository('main')
    expect(step('check', /is on main/)).toBe(0)
    expect(step('check', /same version/)).toBe(0)
    expect(step('check', /placeholder/)).toBe(0)
    expect(step('release', /still names/)).toBe(0)
  })

  it('refuses a tag whose commit is not on main', () => {
    repository('other')
    expect(step('check', /is on main/)).toBe(1)
  })

  it('refuses a tag that has moved', () => {
    repository('main')
    expect(bash('git tag --force v1.2.3 other', join(folder, 'acme'))).toBe(0)
    expect(step('release', /still names/)).toBe(1)
  })

  it('refuses a tag that is gone', () => {
    repository('main')
    expect(bash('git tag --delete v1.2.3', join(folder, 'acme'))).toBe(0)
    expect(step('release', /still names/)).not.toBe(0)
  })

  it('refuses another version', () => {
    repository('main')
    expect(step('check', /same version/, { TAG: 'v1.2.2' })).toBe(1)
  })

  it('refuses a placeholder', () => {
    repository('main')
    expect(bash(`echo 'uses: <owner>/a@v1' >README.md && git add README.md`, clone())).toBe(0)
    expect(step('check', /placeholder/)).toBe(1)
  })

  it("publishes the version's part of the changelog", () => {
    repository('main')
    const gh = join(folder, 'gh')
    writeFileSync(gh, '#!/bin/sh\n')
    chmodSync(gh, 0o755)
    writeFileSync(join(folder, 'bundle'), '')
    const PATH = `${folder}${delimiter}${process.env['PATH']!}`
    expect(step('release', /^Release$/, { BUNDLE: join(folder, 'bundle'), PATH })).toBe(0)
    expect(readFileSync(join(clone(), 'notes.md'), 'utf8').trim()).toBe('- New')
  })
})
