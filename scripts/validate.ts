/*
 * Holds every workflow, every manifest and every YAML snippet of the documents to GitHub's own parser, and
 * every step that uses this action to the inputs and outputs of its manifest.
 *
 *   node scripts/validate.ts
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type * as LanguageService from '@actions/languageservice'
import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLMap
} from 'yaml'

/** What a manifest promises; `required` are the inputs that must be set, for they have no default. */
export interface Manifest {
  readonly inputs: readonly string[]
  readonly required: readonly string[]
  readonly outputs: readonly string[]
}

/** The manifests that a step can use, by their folder: `''` and `/sweep`. */
export type Manifests = ReadonlyMap<string, Manifest>

export interface Problem {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

/** A fenced block of a Markdown document. */
export interface Snippet {
  /** The line of its first line, counted from 1. */
  readonly line: number
  readonly text: string
}

/** YAML as GitHub would read it: as it stands, or with what a fragment lacks put around it. */
interface Source {
  readonly kind: 'workflow' | 'action'
  readonly text: string
  /** How many lines stand before those of the fragment. */
  readonly before: number
  /** A fragment may name a step or a job that it does not show, and a list of inputs is not all of them. */
  readonly shows: 'everything' | 'steps' | 'inputs'
}

const severityError = 1
const severityWarning = 2

/** The uses of this action: from its own repository or another's, with any owner. */
const ours = /^(?:\.|\$|[^/@\s]+\/create-zendesk-token)(\/sweep)?\/?(?:@\S+)?$/

const jobKeys = ['runs-on', 'steps', 'strategy', 'environment', 'needs', 'timeout-minutes', 'outputs', 'if']
const workflowKeys = ['on', 'permissions', 'concurrency', 'env', 'defaults']
const head = 'on: workflow_dispatch\n'
const noSteps = "    steps: [{ run: 'true' }]\n"

export function readManifest(text: string): Manifest {
  const { inputs = {}, outputs = {} } = parse(text) as {
    inputs?: Record<string, { required?: boolean; default?: string }>
    outputs?: Record<string, unknown>
  }
  const required = Object.entries(inputs).filter(([, input]) => input.required && input.default === undefined)
  return {
    inputs: Object.keys(inputs),
    required: required.map(([name]) => name),
    outputs: Object.keys(outputs)
  }
}

export function readManifests(root: string): Manifests {
  const read = (path: string): Manifest => readManifest(readFileSync(join(root, path), 'utf8'))
  return new Map([
    ['', read('action.yml')],
    ['/sweep', read('sweep/action.yml')]
  ])
}

/** The YAML snippets of a Markdown document, those inside lists included. */
export function snippets(markdown: string): Snippet[] {
  const found: Snippet[] = []
  let open: { indent: string; yaml: boolean; line: number; text: string[] } | undefined
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const fence = /^([\t >]*)```(\S*)\s*$/.exec(line)
    if (open === undefined) {
      const [, indent = '', language = ''] = fence ?? []
      if (fence) open = { indent, yaml: /^ya?ml$/.test(language), line: index + 2, text: [] }
    } else if (fence?.[2] === '') {
      if (open.yaml) found.push({ line: open.line, text: `${open.text.join('\n')}\n` })
      open = undefined
    } else {
      open.text.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart())
    }
  }
  return found
}

/**
 * Puts what is missing around a snippet, so that it is a whole workflow.
 *
 * @returns `undefined` where the snippet is neither a workflow nor a part of one nor a manifest
 */
export function complete(text: string, known: Manifests): Source | undefined {
  const { contents } = parseDocument(text)
  const around = (shows: Source['shows'], opening: string, spaces: number, closing = ''): Source => ({
    kind: 'workflow',
    text: opening + text.replace(/^(?=.*\S)/gm, ' '.repeat(spaces)) + closing,
    before: opening.split('\n').length - 1,
    shows
  })
  const wrap = (opening: string, spaces: number, closing = ''): Source =>
    around('steps', opening, spaces, closing)
  const asIs = (kind: Source['kind']): Source => ({ kind, text, before: 0, shows: 'everything' })
  const job = `${head}jobs:\n  job:\n`
  const steps = `${job}    runs-on: ubuntu-latest\n    steps:\n`

  if (isSeq(contents)) {
    return contents.items.every((item) => isMap(item) && isStep(item)) ? wrap(steps, 6) : undefined
  }
  if (!isMap(contents)) return undefined
  const keys = contents.items.map(({ key }) => String(key))
  const has = (key: string): boolean => keys.includes(key)
  if (has('jobs')) return has('on') ? asIs('workflow') : wrap(head, 0)
  if (has('runs') && has('name')) return asIs('action')
  if (has('uses') && !isReusable(contents)) return wrap(`${steps}      -\n`, 8)
  if (has('run') && !has('steps')) return wrap(`${steps}      -\n`, 8)
  if (keys.every((key) => key === 'with')) return around('inputs', `${steps}      - uses: ./\n`, 8)
  if (has('steps') || has('uses') || (keys.every((key) => jobKeys.includes(key)) && !has('if'))) {
    const missing = has('steps') || has('uses') ? '' : noSteps
    return wrap(has('runs-on') || has('uses') ? job : `${job}    runs-on: ubuntu-latest\n`, 4, missing)
  }
  if (keys.every((key) => workflowKeys.includes(key))) {
    return wrap(has('on') ? '' : head, 0, `jobs:\n  job:\n    runs-on: ubuntu-latest\n${noSteps}`)
  }
  if (contents.items.every(({ value }) => isMap(value) && (value.has('steps') || isReusable(value)))) {
    return wrap(`${head}jobs:\n`, 2)
  }
  const inputs = [...known.values()].flatMap((manifest) => manifest.inputs)
  return keys.every((key) => inputs.includes(key))
    ? around('inputs', `${steps}      - uses: ./\n        with:\n`, 10)
    : undefined
}

function isStep(item: YAMLMap): boolean {
  return item.has('uses') || item.has('run')
}

function isReusable(item: YAMLMap): boolean {
  const uses = item.get('uses')
  return typeof uses === 'string' && /\.ya?ml(@\S+)?$/.test(uses)
}

/** The problems of one document, each with the line it has in the file. */
export async function check(file: string, text: string, known: Manifests, firstLine = 1): Promise<Problem[]> {
  const problems: Problem[] = []
  const report = (line: number, message: string): void => {
    problems.push({ file, line: Math.max(line, 0) + firstLine, message })
  }

  const broken = parseDocument(text).errors
  for (const { message, linePos } of broken)
    report((linePos?.[0].line ?? 1) - 1, message.split('\n')[0] ?? message)
  const source = broken.length > 0 ? undefined : complete(text, known)
  if (source === undefined) return problems

  for (const { message, line, severity } of await askGitHub(source)) {
    const counts =
      severity === severityError || (severity === severityWarning && source.shows === 'everything')
    if (counts) report(line - source.before, message)
  }
  for (const { message, line } of checkUses(source, known)) report(line - source.before, message)
  return problems
}

interface Finding {
  /** Counted from 0. */
  readonly line: number
  readonly message: string
}

let service: Promise<typeof LanguageService> | undefined
let asked = 0
/** What the language service logs in place of throwing. */
const thrown: string[] = []

async function load(): Promise<typeof LanguageService> {
  const loaded = await import('@actions/languageservice')
  const ignore = (): void => undefined
  loaded.registerLogger({ error: (message) => thrown.push(message), warn: ignore, info: ignore, log: ignore })
  return loaded
}

async function askGitHub({ kind, text }: Source): Promise<(Finding & { severity: number })[]> {
  const { validate } = await (service ??= load())
  // It tells a manifest from a workflow by the name, and remembers what it has read by the name as well.
  const uri = `file:///${++asked}/${kind === 'action' ? 'action.yml' : '.github/workflows/workflow.yml'}`
  // It asks for these two of a document, and nothing else.
  const found = await validate({ uri, getText: () => text } as Parameters<typeof validate>[0])
  return [
    ...thrown.splice(0).map((message) => ({ line: 0, message, severity: severityError })),
    ...found.map(({ message, range, severity = severityError }) => ({
      line: range.start.line,
      message: typeof message === 'string' ? message : message.value,
      severity
    }))
  ]
}

/** Each step that uses this action gives the inputs it must and no unknown one; each output read exists. */
function checkUses({ text, shows }: Source, known: Manifests): Finding[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const findings: Finding[] = []
  const report = (offset: number, message: string): void => {
    findings.push({ line: lines.linePos(offset).line - 1, message })
  }
  visit(document, {
    Map(_, step, path) {
      const uses = step.get('uses')
      const match = typeof uses === 'string' ? ours.exec(uses) : null
      const manifest = match ? known.get(match[1] ?? '') : undefined
      if (manifest === undefined) return
      const given = step.get('with')
      const names = isMap(given) ? given.items.map(({ key }) => key).filter((key) => isScalar(key)) : []
      for (const name of names) {
        if (!manifest.inputs.includes(String(name))) report(start(name), `unknown input \`${String(name)}\``)
      }
      const shown = names.map(String)
      const missing = manifest.required.filter((name) => !shown.includes(name))
      if (shows !== 'inputs' && missing.length > 0) {
        report(start(step), `required input missing: ${missing.join(', ')}`)
      }
      const id = step.get('id')
      if (typeof id === 'string') checkOutputs(id, manifest, text, jobAround(path), report)
    }
  })
  return findings
}

/** What a step's id can be seen from: the job, or the composite action, that the step is in. */
function jobAround(path: readonly unknown[]): Node | undefined {
  const isJob = (node: unknown): node is YAMLMap => isNode(node) && isMap(node) && node.has('steps')
  return path.findLast(isJob)
}

function checkOutputs(
  id: string,
  manifest: Manifest,
  text: string,
  job: Node | undefined,
  report: (offset: number, message: string) => void
): void {
  const [from, , to] = job?.range ?? [0, 0, text.length]
  for (const match of text.slice(from, to).matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
    const name = match[2] ?? ''
    if (match[1] === id && !manifest.outputs.includes(name))
      report(from + match.index, `unknown output \`${name}\``)
  }
}

function start(node: Node | Document): number {
  return node.range?.[0] ?? 0
}

/** Everything in the tree that GitHub, or somebody who copies it, will read as a workflow. */
export async function checkTree(root: string): Promise<{ checked: string[]; problems: Problem[] }> {
  const known = readManifests(root)
  const files = (extension: RegExp, ...folders: string[]): string[] =>
    folders
      .flatMap((folder) => readdirSync(join(root, folder)).map((name) => posix.join(folder, name)))
      .filter((file) => extension.test(file))
      .sort()
  const checked: string[] = []
  const problems: Problem[] = []
  const manifests = ['action.yml', 'sweep/action.yml']
  for (const file of [...manifests, ...files(/\.ya?ml$/, '.github/workflows', 'examples')]) {
    checked.push(file)
    problems.push(...(await check(file, readFileSync(join(root, file), 'utf8'), known)))
  }
  for (const file of files(/\.md$/, '.', '.github', 'docs')) {
    for (const { line, text } of snippets(readFileSync(join(root, file), 'utf8'))) {
      checked.push(`${file}:${line}`)
      problems.push(...(await check(file, text, known, line)))
    }
  }
  return { checked, problems }
}

if (process.argv[1] === import.meta.filename) {
  const { checked, problems } = await checkTree(join(import.meta.dirname, '..'))
  for (const file of checked) console.log(file)
  for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message}`)
  console.log(`${checked.length} checked, ${problems.length} problems`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
