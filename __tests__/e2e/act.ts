import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { parse, stringify } from 'yaml'
import { actionStubs } from './action-stubs.ts'

/** A line of act's log. */
interface Entry {
  msg: string
  step?: string
  stage?: 'Pre' | 'Main' | 'Post'
  stepResult?: 'success' | 'failure' | 'skipped'
  command?: string
  /** What a step wrote to the job summary. */
  content?: string
  /** Set for what a step printed. */
  raw_output?: boolean
}

export type ActRun = ReturnType<typeof readLog>

/** How to run one workflow. */
export interface Job {
  workflow: string
  vars?: Record<string, string>
  secrets?: Record<string, string>
  /** For every step; `PATH` is put first. */
  env?: Record<string, string>
  event?: object
  /** Which of its jobs to run; all by default. */
  job?: string
  /** Cancels the job when a step has printed this. */
  cancelAt?: string
  /** More files of the repository, by path. */
  files?: Record<string, string>
  /** Shell scripts that replace commands, by name. */
  commands?: Record<string, string>
}

const root = join(import.meta.dirname, '../..')
const TIME_LIMIT = 120_000

/** Runs workflows with act, without containers. */
export class Act {
  readonly #folder: string
  readonly #action: string

  /** @param folder for its files; the caller removes it */
  constructor(folder: string) {
    this.#folder = folder
    this.#action = join(folder, 'action')
    copyAction(this.#action)
  }

  async run(job: Job): Promise<ActRun> {
    const folder = mkdtempSync(join(this.#folder, 'run-'))
    const repository = join(folder, 'repository')
    const workflow = '.github/workflows/workflow.yml'
    copyAction(repository, '__tests__/e2e/actions')
    write(repository, { ...job.files, [workflow]: job.workflow })
    makeRepository(repository)
    write(folder, {
      'vars.yml': stringify(job.vars ?? {}),
      'secrets.yml': stringify(job.secrets ?? {}),
      'event.json': JSON.stringify(job.event ?? {})
    })
    mkdirSync(join(folder, 'home'))

    const args = [
      ...[eventOf(job.workflow), '--json'],
      ...['--platform', 'ubuntu-latest=-self-hosted', '--workflows', workflow],
      ...['--action-offline-mode', '--pull=false', '--no-cache-server'],
      ...['--action-cache-path', join(folder, 'cache')],
      ...(job.job === undefined ? [] : ['--job', job.job]),
      ...['--var-file', join(folder, 'vars.yml'), '--secret-file', join(folder, 'secrets.yml')],
      ...['--eventpath', join(folder, 'event.json')],
      ...localRepositories([job.workflow, ...Object.values(job.files ?? {})], folder, this.#action)
    ]
    const path = [makeCommands(join(folder, 'bin'), job.commands), job.env?.['PATH'], process.env['PATH']]
    const child = spawn(process.env['ACT_BIN'] ?? 'act', args, {
      cwd: repository,
      // Steps inherit all of this.
      env: {
        ...job.env,
        PATH: path.filter((part) => part !== undefined).join(delimiter),
        HOME: join(folder, 'home'),
        XDG_CONFIG_HOME: join(folder, 'home/.config'),
        XDG_CACHE_HOME: join(folder, 'home/.cache'),
        LANG: 'C.UTF-8'
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIME_LIMIT
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part
      const isDue = job.cancelAt !== undefined && stdout.includes(`"msg":"${job.cancelAt}`)
      if (isDue && !child.killed) child.kill('SIGINT')
    })
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
    return readLog(stdout, stderr, child.exitCode)
  }
}

/** The files that a repository needs for this action to run from it. */
function copyAction(folder: string, ...more: string[]): void {
  for (const path of ['action.yml', 'sweep', 'dist', ...more])
    cpSync(join(root, path), join(folder, path), { recursive: true })
}

function write(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

function makeRepository(cwd: string): void {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  const user = ['-c', 'user.name=e2e', '-c', 'user.email=e2e@acme.example']
  const git = (command: string): unknown =>
    execFileSync('git', [...user, ...command.split(' ')], { cwd, env, stdio: 'pipe' })
  git('init --quiet --initial-branch=main')
  git('add --all')
  git('commit --quiet --message=Everything')
  git('remote add origin https://github.com/acme/support')
}

/** A folder for the path with `commands` and this Node: act runs `node24` actions with the first `node`. */
function makeCommands(folder: string, commands: Record<string, string> = {}): string {
  mkdirSync(folder)
  symlinkSync(process.execPath, join(folder, 'node'))
  for (const [name, script] of Object.entries(commands))
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return folder
}

function eventOf(workflow: string): string {
  const { on } = parse(workflow) as { on: string | Record<string, unknown> }
  if (typeof on === 'string') return on
  return 'workflow_dispatch' in on ? 'workflow_dispatch' : Object.keys(on)[0]!
}

/** Lets act take this action, and stubs of the actions of others, from local folders. */
function localRepositories(texts: string[], folder: string, action: string): string[] {
  const uses = /\buses: ([\w-]+\/([\w-]+))(?:\/[\w/-]+)?@(\S+)/g
  const used = texts.flatMap((text) => [...text.matchAll(uses)])
  return used.flatMap(([, repository = '', name = '', ref = '']) => {
    // act has its own: it copies the repository.
    if (repository === 'actions/checkout') return []
    if (name === 'create-zendesk-token') return ['--local-repository', `${repository}@${ref}=${action}`]
    const stub = actionStubs[repository]
    if (stub === undefined) throw new Error(`${repository} has no stub in action-stubs.ts`)
    const path = join(folder, 'stubs', name)
    write(path, { 'action.yml': stringify(stub) })
    return ['--local-repository', `${repository}@${ref}=${path}`]
  })
}

function readLog(stdout: string, stderr: string, exitCode: number | null) {
  const lines = stdout.split('\n').filter((line) => line !== '')
  const entries = lines.map((line): Entry => {
    const entry = line.startsWith('{') ? (JSON.parse(line) as Entry) : { msg: line }
    // act gives the steps a terminal, so some of them print in colour.
    return { ...entry, msg: stripVTControlCharacters(entry.msg).trimEnd() }
  })
  const summaries = entries.flatMap(({ command, content }) => (command === 'summary' ? [content ?? ''] : []))
  return {
    exitCode,
    entries,
    /** All that a reader of the log and of the summaries sees; other fields are act's own, which it does not mask. */
    text: [...entries.map(({ msg }) => msg), ...summaries, stderr].join('\n'),
    /** What the steps printed, line by line. */
    printed: entries.filter((entry) => entry.raw_output).map(({ msg }) => msg),
    summaries,
    /** `step: result` of every post step that ran, in order. */
    posts: entries.flatMap(({ stage, step, stepResult }) =>
      stage === 'Post' && stepResult !== undefined ? [`${step}: ${stepResult}`] : []
    )
  }
}
