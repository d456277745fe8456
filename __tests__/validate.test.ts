import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { check, checkTree, complete, readManifests, snippets } from '../scripts/validate.ts'

const root = join(import.meta.dirname, '..')
const known = readManifests(root)

async function problems(text: string): Promise<string[]> {
  return (await check('file', text, known)).map(({ line, message }) => `${line}: ${message}`)
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

describe('the real tree', () => {
  it('has no problem', async () => {
    const { checked, problems } = await checkTree(root)
    expect(problems).toEqual([])
    expect(checked).toEqual(
      expect.arrayContaining(['.github/workflows/ci.yml', 'action.yml', 'sweep/action.yml'])
    )
  })

  it.each([...known])(
    'has a type for each input and output of %s/action.yml, in its order',
    (folder, manifest) => {
      const types = parse(readFileSync(join(root, folder, 'action-types.yml'), 'utf8')) as Record<
        string,
        object
      >
      expect(Object.keys(types['inputs'] ?? {})).toEqual(manifest.inputs)
      expect(Object.keys(types['outputs'] ?? {})).toEqual(manifest.outputs)
    }
  )
})

describe('a step that uses the action', () => {
  it('is fine with known inputs and outputs', async () => {
    expect(await problems(step)).toEqual([])
  })

  it('is told of an unknown input, a missing one and an unknown output, each with its line', async () => {
    expect(
      await problems(step.replace('subdomain:', 'sub-domain:').replace('outputs.token-id', 'outputs.id'))
    ).toEqual([
      '4: unknown input `sub-domain`',
      '1: required input missing: subdomain',
      '9: unknown output `id`'
    ])
  })

  it('is held to its own manifest in sweep', async () => {
    const sweep = (input: string): string =>
      `uses: <owner>/create-zendesk-token/sweep@v1\nwith: { subdomain: acme, client-id: ci_bot, ${input} }\n`
    expect(await problems(sweep('older-than: 7d'))).toEqual([])
    expect(await problems(sweep('scopes: read'))).toEqual(['2: unknown input `scopes`'])
  })

  it.each(['./', '$/sweep', 'acme/create-zendesk-token@0123456789012345678901234567890123456789'])(
    'is seen as %s',
    async (uses) => {
      expect(await problems(`- uses: ${uses}\n`)).toEqual(['1: required input missing: subdomain, client-id'])
    }
  )

  it('is left alone where it is another action', async () => {
    expect(await problems('- uses: actions/create-github-app-token@v2\n')).toEqual([])
  })

  it('need not be whole where only inputs are shown', async () => {
    expect(await problems('with:\n  scopes: read\n')).toEqual([])
    expect(await problems('scopes: read\nexpires-in: 900\n')).toEqual([])
    expect(await problems('with:\n  scope: read\n')).toEqual(['2: unknown input `scope`'])
  })
})

describe("GitHub's own parser", () => {
  it.each([
    ['a workflow', 'on: push\njobs:\n  a:\n    runs_on: ubuntu-latest\n    steps: []\n', 4],
    ['jobs alone', 'jobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps:\n      - run: a\n', 4],
    ['the jobs themselves', 'a:\n  runs-on: ubuntu-latest\n  steps:\n    - run: a\n      shel: bash\n', 5],
    ['a job', 'environment: production\nsteps:\n  - run: a\n    if: always(\n', 4],
    ['a part of a job', 'runs-on: ubuntu-latest\nenvironment: { nam: production }\n', 2],
    ['a step', 'run: echo\nwith: { a: b }\nuse: a\n', 3],
    ['a trigger', 'on:\n  schedule:\n    - cron: daily\n', 3],
    ['an expression', '- run: echo ${{ nowhere.at.all }}\n', 1],
    ['a manifest', "name: a\ndescription: b\nruns:\n  using: node24\n  mian: 'a.js'\n", 5]
  ])('finds what is wrong with %s', async (_, text, line) => {
    expect((await check('file', text, known)).map((problem) => problem.line)).toContain(line)
  })

  it('is not asked about YAML that does not parse, which is a problem of its own', async () => {
    expect(await problems('a: [\n')).toEqual([expect.stringMatching(/^\d: Flow sequence/)])
  })

  it('is not asked about YAML that is no workflow', () => {
    expect(complete('version: 2\nupdates: []\n', known)).toBeUndefined()
    expect(complete('- a\n- b\n', known)).toBeUndefined()
    expect(complete('just text\n', known)).toBeUndefined()
  })

  it('reads a whole workflow as it stands', () => {
    const text = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')
    expect(complete(text, known)).toEqual({ kind: 'workflow', text, before: 0, shows: 'everything' })
  })
})

describe('snippets', () => {
  it('are found with their lines, in lists too, and in YAML only', () => {
    const text = [
      '```sh',
      'npm test',
      '```',
      '',
      '```yaml',
      'a: 1',
      '```',
      '- item',
      '',
      '  ```yml',
      '  b:',
      '    - 2',
      '  ```'
    ]
    expect(snippets(text.join('\n'))).toEqual([
      { line: 6, text: 'a: 1\n' },
      { line: 11, text: 'b:\n  - 2\n' }
    ])
  })
})
