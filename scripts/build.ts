/*
 * Builds dist/ from src/: all code in one readable file, and an entry of one line for each step.
 *
 *   npm run build        writes dist/
 *   npm run check:dist   fails if dist/ differs from what src/ gives
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ncc from '@vercel/ncc'
import { firstLine } from './dist-inputs.ts'
import { commentsOf, tidy } from './tidy.ts'
import { withoutUnusedFunctions, withoutUnusedMethods } from './unused-code.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** Loading `fs.promises` takes 3 ms; @actions/core does it at every start, for the few that write a job summary. */
const EAGER = 'const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;'
const LAZY = `const [access, appendFile, writeFile] = ['access', 'appendFile', 'writeFile'].map((name) =>
    (...args) => external_fs_namespaceObject.promises[name](...args));`

async function build(): Promise<Map<string, string>> {
  // CommonJS: Node starts it 2 to 4 ms faster than an ES module, a tenth of a bare process.
  const { code, assets } = await ncc(join(root, 'src/index.ts'), {
    esm: false,
    cache: false,
    quiet: true,
    target: 'es2022',
    license: 'licenses.txt'
  })
  // If a module is missing, ncc says so only in the bundle.
  const missing = /webpackMissingModule|eval\("require"\)|@@notfound/.exec(code)
  if (missing !== null) throw new Error(`a module was not found: dist/index.cjs would contain ${missing[0]}`)
  const parts = code.replaceAll('\r\n', '\n').split(EAGER)
  if (parts.length !== 2) throw new Error(`expected once in dist/index.cjs: ${EAGER}`)
  const ours = ourComments()
  // The names of modules are comments, too.
  const isKept = (comment: string): boolean => ours.has(comment) || /^\/\/ [A-Z]+ MODULE: /.test(comment)
  const bundle = withoutUnusedFunctions(tidy(withoutUnusedMethods(parts.join(LAZY)), isKept))
  const files = new Map([['index.cjs', bundle]])
  for (const [name, { source }] of Object.entries(assets)) files.set(name, source.toString())
  for (const step of ['main', 'post', 'sweep']) files.set(`${step}.cjs`, `require('./index.cjs').${step}()\n`)
  for (const [name, text] of files) files.set(name, text.replaceAll('\r\n', '\n'))
  files.set('index.cjs', firstLine(root) + files.get('index.cjs')!)
  return files
}

/** The comments of src/ and stubs/. */
function ourComments(): Set<string> {
  const files = ['src', 'stubs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.c?[jt]s$/.test(name))
      .map((name) => join(root, folder, name))
  )
  return new Set(files.flatMap((path) => commentsOf(readFileSync(path, 'utf8'))))
}

function differences(files: Map<string, string>): string[] {
  const committed = existsSync(dist) ? readdirSync(dist) : []
  const names = new Set([...files.keys(), ...committed])
  return [...names].filter(
    (name) => !committed.includes(name) || readFileSync(join(dist, name), 'utf8') !== files.get(name)
  )
}

const files = await build().catch((error: unknown) => {
  // Node would print the line of ncc's own bundle that threw, which has three megabytes.
  console.error((error as Error).message)
  process.exit(1)
})
if (process.argv.includes('--check')) {
  const stale = differences(files)
  if (stale.length > 0) {
    console.error(`dist/ is not what src/ gives (${stale.join(', ')}): run \`npm run build\` and commit it`)
    process.exit(1)
  }
  console.log('dist/ is fresh')
} else {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist)
  for (const [name, text] of files) writeFileSync(join(dist, name), text)
  console.log([...files].map(([name, text]) => `dist/${name}  ${Buffer.byteLength(text)} bytes`).join('\n'))
}
