import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'

import { parse, stringify } from 'yaml'

import { standIns } from './stand-ins.ts'

/** A line of act's log. */
export interface Entry {
  msg: string
  job?: string
  /** The step's name. */
  step?: string
  stage?: 'Pre' | 'Main' | 'Post'
  stepResult?: 'success' | 'failure' | 'skipped'
  jobResult?: 'success' | 'failure'
  command?: string
  /** What a step wrote to the job summary. */
  content?: string
  /** Set for what a step printed. */
  raw_output?: boolean
}

/** What one run of a workflow left behind. */
export interface ActRun {
  exitCode: number | null
  entries: Entry[]
  /** Everything that a reader of the log and of the job summaries sees. */
  text: string
  /** What the steps printed, line by line. */
  printed: string[]
  summaries: string[]
  /** `step: result` of every post step that ran, in order. */
  posts: string[]
}

/** How to run one workflow. */
export interface Job {
  /** The text of the workflow. */
  workflow: string
  vars?: Record<string, string>
  secrets?: Record<string, string>
  /** For every step; `PATH` comes before what is there. */
  env?: Record<string, string>
  /** The inputs of `workflow_dispatch`. */
  inputs?: Record<string, string>
  /** Which of its jobs to run; all by default. */
  job?: string
  /** Cancels the job once a step has printed this. */
  cancelAt?: string
  /** More files of the repository, by path. */
  files?: Record<string, string>
  /** Shell scripts that stand before everything else on the path, by name. */
  commands?: Record<string, string>
}

const root = join(import.meta.dirname, '../..')
/** One run takes a second or two; those that install zcli ten. */
const timeLimit = 120_000

/**
 * act's binary: `ACT_BIN`, else the first on the path.
 *
 * @throws where `ACT_BIN` names none, for then it was meant to be there
 */
export function findAct(): string | undefined {
  const named = process.env['ACT_BIN']
  if (named) {
    if (!existsSync(named)) throw new Error(`ACT_BIN is ${named}, and there is no such file`)
    return named
  }
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'act'))
  return onPath.find((file) => existsSync(file))
}

/** Runs workflows with act on this machine itself, without containers and without the network. */
export class Act {
  readonly #binary: string
  readonly #folder: string
  readonly #action: string

  /** @param folder where everything is put; its owner removes it */
  constructor(binary: string, folder: string) {
    this.#binary = binary
    this.#folder = folder
    this.#action = join(folder, 'action')
    copyAction(this.#action)
  }

  async run(job: Job): Promise<ActRun> {
    const folder = mkdtempSync(join(this.#folder, 'run-'))
    const repository = join(folder, 'repository')
    const workflow = '.github/workflows/workflow.yml'
    copyAction(repository)
    cpSync(join(import.meta.dirname, 'actions'), join(repository, '__tests__/e2e/actions'), {
      recursive: true
    })
    write(repository, { ...job.files, [workflow]: job.workflow })
    makeRepository(repository)
    write(folder, {
      'vars.yml': stringify(job.vars ?? {}),
      'secrets.yml': stringify(job.secrets ?? {}),
      'event.json': JSON.stringify({ inputs: job.inputs ?? {} })
    })
    mkdirSync(join(folder, 'home'))

    const args = [
      eventOf(job.workflow),
      '--json',
      ...['--platform', 'ubuntu-latest=-self-hosted'],
      ...['--action-offline-mode', '--pull=false', '--no-cache-server'],
      ...['--action-cache-path', join(folder, 'cache')],
      ...['--workflows', workflow],
      ...(job.job === undefined ? [] : ['--job', job.job]),
      ...['--var-file', join(folder, 'vars.yml'), '--secret-file', join(folder, 'secrets.yml')],
      ...['--eventpath', join(folder, 'event.json')],
      ...localRepositories([job.workflow, ...Object.values(job.files ?? {})], folder, this.#action)
    ]
    const child = spawn(this.#binary, args, {
      cwd: repository,
      // Steps are given everything of this, so it is little.
      env: {
        ...job.env,
        PATH: [makeCommands(join(folder, 'bin'), job.commands), job.env?.['PATH'], process.env['PATH']]
          .filter((part) => part !== undefined)
          .join(delimiter),
        HOME: join(folder, 'home'),
        XDG_CONFIG_HOME: join(folder, 'home/.config'),
        XDG_CACHE_HOME: join(folder, 'home/.cache'),
        LANG: 'C.UTF-8'
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeLimit
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part
      const isDue = job.cancelAt !== undefined && stdout.includes(`"msg":"${job.cancelAt}`)
      if (isDue && !child.killed) child.kill('SIGINT')
    })
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve)
    })
    const [stderr, exitCode] = await Promise.all([text(child.stderr), closed])
    return readLog(stdout, stderr, exitCode)
  }
}

/** What a repository has to hold for this action to run from it. */
function copyAction(folder: string): void {
  for (const path of ['action.yml', 'sweep', 'dist']) {
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
}

function write(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

function makeRepository(folder: string): void {
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=e2e', '-c', 'user.email=e2e@acme.example', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      stdio: 'pipe'
    })
  }
  git('init', '--quiet', '--initial-branch=main')
  git('add', '--all')
  git('commit', '--quiet', '--message=Everything')
  git('remote', 'add', 'origin', 'https://github.com/acme/support')
}

/** A folder for the path: this very Node, for act runs `node24` actions with the first `node`, and `commands`. */
function makeCommands(folder: string, commands: Record<string, string> = {}): string {
  mkdirSync(folder)
  symlinkSync(process.execPath, join(folder, 'node'))
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

function eventOf(workflow: string): string {
  const { on } = parse(workflow) as { on: string | Record<string, unknown> }
  if (typeof on === 'string') return on
  return 'workflow_dispatch' in on ? 'workflow_dispatch' : Object.keys(on)[0]!
}

/** Folders in place of the repositories that the workflows use: this action, and stand-ins for others' actions. */
function localRepositories(texts: string[], folder: string, action: string): string[] {
  const uses = /\buses: ([\w-]+\/([\w-]+))(?:\/[\w/-]+)?@(\S+)/g
  const used = texts.flatMap((text) => [...text.matchAll(uses)])
  return used.flatMap(([, repository = '', name = '', ref = '']) => {
    // act itself takes the place of this one: it copies the repository.
    if (repository === 'actions/checkout') return []
    if (name === 'create-zendesk-token') return ['--local-repository', `${repository}@${ref}=${action}`]
    const standIn = standIns[repository]
    if (standIn === undefined) throw new Error(`There is no stand-in for ${repository}: see stand-ins.ts`)
    const path = join(folder, 'stand-ins', name)
    write(path, { 'action.yml': stringify(standIn) })
    return ['--local-repository', `${repository}@${ref}=${path}`]
  })
}

function readLog(stdout: string, stderr: string, exitCode: number | null): ActRun {
  const entries = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Entry => (line.startsWith('{') ? (JSON.parse(line) as Entry) : { msg: line }))
    // act gives the steps a terminal, so some of them print in colour.
    .map((entry) => ({ ...entry, msg: stripVTControlCharacters(entry.msg).trimEnd() }))
  const summaries = entries.flatMap(({ command, content }) => (command === 'summary' ? [content ?? ''] : []))
  // The other fields of an entry are act's own, and it does not mask them.
  const text = [...entries.map(({ msg }) => msg), ...summaries, stderr].join('\n')
  return {
    exitCode,
    entries,
    text,
    printed: entries.filter((entry) => entry.raw_output).map(({ msg }) => msg),
    summaries,
    posts: entries.flatMap(({ stage, step, stepResult }) =>
      stage === 'Post' && stepResult !== undefined ? [`${step}: ${stepResult}`] : []
    )
  }
}
