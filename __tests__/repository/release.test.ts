import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeEach, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { scratch } from '../support/scratch.ts'
import { describeUnix, read, write, writeCommand } from './files.ts'

const { jobs } = parse(read('.github/workflows/release.yml')) as {
  jobs: Record<string, { steps: { name: string; run?: string }[] }>
}

describeUnix('the release workflow', () => {
  /** Holds the repository `acme`, with a commit on main and one on another branch, and a clone as of its tag. */
  let folder: string

  const bash = (script: string, cwd: string, env: Record<string, string> = {}): number | null => {
    const options = { cwd, env: { ...process.env, ...env } }
    return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], options).status
  }

  beforeEach(() => {
    folder = scratch('release')
    const changes = '## [1.2.3] - 2027-01-31\n\n- New\n\n## [1.2.2] - 2027-01-01\n\n- Old\n'
    write(join(folder, 'acme/CHANGELOG.md'), changes)
    const git = 'git -c user.name=a -c user.email=a@acme.example -c commit.gpgsign=false -c tag.gpgsign=false'
    const script = `
      git init --quiet --initial-branch main acme && cd acme
      echo '{ "version": "1.2.3" }' >package.json && git add .
      ${git} commit --quiet --message one
      ${git} tag --annotate v1.2.3 --message v1.2.3
      git checkout --quiet -b other
      ${git} commit --quiet --allow-empty --message two
      git clone --quiet "file://$PWD" ../clone && git -C ../clone checkout --quiet v1.2.3`
    expect(bash(script, folder)).toBe(0)
  })

  function step(name: string, env: Record<string, string> = {}): number | null {
    const { run } = Object.values(jobs)
      .flatMap(({ steps }) => steps)
      .find((each) => each.name === name)!
    const tag = { GITHUB_REF: 'refs/tags/v1.2.3', TAG: 'v1.2.3' }
    const github = { ...tag, GITHUB_REPOSITORY: 'acme', GITHUB_SERVER_URL: `file://${folder}` }
    return bash(run!, join(folder, 'clone'), { ...github, ...env })
  }

  const ON_MAIN = 'The tag is on main'
  const SAME_VERSION = 'The tag, package.json and CHANGELOG.md name the same version'
  const NO_PLACEHOLDER = 'No file has a placeholder for the owner'
  const STILL_THERE = 'The tag still names the commit that was checked'

  it('accepts a tag on main that has not moved', () => {
    const results = [ON_MAIN, SAME_VERSION, NO_PLACEHOLDER, STILL_THERE].map((name) => step(name))
    expect(results).toEqual([0, 0, 0, 0])
  })

  it.each([
    ['a tag whose commit is not on main', ON_MAIN, 'git -C clone checkout --quiet origin/other'],
    ['a tag that has moved', STILL_THERE, 'git -C acme tag --force v1.2.3 other'],
    ['a tag that is gone', STILL_THERE, 'git -C acme tag --delete v1.2.3'],
    ['another version', SAME_VERSION, `echo '{ "version": "1.2.2" }' >clone/package.json`],
    ['another changelog', SAME_VERSION, 'echo "## [1.2.2] - 2027-01-31" >clone/CHANGELOG.md'],
    ['a placeholder', NO_PLACEHOLDER, 'cd clone && echo "<owner>" >README.md && git add README.md']
  ])('refuses %s', (_what, name, change) => {
    expect(bash(change, folder)).toBe(0)
    expect(step(name)).toBeGreaterThan(0)
  })

  it("publishes the version's part of the changelog", () => {
    const BUNDLE = join(folder, 'bundle')
    writeCommand(join(folder, 'gh'), '')
    write(BUNDLE, '')
    expect(step('Release', { BUNDLE, PATH: `${folder}${delimiter}${process.env['PATH']!}` })).toBe(0)
    expect(readFileSync(join(folder, 'clone/notes.md'), 'utf8').trim()).toBe('- New')
  })
})
