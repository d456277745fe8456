/*
 * Releases the newest commit of `main`: tags it, waits for the release workflow, and moves the major tag to it.
 *
 *   npm run release -- 1.2.3
 *   npm run release -- 1.2.3 --resume   if it stopped after it had made the tag
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { filesWithPlaceholder } from './set-owner.ts'

/** What decides whether a commit may be released. */
export interface Facts {
  /** The branch that is checked out; empty if there is none. */
  branch: string
  /** The uncommitted files, as `git status --porcelain` lists them. */
  uncommitted: string
  /** The commit that is checked out. */
  head: string
  /** The newest commit of `main` at origin. */
  remoteMain: string
  /** Whether the clone or origin has the tag of this release. */
  isTagged: boolean
  packageVersion: string
  /** The version in `src/lib/version.ts`. */
  sourceVersion: string
  changelog: string
  /** The files in which `npm run set-owner` has something to replace. */
  withoutOwner: string[]
  isDistFresh: boolean
  /** Whether GitHub CLI is installed and logged in. */
  isLoggedIn: boolean
}

/** How commands are run. Their arguments contain no spaces. */
export interface Tools {
  /** Shows what the command prints. Throws if it fails. */
  run: (command: string) => void
  /** Returns what the command prints. Throws if it fails. */
  read: (command: string) => string
  /** Returns after so many milliseconds. */
  sleep: (milliseconds: number) => Promise<unknown>
}

const START_ATTEMPTS = 40
const START_PAUSE = 3000

/** Why a commit cannot be released as `version`, and what to do; one sentence for each reason. */
export function refusals(version: string, facts: Facts): string[] {
  const { branch, uncommitted, packageVersion, sourceVersion, withoutOwner } = facts
  const notes = notesOf(version, facts.changelog)
  const reasons: [applies: boolean, sentence: string][] = [
    [branch !== 'main', `The branch is ${branch || 'none'}: run \`git switch main\`.`],
    [uncommitted !== '', `Commit or remove first:\n${uncommitted}`],
    [facts.head !== facts.remoteMain, 'This is not the newest commit of main at origin: run `git pull`.'],
    [facts.isTagged, `v${version} exists, and never moves: release another version, or use --resume.`],
    [packageVersion !== version, `package.json has the version ${packageVersion}.`],
    [sourceVersion !== version, `src/lib/version.ts has the version ${sourceVersion}.`],
    [notes === undefined, `CHANGELOG.md has no heading "## [${version}] - " with the date.`],
    [notes === '', `CHANGELOG.md lists nothing for ${version}.`],
    [withoutOwner.length > 0, `Run \`npm run set-owner\` for ${withoutOwner.join(', ')}.`],
    [!facts.isDistFresh, 'dist/ is not what src/ gives: run `npm run build`, and merge that first.'],
    [!facts.isLoggedIn, 'GitHub CLI is not installed or not logged in: run `gh auth login`.']
  ]
  return reasons.flatMap(([applies, sentence]) => (applies ? [sentence] : []))
}

/** What the release workflow publishes as notes; undefined if the version has no heading with a date. */
function notesOf(version: string, changelog: string): string | undefined {
  const heading = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm')
  const [, after] = changelog.split(heading)
  return after?.split(/^(?:## |\[[^\]]*\]: )/m)[0]?.trim()
}

/**
 * Pushes the tag of a version, waits for its release, and moves the major tag to it.
 *
 * @throws if a command fails, the release workflow does not start, or a higher version of the same major exists
 */
export async function publish(version: string, tools: Tools): Promise<void> {
  const tag = `v${version}`
  const major = tag.replace(/\..*/, '')
  tools.run(`git push origin ${tag}`)
  tools.run(`gh run watch ${await startedRun(tag, tools)} --exit-status`)
  tools.run(`gh release verify ${tag}`)
  const released = tools.read(`git ls-remote --tags --refs --sort=-version:refname origin ${major}.*`)
  const newest = /refs\/tags\/(.*)/.exec(released)?.[1] ?? 'unknown'
  if (newest !== tag) throw new Error(`${major} does not move, because the newest release is ${newest}.`)
  tools.run(`git tag --force ${major} ${tag}^{}`)
  tools.run(`git push --force origin ${major}`)
}

/** The id of the run that the push of a tag has started. */
async function startedRun(tag: string, { read, sleep }: Tools): Promise<string> {
  const list = `gh run list --workflow release.yml --branch ${tag} --limit 1 --json databaseId --jq .[].databaseId`
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const id = read(list)
    if (id !== '') return id
    await sleep(START_PAUSE)
  }
  throw new Error(`The release workflow has not started within ${(START_ATTEMPTS * START_PAUSE) / 1000} s.`)
}

/** Reads the facts about a clone. It fetches `main` from origin, and builds dist/ without writing it. */
function factsOf(root: string, tag: string, { run, read }: Tools): Facts {
  const text = (path: string): string => readFileSync(join(root, path), 'utf8')
  const succeeds = (command: string): boolean =>
    spawnSync(command, { cwd: root, shell: true, stdio: 'ignore' }).status === 0
  run('git fetch --quiet origin main')
  return {
    branch: read('git branch --show-current'),
    uncommitted: read('git status --porcelain'),
    head: read('git rev-parse HEAD'),
    remoteMain: read('git rev-parse FETCH_HEAD'),
    isTagged: read(`git tag --list ${tag}`) + read(`git ls-remote --tags origin ${tag}`) !== '',
    packageVersion: (JSON.parse(text('package.json')) as { version: string }).version,
    sourceVersion: /VERSION = '(.*)'/.exec(text('src/lib/version.ts'))?.[1] ?? 'none',
    changelog: text('CHANGELOG.md'),
    withoutOwner: filesWithPlaceholder(root),
    isDistFresh: succeeds('npm run check:dist'),
    isLoggedIn: succeeds('gh auth status')
  }
}

function toolsIn(cwd: string): Tools {
  const execute = (command: string, stdout: 'inherit' | 'pipe'): string | null => {
    const [name = '', ...args] = command.split(' ')
    return execFileSync(name, args, { cwd, stdio: ['inherit', stdout, 'inherit'], encoding: 'utf8' })
  }
  return {
    run: (command) => execute(command, 'inherit'),
    read: (command) => execute(command, 'pipe')?.trim() ?? '',
    sleep
  }
}

/** @throws if they name no version of three numbers, or anything else */
export function parseArguments(args: string[]): { version: string; resume: boolean } {
  const options = { resume: { type: 'boolean', default: false } } as const
  const { positionals, values } = parseArgs({ args, options, allowPositionals: true })
  const [version = '', ...others] = positionals
  if (!/^\d+\.\d+\.\d+$/.test(version) || others.length > 0) {
    throw new Error('usage: npm run release -- 1.2.3 [--resume]')
  }
  return { version, resume: values.resume }
}

async function release(root: string, args: string[]): Promise<void> {
  const { version, resume } = parseArguments(args)
  const tag = `v${version}`
  const tools = toolsIn(root)
  if (!resume) {
    const reasons = refusals(version, factsOf(root, tag, tools))
    if (reasons.length > 0) throw new Error(reasons.join('\n'))
    tools.run(`git tag --sign ${tag} --message ${tag}`)
  }
  try {
    await publish(version, tools)
  } catch (error) {
    console.error(`Stopped. When the cause is gone: npm run release -- ${version} --resume`)
    throw error
  }
}

if (process.argv[1] === import.meta.filename) {
  await release(process.cwd(), process.argv.slice(2)).catch((error: unknown) => {
    console.error((error as Error).message)
    process.exitCode = 1
  })
}
