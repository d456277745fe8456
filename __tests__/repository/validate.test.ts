import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { parse } from 'yaml'
import { scratch } from '../support/scratch.ts'
import { read, root, write } from './files.ts'

// Long enough for many processes on a busy machine; only a test that hangs takes as long.
jest.setTimeout(240_000)

/** Runs in a process of its own, since jest prints warnings about how GitHub's parser imports JSON. */
function validate(...files: string[]) {
  const args = ['--import', 'tsx', 'scripts/validate.ts', ...files]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { status, checked: stdout.split('\n').slice(0, -2), problems: stderr.split('\n').slice(0, -1) }
}

const RUN = '- run: a\n'
const STEP = `- id: zendesk
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
const workflow = (steps: string, outputs = ''): string =>
  `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    outputs: { ${outputs} }
    steps:\n${steps.replaceAll(/^(?=.)/gm, '      ')}`
const fragment = `- run: echo \${{ steps.a.outputs.b }} \${{ inputs.b }} \${{ github.event.release.body }}\n`
const MANIFEST = "name: a\ndescription: b\nruns:\n  using: node24\n  mian: 'a.js'\n"
const markdown = ['```sh', '- npm test', '```', '', '```yaml', '- run: a', '  shel: b', '```', '- item', '']
  .concat(['  ```yml', '  - run: a', '    shel: bash', '  ```', ''])
  .join('\n')

const UNEXPECTED = 'Unexpected value'
const UNKNOWN = 'Context access might be invalid:'
const UNCHECKABLE = '1: this is no workflow, job, list of steps or manifest'
const MISSING = '7: Missing required inputs: `subdomain`, `client-id`'
const COMMIT = '0'.repeat(40)
const BARE = workflow(RUN)
const ID_OUTPUT = '${{ steps.zendesk.outputs.id }}'

const CASES: [title: string, text: string, ...problems: (string | RegExp)[]][] = [
  ['accepts known inputs and outputs', STEP],
  ['reports an unknown input', STEP.replace('ci_bot', 'a\n    scope: b'), "6: Invalid action input 'scope'"],
  ['reports a missing input', STEP.replace('subdomain: acme', ''), '3: Missing required input `subdomain`'],
  ['reports an unknown output', STEP.replace('token-id', 'id'), `9: ${UNKNOWN} id`],
  ['reports one in the outputs of a job', workflow(STEP, `a: "${ID_OUTPUT}"`), `5: ${UNKNOWN} id`],
  ['accepts the inputs of sweep', sweep('older-than: 7d')],
  ['reports an input that sweep does not have', sweep('scopes: read'), "2: Invalid action input 'scopes'"],
  ['knows the action as ./', workflow('- uses: ./\n'), MISSING],
  ['knows the action as ./sweep', workflow('- uses: ./sweep\n'), MISSING],
  ['knows the action with a commit', workflow(`- uses: acme/create-zendesk-token@${COMMIT}\n`), MISSING],
  ['accepts any input of another action', '- uses: a/b@v2\n  with: { c: d }\n'],
  ['accepts steps, inputs and events that a fragment does not show', fragment],
  ['reports a step that a workflow lacks', workflow('- run: ${{ steps.a.outputs.b }}\n'), `7: ${UNKNOWN} a`],
  ['reports an unknown key of a workflow', BARE.replace('runs-on', 'runs_on'), /^4: /, /./],
  ['reports an unknown trigger', BARE.replace('push', 'pull'), /^1: /],
  ['reports an unknown key of a job', job(RUN).replace('permissions', 'permission'), /^1: /],
  ['reports a broken condition of a job', job(`${RUN}  if: always(\n`), /^4: /],
  ['reports an unknown key of a step', `${RUN}  shel: bash\n`, /^2: /],
  ['reports an unknown context', '- run: echo ${{ nowhere.at.all }}\n', /^1: /],
  ['reports an unknown key of a manifest', MANIFEST, /^4: 'main' is required/, `5: ${UNEXPECTED} 'mian'`],
  ['reports YAML that does not parse', 'a: [\n', /^\d: Flow sequence/],
  ['reports a file that cannot be checked', 'version: 2\nupdates: []\n', UNCHECKABLE],
  ['reports text, since it cannot be checked', 'just text\n', UNCHECKABLE],
  ['finds YAML in Markdown, also in lists', markdown, `7: ${UNEXPECTED} 'shel'`, `13: ${UNEXPECTED} 'shel'`]
]

const folder = scratch('validate')
const pathOf = (title: string): string =>
  join(folder, `${title.replaceAll(/\W+/g, '-')}.${title.includes('Markdown') ? 'md' : 'yml'}`)

describe('npm run validate', () => {
  let validation: ReturnType<typeof validate>

  beforeAll(() => {
    for (const [title, text] of CASES) write(pathOf(title), text)
    validation = validate(...CASES.map(([title]) => pathOf(title)))
  })

  it.each(CASES)('%s', (title, _text, ...problems) => {
    const begin = `${pathOf(title)}:`
    const reported = validation.problems.filter((problem) => problem.startsWith(begin))
    expect(reported.map((problem) => problem.slice(begin.length))).toEqual(
      problems.map((problem) => (typeof problem === 'string' ? problem : expect.stringMatching(problem)))
    )
  })

  it('fails if there is a problem, and lists what it checked', () => {
    const [markdown, ...yaml] = CASES.map(([title]) => pathOf(title)).reverse()
    const checked = [...yaml.reverse(), `${markdown!}:6`, `${markdown!}:12`]
    expect(validation).toMatchObject({ status: 1, checked })
  })

  it('checks the whole repository, which has no problem', () => {
    const files = ['.github/workflows/ci.yml', 'action.yml', 'sweep/action.yml']
    const checked: unknown = expect.arrayContaining(files)
    expect(validate()).toEqual({ status: 0, checked, problems: [] })
  })
})

it.each(['', 'sweep'])('action-types.yml has each input and output of ./%s, in its order', (action) => {
  const [manifest, types] = ['action.yml', 'action-types.yml'].map(
    (file) => parse(read(join(action, file))) as Record<'inputs' | 'outputs', object>
  )
  expect(Object.keys(types!.inputs)).toEqual(Object.keys(manifest!.inputs))
  expect(Object.keys(types!.outputs)).toEqual(Object.keys(manifest!.outputs))
})
