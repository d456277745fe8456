import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('the commands that "Try it" in README.md shows', () => {
  const [, section = ''] = /^## Try it\n([^]*?)^## /m.exec(read('README.md')) ?? []
  const blocks = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code = '']) => code)
  const commands = blocks.join('').split('\n').slice(0, -1)

  it('are two, in one block', () => {
    expect(blocks).toHaveLength(1)
    expect(commands).toHaveLength(2)
  })

  it('are the first gates of .ci/run', () => {
    const gates = read('.ci/run')
      .split('\n')
      .filter((line) => line.startsWith('gate '))
    const called = gates.map((gate) => / \d+ '(.*)'$/.exec(gate)?.[1])
    expect(called.slice(0, 2)).toEqual(commands)
  })

  it('are the first that the CI workflow runs on each system and Node', () => {
    const { jobs } = parse(read('.github/workflows/ci.yml')) as {
      jobs: { test: { steps: { run?: string }[] } }
    }
    const called = jobs.test.steps.flatMap(({ run }) => run ?? [])
    expect(called.slice(0, 2)).toEqual(commands)
  })
})

describe('npm run all', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

  it('checks, and changes no file', () => {
    const called = scripts['all']!.split(' && ')
    const writing = ['format', 'build', 'pictures', 'set-owner', 'release'].map((name) => `npm run ${name}`)
    expect(called).toEqual(expect.arrayContaining(['npm run format:check', 'npm run check:dist', 'npm test']))
    expect(called.filter((command) => writing.includes(command))).toEqual([])
  })
})
