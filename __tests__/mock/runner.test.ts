import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { parseKeyValues } from '../../mock/runner/command-files.ts'
import { parseCommand } from '../../mock/runner/commands.ts'
import { Job, runJob, type Step } from '../../mock/runner.ts'
import { scratch } from '../support/scratch.ts'

const TEXTS = ['x ::error::late', '::unknown::x', ': :error::x', '##[unknown]x', '# #[error]x', '']

it.each([
  ['::add-mask::abc', 'add-mask', 'abc'],
  ['  ::debug::100%25%0Adone%0D', 'debug', '100%\ndone\r'],
  ['::ERROR title=a%3Ab%2C c,line=1::x::y', 'error', 'x::y'],
  ['::warning::', 'warning', ''],
  ['text before ##[error]boo%5D', 'error', 'boo]'],
  ['##[set-output name=a;b=c%3Bd]v', 'set-output', 'v'],
  ...TEXTS.map((line) => [line])
])('a line of the log is a command, or none: %j', (line = '', name = '', data = '') => {
  expect(parseCommand(line)).toEqual(name === '' ? undefined : { name, data })
})

it('a command file has values on one line, or on several between delimiters', () => {
  const text = 'a=1\nb<<EOF\r\nx=y\n\nz\nEOF\n\nc==<<d\ne<<E=F\nv\nE=F\nempty=\n'
  expect(parseKeyValues(text)).toEqual({ a: '1', b: 'x=y\n\nz', c: '=<<d', e: 'v', empty: '' })
  for (const wrong of ['no sign', '=value', 'a<<', 'a<<EOF\nvalue'])
    expect(() => parseKeyValues(wrong)).toThrow(/Invalid/)
})

describe('a job', () => {
  const folder = scratch('action')
  beforeAll(() => {
    mkdirSync(folder)
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
    write(
      'action.yml',
      `name: Test action
inputs: { with-default: { default: 2 }, with-hyphen: { required: true }, secret: {} }
runs: { using: node24, main: main.mjs, post: post.mjs }
`
    )
    write(
      'main.mjs',
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
    write(
      'post.mjs',
      `console.log(process.env.STATE_kept + '|' + process.env.INPUT_SECRET + '|' + process.env.EXPORTED)\n`
    )
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

  const hang: Step = {
    uses: folder,
    env: { HANG: '1' },
    onLine: (line, { kill }) => {
      if (line.startsWith('using')) kill('SIGTERM')
    }
  }
  const endless: Step = { run: ['node', '-e', 'setInterval(() => 0, 1000)'], timeoutMs: 50 }

  it.each<[string, Step, object]>([
    ['drops a summary over 1 MiB', { uses: folder, env: { BIG: '1' } }, { summary: '', outcome: 'success' }],
    ['sends a signal to a process', hang, { outcome: 'failure', timedOut: false }],
    ['kills a process that takes too long', endless, { outcome: 'failure', timedOut: true }]
  ])('%s', async (_what, step, end) => {
    expect((await runJob([step])).steps[0]).toMatchObject(end)
  })

  it('leaves no file behind, and does not inherit the proxy of the machine', async () => {
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9'
    const script = 'process.env.RUNNER_TEMP + "\\n" + process.env.HTTPS_PROXY'
    const { steps } = await runJob([{ run: ['node', '-p', script] }])
    delete process.env['HTTPS_PROXY']
    const [temp = '', proxy] = steps[0]!.stdout
    expect(temp).toContain(tmpdir())
    expect([existsSync(temp), proxy]).toEqual([false, 'undefined'])
  })
})
