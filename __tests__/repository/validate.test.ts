import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { parse } from 'yaml'

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'validate-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

interface Validation {
  exitCode: number | null
  checked: string[]
  problems: string[]
}

/** Runs in a process of its own, since jest prints warnings about how GitHub's parser imports JSON. */
function validate(...files: string[]): Promise<Validation> {
  const args = ['--import', 'tsx', 'scripts/validate.ts', ...files]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root }, (_error, stdout, stderr) => {
      const lines = (text: string): string[] =>
        text
          .replaceAll(folder + sep, '')
          .split('\n')
          .slice(0, -1)
      resolve({ exitCode: child.exitCode, checked: lines(stdout).slice(0, -1), problems: lines(stderr) })
    })
  })
}

const step = `- id: zendesk
  uses: <owner>/create-zendesk-token@v1
  with:
    subdomain: acme
    client-id: ci_bot
    client-secret: \${{ secrets.ZENDESK_CLIENT_SECRET }}
- run: echo "$ID"
  env:
    ID: \${{ steps.zendesk.outputs.token-id }}
`
const sweep = (input: string): string => `- uses: <owner>/create-zendesk-token/sweep@v1
  with: { subdomain: acme, client-id: ci_bot, ${input} }
`
const job = (steps: string): string => `permissions: {}\nsteps:\n${steps.replaceAll(/^(?=.)/gm, '  ')}`
const workflow = (steps: string): string =>
  `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n${steps.replaceAll(/^(?=.)/gm, '      ')}`
const markdown = ['```sh', '- npm test', '```', '', '```yaml', '- run: a', '  shel: b', '```', '- item', '']
  .concat(['  ```yml', '  - run: a', '    shel: bash', '  ```', ''])
  .join('\n')

const cases: [title: string, file: string, text: string, problems: (string | RegExp)[]][] = [
  ['accepts known inputs and outputs', 'known.yml', step, []],
  [
    'reports an unknown input',
    'input.yml',
    step.replace('client-id: ci_bot', 'client-id: ci_bot\n    scope: read'),
    ["6: Invalid action input 'scope'"]
  ],
  [
    'reports a missing input',
    'missing.yml',
    step.replace('subdomain: acme', ''),
    ['3: Missing required input `subdomain`']
  ],
  [
    'reports an unknown output',
    'output.yml',
    step.replace('outputs.token-id', 'outputs.id'),
    ['9: Context access might be invalid: id']
  ],
  [
    'reports an unknown output in the outputs of a job',
    'job-output.yml',
    workflow(step).replace('    steps:', '    outputs: { a: "${{ steps.zendesk.outputs.id }}" }\n    steps:'),
    ['5: Context access might be invalid: id']
  ],
  ['accepts the inputs of sweep', 'sweep.yml', sweep('older-than: 7d'), []],
  [
    'reports an input that sweep does not have',
    'sweep-input.yml',
    sweep('scopes: read'),
    ["2: Invalid action input 'scopes'"]
  ],
  ...['./', './sweep', 'acme/create-zendesk-token@0123456789012345678901234567890123456789'].map(
    (uses, index): [string, string, string, string[]] => [
      `knows the action as ${uses}`,
      `uses-${index}.yml`,
      workflow(`- uses: ${uses}\n`),
      ['6: Missing required inputs: `subdomain`, `client-id`']
    ]
  ),
  ['accepts any input of another action', 'other.yml', '- uses: a/b@v2\n  with: { c: d }\n', []],
  [
    'accepts steps, jobs, inputs and events that a fragment does not show',
    'parts.yml',
    `- run: a
  env:
    A: \${{ steps.a.outputs.b }}
    B: \${{ inputs.b }}
    C: \${{ github.event.release.body }}
`,
    []
  ],
  [
    'reports a step that a whole workflow does not have',
    'steps.yml',
    workflow('- run: ${{ steps.a.outputs.b }}\n'),
    ['6: Context access might be invalid: a']
  ],
  [
    'reports an unknown key of a workflow',
    'workflow.yml',
    'on: push\njobs:\n  a:\n    runs_on: ubuntu-latest\n    steps: []\n',
    [/^4: /, /./]
  ],
  ['reports an unknown trigger', 'trigger.yml', workflow('- run: a\n').replace('push', 'pull'), [/^1: /]],
  [
    'reports an unknown key of a job',
    'job.yml',
    job('- run: a\n').replace('permissions', 'permission'),
    [/^1: /]
  ],
  ['reports a broken condition of a job', 'if.yml', job('- run: a\n  if: always(\n'), [/^4: /]],
  ['reports an unknown key of a step', 'step.yml', '- run: a\n  shel: bash\n', [/^2: /]],
  ['reports an unknown context', 'context.yml', '- run: echo ${{ nowhere.at.all }}\n', [/^1: /]],
  [
    'reports an unknown key of a manifest',
    'action.yml',
    "name: a\ndescription: b\nruns:\n  using: node24\n  mian: 'a.js'\n",
    [/^4: 'main' is required/, "5: Unexpected value 'mian'"]
  ],
  ['reports YAML that does not parse', 'yaml.yml', 'a: [\n', [/^\d: Flow sequence/]],
  ...['version: 2\nupdates: []\n', 'with:\n  scopes: read\n', 'just text\n'].map(
    (text, index): [string, string, string, string[]] => [
      `reports ${JSON.stringify(text)}, since it cannot be checked`,
      `unknown-${index}.yml`,
      text,
      ['1: this is no workflow, job, list of steps or manifest']
    ]
  ),
  [
    'finds YAML snippets in Markdown, also in lists',
    'snippets.md',
    markdown,
    ["7: Unexpected value 'shel'", "13: Unexpected value 'shel'"]
  ]
]

describe('npm run validate', () => {
  let validation: Validation

  beforeAll(async () => {
    for (const [, file, text] of cases) writeFileSync(join(folder, file), text)
    validation = await validate(...cases.map(([, file]) => join(folder, file)))
  })

  it.each(cases)('%s', (_title, file, _text, problems) => {
    const reported = validation.problems.filter((problem) => problem.startsWith(`${file}:`))
    expect(reported.map((problem) => problem.slice(file.length + 1))).toEqual(
      problems.map((problem) => (typeof problem === 'string' ? problem : expect.stringMatching(problem)))
    )
  })

  it('fails if there is a problem', () => {
    expect(validation.exitCode).toBe(1)
    expect(validation.checked).toContain('known.yml')
    expect(validation.checked.slice(-2)).toEqual(['snippets.md:6', 'snippets.md:12'])
  })

  it('checks the whole repository, which has no problem', async () => {
    const { exitCode, checked, problems } = await validate()
    expect(problems).toEqual([])
    expect(exitCode).toBe(0)
    expect(checked).toEqual(
      expect.arrayContaining(['.github/workflows/ci.yml', 'action.yml', 'sweep/action.yml'])
    )
  })
})

it.each(['', 'sweep'])('action-types.yml has each input and output of ./%s, in its order', (action) => {
  const read = (file: string): Record<'inputs' | 'outputs', object> =>
    parse(readFileSync(join(root, action, file), 'utf8')) as Record<'inputs' | 'outputs', object>
  const [manifest, types] = [read('action.yml'), read('action-types.yml')]
  expect(Object.keys(types.inputs)).toEqual(Object.keys(manifest.inputs))
  expect(Object.keys(types.outputs)).toEqual(Object.keys(manifest.outputs))
})
