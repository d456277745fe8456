import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { all, read } from './files.ts'

describe('the commands that "Try it" in README.md shows', () => {
  const [section = ''] = all(read('README.md'), /^## Try it\n([^]*?)^## /gm)
  const blocks = all(section, /^```sh\n([^]*?)^```$/gm).map((code) => code.trim().split('\n'))

  it('are two, in one block', () => {
    expect(blocks).toEqual([[expect.any(String), expect.any(String)]])
  })

  it('are the first gates of .ci/run', () => {
    expect(all(read('.ci/run'), /^gate .* \d+ '(.*)'$/gm).slice(0, 2)).toEqual(blocks[0])
  })

  it('are the first that the CI workflow runs on each system and Node', () => {
    const workflow = parse(read('.github/workflows/ci.yml')) as {
      jobs: { test: { steps: { run?: string }[] } }
    }
    const called = workflow.jobs.test.steps.flatMap(({ run }) => run ?? [])
    expect(called.slice(0, 2)).toEqual(blocks[0])
  })
})

it('npm run all checks, and changes no file', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { all: string } }
  const called = scripts.all.split(' && ')
  expect(called).toEqual(expect.arrayContaining(['npm run format:check', 'npm run check:dist', 'npm test']))
  expect(
    called.filter((command) => /^npm run (?:format|build|pictures|set-owner|release)$/.test(command))
  ).toEqual([])
})
