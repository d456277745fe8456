import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { demo } from '../../mock/demo.ts'
import '../support/fresh-dist.ts'
import { startZendesk, type Zendesk } from '../../mock/zendesk.ts'
import { CAUSES } from '../../src/zendesk/http/zendesk-error.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))
]
const itOnUnix = process.platform === 'win32' ? it.skip : it

/** The first group of every match. */
function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group = '']) => group)
}

/** A document without its fenced code. */
function prose(path: string): string {
  return read(path).replaceAll(/^ *```[^]*?^ *```$/gm, '')
}

/** The anchors that GitHub gives to the headings of a document. */
function anchors(path: string): string[] {
  return all(prose(path), /^#+ (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
  )
}

/** The fenced shell code of a document, without the indentation of a list. */
function shellCode(path: string): string[] {
  return [...read(path).matchAll(/^( *)```sh\n([^]*?)^ *```$/gm)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
  )
}

describe('docs/troubleshooting.md', () => {
  const headings = all(read('docs/troubleshooting.md'), /^### `(.*)`$/gm)

  it.each(Object.entries(CAUSES))('explains the error %s under its own words', (_kind, cause) => {
    expect(headings).toContain(cause)
  })

  it('explains only what the code says', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const said = sources
      .flatMap((name) => (name.endsWith('.ts') ? [read(join('src', name))] : []))
      .join('\n')
      .replaceAll('${variable}', 'GITHUB_STATE')
      .replaceAll(/\\([`'])/g, '$1')
    const wordsOf = (heading: string): string[] => heading.split('…').map((part) => part.trim())
    expect(headings.filter((heading) => !wordsOf(heading).every((part) => said.includes(part)))).toEqual([])
  })
})

describe('README.md', () => {
  interface Manifest {
    inputs: Record<string, { default?: string; required?: boolean }>
    outputs: object
  }
  const main = parse(read('action.yml')) as Manifest
  const sweep = parse(read('sweep/action.yml')) as Manifest

  const section = (heading: string): string =>
    read('README.md').split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const inputsIn = (text: string): [string, string][] =>
    [...text.matchAll(/^\| `([a-z-]+)` +\| (?:`([^`]+)`|(none|required)) +\| .*\|.*\|$/gm)].map(
      ([, name = '', value = '', words = '']) => [name, value || words]
    )
  const outputsIn = (text: string): string[] => all(text, /^\| `([a-z-]+)` +\| [^|]+\| [^|]+\|$/gm)
  const inputsOf = ({ inputs }: Manifest): [string, string][] =>
    Object.entries(inputs).map(([name, input]) => [
      name,
      input.required === true ? 'required' : (input.default ?? 'none')
    ])

  it('has each input of action.yml once, with its default', () => {
    expect(inputsIn(section('Inputs')).sort()).toEqual(inputsOf(main).sort())
  })

  it('has each output of action.yml once', () => {
    expect(outputsIn(section('Outputs'))).toEqual(Object.keys(main.outputs))
  })

  it('has each input of sweep/action.yml once, in its table or as one that both actions share', () => {
    const own = inputsIn(section('Sweep'))
    const [sentence = ''] = all(section('Sweep'), /^The inputs ([^.]*) are the same/gms)
    const shared = all(sentence, /`([a-z-]+)`/g)
    expect([...own.map(([name]) => name), ...shared].sort()).toEqual(Object.keys(sweep.inputs).sort())
    expect(inputsOf(sweep)).toEqual(expect.arrayContaining(own))
    expect(shared.map((name) => sweep.inputs[name]?.default)).toEqual(
      shared.map((name) => main.inputs[name]?.default)
    )
  })

  it('shows the log that the demo prints, but for the port', async () => {
    const lines: string[] = []
    await demo(root, (line) => lines.push(line.replace(/^ {3}/, '')))
    const withoutPort = (text: string): string => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
    const [log = ''] = all(read('README.md'), /^```text\n(▾[^]*?)^```$/gm)
    expect(withoutPort(lines.join('\n'))).toContain(withoutPort(log))
  })

  it('has each output of sweep/action.yml once', () => {
    expect(outputsIn(section('Sweep'))).toEqual(Object.keys(sweep.outputs))
  })
})

describe.each(documents)('%s', (path) => {
  it('has no dead link', () => {
    const links = all(read(path), /\]\((?!https?:|mailto:)([^)\s]+)\)/g)
    const dead = links.filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchors(target).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = all(read(path), /npm run ([a-z][\w:-]*)/g)
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })

  it('names only files that exist', () => {
    const named = all(read(path), /`((?:src|docs|examples|scripts|mock|__tests__|sweep|stubs)\/[\w./-]*)`/g)
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  // A line that begins with a status ("401. With …") becomes a numbered list.
  it('has no list that begins with a status or a year', () => {
    expect(all(prose(path), /^ *(\d{3,}\. .*)$/gm)).toEqual([])
  })

  itOnUnix('has only shell code that bash can parse', () => {
    const problems = shellCode(path).map(
      (code) => spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' }).stderr
    )
    expect(problems.filter((problem) => problem !== '')).toEqual([])
  })
})

describe('the commands in docs/authentication.md', () => {
  const commands = shellCode('docs/authentication.md').filter((code) => code.includes('"$ZENDESK_URL/'))
  let zendesk: Zendesk
  let folder: string

  beforeEach(async () => {
    zendesk = await startZendesk({ clients: [] })
    folder = mkdtempSync(join(tmpdir(), 'documents-'))
    writeFileSync(
      join(folder, 'gh'),
      '#!/bin/sh\necho "$@" >> "$0.log"\n[ "$1" != secret ] || cat > "$0.secret"\n'
    )
    chmodSync(join(folder, 'gh'), 0o755)
  })

  afterEach(async () => {
    await zendesk.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs a command, and returns the secret that it stored with `gh`. */
  async function run(command: string, apiToken = zendesk.credentials.apiToken): Promise<string> {
    await promisify(execFile)('bash', ['-c', command], {
      env: {
        PATH: [folder, process.env['PATH']].join(delimiter),
        ZENDESK_URL: zendesk.url,
        ZENDESK_EMAIL: zendesk.credentials.email,
        ZENDESK_API_TOKEN: apiToken
      }
    })
    return readFileSync(join(folder, 'gh.secret'), 'utf8')
  }

  async function mints(secret: string): Promise<boolean> {
    const grant = { grant_type: 'client_credentials', client_id: 'ci_bot', client_secret: secret }
    const response = await fetch(`${zendesk.url}/oauth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...grant, scope: 'tickets:read' })
    })
    await response.arrayBuffer()
    return response.ok
  }

  itOnUnix('create a client, then rotate its secret, and store a secret that mints each time', async () => {
    const [create = '', rotate = '', ...others] = commands
    expect(others).toEqual([])
    const first = await run(create)
    expect(await mints(first)).toBe(true)
    const second = await run(rotate)
    expect(await mints(second)).toBe(true)
    expect(await mints(first)).toBe(false)
    expect(readFileSync(join(folder, 'gh.log'), 'utf8').split('\n')).toEqual([
      'secret set ZENDESK_CLIENT_SECRET',
      'variable set ZENDESK_CLIENT_ID --body ci_bot',
      'variable set ZENDESK_SUBDOMAIN --body acme',
      'secret set ZENDESK_CLIENT_SECRET',
      ''
    ])
  })

  itOnUnix('fail and store nothing if Zendesk refuses', async () => {
    for (const command of commands) await expect(run(command, 'a-wrong-api-token')).rejects.toThrow()
    expect(existsSync(join(folder, 'gh.log'))).toBe(false)
  })
})
