import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { ERRORS } from '../src/messages.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))
]

/** The anchors that GitHub gives to the headings of a document. */
function anchors(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
  )
}

describe('the documents', () => {
  it.each(Object.entries(ERRORS))('explain the error %s under its own words', (_name, { says }) => {
    expect(read('docs/troubleshooting.md').split('\n')).toContain(`### ${says}`)
  })

  it('have a paragraph only for words that the code says', () => {
    const headings = [...read('docs/troubleshooting.md').matchAll(/^### (.*)$/gm)].map(
      ([, heading = '']) => heading
    )
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const code = sources.filter((name) => name.endsWith('.ts')).map((name) => read(join('src', name)))
    const said = code
      .join('\n')
      .replaceAll(/\$\{variable\}/g, 'GITHUB_STATE')
      .replaceAll('\\`', '`')
      .replaceAll("\\'", "'")
    expect(headings.filter((heading) => !said.includes(heading))).toEqual([])
  })

  it('have the tables of the README as action-docs makes them from the manifests', () => {
    const copy = mkdtempSync(join(tmpdir(), 'docs-'))
    try {
      for (const name of ['README.md', 'action.yml', 'sweep'])
        cpSync(join(root, name), join(copy, name), { recursive: true })
      const { docs } = (JSON.parse(read('package.json')) as { scripts: { docs: string } }).scripts
      for (const command of docs.split(' && ')) {
        const [, ...args] = command.split(' ')
        const cli = join(root, 'node_modules/action-docs/lib/cli.js')
        expect(spawnSync(process.execPath, [cli, ...args], { cwd: copy, encoding: 'utf8' })).toMatchObject({
          status: 0
        })
      }
      expect(read('README.md')).toBe(readFileSync(join(copy, 'README.md'), 'utf8'))
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  })

  it.each(documents)('have no dead link in %s', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = '']) => link)
    const dead = links.filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchors(target).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it.each(documents)('name only npm scripts that there are in %s', (path) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(path).matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script = '']) => script)
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })

  it.each(documents)('point to every file of the project by its right name in %s', (path) => {
    const named = [
      ...read(path).matchAll(/`((?:src|docs|examples|scripts|mock|__tests__|sweep|stubs)\/[\w./-]*)`/g)
    ]
    expect(named.map(([, file = '']) => file).filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})
