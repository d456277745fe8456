import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { parseKeyValues } from '../../mock/runner/command-files.ts'
import { parseCommand } from '../../mock/runner/commands.ts'
import { Masks } from '../../mock/runner/masks.ts'
import { Job, runJob } from '../../mock/runner.ts'

const secret = `s3cret"<&'()/+ü?`

describe('workflow commands', () => {
  it.each([
    ['::add-mask::abc', { name: 'add-mask', properties: {}, data: 'abc' }],
    ['  ::debug::100%25%0Adone%0D', { name: 'debug', properties: {}, data: '100%\ndone\r' }],
    [
      '::error title=a%3Ab%2C c,line=1::x::y',
      { name: 'error', properties: { title: 'a:b, c', line: '1' }, data: 'x::y' }
    ],
    ['::warning::', { name: 'warning', properties: {}, data: '' }],
    ['text before ##[error]boo%5D', { name: 'error', properties: {}, data: 'boo]' }],
    ['##[set-output name=a;b=c%3Bd]v', { name: 'set-output', properties: { name: 'a', b: 'c;d' }, data: 'v' }]
  ])('%j is one', (line, command) => {
    expect(parseCommand(line)).toEqual(command)
  })

  it.each(['x ::error::late', '::unknown::x', ': :error::x', '##[unknown]x', '# #[error]x', ''])(
    '%j is none',
    (line) => {
      expect(parseCommand(line)).toBeUndefined()
    }
  )
})

describe('masks', () => {
  it('hides every form that the runner derives', () => {
    const masks = new Masks()
    masks.add(secret)
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(`a${secret}`).toString('base64').slice(2),
      Buffer.from(`ab${secret}`).toString('base64').slice(3),
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret).replace('(', '%28').replace(')', '%29').replace("'", '%27'),
      's3cret&quot;&lt;&amp;&apos;()/+ü?'
    ]) {
      expect(masks.apply(`<${form}>`)).toMatch(/^<.{0,2}\*\*\*.{0,2}>$/)
    }
  })

  it('joins stretches that overlap, and masks each line of a value', () => {
    const masks = new Masks()
    masks.add('abcdef')
    masks.add('defghi')
    masks.add('first line\r\nsecond line')
    expect(masks.apply('abcdefghi abcdef-defghi')).toBe('*** ***-***')
    expect(masks.apply('it says second line')).toBe('it says ***')
    expect(masks.apply('nothing here')).toBe('nothing here')
    expect(new Masks().apply('abc')).toBe('abc')
  })
})

describe('command files', () => {
  it('reads lines and blocks', () => {
    const text = 'a=1\nb<<EOF\r\nx=y\n\nz\nEOF\n\nc==<<d\ne<<E=F\nv\nE=F\nempty=\n'
    expect(parseKeyValues(text)).toEqual({ a: '1', b: 'x=y\n\nz', c: '=<<d', e: 'v', empty: '' })
  })

  it.each(['no sign', '=value', 'a<<', 'a<<EOF\nvalue'])('refuses %j', (text) => {
    expect(() => parseKeyValues(text)).toThrow(/Invalid/)
  })
})

describe('a job', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fake-action-'))
    writeFileSync(
      join(folder, 'action.yml'),
      `name: Fake action
inputs:
  two words: { default: 2 }
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
appendFileSync(env.GITHUB_OUTPUT, 'words<<X\\n' + env['INPUT_TWO_WORDS'] + '|' + env['INPUT_WITH-HYPHEN'] + '\\nX\\n')
appendFileSync(env.GITHUB_STATE, 'kept=' + secret + '\\n')
appendFileSync(env.GITHUB_ENV, 'EXPORTED=yes\\n')
appendFileSync(env.GITHUB_PATH, '/some/where\\n')
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

  it('passes outputs, environment, path and state on, and masks', async () => {
    const { steps, ok, log } = await runJob([
      { id: 'fake', uses: folder, with: { Secret: 'hush-hush', 'with-hyphen': true } },
      {
        id: 'script',
        run: {
          script: ({ context, print }) => {
            print(`${context.steps['fake']?.outputs['words'] ?? ''} and hush-hush`)
          }
        }
      },
      {
        run: ({ steps: before }) => [
          'node',
          '-p',
          `[process.env.EXPORTED, process.env.PATH.slice(0, 11), process.env.MINE, '${before['fake']!.outcome}'].join()`
        ],
        env: { MINE: 'mine' }
      }
    ])
    expect(ok).toBe(true)
    expect(log).toEqual([
      '▾ Fake action',
      '  Secret: hush-hush',
      '  with-hyphen: true',
      'using ***',
      'Warning: mind ***',
      'to stderr ***',
      '▾ script',
      '2|true and ***',
      '▾ Run',
      'yes,/some/where,mine,success',
      '▾ Post Fake action',
      '***|***|yes'
    ])
    expect(steps.map(({ phase }) => phase)).toEqual(['main', 'run', 'run', 'post'])
    const [main] = steps
    expect(main).toMatchObject({
      exitCode: 0,
      outputs: { words: '2|true' },
      state: { kept: 'hush-hush' },
      env: { EXPORTED: 'yes' },
      paths: ['/some/where'],
      summary: '# Done\n',
      stderr: 'to stderr hush-hush\n',
      annotations: [{ level: 'warning', message: 'mind ***' }],
      stdout: ['::add-mask::hush-hush', 'using hush-hush', '::debug::hidden', '::warning::mind hush-hush']
    })
  })

  it('runs posts after a failure, but not steps, and gives posts wrong inputs where asked', async () => {
    const { steps, ok } = await runJob(
      [
        {
          uses: folder,
          with: { secret: 'hush-hush', other: 1 },
          postWith: { secret: 'wrong' },
          env: { FAIL: '1' }
        },
        { run: ['node', '-p', '1'] },
        { run: ['node', '-p', '2'], always: true }
      ],
      { secrets: ['hush-hush'], debug: true }
    )
    expect(ok).toBe(false)
    expect(steps.map(({ outcome }) => outcome)).toEqual(['failure', 'skipped', 'success', 'success'])
    expect(steps[0]?.annotations.map(({ message }) => message)).toEqual([
      "Unexpected input(s) 'other', valid inputs are ['two words', 'with-hyphen', 'secret']",
      'mind ***',
      'failed'
    ])
    expect(steps[0]?.log).toContain('Debug: hidden')
    expect(steps[3]?.stdout).toEqual(['hush-hush|wrong|yes'])
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

  it('sends signals, ends what takes too long, and leaves nothing behind', async () => {
    const job = new Job({ env: { HANG: '1' } })
    const killed = await job.run({
      uses: folder,
      onLine: (line, { kill }) => {
        if (line.startsWith('using')) kill('SIGTERM')
      }
    })
    expect(killed).toMatchObject({ outcome: 'failure', timedOut: false })
    const slow = await job.run({
      run: ['node', '-e', 'setInterval(() => 0, 1000)'],
      always: true,
      timeoutMs: 50
    })
    expect(slow.timedOut).toBe(true)
    expect(readdirSync(job.temp)).not.toEqual([])
    job.close()
    expect(existsSync(job.temp)).toBe(false)
  })

  it('inherits nothing but what a process needs', async () => {
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9'
    try {
      const { steps } = await runJob([{ run: ['node', '-p', 'String(process.env.HTTPS_PROXY)'] }])
      expect(steps[0]?.stdout).toEqual(['undefined'])
    } finally {
      delete process.env['HTTPS_PROXY']
    }
  })

  it('honours stop-commands', async () => {
    const lines = ['::stop-commands::word', '::error::no', '::word::', '::error::yes']
    const { steps } = await runJob([
      {
        run: {
          script: ({ print }) => {
            lines.forEach(print)
          }
        }
      }
    ])
    expect(steps[0]?.annotations.map(({ message }) => message)).toEqual(['yes'])
    expect(steps[0]?.log).toContain('::error::no')
  })
})
