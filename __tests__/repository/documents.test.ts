import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { demo } from '../../mock/demo.ts'
import '../support/fresh-dist.ts'
import { startZendesk, type Zendesk } from '../../mock/zendesk.ts'
import { CAUSES } from '../../src/zendesk/http/zendesk-error.ts'
import { scratch } from '../support/scratch.ts'
import { all, describeUnix, read, root, writeCommand } from './files.ts'

const documents = ['.', 'docs'].flatMap((folder) =>
  readdirSync(join(root, folder)).flatMap((name) => (name.endsWith('.md') ? join(folder, name) : []))
)

/** A document without its fenced code. */
function prose(path: string): string {
  return read(path).replaceAll(/^ *```[^]*?^ *```$/gm, '')
}

/** The anchors that GitHub gives to the headings of a document. */
function anchors(path: string): string[] {
  const headings = all(prose(path).toLowerCase(), /^#+ (.*)$/gm)
  return headings.map((heading) => heading.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'))
}

/** The fenced shell code of a document, without the indentation of a list. */
function shellCode(path: string): string[] {
  return [...read(path).matchAll(/^( *)```sh\n([^]*?)^ *```$/gm)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
  )
}

describe('docs/troubleshooting.md', () => {
  const headings = all(read('docs/troubleshooting.md'), /^### `(.*)`$/gm)

  it('explains each error under its own words', () => {
    expect(Object.values(CAUSES).filter((cause) => !headings.includes(cause))).toEqual([])
  })

  it('explains only what the code says', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const said = sources
      .flatMap((name) => (name.endsWith('.ts') ? read(join('src', name)) : []))
      .join('\n')
      .replaceAll('${variable}', 'GITHUB_STATE')
      .replaceAll(/\\([`'])/g, '$1')
    const isUnsaid = (heading: string): boolean =>
      heading.split('…').some((part) => !said.includes(part.trim()))
    expect(headings.filter(isUnsaid)).toEqual([])
  })
})

describe('README.md', () => {
  type Input = Partial<{ default: string; required: boolean }>
  type Manifest = Record<'inputs', Record<string, Input>> & Record<'outputs', object>
  const main = parse(read('action.yml')) as Manifest
  const sweep = parse(read('sweep/action.yml')) as Manifest

  const section = (heading: string): string =>
    read('README.md').split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const inputsIn = (text: string): [string, string][] =>
    [...text.matchAll(/^\| `([a-z-]+)` +\| (?:`([^`]+)`|(none|required)) +\| .*\|.*\|$/gm)].map(
      ([, name = '', value = '', words = '']) => [name, value || words]
    )
  const outputsIn = (text: string): string[] => all(text, /^\| `([a-z-]+)` +\| [^|]+\| [^|]+\|$/gm)
  const valueOf = ({ required, default: value = 'none' }: Input): string => (required ? 'required' : value)
  const inputsOf = ({ inputs }: Manifest): [string, string][] =>
    Object.entries(inputs).map(([name, input]) => [name, valueOf(input)])

  it('has each input of action.yml once, with its default, and each output', () => {
    expect(inputsIn(section('Inputs')).sort()).toEqual(inputsOf(main).sort())
    expect(outputsIn(section('Outputs'))).toEqual(Object.keys(main.outputs))
  })

  it('has each input of sweep/action.yml once, in its table or as one that both share, and each output', () => {
    const own = inputsIn(section('Sweep'))
    const shared = all(all(section('Sweep'), /^The inputs ([^.]*) are the same/gms)[0]!, /`([a-z-]+)`/g)
    expect([...own.map(([name]) => name), ...shared].sort()).toEqual(Object.keys(sweep.inputs).sort())
    expect(inputsOf(sweep)).toEqual(expect.arrayContaining(own))
    const defaults = ({ inputs }: Manifest): unknown[] => shared.map((name) => inputs[name]?.default)
    expect(defaults(sweep)).toEqual(defaults(main))
    expect(outputsIn(section('Sweep'))).toEqual(Object.keys(sweep.outputs))
  })

  it('shows the log that the demo prints, but for the port', async () => {
    const lines: string[] = []
    await demo(root, (line) => lines.push(line.replace(/^ {3}/, '')))
    const withoutPort = (text: string): string => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
    const [log = ''] = all(read('README.md'), /^```text\n(▾[^]*?)^```$/gm)
    expect(withoutPort(lines.join('\n'))).toContain(withoutPort(log))
  })
})

describe.each(documents)('%s', (path) => {
  it('names only links, files and npm scripts that exist, and begins no list with a status or a year', () => {
    const isDead = (link: string): boolean => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor))
    }
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object }
    const links = all(read(path), /\]\((?!https?:|mailto:)([^)\s]+)\)/g)
    const files = all(read(path), /`((?:src|docs|examples|scripts|mock|__tests__|sweep|stubs)\/[\w./-]*)`/g)
    const called = all(read(path), /npm run ([a-z][\w:-]*)/g)
    expect({
      links: links.filter(isDead),
      files: files.filter((file) => !existsSync(join(root, file))),
      scripts: called.filter((script) => !(script in scripts)),
      // A line that begins with a status ("401. With …") becomes a numbered list.
      lists: all(prose(path), /^ *(\d{3,}\. .*)$/gm)
    }).toEqual({ links: [], files: [], scripts: [], lists: [] })
  })
})

describeUnix('bash can parse the shell code of', () => {
  it.each(documents)('%s', (path) => {
    for (const input of shellCode(path))
      expect(spawnSync('bash', ['-n'], { input, encoding: 'utf8' }).stderr).toBe('')
  })
})

describeUnix('the commands in docs/authentication.md', () => {
  const commands = shellCode('docs/authentication.md').filter((code) => code.includes('"$ZENDESK_URL/'))
  let zendesk: Zendesk
  let folder: string

  beforeEach(async () => {
    zendesk = await startZendesk({ clients: [] })
    folder = scratch('bin')
    writeCommand(join(folder, 'gh'), 'echo "$@" >> "$0.log"\n[ "$1" != secret ] || cat > "$0.secret"')
  })
  afterEach(() => zendesk.close())

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
    const client = { client_id: 'ci_bot', client_secret: secret, scope: 'tickets:read' }
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...client })
    return (await fetch(`${zendesk.url}/oauth/tokens`, { method: 'POST', body })).ok
  }

  it('create a client, then rotate its secret, and store a secret that mints each time', async () => {
    expect(commands).toHaveLength(2)
    const first = await run(commands[0]!)
    expect(await mints(first)).toBe(true)
    const second = await run(commands[1]!)
    expect([await mints(first), await mints(second)]).toEqual([false, true])
    expect(readFileSync(join(folder, 'gh.log'), 'utf8').split('\n')).toEqual([
      'secret set ZENDESK_CLIENT_SECRET',
      'variable set ZENDESK_CLIENT_ID --body ci_bot',
      'variable set ZENDESK_SUBDOMAIN --body acme',
      'secret set ZENDESK_CLIENT_SECRET',
      ''
    ])
  })

  it('fail and store nothing if Zendesk refuses', async () => {
    for (const command of commands) await expect(run(command, 'a-wrong-api-token')).rejects.toThrow()
    expect(existsSync(join(folder, 'gh.log'))).toBe(false)
  })
})
