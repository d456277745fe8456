import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { parseKeyValues } from '../../mock/runner/command-files.ts'
import { parseCommand } from '../../mock/runner/commands.ts'
import { Job, runJob } from '../../mock/runner.ts'

describe('workflow commands', () => {
  it.each([
    ['::add-mask::abc', 'add-mask', 'abc'],
    ['  ::debug::100%25%0Adone%0D', 'debug', '100%\ndone\r'],
    ['::ERROR title=a%3Ab%2C c,line=1::x::y', 'error', 'x::y'],
    ['::warning::', 'warning', ''],
    ['text before ##[error]boo%5D', 'error', 'boo]'],
    ['##[set-output name=a;b=c%3Bd]v', 'set-output', 'v']
  ])('finds the command in %j', (line, name, data) => {
    expect(parseCommand(line)).toEqual({ name, data })
  })

  it.each(['x ::error::late', '::unknown::x', ': :error::x', '##[unknown]x', '# #[error]x', ''])(
    'finds no command in %j',
    (line) => {
      expect(parseCommand(line)).toBeUndefined()
    }
  )
})

describe('command files', () => {
  it('have values on one line, or on several between delimiters', () => {
    const text = 'a=1\nb<<EOF\r\nx=y\n\nz\nEOF\n\nc==<<d\ne<<E=F\nv\nE=F\nempty=\n'
    expect(parseKeyValues(text)).toEqual({ a: '1', b: 'x=y\n\nz', c: '=<<d', e: 'v', empty: '' })
  })

  it.each(['no sign', '=value', 'a<<', 'a<<EOF\nvalue'])('are rejected if they contain %j', (text) => {
    expect(() => parseKeyValues(text)).toThrow(/Invalid/)
  })
})

describe('a job', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'action-'))
    writeFileSync(
      join(folder, 'action.yml'),
      `name: Test action
inputs:
  with-default: { default: 2 }
  with-hyphen: { required: true }
  secret: {}
runs: { using: node24, main: main.mjs, post: post.mjs }
`
    )
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { appendFileSync } from 'node:fs'
const { env } = process
const secret = env.INPUT_SECRET
console.log('::add-mask::' + secret)
console.log('using ' + secret)
console.log('::debug::hidden')
console.log('::warning::mind ' + secret)
console.error('to stderr ' + secret)
appendFileSync(env.GITHUB_OUTPUT, 'words<<X\\n' + env['INPUT_WITH-DEFAULT'] + '|' + env['INPUT_WITH-HYPHEN'] + '\\nX\\n')
appendFileSync(env.GITHUB_STATE, 'kept=' + secret + '\\n')
appendFileSync(env.GITHUB_ENV, 'EXPORTED=yes\\n')
appendFileSync(env.GITHUB_STEP_SUMMARY, env.BIG ? 'x'.repeat(1048577) : '# Done\\n')
if (env.HANG) setInterval(() => undefined, 1000)
if (env.FAIL) { console.log('::error::failed'); process.exitCode = 3 }
`
    )
    writeFileSync(
      join(folder, 'post.mjs'),
      `console.log(process.env.STATE_kept + '|' + process.env.INPUT_SECRET + '|' + process.env.EXPORTED)\n`
    )
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  it('passes outputs, environment and state on, and masks secrets in the log', async () => {
    const { steps, ok, log } = await runJob(
      [
        { id: 'test', uses: folder, with: { secret: 'hush-hush', 'with-hyphen': true } },
        {
          name: 'Script',
          run: {
            script: ({ context, print }) => {
              print(`${context.steps['test']?.outputs['words'] ?? ''} and hush-hush with whisper-it`)
            }
          }
        },
        {
          run: ['node', '-p', '[process.env.EXPORTED, process.env.MINE].join()'],
          env: ({ steps: { test } }) => ({ MINE: test!.outputs['words']! })
        }
      ],
      { secrets: ['whisper', 'whisper-it'] }
    )
    expect(ok).toBe(true)
    expect(log).toEqual([
      '▾ Test action',
      '  secret: hush-hush',
      '  with-hyphen: true',
      'using ***',
      'Warning: mind ***',
      'to stderr ***',
      '▾ Script',
      '2|true and *** with ***',
      '▾ Run',
      'yes,2|true',
      '▾ Post Test action',
      '***|***|yes'
    ])
    expect(steps.map(({ phase }) => phase)).toEqual(['main', 'run', 'run', 'post'])
    expect(steps[0]).toMatchObject({
      exitCode: 0,
      outputs: { words: '2|true' },
      state: { kept: 'hush-hush' },
      env: { EXPORTED: 'yes' },
      summary: '# Done\n',
      stderr: 'to stderr hush-hush\n',
      annotations: [{ level: 'warning', message: 'mind ***' }],
      stdout: ['::add-mask::hush-hush', 'using hush-hush', '::debug::hidden', '::warning::mind hush-hush']
    })
  })

  it('skips the steps after a failure, and runs post, with the inputs of `postWith` if given', async () => {
    const { steps, ok } = await runJob([
      { uses: folder, with: { secret: 'hush-hush' }, postWith: { secret: 'wrong' }, env: { FAIL: '1' } },
      { run: ['node', '-p', '1'] }
    ])
    expect(ok).toBe(false)
    expect(steps.map(({ outcome }) => outcome)).toEqual(['failure', 'skipped', 'success'])
    expect(steps[0]?.annotations.map(({ message }) => message)).toEqual(['mind ***', 'failed'])
    expect(steps[2]?.stdout).toEqual(['hush-hush|wrong|yes'])
  })

  it('runs a post step alone, with the state of another job', async () => {
    const job = new Job()
    const post = await job.runPost({ uses: folder, with: { secret: 'hush-hush' } }, { kept: 'saved before' })
    expect(post).toMatchObject({ phase: 'post', stdout: ['saved before|hush-hush|undefined'] })
    job.close()
  })

  it('drops a summary over 1 MiB', async () => {
    const { steps } = await runJob([{ uses: folder, with: { secret: 'hush-hush' }, env: { BIG: '1' } }])
    expect(steps[0]).toMatchObject({ summary: '', outcome: 'success' })
  })

  it('sends a signal to a process', async () => {
    const { steps } = await runJob([
      {
        uses: folder,
        env: { HANG: '1' },
        onLine: (line, { kill }) => {
          if (line.startsWith('using')) kill('SIGTERM')
        }
      }
    ])
    expect(steps[0]).toMatchObject({ outcome: 'failure', timedOut: false })
  })

  it('kills a process that takes too long', async () => {
    const { steps } = await runJob([{ run: ['node', '-e', 'setInterval(() => 0, 1000)'], timeoutMs: 50 }])
    expect(steps[0]).toMatchObject({ outcome: 'failure', timedOut: true })
  })

  it('leaves no file behind', async () => {
    const { steps } = await runJob([{ run: ['node', '-p', 'process.env.RUNNER_TEMP'] }])
    expect(steps[0]?.stdout[0]).toContain(tmpdir())
    expect(existsSync(steps[0]!.stdout[0]!)).toBe(false)
  })

  it('does not inherit the proxy of the machine', async () => {
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9'
    try {
      const { steps } = await runJob([{ run: ['node', '-p', 'String(process.env.HTTPS_PROXY)'] }])
      expect(steps[0]?.stdout).toEqual(['undefined'])
    } finally {
      delete process.env['HTTPS_PROXY']
    }
  })
})
