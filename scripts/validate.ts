/*
 * Checks every workflow, every manifest and every YAML snippet of the documents with GitHub's own parser, and every
 * step that uses this action against its inputs and outputs.
 *
 *   npm run validate                 everything in the repository
 *   npm run validate -- FILE...      these YAML and Markdown files
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import {
  registerLogger,
  validate,
  type ContextProviderConfig,
  type ValidationConfig
} from '@actions/languageservice'
import { type ActionMetadata } from '@actions/languageservice/action'
import { isMap, isSeq, parse, parseDocument, type ParsedNode } from 'yaml'

/** A YAML text, and the line of its file at which it begins. */
interface Snippet {
  text: string
  firstLine: number
}

/** What GitHub reads: a whole workflow or manifest. */
interface Source {
  kind: 'workflow' | 'action'
  text: string
  /** How many lines were put before a fragment, which may name steps and jobs that it does not show. */
  added: number
}

const root = join(import.meta.dirname, '..')
const manifests = new Map([
  [undefined, readManifest('action.yml')],
  ['sweep', readManifest('sweep/action.yml')]
])

function readManifest(path: string): ActionMetadata {
  return parse(readFileSync(join(root, path), 'utf8')) as ActionMetadata
}

/** The YAML snippets of a Markdown document, including those in lists. */
function snippets(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^([\t >]*)```ya?ml\s*?\r?\n([^]*?)^\1```\s*?$/gm)].map((match) => {
    const [, indent = '', code = ''] = match
    const lines = code.split(/\r?\n/)
    return {
      text: lines.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n'),
      firstLine: markdown.slice(0, match.index).split('\n').length + 1
    }
  })
}

/** Adds what a job or a list of steps lacks to be a workflow. */
function complete(text: string, contents: ParsedNode | null): Source | undefined {
  const inside = (opening: string, spaces: number): Source => ({
    kind: 'workflow',
    text: opening + text.replaceAll(/^(?=.*\S)/gm, ' '.repeat(spaces)),
    added: opening.split('\n').length - 1
  })
  const job = 'on: workflow_dispatch\njobs:\n  job:\n'
  const runsOn = '    runs-on: ubuntu-latest\n'
  if (isSeq(contents)) return inside(`${job}${runsOn}    steps:\n`, 6)
  if (!isMap(contents)) return undefined
  if (contents.has('jobs')) return { kind: 'workflow', text, added: 0 }
  if (contents.has('runs')) return { kind: 'action', text, added: 0 }
  if (contents.has('steps')) return inside(contents.has('runs-on') ? job : job + runsOn, 4)
  return undefined
}

type Context = NonNullable<Parameters<ContextProviderConfig['getContext']>[1]>
type Job = Parameters<ContextProviderConfig['getContext']>[2]['job']

/** The manifest of this action, whoever owns it, or of its part `sweep`. */
function manifestOf(name: string, path?: string): ActionMetadata | undefined {
  return name === 'create-zendesk-token' ? manifests.get(path) : undefined
}

/** Adds the outputs of each step that uses this action to the context `steps`. */
function addOutputs(context: Context, job: Job): void {
  for (const step of job?.steps ?? []) {
    const uses = 'uses' in step ? step.uses.value : ''
    const [, name = '', path] = /^[^/]+\/([^/@]+)(?:\/([^@]+))?@/.exec(uses) ?? []
    const manifest = manifestOf(name, path)
    const result = context.get(step.id) as Context | undefined
    const outputs = result?.get('outputs') as Context | undefined
    // Any value will do.
    const value = result?.get('outcome')
    if (!manifest || !outputs || !value) continue
    outputs.complete = true
    for (const output of Object.keys(manifest.outputs ?? {})) outputs.add(output, value)
  }
}

/** What GitHub's parser cannot know by itself. */
function configFor({ added }: Source): ValidationConfig {
  return {
    actionsMetadataProvider: {
      // Without inputs, any are valid.
      fetchActionMetadata: ({ name, path }) =>
        Promise.resolve(manifestOf(name, path) ?? { name, description: '' })
    },
    contextProviderConfig: {
      getContext: (name, context, { job }) => {
        if (added > 0 && context) {
          const event = context.get('event') as Context | undefined
          for (const part of [context, event]) if (part) part.complete = false
        }
        if (name === 'steps' && context) addOutputs(context, job)
        return Promise.resolve(name === 'secrets' || name === 'vars' ? undefined : context)
      }
    }
  }
}

let checked = 0

/** The problems of a text, as `file:line: message`. */
async function check(file: string, { text, firstLine }: Snippet): Promise<string[]> {
  const at = (line: number, message: string): string =>
    `${file}:${Math.max(line, 0) + firstLine}: ${message.split('\n')[0] ?? ''}`
  checked += 1
  console.log(firstLine === 1 ? file : `${file}:${firstLine}`)
  const { errors, contents } = parseDocument(text)
  if (errors.length > 0)
    return errors.map(({ message, linePos }) => at((linePos?.[0].line ?? 1) - 1, message))
  // This repository's own workflows use the action by its path, for which the parser has no manifest.
  const published = text.replaceAll(/(uses: *)\.\/(sweep)?$/gm, '$1<owner>/create-zendesk-token/$2@v1')
  const source = complete(published, contents)
  if (!source) return [at(0, 'this is no workflow, job, list of steps or manifest')]

  // The parser tells manifests from workflows by the name, and keeps what it has read under that name.
  const uri = `file:///${checked}/${source.kind === 'action' ? 'action.yml' : '.github/workflows/workflow.yml'}`
  // It asks for these two members of a document, and nothing else.
  const document = { uri, getText: () => source.text } as Parameters<typeof validate>[0]
  const found = await validate(document, configFor(source))
  return found.map(({ message, range }) =>
    at(range.start.line - source.added, typeof message === 'string' ? message : message.value)
  )
}

/** The files whose YAML GitHub reads, or somebody who copies it. */
function repositoryFiles(): string[] {
  const files = (extension: RegExp, ...folders: string[]): string[] =>
    folders
      .flatMap((folder) => readdirSync(folder).map((name) => posix.join(folder, name)))
      .filter((file) => extension.test(file))
      .sort()
  return [
    'action.yml',
    'sweep/action.yml',
    ...files(/\.ya?ml$/, '.github/workflows', 'examples'),
    ...files(/\.md$/, '.', '.github', 'docs')
  ]
}

const ignore = (): void => undefined
registerLogger({
  // The parser logs what it did not expect, and goes on as if there were no problem.
  error: (message) => {
    throw new Error(message)
  },
  warn: ignore,
  info: ignore,
  log: ignore
})

const named = process.argv.slice(2)
const problems: string[] = []
for (const file of named.length > 0 ? named : repositoryFiles()) {
  const text = readFileSync(file, 'utf8')
  for (const snippet of file.endsWith('.md') ? snippets(text) : [{ text, firstLine: 1 }]) {
    problems.push(...(await check(file, snippet)))
  }
}
for (const problem of problems) console.error(problem)
console.log(`${checked} checked, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
